//! Made-up companies of which the truth is known.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Customer, MONTH, Paid};

/// How a company's customers come and go.
pub(super) struct Company {
    /// How many come a month.
    pub(super) arrivals: u32,
    /// The share that leaves in a month after the first three; three times as many leave in those.
    pub(super) churn: f64,
    /// The standard deviation of the logarithm of a factor on that, one for each month.
    pub(super) shock: f64,
    /// By how much what is paid grows in a month, as a share of the changes' size.
    pub(super) growth: f64,
}

/// All that happens within so many months from day 0 on, with its truth beyond any day in between.
pub(super) fn simulate(company: &Company, months: u32, seed: u64) -> Vec<Customer> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let normal = |dice: &mut ChaCha8Rng| (0..12).map(|_| dice.random_range(-0.5..0.5)).sum::<f64>();
    let factors: Vec<f64> = (0..months)
        .map(|_| libm::exp(company.shock * normal(&mut dice) - company.shock * company.shock / 2.0))
        .collect();
    let mut customers = Vec::new();
    for month in 0..months {
        for number in 0..company.arrivals {
            let start = (f64::from(month) * MONTH) as i32 + dice.random_range(0..30);
            let monthly = 1_000.0 * libm::exp(0.8 * normal(&mut dice));
            let id = format!("{month}-{number}");
            customers.push(live(company, &factors, &mut dice, start, monthly, id));
        }
    }
    customers
}

fn live(
    company: &Company,
    factors: &[f64],
    dice: &mut ChaCha8Rng,
    start: i32,
    mut monthly: f64,
    id: String,
) -> Customer {
    let mut paid = vec![Paid {
        from: start,
        to: None,
        monthly: monthly as i64,
    }];
    let mut end = None;
    let last = (factors.len() as f64 * MONTH) as i32;
    // Week by week, within which nothing changes: one draw each for leaving and for another payment.
    for week in (start..last).step_by(7) {
        let factor = factors[((f64::from(week) / MONTH) as usize).min(factors.len() - 1)];
        let young = if week - start < 91 { 3.0 } else { 1.0 };
        let rate = young * company.churn * factor / MONTH;
        let day = |wait: f64| (wait < 7.0).then(|| week + 1 + wait as i32);
        let left = day(-libm::log(dice.random_range(f64::MIN_POSITIVE..1.0)) / rate);
        // A change every ten months or so.
        let changed = day(-libm::log(dice.random_range(f64::MIN_POSITIVE..1.0)) * 10.0 * MONTH);
        if let Some(from) = changed.filter(|from| left.is_none_or(|left| *from < left) && *from < last) {
            monthly *= dice.random_range(0.8..1.2) + 10.0 * company.growth;
            if let Some(before) = paid.last_mut() {
                before.to = Some(from);
            }
            paid.push(Paid {
                from,
                to: None,
                monthly: monthly as i64,
            });
        }
        end = left.filter(|left| *left < last);
        if end.is_some() {
            break;
        }
    }
    if let (Some(end), Some(before)) = (end, paid.last_mut()) {
        before.to = Some(end);
    }
    Customer {
        id,
        group: String::new(),
        start,
        end,
        paid,
    }
}

/// What is known of it when a day begins.
pub(super) fn known(customers: &[Customer], as_of: i32) -> Vec<Customer> {
    let mut known: Vec<Customer> = customers
        .iter()
        .filter(|one| one.start < as_of)
        .cloned()
        .collect();
    for one in &mut known {
        one.end = one.end.filter(|end| *end < as_of);
        one.paid.retain(|paid| paid.from < as_of);
        for paid in &mut one.paid {
            paid.to = paid.to.filter(|to| *to < as_of);
        }
    }
    known
}
