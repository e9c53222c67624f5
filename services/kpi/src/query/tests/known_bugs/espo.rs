//! EspoCRM, `Tools/Opportunity/Report/*` [O5].

use bellwether_domain::Money;

use super::*;

/// It books by the editable close date: who changes it later moves a sale into another month, and nobody can tell.
#[test]
fn espo_an_edited_close_date_is_a_correction_that_can_be_told() {
    let mut company = Company::of([won("a", "ann", "2017-02-28", "100")]);
    let reported = company.log.changes.len() as u64;
    let moved = sample::deal("a")
        .owner("ann")
        .created("2017-01-01")
        .qualified("2017-01-01");
    company.tell([moved.won("2017-03-02", "100").version(1).record()]);
    let facts = company.facts();
    let months = cut(ranged("bookings", "2017-02-01", "2017-04-01"), Grain::Month);
    assert_eq!(periods(&facts, &months), ["2017-02-01 0", "2017-03-01 100"]);
    let then = known(months, reported);
    assert_eq!(
        periods(&facts, &then),
        ["2017-02-01 100", "2017-03-01 0"],
        "as it was reported"
    );
}

/// It takes the close date whatever the stage is: an open deal whose expected close has passed looks like a sale.
#[test]
fn espo_the_expected_close_of_an_open_deal_is_no_close() {
    let expected = sample::deal("a").created("2017-01-01").amount("100");
    let expected = expected
        .with(|deal| deal.expected_close = Some(sample::when("2017-02-10")))
        .record();
    // Signed on 31 March, clicked on 2 April: it belongs to March.
    let signed = sample::deal("b")
        .created("2017-01-01")
        .amount("7")
        .entered("2017-04-02T08:00:00Z", "Won");
    let signed = signed
        .with(|deal| deal.closed = Some(sample::when("2017-03-31")))
        .record();
    let facts = Company::of([expected, signed]).facts();
    let months = cut(ranged("bookings", "2017-02-01", "2017-05-01"), Grain::Month);
    assert_eq!(
        periods(&facts, &months),
        ["2017-02-01 0", "2017-03-01 7", "2017-04-01 0"]
    );
    assert_eq!(told(&facts, &as_of(asked(&["open_deals"]), "2017-12-31")), "1");
}

/// It converts last year's sales at the present rate: they change with every rate that is entered.
#[test]
fn espo_last_years_sales_keep_last_years_rate() {
    let euro = sample::deal("a").created("2017-01-01").won("2017-02-10", "0");
    let euro = euro.money(Money {
        minor: 10_000,
        currency: "EUR".parse().unwrap(),
    });
    let mut company = Company::of([sample::fx_rate("EUR", "USD", "2017-02-10", "1.1"), euro.record()]);
    let ask = ranged("bookings", "2017-01-01", "2018-01-01");
    let before = told(&company.facts(), &ask);
    company.tell([sample::fx_rate("EUR", "USD", "2019-12-31", "1.5")]);
    assert_eq!([before, told(&company.facts(), &ask)], ["110", "110"]);
}
