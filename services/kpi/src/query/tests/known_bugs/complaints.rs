//! The complaints about other systems that are to be beaten (KPI rules, section 6), by number. What caches and replicas do
//! is told in `tests/complaints.rs`.

use bellwether_domain::period::{CalendarPattern, FiscalCalendar};
use bellwether_domain::{CivilDate, Zone};

use super::*;
use crate::catalogue::{Interval as Method, Unit};
use crate::scan::fixture::Deal;

/// 1: accelerated answers are silently wrong. However facts are cut for threads and morsels, and whatever else is asked
/// with a KPI, the answer is that of a plain scan of it alone.
#[test]
fn complaint_01_a_faster_way_never_says_something_else() {
    let deals: Vec<Deal> = (0..500)
        .map(|number| Deal {
            owner: ["Ann", "Bob", "Cy"][number % 3],
            ..Deal::won(
                ["2017-01-11", "2017-02-05", "2017-03-09"][number % 3],
                100 + number as i64,
            )
        })
        .collect();
    let kpis = [
        "bookings",
        "win_rate",
        "median_deal_size",
        "sales_cycle_mean",
        "revenue_growth_rate",
    ];
    let one = cut(
        by(ranged("x", "2017-01-01", "2017-04-01"), &["owner"]),
        Grain::Month,
    );
    let plain = Fixture::new(&deals);
    let alone: Vec<String> = kpis
        .iter()
        .flat_map(|kpi| {
            let ask = Ask {
                kpis: vec![(*kpi).to_owned()],
                ..one.clone()
            };
            table(&plain, &ask)
        })
        .collect();
    let together = Ask {
        kpis: kpis.map(str::to_owned).to_vec(),
        ..one
    };
    for morsel in [1, 7, 1_000] {
        let mut fixture = Fixture::new(&deals);
        fixture.morsel = morsel;
        for threads in [1, 2, 5] {
            let rows = answer(&fixture, catalogue(), &together, now(), threads)
                .unwrap()
                .rows;
            let found: Vec<String> = rows.iter().map(text).collect();
            let expected: Vec<&str> = alone.iter().filter_map(|line| line.split(' ').nth(2)).collect();
            assert_eq!(found, expected, "{morsel} rows in a morsel, {threads} threads");
        }
    }
}

/// 2: why did my query not hit the rollup? Every value says how it was computed and why so.
#[test]
fn complaint_02_every_value_says_how_it_was_computed_and_why() {
    let facts = Company::of([won("a", "ann", "2017-02-01", "100")]).facts();
    let kpis: Vec<&str> = catalogue()
        .all()
        .iter()
        .map(|kpi| kpi.definition.id.as_str())
        .collect();
    for some in kpis.chunks(MOST_KPIS) {
        for row in answered(&facts, &asked(some)).unwrap() {
            assert!(
                row.path_reason.starts_with("scan of "),
                "{}: {}",
                row.kpi,
                row.path_reason
            );
        }
    }
}

/// 3: backfill of old rows is missed. A record that arrives years late is part of its old period at once.
#[test]
fn complaint_03_a_row_that_arrives_late_counts_in_its_old_period() {
    let mut company = Company::of([won("a", "ann", "2019-02-01", "100")]);
    let before = company.log.changes.len() as u64;
    company.tell([won("b", "ann", "2017-02-01", "40")]);
    let facts = company.facts();
    let years = cut(ranged("bookings", "2017-01-01", "2020-01-01"), Grain::Year);
    assert_eq!(
        periods(&facts, &years),
        ["2017-01-01 40", "2018-01-01 0", "2019-01-01 100"]
    );
    assert_eq!(periods(&facts, &known(years, before))[0], "2017-01-01 0");
}

/// Days of a zone that are not 24 hours long, from 2010 to 2030.
fn uneven(zone: &Zone) -> Vec<CivilDate> {
    let first: CivilDate = "2010-01-01".parse().unwrap();
    let days = (0..7_670).map(|days| first.plus_days(days));
    let length =
        |day: CivilDate| zone.start_of_day(day.plus_days(1)).as_micros() - zone.start_of_day(day).as_micros();
    days.filter(|day| length(*day) != 86_400_000_000).collect()
}

