//! What customers cost to win and are worth, against worked examples that others published; the page is named with each.

use super::saas::{pays, sample};
use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

fn spends(fixture: &mut Fixture, category: &str, (from, to): (&str, &str), cents: &str) {
    let day = |text: &str| {
        text.parse::<bellwether_domain::CivilDate>()
            .unwrap()
            .days()
            .to_string()
    };
    let told = [
        (Column::SpendCategory, category),
        (Column::Amount, cents),
        (Column::Currency, "USD"),
        (Column::StartDay, &day(from)),
        (Column::EndDay, &day(to)),
    ];
    fixture.row(Table::Spend, (from, to), &told);
}

fn same(fixture: &Fixture, (from, to): (&str, &str), known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        let found = value(fixture, &ranged(kpi, from, to));
        assert_eq!(found, ((*expected).to_owned(), *n), "{kpi}");
    }
}

/// Forty customers at 500 a month of whom one in forty leaves and is replaced each month; three are won by the end of the
/// year with 18,000 spent on selling.
fn forty() -> Fixture {
    let mut fixture = Fixture::new(&[]);
    for number in 0..40 {
        let left = if number < 12 {
            format!("2017-{:02}-15", number + 1)
        } else {
            String::new()
        };
        let account = format!("old {number}");
        pays(&mut fixture, &account, &[("2016-06-01", &left, "50000")]);
    }
    for month in 1..=12 {
        let account = format!("new {month}");
        pays(
            &mut fixture,
            &account,
            &[(&format!("2017-{month:02}-15"), "", "50000")],
        );
    }
    for (number, month) in [10, 11, 12].into_iter().enumerate() {
        let told = [
            (Column::Deal, format!("D{number}")),
            (Column::Account, format!("new {month}")),
            (Column::Outcome, "won".to_owned()),
        ];
        let told: Vec<(Column, &str)> = told.iter().map(|(column, text)| (*column, &**text)).collect();
        fixture.row(Table::Closings, (&format!("2017-{month:02}-10"), ""), &told);
    }
    spends(
        &mut fixture,
        "sales_payroll",
        ("2017-10-01", "2018-01-01"),
        "1200000",
    );
    spends(&mut fixture, "marketing", ("2017-10-01", "2018-01-01"), "600000");
    fixture
}

/// <https://mhq-gatsby.pages.dev/difference/ltv-to-cac-vs-magic-number/>: 500 a month at a margin of 75 % and a monthly
/// churn of 2.5 % are worth 15,000, which is 2.5 times a cost of 6,000. Payback by the formula of
/// <https://help.finmark.com/en/articles/5525177>: 6,000 / (500 x 75 %) = 16 months.
#[test]
fn lifetime_value_and_payback_are_those_of_a_published_company() {
    let mut fixture = forty();
    sample(&mut fixture, "gross_margin", "2017-06-01", "750000");
    let quarter = ("2017-10-01", "2018-01-01");
    let known = [
        ("arpa", "500", 40),
        ("monthly_logo_churn", "0.025", 51),
        ("customer_life", "40", 51),
        ("ltv", "15000", 40),
        ("ltv_by_revenue_churn", "15000", 40),
        // 15,000 x (1 - 0.975^60).
        ("ltv_60_months", "11716.2642513547404", 40),
        ("new_customers", "3", 3),
        ("selling_costs", "18000", 2),
        ("cac", "6000", 3),
        ("cac_marketing", "2000", 3),
        ("ltv_to_cac", "2.5", 3),
        ("cac_payback", "16", 3),
        ("cost_per_win", "6000", 3),
    ];
    same(&fixture, quarter, &known);
    let row = &rows(&fixture, &ranged("ltv_to_cac", quarter.0, quarter.1))[0];
    assert_eq!(&*row.unit, "times");
    assert_eq!(
        value(&fixture, &ranged("logo_churn", "2017-12-01", "2018-01-01")),
        ("0.025".to_owned(), 40)
    );
    // What was spent by the quarter before won nobody in it.
    assert_eq!(
        value(&fixture, &ranged("cac_lagged", "2018-01-01", "2018-04-01")).0,
        "no_new_customers"
    );
}

