//! A client that takes in whatever it is told knows the newest answer, however late it reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_contracts::kpi::{
    GroupValue, KpiValue, KpiValueKey, Path, QueryKpisResponse, WatchKind, WatchKpisResponse,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::Position;
use proptest::prelude::*;
use prost::Message as _;

use super::{Course, Pace, Point, difference, state_of};

const PACE: Pace = Pace {
    min_interval: 100,
    heartbeat: 1_000,
};

fn value(kpi: &str, group: &str, number: u8) -> KpiValue {
    let missing = group.is_empty();
    let group = GroupValue {
        dimension: "owner".to_owned(),
        name: (!missing).then(|| group.to_owned()),
        rest: false,
    };
    KpiValue {
        kpi: kpi.to_owned(),
        group: vec![group],
        value: Some(number.to_string()),
        n: u64::from(number),
        ..KpiValue::default()
    }
}

fn answer(values: Vec<KpiValue>) -> Arc<QueryKpisResponse> {
    Arc::new(QueryKpisResponse {
        values,
        ..QueryKpisResponse::default()
    })
}

fn at(seq: u64) -> Point {
    Point {
        position: Position { epoch: 1, seq },
        recorded_at: None,
    }
}

fn shown(value: &KpiValue) -> KpiValue {
    KpiValue {
        path: Path::Memory.into(),
        path_reason: "kept".to_owned(),
        ..value.clone()
    }
}

/// What a value is about and says; neither when it is shown nor how it was come by.
fn says(value: &KpiValue) -> (Vec<u8>, (Option<String>, u64)) {
    let key = KpiValueKey {
        kpi: value.kpi.clone(),
        period_start: value.period_start.clone(),
        period_end: value.period_end.clone(),
        group: value.group.clone(),
    };
    (key.encode_to_vec(), (value.value.clone(), value.n))
}

fn said(answer: &QueryKpisResponse) -> BTreeMap<Vec<u8>, (Option<String>, u64)> {
    answer.values.iter().map(says).collect()
}

/// What a client knows that follows the contract.
#[derive(Debug, Default)]
struct Client {
    known: BTreeMap<Vec<u8>, (Option<String>, u64)>,
    seq: u64,
    state: Vec<u8>,
}

impl Client {
    fn take_in(&mut self, message: &WatchKpisResponse) {
        match message.kind() {
            WatchKind::Complete => self.known.clear(),
            WatchKind::Changes => assert!(!message.values.is_empty() || !message.removed.is_empty()),
            WatchKind::Heartbeat => assert!(message.values.is_empty() && message.removed.is_empty()),
            WatchKind::Unspecified => panic!("a message without a kind"),
        }
        for key in &message.removed {
            assert!(
                self.known.remove(&key.encode_to_vec()).is_some(),
                "{key:?} was not known"
            );
        }
        self.known.extend(message.values.iter().map(says));
        let at = message.at.clone().unwrap();
        self.seq = at.watermark.unwrap().position.unwrap().seq;
        self.state = at.state;
    }
}

#[test]
fn what_is_new_changed_or_gone_is_told_apart() {
    let before = [value("a", "x", 1), value("a", "y", 2), value("a", "", 3)];
    let after = [value("a", "w", 1), value("a", "y", 9), value("a", "", 3)];
    let found = difference(&before, &after);
    assert_eq!(found.changed, [0, 1]);
    let removed: Vec<_> = found
        .removed
        .iter()
        .map(|key| key.group[0].name.as_deref())
        .collect();
    assert_eq!(removed, [Some("x")]);
    assert!(difference(&after, &after).is_empty());
    let period = |text: &str| {
        Some(DateOrTime {
            value: Some(date_or_time::Value::Date(text.to_owned())),
        })
    };
    let longer = KpiValue {
        period_end: period("2020-01-03"),
        ..value("a", "x", 1)
    };
    let found = difference(&[value("a", "x", 1)], &[longer]);
    assert_eq!(
        (found.changed.len(), found.removed.len()),
        (1, 1),
        "another period is another value"
    );
}

#[test]
fn when_and_from_where_a_value_is_shown_is_no_difference() {
    let plain = value("a", "x", 1);
    let elsewhere = KpiValue {
        as_of: Some(prost_types::Timestamp { seconds: 7, nanos: 0 }),
        ..shown(&plain)
    };
    assert!(difference(std::slice::from_ref(&plain), std::slice::from_ref(&elsewhere)).is_empty());
    let state = state_of(std::slice::from_ref(&plain));
    assert_eq!(state, state_of(&[elsewhere]));
    let absent = KpiValue {
        value: None,
        ..plain.clone()
    };
    assert_ne!(state, state_of(&[absent]));
    assert_ne!(state, state_of(&[plain.clone(), plain]));
}

