//! Restatements: known ones, and the laws that hold for any history.

use std::sync::LazyLock;

use bellwether_domain::record::{Body, FxRate, Rep};
use bellwether_domain::settings::Settings;
use bellwether_domain::{Currency, RecordKind, Zone};
use proptest::prelude::*;

use super::*;
use crate::table::Table;
use crate::tenant::tests::replay::{log_of, step};
use crate::tenant::tests::{Log, deal, hour, settings};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn ask(kpi: &str) -> Ask {
    Ask {
        kpis: vec![kpi.to_owned()],
        from: Some("2017-01-01".parse().unwrap()),
        to: Some("2017-03-01".parse().unwrap()),
        ..Ask::default()
    }
}

fn end(seq: u64, day: &str) -> End<'static> {
    End {
        seq,
        as_of: format!("{day}T00:00:00Z").parse().unwrap(),
        catalogue: &CATALOGUE,
    }
}

fn restated(facts: &TenantFacts, ask: &Ask, (before, after): (u64, u64)) -> Result<Restated> {
    let ends = (end(before, "2017-06-01"), end(after, "2017-06-01"));
    restate(facts, ask, &[], ends, 2)
}

/// `cause value records`, a line a cause.
fn parts(found: &Restated) -> Vec<String> {
    let line = |part: &Part| {
        let value = part.value.as_ref().map_or("-".to_owned(), Exact::to_exact_string);
        format!("{:?} {value} {}", part.cause, part.records)
    };
    found.parts.iter().map(line).collect()
}

/// `id change kind`, a line a record.
fn records(found: &Restated) -> Vec<String> {
    let line = |moved: &Moved| {
        let change = moved
            .change
            .as_ref()
            .map_or("-".to_owned(), Exact::to_exact_string);
        let kinds: Vec<String> = moved
            .edits
            .iter()
            .map(|edit| format!("{:?}", edit.kind))
            .collect();
        format!("{} {change} {}", moved.id, kinds.join(","))
    };
    found.records.iter().map(line).collect()
}

fn won(major: i64, owner: &str) -> bellwether_domain::record::Opportunity {
    bellwether_domain::record::Opportunity {
        closed: Some("2017-02-01".parse().unwrap()),
        owner_id: Some(owner.to_owned()),
        ..deal("Signed", major)
    }
}

/// A log with the usual pipeline.
fn begun() -> Log {
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    log
}

#[test]
fn each_sort_of_edit_is_told_by_its_name() {
    let mut log = begun();
    for id in ["raised", "deleted", "reopened", "still"] {
        log.deal(id, (hour(0), 0), won(10, "anna"));
    }
    let before = log.changes.len() as u64;
    log.deal("raised", (hour(0), 1), won(12, "anna"));
    log.deal("raised", (hour(0), 2), won(15, "anna"));
    log.tombstone(RecordKind::Opportunity, "deleted", (hour(9_000), 0));
    let back = bellwether_domain::record::Opportunity {
        closed: None,
        stage: "Engaging".to_owned(),
        ..won(10, "anna")
    };
    log.deal("reopened", (hour(24 * 50), 0), back);
    log.deal("new", (hour(0), 0), won(1, "anna"));
    let facts = log.replay(log.changes.len());
    let found = restated(&facts, &ask("bookings"), (before, log.changes.len() as u64)).unwrap();
    assert_eq!(
        records(&found),
        [
            "deleted -10 Deleted",
            "reopened -10 Reopened",
            "raised 5 Corrected,Corrected",
            "new 1 New"
        ]
    );
    assert_eq!(parts(&found), ["Records -14 4"]);
    let rates = restated(&facts, &ask("win_rate"), (before, log.changes.len() as u64)).unwrap();
    assert_eq!(rates.records.len(), 3, "the amount says nothing about the rate");
    let of_new = rates.records.iter().find(|moved| &*moved.id == "new").unwrap();
    assert_eq!(
        (of_new.change.clone(), of_new.contributions.clone()),
        (None, [None, None])
    );
    assert!(
        of_new
            .numbers
            .iter()
            .all(|(_, ends)| ends[1] == Some(Exact::one()))
    );
}

