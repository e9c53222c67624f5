//! Numbers that arrive as samples, worked out by hand; the net promoter score against a published one.

use super::saas::sample;
use super::*;
use crate::table::{Column, Table};

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

fn same(fixture: &Fixture, known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        let found = value(fixture, &ranged(kpi, QUARTER.0, QUARTER.1));
        assert_eq!(found, ((*expected).to_owned(), *n), "{kpi}");
    }
}

/// <http://www.talkstats.com/threads/net-promoter-score-calculating-confidence-intervals-and-margin-of-error.58500/>: 291
/// promoters, 476 passives and 395 detractors make -9, give or take 4.4 points.
#[test]
fn the_net_promoter_score_is_that_of_a_published_survey() {
    let mut fixture = Fixture::new(&[]);
    for (replies, score) in [(291, "10"), (476, "8"), (200, "6"), (195, "0")] {
        for _ in 0..replies {
            sample(&mut fixture, "nps", "2017-02-01", &format!("{score}000000"));
        }
    }
    sample(&mut fixture, "nps.asked", "2017-02-01", "2324000000");
    let row = rows(&fixture, &ranged("nps", QUARTER.0, QUARTER.1)).remove(0);
    assert_eq!(
        (text(&row), &*row.unit, row.n),
        ("-8.95008605851979346".to_owned(), "points", 1162)
    );
    let number = |text: String| text.parse::<f64>().unwrap();
    let interval = row.interval.unwrap();
    let (low, high) = (
        number(interval.low().to_decimal_string()),
        number(interval.high().to_decimal_string()),
    );
    assert!(((high - low) / 2.0 - 4.4).abs() < 0.05, "{low} {high}");
    assert_eq!(
        value(&fixture, &ranged("nps_response_rate", QUARTER.0, QUARTER.1)).0,
        "0.5"
    );
}

#[test]
fn like_replies_may_come_as_one_sample_of_their_weight() {
    let mut fixture = Fixture::new(&[]);
    for (metric, value, weight) in [
        ("nps", "9000000", "6000000"),
        ("nps", "7000000", "1000000"),
        ("nps", "6000000", "3000000"),
        ("csat", "5000000", "3000000"),
        ("csat", "4000000", "3000000"),
        ("csat", "3000000", "2000000"),
        ("ces", "7000000", "1000000"),
        ("ces", "4000000", "2000000"),
        // 10 tickets of 8 minutes and 30 of 4.
        ("support.handle_time", "8000000", "10000000"),
        ("support.handle_time", "4000000", "30000000"),
    ] {
        let told = [
            (Column::Metric, metric),
            (Column::Value, value),
            (Column::Weight, weight),
        ];
        fixture.row(Table::Samples, ("2017-02-01", ""), &told);
    }
    let known = [
        ("nps", "30", 3),
        ("csat", "0.75", 3),
        ("customer_effort", "5", 2),
        ("handle_time", "5", 2),
    ];
    same(&fixture, &known);
}

#[test]
fn books_shop_and_support_stand_beside_selling() {
    let mut fixture = Fixture::new(&[]);
    for (metric, values) in [
        ("finance.revenue", ["100000000", "120000000", "180000000"]),
        ("finance.cogs", ["20000000", "30000000", "30000000"]),
        ("finance.ebit", ["10000000", "20000000", "30000000"]),
        ("finance.operating_profit", ["10000000", "15000000", "25000000"]),
        ("finance.net_income", ["5000000", "5000000", "-2000000"]),
        (
            "finance.capital_employed",
            ["200000000", "300000000", "400000000"],
        ),
        ("inventory.cogs", ["30000000", "30000000", "40000000"]),
        ("inventory.value", ["10000000", "30000000", "20000000"]),
        ("web.visits", ["1000000000", "2000000000", "500000"]),
        ("web.carts", ["40000000", "40000000", "20000000"]),
        ("web.orders", ["10000000", "10000000", "5000000"]),
        ("support.tickets_closed", ["7000000", "8000000", "9000000"]),
        ("engagement", ["70000000", "80000000", "75000000"]),
        ("competency", ["60000000", "60000000", "90000000"]),
        ("process_adherence", ["50000000", "100000000", "75000000"]),
        ("account.engagement", ["10000000", "20000000", "30000000"]),
    ] {
        for (month, value) in ["2017-01-01", "2017-02-01", "2017-03-01"].into_iter().zip(values) {
            sample(&mut fixture, metric, month, value);
        }
    }
    let known = [
        ("ebit_margin", "0.15", 3),
        ("operating_margin", "0.125", 3),
        ("net_margin", "0.02", 3),
        ("gross_margin", "0.8", 3),
        ("roce", "0.2", 3),
        ("inventory_turnover", "5", 3),
        ("cart_abandonment", "0.75", 3),
        ("website_traffic", "3000.5", 3),
        ("tickets_closed", "24", 3),
        ("engagement", "75", 3),
        ("competency", "70", 3),
        ("process_adherence", "75", 3),
        ("account_engagement_score", "20", 3),
    ];
    same(&fixture, &known);
    let nothing = Fixture::new(&[]);
    for (kpi, _, _) in known {
        assert_eq!(
            value(&nothing, &ranged(kpi, QUARTER.0, QUARTER.1)).0,
            "no_samples",
            "{kpi}"
        );
    }
    for kpi in ["nps", "csat", "customer_effort"] {
        assert_eq!(
            value(&nothing, &ranged(kpi, QUARTER.0, QUARTER.1)).0,
            "no_replies",
            "{kpi}"
        );
    }
}
