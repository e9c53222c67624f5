//! Customers, from their subscriptions; and as rows: each as it was when a horizon began, and whether it had left when that
//! was over.

use std::collections::BTreeMap;

use bellwether_domain::Zone;

use super::Cases;
use super::rows::{Row, cases};
use crate::facts::{Subscription, stays};
use crate::retention::{Customer, MONTH, Paid};

/// How many horizons of the past are learned from.
const HORIZONS: i32 = 8;

/// Customers with what is told of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customers {
    /// The customers, by account and beginning; one that left and came back is there for each time that it stayed.
    pub all: Vec<Customer>,
    /// What their accounts and first subscriptions are like, in the same order.
    traits: Vec<BTreeMap<String, String>>,
}

/// The customers that subscriptions tell of: the stays of accounts, each told by the first of its subscriptions.
#[must_use]
pub fn customers(subscriptions: &[Subscription], zone: &Zone) -> Customers {
    let mut found = Customers::default();
    for stay in stays(subscriptions, zone) {
        let mut traits: BTreeMap<String, String> = stay.first.traits.iter().cloned().collect();
        if !stay.first.product.is_empty() {
            traits.insert("first_product".to_owned(), stay.first.product.clone());
        }
        found.all.push(stay.customer);
        found.traits.push(traits);
    }
    found
}

/// Customers of past horizons, each with whether it left within, and those of today. A horizon ends where the next begins,
/// the last one at `as_of`, the first day that is not known.
#[must_use]
pub fn churn(customers: &Customers, as_of: i32, days: i32) -> Cases {
    let days = days.max(1);
    let mut rows = Vec::new();
    for back in 0..=HORIZONS {
        let at = as_of - back * days;
        for (customer, traits) in customers.all.iter().zip(&customers.traits) {
            if customer.start >= at || customer.end.is_some_and(|end| end < at) {
                continue;
            }
            let mut row = row(customer, traits, at);
            if back > 0 {
                let left = customer.end.is_some_and(|end| end < at + days);
                row.end = Some((left, f64::from(at + days)));
            }
            rows.push(row);
        }
    }
    cases(rows)
}

