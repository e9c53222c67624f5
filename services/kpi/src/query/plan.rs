//! The plan of a question: which tables are scanned, how they are cut, and which count serves which measure. What two
//! KPIs share is counted once.

mod credited;
mod pairs;
mod space;
mod tasks;

use std::collections::HashMap;

use bellwether_domain::Result;

use super::axes::Periods;
use super::check::Checked;
use super::groups::{Names, Telling};
use super::holders::{self, Group, Tree};
use super::periods::Span;
use super::ramps::Ramps;
use super::scope::{RowScope, tables};
use super::when::Moment;
use crate::catalogue::{CurrencyPolicy, Dimension, Due, Entity, Kpi, Of, Rows};
use crate::expr::{Layout, Value};
use crate::scan::{self, Bounds, Counted, Cut, FactSource, Lookup, TableScan};
use crate::table::{Column, Dict, Table};
pub(super) use pairs::{Pair, policy, sampled, together, wanted};
use space::{space, too_many};
pub(super) use tasks::Read;
use tasks::Shape;

/// What is scanned, and for whom.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// One a table, and those of quotas by the tree of teams.
    pub(super) scans: Vec<Job>,
    /// One a KPI, in the order asked.
    pub(super) uses: Vec<Use<'a>>,
    /// The names of every dimension that is grouped by.
    pub(super) names: HashMap<Dimension, Names>,
}

/// What is counted at once.
#[derive(Debug)]
pub(super) enum Job {
    /// The rows of a table.
    Scan(TableScan),
    /// The quotas of teams, and of reps below teams without one.
    Tree(Tree),
}

impl Plan<'_> {
    /// Counts everything, on at most so many threads.
    ///
    /// # Errors
    /// `INTERNAL` when an expression fails or a thread does.
    pub(super) fn run(
        &self,
        source: &dyn FactSource,
        moment: &Moment,
        threads: usize,
    ) -> Result<Vec<Vec<Vec<Counted>>>> {
        let run = |job: &Job| match job {
            Job::Scan(scan) if scan.table == Table::Ramps => {
                let ramps = Ramps::new(source, moment)?;
                scan::run(&ramps, scan, moment.seq, moment.as_of.as_micros(), 1)
            }
            Job::Scan(scan) => scan::run(source, scan, moment.seq, moment.as_of.as_micros(), threads),
            Job::Tree(tree) => Ok(vec![vec![tree.run(source, moment.seq)?]]),
        };
        self.scans.iter().map(run).collect()
    }
}

/// What one KPI takes from the scans.
#[derive(Debug)]
pub(super) struct Use<'a> {
    pub(super) kpi: &'a Kpi,
    /// The dimensions that it is grouped by.
    pub(super) dimensions: Vec<Dimension>,
    /// Where the counts of each measure are: of one of rows one, of one of entities those of its own measures.
    pub(super) places: Vec<Vec<Place>>,
    /// Sums of products of measures, for its interval.
    pub(super) pairs: Vec<Pair>,
    /// How many cells there are; where there are entities too, the cells of the first come first.
    pub(super) space: u64,
}

/// Where a count is: scan, cut of the scan, task of the cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) scan: usize,
    pub(super) cut: usize,
    pub(super) task: usize,
}

/// The dimensions that a KPI is grouped by.
pub(super) fn dimensions(kpi: &Kpi, checked: &Checked<'_>) -> Vec<Dimension> {
    let mut dimensions = checked.group_by.clone();
    let always = kpi.always_by.iter();
    dimensions.extend(
        always
            .filter(|always| !checked.group_by.contains(always))
            .cloned(),
    );
    dimensions
}

struct DraftScan {
    table: Table,
    layout: Layout,
    cuts: Vec<DraftCut>,
    /// Quotas by the tree of teams: nothing else is counted then.
    tree: Option<(TreeKey, Tree)>,
}

/// What makes two countings of quotas the same.
#[derive(Debug, Clone, PartialEq)]
struct TreeKey {
    value: Column,
    policy: CurrencyPolicy,
    periods: Periods,
    dimensions: Vec<Dimension>,
    by_record: bool,
    members: bool,
}

