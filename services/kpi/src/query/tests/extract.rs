//! Rows of facts as a caller may see them: none is lost, none is told twice, and nothing of what came later.

use std::collections::BTreeMap;

use bellwether_domain::record::{Body, ForecastCategory, Quota, QuotaHolder, QuotaTarget, Rep};
use bellwether_domain::{ErrorReason, Money, Zone};
use bellwether_testkit::sample;
use proptest::prelude::*;

use super::*;
use crate::table::{Column, Dict, NULL, Slice, Table};
use crate::tenant::TenantFacts;
use crate::tenant::tests::replay::{log_of, step};
use crate::tenant::tests::{Log, hour, settings};

fn all(table: Table) -> Wanted {
    Wanted {
        table: table.name().to_owned(),
        ..Wanted::default()
    }
}

/// Every row as `column=value`, missing ones left out, a few records at a time.
fn told(facts: &TenantFacts, wanted: &Wanted, ask: &Ask, most: usize) -> Vec<BTreeMap<String, String>> {
    let mut extract = Extract::begin(facts, wanted, ask, now()).unwrap();
    let names: Vec<String> = extract.columns().map(|(name, _)| name.to_owned()).collect();
    let mut rows = Vec::new();
    while let Some(batch) = extract.read(facts, most).unwrap() {
        assert_eq!(batch.columns.len(), names.len());
        for row in 0..batch.rows {
            let value = |values: &Values| match values {
                Values::Texts { codes, names } => {
                    let code = codes[row] as usize;
                    code.checked_sub(1).map(|place| names[place].clone())
                }
                Values::Numbers { numbers, missing } => {
                    let is_there = !missing.contains(&(row as u32));
                    is_there.then(|| numbers[row].to_string())
                }
            };
            let cells = names.iter().zip(&batch.columns);
            rows.push(
                cells
                    .filter_map(|(name, values)| Some((name.clone(), value(values)?)))
                    .collect(),
            );
        }
    }
    rows
}

fn at(ask: Ask, seq: u64) -> Ask {
    Ask {
        known_at: Some(KnownAt::Seq(seq)),
        ..ask
    }
}