fn row(customer: &Customer, traits: &BTreeMap<String, String>, at: i32) -> Row {
    let mut row = Row {
        id: customer.id.clone(),
        ..Row::default()
    };
    for (name, value) in traits {
        row.word(name, value);
    }
    let monthly = |day: i32| -> Option<f64> {
        let holds = |paid: &&Paid| paid.from < day && paid.to.is_none_or(|to| to >= day);
        let sums: Vec<f64> = customer
            .paid
            .iter()
            .filter(holds)
            .map(|paid| paid.monthly as f64)
            .collect();
        (!sums.is_empty()).then(|| sums.iter().sum())
    };
    // Finer than a tenth tells nothing, and reads badly as a reason.
    let months = f64::from(at - customer.start) / MONTH;
    row.number("months_a_customer", Some((months * 10.0).round() / 10.0));
    row.number("monthly", monthly(at));
    let before = monthly(at - 90).filter(|before| *before > 0.0);
    let change = before.and_then(|before| Some(monthly(at)? / before - 1.0));
    row.number("change_of_monthly_in_90_days", change);
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Values, mix};

    fn subscription(id: &str, account: &str, started: i32, ended: Option<i32>) -> Subscription {
        let at = |day: i32| i64::from(day) * 86_400_000;
        Subscription {
            id: id.to_owned(),
            account: account.to_owned(),
            product: "basic".to_owned(),
            traits: vec![("account_region".to_owned(), "West".to_owned())],
            started: at(started),
            ended: ended.map(at),
            paid: vec![crate::facts::Paid {
                from: at(started),
                to: ended.map(at),
                monthly: Some(1_000),
            }],
        }
    }

    #[test]
    fn a_customer_stays_until_the_last_subscription_ends() {
        let all = [
            subscription("s1", "acme", 10, Some(100)),
            subscription("s2", "acme", 50, Some(200)),
            subscription("s3", "other", 20, None),
        ];
        let found = customers(&all, &Zone::utc());
        assert_eq!(
            (found.all[0].start, found.all[0].end, found.all[0].paid.len()),
            (10, Some(200), 2)
        );
        assert_eq!((found.all[1].id.as_str(), found.all[1].end), ("other", None));
    }

    #[test]
    fn who_comes_back_had_left() {
        let mut back = subscription("s2", "acme", 170, None);
        back.product = "gold".to_owned();
        let all = [subscription("s1", "acme", 10, Some(100)), back];
        let cases = churn(&customers(&all, &Zone::utc()), 200, 30);
        // There at days 20, 50 and 80, gone by 110; at 140 no customer, at 170 not yet one.
        assert_eq!(cases.times, [50.0, 80.0, 110.0]);
        assert_eq!(cases.outcomes, [false, false, true]);
        assert_eq!(cases.ids, ["acme"]);
        let product = cases.open.column("first_product").map(|column| &column.values);
        assert_eq!(product, Some(&Values::Words(vec![Some("gold".to_owned())])));
    }

    /// The rows of past horizons, in words.
    fn told(cases: &Cases, until: f64) -> Vec<String> {
        let row = |at: usize| {
            let cells = cases.ended.columns().iter().map(|column| {
                let cell = match &column.values {
                    Values::Numbers(cells) | Values::Days(cells) => cells[at].map(|cell| cell.to_string()),
                    Values::Words(cells) => cells[at].clone(),
                };
                format!("{}={cell:?}", column.name)
            });
            let cells: Vec<String> = cells.collect();
            format!("{} {} {cells:?}", cases.times[at], cases.outcomes[at])
        };
        (0..cases.times.len())
            .filter(|at| cases.times[*at] <= until)
            .map(row)
            .collect()
    }

    /// What is told after a day changes no row of a horizon that was over by then.
    #[test]
    fn what_comes_later_changes_no_earlier_row() {
        const NOW: i32 = 700;
        let all: Vec<Subscription> = (0..400_u64)
            .map(|at| {
                let draw = |salt: u64, n: u64| (mix(at * 7 + salt) % n) as i32;
                let start = draw(1, 650);
                let end = (draw(2, 3) > 0).then(|| start + 1 + draw(3, 300));
                subscription(
                    &format!("s{at}"),
                    &format!("a{}", draw(4, 120)),
                    start,
                    end.filter(|end| *end < NOW),
                )
            })
            .collect();
        let whole = churn(&customers(&all, &Zone::utc()), NOW, 60);
        for back in 1..HORIZONS {
            let day = NOW - back * 60;
            let at = i64::from(day) * 86_400_000;
            let mut known = all.clone();
            known.retain(|one| one.started < at);
            for one in &mut known {
                one.ended = one.ended.filter(|end| *end < at);
                one.paid[0].to = one.ended;
            }
            let then = churn(&customers(&known, &Zone::utc()), NOW, 60);
            let (now, then) = (told(&whole, f64::from(day)), told(&then, f64::from(day)));
            assert!(!now.is_empty());
            assert_eq!(now, then, "by day {day}");
        }
    }

    #[test]
    fn who_left_within_a_horizon_is_learned_from_and_who_is_there_is_scored() {
        let all = [
            subscription("s1", "gone", 10, Some(150)),
            subscription("s2", "there", 10, None),
        ];
        let cases = churn(&customers(&all, &Zone::utc()), 200, 90);
        assert_eq!(cases.ids, ["there"]);
        // At day 110 both were there, and at day 20 too; the first left by day 200.
        assert_eq!(cases.outcomes, [false, false, true, false]);
        assert_eq!(cases.times, [110.0, 110.0, 200.0, 200.0]);
    }
}
