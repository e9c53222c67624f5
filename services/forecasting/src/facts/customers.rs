//! Customers, from what they subscribed to.

use std::collections::BTreeMap;

use bellwether_domain::{Instant, Zone};

use super::subscriptions::Subscription;
use crate::retention::{Customer, Paid};

/// A customer from the first of its subscriptions on.
#[derive(Debug, Clone, PartialEq)]
pub struct Stay<'a> {
    /// The customer, by its account; without a group.
    pub customer: Customer,
    /// The subscription that it began with.
    pub first: &'a Subscription,
}

/// The stays of accounts as customers, by account and beginning: a stay lasts while one subscription after another runs,
/// without a day between them. Who came back later is a customer anew: that it would was not known while it was gone. A
/// subscription of no account is a customer by its own id; what was paid below 0 counts as nothing.
#[must_use]
pub fn stays<'a>(subscriptions: &'a [Subscription], zone: &Zone) -> Vec<Stay<'a>> {
    let day = |millis: i64| {
        zone.date_of(Instant::from_micros(millis.saturating_mul(1_000)))
            .days()
    };
    let mut by_account: BTreeMap<&str, Vec<&Subscription>> = BTreeMap::new();
    for one in subscriptions {
        let account = if one.account.is_empty() {
            &one.id
        } else {
            &one.account
        };
        by_account.entry(account).or_default().push(one);
    }
    let mut found: Vec<Stay<'a>> = Vec::new();
    for (account, mut own) in by_account {
        own.sort_by_key(|one| (one.started, &one.id));
        let before = found.len();
        for one in own {
            let (start, end) = (day(one.started), one.ended.map(day));
            if end.is_some_and(|end| end <= start) {
                continue;
            }
            let paid = one.paid.iter().filter_map(|paid| {
                Some(Paid {
                    from: day(paid.from),
                    to: paid.to.map(day),
                    monthly: paid.monthly?.max(0),
                })
            });
            match found[before..].last_mut().map(|stay| &mut stay.customer) {
                Some(last) if last.end.is_none_or(|end| start <= end) => {
                    last.end = last.end.zip(end).map(|(one, other)| one.max(other));
                    last.paid.extend(paid);
                }
                _ => found.push(Stay {
                    customer: Customer {
                        id: account.to_owned(),
                        group: String::new(),
                        start,
                        end,
                        paid: paid.collect(),
                    },
                    first: one,
                }),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::subscriptions::Paid as Monthly;
    use super::*;

    fn subscription(account: &str, from: i64, to: Option<i64>, monthly: Option<i64>) -> Subscription {
        let millis = |day: i64| day * 86_400_000;
        Subscription {
            id: format!("{account} {from}"),
            account: account.to_owned(),
            product: format!("p{from}"),
            traits: vec![("account_segment".to_owned(), "SMB".to_owned())],
            started: millis(from),
            ended: to.map(millis),
            paid: vec![Monthly {
                from: millis(from),
                to: to.map(millis),
                monthly,
            }],
        }
    }

    #[test]
    fn a_stay_lasts_while_one_subscription_follows_another() {
        let given = [
            subscription("acme", 10, Some(20), Some(5)),
            subscription("acme", 15, Some(18), Some(7)),
            subscription("acme", 20, Some(30), None),
            subscription("acme", 40, None, Some(-9)),
            subscription("", 1, None, Some(1)),
            subscription("bolt", 5, Some(5), Some(1)),
        ];
        let found = stays(&given, &Zone::utc());
        let spans: Vec<(&str, &str, i32, Option<i32>, usize)> = found
            .iter()
            .map(|stay| {
                let one = &stay.customer;
                (
                    one.id.as_str(),
                    stay.first.product.as_str(),
                    one.start,
                    one.end,
                    one.paid.len(),
                )
            })
            .collect();
        let expected = [
            (" 1", "p1", 1, None, 1),
            ("acme", "p10", 10, Some(30), 2),
            ("acme", "p40", 40, None, 1),
        ];
        assert_eq!(spans, expected);
        assert_eq!(found[2].customer.paid[0].monthly, 0);
    }
}