#[test]
fn what_is_no_record_of_its_own_is_a_cause_of_its_own() {
    let mut log = begun();
    let euro = |minor| bellwether_domain::record::Opportunity {
        amount: Some(bellwether_domain::Money {
            minor,
            currency: "EUR".parse().unwrap(),
        }),
        ..won(0, "anna")
    };
    let rate = |rate: &str| {
        Body::FxRate(FxRate {
            base: "EUR".parse().unwrap(),
            quote: Currency::USD,
            date: "2017-02-01".parse().unwrap(),
            rate: rate.to_owned(),
            budget: None,
        })
    };
    let rep = |region: &str| {
        Body::Rep(Rep {
            name: "Anna".to_owned(),
            region: Some(region.to_owned()),
            ..Rep::default()
        })
    };
    log.record("r", (hour(0), 0), rate("1.5"));
    log.record("anna", (hour(0), 0), rep("West"));
    log.deal("d", (hour(0), 0), euro(1_000));
    let before = log.changes.len() as u64;
    log.record("r", (hour(0), 1), rate("2"));
    let of_rate = log.changes.len() as u64;
    log.record("anna", (hour(0), 1), rep("East"));
    let facts = log.replay(log.changes.len());
    let west = Ask {
        filters: vec![("region".to_owned(), Some("West".to_owned()))],
        ..ask("bookings")
    };
    let found = restated(&facts, &west, (before, of_rate)).unwrap();
    assert_eq!(parts(&found), ["Rates 5 1"]);
    assert_eq!(found.records[0].edits, []);
    let found = restated(&facts, &west, (of_rate, of_rate + 1)).unwrap();
    assert_eq!(parts(&found), ["Dimensions -20 1"]);
    let found = restated(&facts, &west, (before, of_rate + 1)).unwrap();
    assert_eq!(
        parts(&found),
        ["Dimensions -15 1"],
        "then there is nothing left that a rate could move"
    );
    // Another as-of, at one position.
    let ends = (end(before, "2017-01-15"), end(before, "2017-02-15"));
    let found = restate(&facts, &ask("bookings"), &[], ends, 2).unwrap();
    assert_eq!(parts(&found), ["Time 15 1"]);
}

#[test]
fn settings_are_told_apart_from_what_was_written_before_and_after_them() {
    let mut log = begun();
    let late = |minor: i64| bellwether_domain::record::Opportunity {
        closed: Some("2017-03-01T02:00:00Z".parse().unwrap()),
        ..won(minor, "anna")
    };
    log.deal("a", (hour(0), 0), late(10));
    let before = log.changes.len() as u64;
    log.deal("b", (hour(0), 0), late(20));
    // In New York it is still 28 February.
    log.settings(&settings("America/New_York", true));
    log.deal("c", (hour(0), 0), late(5));
    let facts = log.replay(log.changes.len());
    let found = restated(&facts, &ask("bookings"), (before, log.changes.len() as u64)).unwrap();
    // February of the receipt ends where New York's does now: the settings of the end cut the period.
    assert_eq!(parts(&found), ["Records 5 1", "Settings 30 2"]);
    let of = |id: &str| {
        let moved = found.records.iter().find(|moved| &*moved.id == id).unwrap();
        moved.edits.iter().map(|edit| edit.kind).collect::<Vec<_>>()
    };
    assert_eq!(of("c"), [EditKind::New]);
    assert!(of("a").contains(&EditKind::Settings) && of("b").contains(&EditKind::New));
}

#[test]
fn nothing_that_was_written_is_no_change() {
    let mut log = begun();
    log.deal("a", (hour(0), 0), won(10, "anna"));
    let seq = log.changes.len() as u64;
    log.deal("elsewhere", (hour(0), 0), deal("Engaging", 9));
    let facts = log.replay(log.changes.len());
    for to in [seq, seq + 1] {
        let found = restated(&facts, &ask("bookings"), (seq, to)).unwrap();
        assert!(found.parts.is_empty() && found.records.is_empty());
        assert_eq!(
            found.rows[0].as_ref().map(|row| row.value.clone()),
            Some(Ok("10".to_owned()))
        );
    }
}

/// A random history after rates for all of its days.
pub(crate) fn priced(steps: &[crate::tenant::tests::replay::Step]) -> Log {
    let mut log = Log::default();
    let days = (17_160..17_260).step_by(7).chain([17_167 + 4_166]);
    for day in days {
        let rate = FxRate {
            base: "EUR".parse().unwrap(),
            quote: Currency::USD,
            date: bellwether_domain::CivilDate::from_days(day),
            rate: format!("1.{}", day % 7 + 1),
            budget: None,
        };
        log.record(&format!("every {day}"), (hour(0), 0), Body::FxRate(rate));
    }
    let offset = log.changes.len() as u64;
    for mut change in log_of(steps).changes {
        change.seq += offset;
        let recorded = hour(100_000 + i64::try_from(change.seq).unwrap());
        change.recorded_at = Some(bellwether_contracts::convert::instant_to_proto(recorded));
        log.changes.push(change);
    }
    log
}

/// KPIs of every class, with and without money.
const KPIS: [&str; 12] = [
    "bookings",
    "deals_won",
    "win_rate",
    "median_deal_size",
    "pipeline_value",
    "open_deals",
    "sales_velocity",
    "leads_created",
    "lead_response_median",
    "quota",
    "activities_completed",
    "pipeline_created",
];

