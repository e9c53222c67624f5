//! From counts to rows: which groups there are, what each KPI is in each cell, and how it is written down.

mod paired;

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result, When};
use bellwether_stats::small_n;

use super::interval::{self, Products};
use super::money::Rates;
use super::periods::{Span, shown};
use super::plan::{Plan, Use};
use super::reader::{Counts, Reader, counted};
use super::reading::Reading;
use super::scope::tables;
use super::when::Moment;
use super::{Named, Row};
use crate::catalogue::{AbsentReason, Aggregate, Class, Dimension, Kpi, Of, Unit, Window};
use crate::formula::NoValue;
use crate::scan::FactSource;
use crate::table::Table;

pub(super) use paired::{Side, paired};

/// The rows of an answer, `most` of them at most.
pub(super) fn rows(
    source: &dyn FactSource,
    moment: &Moment,
    spans: &[Span],
    plan: &Plan<'_>,
    counts: &Counts,
    most: usize,
) -> Result<Vec<Row>> {
    let rates = Rates::new(source, moment);
    let mut rows = Vec::new();
    for used in &plan.uses {
        let kpi = KpiRows::new(used, plan, moment, spans, counts, &rates)?;
        let groups = kpi.groups(counts);
        let found = rows.len() + groups.len() * spans.len();
        if found > most {
            let message = format!(
                "the answer has {found} cells or more, at most {most} fit: take a coarser grain, fewer dimensions \
                 or a filter"
            );
            return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
        }
        kpi.write(&groups, &mut rows);
    }
    Ok(rows)
}

/// The row of the first KPI and period for the group of these names; `None` = there is none of such names.
pub(super) fn row_of(
    source: &dyn FactSource,
    moment: &Moment,
    spans: &[Span],
    plan: &Plan<'_>,
    counts: &Counts,
    names: &[Named],
) -> Result<Option<Row>> {
    let rates = Rates::new(source, moment);
    let [used, ..] = plan.uses.as_slice() else {
        return Ok(None);
    };
    let kpi = KpiRows::new(used, plan, moment, spans, counts, &rates)?;
    let group = group_of(plan, &used.dimensions, names);
    Ok(group.map(|group| kpi.row(group * spans.len() as u64, group, kpi.bounds[0])))
}

/// The group of these names.
pub(super) fn group_of(plan: &Plan<'_>, dimensions: &[Dimension], names: &[Named]) -> Option<u64> {
    if names.len() != dimensions.len() {
        return None;
    }
    let mut group = 0;
    for (dimension, name) in dimensions.iter().zip(names) {
        let known = &plan.names[dimension];
        let place = match name {
            Named::Name(name) => known.place(Some(name)),
            Named::Missing => known.place(None),
            Named::Rest => known.rest(),
        }?;
        group = group * known.len() + place as u64;
    }
    Some(group)
}

/// A name in each dimension; `None` = missing.
type Group = Vec<(Dimension, Option<Arc<str>>)>;

/// The rows of one KPI.
struct KpiRows<'a> {
    used: &'a Use<'a>,
    kpi: &'a Kpi,
    readings: Vec<Reading>,
    products: Products,
    spans: &'a [Span],
    /// Each period's start and end as shown.
    bounds: Vec<(Option<When>, Option<When>)>,
    dimensions: &'a [Dimension],
    plan: &'a Plan<'a>,
    id: Arc<str>,
    unit: Arc<str>,
    path_reason: Arc<str>,
}

impl<'a> KpiRows<'a> {
    fn new(
        used: &'a Use<'a>,
        plan: &'a Plan<'a>,
        moment: &Moment,
        spans: &'a [Span],
        counts: &Counts,
        rates: &Rates<'_>,
    ) -> Result<Self> {
        let kpi = used.kpi;
        let currency = moment.settings.currency;
        let reader = Reader {
            used,
            plan,
            spans,
            counts,
            rates,
            exponent: currency.exponent(),
        };
        let (readings, products) = reader.read()?;
        let zone = &moment.settings.zone;
        let bound = |span: &Span| {
            (
                span.start.map(|at| shown(at, zone)),
                span.end.map(|at| shown(at, zone)),
            )
        };
        let tables: Vec<&str> = tables(kpi).into_iter().map(Table::name).collect();
        Ok(Self {
            used,
            kpi,
            readings,
            products,
            spans,
            bounds: spans.iter().map(bound).collect(),
            dimensions: &used.dimensions,
            plan,
            id: kpi.definition.id.as_str().into(),
            unit: unit(kpi.definition.unit, currency.code()).into(),
            path_reason: format!("scan of {}: nothing is kept ready", tables.join(", ")).into(),
        })
    }