struct DraftCut {
    key: CutKey,
    shapes: Vec<Shape>,
    cut: Cut,
}

/// What makes two cuts of a table the same.
#[derive(Debug, Clone, PartialEq)]
struct CutKey {
    periods: Periods,
    due: Option<Due>,
    dimensions: Vec<Dimension>,
    /// Told apart before the dimensions.
    entity: Option<Entity>,
    /// Whether what is filtered out counts too.
    whole: bool,
}

pub(super) fn plan<'a>(
    source: &dyn FactSource,
    checked: &Checked<'a>,
    moment: &Moment,
    spans: &[Span],
) -> Result<Plan<'a>> {
    planned(source, checked, moment, spans, false)
}

/// The plan of a question whose rows are told apart by the record that they come from, before the dimensions.
pub(super) fn by_record<'a>(
    source: &dyn FactSource,
    checked: &Checked<'a>,
    moment: &Moment,
    spans: &[Span],
) -> Result<Plan<'a>> {
    planned(source, checked, moment, spans, true)
}

fn planned<'a>(
    source: &dyn FactSource,
    checked: &Checked<'a>,
    moment: &Moment,
    spans: &[Span],
    by_record: bool,
) -> Result<Plan<'a>> {
    let mut planner = Planner {
        by_record,
        source,
        telling: Telling::new(source, moment, checked.now),
        checked,
        moment,
        spans,
        scope: RowScope::new(source, &checked.caller, moment),
        names: HashMap::new(),
        drafts: Vec::new(),
        abroad: abroad(source, moment),
        credited: credited::instead(checked, by_record),
    };
    let mut uses = Vec::new();
    for kpi in &checked.kpis {
        uses.push(planner.used(kpi)?);
    }
    let scans = planner.drafts.into_iter().map(|draft| match draft.tree {
        Some((_, tree)) => Job::Tree(tree),
        None => Job::Scan(TableScan {
            table: draft.table,
            columns: draft.layout.columns().to_vec(),
            cuts: draft.cuts.into_iter().map(|cut| cut.cut).collect(),
        }),
    });
    Ok(Plan {
        scans: scans.collect(),
        uses,
        names: planner.names,
    })
}

/// The code of the tenant's currency, when there is money in others too.
fn abroad(source: &dyn FactSource, moment: &Moment) -> Option<u32> {
    let currencies = source.dictionary(Dict::Currency);
    let home = currencies.code(moment.settings.currency.code());
    // Without a code of its own no row is in the home currency.
    let others = currencies.len() - 1 - usize::from(home.is_some());
    (others > 0).then_some(home.unwrap_or(u32::MAX))
}

struct Planner<'p, 'a> {
    by_record: bool,
    source: &'p dyn FactSource,
    telling: Telling<'p>,
    checked: &'p Checked<'a>,
    moment: &'p Moment,
    spans: &'p [Span],
    scope: RowScope,
    names: HashMap<Dimension, Names>,
    drafts: Vec<DraftScan>,
    /// The code of the home currency, when there are others.
    abroad: Option<u32>,
    /// Whether won deals are counted where they are credited.
    credited: bool,
}

