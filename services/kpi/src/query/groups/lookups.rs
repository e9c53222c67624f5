//! How a scan finds the numbers of a dimension: by a column, by what was so at the event, or by what is so now.

use std::collections::HashSet;
use std::sync::Arc;

use bellwether_domain::exact::Exact;

use super::fields::holder;
use super::names::{Names, by_code};
use super::{Telling, tree};
use crate::catalogue::{Dimension, Entity, Origin};
use crate::expr::Layout;
use crate::scan::{Lookup, Which};
use crate::table::{Column, Dict, Storage, Table};
use crate::tenant::{Attribute, Effective};

/// A share that is the whole, in millionths.
const WHOLE: i64 = 1_000_000;

impl Telling<'_> {
    /// How a scan of a table finds the ordinals of a dimension's names.
    pub(in crate::query) fn ordinals(
        &self,
        table: Table,
        dimension: &Dimension,
        names: &Names,
        layout: &mut Layout,
    ) -> Lookup {
        self.lookup(table, dimension, names.numbers.clone(), layout)
    }

    /// A filter: gives 1 to the rows whose value is among those wanted. A value that nobody has matches nothing.
    pub(in crate::query) fn filter(
        &self,
        table: Table,
        dimension: &Dimension,
        wanted: &[Option<String>],
        layout: &mut Layout,
    ) -> Lookup {
        // The empty name is the missing one.
        let wanted: HashSet<&str> = wanted
            .iter()
            .map(|value| value.as_deref().unwrap_or_default())
            .collect();
        if *dimension == Dimension::TeamTree {
            return self.team_tree(table, &wanted, layout);
        }
        let names = by_code(self, dimension);
        let ids = entity(dimension).map(|dict| self.source.dictionary(dict));
        let passes = |(code, name): (usize, &Arc<str>)| {
            let shared = || {
                // Of several that share a name each is shown as `NAME (ID)`; the plain name means all of them.
                let id = ids.and_then(|ids| u32::try_from(code).ok().map(|code| ids.name(code)))?;
                let plain = name.strip_suffix(')')?.strip_suffix(id)?.strip_suffix(" (")?;
                Some(wanted.contains(plain))
            };
            wanted.contains(&**name) || shared().unwrap_or(false)
        };
        let mut numbers: Vec<u32> = names
            .iter()
            .enumerate()
            .map(|one| u32::from(passes(one)))
            .collect();
        if self.is_sized(dimension) {
            // 12.50 is 12.5, as values are.
            let sizes: Vec<Exact> = wanted.iter().filter_map(|one| one.parse().ok()).collect();
            for (number, name) in numbers.iter_mut().zip(&names) {
                let same = || name.parse::<Exact>().is_ok_and(|size| sizes.contains(&size));
                *number |= u32::from(!sizes.is_empty() && same());
            }
        }
        if numbers.is_empty() {
            numbers.push(u32::from(wanted.contains("")));
        }
        self.lookup(table, dimension, numbers, layout)
    }

    /// How a scan tells entities apart, and how many there are.
    pub(in crate::query) fn entities(
        &self,
        table: Table,
        entity: Entity,
        layout: &mut Layout,
    ) -> (Lookup, u64) {
        let column = entity.column();
        if let Entity::Account | Entity::Customer = entity {
            let parents = entity == Entity::Customer;
            let numbers = self.source.customers(parents, self.moment.seq).to_vec();
            let known = numbers.len() as u64;
            let column = layout.place(column);
            return (Lookup::Code { column, numbers }, known);
        }
        let known = match column.storage() {
            Storage::Code(dict) => self.source.dictionary(dict).len(),
            _ => 1,
        };
        let groups = u32::try_from(known).unwrap_or(u32::MAX);
        let lookup = if column == Column::Owner && self.owners(table).is_some() {
            self.by_owner(table, (0..groups).collect(), layout)
        } else {
            Lookup::Same {
                column: layout.place(column),
                groups,
            }
        };
        (lookup, known as u64)
    }

    /// By the owner, index = code of the rep: the one in the row, or the one of now.
    pub(in crate::query) fn by_owner(&self, table: Table, by_rep: Vec<u32>, layout: &mut Layout) -> Lookup {
        let Some(owners) = self.owners(table) else {
            return Lookup::Code {
                column: layout.place(Column::Owner),
                numbers: by_rep,
            };
        };
        let none = by_rep.first().copied().unwrap_or_default();
        let number = |owner: &u32| by_rep.get(*owner as usize).copied().unwrap_or(none);
        let mut numbers: Vec<u32> = owners.iter().map(number).collect();
        if numbers.is_empty() {
            numbers.push(none);
        }
        let by_record = Lookup::Code {
            column: layout.place(table.subject_column()),
            numbers,
        };
        if !table.columns().contains(&Column::Share) {
            return by_record;
        }
        // Who is credited with a part keeps it, whoever has the deal now.
        let by_row = Lookup::Code {
            column: layout.place(Column::Owner),
            numbers: by_rep,
        };
        Lookup::Either {
            rows: Which::Holding(layout.place(Column::Share), WHOLE),
            ways: Box::new([by_record, by_row]),
        }
    }

    fn lookup(&self, table: Table, dimension: &Dimension, numbers: Vec<u32>, layout: &mut Layout) -> Lookup {
        let (source, seq) = (self.source, self.moment.seq);
        match dimension.origin() {
            Origin::Column(Column::Owner) => self.by_owner(table, numbers, layout),
            Origin::Column(column) => Lookup::Code {
                column: layout.place(column),
                numbers,
            },
            Origin::Attribute(attribute) | Origin::Path(attribute, _) => {
                let array = source.attribute(attribute, seq);
                if attribute.entity() == Dict::Account {
                    return self.by_array((Column::Account, Dict::Account), array, numbers, layout);
                }
                let by_owner = self.of_owner(table, &array, &numbers, layout);
                self.with_own_team(table, attribute, by_owner, numbers, layout)
            }
            Origin::Declared => {
                let field = dimension.field().unwrap_or_default();
                match holder(table, field, &self.moment.settings) {
                    Some((Column::Owner, dict)) if table.subject() != dict => {
                        self.of_owner(table, &source.declared(dict, field, seq), &numbers, layout)
                    }
                    Some((column, dict)) => {
                        self.by_array((column, dict), source.declared(dict, field, seq), numbers, layout)
                    }
                    // It was checked that there is one.
                    None => Lookup::Code {
                        column: layout.place(table.subject_column()),
                        numbers: vec![numbers.first().copied().unwrap_or_default()],
                    },
                }
            }
            // It is only filtered by.
            Origin::TeamTree => self.by_owner(table, vec![0], layout),
        }
    }

    /// Whether the owner's team, or one above it, is wanted by name; the empty name = the owner has none.
    fn team_tree(&self, table: Table, wanted: &HashSet<&str>, layout: &mut Layout) -> Lookup {
        let tree = tree::Wanted::new(self.source, self.moment.seq, wanted);
        let numbers = tree.numbers();
        let by_owner = self.of_owner(table, &tree.of_reps(), &numbers, layout);
        if !has_own_team(table) {
            return by_owner;
        }
        let by_team = self.by_array((Column::Team, Dict::Team), tree.of_teams(), numbers, layout);
        own_team_first(by_team, by_owner, layout)
    }

    /// By an attribute of owners.
    fn of_owner(&self, table: Table, array: &Effective, numbers: &[u32], layout: &mut Layout) -> Lookup {
        let reps = self.source.dictionary(Dict::Rep).len();
        match self.now {
            None => {
                let column = layout.place(Column::Owner);
                Lookup::attribute(column, array.clone(), reps, numbers.to_vec())
            }
            Some(at) => self.by_owner(table, numbers_at(array, at, reps, numbers), layout),
        }
    }

    /// By an attribute of records whose code stands in a column.
    fn by_array(
        &self,
        (column, dict): (Column, Dict),
        array: Effective,
        numbers: Vec<u32>,
        layout: &mut Layout,
    ) -> Lookup {
        let (column, entities) = (layout.place(column), self.source.dictionary(dict).len());
        match self.now {
            None => Lookup::attribute(column, array, entities, numbers),
            Some(at) => Lookup::Code {
                column,
                numbers: numbers_at(&array, at, entities, &numbers),
            },
        }
    }

    /// Where rows name a team themselves, that counts before the owner's.
    fn with_own_team(
        &self,
        table: Table,
        attribute: Attribute,
        by_owner: Lookup,
        numbers: Vec<u32>,
        layout: &mut Layout,
    ) -> Lookup {
        let level = match attribute {
            Attribute::Team => None,
            Attribute::TeamLevel(level) => Some(level),
            _ => return by_owner,
        };
        if !has_own_team(table) {
            return by_owner;
        }
        let array = tree::labels(self.source, self.moment.seq, level);
        let by_team = self.by_array((Column::Team, Dict::Team), array, numbers, layout);
        own_team_first(by_team, by_owner, layout)
    }
}

