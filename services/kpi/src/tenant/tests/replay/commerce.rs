//! Random subscriptions, contracts, orders, spend and samples, and who is credited with deals.

use bellwether_domain::record::{
    ComplianceCheck, Contract, Credit, MetricSample, Order, OrderType, Spend, SpendCategory, Subscription,
};

use super::*;

fn name(pick: u8, names: &[&str]) -> String {
    names[usize::from(pick) % names.len()].to_owned()
}

fn maybe(pick: u8, names: &[&str]) -> Option<String> {
    (!pick.is_multiple_of(3)).then(|| name(pick / 3, names))
}

fn money(pick: u8) -> Money {
    Money {
        minor: i64::from(pick) * 101,
        currency: if pick.is_multiple_of(4) { "EUR" } else { "USD" }
            .parse()
            .unwrap(),
    }
}

fn day(pick: u8) -> CivilDate {
    CivilDate::from_days(17_167 + i32::from(pick % 50))
}

/// Nothing, all to one, or shares that sum to the whole.
pub(super) fn credits(a: u8, b: u8) -> Vec<Credit> {
    let credit = |rep: &str, share: String| Credit {
        rep_id: rep.to_owned(),
        share,
    };
    let part = 1 + u32::from(b);
    match a % 4 {
        0 => vec![credit("cleo", "1".to_owned())],
        1 => vec![
            credit("ben", format!("0.{part:03}")),
            credit("anna", format!("0.{:03}", 1_000 - part)),
        ],
        _ => Vec::new(),
    }
}

fn subscription([a, b, c, d, ..]: [u8; 6]) -> Subscription {
    let started = when(c);
    let ended = d.is_multiple_of(3).then(|| {
        let later = day(c % 40).plus_days(1 + i32::from(d));
        When::Day(later)
    });
    Subscription {
        account_id: name(a, &["acme", "globex", "initech"]),
        product: maybe(b, &["GTX", "MG"]),
        mrr: if b.is_multiple_of(5) { money(0) } else { money(b) },
        started,
        ended,
    }
}

fn contract([a, b, c, d, e, f]: [u8; 6]) -> Contract {
    let check = |(place, pick): (usize, u8)| ComplianceCheck {
        name: ["credit", "legal", "data"][place].to_owned(),
        due: day(pick),
        done: (!pick.is_multiple_of(3)).then(|| day(pick.wrapping_add(a % 9))),
    };
    Contract {
        account_id: Some(name(a, &["acme", "globex"])),
        opportunity_id: b.is_multiple_of(2).then(|| format!("d{}", b % 5)),
        signed: (!c.is_multiple_of(3)).then(|| when(c)),
        document_present: d.is_multiple_of(2),
        start_date: (!e.is_multiple_of(4)).then(|| day(e)),
        end_date: None,
        term_months: e.is_multiple_of(2).then(|| 1 + u32::from(e % 36)),
        compliance_checks: [d, e, f]
            .into_iter()
            .take(usize::from(f) % 4)
            .enumerate()
            .map(check)
            .collect(),
    }
}

fn order([a, b, c, d, e, f]: [u8; 6]) -> Order {
    Order {
        account_id: Some(name(a, &["acme", "globex"])),
        opportunity_id: b.is_multiple_of(4).then(|| format!("d{}", b % 5)),
        at: when(c),
        order_type: [OrderType::Order, OrderType::Invoice, OrderType::CreditNote][usize::from(d) % 3],
        revenue: (!e.is_multiple_of(5)).then(|| money(e)),
        lines: (0..f % 3)
            .map(|i| LineItem {
                product: name(i + a % 2, &["GTX", "MG", "GTK"]),
                product_family: maybe(b, &["small", "large"]),
                units: "2.5".to_owned(),
                amount: (!d.is_multiple_of(2)).then(|| money(f)),
            })
            .collect(),
    }
}

fn spend([a, b, c, d, ..]: [u8; 6]) -> Spend {
    Spend {
        category: [
            SpendCategory::Marketing,
            SpendCategory::Tools,
            SpendCategory::Other,
        ][usize::from(a) % 3],
        channel: maybe(b, &["search", "fairs"]),
        campaign: maybe(b / 2, &["spring", "autumn"]),
        amount: money(c),
        period_start: day(d),
        period_end: day(d).plus_days(1 + i32::from(c % 40)),
    }
}

fn sample([a, b, c, d, e, f]: [u8; 6]) -> MetricSample {
    let dimensions = [
        ("owner", maybe(b, &REPS)),
        ("team", maybe(c, &["west", "east"])),
        ("channel", maybe(d, &["search", "fairs"])),
        ("account", maybe(e, &["acme", "globex"])),
        ("question", maybe(f, &["q1", "q2"])),
    ];
    let told = dimensions.into_iter();
    MetricSample {
        name: name(a, &["nps", "tickets"]),
        dimensions: told
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect(),
        at: when(e),
        value: format!("{}{b}.5", if a.is_multiple_of(2) { "-" } else { "" }),
        weight: if c.is_multiple_of(2) { "1" } else { "0.25" }.to_owned(),
    }
}

/// One of 16 changes: three versions or a tombstone of each kind, the fourth where there is one.
pub(super) fn put(log: &mut Log, what: u8, id: u8, key: (Instant, u64), pick: [u8; 6]) {
    let (kind, letter) = [
        (RecordKind::Subscription, 's'),
        (RecordKind::Contract, 'c'),
        (RecordKind::Order, 'o'),
        (RecordKind::Spend, 'e'),
        (RecordKind::MetricSample, 'm'),
    ][usize::from(what) % 5];
    let id = format!("{letter}{}", id % 3);
    if what == 15 || what >= 10 && pick[5].is_multiple_of(3) {
        log.tombstone(kind, &id, key);
        return;
    }
    let body = match kind {
        RecordKind::Subscription => Body::Subscription(subscription(pick)),
        RecordKind::Contract => Body::Contract(contract(pick)),
        RecordKind::Order => Body::Order(order(pick)),
        RecordKind::Spend => Body::Spend(spend(pick)),
        _ => Body::MetricSample(sample(pick)),
    };
    log.record(&id, key, body);
}
