//! frappe/crm, `crm/api/dashboard.py` [O3].

use bellwether_domain::ErrorReason;

use super::*;
use crate::compare::compare;

/// It counts deals created before a day that are open *today*, so the past looks smaller the longer ago it is.
#[test]
fn frappe_past_status_comes_from_the_status_then() {
    let facts = Company::of([
        won("a", "ann", "2017-03-10", "100"),
        sample::deal("b")
            .created("2017-01-05")
            .lost("2017-02-20", "price")
            .record(),
        sample::deal("c").created("2017-01-09").record(),
    ])
    .facts();
    let open = |day: &str| told(&facts, &as_of(asked(&["open_deals"]), day));
    assert_eq!(
        ["2017-01-31", "2017-02-28", "2017-03-31"].map(open),
        ["3", "2", "1"]
    );
    // The stage of then too.
    let stages = lines(
        &facts,
        &by(as_of(asked(&["open_deals"]), "2017-01-31"), &["stage"]),
    );
    assert_eq!(stages, ["Engaging 1", "Prospecting 2"]);
}

/// It takes the difference of two inclusive dates for their number of days.
#[test]
fn frappe_the_previous_window_is_as_long_as_this_one() {
    let facts = Company::of([
        won("a", "ann", "2017-02-01", "100"),
        won("b", "ann", "2017-02-11", "150"),
        won("c", "ann", "2017-01-31", "7"),
    ])
    .facts();
    // 10 days from 11 February: those before begin on the 1st, which counts, and the 31st does not.
    let growth = ranged("revenue_growth_rate", "2017-02-11", "2017-02-21");
    assert_eq!(told(&facts, &growth), "0.5");
    // A whole month is compared with the whole month before, however long that is.
    let march = ranged("revenue_growth_rate", "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &march), "34.7142857142857143");
}

/// It shows the difference of two amounts of money with a `%` behind it.
#[test]
fn frappe_a_change_of_money_is_money_and_not_per_cent() {
    let facts = Company::of([
        won("a", "ann", "2017-01-10", "100"),
        won("b", "ann", "2017-02-10", "150"),
    ])
    .facts();
    let ask = ranged("average_deal_size", "2017-02-01", "2017-03-01");
    let both = answer_both(&facts, catalogue(), &ask, &Base::Previous, now(), 2).unwrap();
    let found = compare(&both.pairs[0]);
    assert_eq!(&*both.pairs[0].now.unit, "USD");
    let shown = [found.difference, found.relative].map(|one| one.unwrap().to_exact_string());
    assert_eq!(shown, ["50", "0.5"], "50 USD, which is 50 % of the base");
    assert_eq!(found.points, None, "money has no points");
}

/// It shows 0 % where there was nothing before.
#[test]
fn frappe_growth_from_nothing_is_absent_and_not_zero() {
    let facts = Company::of([won("b", "ann", "2017-02-10", "150")]).facts();
    let growth = ranged("revenue_growth_rate", "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &growth), "no_base");
    let ask = ranged("bookings", "2017-02-01", "2017-03-01");
    let both = answer_both(&facts, catalogue(), &ask, &Base::Previous, now(), 2).unwrap();
    let found = compare(&both.pairs[0]);
    assert_eq!((found.relative, found.reason), (None, Some(AbsentReason::NoBase)));
}

/// Its SQL says `IFNULL(rate, 1)`.
#[test]
fn frappe_a_missing_rate_is_not_taken_for_one() {
    let euro = sample::deal("a").created("2017-01-01").won("2017-02-10", "0");
    let euro = euro.money(bellwether_domain::Money {
        minor: 10_000,
        currency: "EUR".parse().unwrap(),
    });
    let facts = Company::of([euro.record()]).facts();
    let refused = answered(&facts, &ranged("bookings", "2017-02-01", "2017-03-01")).unwrap_err();
    assert_eq!(refused.reason, ErrorReason::MissingFxRate);
    for part in ["EUR", "USD", "2017-02-10"] {
        assert!(refused.message.contains(part), "{part}: {}", refused.message);
    }
    // What needs no rate is told all the same.
    assert_eq!(
        told(&facts, &ranged("deals_won", "2017-02-01", "2017-03-01")),
        "1"
    );
}

/// Its average deal mixes open deals with won ones.
#[test]
fn frappe_the_average_deal_is_of_won_deals_only() {
    let facts = Company::of([
        won("a", "ann", "2017-02-10", "100"),
        sample::deal("b").created("2017-01-05").amount("900").record(),
        sample::deal("c")
            .created("2017-01-05")
            .amount("500")
            .lost("2017-02-10", "price")
            .record(),
    ])
    .facts();
    let average = ranged("average_deal_size", "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &average), "100");
}
