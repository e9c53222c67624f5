//! Customers, from their subscriptions; and as rows: each as it was when a horizon began, and whether it had left when that
//! was over.

use std::collections::BTreeMap;

use bellwether_domain::{Instant, Zone};

use super::Cases;
use super::rows::{Row, cases};
use crate::facts::Subscription;
use crate::retention::{Customer, MONTH, Paid};

/// How many horizons of the past are learned from.
const HORIZONS: i32 = 8;

/// Customers with what is told of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customers {
    /// The customers, by id.
    pub all: Vec<Customer>,
    /// What their accounts are like, in the same order.
    traits: Vec<BTreeMap<String, String>>,
}

/// The customers that subscriptions tell of: an account from the first of its subscriptions until none runs. One that comes
/// back is the same customer, who had never left.
#[must_use]
pub fn customers(subscriptions: &[Subscription], zone: &Zone) -> Customers {
    let day = |at: i64| {
        zone.date_of(Instant::from_micros(at.saturating_mul(1_000)))
            .days()
    };
    let mut accounts: BTreeMap<&str, Vec<&Subscription>> = BTreeMap::new();
    for one in subscriptions {
        let account = if one.account.is_empty() {
            &one.id
        } else {
            &one.account
        };
        accounts.entry(account).or_default().push(one);
    }
    let mut found = Customers::default();
    for (account, mut own) in accounts {
        own.sort_by(|one, other| {
            one.started
                .cmp(&other.started)
                .then_with(|| one.id.cmp(&other.id))
        });
        let Some(first) = own.first() else { continue };
        let runs = own.iter().any(|one| one.ended.is_none());
        let start = day(first.started);
        let last = own.iter().filter_map(|one| one.ended).max().filter(|_| !runs);
        let paid = own.iter().flat_map(|one| &one.paid).filter_map(|paid| {
            Some(Paid {
                from: day(paid.from),
                to: paid.to.map(day),
                monthly: paid.monthly.filter(|monthly| *monthly >= 0)?,
            })
        });
        let mut traits: BTreeMap<String, String> = first.traits.iter().cloned().collect();
        if !first.product.is_empty() {
            traits.insert("first_product".to_owned(), first.product.clone());
        }
        found.all.push(Customer {
            id: account.to_owned(),
            group: String::new(),
            start,
            end: last.map(|end| day(end).max(start)),
            paid: paid.collect(),
        });
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
