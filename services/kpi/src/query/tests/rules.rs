//! What each KPI is, when it is absent, how it is grouped and filtered, and what is refused.

use bellwether_domain::exact::Exact;
use bellwether_domain::{ErrorCode, ErrorReason};

use super::*;
use crate::scan::fixture::Deal;
use crate::tenant::Attribute;

const YEAR: (&str, &str) = ("2017-01-01", "2018-01-01");

fn sample() -> Fixture {
    Fixture::new(&[
        Deal {
            owner: "Bob",
            ..Deal::won("2017-01-11", 10_000)
        },
        Deal {
            owner: "Ann",
            units: 2_500_000,
            ..Deal::won("2017-02-05", 30_050)
        },
        Deal {
            owner: "Ann",
            ..Deal::lost("2017-02-07", "price")
        },
        Deal {
            owner: "",
            ..Deal::lost("2017-03-01", "")
        },
        Deal {
            outcome: "no_decision",
            amount: Some(70_000),
            ..Deal::lost("2017-03-02", "")
        },
        Deal {
            amount: None,
            owner: "Cy",
            ..Deal::won("2017-03-09", 0)
        },
        Deal {
            amount: Some(5_000),
            owner: "Bob",
            ..Deal::OPEN
        },
        Deal {
            amount: None,
            qualified: false,
            ..Deal::OPEN
        },
    ])
}

fn year(kpi: &str) -> Ask {
    ranged(kpi, YEAR.0, YEAR.1)
}

#[test]
fn each_kpi_is_what_its_definition_says() {
    let fixture = sample();
    let cases = [
        ("win_rate", "0.5", "ratio", 6, 0),
        ("win_rate_value", "0.66694421315570358", "ratio", 4, 1),
        ("deals_won", "3", "count", 3, 0),
        ("bookings", "400.5", "USD", 2, 1),
        ("average_deal_size", "200.25", "USD", 2, 1),
        ("median_deal_size", "200.25", "USD", 2, 1),
        ("average_selling_price", "114.428571428571429", "USD/unit", 2, 1),
        ("sales_cycle_mean", "37.3333333333333333", "days", 3, 0),
        ("sales_cycle_median", "35", "days", 3, 0),
        ("open_deals", "2", "count", 2, 0),
        ("pipeline_value", "50", "USD", 1, 1),
        ("pipeline_created", "1350.5", "USD", 6, 2),
        ("sales_velocity", "2.68191964285714286", "USD/day", 6, 1),
    ];
    for (kpi, value, unit, n, missing) in cases {
        let row = &rows(&fixture, &year(kpi))[0];
        assert_eq!(
            (text(row).as_str(), &*row.unit, row.n, row.missing),
            (value, unit, n, missing),
            "{kpi}"
        );
        // Money by credit since their second version.
        let version = if kpi == "bookings" { 2 } else { 1 };
        assert_eq!((row.version, row.small_n), (version, true));
    }
}

#[test]
fn every_estimate_carries_an_interval_by_the_method_for_its_kind() {
    let fixture = sample();
    let interval = |kpi: &str| rows(&fixture, &year(kpi))[0].interval.clone();
    let shown = |kpi: &str| interval(kpi).map(|interval| interval.to_strings(12));
    let whole = |cents: i64| Exact::from_scaled(cents, 2);
    let square = |cents: i64| Exact::from_scaled(cents, 4);
    assert_eq!(interval("win_rate"), bellwether_stats::wilson(3, 6));
    assert_eq!(interval("deals_won"), Some(bellwether_stats::garwood(3)));
    // Of a mean Student's: amounts of 100.00 and 300.50.
    let mean = bellwether_stats::t_interval(2, &whole(40_050), &square(10_000 * 10_000 + 30_050 * 30_050));
    assert_eq!(
        shown("average_deal_size"),
        mean.map(|interval| interval.to_strings(12))
    );
    // Of a ratio of sums over the same deals the delta method, and a share ends at none and all: two of 100.00 were lost.
    let won = 10_000 * 10_000 + 30_050 * 30_050;
    let share = bellwether_stats::ratio_delta(
        4,
        &whole(40_050),
        &whole(60_050),
        &square(won),
        &square(won),
        &square(won + 2 * 10_000 * 10_000),
    );
    let share = share.map(|interval| interval.clamped(&Exact::zero(), &Exact::one()).to_strings(12));
    assert_eq!(shown("win_rate_value"), share);
    assert!(interval("sales_velocity").is_some());
    // Two deals tell nothing about the quantiles of all, and what was booked was booked.
    for kpi in [
        "median_deal_size",
        "bookings",
        "pipeline_value",
        "revenue_growth_rate",
    ] {
        assert!(interval(kpi).is_none(), "{kpi}");
    }
    let many = Fixture::new(&vec![Deal::won("2017-01-11", 1); 40]);
    assert!(!rows(&many, &year("win_rate"))[0].small_n);
    assert!(!rows(&many, &year("bookings"))[0].small_n);
}

