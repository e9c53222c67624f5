//! How likely a customer leaves within a month, by age and group, learned from the months that are known.

use std::collections::BTreeMap;

use super::customer::months_before;
use super::{Customer, MONTH};

/// Where age bands begin, in months. The first months differ most, and contracts of a year or two end at 12 and 24.
const BANDS: [f64; 16] = [
    0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 11.0, 12.0, 13.0, 18.0, 23.0, 24.0, 25.0, 36.0, 48.0, 60.0,
];
/// How many months back are learned from at most.
const MOST: u32 = 60;
/// A month so long ago counts half.
const HALF: f64 = 24.0;
/// A band is drawn towards the mean of all as if it had been seen for so many customer-months more.
const PRIOR: f64 = 60.0;
/// A group, and the newest months, are drawn towards what is expected as if so many more had left as expected.
const EVENTS: f64 = 10.0;
/// How many of the newest months set the level.
pub(super) const NEWEST: u32 = 6;

/// A customer in a month that is over.
#[derive(Clone, Copy, Debug)]
struct Month {
    band: usize,
    group: usize,
    /// How many months ago the month began, 1 or more.
    ago: u32,
    left: bool,
    /// What was paid a month when it began, in minor units.
    monthly: f64,
}

/// The chance to leave within a month.
#[derive(Clone, Debug)]
pub(super) struct Hazards {
    bands: [f64; BANDS.len()],
    groups: BTreeMap<String, f64>,
    /// How much more, or less, leave lately than all of history says.
    level: f64,
    /// The same of what those who leave had paid: large customers may stay longer.
    pub(super) of_money: f64,
    /// How many had left in the months that set the level.
    pub(super) newest: f64,
    /// By month, the newest first: how many left, and how many were expected to.
    pub(super) months: Vec<(f64, f64)>,
}

/// How many whole months of history there are before a day, up to [`MOST`].
pub(super) fn months_known(customers: &[Customer], as_of: i32) -> u32 {
    let first = customers
        .iter()
        .map(|customer| customer.start)
        .min()
        .unwrap_or(as_of);
    let days = (f64::from(as_of) - f64::from(first)).max(0.0);
    ((days / MONTH) as u32).min(MOST)
}

impl Hazards {
    /// Learns from the months before `as_of`.
    pub(super) fn learn(customers: &[Customer], as_of: i32) -> Self {
        let names: BTreeMap<&str, usize> = customers.iter().map(|one| (&*one.group, 0)).collect();
        let names: BTreeMap<&str, usize> = names
            .into_keys()
            .enumerate()
            .map(|(at, name)| (name, at))
            .collect();
        let months = history(customers, as_of, &names);
        let bands = bands(&months);
        let mut factors = vec![(0.0, 0.0); names.len()];
        for month in &months {
            let (left, expected) = &mut factors[month.group];
            *left += f64::from(u8::from(month.left));
            *expected += bands[month.band];
        }
        let factors: Vec<f64> = factors.into_iter().map(drawn).collect();
        let chance = |month: &Month| (bands[month.band] * factors[month.group]).min(1.0);

        let lately = Lately::of(&months, chance);
        Self {
            groups: names
                .into_iter()
                .map(|(name, at)| (name.to_owned(), factors[at]))
                .collect(),
            bands,
            level: drawn(sum(&lately.months, NEWEST)),
            // The level of the newest months is in both.
            of_money: lately.of_money / drawn(sum(&lately.months, 2 * NEWEST)),
            newest: sum(&lately.months, NEWEST).0,
            months: lately.months,
        }
    }

    /// The expected number of times that one of a group, so many months old now, leaves within the coming `months` if it
    /// could leave again and again: the chance to stay is `exp` of minus this.
    pub(super) fn cumulative(&self, group: &str, age: u32, months: u32) -> f64 {
        let factor = self.groups.get(group).copied().unwrap_or(1.0) * self.level;
        let month = |ahead: u32| {
            let chance = (self.bands[band(f64::from(age) + f64::from(ahead) + 0.5)] * factor).min(0.99);
            -libm::log1p(-chance)
        };
        (0..months).map(month).sum()
    }
}

/// What left beside what was expected to.
struct Lately {
    /// By month, the newest first.
    months: Vec<(f64, f64)>,
    /// The same of money within a year, as a ratio.
    of_money: f64,
}