impl Planner<'_, '_> {
    fn used<'a>(&mut self, kpi: &'a Kpi) -> Result<Use<'a>> {
        let dimensions = dimensions(kpi, self.checked);
        let mut places = Vec::new();
        for measure in &kpi.measures {
            places.push(match &measure.of {
                Of::Rows(rows) => {
                    let record = self
                        .by_record
                        .then(|| Entity::Column(rows.table.subject_column()));
                    vec![self.place(rows, &dimensions, record)?]
                }
                Of::Entities(entities) => {
                    let own = entities.measures.iter();
                    own.map(|rows| self.place(rows, &dimensions, Some(entities.entity)))
                        .collect::<Result<Vec<_>>>()?
                }
            });
        }
        let pairs = self.pairs(kpi, &dimensions)?;
        let groups = dimensions.iter().map(|one| self.names[one].len());
        Ok(Use {
            kpi,
            places,
            pairs,
            space: space(groups.chain([self.spans.len() as u64]))?,
            dimensions,
        })
    }

    /// Where rows are counted; adds what is not counted yet.
    fn place(&mut self, rows: &Rows, dimensions: &[Dimension], entity: Option<Entity>) -> Result<Place> {
        if let Some(leaves) = &rows.leaves {
            return match rows.value {
                Some(Value::Column(value)) if self.knows_teams(dimensions) => {
                    self.tree((value, policy(rows)), rows, dimensions, entity.is_some())
                }
                _ => self.place(leaves, dimensions, entity),
            };
        }
        let credited = rows.credited.as_deref().filter(|_| self.credited);
        let rows = credited.unwrap_or(rows);
        let shape = Shape::of(rows, policy(rows));
        self.task(rows, &[rows], shape, dimensions, entity)
    }

    /// Whether quotas of teams count: they are nobody's own rows, and only teams tell them apart.
    fn knows_teams(&self, dimensions: &[Dimension]) -> bool {
        let filters = self.checked.filters.iter().map(|(dimension, _)| dimension);
        self.scope.is_all() && dimensions.iter().chain(filters).all(holders::knows)
    }

    /// Where amounts are counted by the tree of teams.
    fn tree(
        &mut self,
        (value, policy): (Column, CurrencyPolicy),
        rows: &Rows,
        dimensions: &[Dimension],
        by_record: bool,
    ) -> Result<Place> {
        let periods = Periods::of(rows);
        let place = |scan| Place {
            scan,
            cut: 0,
            task: 0,
        };
        let key = TreeKey {
            value,
            policy,
            periods,
            dimensions: dimensions.to_vec(),
            by_record,
            members: rows.members,
        };
        let known = |draft: &DraftScan| draft.tree.as_ref().is_some_and(|(one, _)| *one == key);
        if let Some(scan) = self.drafts.iter().position(known) {
            return Ok(place(scan));
        }
        self.name(dimensions);
        let groups = dimensions.iter().map(|one| self.names[one].len());
        let records = if by_record {
            self.source.dictionary(rows.table.subject()).len() as u64
        } else {
            1
        };
        space(groups.chain([self.spans.len() as u64, records]))?;
        let named = dimensions
            .iter()
            .map(|one| (one.clone(), self.names[one].clone()));
        let tree = Tree {
            value,
            periods: periods.days(self.spans, self.moment),
            group: Group::new(named.collect(), self.checked, rows.members),
            by_record,
            home: self.abroad.filter(|_| policy != CurrencyPolicy::None),
            by_day: policy == CurrencyPolicy::Booked,
            now: self.telling.now(),
            zone: self.moment.settings.zone.clone(),
        };
        self.drafts.push(DraftScan {
            table: rows.table,
            layout: Layout::default(),
            cuts: Vec::new(),
            tree: Some((key, tree)),
        });
        Ok(place(self.drafts.len() - 1))
    }

    /// The pairs of measures whose products the interval needs.
    fn pairs(&mut self, kpi: &Kpi, dimensions: &[Dimension]) -> Result<Vec<Pair>> {
        let mut pairs = Vec::new();
        for (a, b) in wanted(kpi) {
            let (Of::Rows(one), Of::Rows(two)) = (&kpi.measures[a].of, &kpi.measures[b].of) else {
                continue;
            };
            let (shape, read) = Shape::of_pair([one, two], kpi.definition.currency);
            let place = self.task(one, &[one, two], shape, dimensions, None)?;
            pairs.push(Pair {
                measures: (a, b),
                place,
                read,
            });
        }
        Ok(pairs)
    }

    /// The place of a task over the rows of a measure; `parts` are those whose filters and expressions it takes.
    fn task(
        &mut self,
        rows: &Rows,
        parts: &[&Rows],
        shape: Shape,
        dimensions: &[Dimension],
        entity: Option<Entity>,
    ) -> Result<Place> {
        let key = CutKey {
            periods: Periods::of(rows),
            due: rows.due,
            dimensions: if rows.whole {
                Vec::new()
            } else {
                dimensions.to_vec()
            },
            entity,
            // Where nothing is filtered out it makes no difference.
            whole: rows.whole && !self.checked.filters.is_empty(),
        };
        let scan = self.scan(rows.table);
        let cut = self.cut(scan, key)?;
        let known = self.drafts[scan].cuts[cut]
            .shapes
            .iter()
            .position(|known| *known == shape);
        if let Some(task) = known {
            return Ok(Place { scan, cut, task });
        }
        let layout = &mut self.drafts[scan].layout;
        let task = shape.task(parts, layout, self.source, (self.moment, self.spans), self.abroad);
        let draft = &mut self.drafts[scan].cuts[cut];
        draft.shapes.push(shape);
        draft.cut.tasks.push(task);
        Ok(Place {
            scan,
            cut,
            task: draft.shapes.len() - 1,
        })
    }

    /// Finds the names of dimensions.
    fn name(&mut self, dimensions: &[Dimension]) {
        for dimension in dimensions {
            if self.names.contains_key(dimension) {
                continue;
            }
            let mut tables: Vec<Table> = self.checked.kpis.iter().flat_map(|kpi| tables(kpi)).collect();
            tables.sort_unstable();
            tables.dedup();
            let all = Names::of(&self.telling, dimension, &tables);
            let only = self.checked.only.as_ref();
            let only = only.filter(|_| self.checked.group_by.first() == Some(dimension));
            let names = only.map_or_else(|| all.clone(), |only| all.only(only));
            self.names.insert(dimension.clone(), names);
        }
    }

    fn scan(&mut self, table: Table) -> usize {
        let same = |draft: &DraftScan| draft.table == table && draft.tree.is_none();
        if let Some(scan) = self.drafts.iter().position(same) {
            return scan;
        }
        self.drafts.push(DraftScan {
            table,
            layout: Layout::default(),
            cuts: Vec::new(),
            tree: None,
        });
        self.drafts.len() - 1
    }

    /// The cut of a scan: the only place where one is made, so none forgets whose rows the caller may see.
    fn cut(&mut self, scan: usize, key: CutKey) -> Result<usize> {
        if let Some(cut) = self.drafts[scan].cuts.iter().position(|cut| cut.key == key) {
            return Ok(cut);
        }
        let told = self.drafts[scan].table.place(Column::Since).is_some();
        let table = self.drafts[scan].table;
        self.name(&key.dimensions);
        let (telling, layout) = (&self.telling, &mut self.drafts[scan].layout);
        let filters = self.checked.filters.iter().filter(|_| !key.whole);
        let filters = filters.map(|(dimension, wanted)| telling.filter(table, dimension, wanted, layout));
        let mut filters: Vec<Lookup> = filters.collect();
        filters.extend(self.scope.filter(telling, table, layout));
        let mut lookups = Vec::new();
        if let Some(entity) = key.entity {
            lookups.push(telling.entities(table, entity, layout));
        }
        for dimension in &key.dimensions {
            let names = &self.names[dimension];
            let lookup = telling.ordinals(table, dimension, names, layout);
            lookups.push((lookup, names.len()));
        }
        let due = key.due.map(|due| Bounds {
            column: layout.place(due.column),
            periods: key.periods.due(&due, self.spans, self.moment),
            missing: due.missing,
        });
        let cut = Cut {
            axis: key.periods.axis(self.spans, self.moment),
            periods: self.spans.len() as u64,
            dimensions: lookups,
            filters,
            due,
            valid: (layout.place(Column::ValidFrom), layout.place(Column::ValidTo)),
            since: told.then(|| layout.place(Column::Since)),
            tasks: Vec::new(),
        };
        cut.space().ok_or_else(too_many)?;
        self.drafts[scan].cuts.push(DraftCut {
            key,
            shapes: Vec::new(),
            cut,
        });
        Ok(self.drafts[scan].cuts.len() - 1)
    }
}
