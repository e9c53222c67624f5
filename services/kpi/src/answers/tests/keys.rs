//! Equal keys mean equal answers, whatever happened in between; and every replica finds the same key.

use std::collections::HashMap;
use std::sync::LazyLock;

use bellwether_domain::period::Grain;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, When};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::answers::key::{AnswerKey, Asked, Asker, Place, locate};
use crate::catalogue::{Catalogue, Dimension};
use crate::checkpoint;
use crate::query::{Ask, Caller, Elapsed, KnownAt, Question, Top, answer};
use crate::tenant::TenantFacts;
use crate::tenant::tests::hour;
use crate::tenant::tests::replay::{declared, log_of, step};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
const ASKER: Asker<'static> = Asker {
    tenant: "acme",
    scope: "all",
};

fn now() -> Instant {
    hour(24 * 30)
}

fn at(ask: &Ask, facts: &TenantFacts) -> Place {
    found(ask, facts).unwrap()
}

/// `None` = the settings do not declare what is asked for.
fn found(ask: &Ask, facts: &TenantFacts) -> Option<Place> {
    let located = locate(facts, &CATALOGUE, ASKER, ask, now());
    located.ok().map(|(_, place)| place)
}

/// What the answer shows, or why there is none; without the watermark.
fn shown(ask: &Ask, facts: &TenantFacts) -> Result<String, String> {
    match answer(facts, &CATALOGUE, ask, now(), 1) {
        Ok(answer) => Ok(format!("{} {:?}", answer.as_of, answer.rows)),
        Err(error) => Err(error.message),
    }
}

fn bound() -> impl Strategy<Value = Option<When>> {
    let when = (0_i64..50, any::<bool>()).prop_map(|(day, instant)| {
        let start = hour(day * 24);
        if instant {
            When::At(start)
        } else {
            start.to_string()[..10].parse().unwrap()
        }
    });
    proptest::option::weighted(0.7, when)
}