fn number(row: Option<&Row>) -> Option<Exact> {
    row?.value.as_ref().ok()?.parse().ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn parts_and_records_sum_to_the_change_whatever_the_history(
        steps in prop::collection::vec(step(), 1..60),
        one in any::<prop::sample::Index>(),
        two in any::<prop::sample::Index>(),
        days in (0..50_i32, 0..50_i32),
    ) {
        let log = priced(&steps);
        let facts = log.replay(log.changes.len());
        let mut seqs = [one.index(log.changes.len() + 1) as u64, two.index(log.changes.len() + 1) as u64];
        seqs.sort_unstable();
        let as_of = |days: i32| Zone::utc().start_of_day(bellwether_domain::CivilDate::from_days(17_170 + days));
        for kpi in KPIS {
            let ends = [(seqs[0], days.0), (seqs[1], days.1)].map(|(seq, days)| End {
                seq,
                as_of: as_of(days),
                catalogue: &CATALOGUE,
            });
            let Ok(found) = restate(&facts, &ask(kpi), &[], (ends[0], ends[1]), 2) else {
                // The one thing that can be lacking is a rate that was known before and is not any more.
                continue;
            };
            let [before, after] = found.rows.each_ref().map(|row| number(row.as_ref()));
            // The ends are the answers.
            for (end, value) in ends.iter().zip([&before, &after]) {
                let asked = Ask {
                    as_of: Some(bellwether_domain::When::At(end.as_of)),
                    known_at: Some(crate::query::KnownAt::Seq(end.seq)),
                    ..ask(kpi)
                };
                let answer = crate::query::answer(&facts, &CATALOGUE, &asked, end.as_of, 2).unwrap();
                prop_assert_eq!(&number(answer.rows.first()), value, "{}", kpi);
            }
            let told: Option<Vec<&Exact>> = found.parts.iter().map(|part| part.value.as_ref()).collect();
            if let (Some(before), Some(after), Some(told)) = (&before, &after, told) {
                let whole = after - before;
                prop_assert_eq!(told.into_iter().sum::<Exact>(), whole.clone(), "{}: {:?}", kpi, found.parts);
                let adds = CATALOGUE.kpi(kpi).unwrap().formula.single().is_some() && kpi != "median_deal_size"
                    && kpi != "lead_response_median";
                if adds {
                    let sum: Exact = found.records.iter().filter_map(|moved| moved.change.as_ref()).sum();
                    prop_assert_eq!(sum, whole, "{}: {:?}", kpi, records(&found));
                }
            }
            // Whoever was moved by records names the changes that did it, all of them between the two.
            for moved in found.records.iter().filter(|moved| moved.causes.contains(&Cause::Records)) {
                prop_assert!(!moved.edits.is_empty(), "{} {:?}", kpi, moved);
                prop_assert!(moved.edits.iter().all(|edit| seqs[0] < edit.seq && edit.seq <= seqs[1]));
            }
        }
    }
}

#[test]
fn another_definition_is_a_cause_of_its_own() {
    let defined = |version: u32, filter: &str| {
        let text = format!(
            "
kpis:
  - id: tested
    version: {version}
    name: Tested
    description: A test.
    in_words: as tested
    formula: sum
    unit: money
    direction: up
    leading: false
    cadence: monthly
    funnel_stage: close
    currency: booked
    items: {{ what: deals, measure: sum }}
    measures:
      - {{ name: sum, table: closings, class: flow, aggregate: sum, expression: amount, filter: \"{filter}\" }}"
        );
        Catalogue::read(&text).unwrap()
    };
    let (won_only, all) = (defined(1, "outcome = 'won'"), defined(2, "outcome <> ''"));
    let mut log = begun();
    log.deal("won", (hour(0), 0), won(10, "anna"));
    let lost = bellwether_domain::record::Opportunity {
        stage: "Lost".to_owned(),
        ..won(7, "anna")
    };
    log.deal("lost", (hour(0), 0), lost);
    let before = log.changes.len() as u64;
    log.deal("late", (hour(0), 0), won(1, "anna"));
    let facts = log.replay(log.changes.len());
    let end = |seq, catalogue| End {
        seq,
        as_of: "2017-06-01T00:00:00Z".parse().unwrap(),
        catalogue,
    };
    let ends = (end(before, &won_only), end(before + 1, &all));
    let found = restate(&facts, &ask("tested"), &[], ends, 2).unwrap();
    assert_eq!(parts(&found), ["Records 1 1", "Derivation 7 1"]);
    assert_eq!(records(&found), ["lost 7 ", "late 1 New"]);
}

/// Settings that are walked one by one are few: of more, one step holds them all.
#[test]
fn many_settings_are_one_step() {
    let mut log = begun();
    log.deal("a", (hour(0), 0), won(10, "anna"));
    let before = log.changes.len() as u64;
    for number in 0..40 {
        log.settings(&settings(["UTC", "Asia/Kathmandu"][number % 2], true));
    }
    log.settings(&Settings {
        currency: "EUR".parse().unwrap(),
        ..settings("UTC", true)
    });
    let facts = log.replay(log.changes.len());
    assert_eq!(facts.row_edits(Table::Closings, 0, before).len(), 1);
    let found = restated(&facts, &ask("deals_won"), (before, log.changes.len() as u64)).unwrap();
    assert!(found.parts.is_empty(), "{:?}", found.parts);
}
