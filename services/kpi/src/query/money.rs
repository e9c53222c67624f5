//! Money in the tenant's currency (R5): exact sums of a day and currency, converted at one rate, rounded once a cell.

use std::cell::RefCell;
use std::collections::HashMap;

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Currency, Error, ErrorCode, ErrorReason, Result};

use super::when::Moment;
use crate::catalogue::CurrencyPolicy;
use crate::scan::{CellMap, Counted, FactSource};
use crate::table::Dict;

/// The exchange rates of one question.
pub(super) struct Rates<'a> {
    source: &'a dyn FactSource,
    moment: &'a Moment,
    /// Minor units of the home currency per minor unit of another.
    known: RefCell<HashMap<(u32, i32, CurrencyPolicy), Exact>>,
}

impl<'a> Rates<'a> {
    pub(super) fn new(source: &'a dyn FactSource, moment: &'a Moment) -> Self {
        Self {
            source,
            moment,
            known: RefCell::default(),
        }
    }

    /// An amount in minor units of a currency (by code) as minor units of the home currency, not rounded.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` `MISSING_FX_RATE` naming pair and day.
    pub(super) fn convert(
        &self,
        amount: &Exact,
        currency: u32,
        day: i32,
        policy: CurrencyPolicy,
    ) -> Result<Exact> {
        let day = if policy == CurrencyPolicy::Booked {
            day
        } else {
            self.moment.last_day()
        };
        let key = (currency, day, policy);
        if let Some(rate) = self.known.borrow().get(&key) {
            return Ok(amount * rate);
        }
        let rate = self.find(currency, day, policy)?;
        let converted = amount * &rate;
        self.known.borrow_mut().insert(key, rate);
        Ok(converted)
    }

    /// The money in other currencies that was counted, in minor units of the home currency, not rounded, by cell; of
    /// products of so many amounts (`power`) every factor is converted.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn converted(
        &self,
        counted: &Counted,
        policy: CurrencyPolicy,
        power: usize,
        key: impl Fn(u64) -> u64,
    ) -> Result<CellMap<Exact>> {
        let mut sums: Vec<_> = counted.foreign.sums.iter().collect();
        // In order, so that of several missing rates it is always the same that is named.
        sums.sort_unstable_by_key(|((cell, currency, day), _)| (*day, *currency, *cell));
        let mut exact: CellMap<Exact> = CellMap::default();
        for ((cell, currency, day), sum) in sums {
            let mut converted = Exact::from(*sum);
            for _ in 0..power {
                converted = self.convert(&converted, *currency, *day, policy)?;
            }
            *exact.entry(key(*cell)).or_default() += &converted;
        }
        Ok(exact)
    }

    /// The amounts that belong to days, in (minor) units, not rounded, by cell.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn spread(
        &self,
        counted: &Counted,
        policy: CurrencyPolicy,
        key: impl Fn(u64) -> u64,
    ) -> Result<CellMap<Exact>> {
        let mut sums: Vec<_> = counted.spread.iter().collect();
        sums.sort_unstable_by_key(|(((cell, currency, day), length), _)| (*day, *currency, *cell, *length));
        let mut exact: CellMap<Exact> = CellMap::default();
        for (((cell, currency, day), length), sum) in sums {
            let share = Exact::ratio(*sum, *length).unwrap_or_default();
            let share = match currency {
                0 => share,
                currency => self.convert(&share, *currency, *day, policy)?,
            };
            *exact.entry(key(*cell)).or_default() += &share;
        }
        Ok(exact)
    }

    fn find(&self, code: u32, day: i32, policy: CurrencyPolicy) -> Result<Exact> {
        let home = self.moment.settings.currency;
        let name = self.source.dictionary(Dict::Currency).name(code);
        let from: Currency = name
            .parse()
            .map_err(|_| Error::internal(format!("the facts hold an unknown currency `{name}`")))?;
        let budget = match policy {
            CurrencyPolicy::Constant => self.moment.settings.constant_currency_budget.as_deref(),
            _ => None,
        };
        let rate = self.source.rate(from, home, day, budget, self.moment.seq);
        let rate = rate.ok_or_else(|| missing(from, home, day, budget))?;
        // Rates are between major units.
        let scale = Exact::from_scaled(1, from.exponent()) * Exact::from(10_i64.pow(home.exponent()));
        Ok(rate * scale)
    }
}

fn missing(from: Currency, to: Currency, day: i32, budget: Option<&str>) -> Error {
    let day = CivilDate::from_days(day);
    let message = match budget {
        Some(budget) => format!("there is no rate of the budget `{budget}` from {from} to {to} for {day}"),
        None => {
            format!("there is no exchange rate from {from} to {to} for {day}, nor for the 7 days before it")
        }
    };
    Error::new(
        ErrorCode::FailedPrecondition,
        ErrorReason::MissingFxRate,
        format!("{message}: add an fx_rate record"),
    )
}
