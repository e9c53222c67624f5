//! The course of every deal of the pipeline between two instants, read from the facts, and the waterfall that they sum to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::StageClass;
use bellwether_domain::{Error, ErrorReason, Instant, Position, Result, When};

use super::Ask;
use super::check::Checked;
use super::groups::{Names, Telling};
use super::money::Rates;
use super::periods::{shown, spans};
use super::scope::RowScope;
use super::settle::settle;
use super::when::Moment;
use crate::catalogue::{Catalogue, CurrencyPolicy, Dimension};
use crate::expr::Layout;
use crate::facts::outcome_code;
use crate::scan::{FactSource, Lookup};
use crate::table::{Column, Dict, Morsel, NULL, Slice, Table};
use crate::tenant::Part;
use crate::waterfall::{Bucket, Course, Outcome, Standing, Sums, Waterfall};

/// Whose dimensions a waterfall has, and who may see it.
const PIPELINE: &str = "pipeline_value";

/// Which waterfall is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Only deals that are due in the period.
    pub due: bool,
    /// The start as it is known at the end.
    pub restated: bool,
}

/// A waterfall, in the whole and by group.
#[derive(Debug, Clone)]
pub struct Waterfalls {
    /// The period's bounds as shown.
    pub bounds: (Option<When>, Option<When>),
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// How much of the log start and end stand on.
    pub positions: [Position; 2],
    /// When the changes there were recorded.
    pub recorded_at: [Option<Instant>; 2],
    /// The tenant's currency.
    pub unit: String,
    /// Its decimals.
    pub exponent: u32,
    /// Of all groups together.
    pub total: Waterfall,
    /// By name, missing last; none without a grouping.
    pub groups: Vec<(Vec<(Dimension, Name)>, Waterfall)>,
}

/// A group's name; `None` = missing.
type Name = Option<Arc<str>>;

/// The waterfall of a question without KPI and grain.
///
/// # Errors
/// As [`super::answer()`].
pub fn waterfall(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    form: Form,
    now: Instant,
) -> Result<Waterfalls> {
    let ask = asked(ask)?;
    let (checked, moment) = settle(source, catalogue, &ask, now, 1)?;
    closings_know(&checked)?;
    let span = spans(&ask, &moment)?.remove(0);
    let (start, end) = span.window(moment.as_of);
    if end <= start {
        let message = "as-of must come after `from`: nothing happened yet";
        return Err(Error::invalid(ErrorReason::InvalidRange, "from", message));
    }
    let (start, end) = (Instant::from_micros(start), Instant::from_micros(end));
    // Where the log begins later nothing was known at the start.
    let then = source.seq_at(start).min(moment.seq);
    let then = if form.restated || then == 0 {
        moment.seq
    } else {
        then
    };
    let telling = Telling::new(source, &moment, checked.now);
    let reader = Reader {
        source,
        checked: &checked,
        moment: &moment,
        due: form.due.then(|| span.end.unwrap_or(moment.as_of).as_micros()),
        names: checked
            .group_by
            .iter()
            .map(|one| Names::of(&telling, one, &[Table::OpenDeals, Table::Closings]))
            .collect(),
        telling,
    };
    let (total, groups) = summed(&reader, (start, then), end)?;
    let zone = &moment.settings.zone;
    let position = |seq| Position {
        epoch: source.position().epoch,
        seq,
    };
    let named = |(number, found)| (reader.named(number), found);
    Ok(Waterfalls {
        bounds: (
            span.start.map(|at| shown(at, zone)),
            span.end.map(|at| shown(at, zone)),
        ),
        as_of: moment.as_of,
        positions: [then, moment.seq].map(position),
        recorded_at: [then, moment.seq].map(|seq| source.recorded_at(seq)),
        unit: moment.settings.currency.code().to_owned(),
        exponent: moment.settings.currency.exponent(),
        total,
        groups: match checked.group_by.is_empty() {
            true => Vec::new(),
            false => groups.into_iter().map(named).collect(),
        },
    })
}

/// The waterfalls of all groups together and of each, by number, from an instant as known at a change to another.
fn summed(
    reader: &Reader<'_>,
    (start, then): (Instant, u64),
    end: Instant,
) -> Result<(Waterfall, BTreeMap<u64, Waterfall>)> {
    let (source, moment) = (reader.source, reader.moment);
    let mut sums = Sums::default();
    let at = [start, end].map(|as_of| Moment {
        seq: moment.seq,
        settings: moment.settings.clone(),
        as_of,
        workdays: None,
    });
    let rates = [Rates::new(source, &at[0]), Rates::new(source, &at[1])];
    let home = home(source, moment);
    let convert = |side: usize| {
        let rates = &rates[side];
        move |amount: &Exact, currency: u32| {
            if currency == home || currency == 0 {
                return Ok(amount.clone());
            }
            rates.convert(amount, currency, 0, CurrencyPolicy::Spot)
        }
    };
    let (of_start, of_end) = (convert(0), convert(1));
    for course in reader
        .courses((start.as_micros(), then), (end.as_micros(), moment.seq))
        .values()
    {
        sums.add(course, &of_end)?;
    }
    sums.finish([&of_start, &of_end])
}

