//! How long things take: windows that have passed, curves of what has not ended, and the clock of working hours.

use bellwether_domain::exact::Exact;
use bellwether_stats::KaplanMeier;
use proptest::prelude::*;

use super::*;
use crate::scan::fixture::Fixture;
use crate::table::{Column, Table};

/// Leads with the day of their creation and that of their conversion.
fn leads(told: &[(&str, &str)]) -> Fixture {
    let mut fixture = Fixture::new(&[]);
    for (index, (created, converted)) in told.iter().enumerate() {
        fixture.row(
            Table::Leads,
            (created, ""),
            &[
                (Column::Lead, &format!("lead {index}")),
                (Column::Owner, ["Ann", "Bob"][index % 2]),
                (Column::ConvertedAt, converted),
            ],
        );
    }
    fixture
}

const CONVERSION: &str = "
    unit: ratio
    formula: converted / matured
    items: { what: leads of 30 days or more, measure: matured }
    absent_reason: no_leads
    interval: { successes: converted, trials: matured }
    measures:
      - { name: converted, table: leads, class: lag, aggregate: converted, end: converted_at, within: 30 days }
      - { name: matured, table: leads, class: lag, aggregate: matured, end: converted_at, within: 30 days }
      - { name: started, table: leads, class: lag, aggregate: started, end: converted_at, within: 30 days }
";

fn sample() -> Fixture {
    leads(&[
        ("2017-01-01", "2017-01-31"),
        ("2017-01-01", "2017-02-01"),
        ("2017-01-05", ""),
        ("2017-01-10", "2017-01-20"),
        ("2017-02-20", "2017-02-21"),
    ])
}

#[test]
fn only_what_has_had_its_whole_window_counts() {
    // As of the end of 8 February: of four leads of January three are 30 days old, one converted within them.
    let january = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-02-05");
    let rows = rows_with(&sample(), CONVERSION, &january);
    assert_eq!(
        (text(&rows[0]), rows[0].n, rows[0].missing),
        ("0.333333333333333333".to_owned(), 3, 0)
    );
    assert_eq!(rows[0].interval, bellwether_stats::wilson(1, 3));
    let share = CONVERSION.replace("converted / matured", "matured / started");
    assert_eq!(told(&sample(), &share, &january), ["0.75 3"]);
    let later = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-02-09");
    assert_eq!(told(&sample(), CONVERSION, &later), ["0.5 4"]);
    // Too early for all of them, and without any.
    let early = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-01-15");
    assert_eq!(told(&sample(), CONVERSION, &early), ["not_mature 0"]);
    assert_eq!(told(&leads(&[]), CONVERSION, &january), ["no_leads 0"]);
}

#[test]
fn a_conversion_after_as_of_has_not_happened() {
    let of_first = |day: &str| as_of(ranged("tested", "2017-01-01", "2017-01-02"), day);
    // The window ends with 31 January; its conversion of 31 January lies in it, and is seen from the end of that day on.
    assert_eq!(told(&sample(), CONVERSION, &of_first("2017-01-30")), ["0 2"]);
    assert_eq!(told(&sample(), CONVERSION, &of_first("2017-01-31")), ["0.5 2"]);
}

const CURVE: &str = "
    unit: ratio
    formula: curve
    items: { what: leads, measure: curve }
    absent_reason: no_leads
    interval: { method: greenwood }
    measures:
      - { name: curve, table: leads, class: lag, aggregate: curve, end: converted_at, within: 15 days }
";

#[test]
fn a_curve_takes_what_waits_as_waiting() {
    let january = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-01-23");
    // Watched for 23, 23, 19 days and converted after 10: S(15) = 3/4.
    let rows = rows_with(&sample(), CURVE, &january);
    assert_eq!((text(&rows[0]), rows[0].n), ("0.25".to_owned(), 4));
    let km = KaplanMeier::new(&[(23, false), (23, false), (19, false), (10, true)]).unwrap();
    let expected = km.at(15).unwrap().complement().interval;
    let shown = |interval: &bellwether_stats::Interval| interval.to_strings(15);
    assert_eq!(rows[0].interval.as_ref().map(shown), expected.as_ref().map(shown));
    let early = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-01-12");
    assert_eq!(told(&sample(), CURVE, &early), ["not_mature 4"]);
}

#[test]
fn another_end_competes() {
    let mut fixture = Fixture::new(&[]);
    for (converted, disqualified) in [
        ("2017-01-11", ""),
        ("", "2017-01-06"),
        ("2017-01-21", ""),
        ("", ""),
    ] {
        fixture.row(
            Table::Leads,
            ("2017-01-01", ""),
            &[
                (Column::ConvertedAt, converted),
                (Column::DisqualifiedAt, disqualified),
            ],
        );
    }
    let keys = CURVE.replace("within:", "competes: disqualified_at, within:");
    // One of four is out, one of the others converted by then; as if it were censored it would be a third.
    let ask = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2017-03-01");
    assert_eq!(told(&fixture, &keys, &ask), ["0.25 4"]);
    assert_eq!(told(&fixture, CURVE, &ask), ["0.25 4"]);
    let more = keys.replace("within: 15 days", "within: 20 days");
    assert_eq!(told(&fixture, &more, &ask), ["0.5 4"]);
    let quantile = |q: &str| {
        let keys = keys
            .replace("unit: ratio", "unit: days")
            .replace("within: 15 days", &format!("q: \"{q}\""));
        told(
            &fixture,
            &keys.replace("aggregate: curve", "aggregate: survival_quantile"),
            &ask,
        )
    };
    assert_eq!(
        ["0.25", "0.5", "0.6"].map(quantile),
        [["10 4"], ["20 4"], ["not_reached 4"]],
        "the one that is out never converts"
    );
}