/// Whether rows name the team that they are of. A quota of a team is no row of its own people: it has a rule of its own.
fn has_own_team(table: Table) -> bool {
    table.subject() == Dict::Sample
}

fn own_team_first(by_team: Lookup, by_owner: Lookup, layout: &mut Layout) -> Lookup {
    Lookup::Either {
        rows: Which::Coded(layout.place(Column::Team)),
        ways: Box::new([by_team, by_owner]),
    }
}

/// The number of each entity at one instant.
fn numbers_at(array: &Effective, at: i64, entities: usize, numbers: &[u32]) -> Vec<u32> {
    let none = numbers.first().copied().unwrap_or_default();
    let number = |entity: u32| {
        numbers
            .get(array.at(entity, at) as usize)
            .copied()
            .unwrap_or(none)
    };
    let entities = u32::try_from(entities).unwrap_or(u32::MAX);
    (0..entities.max(1)).map(number).collect()
}

/// The dictionary of ids of a dimension whose values are records with names of their own.
fn entity(dimension: &Dimension) -> Option<Dict> {
    match dimension.origin() {
        Origin::Column(column) => match column.storage() {
            Storage::Code(dict @ (Dict::Rep | Dict::Account)) => Some(dict),
            _ => None,
        },
        _ => None,
    }
}
