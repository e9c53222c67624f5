//! Known answers, worked out by hand, of the KPIs about how deals end, what sort of business they are and how the
//! pipeline is kept.

use super::*;
use crate::scan::fixture::Deal;

/// Four deals won, three lost, one undecided, three open; all created on 2017-01-01. B is Bolt's, I nobody's.
fn firm() -> Fixture {
    let won = |closed, amount, business| Deal {
        business,
        ..Deal::won(closed, amount)
    };
    let lost = |closed, reason, amount, business| Deal {
        business,
        amount: Some(amount),
        ..Deal::lost(closed, reason)
    };
    Fixture::new(&[
        // A to D: 100 after 10 days, 300.50 after 35, unpriced after 67, 200 after 69.
        won("2017-01-11", 10_000, "new"),
        Deal {
            account: "Bolt",
            product: "Ink",
            units: 2_500_000,
            ..won("2017-02-05", 30_050, "expansion")
        },
        Deal {
            amount: None,
            ..won("2017-03-09", 0, "renewal")
        },
        Deal {
            campaign: "Fair",
            units: 4_000_000,
            ..won("2017-03-11", 20_000, "cross_sell")
        },
        // E, F, K: 100 after 37 days, 400 after 59, 300 after 63.
        lost("2017-02-07", "price", 10_000, "new"),
        lost("2017-03-01", "", 40_000, "expansion"),
        lost("2017-03-05", "price", 30_000, "renewal"),
        // G: 700.
        Deal {
            outcome: "no_decision",
            ..lost("2017-03-02", "", 70_000, "new")
        },
        // H, I, J: 50, unpriced, 150.
        Deal {
            amount: Some(5_000),
            ..Deal::OPEN
        },
        Deal {
            amount: None,
            qualified: false,
            account: "",
            ..Deal::OPEN
        },
        Deal {
            amount: Some(15_000),
            campaign: "Fair",
            ..Deal::OPEN
        },
    ])
}

fn year(kpi: &str) -> Ask {
    ranged(kpi, "2017-01-01", "2018-01-01")
}

/// KPI, value, n, missing.
type Known = (&'static str, &'static str, u64, u64);

fn same(fixture: &Fixture, known: &[Known]) {
    for (kpi, expected, n, missing) in known {
        let row = &rows(fixture, &year(kpi))[0];
        assert_eq!(
            (text(row).as_str(), row.n, row.missing),
            (*expected, *n, *missing),
            "{kpi}"
        );
    }
}

#[test]
fn how_deals_end() {
    let known = [
        ("win_rate_competitive", "0.571428571428571429", 7, 0),
        ("deals_closed", "8", 8, 0),
        ("deals_lost", "3", 3, 0),
        ("deals_without_decision", "1", 1, 0),
        ("loss_rate", "0.375", 8, 0),
        ("no_decision_rate", "0.125", 8, 0),
        ("lost_value", "800", 3, 0),
        ("average_lost_deal_size", "266.666666666666667", 3, 0),
        ("lost_cycle_mean", "53", 3, 0),
        ("lost_cycle_median", "59", 3, 0),
        ("losses_without_reason", "0.333333333333333333", 3, 0),
    ];
    same(&firm(), &known);
    // The three ways to end make the whole.
    let share = |kpi: &str| value(&firm(), &year(kpi)).0.parse::<f64>().unwrap();
    assert!((share("win_rate") + share("loss_rate") + share("no_decision_rate") - 1.0).abs() < 1e-12);
}

#[test]
fn what_sort_of_business_is_won() {
    let known = [
        ("bookings_new", "100", 1, 0),
        ("bookings_expansion", "500.5", 2, 0),
        ("bookings_renewal", "no_amounts", 0, 1),
        ("expansion_share", "0.83347210657785179", 3, 1),
        ("upsell_rate", "0.25", 4, 0),
        ("cross_sell_rate", "0.25", 4, 0),
        ("new_business_win_rate", "0.333333333333333333", 3, 0),
        ("renewal_win_rate", "0.5", 2, 0),
        ("average_new_deal_size", "100", 1, 0),
        // 600.50 in a mean cycle of (10 + 35 + 67 + 69) / 4 = 45.25 days.
        ("throughput", "13.2707182320441989", 3, 1),
        ("units_sold", "8.5", 4, 0),
        ("average_units_per_deal", "2.125", 4, 0),
        ("product_revenue", "600.5", 3, 1),
        ("marketing_sourced_bookings", "200", 1, 0),
        ("marketing_sourced_share", "0.33305578684429642", 3, 1),
        ("marketing_sourced_pipeline", "350", 2, 0),
    ];
    same(&firm(), &known);
}

#[test]
fn shares_are_of_the_whole() {
    let firm = firm();
    assert_eq!(
        table(&firm, &year("product_revenue_share")),
        [
            "2017-01-01 Ink 0.500416319733555371 3",
            "2017-01-01 Pen 0.499583680266444629 3"
        ]
    );
    assert_eq!(
        table(&firm, &year("customer_revenue_share")),
        [
            "2017-01-01 Acme 0.499583680266444629 3",
            "2017-01-01 Bolt 0.500416319733555371 3"
        ]
    );
    // Of one region or product the whole is that one's.
    assert_eq!(
        table(&firm, &filtered(year("customer_revenue_share"), "product", "Ink")),
        ["2017-01-01 Bolt 1 1"]
    );
}