/// The question as one about the pipeline.
fn asked(ask: &Ask) -> Result<Ask> {
    let wrong = |field: &str, message: &str| Err(Error::invalid(ErrorReason::InvalidField, field, message));
    if !ask.kpis.is_empty() {
        return wrong("kpis", "a waterfall is of the open pipeline: name no KPI");
    }
    if ask.top.is_some() {
        return wrong("top", "a waterfall shows every group: leave it out");
    }
    if ask.grain.is_some() {
        return wrong("grain", "a waterfall is of one period: leave the grain out");
    }
    if ask.from.is_none() {
        let message = "a waterfall begins somewhere: give `from`";
        return Err(Error::invalid(ErrorReason::InvalidRange, "from", message));
    }
    Ok(Ask {
        kpis: vec![PIPELINE.to_owned()],
        ..ask.clone()
    })
}

/// Refuses dimensions that deals lose when they are closed.
fn closings_know(checked: &Checked<'_>) -> Result<()> {
    let filters = checked.filters.iter().map(|(one, _)| ("filters", one));
    let grouped = checked.group_by.iter().map(|one| ("group_by", one));
    for (field, dimension) in grouped.chain(filters) {
        if !dimension.is_of(Table::Closings) {
            let message = format!("deals that were closed have no `{}`", dimension.name());
            return Err(Error::invalid(ErrorReason::UnknownDimension, field, message));
        }
    }
    Ok(())
}

/// The code of the tenant's currency; one that no row has where none is in it.
fn home(source: &dyn FactSource, moment: &Moment) -> u32 {
    let currencies = source.dictionary(Dict::Currency);
    currencies
        .code(moment.settings.currency.code())
        .unwrap_or(u32::MAX)
}

/// Reads the rows of deals.
struct Reader<'a> {
    source: &'a dyn FactSource,
    checked: &'a Checked<'a>,
    moment: &'a Moment,
    /// Deals are due before this instant; `None` = all are.
    due: Option<i64>,
    names: Vec<Names>,
    telling: Telling<'a>,
}

/// A row of a deal.
struct Found {
    deal: u32,
    valid: (i64, i64),
    standing: Standing,
    outcome: u32,
}

/// An instant, and what was known of it.
type At = (i64, u64);

