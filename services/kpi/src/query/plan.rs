//! The plan of a question: which tables are scanned, how they are cut, and which count serves which measure. What two
//! KPIs share is counted once.

mod pairs;
mod tasks;

use std::collections::HashMap;

use bellwether_domain::{Error, ErrorReason, Result};

use super::axes::Periods;
use super::check::Checked;
use super::groups::{self, Names};
use super::periods::Span;
use super::scope::RowScope;
use super::when::Moment;
use crate::catalogue::{Dimension, Due, Kpi, Of, Rows};
use crate::expr::Layout;
use crate::scan::{Bounds, Cut, FactSource, Lookup, TableScan};
use crate::table::{Column, Dict, Table};
pub(super) use pairs::{Pair, policy, sampled, wanted};
pub(super) use tasks::Read;
use tasks::Shape;

/// What is scanned, and for whom.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// One a table.
    pub(super) scans: Vec<TableScan>,
    /// One a KPI, in the order asked.
    pub(super) uses: Vec<Use<'a>>,
    /// The names of every dimension that is grouped by.
    pub(super) names: HashMap<Dimension, Names>,
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
    dimensions.extend(kpi.always_by.filter(|always| !checked.group_by.contains(always)));
    dimensions
}

struct DraftScan {
    table: Table,
    layout: Layout,
    cuts: Vec<DraftCut>,
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
    entity: Option<Column>,
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
        checked,
        moment,
        spans,
        scope: RowScope::new(source, &checked.caller, moment),
        names: HashMap::new(),
        drafts: Vec::new(),
        abroad: abroad(source, moment),
    };
    let mut uses = Vec::new();
    for kpi in &checked.kpis {
        uses.push(planner.used(kpi)?);
    }
    let scans = planner.drafts.into_iter().map(|draft| TableScan {
        table: draft.table,
        columns: draft.layout.columns().to_vec(),
        cuts: draft.cuts.into_iter().map(|cut| cut.cut).collect(),
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
    checked: &'p Checked<'a>,
    moment: &'p Moment,
    spans: &'p [Span],
    scope: RowScope,
    names: HashMap<Dimension, Names>,
    drafts: Vec<DraftScan>,
    /// The code of the home currency, when there are others.
    abroad: Option<u32>,
}

impl Planner<'_, '_> {
    fn used<'a>(&mut self, kpi: &'a Kpi) -> Result<Use<'a>> {
        let dimensions = dimensions(kpi, self.checked);
        let mut places = Vec::new();
        for measure in &kpi.measures {
            places.push(match &measure.of {
                Of::Rows(rows) => {
                    let record = self.by_record.then(|| rows.table.subject_column());
                    vec![self.place(kpi, rows, &dimensions, record)?]
                }
                Of::Entities(entities) => {
                    let own = entities.measures.iter();
                    own.map(|rows| self.place(kpi, rows, &dimensions, Some(entities.entity)))
                        .collect::<Result<Vec<_>>>()?
                }
            });
        }
        let pairs = self.pairs(kpi, &dimensions)?;
        let groups = dimensions.iter().map(|one| self.names[one].names.len() as u64);
        Ok(Use {
            kpi,
            places,
            pairs,
            space: groups.product::<u64>() * self.spans.len() as u64,
            dimensions,
        })
    }

    /// Where rows are counted; adds what is not counted yet.
    fn place(
        &mut self,
        kpi: &Kpi,
        rows: &Rows,
        dimensions: &[Dimension],
        entity: Option<Column>,
    ) -> Result<Place> {
        let shape = Shape::of(rows, policy(kpi, rows));
        self.task(rows, &[rows], shape, dimensions, entity)
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
        entity: Option<Column>,
    ) -> Result<Place> {
        let key = CutKey {
            periods: Periods::of(rows),
            due: rows.due,
            dimensions: dimensions.to_vec(),
            entity,
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

    fn scan(&mut self, table: Table) -> usize {
        if let Some(scan) = self.drafts.iter().position(|draft| draft.table == table) {
            return scan;
        }
        self.drafts.push(DraftScan {
            table,
            layout: Layout::default(),
            cuts: Vec::new(),
        });
        self.drafts.len() - 1
    }

    /// The cut of a scan: the only place where one is made, so none forgets whose rows the caller may see.
    fn cut(&mut self, scan: usize, key: CutKey) -> Result<usize> {
        if let Some(cut) = self.drafts[scan].cuts.iter().position(|cut| cut.key == key) {
            return Ok(cut);
        }
        let layout = &mut self.drafts[scan].layout;
        let (source, seq) = (self.source, self.moment.seq);
        let filters = self.checked.filters.iter();
        let filters =
            filters.map(|(dimension, wanted)| groups::filter(source, *dimension, wanted, seq, layout));
        let mut filters: Vec<Lookup> = filters.collect();
        filters.extend(self.scope.filter(|| layout.place(Column::Owner)));
        let mut lookups = Vec::new();
        if let Some(entity) = key.entity {
            lookups.push(groups::entities(source, entity, layout));
        }
        for dimension in &key.dimensions {
            let names = self
                .names
                .entry(*dimension)
                .or_insert_with(|| Names::of(source, *dimension, seq));
            lookups.push((
                names.lookup(source, *dimension, seq, layout),
                names.names.len() as u64,
            ));
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
            tasks: Vec::new(),
        };
        if cut.space().is_none() {
            let message = "the dimensions have more combinations than can be counted: group by fewer";
            return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
        }
        self.drafts[scan].cuts.push(DraftCut {
            key,
            shapes: Vec::new(),
            cut,
        });
        Ok(self.drafts[scan].cuts.len() - 1)
    }
}
