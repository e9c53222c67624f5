//! Recurring revenue and what customers cost, against worked examples that others published; the page is named with each.

use super::*;
use crate::table::{Column, Table};

const YEAR: (&str, &str) = ("2017-01-01", "2018-01-01");

/// An account that pays these cents a month, from and to.
pub(super) fn pays(fixture: &mut Fixture, account: &str, spells: &[(&str, &str, &str)]) {
    for (from, to, cents) in spells {
        let told = [
            (Column::Subscription, account),
            (Column::Account, account),
            (Column::Amount, *cents),
            (Column::Currency, "USD"),
        ];
        fixture.row(Table::Subscriptions, (from, to), &told);
    }
}

/// A sample of millionths.
pub(super) fn sample(fixture: &mut Fixture, metric: &str, day: &str, millionths: &str) {
    let told = [
        (Column::Metric, metric),
        (Column::Value, millionths),
        (Column::Weight, "1000000"),
    ];
    fixture.row(Table::Samples, (day, ""), &told);
}

fn same(fixture: &Fixture, (from, to): (&str, &str), known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        let found = value(fixture, &ranged(kpi, from, to));
        assert_eq!(found, ((*expected).to_owned(), *n), "{kpi}");
    }
}

/// <https://www.revenuecalculators.com/calculators/mrr-growth>: 18,000 of recurring revenue, 2,800 new, 700 expansion, 300
/// contraction and 900 churn make 2,300 more.
#[test]
fn movements_are_those_of_a_published_bridge() {
    let mut fixture = Fixture::new(&[]);
    pays(&mut fixture, "Stays", &[("2016-06-01", "", "1000000")]);
    pays(
        &mut fixture,
        "Grows",
        &[
            ("2016-06-01", "2017-02-10", "300000"),
            ("2017-02-10", "", "370000"),
        ],
    );
    pays(
        &mut fixture,
        "Shrinks",
        &[
            ("2016-06-01", "2017-02-20", "410000"),
            ("2017-02-20", "", "380000"),
        ],
    );
    pays(&mut fixture, "Leaves", &[("2016-06-01", "2017-02-15", "90000")]);
    pays(&mut fixture, "Comes", &[("2017-02-03", "", "280000")]);
    // Nothing of it is seen at either end.
    pays(&mut fixture, "Tries", &[("2017-02-05", "2017-02-25", "5000")]);
    let february = ("2017-02-01", "2017-03-01");
    let known = [
        ("mrr", "20300", 4),
        ("arr", "243600", 4),
        ("mrr_new", "2800", 1),
        ("mrr_expansion", "700", 1),
        ("mrr_contraction", "300", 1),
        ("mrr_churn", "900", 1),
        ("mrr_reactivation", "0", 0),
        ("mrr_fx", "0", 4),
        ("mrr_change", "2300", 4),
        ("subscribing_customers", "4", 4),
        ("arpa", "5075", 4),
        ("logo_churn", "0.25", 4),
        // 300 and 900 of 18,000.
        ("revenue_churn", "0.0666666666666666667", 4),
    ];
    same(&fixture, february, &known);
    let before = value(&fixture, &as_of(asked(&["mrr"]), "2017-01-31"));
    assert_eq!(before.0, "18000");
    let interval = rows(&fixture, &ranged("logo_churn", february.0, february.1))[0]
        .interval
        .clone();
    assert_eq!(interval, bellwether_stats::wilson(1, 4));
}

/// <https://bigdelta.com/library/metrics/nrr-vs-grr>: of 20,000, 1,200 cancelled and 800 cut keep 90 %; with upgrades of
/// 3,000 it is 105 %.
#[test]
fn retention_is_that_of_a_published_cohort() {
    let mut fixture = Fixture::new(&[]);
    pays(&mut fixture, "Stays", &[("2016-06-01", "", "1000000")]);
    pays(&mut fixture, "Leaves", &[("2016-06-01", "2017-05-01", "120000")]);
    pays(
        &mut fixture,
        "Shrinks",
        &[
            ("2016-06-01", "2017-07-01", "480000"),
            ("2017-07-01", "", "400000"),
        ],
    );
    pays(
        &mut fixture,
        "Grows",
        &[
            ("2016-06-01", "2017-09-01", "400000"),
            ("2017-09-01", "", "700000"),
        ],
    );
    pays(&mut fixture, "Comes", &[("2017-03-01", "", "5000000")]);
    let known = [
        ("gross_revenue_retention", "0.9", 4),
        ("net_revenue_retention", "1.05", 4),
        ("logo_retention", "0.75", 4),
        ("revenue_churn", "0.1", 4),
    ];
    same(&fixture, YEAR, &known);
    let none = Fixture::new(&[]);
    for kpi in [
        "gross_revenue_retention",
        "net_revenue_retention",
        "revenue_churn",
        "logo_churn",
    ] {
        assert_eq!(
            value(&none, &ranged(kpi, YEAR.0, YEAR.1)),
            ("no_base".to_owned(), 0),
            "{kpi}"
        );
    }
}