fn caller() -> impl Strategy<Value = Caller> {
    let rep = select(vec!["anna", "ben", "cleo", "nobody"]);
    prop_oneof![
        2 => Just(Caller::All),
        1 => rep.clone().prop_map(|rep| Caller::Own(rep.to_owned())),
        1 => rep.prop_map(|rep| Caller::Subtree(rep.to_owned())),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let kpis: Vec<String> = CATALOGUE
        .all()
        .iter()
        .map(|kpi| kpi.definition.id.clone())
        .collect();
    let others = ["team.1", "team.2", "territory.1", "attr.tier", "attr.score"].map(str::to_owned);
    let known = Dimension::ALL.iter().map(|one| one.name().to_owned());
    let dimensions: Vec<String> = known.chain(others.clone()).chain(others).collect();
    let filtered: Vec<String> = dimensions
        .iter()
        .cloned()
        .chain(["team_tree".to_owned()])
        .collect();
    let values = [
        "Kim", "Lee", "anna", "One", "R1", "acme", "USD", "web", "west", "gold", "9.50", "",
    ];
    let filter = (select(filtered), select(values.to_vec()))
        .prop_map(|(dimension, value)| (dimension, Some(value.to_owned())));
    let top = (
        1..3_usize,
        any::<bool>(),
        proptest::option::weighted(0.3, bound()),
    )
        .prop_map(|(most, by_count, from)| Top {
            most,
            by: if by_count {
                "open_deals".to_owned()
            } else {
                String::new()
            },
            range: from.map(|from| (from, None)),
        });
    let grain = select(vec![Grain::Day, Grain::Week, Grain::Month, Grain::FiscalQuarter]);
    (
        subsequence(kpis, 1..4),
        (bound(), bound(), proptest::option::weighted(0.3, grain)),
        subsequence(dimensions, 0..2),
        proptest::collection::vec(filter, 0..2),
        (
            bound(),
            caller(),
            proptest::bool::weighted(0.3),
            proptest::option::weighted(0.3, top),
            select(vec![Elapsed::CalendarDays, Elapsed::WorkingDays]),
        ),
    )
        .prop_map(
            |(kpis, (from, to, grain), group_by, filters, (as_of, caller, now, top, elapsed))| Ask {
                kpis,
                from,
                to,
                grain,
                group_by,
                filters,
                as_of,
                known_at: None,
                now,
                elapsed,
                top,
                caller,
            },
        )
        .prop_filter("a question that can be asked", |ask| {
            let settings = Settings {
                attributes: declared(),
                ..Settings::default()
            };
            Question::new(&CATALOGUE, ask, &settings, now()).is_ok()
        })
}

/// Answers by key, as a cache holds them.
#[derive(Default)]
struct Kept(HashMap<AnswerKey, String>);

impl Kept {
    /// What a caller would be told, against what is so.
    fn check(&mut self, ask: &Ask, facts: &TenantFacts) -> Result<(), TestCaseError> {
        let Ok((_, place)) = locate(facts, &CATALOGUE, ASKER, ask, now()) else {
            prop_assert!(shown(ask, facts).is_err());
            return Ok(());
        };
        let Ok(shown) = shown(ask, facts) else {
            return Ok(());
        };
        let kept = self.0.entry(place.key).or_insert_with(|| shown.clone());
        prop_assert_eq!(&*kept, &shown, "{:?} at {}", ask, facts.position());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn equal_keys_mean_equal_answers(
        steps in prop::collection::vec(step(), 1..40),
        asks in prop::collection::vec(ask(), 1..6),
        other in prop::collection::vec(step(), 0..10),
        fork in any::<Index>(),
        back in any::<Index>(),
    ) {
        let mut kept = Kept::default();
        let log = log_of(&steps);
        let mut facts = TenantFacts::of_epoch(1);
        for input in log.inputs() {
            facts.apply(&input).unwrap();
            for ask in &asks {
                kept.check(ask, &facts)?;
                let head = facts.position().seq;
                for seq in [head, back.index(head as usize + 1) as u64] {
                    kept.check(&Ask { known_at: Some(KnownAt::Seq(seq)), ..ask.clone() }, &facts)?;
                }
                let turned = Ask { filters: ask.filters.iter().rev().chain(&ask.filters).cloned().collect(), ..ask.clone() };
                let key = |ask: &Ask| found(ask, &facts).map(|place| place.key);
                prop_assert_eq!(key(&turned), key(ask));
            }
        }
        // The database was restored to an earlier state without a new epoch, and another history went on from there.
        let shared = fork.index(steps.len());
        let mut forked = log_of(&[&steps[..shared], &other].concat());
        for change in &mut forked.changes[shared..] {
            change.recorded_at.as_mut().unwrap().nanos += 1_000;
        }
        let mut facts = TenantFacts::of_epoch(1);
        for input in forked.inputs() {
            facts.apply(&input).unwrap();
            for ask in &asks {
                kept.check(ask, &facts)?;
            }
        }
    }

    #[test]
    fn every_replica_finds_the_same_key(
        steps in prop::collection::vec(step(), 1..40),
        asks in prop::collection::vec(ask(), 1..6),
        restart in any::<Index>(),
    ) {
        let log = log_of(&steps);
        let inputs = log.inputs();
        let replayed = log.replay(inputs.len());
        let folder = tempfile::tempdir().unwrap();
        let mut restarted = log.replay(restart.index(inputs.len() + 1));
        checkpoint::write(folder.path(), &restarted).unwrap();
        restarted = checkpoint::load(folder.path()).unwrap();
        let loaded = restarted.position().seq as usize;
        prop_assert_eq!(restarted.marks(), log.replay(loaded).marks());
        for input in &inputs[loaded..] {
            restarted.apply(input).unwrap();
        }
        prop_assert_eq!(restarted.marks(), replayed.marks());
        let marks = replayed.marks();
        for ask in &asks {
            let place = found(ask, &replayed);
            prop_assert_eq!(place, found(ask, &restarted));
            // The way without the facts, from their marks alone.
            let question = Question::new(&CATALOGUE, ask, &marks.settings, now());
            let alone = question.map(|question| Place::at_head(&marks, &Asked::new(ASKER, marks.settled, question)));
            prop_assert_eq!(place, alone.ok());
        }
    }
}

/// Questions about 2017 in facts of which something changes.
#[test]
fn what_a_question_does_not_read_does_not_change_its_key() {
    use crate::tenant::tests::{Log, deal};
    use bellwether_domain::record::{Body, Rep};

    let rep = |name: &str| {
        Body::Rep(Rep {
            name: name.to_owned(),
            ..Rep::default()
        })
    };
    let created = |day: &str| bellwether_domain::record::Opportunity {
        created: Some(day.parse().unwrap()),
        ..deal("Engaging", 5)
    };
    let key = (hour(0), 0);
    let mut log = Log::default();
    log.settings(&crate::tenant::tests::settings("UTC", true));
    log.deal("a", key, created("2017-01-05"));
    let head = |log: &Log| log.replay(log.changes.len());
    let ask = |kpi: &str, group: &str| Ask {
        kpis: vec![kpi.to_owned()],
        from: Some("2017-01-01".parse().unwrap()),
        to: Some("2017-02-01".parse().unwrap()),
        group_by: vec![group.to_owned()],
        ..Ask::default()
    };
    let asks = [
        ("deals_won", "owner"),
        ("deals_won", "product"),
        ("pipeline_created", "product"),
    ];
    let keys = |log: &Log| asks.map(|(kpi, group)| at(&ask(kpi, group), &head(log)).key);
    let before = keys(&log);
    log.deal("b", key, created("2018-06-01"));
    assert_eq!(
        keys(&log),
        before,
        "a deal of another year, which is in no table of closings"
    );
    log.record("anna", key, rep("Anna"));
    let renamed = keys(&log);
    assert!(
        renamed[0] != before[0] && renamed[1..] == before[1..],
        "only what shows owners"
    );
    log.deal("c", key, created("2017-01-06"));
    let grown = keys(&log);
    assert!(
        grown[..2] == renamed[..2] && grown[2] != renamed[2],
        "only what reads created deals"
    );
    log.settings(&crate::tenant::tests::settings("Asia/Kathmandu", true));
    assert!(
        keys(&log).iter().all(|key| !grown.contains(key)),
        "settings are in every key"
    );
}

#[test]
fn a_new_rate_changes_the_keys_of_what_reads_rates() {
    use crate::tenant::tests::{Log, deal, settings};
    use bellwether_domain::record::{Body, FxRate, Opportunity};
    use bellwether_domain::{CivilDate, Currency, Money};

    let euro: Currency = "EUR".parse().unwrap();
    let rate = |rate: &str| {
        Body::FxRate(FxRate {
            base: euro,
            quote: Currency::USD,
            date: CivilDate::from_days(17_167),
            rate: rate.to_owned(),
            budget: None,
        })
    };
    let mut log = Log::default();
    log.settings(&settings("UTC", true));
    log.record("eur", (hour(0), 0), rate("1.25"));
    let won = Opportunity {
        amount: Some(Money {
            minor: 10_000,
            currency: euro,
        }),
        closed: Some("2017-01-03".parse().unwrap()),
        ..deal("Signed", 0)
    };
    log.deal("a", (hour(0), 0), won);
    let asks = ["bookings", "deals_won"].map(|kpi| Ask {
        kpis: vec![kpi.to_owned()],
        ..Ask::default()
    });
    let told = |log: &Log| {
        let facts = log.replay(log.changes.len());
        asks.clone()
            .map(|ask| (at(&ask, &facts).key, shown(&ask, &facts).unwrap()))
    };
    let before = told(&log);
    log.record("eur", (hour(0), 1), rate("1.5"));
    let after = told(&log);
    assert!(
        before[0].0 != after[0].0 && before[0].1 != after[0].1,
        "{before:?}"
    );
    assert_eq!(before[1], after[1], "a count reads no rates");
}