/// By hand: the value moves with a customer as its part of those exposed, less its part of those lost, plus (beside costs) its
/// part of the new ones; all pay the same. Exposed are 480 months of 40 + 11 customers with squares of 5,188 in all, lost are 12
/// with 78 of those months, new are 3 with 3 of them.
#[test]
fn lifetime_value_and_payback_say_how_far_chance_moves_them() {
    let mut fixture = forty();
    sample(&mut fixture, "gross_margin", "2017-06-01", "750000");
    let bounds = |kpi: &str| {
        let row = rows(&fixture, &ranged(kpi, "2017-10-01", "2018-01-01")).remove(0);
        let (low, high) = row.interval.unwrap().to_strings(12);
        [low, high].map(|bound| bound.parse::<f64>().unwrap())
    };
    let near = |kpi: &str, value: f64, variance: f64, n: f64, t: f64| {
        let half = value * (variance * n / (n - 1.0)).sqrt() * t;
        let [low, high] = bounds(kpi);
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-6 * value;
        assert!(
            close(low, value - half) && close(high, value + half),
            "{kpi}: {low} {high}, {half}"
        );
    };
    let (exposed, lost, new) = (480.0, 12.0, 3.0);
    let churn = 5_188.0 / (exposed * exposed) - 2.0 * 78.0 / (exposed * lost) + 1.0 / lost;
    let t51 = 2.007_583_770;
    near("ltv", 15_000.0, churn, 52.0, t51);
    near(
        "ltv_to_cac",
        2.5,
        churn + 1.0 / new + 2.0 * 3.0 / (exposed * new),
        52.0,
        t51,
    );
    near("cac_payback", 16.0, 1.0 / new, 3.0, 4.302_652_730);
}

#[test]
fn what_has_no_value_says_why() {
    let quarter = |kpi| ranged(kpi, "2017-10-01", "2018-01-01");
    assert_eq!(value(&forty(), &quarter("ltv")).0, "no_margin");
    let mut loss = forty();
    sample(&mut loss, "gross_margin", "2017-06-01", "-50000");
    assert_eq!(value(&loss, &quarter("cac_payback")).0, "never");
    assert_eq!(value(&loss, &quarter("ltv")).0, "-1000");
    let mut faithful = Fixture::new(&[]);
    sample(&mut faithful, "gross_margin", "2017-06-01", "750000");
    pays(&mut faithful, "Stays", &[("2016-06-01", "", "50000")]);
    for kpi in ["ltv", "customer_life", "ltv_by_revenue_churn"] {
        assert_eq!(value(&faithful, &quarter(kpi)).0, "no_churn", "{kpi}");
    }
    assert_eq!(value(&faithful, &quarter("monthly_logo_churn")).0, "0");
    assert_eq!(value(&faithful, &quarter("ltv_60_months")).0, "22500");
    let nobody = Fixture::new(&[]);
    let empty = [
        ("mrr", "0"),
        ("arpa", "no_customers"),
        ("ltv", "no_customers"),
        ("cac", "no_new_customers"),
        ("cac_payback", "no_new_customers"),
        ("new_customers", "0"),
        ("selling_costs", "no_costs"),
        ("cost_per_lead", "no_leads"),
        ("campaign_roi", "no_costs"),
    ];
    for (kpi, expected) in empty {
        assert_eq!(value(&nobody, &quarter(kpi)).0, expected, "{kpi}");
    }
    let won = Fixture::new(&[Deal::won("2017-11-01", 100)]);
    assert_eq!(value(&won, &quarter("cac")).0, "no_costs");
}

#[test]
fn campaigns_return_what_they_bring_beyond_their_cost() {
    let mut fixture = Fixture::new(&[
        Deal {
            campaign: "Fair",
            ..Deal::won("2017-02-05", 30_000)
        },
        Deal {
            campaign: "Fair",
            ..Deal::won("2017-03-05", 20_000)
        },
        Deal::won("2017-02-05", 90_000),
    ]);
    let day = |text: &str| {
        text.parse::<bellwether_domain::CivilDate>()
            .unwrap()
            .days()
            .to_string()
    };
    for (campaign, cents) in [("Fair", "20000"), ("", "70000")] {
        let told = [
            (Column::SpendCategory, "marketing"),
            (Column::Campaign, campaign),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
            (Column::StartDay, &day("2017-01-01")),
            (Column::EndDay, &day("2017-04-01")),
        ];
        fixture.row(Table::Spend, ("2017-01-01", "2017-04-01"), &told);
    }
    // 500 for 200.
    assert_eq!(
        value(&fixture, &ranged("campaign_roi", "2017-01-01", "2017-04-01")),
        ("1.5".to_owned(), 2)
    );
    fixture.row(Table::Leads, ("2017-02-01", ""), &[(Column::Lead, "L1")]);
    fixture.row(Table::Leads, ("2017-02-02", ""), &[(Column::Lead, "L2")]);
    let quarter = ("2017-01-01", "2017-04-01");
    same(
        &fixture,
        quarter,
        &[
            ("cost_per_lead", "450", 2),
            ("cost_per_opportunity", "300", 3),
            ("lead_to_customer", "0.5", 2),
        ],
    );
}