#[test]
fn who_comes_back_is_reactivated_and_rates_are_a_movement_of_their_own() {
    let mut fixture = Fixture::new(&[]);
    pays(
        &mut fixture,
        "Back",
        &[("2016-01-01", "2016-06-01", "10000"), ("2017-02-10", "", "7000")],
    );
    let euro = |fixture: &mut Fixture, account: &str, from: &str, cents: &str| {
        let told = [
            (Column::Subscription, account),
            (Column::Account, account),
            (Column::Amount, cents),
            (Column::Currency, "EUR"),
        ];
        fixture.row(Table::Subscriptions, (from, ""), &told);
    };
    euro(&mut fixture, "Alt", "2016-01-01", "10000");
    euro(&mut fixture, "Neu", "2017-02-15", "5000");
    let day = |text: &str| text.parse::<bellwether_domain::CivilDate>().unwrap().days();
    let rate = |text: &str| text.parse::<bellwether_domain::exact::Exact>().unwrap();
    fixture.rates = vec![
        ("EUR", day("2017-01-31"), None, rate("1.1")),
        ("EUR", day("2017-02-28"), None, rate("1.2")),
    ];
    let known = [
        ("mrr_reactivation", "70", 1),
        ("mrr_new", "60", 1),
        ("mrr_change", "130", 3),
        ("mrr_fx", "10", 1),
    ];
    same(&fixture, ("2017-02-01", "2017-03-01"), &known);
    let mrr = |day| value(&fixture, &as_of(asked(&["mrr"]), day)).0;
    // 110 + 70 + 60 + 10.
    assert_eq!(
        (mrr("2017-01-31"), mrr("2017-02-28")),
        ("110".to_owned(), "250".to_owned())
    );
}

#[test]
fn movements_sum_to_the_change_in_every_cut() {
    let mut fixture = Fixture::new(&[]);
    // Changes from one product to a dearer one, adds one, is new with two.
    for (account, product, from, to, cents) in [
        ("Acme", "Basic", "2016-06-01", "2017-02-10", "1000"),
        ("Acme", "Plus", "2017-02-10", "", "3000"),
        ("Bolt", "Basic", "2016-06-01", "", "500"),
        ("Bolt", "Plus", "2017-02-01", "", "700"),
        ("Cog", "Basic", "2017-02-20", "", "40"),
        ("Cog", "Plus", "2017-02-21", "", "60"),
        ("Dot", "Basic", "2016-06-01", "2017-02-15", "9"),
    ] {
        let told = [
            (Column::Subscription, &*format!("{account} {product}")),
            (Column::Account, account),
            (Column::Product, product),
            (Column::Amount, cents),
            (Column::Currency, "USD"),
        ];
        fixture.row(Table::Subscriptions, (from, to), &told);
    }
    let february = |kpi: &str| by(ranged(kpi, "2017-02-02", "2017-03-01"), &["product"]);
    let of = |kpi: &str, product: &str| {
        let found = rows(&fixture, &february(kpi));
        let row = found
            .iter()
            .find(|row| row.group[0].1.as_deref() == Some(product));
        row.map_or(0.0, |row| text(row).parse::<f64>().unwrap())
    };
    for product in ["Basic", "Plus"] {
        let more = of("mrr_new", product) + of("mrr_expansion", product) + of("mrr_reactivation", product);
        let less = of("mrr_contraction", product) + of("mrr_churn", product);
        let change = of("mrr_change", product);
        assert!(
            (more - less - change).abs() < 1e-9,
            "{product}: {more} - {less} = {change}"
        );
    }
    // What Acme left Basic for is no churn: it is a customer still. Dot is none.
    assert_eq!(
        (of("mrr_contraction", "Basic"), of("mrr_churn", "Basic")),
        (10.0, 0.09)
    );
    assert_eq!((of("mrr_new", "Basic"), of("mrr_new", "Plus")), (0.4, 0.6));
    // Together Acme merely pays more.
    let whole = |kpi| value(&fixture, &ranged(kpi, "2017-02-02", "2017-03-01")).0;
    assert_eq!(
        (whole("mrr_expansion"), whole("mrr_contraction")),
        ("20".to_owned(), "0".to_owned())
    );
}