/// 4: wrong by time zone and summer time. At every transition of zones with whole, half and negative shifts the first and
/// the last minute of a day are of that day, whatever its length.
#[test]
fn complaint_04_days_of_23_and_25_hours_hold_what_happened_in_them() {
    let zones = [
        ("Europe/Berlin", 40),
        ("America/New_York", 40),
        ("Australia/Lord_Howe", 40),
        ("America/Sao_Paulo", 15),
        ("Asia/Kathmandu", 0),
    ];
    for (name, least) in zones {
        let zone = Zone::named(name).unwrap();
        let days = uneven(&zone);
        assert!(days.len() >= least, "{name} has {} transitions", days.len());
        let mut company = Company::default();
        company.settings(&Settings {
            zone: zone.clone(),
            ..Settings::default()
        });
        let at = |micros: i64| Instant::from_micros(micros).to_string();
        for (number, day) in days.iter().enumerate() {
            let (start, end) = (zone.start_of_day(*day), zone.start_of_day(day.plus_days(1)));
            let edges = [
                start.as_micros() - 1,
                start.as_micros(),
                start.as_micros() + 82_000_000_000,
                end.as_micros() - 1,
                end.as_micros(),
            ];
            let deals = edges.iter().zip('a'..).map(|(edge, letter)| {
                let deal = sample::deal(&format!("{number}{letter}")).created("2009-01-01");
                deal.won(&at(*edge), "1").record()
            });
            company.tell(deals);
        }
        let facts = company.facts();
        for day in days {
            let (from, to) = (day.plus_days(-1).to_string(), day.plus_days(2).to_string());
            let three = as_of(cut(ranged("deals_won", &from, &to), Grain::Day), "2031-01-01");
            let counts: Vec<String> = answered(&facts, &three).unwrap().iter().map(text).collect();
            assert_eq!(counts, ["1", "3", "1"], "{name} {day}");
        }
    }
}

/// 5: comparators that are misaligned. The month before March is all of February, the one before May has its 31st day,
/// and of a month that runs as much of the other one counts as has passed.
#[test]
fn complaint_05_a_month_is_compared_with_the_whole_month_before_it() {
    let facts = Company::of([
        won("a", "ann", "2017-03-31", "100"),
        won("b", "ann", "2017-04-10", "150"),
        won("c", "ann", "2017-05-10", "300"),
        won("d", "ann", "2017-04-20", "50"),
    ])
    .facts();
    let april = ranged("revenue_growth_rate", "2017-04-01", "2017-05-01");
    assert_eq!(
        told(&facts, &april),
        "1",
        "200 against the 100 of the 31st of March"
    );
    let running = as_of(
        ranged("revenue_growth_rate", "2017-05-01", "2017-06-01"),
        "2017-05-15",
    );
    assert_eq!(
        told(&facts, &running),
        "1",
        "300 against the 150 of 15 days, not against 200"
    );
    // Any KPI beside any period, without having been declared before.
    let ask = ranged("deals_won", "2017-04-01", "2017-05-01");
    let base = Base::Range("2017-03-30".parse().unwrap(), "2017-04-02".parse().unwrap());
    let both = answer_both(&facts, catalogue(), &ask, &base, now(), 2).unwrap();
    let pair = &both.pairs[0];
    assert_eq!(
        (text(&pair.now), pair.base.as_ref().map(text)),
        ("2".into(), Some("1".into()))
    );
}

/// 6: conversions are miscounted: open windows counted as failures, windows cut to the grain, entities twice.
#[test]
fn complaint_06_a_conversion_is_of_leads_whose_whole_window_has_passed() {
    let converted = |at: &'static str| move |lead: &mut Lead| lead.converted_at = Some(sample::when(at));
    let facts = Company::of([
        // Within 30 days, though in another month than it was created in.
        lead("a", "2017-01-31", converted("2017-02-15")),
        lead("b", "2017-01-10", converted("2017-03-31")),
        lead("c", "2017-02-25", |_| {}),
        lead("d", "2017-02-26", converted("2017-02-27")),
        // It named its deal in two versions: one conversion.
        lead("a", "2017-01-31", converted("2017-02-15")),
    ])
    .facts();
    let at = |day: &str| as_of(ranged("lead_conversion_30", "2017-01-01", "2017-03-01"), day);
    let row = answered(&facts, &at("2017-03-05")).unwrap().remove(0);
    assert_eq!(
        (text(&row), row.n),
        ("0.5".into(), 2),
        "c and d are too young to count"
    );
    let row = answered(&facts, &at("2017-12-31")).unwrap().remove(0);
    assert_eq!((text(&row), row.n), ("0.5".into(), 4));
    // The same leads whatever else is asked with them.
    let with = Ask {
        kpis: ["leads_created", "lead_conversion_30", "leads_converted"]
            .map(str::to_owned)
            .to_vec(),
        ..at("2017-03-05")
    };
    assert_eq!(text(&answered(&facts, &with).unwrap()[1]), "0.5");
}

