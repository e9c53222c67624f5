//! Customers, from what they subscribed to.

use std::collections::BTreeMap;

use bellwether_domain::{Instant, Zone};

use super::subscriptions::Subscription;
use crate::retention::{Customer, Paid};

/// The stays of accounts as customers, by account and beginning: a stay lasts while one subscription after another runs,
/// without a day between them. Who came back later is a customer anew. `group` names what tells groups apart: `product`,
/// or a dimension of accounts; the first subscription of a stay tells it. Subscriptions of no account are left out.
#[must_use]
pub fn customers(subscriptions: &[Subscription], group: &str, zone: &Zone) -> Vec<Customer> {
    let day = |millis: i64| {
        zone.date_of(Instant::from_micros(millis.saturating_mul(1_000)))
            .days()
    };
    let mut by_account: BTreeMap<&str, Vec<&Subscription>> = BTreeMap::new();
    for one in subscriptions.iter().filter(|one| !one.account.is_empty()) {
        by_account.entry(&one.account).or_default().push(one);
    }
    let mut found: Vec<Customer> = Vec::new();
    for (account, mut own) in by_account {
        own.sort_by_key(|one| (one.started, &one.id));
        let first = found.len();
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
            match found[first..].last_mut() {
                Some(last) if last.end.is_none_or(|end| start <= end) => {
                    last.end = last.end.zip(end).map(|(one, other)| one.max(other));
                    last.paid.extend(paid);
                }
                _ => found.push(Customer {
                    id: account.to_owned(),
                    group: told(one, group),
                    start,
                    end,
                    paid: paid.collect(),
                }),
            }
        }
    }
    found
}

fn told(one: &Subscription, group: &str) -> String {
    if group == "product" {
        return one.product.clone();
    }
    let found = one.traits.iter().find(|(name, _)| name == group);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
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
        let found = customers(&given, "product", &Zone::utc());
        let spans: Vec<(&str, i32, Option<i32>, usize)> = found
            .iter()
            .map(|one| (one.group.as_str(), one.start, one.end, one.paid.len()))
            .collect();
        assert_eq!(spans, [("p10", 10, Some(30), 2), ("p40", 40, None, 1)]);
        assert_eq!(found[1].paid[0].monthly, 0);
        assert_eq!(customers(&given, "account_segment", &Zone::utc())[0].group, "SMB");
        assert_eq!(customers(&given, "other", &Zone::utc())[0].group, "");
    }
}