#[test]
fn over_nothing_counts_and_sums_are_zero_and_the_rest_is_absent() {
    let nothing = Fixture::new(&[]);
    let cases = [
        ("win_rate", "no_closed_deals"),
        ("win_rate_value", "no_closed_deals"),
        ("deals_won", "0"),
        ("bookings", "0"),
        ("average_deal_size", "no_won_deals"),
        ("median_deal_size", "no_won_deals"),
        ("average_selling_price", "no_won_deals"),
        ("sales_cycle_mean", "no_won_deals"),
        ("sales_cycle_median", "no_won_deals"),
        ("open_deals", "0"),
        ("pipeline_value", "0"),
        ("pipeline_created", "0"),
        ("sales_velocity", "no_closed_deals"),
        ("revenue_growth_rate", "no_base"),
    ];
    for (kpi, expected) in cases {
        assert_eq!(value(&nothing, &year(kpi)), (expected.to_owned(), 0), "{kpi}");
        assert_eq!(value(&nothing, &asked(&[kpi])), (expected.to_owned(), 0), "{kpi}");
        assert!(rows(&nothing, &by(year(kpi), &["owner"])).is_empty(), "{kpi}");
        // No event at all is still a count, and rules out that there are many.
        let counted = kpi == "deals_won";
        assert_eq!(rows(&nothing, &year(kpi))[0].interval.is_some(), counted, "{kpi}");
    }
    assert!(rows(&nothing, &year("loss_reason_mix")).is_empty());
}

#[test]
fn the_reason_tells_what_is_lacking() {
    let lost = Fixture::new(&[Deal::lost("2017-02-01", "price")]);
    assert_eq!(
        value(&lost, &year("sales_velocity")),
        ("no_won_deals".to_owned(), 1)
    );
    assert_eq!(value(&lost, &year("win_rate")).0, "0");
    let bare = Fixture::new(&[
        Deal {
            amount: None,
            ..Deal::won("2017-02-01", 0)
        },
        Deal {
            amount: None,
            ..Deal::OPEN
        },
    ]);
    for kpi in [
        "bookings",
        "average_deal_size",
        "median_deal_size",
        "win_rate_value",
        "sales_velocity",
    ] {
        let row = &rows(&bare, &year(kpi))[0];
        assert_eq!((text(row).as_str(), row.missing), ("no_amounts", 1), "{kpi}");
    }
    assert_eq!(value(&bare, &year("pipeline_value")).0, "no_amounts");
    assert_eq!(value(&bare, &year("open_deals")).0, "1");
    let free = Fixture::new(&[Deal::won("2017-01-01", 0)]);
    assert_eq!(value(&free, &year("win_rate_value")).0, "no_amounts");
    assert_eq!(value(&free, &year("sales_velocity")).0, "no_cycle");
    assert_eq!(value(&free, &year("sales_cycle_mean")).0, "0");
    assert_eq!(value(&free, &year("average_deal_size")).0, "0");
    let unsold = Fixture::new(&[Deal {
        units: 0,
        ..Deal::won("2017-02-01", 5)
    }]);
    assert_eq!(value(&unsold, &year("average_selling_price")).0, "no_units");
}

