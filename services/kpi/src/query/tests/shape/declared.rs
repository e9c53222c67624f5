//! Fields that the tenant declared, and dimensions of samples.

use std::collections::BTreeMap;

use bellwether_domain::record::MetricSample;
use bellwether_domain::{ErrorReason, RecordKind};

use super::*;

#[test]
fn declared_fields_are_those_of_the_record_else_of_account_or_owner() {
    let facts = facts(&company());
    // Of the account, as it was at the event.
    assert_eq!(told(&facts, &by(year(), &["attr.tier"])), ["gold 1", "iron 6"]);
    assert_eq!(told(&facts, &as_now(by(year(), &["attr.tier"]))), ["iron 7"]);
    assert_eq!(told(&facts, &filtered(year(), "attr.tier", "gold")), [" 1"]);
    // Deals have a score of their own, also those that state none; by size, in one form.
    assert_eq!(
        told(&facts, &by(year(), &["attr.score"])),
        ["9.5 1", "10 2", "null 4"]
    );
    for written in ["9.5", "9.50", "09.5000"] {
        assert_eq!(
            told(&facts, &filtered(year(), "attr.score", written)),
            [" 1"],
            "{written}"
        );
    }
    // The owner's, from when she had another version without it.
    assert_eq!(
        told(&facts, &by(year(), &["attr.since"])),
        ["2016-12-01 1", "null 6"]
    );
    // With other dimensions, and known before: the score of b came with the change before the last.
    let early = Ask {
        known_at: Some(KnownAt::Seq(facts.position().seq - 2)),
        ..by(year(), &["attr.score", "team.1"])
    };
    assert_eq!(told(&facts, &early), ["9.5/sales 1"]);
}

#[test]
fn records_may_come_in_any_order_and_be_corrected() {
    let mut log = company();
    // Of the past, and without a score: from 2017-03-10 on the deal has none.
    put(&mut log, "b", 68, won("ann", "2017-03-15", 2), &[]);
    assert_eq!(
        told(&facts(&log), &by(year(), &["attr.score"])),
        ["9.5 1", "null 6"]
    );
    // A deal that first had none, and gets one for before.
    put(
        &mut log,
        "c",
        -10,
        won("bob", "2017-03-15", 4),
        &[("score", number("3"))],
    );
    assert_eq!(
        told(&facts(&log), &by(year(), &["attr.score"])),
        ["9.5 1", "null 6"]
    );
    put(
        &mut log,
        "c",
        10,
        won("bob", "2017-03-15", 4),
        &[("score", number("3.0"))],
    );
    assert_eq!(
        told(&facts(&log), &by(year(), &["attr.score"])),
        ["3 4", "9.5 1", "null 2"]
    );
    log.tombstone(RecordKind::Opportunity, "c", (hour(9_000), 0));
    assert_eq!(
        told(&facts(&log), &by(year(), &["attr.score"])),
        ["9.5 1", "null 2"]
    );
}

#[test]
fn a_field_that_nobody_declared_is_told_with_those_that_are() {
    let facts = facts(&company());
    let refused = |ask: &Ask| {
        let error = answer(&facts, &CATALOGUE, ask, now(), 1).unwrap_err();
        assert_eq!(error.reason, ErrorReason::UnknownDimension);
        error.message
    };
    let message = refused(&by(year(), &["attr.tear"]));
    assert!(message.contains("attr.score, attr.since, attr.tier"), "{message}");
    let message = refused(&filtered(
        ranged("reps_employed", "2017-01-01", "2018-01-01"),
        "attr.tier",
        "gold",
    ));
    assert!(
        message.contains("a field of account; declared are attr.since"),
        "{message}"
    );
    let message = refused(&by(year(), &["team_tree"]));
    assert!(message.contains("only to filter by"), "{message}");
}

#[test]
fn samples_are_told_apart_by_their_dimensions_and_their_own_team() {
    let yaml = "
kpis:
  - id: tested
    version: 1
    name: Tested
    description: \"A sum.\"
    in_words: \"sum\"
    formula: total
    unit: count
    direction: up
    leading: true
    cadence: monthly
    funnel_stage: team
    items: { what: samples, measure: total }
    measures:
      - { name: total, table: samples, class: flow, aggregate: sum, expression: value, filter: \"metric = 'calls'\" }
";
    let catalogue = Catalogue::read(yaml).unwrap();
    let mut log = company();
    let sample = |dimensions: &[(&str, &str)], value: &str| {
        let told = dimensions
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Body::MetricSample(MetricSample {
            name: "calls".to_owned(),
            dimensions: told.collect::<BTreeMap<_, _>>(),
            at: "2017-03-15".parse().unwrap(),
            value: value.to_owned(),
            weight: "1".to_owned(),
        })
    };
    put(
        &mut log,
        "s1",
        0,
        sample(&[("owner", "bob"), ("site", "Linz")], "1"),
        &[],
    );
    put(
        &mut log,
        "s2",
        0,
        sample(&[("owner", "bob"), ("team", "west")], "2"),
        &[],
    );
    put(&mut log, "s3", 0, sample(&[("site", "Graz")], "4"), &[]);
    let facts = facts(&log);
    let told = |ask: Ask| -> Vec<String> {
        let answer = answer(&facts, &catalogue, &ask, now(), 1).unwrap();
        let line = |row: &Row| {
            let name = row.group[0].1.as_deref().unwrap_or("null");
            format!("{name} {}", super::super::text(row))
        };
        answer.rows.iter().map(line).collect()
    };
    let ask = |dimension: &str| by(ranged("tested", "2017-01-01", "2018-01-01"), &[dimension]);
    assert_eq!(told(ask("attr.site")), ["Graz 4", "Linz 1", "null 2"]);
    assert_eq!(told(ask("team")), ["sales 1", "west 2", "null 4"]);
    assert_eq!(told(ask("team.1")), ["sales 3", "null 4"]);
}
