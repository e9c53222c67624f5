//! From counts to rows: which groups there are, what each KPI is in each cell, and how it is written down.

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result, When};
use bellwether_stats::{small_n, wilson};

use super::money::Rates;
use super::periods::{Span, shown};
use super::plan::{Place, Plan, Use};
use super::reading::{Digit, Reading};
use super::when::Moment;
use super::{MOST_ROWS, Row};
use crate::catalogue::{AbsentReason, Dimension, Kpi, Unit};
use crate::formula::NoValue;
use crate::scan::{Counted, FactSource};

/// What every scan counted: by scan, cut and task.
type Counts = [Vec<Vec<Counted>>];

pub(super) fn rows(
    source: &dyn FactSource,
    moment: &Moment,
    spans: &[Span],
    plan: &Plan<'_>,
    counts: &Counts,
) -> Result<Vec<Row>> {
    let rates = Rates::new(source, moment);
    let mut rows = Vec::new();
    for used in &plan.uses {
        let groups = groups(used, spans, counts);
        let found = rows.len() + groups.len() * spans.len();
        if found > MOST_ROWS {
            let message = format!(
                "the answer has {found} cells or more, at most {MOST_ROWS} fit: take a coarser grain, fewer dimensions \
                 or a filter"
            );
            return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
        }
        KpiRows::new(used, plan, moment, spans, counts, &rates)?.write(&groups, &mut rows);
    }
    Ok(rows)
}

/// The groups with any item in any period, in order; without a grouping the one that there always is.
fn groups(used: &Use<'_>, spans: &[Span], counts: &Counts) -> Vec<u64> {
    if used.dimensions.is_empty() {
        return vec![0];
    }
    let place = used.places[used.kpi.items];
    let present = counted(counts, place)
        .cells
        .keys()
        .map(|cell| cell / spans.len() as u64);
    present.collect::<BTreeSet<_>>().into_iter().collect()
}

fn counted(counts: &Counts, place: Place) -> &Counted {
    &counts[place.scan][place.cut][place.task]
}

/// The rows of one KPI.
struct KpiRows<'a> {
    kpi: &'a Kpi,
    readings: Vec<Reading>,
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
        let read = |(measure, place)| {
            let measure: &crate::catalogue::Measure = measure;
            let across = measure
                .across
                .and_then(|dimension| digit(dimension, used, plan, spans));
            let counted = counted(counts, place);
            Reading::new(
                counted,
                measure,
                kpi.definition.currency,
                rates,
                currency.exponent(),
                across,
            )
        };
        let readings = kpi
            .measures
            .iter()
            .zip(used.places.iter().copied())
            .map(read)
            .collect::<Result<Vec<_>>>()?;
        let zone = &moment.settings.zone;
        let bound = |span: &Span| {
            (
                span.start.map(|at| shown(at, zone)),
                span.end.map(|at| shown(at, zone)),
            )
        };
        let mut tables: Vec<&str> = kpi.measures.iter().map(|measure| measure.table.name()).collect();
        tables.dedup();
        Ok(Self {
            kpi,
            readings,
            spans,
            bounds: spans.iter().map(bound).collect(),
            dimensions: &used.dimensions,
            plan,
            id: kpi.definition.id.as_str().into(),
            unit: unit(kpi.definition.unit, currency.code()).into(),
            path_reason: format!("scan of {}: nothing is kept ready", tables.join(", ")).into(),
        })
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
        let value = self.value(cell);
        let items = self.readings[kpi.items].counts(cell);
        let missing = self.readings[kpi.missing].counts(cell);
        let interval = kpi.interval.filter(|_| value.is_ok()).and_then(|interval| {
            let count = |measure: usize| self.readings[measure].counts(cell).seen;
            wilson(count(interval.successes), count(interval.trials))
        });
        Row {
            kpi: Arc::clone(&self.id),
            start,
            end,
            group: self.names(group),
            value: value.map(|value| self.text(&value)),
            unit: Arc::clone(&self.unit),
            n: items.seen,
            small_n: small_n(items.seen, interval.as_ref()),
            interval,
            missing: missing.items - missing.seen,
            version: kpi.definition.version,
            path_reason: Arc::clone(&self.path_reason),
        }
    }

    /// Counts, sums and medians exactly, quotients to 18 significant digits.
    fn text(&self, value: &Exact) -> String {
        if self.kpi.formula.single().is_some() {
            value.to_exact_string()
        } else {
            value.to_decimal_string()
        }
    }

    fn value(&self, cell: u64) -> Result<Exact, AbsentReason> {
        let kpi = self.kpi;
        if let Some(reason) = kpi.definition.absent_reason
            && self.readings[kpi.items].counts(cell).items == 0
        {
            return Err(reason);
        }
        let priced = self.readings[kpi.missing].counts(cell);
        if priced.items > 0 && priced.seen == 0 {
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

    fn names(&self, group: u64) -> Vec<(Dimension, Option<Arc<str>>)> {
        let mut rest = group;
        let mut names: Vec<_> = self
            .dimensions
            .iter()
            .rev()
            .map(|dimension| {
                let known = &self.plan.names[dimension].names;
                let name = known.get((rest % known.len() as u64) as usize).cloned().flatten();
                rest /= known.len() as u64;
                (*dimension, name)
            })
            .collect();
        names.reverse();
        names
    }
}

/// Where a dimension stands in the numbers of cells.
fn digit(dimension: Dimension, used: &Use<'_>, plan: &Plan<'_>, spans: &[Span]) -> Option<Digit> {
    let groups = |dimension: &Dimension| plan.names[dimension].names.len() as u64;
    let place = used.dimensions.iter().position(|one| *one == dimension)?;
    let stride = used.dimensions[place + 1..].iter().map(groups).product::<u64>() * spans.len() as u64;
    Some(Digit {
        stride,
        groups: groups(&dimension),
    })
}

fn unit(unit: Unit, currency: &str) -> String {
    match unit {
        Unit::Ratio => "ratio".to_owned(),
        Unit::Count => "count".to_owned(),
        Unit::Days => "days".to_owned(),
        Unit::Money => currency.to_owned(),
        Unit::MoneyPerDay => format!("{currency}/day"),
        Unit::MoneyPerUnit => format!("{currency}/unit"),
    }
}