#[test]
fn groups_are_those_with_items_sorted_with_null_last() {
    let fixture = sample();
    assert_eq!(
        table(&fixture, &by(year("win_rate"), &["owner"])),
        [
            "2017-01-01 Ann 0.333333333333333333 3",
            "2017-01-01 Bob 1 1",
            "2017-01-01 Cy 1 1",
            "2017-01-01 null 0 1"
        ]
    );
    // Cy's only deal lacks an amount: still an item.
    assert_eq!(
        table(&fixture, &by(year("bookings"), &["owner"])),
        [
            "2017-01-01 Ann 300.5 1",
            "2017-01-01 Bob 100 1",
            "2017-01-01 Cy no_amounts 0"
        ]
    );
    let two = table(&fixture, &by(year("deals_won"), &["product", "owner"]));
    assert_eq!(
        two,
        [
            "2017-01-01 Pen/Ann 1 1",
            "2017-01-01 Pen/Bob 1 1",
            "2017-01-01 Pen/Cy 1 1"
        ]
    );
}

#[test]
fn with_a_grain_every_period_is_there_for_every_group() {
    let fixture = sample();
    let monthly = by(
        cut(ranged("deals_won", "2017-01-01", "2017-04-01"), Grain::Month),
        &["owner"],
    );
    assert_eq!(
        table(&fixture, &monthly),
        [
            "2017-01-01 Ann 0 0",
            "2017-01-01 Bob 1 1",
            "2017-01-01 Cy 0 0",
            "2017-02-01 Ann 1 1",
            "2017-02-01 Bob 0 0",
            "2017-02-01 Cy 0 0",
            "2017-03-01 Ann 0 0",
            "2017-03-01 Bob 0 0",
            "2017-03-01 Cy 1 1",
        ]
    );
    let whole = cut(ranged("win_rate", "2016-12-01", "2017-02-01"), Grain::Month);
    assert_eq!(
        table(&fixture, &whole),
        ["2016-12-01  no_closed_deals 0", "2017-01-01  1 1"]
    );
}

#[test]
fn kpis_stand_in_the_order_asked_and_are_the_same_as_alone() {
    let fixture = sample();
    let ids = [
        "sales_velocity",
        "win_rate",
        "open_deals",
        "loss_reason_mix",
        "bookings",
        "revenue_growth_rate",
    ];
    let together = Ask {
        kpis: ids.iter().map(ToString::to_string).collect(),
        ..by(year("win_rate"), &["owner"])
    };
    let alone: Vec<String> = ids
        .iter()
        .flat_map(|kpi| table(&fixture, &by(year(kpi), &["owner"])))
        .collect();
    assert_eq!(table(&fixture, &together), alone);
}

#[test]
fn loss_reasons_are_shares_of_all_lost_in_the_same_period_and_other_groups() {
    let fixture = sample();
    assert_eq!(
        table(&fixture, &year("loss_reason_mix")),
        ["2017-01-01 price 0.5 2", "2017-01-01 null 0.5 2"]
    );
    let row = &rows(&fixture, &year("loss_reason_mix"))[0];
    assert_eq!(row.interval, bellwether_stats::wilson(1, 2));
    assert_eq!(
        table(&fixture, &by(year("loss_reason_mix"), &["owner"])),
        ["2017-01-01 Ann/price 1 1", "2017-01-01 null/null 1 1"]
    );
    assert_eq!(
        table(&fixture, &by(year("loss_reason_mix"), &["loss_reason", "owner"])),
        ["2017-01-01 price/Ann 1 1", "2017-01-01 null/null 1 1"]
    );
    let monthly = cut(
        ranged("loss_reason_mix", "2017-01-01", "2017-03-01"),
        Grain::Month,
    );
    assert_eq!(
        table(&fixture, &monthly),
        ["2017-01-01 price no_lost_deals 0", "2017-02-01 price 1 1"]
    );
}

#[test]
fn filters_are_or_within_a_dimension_and_and_between_them() {
    let fixture = sample();
    let won = |filters: &[(&str, &str)]| {
        value(
            &fixture,
            &filters
                .iter()
                .fold(year("win_rate"), |ask, (name, one)| filtered(ask, name, one)),
        )
        .1
    };
    assert_eq!(won(&[("owner", "Ann")]), 3);
    assert_eq!(won(&[("owner", "Ann"), ("owner", "Bob")]), 4);
    assert_eq!(won(&[("owner", "Ann"), ("loss_reason", "price")]), 1);
    assert_eq!(won(&[("owner", "")]), 1);
    assert_eq!(won(&[("owner", ""), ("owner", "Cy")]), 2);
    assert_eq!(won(&[("owner", "Nobody")]), 0);
    assert_eq!(won(&[("owner", "ann")]), 0);
    let mut missing = year("win_rate");
    missing.filters.push(("owner".to_owned(), None));
    assert_eq!(value(&fixture, &missing).1, 1);
    assert_eq!(
        value(&fixture, &filtered(year("sales_velocity"), "owner", "Nobody")).0,
        "no_closed_deals"
    );
}

