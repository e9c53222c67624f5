//! The periods of the quotas of each rep that are over, and what the rep won in them.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Result};

use super::{Spell, code, each, instant};
use crate::catalogue::CurrencyPolicy;
use crate::query::holders::{Quota, quotas};
use crate::query::money::Rates;
use crate::query::when::Moment;
use crate::scan::FactSource;
use crate::table::{Column, Dict, Morsel, NULL, Slice, Table};

/// Reached is what comes to so many parts of a hundred of the quota (KPI-RULES 5.2, ramp time).
const ENOUGH: i64 = 80;

/// A period of a rep's quota that is over.
pub(super) struct Period {
    /// Its first instant, and that after its last.
    from: i64,
    until: i64,
    /// Its first day, and that after its last.
    days: (i32, i32),
    quota: Exact,
    won: Exact,
}

/// The end of the first of two reached periods running; null while there is none.
pub(super) fn ramped_at(periods: &[Period], started: i64) -> i64 {
    let reached = |period: &&Period| {
        let enough = &period.quota * &Exact::from(ENOUGH);
        period.quota > Exact::default() && &period.won * &Exact::from(100_i64) >= enough
    };
    // In the order of their starts, as the periods are.
    let reached: Vec<&Period> = periods.iter().filter(reached).collect();
    let next = |period: &Period| {
        reached
            .binary_search_by_key(&period.until, |one| one.from)
            .is_ok()
    };
    let first = reached
        .iter()
        .filter(|period| period.until > started && next(period));
    first.map(|period| period.until).min().unwrap_or(NULL)
}

/// The periods that are over, by rep and in the order of their starts: of each rep with a spell who was ever given a quota,
/// though none of its periods be over. Of a quota with versions the one in force at its end counts, if it is still the
/// rep's and an amount.
pub(super) fn periods(
    source: &dyn FactSource,
    moment: &Moment,
    spells: &HashMap<u32, Spell>,
) -> Result<BTreeMap<u32, Vec<Period>>> {
    let zone = &moment.settings.zone;
    let rates = Rates::new(source, moment);
    let home = source
        .dictionary(Dict::Currency)
        .code(moment.settings.currency.code());
    let start_of = |day: i32| zone.start_of_day(CivilDate::from_days(day)).as_micros();
    let mut amounts: BTreeMap<u32, BTreeMap<(i32, i32), Exact>> = BTreeMap::new();
    let quotas = quotas(source, Column::Amount, moment.seq, zone)?;
    let mut last: BTreeMap<u32, &Quota> = BTreeMap::new();
    // They come in the order of quotas and of the days from which they hold.
    for quota in quotas.iter().filter(|quota| spells.contains_key(&quota.rep)) {
        amounts.entry(quota.rep).or_default();
        if quota.until == quota.end {
            last.insert(quota.code, quota);
        }
    }
    // What is not over needs no rate: there may be none yet.
    let over = |quota: &&Quota| start_of(quota.end) <= moment.as_of.as_micros();
    for quota in last.into_values().filter(over) {
        let amount = Exact::from(quota.amount);
        let amount = if Some(quota.currency) == home {
            amount
        } else {
            rates.convert(&amount, quota.currency, quota.day, CurrencyPolicy::Booked)?
        };
        let own = amounts.entry(quota.rep).or_default();
        *own.entry((quota.end - quota.length, quota.end)).or_default() += &amount;
    }
    let period = |(days, quota): ((i32, i32), Exact)| Period {
        from: start_of(days.0),
        until: start_of(days.1),
        days,
        quota,
        won: Exact::default(),
    };
    let of_rep = |(rep, own): (u32, BTreeMap<_, _>)| (rep, own.into_iter().map(period).collect());
    Ok(amounts.into_iter().map(of_rep).collect())
}

/// Adds what each rep was credited with to the periods in which it was won.
///
/// # Errors
/// `FAILED_PRECONDITION` where an exchange rate is missing.
pub(super) fn credit(
    source: &dyn FactSource,
    moment: &Moment,
    periods: &mut BTreeMap<u32, Vec<Period>>,
) -> Result<()> {
    let bounds = periods.values().flatten().map(|period| period.days);
    let Some((first, end)) = bounds.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))) else {
        return Ok(());
    };
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
    each(
        source,
        (Table::Credits, &columns),
        // The days of rows are those of the zone they were made in: `at` decides.
        Some(first - 1..=end),
        moment,
        take,
    )?;
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
