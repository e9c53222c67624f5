//! When reps came to reach their quotas: rows of [`Table::Ramps`], made at the question, as of its instant.
//!
//! A period of a rep's own quota is *reached* once it is over and what the rep was credited with in it comes to 80 % of it,
//! at the rates of the events' days. The rep has *ramped* at the end of the first period that is reached and directly
//! followed by another one that is. Whoever was never given a quota is not to ramp, and has no row.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Error, Instant, Result};

use super::holders::quotas;
use super::money::Rates;
use super::when::Moment;
use crate::catalogue::CurrencyPolicy;
use crate::scan::{FactRows, FactSource};
use crate::table::{Column, Dict, Morsel, NULL, Slice, Table};
use crate::tenant::Part;

/// Reached is what comes to so many parts of a hundred of the quota (KPI-RULES 5.2, ramp time).
const ENOUGH: i64 = 80;

/// The rows, one a rep, in the order of reps.
#[derive(Debug, Default)]
pub(super) struct Ramps {
    instants: HashMap<Column, Vec<i64>>,
    days: Vec<i32>,
    codes: HashMap<Column, Vec<u32>>,
}

/// A rep's time here.
struct Spell {
    started: i64,
    left: i64,
    role: u32,
    sales_model: u32,
    /// From when it has that role.
    since: i64,
}

/// A period of a rep's quota.
struct Period {
    /// Its first instant, and that after its last.
    from: i64,
    until: i64,
    quota: Exact,
    won: Exact,
}

impl Ramps {
    /// As of the moment of a question.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn new(source: &dyn FactSource, moment: &Moment) -> Result<Self> {
        let mut periods = periods(source, moment)?;
        let spells = spells(source, moment)?;
        periods.retain(|rep, _| spells.contains_key(rep));
        credit(source, moment, &mut periods)?;
        let mut ramps = Self::default();
        for (rep, periods) in &periods {
            let spell = &spells[rep];
            ramps.add(
                *rep,
                spell,
                ramped_at(periods, spell.started, moment.as_of),
                moment,
            );
        }
        Ok(ramps)
    }

    fn add(&mut self, rep: u32, spell: &Spell, ramped_at: i64, moment: &Moment) {
        let instants = [
            (Column::ValidFrom, spell.started),
            (Column::ValidTo, i64::MAX),
            (Column::StartedAt, spell.started),
            (Column::RampedAt, ramped_at),
            (Column::LeftAt, spell.left),
        ];
        for (column, at) in instants {
            self.instants.entry(column).or_default().push(at);
        }
        let codes = [
            (Column::Owner, rep),
            (Column::Role, spell.role),
            (Column::SalesModel, spell.sales_model),
        ];
        for (column, code) in codes {
            self.codes.entry(column).or_default().push(code);
        }
        let day = moment.settings.zone.date_of(Instant::from_micros(spell.started));
        self.days.push(day.days());
    }

    fn slice(&self, column: Column) -> Slice<'_> {
        match column {
            Column::Day => Slice::I32(&self.days),
            Column::Owner | Column::Role | Column::SalesModel => {
                Slice::Code(self.codes.get(&column).map_or(&[], Vec::as_slice))
            }
            column => Slice::I64(self.instants.get(&column).map_or(&[], Vec::as_slice)),
        }
    }
}

impl FactRows for Ramps {
    fn live_rows(&self, _: Table) -> usize {
        self.days.len()
    }

    fn scan_part(
        &self,
        _: Table,
        columns: &[Column],
        _: Option<RangeInclusive<i32>>,
        _: u64,
        _: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        // Reps are few: they are one morsel.
        sink(&Morsel {
            rows: self.days.len(),
            columns: columns.iter().map(|column| self.slice(*column)).collect(),
            recorded: None,
        });
    }
}

/// The end of the first of two reached periods running; null while there is none.
fn ramped_at(periods: &[Period], started: i64, as_of: Instant) -> i64 {
    let reached = |period: &&Period| {
        let enough = &period.quota * &Exact::from(ENOUGH);
        period.until <= as_of.as_micros()
            && period.quota > Exact::default()
            && &period.won * &Exact::from(100_i64) >= enough
    };
    let reached: Vec<&Period> = periods.iter().filter(reached).collect();
    let first = reached
        .iter()
        .filter(|period| period.until > started && reached.iter().any(|next| next.from == period.until));
    first.map(|period| period.until).min().unwrap_or(NULL)
}

/// The periods of the quotas of each rep; of a quota with versions the amount in force at its end.
fn periods(source: &dyn FactSource, moment: &Moment) -> Result<BTreeMap<u32, Vec<Period>>> {
    let zone = &moment.settings.zone;
    let rates = Rates::new(source, moment);
    let home = source
        .dictionary(Dict::Currency)
        .code(moment.settings.currency.code());
    let mut last: BTreeMap<u32, usize> = BTreeMap::new();
    let quotas = quotas(source, Column::Amount, moment.seq, zone)?;
    // They come in the order of quotas and of the days from which they hold.
    for (index, quota) in quotas.iter().enumerate().filter(|(_, quota)| quota.rep != 0) {
        last.insert(quota.code, index);
    }
    let start_of = |day: i32| zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let mut periods: BTreeMap<u32, BTreeMap<(i32, i32), Exact>> = BTreeMap::new();
    for index in last.into_values() {
        let quota = &quotas[index];
        let amount = Exact::from(quota.amount);
        let amount = if Some(quota.currency) == home {
            amount
        } else {
            rates.convert(&amount, quota.currency, quota.day, CurrencyPolicy::Booked)?
        };
        let own = periods.entry(quota.rep).or_default();
        *own.entry((quota.end - quota.length, quota.end)).or_default() += &amount;
    }
    let period = |((from, until), quota)| Period {
        from: start_of(from),
        until: start_of(until),
        quota,
        won: Exact::default(),
    };
    let of_rep = |(rep, own): (u32, BTreeMap<_, _>)| (rep, own.into_iter().map(period).collect());
    Ok(periods.into_iter().map(of_rep).collect())
}