#[test]
fn a_median_of_waits_may_not_be_reached() {
    let keys = "
    unit: days
    formula: wait
    items: { what: leads, measure: wait }
    absent_reason: no_leads
    measures:
      - { name: wait, table: leads, class: lag, aggregate: survival_quantile, q: \"0.5\", end: converted_at }
";
    let january = |day: &str| as_of(ranged("tested", "2017-01-01", "2017-02-01"), day);
    assert_eq!(told(&sample(), keys, &january("2017-03-01")), ["30 4"]);
    assert_eq!(told(&sample(), keys, &january("2017-01-25")), ["not_reached 4"]);
    assert_eq!(
        told(&sample(), keys, &by(january("2017-03-01"), &["owner"])),
        ["Ann 30 2", "Bob 10 2"]
    );
}

#[test]
fn the_business_clock_stands_still_at_night() {
    let keys = "
    unit: minutes
    as_of: minute
    formula: wait
    items: { what: leads, measure: wait }
    absent_reason: no_leads
    measures:
      - name: wait
        table: leads
        class: lag
        aggregate: survival_quantile
        q: \"0.5\"
        clock: business
        start: created_business
        end: responded_business
        happened: responded_at
";
    let mut fixture = Fixture::new(&[]);
    let clock = bellwether_domain::BusinessClock::new(&fixture.settings);
    // Friday 16:50, answered on Monday at 09:10; and Monday 09:00, not answered yet.
    for (created, responded) in [
        ("2017-03-03T16:50:00Z", "2017-03-06T09:10:00Z"),
        ("2017-03-06T09:00:00Z", ""),
    ] {
        let b = |text: &str| text.parse().map(|at| clock.b(at).to_string()).unwrap_or_default();
        fixture.row(
            Table::Leads,
            (created, ""),
            &[
                (Column::RespondedAt, responded),
                (Column::CreatedBusiness, &b(created)),
                (Column::RespondedBusiness, &b(responded)),
            ],
        );
    }
    let at = |text: &str| as_of(asked(&["tested"]), text);
    assert_eq!(told(&fixture, keys, &at("2017-03-06T09:30:00Z")), ["20 2"]);
    // While the second had waited 15 minutes only the first had waited longer, and it waits still.
    assert_eq!(
        told(&fixture, keys, &at("2017-03-06T09:05:00Z")),
        ["not_reached 2"]
    );
    let answer = tried_with(&fixture, keys, &asked(&["tested"])).unwrap();
    assert_eq!(answer.as_of.to_string(), "2020-01-01T00:01:00Z");
}

#[test]
fn wrong_keys_are_told() {
    let cases = [
        (
            "end: converted_at, within: 15 days",
            "within: 15 days",
            "measures.curve.end",
        ),
        ("end: converted_at", "end: owner", "measures.curve.end"),
        ("within: 15 days", "q: \"0.5\"", "measures.curve.within"),
        ("within: 15 days", "within: 15 moons", "moons"),
        (
            "within: 15 days",
            "within: 15 days, clock: business",
            "measures.curve.clock",
        ),
        (
            "within: 15 days",
            "within: 15 days, happened: mql_at",
            "measures.curve.happened",
        ),
        ("aggregate: curve", "aggregate: sum", "measures.curve.aggregate"),
        (
            "aggregate: curve",
            "aggregate: curve, expression: mql_at",
            "measures.curve.expression",
        ),
        ("method: greenwood", "method: garwood", "interval.method"),
        (
            "method: greenwood",
            "method: delta, measure: curve",
            "interval.measure",
        ),
    ];
    for (right, wrong, expected) in cases {
        let keys = CURVE.replacen(right, wrong, 1);
        assert_ne!(keys, CURVE, "{right}");
        let error = tried_with(&sample(), &keys, &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{wrong}: {}", error.message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What converts later changes no earlier answer, and what is censored is never taken for lost.
    #[test]
    fn a_later_end_changes_no_earlier_answer(
        told_leads in proptest::collection::vec((1..28_u8, proptest::option::of(1..28_u8)), 1..25), cut_at in 1..28_u8,
    ) {
        let day = |month: u8, day: u8| format!("2017-{month:02}-{day:02}");
        let known: Vec<(String, String)> = told_leads
            .iter()
            .map(|(created, wait)| (day(1, *created), wait.map_or(String::new(), |wait| day(2, wait))))
            .collect();
        let borrowed = |all: &[(String, String)]| {
            leads(&all.iter().map(|(created, end)| (created.as_str(), end.as_str())).collect::<Vec<_>>())
        };
        let until = day(2, cut_at);
        let hidden: Vec<(String, String)> = known
            .iter()
            .map(|(created, end)| (created.clone(), if *end > until { String::new() } else { end.clone() }))
            .collect();
        let ask = as_of(ranged("tested", "2017-01-01", "2017-02-01"), &until);
        for keys in [CONVERSION, CURVE] {
            prop_assert_eq!(told(&borrowed(&known), keys, &ask), told(&borrowed(&hidden), keys, &ask));
        }
        // In the end everything that ended is known: the curve is the share.
        let end = as_of(ranged("tested", "2017-01-01", "2017-02-01"), "2018-01-01");
        let long = CURVE.replace("15 days", "100 days");
        let converted = known.iter().filter(|(_, end)| !end.is_empty()).count();
        let share = Exact::ratio(converted, known.len()).unwrap().to_decimal_string();
        prop_assert_eq!(text(&rows_with(&borrowed(&known), &long, &end)[0]), share);
    }
}
