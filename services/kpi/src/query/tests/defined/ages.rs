//! How long ago something was when a stock stands.

use super::*;
use crate::scan::fixture::Fixture;
use crate::table::{Column, Table};

/// How long deals have been in the stage that they are in.
const IN_STAGE: &str = "
    unit: days
    formula: age
    items: { what: deals, measure: age }
    interval: { method: quantile }
    measures:
      - name: age
        table: stage_spells
        class: stock
        aggregate: median
        age: valid_from
        due: { column: left_at, from: now, missing: true }
";

fn spells(zone: &str) -> Fixture {
    let settings = bellwether_domain::settings::Settings {
        zone: bellwether_domain::Zone::named(zone).unwrap(),
        ..Default::default()
    };
    let mut fixture = Fixture::in_zone(&[], settings);
    for (entered, left) in [
        ("2017-01-01", ""),
        ("2017-01-11", "2017-02-01"),
        ("2017-01-21", ""),
        ("2017-06-01", ""),
    ] {
        fixture.row(Table::StageSpells, (entered, ""), &[(Column::LeftAt, left)]);
    }
    fixture
}

#[test]
fn an_age_grows_while_nothing_happens() {
    let of = |keys: &str, ask: Ask| told(&spells("UTC"), keys, &ask);
    assert_eq!(of(IN_STAGE, as_of(asked(&["tested"]), "2017-01-30")), ["20 3"]);
    // As of the instant at which it leaves a deal is there still.
    let months = cut(ranged("tested", "2017-01-01", "2017-03-01"), Grain::Month);
    assert_eq!(of(IN_STAGE, months.clone()), ["21 3", "49 2"]);
    let mean = IN_STAGE
        .replace("aggregate: median", "aggregate: mean")
        .replace("    interval: { method: quantile }\n", "");
    assert_eq!(of(&mean, months), ["21 3", "49 2"]);
    let minutes = IN_STAGE
        .replace("unit: days", "unit: minutes")
        .replace("age: valid_from", "age: valid_from, of: minutes");
    let minutes = minutes.replace(
        "age: valid_from, of: minutes",
        "age: valid_from\n        of: minutes",
    );
    assert_eq!(of(&minutes, as_of(asked(&["tested"]), "2017-01-30")), ["28800 3"]);
    // Days are civil days also where one has 23 hours.
    assert_eq!(
        told(
            &spells("Europe/Berlin"),
            &mean,
            &as_of(asked(&["tested"]), "2017-04-30")
        ),
        ["110 2"]
    );
}

#[test]
fn an_age_by_the_business_clock_stands_still_at_night() {
    let keys = "
    unit: minutes
    as_of: minute
    formula: waiting
    items: { what: leads without an answer, measure: waiting }
    measures:
      - name: waiting
        table: leads
        class: stock
        aggregate: quantile
        q: \"0.5\"
        age: created_business
        clock: business
        due: { column: responded_at, from: now, missing: true }
";
    let mut fixture = Fixture::new(&[]);
    let clock = bellwether_domain::BusinessClock::new(&fixture.settings);
    for (created, responded) in [
        ("2017-03-03T16:50:00Z", ""),
        ("2017-03-03T16:00:00Z", "2017-03-06T09:10:00Z"),
    ] {
        let business = clock.b(created.parse().unwrap()).to_string();
        fixture.row(
            Table::Leads,
            (created, ""),
            &[
                (Column::RespondedAt, responded),
                (Column::CreatedBusiness, &business),
            ],
        );
    }
    let at = |text: &str| told(&fixture, keys, &as_of(asked(&["tested"]), text));
    assert_eq!(at("2017-03-05T12:00:00Z"), ["35 2"]);
    assert_eq!(at("2017-03-06T09:30:00Z"), ["40 1"]);
}

#[test]
fn wrong_keys_are_told() {
    for (right, wrong, expected) in [
        ("class: stock", "class: flow", "measures.age.age"),
        ("aggregate: median", "aggregate: count", "measures.age.age"),
        ("age: valid_from", "age: owner", "measures.age.age"),
        (
            "age: valid_from",
            "age: valid_from\n        expression: stage_index",
            "measures.age.age",
        ),
        (
            "age: valid_from",
            "age: valid_from\n        at: during",
            "measures.age.at",
        ),
        (
            "age: valid_from",
            "age: valid_from\n        start: left_at",
            "measures.age.end",
        ),
        ("aggregate: median", "aggregate: mean", "interval.method"),
        ("method: quantile", "method: t, measure: age", "interval.method"),
    ] {
        let keys = IN_STAGE.replacen(right, wrong, 1);
        assert_ne!(keys, IN_STAGE);
        let error = tried_with(&Fixture::new(&[]), &keys, &spring()).unwrap_err();
        assert!(error.message.contains(expected), "{wrong}: {}", error.message);
    }
}