/// When each rep came and left, and the role at first; reps whose first day is not known are left out.
fn spells(source: &dyn FactSource, moment: &Moment) -> Result<HashMap<u32, Spell>> {
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::StartedAt,
        Column::Owner,
        Column::Role,
        Column::SalesModel,
    ];
    let mut spells: HashMap<u32, Spell> = HashMap::new();
    let take = |morsel: &Morsel<'_>, row: usize| -> Option<()> {
        let [from, to, started] = std::array::from_fn(|place| instant(morsel, place, row));
        let [owner, role, sales_model] = std::array::from_fn(|place| code(morsel, place + 3, row));
        let (from, to, started) = (from?, to?, started?);
        if started == NULL {
            return Some(());
        }
        let left = if to == i64::MAX { NULL } else { to };
        let spell = spells.entry(owner?).or_insert(Spell {
            started,
            left,
            role: role?,
            sales_model: sales_model?,
            since: from,
        });
        if from < spell.since {
            (spell.role, spell.sales_model, spell.since) = (role?, sales_model?, from);
        }
        // One of the rows is the last; an open one has no end.
        spell.left = match (spell.left, left) {
            (NULL, _) | (_, NULL) => NULL,
            (one, other) => one.max(other),
        };
        Some(())
    };
    each(source, (Table::Employment, &columns), moment, take)?;
    Ok(spells)
}

/// Adds what each rep was credited with to the periods in which it was won.
fn credit(source: &dyn FactSource, moment: &Moment, periods: &mut BTreeMap<u32, Vec<Period>>) -> Result<()> {
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::Amount,
        Column::Owner,
        Column::Currency,
        Column::Day,
    ];
    let home = source
        .dictionary(Dict::Currency)
        .code(moment.settings.currency.code());
    let as_of = moment.as_of.as_micros();
    // By rep, period, currency and day: the home currency needs no day.
    let mut sums: BTreeMap<(i32, u32, u32, usize), i128> = BTreeMap::new();
    let take = |morsel: &Morsel<'_>, row: usize| -> Option<()> {
        let [at, to, amount] = std::array::from_fn(|place| instant(morsel, place, row));
        let [owner, currency] = std::array::from_fn(|place| code(morsel, place + 3, row));
        let (at, to, amount, owner, currency) = (at?, to?, amount?, owner?, currency?);
        let Slice::I32(days) = *morsel.columns.get(5)? else {
            return None;
        };
        if at >= as_of || as_of > to || amount == NULL {
            return Some(());
        }
        let day = if Some(currency) == home { 0 } else { days[row] };
        let own = periods.get(&owner).map_or(&[][..], Vec::as_slice);
        for (index, _) in own
            .iter()
            .enumerate()
            .filter(|(_, one)| one.from <= at && at < one.until)
        {
            *sums.entry((day, currency, owner, index)).or_default() += i128::from(amount);
        }
        Some(())
    };
    each(source, (Table::Credits, &columns), moment, take)?;
    let rates = Rates::new(source, moment);
    for ((day, currency, rep, index), sum) in sums {
        let mut amount = Exact::from(sum);
        if Some(currency) != home {
            amount = rates.convert(&amount, currency, day, CurrencyPolicy::Booked)?;
        }
        if let Some(period) = periods.get_mut(&rep).and_then(|own| own.get_mut(index)) {
            period.won += &amount;
        }
    }
    Ok(())
}

/// Hands over every row of a table that is recorded.
fn each(
    source: &dyn FactSource,
    (table, columns): (Table, &[Column]),
    moment: &Moment,
    mut take: impl FnMut(&Morsel<'_>, usize) -> Option<()>,
) -> Result<()> {
    let mut failed = false;
    source.scan_part(table, columns, None, moment.seq, Part::WHOLE, &mut |morsel| {
        for row in 0..morsel.rows {
            if morsel.recorded.is_none_or(|recorded| recorded[row]) {
                failed |= take(morsel, row).is_none();
            }
        }
    });
    if failed {
        return Err(Error::internal(format!(
            "`{}` lacks the columns that ramps are made of",
            table.name()
        )));
    }
    Ok(())
}

fn instant(morsel: &Morsel<'_>, place: usize, row: usize) -> Option<i64> {
    match *morsel.columns.get(place)? {
        Slice::I64(instants) => Some(instants[row]),
        _ => None,
    }
}

fn code(morsel: &Morsel<'_>, place: usize, row: usize) -> Option<u32> {
    match *morsel.columns.get(place)? {
        Slice::Code(codes) => Some(codes[row]),
        _ => None,
    }
}