#[test]
fn attributes_of_the_owner_are_those_at_the_event() {
    let mut fixture = Fixture::new(&[
        Deal::won("2017-01-11", 100),
        Deal::won("2017-02-01", 100),
        Deal::won("2017-03-11", 100),
        Deal {
            owner: "Bob",
            ..Deal::won("2017-03-11", 100)
        },
        Deal {
            owner: "",
            ..Deal::won("2017-03-11", 100)
        },
        Deal {
            created: "2017-01-15",
            ..Deal::OPEN
        },
    ]);
    for (day, team) in [("2016-01-01", "East"), ("2017-02-01", "West")] {
        fixture.attribute_from(Attribute::Team, "Ann", day, team);
    }
    fixture.attribute_from(Attribute::AccountIndustry, "Acme", "2016-01-01", "Steel");
    assert_eq!(
        table(&fixture, &by(year("deals_won"), &["team"])),
        [
            "2017-01-01 East 1 1",
            "2017-01-01 West 2 2",
            "2017-01-01 null 2 2"
        ]
    );
    assert_eq!(
        value(&fixture, &filtered(year("deals_won"), "team", "West")).0,
        "2"
    );
    assert_eq!(
        table(&fixture, &by(year("deals_won"), &["account_industry"])),
        ["2017-01-01 Steel 5 5"]
    );
    // A stock looks at its own instant: the end of January is still East's.
    let open = cut(ranged("open_deals", "2017-01-01", "2017-03-01"), Grain::Month);
    assert_eq!(
        table(&fixture, &by(filtered(open, "owner", "Ann"), &["team"])),
        [
            "2017-01-01 East 3 3",
            "2017-01-01 West 0 0",
            "2017-02-01 East 0 0",
            "2017-02-01 West 2 2"
        ]
    );
}

#[test]
fn what_cannot_be_asked_is_refused_by_name() {
    let fixture = sample();
    let wrong = |ask: &Ask| {
        let error = refused(&fixture, ask);
        (error.code, error.reason, error.message)
    };
    let (code, reason, message) = wrong(&asked(&["win_rate", "bokings"]));
    assert_eq!((code, reason), (ErrorCode::NotFound, ErrorReason::UnknownKpi));
    assert!(message.contains("`bookings`"));
    let (code, reason, message) = wrong(&by(year("win_rate"), &["ownr"]));
    assert_eq!(
        (code, reason),
        (ErrorCode::InvalidArgument, ErrorReason::UnknownDimension)
    );
    assert!(
        message.contains("`ownr`") && message.contains("`owner`"),
        "{message}"
    );
    let (_, reason, message) = wrong(&filtered(year("open_deals"), "loss_reason", "x"));
    assert_eq!(reason, ErrorReason::UnknownDimension);
    assert!(
        message.contains("`open_deals` cannot be filtered by `loss_reason`"),
        "{message}"
    );
    let many = by(
        asked(&["win_rate"; 33]),
        &["owner", "team", "stage", "type", "owner"],
    );
    let error = refused(&fixture, &many);
    let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(
        (error.reason, fields),
        (ErrorReason::InvalidField, vec!["kpis", "group_by", "group_by"])
    );
    assert!(wrong(&asked(&[])).2.contains("win_rate"));
}

#[test]
fn an_answer_that_cannot_fit_is_refused() {
    let owners: Vec<&'static str> = (0..20)
        .map(|i| &*Box::leak(format!("rep {i}").into_boxed_str()))
        .collect();
    let deals: Vec<Deal> = owners
        .iter()
        .map(|owner| Deal {
            owner,
            ..Deal::won("2017-01-11", 1)
        })
        .collect();
    let daily = by(
        cut(ranged("deals_won", "2010-01-01", "2017-02-01"), Grain::Day),
        &["owner"],
    );
    let error = refused(&Fixture::new(&deals), &daily);
    assert!(error.message.contains("51760 cells"), "{}", error.message);
    assert_eq!(error.violations[0].field, "group_by");
}
