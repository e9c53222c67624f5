//! Waterfalls: one worked out by hand, and the laws that hold for any history.

use std::sync::LazyLock;

use bellwether_domain::record::{CloseDateChange, Opportunity, OwnerChange, StageChange};
use bellwether_domain::{Currency, Instant, RecordKind, When};
use proptest::prelude::*;

use super::*;
use crate::catalogue::Catalogue;
use crate::query::{Ask, Form, KnownAt, Waterfalls, answer, waterfall};
use crate::restate::tests::priced;
use crate::tenant::TenantFacts;
use crate::tenant::tests::replay::step;
use crate::tenant::tests::{Log, hour, settings};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

const PIPELINE: Form = Form {
    due: false,
    restated: true,
};
const DUE: Form = Form {
    due: true,
    restated: true,
};

fn now() -> Instant {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn when(text: &str) -> When {
    text.parse().unwrap()
}

fn february(by: &[&str]) -> Ask {
    Ask {
        from: Some(when("2017-02-01")),
        to: Some(when("2017-03-01")),
        group_by: by.iter().map(ToString::to_string).collect(),
        ..Ask::default()
    }
}

fn shown(facts: &TenantFacts, ask: &Ask, form: Form) -> Waterfalls {
    waterfall(facts, &CATALOGUE, ask, form, now()).unwrap()
}

/// `start`, then a line a step: bucket, value, deals; then `end`.
fn told(one: &Waterfall) -> Vec<String> {
    let side = |name: &str, side: &Side| format!("{name} {} {}", side.value.to_exact_string(), side.n);
    let steps = one
        .steps
        .iter()
        .map(|step| format!("{:?} {} {}", step.bucket, step.value.to_exact_string(), step.n));
    let ends = [side("start", &one.start), side("end", &one.end)];
    std::iter::once(ends[0].clone())
        .chain(steps)
        .chain([ends[1].clone()])
        .collect()
}

/// A deal of so many cents by anna, open since January and due in February.
fn open(minor: i64) -> Opportunity {
    Opportunity {
        stage: "Engaging".to_owned(),
        owner_id: Some("anna".to_owned()),
        amount: Some(bellwether_domain::Money {
            minor,
            currency: Currency::USD,
        }),
        created: Some(when("2017-01-05")),
        expected_close: Some(when("2017-02-20")),
        ..Opportunity::default()
    }
}

/// It was in a stage from a day of February on.
fn then(deal: Opportunity, stage: &str) -> Opportunity {
    let entry = |at: &str, stage: &str| StageChange {
        at: when(at),
        stage: stage.to_owned(),
    };
    Opportunity {
        stage: stage.to_owned(),
        stage_history: vec![entry("2017-01-05", "Engaging"), entry("2017-02-10", stage)],
        ..deal
    }
}

fn company() -> Log {
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    let mut put = |id: &str, deal: Opportunity| log.deal(id, (hour(0), 0), deal);
    put("stays", open(1));
    put("won", then(open(20), "Signed"));
    put("lost", then(open(300), "Lost"));
    put(
        "raised and won",
        Opportunity {
            amount_history: [("2017-01-05", 4_000), ("2017-02-09", 4_500)]
                .map(|(at, minor)| bellwether_domain::record::AmountChange {
                    at: when(at),
                    amount: open(minor).amount,
                })
                .to_vec(),
            ..then(open(4_500), "Signed")
        },
    );
    put(
        "created",
        Opportunity {
            created: Some(when("2017-02-03")),
            ..open(50_000)
        },
    );
    put(
        "created and won",
        Opportunity {
            created: Some(when("2017-02-03")),
            stage: "Signed".to_owned(),
            closed: Some(when("2017-02-15")),
            ..open(600_000)
        },
    );
    put(
        "pushed",
        Opportunity {
            expected_close: Some(when("2017-05-01")),
            close_date_history: [("2017-01-05", "2017-02-20"), ("2017-02-11", "2017-05-01")]
                .map(|(at, to)| CloseDateChange {
                    at: when(at),
                    expected_close: Some(when(to)),
                })
                .to_vec(),
            ..open(7_000_000)
        },
    );
    put(
        "pulled in",
        Opportunity {
            close_date_history: [("2017-01-05", "2017-05-01"), ("2017-02-11", "2017-02-20")]
                .map(|(at, to)| CloseDateChange {
                    at: when(at),
                    expected_close: Some(when(to)),
                })
                .to_vec(),
            ..open(80_000_000)
        },
    );
    put(
        "handed over",
        Opportunity {
            owner_id: Some("ben".to_owned()),
            owner_history: [("2017-01-05", "anna"), ("2017-02-12", "ben")]
                .map(|(at, owner)| OwnerChange {
                    at: when(at),
                    owner_id: owner.to_owned(),
                })
                .to_vec(),
            ..open(900_000_000)
        },
    );
    log
}

#[test]
fn every_deal_is_in_the_steps_that_happened_to_it() {
    let log = company();
    let facts = log.replay(log.changes.len());
    // 1 + 20 + 300 + 4,000 + 7,000,000 + 80,000,000 + 900,000,000 cents.
    let whole = [
        "start 987004321 7",
        "Created 650000 2",
        "Up 500 1",
        "Won -604520 3",
        "Lost -300 1",
        "end 987050001 5",
    ];
    let found = shown(&facts, &february(&[]), PIPELINE);
    assert_eq!(told(&found.total), whole);
    assert!(found.groups.is_empty());
    let due = shown(&facts, &february(&[]), DUE);
    assert_eq!(
        told(&due.total),
        [
            "start 907004321 6",
            "Created 650000 2",
            "PulledIn 80000000 1",
            "Up 500 1",
            "Pushed -7000000 1",
            "Won -604520 3",
            "Lost -300 1",
            "end 980050001 4"
        ]
    );
    let by_owner = shown(&facts, &february(&["owner"]), PIPELINE);
    assert_eq!(
        told(&by_owner.total),
        whole,
        "what is handed over stays in the whole"
    );
    let names: Vec<&str> = by_owner
        .groups
        .iter()
        .filter_map(|(names, _)| names[0].1.as_deref())
        .collect();
    assert_eq!(names, ["anna", "ben"]);
    assert_eq!(
        told(&by_owner.groups[1].1),
        ["start 0 0", "TransferredIn 900000000 1", "end 900000000 1"]
    );
    assert!(told(&by_owner.groups[0].1).contains(&"TransferredOut -900000000 1".to_owned()));
}

#[test]
fn a_filter_is_a_group_of_its_own() {
    let log = company();
    let facts = log.replay(log.changes.len());
    let ben = Ask {
        filters: vec![("owner".to_owned(), Some("ben".to_owned()))],
        ..february(&[])
    };
    let found = shown(&facts, &ben, PIPELINE);
    assert_eq!(
        told(&found.total),
        ["start 0 0", "TransferredIn 900000000 1", "end 900000000 1"]
    );
}

#[test]
fn the_start_is_as_it_was_known_then() {
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    for id in ["deleted", "corrected", "reopened"] {
        let deal = match id {
            "reopened" => then(open(5_000), "Signed"),
            _ => open(100),
        };
        log.deal(id, (hour(0), 0), deal);
    }
    let known = log.changes.len() as i64;
    log.tombstone(RecordKind::Opportunity, "deleted", (hour(150_000), 0));
    // It had been so from the beginning.
    log.deal("corrected", (hour(0), 1), open(70));
    log.deal("reopened", (hour(100_010), 0), open(5_000));
    log.deal("late", (hour(0), 0), open(9));
    let facts = log.replay(log.changes.len());
    let ask = Ask {
        from: Some(When::At(hour(100_000 + known))),
        to: Some(When::At(hour(200_000))),
        ..Ask::default()
    };
    let then = Form {
        restated: false,
        ..PIPELINE
    };
    let found = shown(&facts, &ask, then);
    assert_eq!(
        told(&found.total),
        [
            "start 200 2",
            "Created 9 1",
            "Reopened 5000 1",
            "Down -30 1",
            "Deleted -100 1",
            "end 5079 3"
        ]
    );
    assert_eq!(
        [found.positions[0].seq, found.positions[1].seq],
        [known as u64, log.changes.len() as u64]
    );
    // As known now nothing was deleted, corrected or late.
    let restated = shown(&facts, &ask, PIPELINE);
    assert_eq!(
        told(&restated.total),
        ["start 79 2", "Reopened 5000 1", "end 5079 3"]
    );
    // Where the log begins after the start there is nothing else to go by.
    let ask = Ask {
        from: Some(when("2017-01-20")),
        ..ask
    };
    assert_eq!(
        shown(&facts, &ask, then).positions[0].seq,
        log.changes.len() as u64
    );
}

#[test]
fn other_rates_are_a_step_of_their_own() {
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    for (day, rate) in [("2017-01-31", "1.5"), ("2017-02-28", "2")] {
        let rate = bellwether_domain::record::FxRate {
            base: "EUR".parse().unwrap(),
            quote: Currency::USD,
            date: day.parse().unwrap(),
            rate: rate.to_owned(),
            budget: None,
        };
        log.record(day, (hour(0), 0), bellwether_domain::record::Body::FxRate(rate));
    }
    let euro = |minor| Opportunity {
        amount: Some(bellwether_domain::Money {
            minor,
            currency: "EUR".parse().unwrap(),
        }),
        ..open(0)
    };
    log.deal("stays", (hour(0), 0), euro(100));
    log.deal("won", (hour(0), 0), then(euro(10), "Signed"));
    log.deal(
        "created",
        (hour(0), 0),
        Opportunity {
            created: Some(when("2017-02-03")),
            ..euro(1)
        },
    );
    let facts = log.replay(log.changes.len());
    let found = shown(&facts, &february(&[]), PIPELINE);
    // 110 EUR were 165 USD and are 220; the rest is at the rate of the end.
    assert_eq!(
        told(&found.total),
        ["start 165 2", "Created 2 1", "Fx 55 2", "Won -20 1", "end 202 2"]
    );
}

#[test]
fn what_is_no_waterfall_is_refused() {
    let facts = company().replay(3);
    let refused = |ask: Ask| {
        waterfall(&facts, &CATALOGUE, &ask, PIPELINE, now())
            .unwrap_err()
            .to_string()
    };
    let kpi = Ask {
        kpis: vec!["bookings".to_owned()],
        ..february(&[])
    };
    assert!(refused(kpi).contains("name no KPI"));
    let endless = Ask {
        from: None,
        ..february(&[])
    };
    assert!(refused(endless).contains("give `from`"));
    let future = Ask {
        as_of: Some(when("2017-01-01")),
        ..february(&[])
    };
    assert!(refused(future).contains("as-of must come after"));
    assert!(refused(february(&["loss_reason"])).contains("loss_reason"));
}

fn balance(one: &Waterfall) -> Exact {
    let steps: Exact = one.steps.iter().map(|step| &step.value).sum();
    &one.start.value + steps - &one.end.value
}

/// The pipeline at an instant, in minor units, and how many deals it is of.
fn pipeline(facts: &TenantFacts, kpi: &str, ask: &Ask, (at, seq): (When, u64)) -> Option<(Exact, u64, u64)> {
    let ask = Ask {
        kpis: vec![kpi.to_owned()],
        from: None,
        to: None,
        as_of: Some(at),
        known_at: Some(KnownAt::Seq(seq)),
        ..ask.clone()
    };
    let row = answer(facts, &CATALOGUE, &ask, now(), 2)
        .unwrap()
        .rows
        .into_iter()
        .next()?;
    let value = row
        .value
        .as_ref()
        .ok()
        .map(|value| value.parse::<Exact>().unwrap());
    Some((value.unwrap_or_default() * Exact::from(100), row.n, row.missing))
}

const DIMENSIONS: [&str; 5] = ["owner", "team", "account", "stage", "currency"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_left_over_whatever_the_history(
        steps in prop::collection::vec(step(), 1..80),
        cut in any::<prop::sample::Index>(),
        days in (0..45_i32, 1..40_i32),
        dimension in 0..DIMENSIONS.len(),
        due in any::<bool>(),
        knowledge in any::<bool>(),
    ) {
        let log = priced(&steps);
        let facts = log.replay(log.changes.len());
        let head = log.changes.len() as u64;
        let day = |days: i32| When::Day(bellwether_domain::CivilDate::from_days(17_167 + days));
        // Either time passes and all is known, or nothing happens but in what is known.
        let (from, to, form) = if knowledge {
            let seq = cut.index(log.changes.len()) as i64 + 1;
            (When::At(hour(100_000 + seq)), When::At(hour(100_000 + head as i64 + 1)), Form { due, restated: false })
        } else {
            (day(days.0), day(days.0 + days.1), Form { due, restated: true })
        };
        let ask = Ask { from: Some(from), to: Some(to), ..Ask::default() };
        let found = shown(&facts, &ask, form);
        prop_assert!(balance(&found.total).is_zero(), "{:?}", told(&found.total));
        // Both ends are the answers.
        if !due {
            for (end, at, seq) in [
                (&found.total.start, from, found.positions[0].seq),
                (&found.total.end, to, found.positions[1].seq),
            ] {
                // As-of a day means its end.
                let at = When::At(at.start_in(&facts.settings(head).zone));
                let expected = pipeline(&facts, "pipeline_value", &ask, (at, seq)).unwrap();
                prop_assert_eq!((end.value.clone(), end.n, end.missing), expected);
            }
        }
        // Within groups too, between which only transfers move anything.
        let grouped = Ask { group_by: vec![DIMENSIONS[dimension].to_owned()], ..ask.clone() };
        let parts = shown(&facts, &grouped, form);
        prop_assert_eq!(told(&parts.total), told(&found.total));
        let mut sums: std::collections::BTreeMap<Bucket, Exact> = Default::default();
        for (_, one) in &parts.groups {
            prop_assert!(balance(one).is_zero(), "{:?}", told(one));
            for step in &one.steps {
                *sums.entry(step.bucket).or_default() += &step.value;
            }
        }
        let taken = |sums: &mut std::collections::BTreeMap<Bucket, Exact>, bucket| sums.remove(&bucket).unwrap_or_default();
        let transfers = taken(&mut sums, Bucket::TransferredIn) + taken(&mut sums, Bucket::TransferredOut);
        let unit = Exact::from(parts.groups.len() as i64 + 1);
        prop_assert!(transfers.abs() <= unit, "{:?}", transfers);
        for step in &found.total.steps {
            let parts = taken(&mut sums, step.bucket);
            prop_assert!((parts - &step.value).abs() <= unit, "{:?} over groups", step.bucket);
        }
        prop_assert!(found.total.steps.iter().all(|step| !matches!(step.bucket, Bucket::TransferredIn | Bucket::TransferredOut)));
    }

    #[test]
    fn what_is_won_in_it_is_what_was_booked(
        steps in prop::collection::vec(step(), 1..80),
        days in (0..45_i32, 1..40_i32),
    ) {
        let log = priced(&steps);
        let facts = log.replay(log.changes.len());
        let day = |days: i32| bellwether_domain::CivilDate::from_days(17_167 + days);
        let end = When::Day(day(days.0 + days.1 - 1));
        let ask = Ask {
            from: Some(When::Day(day(days.0))),
            to: Some(When::Day(day(days.0 + days.1))),
            as_of: Some(end),
            ..Ask::default()
        };
        let found = shown(&facts, &ask, PIPELINE);
        for (bucket, kpi) in [(Bucket::Won, "deals_won"), (Bucket::Lost, "deals_lost"), (Bucket::NoDecision, "deals_without_decision")] {
            let n = found.total.steps.iter().find(|step| step.bucket == bucket).map_or(0, |step| step.n);
            let counted = Ask { kpis: vec![kpi.to_owned()], ..ask.clone() };
            let row = answer(&facts, &CATALOGUE, &counted, now(), 2).unwrap().rows.remove(0);
            let booked: u64 = row.value.unwrap().parse().unwrap();
            // Deals that were closed again in the period without having been open in between are no part of it.
            prop_assert!(n <= booked, "{:?} {} {}", bucket, n, booked);
            let again = found.total.steps.iter().any(|step| step.bucket == Bucket::Reopened);
            prop_assert!(again || booked - n <= 3, "{:?} {} {}", bucket, n, booked);
        }
    }
}
