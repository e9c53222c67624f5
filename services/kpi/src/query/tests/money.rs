//! Money in several currencies (R5).

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Currency, ErrorCode, ErrorReason};

use super::*;
use crate::scan::fixture::Deal;

fn day(text: &str) -> i32 {
    text.parse::<CivilDate>().unwrap().days()
}

fn rate(text: &str) -> Exact {
    text.parse().unwrap()
}

fn euro(closed: &'static str, amount: i64) -> Deal {
    Deal {
        currency: "EUR",
        ..Deal::won(closed, amount)
    }
}

fn mixed() -> Fixture {
    let mut fixture = Fixture::new(&[
        Deal::won("2017-03-01", 1_000),
        euro("2017-03-01", 1_001),
        euro("2017-03-01", 1_000),
        euro("2017-03-05", 1_000),
        Deal {
            currency: "EUR",
            amount: Some(1_000),
            ..Deal::OPEN
        },
    ]);
    fixture.rates = vec![
        ("EUR", day("2017-03-01"), None, rate("1.0505")),
        ("EUR", day("2017-03-04"), None, rate("2")),
        ("EUR", day("2017-12-30"), None, rate("3")),
        ("EUR", 0, Some("plan"), rate("10")),
    ];
    fixture
}

#[test]
fn booked_money_takes_the_rate_of_its_day_and_is_rounded_once_a_cell() {
    // 10.00 + 20.01 x 1.0505 + 10.00 x 2 = 51.020505
    assert_eq!(
        value(&mixed(), &ranged("bookings", "2017-01-01", "2018-01-01")),
        ("51.02".to_owned(), 4)
    );
    // Half a cent goes to the even one: 0.10 x 1.05 = 0.105
    let mut fixture = Fixture::new(&[euro("2017-03-01", 10)]);
    fixture.rates = vec![("EUR", day("2017-03-01"), None, rate("1.05"))];
    assert_eq!(value(&fixture, &asked(&["bookings"])).0, "0.1");
}

#[test]
fn single_amounts_of_a_median_are_converted_and_rounded_one_by_one() {
    // 10.00, 10.515505 = 10.52, 10.505 = 10.5 (half to even), 20.00
    assert_eq!(value(&mixed(), &asked(&["median_deal_size"])).0, "10.51");
}

#[test]
fn open_money_takes_the_rate_at_as_of_and_growth_one_rate_for_all() {
    let mut fixture = mixed();
    assert_eq!(
        value(&fixture, &as_of(asked(&["pipeline_value"]), "2017-12-31")).0,
        "30"
    );
    assert_eq!(
        value(&fixture, &as_of(asked(&["pipeline_value"]), "2018-01-06")).0,
        "30"
    );
    let growth = |fixture: &Fixture| {
        value(
            fixture,
            &as_of(
                ranged("revenue_growth_rate", "2017-03-02", "2017-03-10"),
                "2017-12-31",
            ),
        )
        .0
    };
    // 30.00 of 10.00 + 20.01 x 3
    assert_eq!(growth(&fixture), "-0.571612166214479509");
    fixture.settings.constant_currency_budget = Some("plan".to_owned());
    assert_eq!(growth(&fixture), "-0.524036173250832937");
}

#[test]
fn a_missing_rate_is_an_error_that_names_pair_and_day() {
    let fixture = mixed();
    let error = refused(&fixture, &as_of(asked(&["pipeline_value"]), "2018-01-07"));
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::FailedPrecondition, ErrorReason::MissingFxRate)
    );
    assert!(
        error.message.contains("from EUR to USD for 2018-01-07"),
        "{}",
        error.message
    );
    let mut none = mixed();
    none.rates.clear();
    let error = refused(&none, &asked(&["bookings"]));
    assert!(
        error.message.contains("from EUR to USD for 2017-03-01"),
        "{}",
        error.message
    );
    // What needs no money needs no rate.
    assert_eq!(value(&none, &asked(&["deals_won"])).0, "4");
    assert_eq!(
        value(&none, &filtered(asked(&["bookings"]), "currency", "USD")).0,
        "10"
    );
    none.settings.constant_currency_budget = Some("nothing".to_owned());
    let error = refused(&none, &asked(&["revenue_growth_rate"]));
    assert!(error.message.contains("budget `nothing`"), "{}", error.message);
}

#[test]
fn minor_units_are_those_of_each_currency() {
    let mut fixture = Fixture::new(&[Deal {
        currency: "JPY",
        ..Deal::won("2017-03-01", 1_000)
    }]);
    fixture.rates = vec![("JPY", day("2017-03-01"), None, rate("0.0089"))];
    assert_eq!(value(&fixture, &asked(&["bookings"])).0, "8.9");
    fixture.settings.currency = Currency::from_code("JPY").unwrap();
    let row = &rows(&fixture, &asked(&["bookings"]))[0];
    assert_eq!((text(row).as_str(), &*row.unit), ("1000", "JPY"));
}

#[test]
fn the_currency_is_a_dimension() {
    assert_eq!(
        table(
            &mixed(),
            &by(ranged("bookings", "2017-01-01", "2018-01-01"), &["currency"])
        ),
        ["2017-01-01 EUR 41.02 3", "2017-01-01 USD 10 1"]
    );
}