#[test]
fn how_the_pipeline_is_kept() {
    let known = [
        ("qualified_open_deals", "2", 2, 0),
        ("qualified_pipeline_value", "200", 2, 0),
        ("qualified_share", "0.666666666666666667", 3, 0),
        ("average_open_deal_size", "100", 2, 1),
        ("median_open_deal_size", "100", 2, 1),
        ("deals_created", "11", 11, 0),
        ("average_created_deal_size", "255.611111111111111", 9, 2),
        ("pipeline_replenishment", "1.375", 8, 0),
        ("open_deals_without_amount", "0.333333333333333333", 3, 0),
        ("open_deals_without_account", "0.333333333333333333", 3, 0),
    ];
    same(&firm(), &known);
    let february = as_of(asked(&["median_open_deal_size"]), "2017-02-15");
    // Then D 200, F 400, G 700, K 300, H 50 and J 150 were open, and C and I unpriced.
    assert_eq!(value(&firm(), &february), ("250".to_owned(), 6));
}

#[test]
fn growth_is_against_the_period_before() {
    let firm = firm();
    let march = |kpi: &str| value(&firm, &ranged(kpi, "2017-03-01", "2017-04-01"));
    // C and D against B; 200 against 300.50.
    assert_eq!(march("deals_won_growth"), ("1".to_owned(), 2));
    assert_eq!(march("deal_size_growth"), ("-0.334442595673876872".to_owned(), 1));
    assert_eq!(value(&firm, &year("deals_won_growth")).0, "no_base");
    assert_eq!(value(&firm, &year("deal_size_growth")).0, "no_base");
    let created = |created, amount| Deal {
        created,
        amount: Some(amount),
        ..Deal::OPEN
    };
    let two = Fixture::new(&[created("2017-01-05", 10_000), created("2017-02-03", 15_000)]);
    let of_february = ranged("pipeline_growth", "2017-02-01", "2017-03-01");
    assert_eq!(value(&two, &of_february), ("0.5".to_owned(), 1));
    assert_eq!(value(&two, &year("pipeline_growth")), ("no_base".to_owned(), 2));
}

#[test]
fn over_nothing_they_are_zero_or_absent() {
    let nothing = Fixture::new(&[]);
    let cases = [
        ("win_rate_competitive", "no_closed_deals"),
        ("loss_rate", "no_closed_deals"),
        ("no_decision_rate", "no_closed_deals"),
        ("average_lost_deal_size", "no_lost_deals"),
        ("lost_cycle_mean", "no_lost_deals"),
        ("lost_cycle_median", "no_lost_deals"),
        ("losses_without_reason", "no_lost_deals"),
        ("expansion_share", "no_won_deals"),
        ("upsell_rate", "no_won_deals"),
        ("cross_sell_rate", "no_won_deals"),
        ("new_business_win_rate", "no_closed_deals"),
        ("renewal_win_rate", "no_closed_deals"),
        ("average_new_deal_size", "no_won_deals"),
        ("throughput", "no_won_deals"),
        ("average_units_per_deal", "no_won_deals"),
        ("marketing_sourced_share", "no_won_deals"),
        ("qualified_share", "no_open_deals"),
        ("average_open_deal_size", "no_open_deals"),
        ("median_open_deal_size", "no_open_deals"),
        ("open_deals_without_amount", "no_open_deals"),
        ("open_deals_without_account", "no_open_deals"),
        ("average_created_deal_size", "no_created_deals"),
        ("pipeline_replenishment", "no_closed_deals"),
        ("deals_won_growth", "no_base"),
        ("deal_size_growth", "no_won_deals"),
        ("pipeline_growth", "no_base"),
        ("units_sold", "0"),
        ("deals_lost", "0"),
        ("lost_value", "0"),
        ("bookings_new", "0"),
        ("product_revenue", "0"),
        ("deals_created", "0"),
        ("qualified_pipeline_value", "0"),
        ("marketing_sourced_pipeline", "0"),
    ];
    for (kpi, expected) in cases {
        assert_eq!(value(&nothing, &year(kpi)), (expected.to_owned(), 0), "{kpi}");
    }
}

#[test]
fn rates_of_counts_carry_an_interval() {
    let firm = firm();
    let cases = [
        ("win_rate_competitive", 4, 7),
        ("loss_rate", 3, 8),
        ("upsell_rate", 1, 4),
        ("qualified_share", 2, 3),
        ("losses_without_reason", 1, 3),
    ];
    for (kpi, successes, trials) in cases {
        let interval = rows(&firm, &year(kpi))[0].interval.clone();
        assert_eq!(interval, bellwether_stats::wilson(successes, trials), "{kpi}");
    }
}