impl Lately {
    fn of(months: &[Month], chance: impl Fn(&Month) -> f64) -> Self {
        let known = months.iter().map(|month| month.ago).max().unwrap_or(0) as usize;
        let mut by_month = vec![(0.0, 0.0); known];
        let (mut left, mut expected, mut all, mut n) = (0.0, 0.0, 0.0, 0.0);
        for month in months {
            let slot = &mut by_month[month.ago as usize - 1];
            slot.0 += f64::from(u8::from(month.left));
            slot.1 += chance(month);
            if month.ago <= 2 * NEWEST {
                left += if month.left { month.monthly } else { 0.0 };
                expected += chance(month) * month.monthly;
                all += month.monthly;
                n += 1.0;
            }
        }
        let usual = if n > 0.0 { EVENTS * all / n } else { 0.0 };
        let of_money = (left + usual) / (expected + usual);
        Self {
            months: by_month,
            of_money: if of_money.is_finite() { of_money } else { 1.0 },
        }
    }
}

/// How many left in the newest of months, and how many were expected to.
fn sum(months: &[(f64, f64)], newest: u32) -> (f64, f64) {
    let newest = months.iter().take(newest as usize);
    newest.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// The ratio of both, drawn towards 1.
fn drawn((left, expected): (f64, f64)) -> f64 {
    (left + EVENTS) / (expected + EVENTS)
}

fn band(age: f64) -> usize {
    BANDS.partition_point(|from| *from <= age).saturating_sub(1)
}

/// Each customer in each month that is over and that they began as a customer.
fn history(customers: &[Customer], as_of: i32, names: &BTreeMap<&str, usize>) -> Vec<Month> {
    let known = months_known(customers, as_of);
    let begins: Vec<i32> = (0..=known).map(|ago| months_before(as_of, ago)).collect();
    let mut months = Vec::new();
    for customer in customers {
        for ago in 1..=known {
            let (from, to) = (begins[ago as usize], begins[ago as usize - 1]);
            if customer.there(from) {
                let age = (f64::from(from) - f64::from(customer.start)) / MONTH;
                months.push(Month {
                    band: band(age),
                    group: names.get(&*customer.group).copied().unwrap_or(0),
                    ago,
                    left: customer.end.is_some_and(|end| end < to),
                    monthly: customer.monthly(from),
                });
            }
        }
    }
    months
}

fn bands(months: &[Month]) -> [f64; BANDS.len()] {
    let mut sums = [(0.0, 0.0); BANDS.len()];
    for month in months {
        let weight = libm::exp2(-f64::from(month.ago) / HALF);
        let (left, seen) = &mut sums[month.band];
        *left += if month.left { weight } else { 0.0 };
        *seen += weight;
    }
    let (left, seen) = sums
        .iter()
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    // Half of one more: that nobody has left yet does not mean that nobody will.
    let mean = (left + 0.5) / (seen + 1.0);
    sums.map(|(left, seen)| (left + PRIOR * mean) / (seen + PRIOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(start: i32, end: Option<i32>) -> Customer {
        Customer {
            id: start.to_string(),
            group: String::new(),
            start,
            end,
            paid: Vec::new(),
        }
    }

    #[test]
    fn months_and_bands() {
        assert_eq!([0.0, 0.9, 1.0, 4.9, 12.5, 400.0].map(band), [0, 0, 1, 3, 7, 15]);
        let all = [customer(0, None), customer(0, Some(100))];
        assert_eq!(months_known(&all, 365), 11);
        assert_eq!(months_known(&all, -5), 0);
        let hazards = Hazards::learn(&all, 365);
        assert_eq!(hazards.months.iter().map(|month| month.0).sum::<f64>(), 1.0);
        let expected: f64 = hazards.months.iter().map(|month| month.1).sum();
        assert!(expected > 0.5 && expected < 2.0, "{expected}");
    }

    #[test]
    fn who_leaves_is_learned_by_age_and_the_longer_the_surer() {
        // Half leave in the first month, nobody later.
        let all: Vec<Customer> = (0..600)
            .map(|at| customer(at, (at % 2 == 0).then_some(at + 10 + at % 3)))
            .collect();
        let hazards = Hazards::learn(&all, 900);
        assert!(
            hazards.cumulative("", 0, 1) > 5.0 * hazards.cumulative("", 6, 1),
            "{hazards:?}"
        );
        assert!(hazards.cumulative("", 6, 12) > hazards.cumulative("", 6, 6));
        assert!(hazards.cumulative("never heard of", 6, 1) > 0.0);
    }
}