/// 7: no fiscal year. Years begin in any month, months may be of 4-4-5 weeks, and a year of 53 weeks has them.
#[test]
fn complaint_07_a_fiscal_year_begins_and_is_cut_as_the_tenant_says() {
    let mut company = Company::of([
        won("a", "ann", "2020-12-30", "1"),
        won("b", "ann", "2021-01-03", "10"),
        won("c", "ann", "2021-01-04", "100"),
        won("d", "ann", "2021-02-01", "1000"),
    ]);
    let calendar = |month, pattern| Settings {
        fiscal: FiscalCalendar::new(month, pattern).unwrap(),
        ..Settings::default()
    };
    company.settings(&calendar(2, CalendarPattern::Calendar));
    let february = company.log.changes.len() as u64;
    company.settings(&calendar(1, CalendarPattern::FourFourFive));
    let facts = company.facts();
    let ask = |grain| {
        as_of(
            cut(ranged("bookings", "2020-12-28", "2021-03-01"), grain),
            "2021-12-31",
        )
    };
    let years = known(ask(Grain::FiscalYear), february);
    assert_eq!(periods(&facts, &years), ["2020-12-28 111", "2021-02-01 1000"]);
    // 2020 has a 53rd week, to 3 January; the first month after it has 4 weeks.
    assert_eq!(
        periods(&facts, &ask(Grain::FiscalYear)),
        ["2020-12-28 11", "2021-01-04 1100"]
    );
    let months = periods(&facts, &ask(Grain::FiscalMonth));
    assert_eq!(months, ["2020-12-28 11", "2021-01-04 100", "2021-02-01 1000"]);
}

/// 8: one NULL makes the total NULL, and periods without rows are missing.
#[test]
fn complaint_08_a_missing_amount_or_period_does_not_take_the_rest_away() {
    let unpriced = sample::deal("b")
        .created("2017-01-01")
        .entered("2017-01-20", "Won");
    let facts = Company::of([
        won("a", "ann", "2017-01-10", "100"),
        unpriced.record(),
        won("c", "ann", "2017-03-10", "50"),
    ])
    .facts();
    let months = cut(ranged("bookings", "2017-01-01", "2017-05-01"), Grain::Month);
    let rows = answered(&facts, &months).unwrap();
    let told: Vec<(String, u64, u64)> = rows.iter().map(|row| (text(row), row.n, row.missing)).collect();
    assert_eq!(
        told,
        [
            ("100".into(), 1, 1),
            ("0".into(), 0, 0),
            ("50".into(), 1, 0),
            ("0".into(), 0, 0)
        ],
        "four months, and what is missing is counted"
    );
    let rates = cut(ranged("win_rate", "2017-01-01", "2017-05-01"), Grain::Month);
    let rates: Vec<String> = answered(&facts, &rates).unwrap().iter().map(text).collect();
    assert_eq!(
        rates,
        ["1", "no_closed_deals", "1", "no_closed_deals"],
        "absent, with a reason, not 0"
    );
}

/// 9: nobody can see the past pipeline. It is told of any day, with the stages, amounts and owners of then, and as it was
/// known on any day.
#[test]
fn complaint_09_the_pipeline_of_any_past_day_is_there_as_it_was_known_on_any() {
    let deal = sample::deal("a")
        .created("2017-01-01")
        .effective("2017-01-01T00:00:00Z")
        .amount("100");
    let mut company = Company::of([deal.clone().entered("2017-02-01", "Engaging").record()]);
    let believed = company.log.changes.len() as u64;
    // Put right later: it had been 80 all along.
    company.tell([deal
        .amount("80")
        .entered("2017-02-01", "Engaging")
        .version(1)
        .record()]);
    let facts = company.facts();
    let pipeline = |day: &str| by(as_of(asked(&["pipeline_value"]), day), &["stage"]);
    assert_eq!(lines(&facts, &pipeline("2017-01-15")), ["Prospecting 80"]);
    assert_eq!(lines(&facts, &pipeline("2017-02-15")), ["Engaging 80"]);
    assert_eq!(
        lines(&facts, &known(pipeline("2017-01-15"), believed)),
        ["Prospecting 100"]
    );
    assert!(lines(&facts, &pipeline("2016-12-31")).is_empty());
}

/// 10: no statistics. Every rate of counts of the catalogue has an interval, and every value says how many items it is of.
#[test]
fn complaint_10_every_rate_has_an_interval() {
    let mut bare: Vec<&str> = catalogue()
        .all()
        .iter()
        .filter(|kpi| kpi.definition.unit == Unit::Ratio && kpi.interval.is_none())
        .map(|kpi| kpi.definition.id.as_str())
        .collect();
    bare.sort_unstable();
    assert_eq!(bare, CERTAIN);
    let wilson = catalogue().kpi("win_rate").unwrap();
    assert!(matches!(wilson.interval, Some(Method::Wilson { .. })));
}

/// Ratios that are no estimate of anything: parts of a whole that is known, and business numbers that come as they are.
const CERTAIN: [&str; 11] = [
    "cart_abandonment",
    "customer_revenue_share",
    "ebit_margin",
    "forecast_bias",
    "forecast_wape",
    "gross_margin",
    "net_margin",
    "nps_response_rate",
    "operating_margin",
    "product_revenue_share",
    "roce",
];