/// How many rows a scan hands out that begin before an instant.
fn scanned(facts: &TenantFacts, table: Table, seq: u64, before: i64) -> usize {
    let (mut count, columns) = (0, [Column::ValidFrom, Column::Since]);
    facts.scan(table, &columns, None, seq, &mut |morsel| {
        for row in 0..morsel.rows {
            let number = |place: usize| match morsel.columns.get(place) {
                Some(Slice::I64(numbers)) => numbers[row],
                _ => NULL,
            };
            let known = morsel.recorded.is_none_or(|recorded| recorded[row]);
            count += usize::from(known && number(0) < before && (number(1) == NULL || number(1) < before));
        }
    });
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_row_is_told_once_and_as_it_was_known(steps in prop::collection::vec(step(), 1..60), cut in 0..60_usize) {
        let log = log_of(&steps);
        let (whole, cut) = (log.replay(log.changes.len()), cut.min(log.changes.len()));
        let then = log.replay(cut);
        let as_of = as_of(Ask::default(), "2017-02-01T00:00:00Z");
        let before = "2017-02-01T00:00:00Z".parse::<Instant>().unwrap().as_micros();
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Ramps) {
            let ask = at(as_of.clone(), cut as u64);
            let rows = told(&whole, &all(table), &ask, 1);
            prop_assert_eq!(&rows, &told(&whole, &all(table), &ask, 1_000), "{}: however many at a time", table.name());
            prop_assert_eq!(rows.len(), scanned(&whole, table, cut as u64, before), "{}", table.name());
            prop_assert_eq!(&rows, &told(&then, &all(table), &as_of, 3), "{}: what came later changes nothing", table.name());
        }
    }

    #[test]
    fn nothing_is_told_that_came_at_as_of_or_later(steps in prop::collection::vec(step(), 1..60), day in 0..60_i64) {
        let log = log_of(&steps);
        let facts = log.replay(log.changes.len());
        let end = hour(24 * day);
        let ask = Ask { as_of: Some(When::At(end)), ..Ask::default() };
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Ramps) {
            let mut extract = Extract::begin(&facts, &all(table), &ask, now()).unwrap();
            let kinds: Vec<(String, Kind)> = extract.columns().map(|(name, kind)| (name.to_owned(), kind)).collect();
            while let Some(batch) = extract.read(&facts, 4).unwrap() {
                for ((name, kind), values) in kinds.iter().zip(&batch.columns) {
                    let plan = ["expected_day", "start_at", "end_at"].contains(&name.as_str());
                    if let (Kind::Instant, Values::Numbers { numbers, missing }, false) = (kind, values, plan) {
                        let late = numbers.iter().zip(0_u32..).find(|(at, row)| {
                            **at >= end.as_micros() && !missing.contains(row)
                        });
                        prop_assert_eq!(late, None, "{} {}", table.name(), name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_caller_is_told_the_rows_of_the_reps_that_are_seen(steps in prop::collection::vec(step(), 1..60), tree in any::<bool>()) {
        let log = log_of(&steps);
        let facts = log.replay(log.changes.len());
        let top = "anna".to_owned();
        let caller = if tree { Caller::Subtree(top) } else { Caller::Own(top) };
        let everything = Ask::default();
        let theirs = Ask { caller: caller.clone(), ..Ask::default() };
        let as_of = Extract::begin(&facts, &all(Table::OpenDeals), &everything, now()).unwrap().as_of();
        let seq = facts.position().seq;
        let names = facts.display_names(Dict::Rep, seq);
        let seen: Vec<&str> = reps_of(&facts, &caller, as_of, seq)
            .unwrap()
            .into_iter()
            .map(|rep| &*names[rep as usize])
            .collect();
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Ramps) {
            if !table.columns().contains(&Column::Owner) {
                let error = Extract::begin(&facts, &all(table), &theirs, now()).unwrap_err();
                prop_assert_eq!(error.reason, ErrorReason::ScopeMismatch, "{}", table.name());
                continue;
            }
            let mut expected = told(&facts, &all(table), &everything, 5);
            expected.retain(|row| row.get("owner").is_some_and(|owner| seen.contains(&owner.as_str())));
            prop_assert_eq!(told(&facts, &all(table), &theirs, 5), expected, "{}", table.name());
        }
    }
}

/// A company of two reps, one of whom changes teams, with a deal in euros that changes hands and is won.
fn company() -> TenantFacts {
    let mut log = Log::default();
    log.settings(&settings("Europe/Berlin", true));
    for (rep, team, day) in [("ann", "West", 0), ("bob", "East", 0), ("ann", "North", 12)] {
        let body = Rep {
            name: rep.to_uppercase(),
            team_id: Some(team.to_owned()),
            ..Rep::default()
        };
        log.record(rep, (hour(24 * day), 0), Body::Rep(body));
    }
    let rate = sample::fx_rate("EUR", "USD", "2017-01-05", "1.10");
    log.record(&rate.id.clone(), (hour(0), 0), rate.body);
    let euros = |minor: &str| Money::from_major(minor, "EUR".parse().unwrap()).unwrap();
    let deal = |owner: &str| {
        sample::deal("d1")
            .owner(owner)
            .created("2017-01-05")
            .money(euros("1.15"))
            .with(|deal| deal.forecast_category = Some(ForecastCategory::Commit))
    };
    for (owner, day) in [("ann", 5), ("bob", 10)] {
        let says = deal(owner).record();
        log.record("d1", (hour(24 * day), 0), says.body);
    }
    let won = deal("bob").entered("2017-01-20", "Signed").with(|deal| {
        deal.closed = Some(sample::when("2017-01-20"));
    });
    log.record("d1", (hour(24 * 20), 0), won.record().body);
    log.replay(log.changes.len())
}

fn picked(facts: &TenantFacts, wanted: &Wanted, when: &str) -> Vec<String> {
    let line = |row: &BTreeMap<String, String>| {
        let names = wanted.columns.iter().chain(&wanted.dimensions);
        let cells = names.map(|name| row.get(name).map_or("_", String::as_str));
        cells.collect::<Vec<_>>().join(" ")
    };
    told(facts, wanted, &as_of(Ask::default(), when), 1)
        .iter()
        .map(line)
        .collect()
}

fn wanted(table: Table, columns: &[&str], dimensions: &[&str]) -> Wanted {
    Wanted {
        columns: columns.iter().map(ToString::to_string).collect(),
        dimensions: dimensions.iter().map(ToString::to_string).collect(),
        ..all(table)
    }
}

#[test]
fn rows_are_told_with_names_and_in_the_tenants_currency() {
    let facts = company();
    let columns = ["deal", "owner", "amount", "currency", "home_amount", "category"];
    let open = wanted(Table::OpenDeals, &columns, &["team"]);
    assert_eq!(
        picked(&facts, &open, "2017-03-01"),
        ["d1 ANN 115 EUR 126 commit West", "d1 BOB 115 EUR 126 commit East",]
    );
    let closed = wanted(Table::Closings, &["deal", "owner", "outcome", "home_amount"], &[]);
    // The only rate is more than a week old by then.
    assert_eq!(picked(&facts, &closed, "2017-03-01"), ["d1 BOB won _"]);
    assert_eq!(picked(&facts, &closed, "2017-01-19"), Vec::<String>::new());
}

#[test]
fn as_of_an_instant_what_ended_later_still_holds() {
    let facts = company();
    let zone = Zone::named("Europe/Berlin").unwrap();
    let micros = |day: &str| zone.start_of_day(day.parse().unwrap()).as_micros();
    let spans = wanted(Table::OpenDeals, &["owner", "valid_from", "valid_to"], &[]);
    let [first, won] = ["2017-01-05", "2017-01-20"].map(micros);
    let changed = hour(240).as_micros();
    assert_eq!(picked(&facts, &spans, "2017-01-08"), [format!("ANN {first} _")]);
    assert_eq!(
        picked(&facts, &spans, "2017-01-19"),
        [format!("ANN {first} {changed}"), format!("BOB {changed} _")]
    );
    assert_eq!(
        picked(&facts, &spans, "2017-01-20")[1],
        format!("BOB {changed} {won}")
    );
    let standing = Wanted {
        standing: true,
        ..spans
    };
    assert_eq!(
        picked(&facts, &standing, "2017-01-19"),
        [format!("BOB {changed} _")]
    );
    assert!(picked(&facts, &standing, "2017-01-20").is_empty());
}

#[test]
fn what_there_is_not_is_refused_with_what_there_is() {
    let facts = company();
    let refused = |wanted: &Wanted| Extract::begin(&facts, wanted, &Ask::default(), now()).unwrap_err();
    let table = refused(&Wanted {
        table: "open_deal".to_owned(),
        ..Wanted::default()
    });
    assert!(
        table.message.contains("did you mean `open_deals`?") && table.message.contains("ramps"),
        "{table}"
    );
    let both = refused(&wanted(
        Table::Orders,
        &["order", "order", "owner"],
        &["team", "product", "attr.x"],
    ));
    let fields: Vec<&str> = both.violations.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(
        fields,
        ["columns", "columns", "dimensions", "dimensions", "dimensions"],
        "{both}"
    );
    let many: Vec<&str> = vec!["team"; 40];
    assert!(
        refused(&wanted(Table::Leads, &[], &many))
            .message
            .contains("more than 32")
    );
    let later = at(Ask::default(), 10_000);
    let error = Extract::begin(&facts, &all(Table::Leads), &later, now()).unwrap_err();
    assert_eq!(error.reason, ErrorReason::BeyondHorizon);
}

#[test]
fn ramps_are_made_as_of_the_question() {
    let mut log = Log::default();
    let ann = Rep {
        name: "Ann".to_owned(),
        start_date: Some("2017-01-01".parse().unwrap()),
        ..Rep::default()
    };
    log.record("ann", (hour(0), 0), Body::Rep(ann));
    for (month, next) in [("2017-01", "2017-02"), ("2017-02", "2017-03")] {
        let quota = Quota {
            holder: QuotaHolder::Rep("ann".to_owned()),
            period_start: format!("{month}-01").parse().unwrap(),
            period_end: format!("{next}-01").parse().unwrap(),
            target: QuotaTarget::Amount(sample::usd("10")),
        };
        log.record(month, (hour(0), 0), Body::Quota(quota));
        let won = sample::deal(&format!("d{month}"))
            .owner("ann")
            .created("2017-01-01");
        log.record(
            &format!("d{month}"),
            (hour(0), 0),
            won.won(&format!("{month}-10"), "10").record().body,
        );
    }
    let facts = log.replay(log.changes.len());
    let ramps = wanted(Table::Ramps, &["owner", "started_at", "ramped_at"], &[]);
    let start = hour(0).as_micros();
    assert_eq!(picked(&facts, &ramps, "2017-02-20"), [format!("Ann {start} _")]);
    let rows = picked(&facts, &ramps, "2017-06-30");
    assert!(rows.len() == 1 && !rows[0].ends_with('_'), "{rows:?}");
}

#[test]
fn a_new_life_of_the_log_ends_an_extract() {
    let facts = company();
    let mut extract = Extract::begin(&facts, &all(Table::OpenDeals), &Ask::default(), now()).unwrap();
    assert!(extract.read(&facts, 1).unwrap().is_some());
    let other = TenantFacts::of_epoch(2);
    assert_eq!(
        extract.read(&other, 1).unwrap_err().reason,
        ErrorReason::SnapshotRequired
    );
}
