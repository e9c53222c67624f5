//! The plan of a question: which tables are scanned, how they are cut, and which count serves which measure. What two
//! KPIs share is counted once.

use std::collections::HashMap;

use bellwether_domain::{Error, ErrorReason, Instant, Result};

use super::check::Checked;
use super::groups::{self, Names};
use super::periods::Span;
use super::when::Moment;
use crate::catalogue::{Aggregate, Class, CurrencyPolicy, Dimension, Kpi, Measure, Scale, Window};
use crate::expr::Layout;
use crate::scan::{Axis, Cut, FactSource, MoneyBy, TableScan, Task, Windows};
use crate::table::{Column, Dict, Table};

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
    /// Where the counts of each measure are.
    pub(super) places: Vec<Place>,
}

/// Where a count is: scan, cut of the scan, task of the cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) scan: usize,
    pub(super) cut: usize,
    pub(super) task: usize,
}

/// Which periods a cut has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Periods {
    Windows(Window),
    Points,
}

impl Periods {
    /// Those in which a measure is counted.
    pub(super) fn of(measure: &Measure) -> Self {
        match measure.class {
            Class::Flow => Self::Windows(measure.window),
            Class::Stock => Self::Points,
        }
    }

    /// How rows find them.
    pub(super) fn axis(self, spans: &[Span], as_of: Instant) -> Axis {
        let windows = |window: fn(&Span, Instant) -> (i64, i64)| {
            let windows: Vec<(i64, i64)> = spans.iter().map(|span| window(span, as_of)).collect();
            Axis::Windows(Windows::new(&windows))
        };
        match self {
            Self::Windows(Window::This) => windows(Span::window),
            Self::Windows(Window::Previous) => windows(Span::previous_window),
            Self::Points => Axis::Points(spans.iter().map(|span| span.point(as_of)).collect()),
        }
    }
}

/// The dimensions that a KPI is grouped by.
pub(super) fn dimensions(kpi: &Kpi, checked: &Checked<'_>) -> Vec<Dimension> {
    let mut dimensions = checked.group_by.clone();
    dimensions.extend(kpi.always_by.filter(|always| !checked.group_by.contains(always)));
    dimensions
}

/// By which policy a measure's money is converted.
pub(super) fn policy(kpi: &Kpi, measure: &Measure) -> CurrencyPolicy {
    if measure.scale == Scale::Money {
        kpi.definition.currency
    } else {
        CurrencyPolicy::None
    }
}

/// What makes two tasks the same: filter, expression, whether values are kept, policy for money.
type TaskKey = (String, String, bool, CurrencyPolicy);

struct DraftScan {
    table: Table,
    layout: Layout,
    cuts: Vec<DraftCut>,
}

struct DraftCut {
    periods: Periods,
    dimensions: Vec<Dimension>,
    keys: Vec<TaskKey>,
    cut: Cut,
}

pub(super) fn plan<'a>(
    source: &dyn FactSource,
    checked: &Checked<'a>,
    moment: &Moment,
    spans: &[Span],
) -> Result<Plan<'a>> {
    let mut planner = Planner {
        source,
        checked,
        moment,
        spans,
        names: HashMap::new(),
        drafts: Vec::new(),
        abroad: abroad(source, moment),
    };
    let mut uses = Vec::new();
    for kpi in &checked.kpis {
        let dimensions = dimensions(kpi, checked);
        let places = (0..kpi.measures.len())
            .map(|measure| planner.place(kpi, measure, &dimensions))
            .collect::<Result<Vec<_>>>()?;
        uses.push(Use {
            kpi,
            dimensions,
            places,
        });
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
    source: &'p dyn FactSource,
    checked: &'p Checked<'a>,
    moment: &'p Moment,
    spans: &'p [Span],
    names: HashMap<Dimension, Names>,
    drafts: Vec<DraftScan>,
    /// The code of the home currency, when there are others.
    abroad: Option<u32>,
}

impl Planner<'_, '_> {
    /// Where a measure is counted; adds what is not counted yet.
    fn place(&mut self, kpi: &Kpi, index: usize, dimensions: &[Dimension]) -> Result<Place> {
        let measure = &kpi.measures[index];
        let defined = &kpi.definition.measures[index];
        let scan = self.scan(measure.table);
        let cut = self.cut(scan, Periods::of(measure), dimensions)?;
        let policy = policy(kpi, measure);
        let collect = measure.aggregate == Aggregate::Median;
        let key = (
            defined.filter.clone(),
            defined.expression.clone(),
            collect,
            policy,
        );
        let draft = &mut self.drafts[scan];
        if let Some(task) = draft.cuts[cut].keys.iter().position(|known| *known == key) {
            return Ok(Place { scan, cut, task });
        }
        let source = self.source;
        let dictionary = |dict: Dict| source.dictionary(dict);
        let layout = &mut draft.layout;
        let money = self
            .abroad
            .filter(|_| policy != CurrencyPolicy::None)
            .map(|home| MoneyBy {
                currency: layout.place(Column::Currency),
                home,
                day: (policy == CurrencyPolicy::Booked).then(|| layout.place(Column::Day)),
            });
        let task = Task {
            filter: measure.filter.bind(layout, &dictionary),
            value: measure
                .value
                .as_ref()
                .map(|value| value.bind(layout, &dictionary)),
            collect,
            money,
        };
        let cut_draft = &mut draft.cuts[cut];
        cut_draft.keys.push(key);
        cut_draft.cut.tasks.push(task);
        Ok(Place {
            scan,
            cut,
            task: cut_draft.keys.len() - 1,
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

    fn cut(&mut self, scan: usize, periods: Periods, dimensions: &[Dimension]) -> Result<usize> {
        let same = |cut: &DraftCut| cut.periods == periods && cut.dimensions == dimensions;
        if let Some(cut) = self.drafts[scan].cuts.iter().position(same) {
            return Ok(cut);
        }
        let (source, seq) = (self.source, self.moment.seq);
        let layout = &mut self.drafts[scan].layout;
        let filters = self
            .checked
            .filters
            .iter()
            .map(|(dimension, wanted)| groups::filter(source, *dimension, wanted, seq, layout))
            .collect();
        let mut lookups = Vec::new();
        for dimension in dimensions {
            let names = self
                .names
                .entry(*dimension)
                .or_insert_with(|| Names::of(source, *dimension, seq));
            lookups.push((
                names.lookup(source, *dimension, seq, layout),
                names.names.len() as u64,
            ));
        }
        let cut = Cut {
            axis: periods.axis(self.spans, self.moment.as_of),
            periods: self.spans.len() as u64,
            dimensions: lookups,
            filters,
            valid: (
                self.drafts[scan].layout.place(Column::ValidFrom),
                self.drafts[scan].layout.place(Column::ValidTo),
            ),
            tasks: Vec::new(),
        };
        if cut.space().is_none() {
            let message = "the dimensions have more combinations than can be counted: group by fewer";
            return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
        }
        let draft = DraftCut {
            periods,
            dimensions: dimensions.to_vec(),
            keys: Vec::new(),
            cut,
        };
        self.drafts[scan].cuts.push(draft);
        Ok(self.drafts[scan].cuts.len() - 1)
    }
}