impl Reader<'_> {
    /// The courses of all deals, by code.
    fn courses(&self, (start, then): At, (end, now): At) -> BTreeMap<u32, Course> {
        let mut starts: HashMap<u32, Standing> = HashMap::new();
        self.rows(Table::OpenDeals, start, then, |row| {
            if row.valid.0 < start && start <= row.valid.1 {
                starts.insert(row.deal, row.standing);
            }
        });
        let (mut ends, mut within) = (HashMap::new(), HashSet::new());
        self.rows(Table::OpenDeals, end, now, |row| {
            if row.valid.0 < end && end <= row.valid.1 {
                ends.insert(row.deal, row.standing);
            }
            if row.valid.0 < end && start < row.valid.1 {
                within.insert(row.deal);
            }
        });
        let mut closings: HashMap<u32, (Bucket, Standing, bool)> = HashMap::new();
        self.rows(Table::Closings, end, now, |row| {
            let stands = row.valid.0 < end && end <= row.valid.1;
            if stands && (start <= row.valid.0 || starts.contains_key(&row.deal)) {
                let bucket = bucket(row.outcome);
                closings.insert(row.deal, (bucket, row.standing, start <= row.valid.0));
            }
        });
        let mut closed_before = HashSet::new();
        self.rows(Table::Closings, start, then, |row| {
            let stands = row.valid.0 < start && start <= row.valid.1;
            if stands && (ends.contains_key(&row.deal) || closings.contains_key(&row.deal)) {
                closed_before.insert(row.deal);
            }
        });
        let deals = starts.keys().chain(ends.keys()).chain(closings.keys()).copied();
        let deals: HashSet<u32> = deals.collect();
        let course = |deal: u32| {
            let closed = closings.get(&deal).copied();
            let closed = closed.map(|(bucket, standing, within)| Outcome::Closed(bucket, standing, within));
            let open = ends.get(&deal).copied().map(Outcome::Open);
            let course = Course {
                start: starts.get(&deal).copied(),
                closed_before: closed_before.contains(&deal),
                open_within: within.contains(&deal),
                outcome: open.or(closed).unwrap_or(Outcome::Gone),
            };
            (deal, course)
        };
        deals.into_iter().map(course).collect()
    }

    /// Hands out the rows of a table that may have held at an instant or before, as known at a change. Of a stock the
    /// attributes of owner and account are those just before the instant, of an event those at it.
    fn rows(&self, table: Table, at: i64, seq: u64, mut each: impl FnMut(&Found)) {
        let mut layout = Layout::default();
        let columns = [
            Column::ValidFrom,
            Column::ValidTo,
            Column::Deal,
            Column::Amount,
            Column::Currency,
        ];
        let places = columns.map(|column| layout.place(column));
        let second = match table {
            Table::OpenDeals => Column::ExpectedDay,
            _ => Column::Outcome,
        };
        let second = layout.place(second);
        let mut filters: Vec<Lookup> = Vec::new();
        for (dimension, wanted) in &self.checked.filters {
            filters.push(self.telling.filter(table, dimension, wanted, &mut layout));
        }
        let scope = RowScope::new(self.source, &self.checked.caller, self.moment);
        filters.extend(scope.filter(&self.telling, table, &mut layout));
        let mut dimensions = Vec::new();
        for (dimension, names) in self.checked.group_by.iter().zip(&self.names) {
            let lookup = self.telling.ordinals(table, dimension, names, &mut layout);
            dimensions.push((lookup, names.len()));
        }
        let day = self.moment.settings.zone.date_of(Instant::from_micros(at)).days();
        let (columns, days) = (layout.columns().to_vec(), Some(i32::MIN..=day));
        let source = self.source;
        source.scan_part(table, &columns, days, seq, Part::WHOLE, &mut |morsel| {
            let rows: Vec<u32> = (0..u32::try_from(morsel.rows).unwrap_or(u32::MAX))
                .filter(|row| morsel.recorded.is_none_or(|recorded| recorded[*row as usize]))
                .collect();
            let from = |index: usize| number(morsel, places[0], rows[index]);
            let instant = |index: usize| match table {
                Table::OpenDeals => at - 1,
                _ => from(index),
            };
            let mut groups = vec![Some(0_u64); rows.len()];
            for filter in &filters {
                filter.each(morsel, &rows, instant, |index, pass| {
                    groups[index] = groups[index].filter(|_| pass == 1);
                });
            }
            for (lookup, size) in &dimensions {
                lookup.each(morsel, &rows, instant, |index, ordinal| {
                    groups[index] = groups[index].map(|group| group * size + u64::from(ordinal));
                });
            }
            for (row, group) in rows.iter().zip(groups) {
                let [from, to, deal, amount, currency] = places.map(|place| number(morsel, place, *row));
                let last = number(morsel, second, *row);
                let due = table != Table::OpenDeals || self.due.is_none_or(|due| last == NULL || last < due);
                each(&Found {
                    deal: u32::try_from(deal).unwrap_or_default(),
                    valid: (from, to),
                    standing: Standing {
                        group,
                        amount: (amount != NULL).then_some(amount),
                        currency: u32::try_from(currency).unwrap_or_default(),
                        due,
                    },
                    outcome: u32::try_from(last).unwrap_or_default(),
                });
            }
        });
    }

    /// The names of a group's number.
    fn named(&self, number: u64) -> Vec<(Dimension, Name)> {
        let mut rest = number;
        let both = self.checked.group_by.iter().zip(&self.names).rev();
        let mut named: Vec<(Dimension, Name)> = both
            .map(|(dimension, names)| {
                let size = names.names.len() as u64;
                let name = names.names.get((rest % size) as usize).cloned().flatten();
                rest /= size;
                (dimension.clone(), name)
            })
            .collect();
        named.reverse();
        named
    }
}

fn bucket(outcome: u32) -> Bucket {
    let is = |class| outcome == outcome_code(class);
    if is(StageClass::Won) {
        Bucket::Won
    } else if is(StageClass::Lost) {
        Bucket::Lost
    } else {
        Bucket::NoDecision
    }
}

/// A row's value in a column of any storage.
fn number(morsel: &Morsel<'_>, place: usize, row: u32) -> i64 {
    let row = row as usize;
    match morsel.columns[place] {
        Slice::I64(values) => values[row],
        Slice::I32(values) => i64::from(values[row]),
        Slice::Code(values) => i64::from(values[row]),
        Slice::U8(values) => i64::from(values[row]),
    }
}
