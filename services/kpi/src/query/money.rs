//! Money in the tenant's currency (R5): exact sums of a day and currency, converted at one rate, rounded once a cell.

use std::cell::RefCell;
use std::collections::HashMap;

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Currency, Error, ErrorCode, ErrorReason, Result};

use super::axes::Periods;
use super::periods::Span;
use super::reading::Way;
use super::when::Moment;
use crate::catalogue::{CurrencyPolicy, Rows};
use crate::scan::{CellMap, Counted, FactSource};
use crate::table::Dict;

/// The exchange rates of one question.
pub(super) struct Rates<'a> {
    source: &'a dyn FactSource,
    moment: &'a Moment,
    /// Minor units of the home currency per minor unit of another.
    known: RefCell<HashMap<(u32, i32, CurrencyPolicy), Exact>>,
    /// The rates that are constant, in place of those of as-of or a budget; of other currencies those of the day.
    constant: Option<Mean>,
}

/// Amounts in each currency (by code), and what they were booked as: the mean rates of all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Mean(HashMap<u32, (Exact, Exact)>);

impl Mean {
    /// Adds amounts, booked as `rates` say.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate of their days is missing.
    pub(super) fn add(&mut self, counted: &Counted, rates: &Rates<'_>) -> Result<()> {
        let sums = counted.foreign.sums.iter();
        let sums = sums.map(|((_, currency, day), sum)| (*currency, *day, Exact::from(*sum)));
        let spread = counted
            .spread
            .iter()
            .filter(|(((_, currency, _), _), _)| *currency != 0);
        let spread = spread.map(|(((_, currency, day), length), sum)| {
            (*currency, *day, Exact::ratio(*sum, *length).unwrap_or_default())
        });
        for (currency, day, amount) in sums.chain(spread) {
            let booked = rates.convert(&amount, currency, day, CurrencyPolicy::Booked)?;
            let (amounts, sum) = self.0.entry(currency).or_default();
            *amounts += &amount;
            *sum += &booked;
        }
        Ok(())
    }

    fn rate(&self, currency: u32) -> Option<Exact> {
        let (amounts, booked) = self.0.get(&currency)?;
        booked.checked_div(amounts)
    }
}

impl<'a> Rates<'a> {
    pub(super) fn new(source: &'a dyn FactSource, moment: &'a Moment) -> Self {
        Self {
            source,
            moment,
            known: RefCell::default(),
            constant: None,
        }
    }

    /// The same, at constant rates that need none but those of the amounts' own days.
    pub(super) fn at_mean(source: &'a dyn FactSource, moment: &'a Moment, mean: Mean) -> Self {
        Self {
            constant: Some(mean),
            ..Self::new(source, moment)
        }
    }

    /// The day of each period whose rates count, where the policy of a measure tells one.
    pub(super) fn days(&self, rows: &Rows, policy: CurrencyPolicy, spans: &[Span]) -> Vec<i32> {
        match policy {
            CurrencyPolicy::Start | CurrencyPolicy::End => {
                Periods::of(rows).rate_days(policy, spans, self.moment)
            }
            _ => Vec::new(),
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
        let mean = self
            .constant
            .as_ref()
            .filter(|_| policy == CurrencyPolicy::Constant);
        if let Some(mean) = mean {
            return match mean.rate(currency) {
                Some(rate) => Ok(amount * &rate),
                None => self.convert(amount, currency, day, CurrencyPolicy::Booked),
            };
        }
        let day = match policy {
            CurrencyPolicy::Booked | CurrencyPolicy::Start | CurrencyPolicy::End => day,
            _ => self.moment.last_day(),
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
        way: Way<'_>,
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
                converted = self.convert(&converted, *currency, way.day(*cell, *day), way.policy)?;
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
        way: Way<'_>,
        key: impl Fn(u64) -> u64,
    ) -> Result<CellMap<Exact>> {
        let mut sums: Vec<_> = counted.spread.iter().collect();
        sums.sort_unstable_by_key(|(((cell, currency, day), length), _)| (*day, *currency, *cell, *length));
        let mut exact: CellMap<Exact> = CellMap::default();
        for (((cell, currency, day), length), sum) in sums {
            let share = Exact::ratio(*sum, *length).unwrap_or_default();
            let share = match currency {
                0 => share,
                currency => self.convert(&share, *currency, way.day(*cell, *day), way.policy)?,
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
