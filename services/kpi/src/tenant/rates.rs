//! Exchange rates, as of any day and as known at any sequence number.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Included, Unbounded};

use bellwether_domain::Currency;
use bellwether_domain::exact::Exact;
use bellwether_domain::record::FxRate;

use super::history::History;
use crate::facts::Key;

/// A market rate may be so old: it bridges weekends and holidays.
const MAX_AGE_DAYS: i32 = 7;

/// A rate that was known from `from` until `to`.
#[derive(Debug, Clone)]
struct Entry {
    record: String,
    rate: Exact,
    from: u64,
    to: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pair {
    base: Currency,
    quote: Currency,
    budget: Option<String>,
}

/// The exchange rates of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    records: HashMap<String, History<FxRate>>,
    days: HashMap<Pair, BTreeMap<i32, Vec<Entry>>>,
    /// The last change of any rate; 0 = none.
    touched: u64,
}

impl Rates {
    /// A change of the rate record `id`; `None` = it is taken back.
    pub(crate) fn add(&mut self, id: &str, key: Key, rate: Option<FxRate>) {
        self.touched = key.2;
        let record = self.records.entry(id.to_owned()).or_default();
        let before = record.newest(key.2).cloned();
        record.add(key, rate);
        let after = record.newest(key.2).cloned();
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.close(id, before, key.2);
        }
        if let Some(after) = after
            && let Ok(rate) = after.rate.parse::<Exact>()
        {
            let day = after.date.days();
            let entry = Entry {
                record: id.to_owned(),
                rate,
                from: key.2,
                to: u64::MAX,
            };
            self.days
                .entry(pair(after))
                .or_default()
                .entry(day)
                .or_default()
                .push(entry);
        }
    }

    /// The last change of any rate; 0 = none.
    pub(crate) fn touched(&self) -> u64 {
        self.touched
    }

    fn close(&mut self, id: &str, rate: FxRate, seq: u64) {
        let day = rate.date.days();
        let entries = self.days.get_mut(&pair(rate)).and_then(|days| days.get_mut(&day));
        let stands = |entry: &&mut Entry| entry.to == u64::MAX && entry.record == id;
        if let Some(entry) = entries.and_then(|entries| entries.iter_mut().find(stands)) {
            entry.to = seq;
        }
    }

    /// The price of one unit of `from` in units of `to`.
    pub(crate) fn rate(
        &self,
        from: Currency,
        to: Currency,
        day: i32,
        budget: Option<&str>,
        seq: u64,
    ) -> Option<Exact> {
        if from == to {
            return Some(Exact::one());
        }
        let direct = self.find(from, to, day, budget, seq);
        direct.or_else(|| Exact::one().checked_div(&self.find(to, from, day, budget, seq)?))
    }

    fn find(
        &self,
        base: Currency,
        quote: Currency,
        day: i32,
        budget: Option<&str>,
        seq: u64,
    ) -> Option<Exact> {
        let days = self.days.get(&Pair {
            base,
            quote,
            budget: budget.map(str::to_owned),
        })?;
        let known = |(_, entries): (&i32, &Vec<Entry>)| {
            let known = |entry: &&Entry| entry.from <= seq && seq < entry.to;
            entries.iter().rev().find(known).map(|entry| entry.rate.clone())
        };
        if budget.is_none() {
            return days
                .range(day.saturating_sub(MAX_AGE_DAYS)..=day)
                .rev()
                .find_map(known);
        }
        let newest = days.range((Unbounded, Included(day))).rev().find_map(known);
        newest.or_else(|| days.iter().find_map(known))
    }
}

fn pair(rate: FxRate) -> Pair {
    Pair {
        base: rate.base,
        quote: rate.quote,
        budget: rate.budget,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(base: &str, quote: &str, day: i32, rate: &str, budget: Option<&str>) -> FxRate {
        FxRate {
            base: base.parse().unwrap(),
            quote: quote.parse().unwrap(),
            date: bellwether_domain::CivilDate::from_days(day),
            rate: rate.to_owned(),
            budget: budget.map(str::to_owned),
        }
    }

    #[test]
    fn the_newest_rate_of_the_last_week_counts_direct_before_inverse() {
        let mut rates = Rates::default();
        let (eur, usd) = (Currency::from_code("EUR").unwrap(), Currency::USD);
        rates.add("a", (0, 0, 1), Some(rate("EUR", "USD", 100, "1.25", None)));
        rates.add("b", (0, 0, 2), Some(rate("USD", "EUR", 103, "0.5", None)));
        rates.add("a", (0, 1, 3), Some(rate("EUR", "USD", 100, "1.6", None)));
        rates.add("c", (0, 0, 4), Some(rate("EUR", "USD", 101, "9", None)));
        rates.add("c", (1, 0, 5), None);
        let at = |day, seq| rates.rate(eur, usd, day, None, seq).map(|rate| rate.to_string());
        assert_eq!(
            (at(99, 9), at(100, 2), at(104, 9)),
            (None, Some("1.25".into()), Some("1.6".into()))
        );
        assert_eq!((at(104, 4), at(104, 5)), (Some("9".into()), Some("1.6".into())));
        assert_eq!(
            (at(108, 9), at(110, 9), at(111, 9)),
            (Some("2".into()), Some("2".into()), None)
        );
        assert_eq!(at(100, 0), None);
        assert_eq!(rates.rate(usd, usd, 0, None, 0), Some(Exact::one()));
    }

    #[test]
    fn a_budget_rate_has_no_age() {
        let mut rates = Rates::default();
        let (eur, usd) = (Currency::from_code("EUR").unwrap(), Currency::USD);
        rates.add(
            "a",
            (0, 0, 1),
            Some(rate("EUR", "USD", 100, "1.25", Some("2026"))),
        );
        rates.add("b", (0, 0, 2), Some(rate("EUR", "USD", 200, "1.5", Some("2026"))));
        let at = |day| {
            rates
                .rate(eur, usd, day, Some("2026"), 9)
                .map(|rate| rate.to_string())
        };
        assert_eq!(
            [at(0), at(199), at(9999)].map(Option::unwrap),
            ["1.25", "1.25", "1.5"]
        );
        assert_eq!(
            (
                rates.rate(eur, usd, 100, None, 9),
                rates.rate(eur, usd, 100, Some("2025"), 9)
            ),
            (None, None)
        );
    }
}
