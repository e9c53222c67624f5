//! The sums that a KPI is made of, exactly and by group, in two periods: what its change is split from.

mod nested;

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Instant, Position, Result, When};

use super::answer::unit;
use super::both::{Base, Counting};
use super::check::Checked;
use super::money::{Mean, Rates};
use super::periods::{Span, base_spans, shown, spans};
use super::plan::{Plan, Use};
use super::reader::counted;
use super::reading::{Reading, Way};
use super::settle::settle;
use super::when::Moment;
use super::{Ask, plan};
use crate::catalogue::{Aggregate, Catalogue, CurrencyPolicy, Dimension, Kpi, Of};
use crate::scan::FactSource;

/// Groups whose changes are split at once: exact fractions of many take long to add.
const MOST_GROUPS: usize = 2_000;

/// Which sums of a KPI are read, each counted per unit of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// A measure that the items are: its value, or how many of its rows have one.
    pub items: Items,
    /// A measure whose value is the last level; `None` = the items are.
    pub value: Option<usize>,
    /// Whether the value is also read at constant exchange rates, as a level before it: the mean ones of both periods.
    pub constant: bool,
}

/// What items are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items {
    /// The value of a measure.
    Value(usize),
    /// How many rows of a measure have a value.
    Seen(usize),
}

/// The levels of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in the dimension; `None` = missing.
    pub name: Option<Arc<str>>,
    /// Its levels in the period that is compared with.
    pub before: Vec<Exact>,
    /// Its levels in the period asked.
    pub after: Vec<Exact>,
}

/// The levels of a KPI in two periods.
#[derive(Debug, Clone)]
pub struct Levels {
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// How much of the log they stand on.
    pub position: Position,
    /// When the change at the position was recorded.
    pub recorded_at: Option<Instant>,
    /// The dimension.
    pub dimension: Dimension,
    /// Decimals of the tenant's currency.
    pub exponent: u32,
    /// What the KPI is counted in.
    pub unit: String,
    /// The bounds of both periods as shown: compared with, asked.
    pub bounds: [(Option<When>, Option<When>); 2],
    /// How many items of the KPI both periods have.
    pub n: [u64; 2],
    /// By name, missing last.
    pub groups: Vec<Group>,
}

/// Reads the levels of a question about one KPI, one dimension and one period, and of the period beside it.
///
/// # Errors
/// As [`super::answer_both()`]; `INVALID_ARGUMENT` for a question of another shape, and for too many groups.
pub fn levels(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    (ask, base): (&Ask, &Base),
    chain: Chain,
    now: Instant,
    threads: usize,
) -> Result<Levels> {
    if ask.top.is_some() {
        let message =
            "what moved a change most is named by `top` of the request itself: leave it out of `query`";
        return Err(Error::invalid(ErrorReason::InvalidField, "top", message));
    }
    let (checked, moment) = settle(source, catalogue, ask, now, threads)?;
    let after = spans(ask, &moment)?;
    let before: Vec<Span> = base_spans(ask, base, &moment)?.into_iter().flatten().collect();
    let ([dimension], [_], [_]) = (checked.group_by.as_slice(), after.as_slice(), before.as_slice()) else {
        let message = "a change is split by one dimension: name it, and no grain";
        return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
    };
    let mut found: BTreeMap<(bool, Name), [Vec<Exact>; 2]> = BTreeMap::new();
    let mut n = [0, 0];
    let sides = sides(source, &checked, &moment, [&before, &after], chain, threads)?;
    for (side, (items, groups)) in sides.into_iter().enumerate() {
        n[side] = items;
        for (name, levels) in groups {
            let zeros = || [0, 1].map(|_| vec![Exact::zero(); levels.len()]);
            let group = found.entry((name.is_none(), name)).or_insert_with(zeros);
            group[side] = levels;
        }
    }
    if found.len() > MOST_GROUPS {
        let message = format!(
            "{} has {} values here, at most {MOST_GROUPS} can be split at once: filter them or take another dimension",
            dimension.name(),
            found.len()
        );
        return Err(Error::invalid(ErrorReason::InvalidField, "group_by", message));
    }
    let zone = &moment.settings.zone;
    let bounds = |spans: &[Span]| {
        let span = spans.first();
        let of = |at: Option<Instant>| at.map(|at| shown(at, zone));
        (
            of(span.and_then(|one| one.start)),
            of(span.and_then(|one| one.end)),
        )
    };
    Ok(Levels {
        as_of: moment.as_of,
        position: Position {
            epoch: source.position().epoch,
            seq: moment.seq,
        },
        recorded_at: source.recorded_at(moment.seq),
        dimension: dimension.clone(),
        exponent: moment.settings.currency.exponent(),
        unit: unit(checked.kpis[0].definition.unit, moment.settings.currency.code()),
        bounds: [bounds(&before), bounds(&after)],
        n,
        groups: found
            .into_iter()
            .map(|((_, name), [before, after])| Group { name, before, after })
            .collect(),
    })
}

/// A group's name; `None` = missing.
type Name = Option<Arc<str>>;

/// How many items the KPI has in a period, and the levels of its groups.
type Told = (u64, Vec<(Name, Vec<Exact>)>);

