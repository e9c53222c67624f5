//! A customer: since when, until when, and what was paid.

use super::{MONTH, Refusal};

/// What a customer paid, from one day until the next change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// From which day on.
    pub from: i32,
    /// The first day on which it does not hold any more; nothing while it does.
    pub to: Option<i32>,
    /// How much a month, in minor units; not below 0.
    pub monthly: i64,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The id, for messages.
    pub id: String,
    /// What groups customers whose hazards may differ (plan, segment, channel); empty for none.
    pub group: String,
    /// The first day.
    pub start: i32,
    /// The first day on which they were no customer any more; nothing while they are.
    pub end: Option<i32>,
    /// What they paid, in any order; what overlaps adds up. Empty when that is not known.
    pub paid: Vec<Paid>,
}

impl Customer {
    /// How long they are known to have stayed by a day, in days, and whether that was the end. `None` when they had not
    /// started.
    pub(super) fn stay(&self, as_of: i32) -> Option<(i64, bool)> {
        if self.start >= as_of {
            return None;
        }
        let ended = self.end.filter(|end| *end < as_of);
        let until = ended.unwrap_or(as_of);
        Some((i64::from(until) - i64::from(self.start), ended.is_some()))
    }

    /// Whether they were a customer at the end of the day before.
    #[must_use]
    pub fn there(&self, day: i32) -> bool {
        self.start < day && self.end.is_none_or(|end| end >= day)
    }

    /// What they paid a month at the end of the day before, in minor units.
    pub(super) fn monthly(&self, day: i32) -> f64 {
        if !self.there(day) {
            return 0.0;
        }
        let holds = |paid: &&Paid| paid.from < day && paid.to.is_none_or(|to| to >= day);
        self.paid
            .iter()
            .filter(holds)
            .map(|paid| paid.monthly as f64)
            .sum()
    }
}

/// Whether customers can be reckoned with.
pub(super) fn check(customers: &[Customer]) -> Result<(), Refusal> {
    for customer in customers {
        let backwards = |from: i32, to: Option<i32>| to.is_some_and(|to| to < from);
        let id = || customer.id.clone();
        if backwards(customer.start, customer.end)
            || customer.paid.iter().any(|paid| backwards(paid.from, paid.to))
        {
            return Err(Refusal::Backwards { id: id() });
        }
        if customer.paid.iter().any(|paid| paid.monthly < 0) {
            return Err(Refusal::Negative { id: id() });
        }
    }
    Ok(())
}

/// The day so many months before; not before the first day that can be told.
pub(super) fn months_before(day: i32, months: u32) -> i32 {
    day.saturating_sub((f64::from(months) * MONTH).round() as i32)
}
