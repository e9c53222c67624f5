//! What a KPI had come to by a point of a period.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::Period;
use bellwether_domain::{CivilDate, Result};

/// Tells what a KPI had come to by a point of a period.
pub trait Course {
    /// The value of the first so many days of a period, a running day by the part of it; `None` = it is not known.
    ///
    /// # Errors
    /// What stands in the way of computing it.
    fn so_far(&self, period: Period, days: &Exact) -> Result<Option<Exact>>;
}

/// The course of a KPI whose values of days sum to that of a period.
#[derive(Debug, Clone)]
pub struct Daily {
    first: CivilDate,
    /// What had come before each day, from the first one on.
    sums: Vec<Exact>,
}

impl Daily {
    /// From the values of days in order, the first of which is `first`.
    pub fn new(first: CivilDate, values: impl IntoIterator<Item = Exact>) -> Self {
        let mut sums = vec![Exact::zero()];
        let mut total = Exact::zero();
        for value in values {
            total += &value;
            sums.push(total.clone());
        }
        Self { first, sums }
    }

    /// What had come before a day.
    fn before(&self, day: CivilDate) -> Exact {
        let place = usize::try_from(day.days() - self.first.days()).unwrap_or(0);
        let last = self.sums.len() - 1;
        self.sums[place.min(last)].clone()
    }
}

impl Course for Daily {
    fn so_far(&self, period: Period, days: &Exact) -> Result<Option<Exact>> {
        if period.start < self.first {
            return Ok(None);
        }
        let whole = i32::try_from(days.floor())
            .unwrap_or(i32::MAX)
            .clamp(0, period.days());
        let day = period.start.plus_days(whole);
        let before = self.before(day);
        let rest = days - &Exact::from(whole);
        let mut sum = &before - &self.before(period.start);
        if whole < period.days() && !rest.is_zero() {
            let of_day = &self.before(day.plus_days(1)) - &before;
            sum += &(&of_day * &rest);
        }
        Ok(Some(sum))
    }
}
