//! The names of a dimension: sorted, "missing" after them, and last the rest where only some are told apart.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::{AttributeDeclaration, AttributeType};

use super::Telling;
use super::fields::holder;
use crate::catalogue::{Dimension, Origin};
use crate::table::{Dict, Storage, Table};
use crate::tenant::{Attribute, TENURES};

/// The names of a dimension. A name's place is its ordinal.
#[derive(Debug, Clone)]
pub(in crate::query) struct Names {
    /// Ordinal to name; `None` = missing, or the rest.
    pub(in crate::query) names: Vec<Option<Arc<str>>>,
    /// Which of them are all others.
    rest: Option<usize>,
    /// Code to ordinal.
    pub(super) numbers: Vec<u32>,
}

impl Names {
    /// The names of a dimension in the rows of these tables.
    pub(in crate::query) fn of(telling: &Telling<'_>, dimension: &Dimension, tables: &[Table]) -> Self {
        let mut by_code = by_code(telling, dimension);
        if let Some(field) = dimension.field() {
            // The values of all fields share their codes.
            let known = values(telling, field, tables);
            for (name, code) in by_code.iter_mut().zip(0_u32..) {
                if !known.contains(&code) {
                    *name = "".into();
                }
            }
        }
        let mut names: Vec<Arc<str>> = by_code.iter().filter(|name| !name.is_empty()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        sort(&mut names, dimension, telling.is_sized(dimension));
        let missing = ordinal(names.len());
        let places: HashMap<&str, u32> = names.iter().map(|name| &**name).zip(0..).collect();
        let number = |name: &Arc<str>| places.get(&**name).copied().unwrap_or(missing);
        let mut numbers: Vec<u32> = by_code.iter().map(number).collect();
        if numbers.is_empty() {
            numbers.push(missing);
        }
        Self {
            names: names.into_iter().map(Some).chain([None]).collect(),
            rest: None,
            numbers,
        }
    }

    /// Tells only these apart (`None` = missing), in their order here; all others are one.
    pub(in crate::query) fn only(&self, wanted: &HashSet<Option<Arc<str>>>) -> Self {
        let kept: Vec<usize> = (0..self.names.len())
            .filter(|place| wanted.contains(&self.names[*place]))
            .collect();
        let rest = kept.len();
        let mut moved = vec![ordinal(rest); self.names.len()];
        for (to, from) in kept.iter().enumerate() {
            moved[*from] = ordinal(to);
        }
        let number = |number: &u32| moved.get(*number as usize).copied().unwrap_or(ordinal(rest));
        Self {
            names: kept
                .iter()
                .map(|place| self.names[*place].clone())
                .chain([None])
                .collect(),
            rest: Some(rest),
            numbers: self.numbers.iter().map(number).collect(),
        }
    }

    /// Whether an ordinal is all others.
    pub(in crate::query) fn is_rest(&self, ordinal: usize) -> bool {
        self.rest == Some(ordinal)
    }

    /// How many ordinals there are.
    pub(in crate::query) fn len(&self) -> u64 {
        self.names.len() as u64
    }

    /// The ordinal of all others, where some are.
    pub(in crate::query) fn rest(&self) -> Option<usize> {
        self.rest
    }

    /// The ordinal of a name; `None` = missing.
    pub(in crate::query) fn place(&self, name: Option<&str>) -> Option<usize> {
        let mut all = self.names.iter().enumerate();
        let found = all.find(|(place, known)| !self.is_rest(*place) && known.as_deref() == name);
        found.map(|(place, _)| place)
    }

    /// The ordinal of a code.
    pub(in crate::query) fn number(&self, code: u32) -> u32 {
        let missing = self.numbers.first().copied().unwrap_or_default();
        self.numbers.get(code as usize).copied().unwrap_or(missing)
    }
}

fn ordinal(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Telling<'_> {
    /// Whether the values of a dimension are numbers.
    pub(super) fn is_sized(&self, dimension: &Dimension) -> bool {
        let numbers = |one: &AttributeDeclaration| one.attribute_type == AttributeType::Number;
        let mut declared = self.moment.settings.attributes.iter();
        declared.any(|one| Some(one.name.as_str()) == dimension.field() && numbers(one))
    }
}

/// Puts names, which are in the order of their letters, in that of the dimension: tenures by length, numbers by size.
fn sort(names: &mut [Arc<str>], dimension: &Dimension, sized: bool) {
    if *dimension == Dimension::Tenure {
        names.sort_by_key(|name| TENURES.iter().position(|known| **known == **name));
    } else if sized {
        names.sort_by_cached_key(|name| {
            let size = name.parse::<Exact>().ok();
            (size.is_none(), size)
        });
    }
}

/// The codes of the values that a declared field has in the rows of these tables, as known.
fn values(telling: &Telling<'_>, field: &str, tables: &[Table]) -> HashSet<u32> {
    let (settings, seq) = (&telling.moment.settings, telling.moment.seq);
    let mut dicts: Vec<Dict> = tables
        .iter()
        .filter_map(|table| holder(*table, field, settings).map(|(_, dict)| dict))
        .collect();
    dicts.sort_unstable();
    dicts.dedup();
    let arrays = dicts
        .iter()
        .map(|dict| telling.source.declared(*dict, field, seq));
    arrays.flat_map(|array| array.codes().to_vec()).collect()
}

/// The names by code; code 0 is missing and has the empty one.
pub(super) fn by_code(telling: &Telling<'_>, dimension: &Dimension) -> Vec<Arc<str>> {
    let (source, seq) = (telling.source, telling.moment.seq);
    match dimension.origin() {
        Origin::Attribute(Attribute::Tenure) => TENURES.iter().copied().map(Arc::from).collect(),
        Origin::Attribute(_) => source.display_names(Dict::Attribute, seq),
        Origin::Path(_, parts) => {
            let names = source.display_names(Dict::Attribute, seq);
            names.iter().map(|name| first_parts(name, parts)).collect()
        }
        Origin::Column(column) => match column.storage() {
            Storage::Code(dict) => source.display_names(dict, seq),
            _ => Vec::new(),
        },
        Origin::Declared => {
            let names = source.declared_values().names();
            std::iter::once("").chain(names).map(Arc::from).collect()
        }
        Origin::TeamTree => Vec::new(),
    }
}

/// So many parts of a path, with nothing around them: of `EMEA / DACH / Tyrol` the first two are `EMEA/DACH`.
pub(in crate::query) fn first_parts(path: &str, parts: u8) -> Arc<str> {
    let parts: Vec<&str> = path.split('/').take(parts.into()).map(str::trim).collect();
    parts.join("/").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_after_so_many_parts() {
        let cut = |parts| first_parts("EMEA / DACH/Tyrol", parts).to_string();
        assert_eq!(
            [1, 2, 3, 4].map(cut),
            ["EMEA", "EMEA/DACH", "EMEA/DACH/Tyrol", "EMEA/DACH/Tyrol"]
        );
        assert_eq!(&*first_parts("", 2), "");
    }

    #[test]
    fn numbers_stand_by_size_before_words_and_tenures_by_length() {
        let sorted = |dimension: Dimension, names: &[&str], sized| {
            let mut names: Vec<Arc<str>> = names.iter().copied().map(Arc::from).collect();
            names.sort();
            sort(&mut names, &dimension, sized);
            names.join(" ")
        };
        let field = || Dimension::Declared("attr.score".into());
        let names = ["x", "10", "9.5", "-1", "a"];
        assert_eq!(sorted(field(), &names, true), "-1 9.5 10 a x");
        assert_eq!(sorted(field(), &names, false), "-1 10 9.5 a x");
        assert_eq!(
            sorted(Dimension::Tenure, &TENURES[1..], false),
            TENURES[1..].join(" ")
        );
    }
}