    /// The groups with any item in any period, in order; without a grouping the one that there always is.
    fn groups(&self, counts: &Counts) -> Vec<u64> {
        if self.dimensions.is_empty() {
            return vec![0];
        }
        let items = self.kpi.grouped;
        let cells: Vec<u64> = match (&self.kpi.measures[items].of, self.used.places[items].as_slice()) {
            // Not those of the reading, which may sum over a dimension. What tells nothing apart is no item.
            (Of::Rows(rows), [place]) => {
                let found = counted(counts, *place).cells.iter();
                let distinct = rows.aggregate == Aggregate::Distinct;
                let found = found.filter(|(_, acc)| !distinct || acc.seen > 0);
                found.map(|(cell, _)| *cell).collect()
            }
            _ => self.readings[items].cells().collect(),
        };
        let groups = cells.into_iter().map(|cell| cell / self.spans.len() as u64);
        groups.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn write(&self, groups: &[u64], rows: &mut Vec<Row>) {
        for (period, bounds) in self.bounds.iter().enumerate() {
            for group in groups {
                let cell = group * self.spans.len() as u64 + period as u64;
                rows.push(self.row(cell, *group, *bounds));
            }
        }
    }

    fn row(&self, cell: u64, group: u64, (start, end): (Option<When>, Option<When>)) -> Row {
        let kpi = self.kpi;
        let (group, rest) = self.names(group);
        let value = self.value(cell);
        let items = self.readings[kpi.items].counts(cell);
        let missing = self.readings[kpi.missing].counts(cell);
        let interval = match &value {
            Ok(_) => interval::of(kpi, &self.readings, &self.products, cell),
            Err(_) => None,
        };
        // Points are points of a rate.
        let rate = interval.as_ref().filter(|_| kpi.definition.unit == Unit::Ratio);
        Row {
            kpi: Arc::clone(&self.id),
            start,
            end,
            group,
            rest,
            value: value.map(|value| self.text(&value)),
            unit: Arc::clone(&self.unit),
            n: items.seen,
            small_n: small_n(items.seen, rate),
            interval,
            missing: if self.lacks_amounts() {
                missing.items - missing.seen
            } else {
                0
            },
            version: kpi.definition.version,
            path_reason: Arc::clone(&self.path_reason),
        }
    }

    /// Whether items without a value are so because they lack an amount: those of a lag are too young, and of what is
    /// told apart some rows name none.
    fn lacks_amounts(&self) -> bool {
        match &self.kpi.measures[self.kpi.missing].of {
            Of::Rows(rows) => rows.class != Class::Lag && rows.aggregate != Aggregate::Distinct,
            Of::Entities(_) => true,
        }
    }

    /// Counts, sums and quantiles exactly, quotients to 18 significant digits.
    fn text(&self, value: &Exact) -> String {
        let single = self
            .kpi
            .formula
            .single()
            .map(|index| &self.kpi.measures[index].of);
        let exact = single.is_some_and(|of| match of {
            Of::Rows(rows) => !matches!(
                rows.aggregate,
                Aggregate::Mean | Aggregate::WeightedMean | Aggregate::Curve | Aggregate::Spread
            ),
            Of::Entities(_) => false,
        });
        if exact {
            value.to_exact_string()
        } else {
            value.to_decimal_string()
        }
    }

    /// Whether anything is credited in a cell of what deals are credited with: a rep whose own ones all lack an amount may
    /// have a part in others.
    fn credited(&self, cell: u64) -> bool {
        let shared = |of: &Of| matches!(of, Of::Rows(rows) if rows.table == Table::Credits && rows.window == Window::This);
        let deals = |of: &Of| matches!(of, Of::Rows(rows) if rows.table == Table::Closings);
        if !deals(&self.kpi.measures[self.kpi.missing].of) {
            return false;
        }
        let mut measures = self.kpi.measures.iter().zip(&self.readings);
        measures.any(|(measure, reading)| shared(&measure.of) && reading.counts(cell).seen > 0)
    }

    fn value(&self, cell: u64) -> Result<Exact, AbsentReason> {
        let kpi = self.kpi;
        if let Some(reason) = kpi.definition.absent_reason
            && self.readings[kpi.items].counts(cell).items == 0
        {
            return Err(reason);
        }
        let priced = self.readings[kpi.missing].counts(cell);
        let distinct =
            matches!(&kpi.measures[kpi.missing].of, Of::Rows(rows) if rows.aggregate == Aggregate::Distinct);
        if priced.items > 0 && priced.seen == 0 && !distinct && !self.credited(cell) {
            return Err(kpi.measures[kpi.missing].zero);
        }
        let values: Vec<Option<Exact>> = self.readings.iter().map(|reading| reading.value(cell)).collect();
        kpi.formula.evaluate(&values).map_err(|blamed| {
            let (NoValue::Absent(measure) | NoValue::DividedBy(measure)) = blamed;
            let none = self.readings[measure].counts(cell).items == 0;
            if none {
                kpi.measures[measure].none
            } else {
                kpi.measures[measure].zero
            }
        })
    }

    /// The names of a group, and whether the first of them is all but the largest.
    fn names(&self, group: u64) -> (Group, bool) {
        let (mut rest, mut is_rest) = (group, false);
        let mut names = Vec::with_capacity(self.dimensions.len());
        for dimension in self.dimensions.iter().rev() {
            let known = &self.plan.names[dimension];
            let place = (rest % known.len()) as usize;
            is_rest = known.is_rest(place);
            names.push((dimension.clone(), known.names.get(place).cloned().flatten()));
            rest /= known.len();
        }
        names.reverse();
        (names, is_rest)
    }
}

/// What values are counted in, with the name of the tenant's currency.
pub(super) fn unit(unit: Unit, currency: &str) -> String {
    match unit.plain_name() {
        Some(name) => name.to_owned(),
        None => match unit {
            Unit::MoneyPerDay => format!("{currency}/day"),
            Unit::MoneyPerUnit => format!("{currency}/unit"),
            _ => currency.to_owned(),
        },
    }
}
