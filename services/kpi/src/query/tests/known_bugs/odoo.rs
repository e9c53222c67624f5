//! Odoo, `addons/crm/models/crm_lead.py` [O1].

use bellwether_domain::RecordKind;

use super::*;

/// Its days to close are `abs()` of a difference: a close before the creation becomes a long cycle.
#[test]
fn odoo_a_negative_duration_is_not_turned_positive() {
    let facts = Company::of([
        sample::deal("a")
            .created("2017-01-20")
            .won("2017-01-10", "100")
            .record(),
        sample::deal("b")
            .created("2017-01-10")
            .won("2017-01-30", "100")
            .record(),
    ])
    .facts();
    let ask = ranged("sales_cycle_mean", "2017-01-01", "2017-03-01");
    // 0 and 20 days, not 10 and 20: a deal is never closed before it was created.
    assert_eq!(told(&facts, &ask), "10");
}

/// Its days to close mix won deals with lost ones.
#[test]
fn odoo_the_sales_cycle_is_of_won_deals_only() {
    let facts = Company::of([
        sample::deal("a")
            .created("2017-01-10")
            .won("2017-01-30", "100")
            .record(),
        sample::deal("b")
            .created("2017-01-10")
            .lost("2017-01-12", "price")
            .record(),
    ])
    .facts();
    let january = |kpi| ranged(kpi, "2017-01-01", "2017-02-01");
    assert_eq!(told(&facts, &january("sales_cycle_mean")), "20");
    assert_eq!(
        told(&facts, &january("lost_cycle_mean")),
        "2",
        "lost ones have a cycle of their own"
    );
}

/// It clears `date_closed` when a deal is reopened: last month's win is gone from last month.
#[test]
fn odoo_a_reopened_deal_keeps_its_win_as_of_before() {
    let mut company = Company::of([won("a", "ann", "2017-01-20", "100")]);
    let deal = sample::deal("a")
        .owner("ann")
        .created("2017-01-01")
        .qualified("2017-01-01");
    let deal = deal.won("2017-01-20", "100").entered("2017-02-10", "Engaging");
    company.tell([deal.with(|deal| deal.closed = None).version(1).record()]);
    let facts = company.facts();
    let january = |day| as_of(ranged("bookings", "2017-01-01", "2017-02-01"), day);
    assert_eq!(told(&facts, &january("2017-01-31")), "100", "also as known now");
    assert_eq!(told(&facts, &january("2017-02-10")), "0");
    let open = |day| told(&facts, &as_of(asked(&["open_deals"]), day));
    assert_eq!(
        ["2017-01-19", "2017-01-31", "2017-02-10"].map(open),
        ["1", "0", "1"]
    );
}

/// It archives lost deals, and leaves them out of what is counted.
#[test]
fn odoo_a_lost_deal_stays_among_those_closed() {
    let facts = Company::of([
        won("a", "ann", "2017-01-20", "100"),
        sample::deal("b")
            .created("2017-01-10")
            .lost("2017-01-12", "price")
            .record(),
    ])
    .facts();
    assert_eq!(
        told(&facts, &ranged("win_rate", "2017-01-01", "2017-02-01")),
        "0.5"
    );
    assert_eq!(told(&facts, &as_of(asked(&["open_deals"]), "2017-01-11")), "2");
}

/// It merges leads by overwriting their fields: what was known before cannot be told any more, or they count twice.
#[test]
fn odoo_merged_leads_count_once_and_what_was_known_stays() {
    let mut company = Company::of([
        lead("a", "2017-01-02", |lead| {
            lead.converted_at = Some(sample::when("2017-01-20"))
        }),
        lead("b", "2017-01-03", |_| {}),
    ]);
    let before = company.log.changes.len() as u64;
    company.log.merge(RecordKind::Lead, "b", "a", (hour(150_000), 0));
    let facts = company.facts();
    let created = ranged("leads_created", "2017-01-01", "2017-02-01");
    let converted = as_of(
        ranged("lead_conversion_30", "2017-01-01", "2017-02-01"),
        "2017-06-30",
    );
    assert_eq!(
        (told(&facts, &created), told(&facts, &converted)),
        ("1".into(), "1".into())
    );
    let then = (
        told(&facts, &known(created, before)),
        told(&facts, &known(converted, before)),
    );
    assert_eq!(then, ("2".into(), "0.5".into()));
}