/// What two periods hold.
fn sides(
    source: &dyn FactSource,
    checked: &Checked<'_>,
    moment: &Moment,
    periods: [&[Span]; 2],
    chain: Chain,
    threads: usize,
) -> Result<[Told; 2]> {
    let of_entities = |index: usize| matches!(checked.kpis[0].measures[index].of, Of::Entities(_));
    if let (Items::Value(items), Some(value)) = (chain.items, chain.value)
        && of_entities(items)
    {
        let read = |spans| nested::side(source, checked, moment, spans, (items, value), threads);
        return Ok([read(periods[0])?, read(periods[1])?]);
    }
    let read = |period| Reader::new(source, checked, moment, period, threads);
    let sides = [read(periods[0])?, read(periods[1])?];
    // Constant are the mean rates of both periods: such as the answers themselves need, and the same for every group.
    let mut mean = Mean::default();
    for side in sides.iter().filter(|_| chain.constant) {
        side.add_to(&mut mean, source, chain)?;
    }
    let rates = Rates::at_mean(source, moment, mean);
    let told = |read: &Reader<'_>| Ok::<_, Error>((read.items(), read.groups(chain, &rates)?));
    Ok([told(&sides[0])?, told(&sides[1])?])
}

/// What was counted in one period.
struct Reader<'a> {
    counting: Counting<'a>,
    moment: &'a Moment,
}

impl<'a> Reader<'a> {
    fn new(
        source: &dyn FactSource,
        checked: &Checked<'a>,
        moment: &'a Moment,
        spans: &[Span],
        threads: usize,
    ) -> Result<Self> {
        let counting = Counting::new(source, checked, moment, spans, threads)?;
        Ok(Self { counting, moment })
    }

    fn used(&self) -> &Use<'a> {
        &self.counting.plan.uses[0]
    }

    fn plan(&self) -> &Plan<'a> {
        &self.counting.plan
    }

    /// How many items the KPI has in all groups.
    fn items(&self) -> u64 {
        let used = self.used();
        let place = used.places[used.kpi.items][0];
        let cells = counted(&self.counting.counts, place).cells.values();
        cells.map(|acc| acc.seen).sum()
    }

    /// The levels of every group that has any.
    fn groups(&self, chain: Chain, rates: &Rates<'_>) -> Result<Vec<(Name, Vec<Exact>)>> {
        let kpi = self.used().kpi;
        let (Items::Value(of) | Items::Seen(of)) = chain.items;
        let items = self.reading(rates, of, None)?;
        let value = chain
            .value
            .map(|value| self.reading(rates, value, None))
            .transpose()?;
        let constant = match chain.value.filter(|_| chain.constant) {
            Some(value) => Some(self.reading(rates, value, Some(CurrencyPolicy::Constant))?),
            None => None,
        };
        let mut cells: Vec<u64> = items
            .cells()
            .chain(value.iter().flat_map(Reading::cells))
            .collect();
        cells.sort_unstable();
        cells.dedup();
        let names = &self.plan().names[&self.used().dimensions[0]].names;
        let mut found = Vec::new();
        for cell in cells {
            let mut levels = vec![match chain.items {
                Items::Value(_) => items.value(cell).unwrap_or_default(),
                Items::Seen(_) => Exact::from(items.counts(cell).seen),
            }];
            for (reading, measure) in constant.iter().chain(&value).zip(std::iter::repeat(chain.value)) {
                levels.push(sum(kpi, measure, reading, cell));
            }
            if levels.iter().any(|level| !level.is_zero()) {
                found.push((names.get(cell as usize).cloned().flatten(), levels));
            }
        }
        Ok(found)
    }

    /// Adds the money of the last level to what mean rates are made of.
    fn add_to(&self, mean: &mut Mean, source: &dyn FactSource, chain: Chain) -> Result<()> {
        let Some(value) = chain.value else {
            return Ok(());
        };
        let place = self.used().places[value][0];
        mean.add(
            counted(&self.counting.counts, place),
            &Rates::new(source, self.moment),
        )
    }

    /// A measure, its money not rounded.
    fn reading(&self, rates: &Rates<'_>, measure: usize, other: Option<CurrencyPolicy>) -> Result<Reading> {
        let used = self.used();
        let Of::Rows(rows) = &used.kpi.measures[measure].of else {
            return Err(Error::internal("a measure of entities has no levels"));
        };
        let policy = plan::policy(rows);
        let way = Way {
            policy: match policy {
                CurrencyPolicy::None => policy,
                _ => other.unwrap_or(policy),
            },
            exponent: self.moment.settings.currency.exponent(),
            across: None,
            rounded: false,
            intervals: false,
            days: &[],
        };
        let counted = counted(&self.counting.counts, used.places[measure][0]);
        Reading::new(counted, rows, rates, way)
    }
}

/// The sum of a measure in a cell: of a mean, over all that have a value.
fn sum(kpi: &Kpi, measure: Option<usize>, reading: &Reading, cell: u64) -> Exact {
    let value = reading.value(cell).unwrap_or_default();
    let mean = measure.is_some_and(|measure| match &kpi.measures[measure].of {
        Of::Rows(rows) => rows.aggregate == Aggregate::Mean,
        Of::Entities(_) => false,
    });
    if mean {
        value * Exact::from(reading.counts(cell).seen)
    } else {
        value
    }
}