#[test]
fn a_quiet_watch_says_so_from_time_to_time() {
    let mut course = Course::new(PACE, false);
    let first = answer(vec![value("a", "x", 1)]);
    let said = course.say(0, at(5), Some(&first), shown).unwrap();
    assert_eq!((said.kind(), said.values.len()), (WatchKind::Complete, 1));
    assert_eq!((course.not_before(), course.heartbeat_at()), (100, 1_000));
    assert_eq!(course.say(999, at(6), None, shown), None);
    assert_eq!(course.say(999, at(6), Some(&first), shown), None);
    let said = course.say(1_000, at(7), None, shown).unwrap();
    assert_eq!(said.kind(), WatchKind::Heartbeat);
    let point = said.at.unwrap();
    assert_eq!(point.watermark.unwrap().position.unwrap().seq, 7);
    assert_eq!(point.state, state_of(&first.values));
    assert_eq!(course.heartbeat_at(), 2_000);
}

#[test]
fn a_day_that_ends_is_told_at_once_even_if_no_value_changed() {
    let of_day = |seconds| {
        answer(vec![KpiValue {
            as_of: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..value("a", "x", 1)
        }])
    };
    let mut course = Course::new(PACE, false);
    course.say(0, at(5), Some(&of_day(1)), shown).unwrap();
    let said = course.say(100, at(5), Some(&of_day(2)), shown).unwrap();
    assert_eq!(
        (said.kind(), said.at.unwrap().as_of.unwrap().seconds),
        (WatchKind::Heartbeat, 2)
    );
}

#[test]
fn who_comes_back_is_told_only_what_differs() {
    let (then, now) = (
        answer(vec![value("a", "x", 1), value("a", "y", 1)]),
        answer(vec![value("a", "x", 1), value("a", "y", 2)]),
    );
    let mut same = Course::resumed(PACE, false, Arc::clone(&then));
    assert_eq!(same.say(0, at(9), Some(&then), shown), None);
    let mut other = Course::resumed(PACE, false, Arc::clone(&then));
    let said = other.say(0, at(9), Some(&now), shown).unwrap();
    assert_eq!((said.kind(), said.values.len()), (WatchKind::Changes, 1));
    let mut full = Course::resumed(PACE, true, then);
    let said = full.say(0, at(9), Some(&now), shown).unwrap();
    assert_eq!((said.kind(), said.values.len()), (WatchKind::Complete, 2));
}

/// Answers of a few groups with a few values, so that they are often alike.
fn answers() -> impl Strategy<Value = Vec<Vec<Option<u8>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::of(0_u8..3), 6), 1..40)
}

fn of_numbers(numbers: &[Option<u8>]) -> Arc<QueryKpisResponse> {
    let groups = ["Ann", "Bob", ""];
    let values = numbers.iter().enumerate().filter_map(|(place, number)| {
        let kpi = if place < groups.len() { "b" } else { "a" };
        Some(value(kpi, groups[place % groups.len()], (*number)?))
    });
    answer(values.collect())
}

proptest! {
    #[test]
    fn the_first_answer_and_the_differences_give_the_newest(
        versions in answers(),
        // How long until the next version, and how long its reader dawdles.
        times in prop::collection::vec((0_u64..400, 0_u64..1_500), 40),
        full in any::<bool>(),
        leave in 0_usize..40,
    ) {
        let mut course = Course::new(PACE, full);
        let mut client = Client::default();
        let (mut clock, mut ready, mut spoke) = (0, 0, None::<u64>);
        for (seq, (numbers, (pause, dawdle))) in versions.iter().zip(&times).enumerate() {
            clock += pause;
            let newest = of_numbers(numbers);
            if seq == leave {
                // The client comes back with what it was told last, and the server knows that answer still.
                let known = versions[..seq].iter().map(|one| of_numbers(one));
                let known = known.rev().find(|known| state_of(&known.values) == client.state);
                course = known.map_or_else(|| Course::new(PACE, full), |known| Course::resumed(PACE, full, known));
                spoke = None;
            }
            if clock < ready || clock < course.not_before() {
                continue;
            }
            let Some(message) = course.say(clock, at(seq as u64), Some(&newest), shown) else {
                prop_assert!(clock < course.heartbeat_at());
                prop_assert_eq!(&client.known, &said(&newest));
                continue;
            };
            prop_assert!(spoke.is_none_or(|spoke| clock - spoke >= PACE.min_interval));
            prop_assert!(message.values.iter().all(|value| value.path() == Path::Memory));
            (spoke, ready) = (Some(clock), clock + dawdle);
            client.take_in(&message);
            prop_assert_eq!((&client.known, client.seq), (&said(&newest), seq as u64));
            prop_assert_eq!(&client.state, &state_of(&newest.values));
        }
    }
}
