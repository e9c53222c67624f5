//! Companies of which the truth is known: what does it tell of a deal that it is still open?

use super::*;
use crate::cases::opportunities;
use crate::frame::mix;
use crate::pipeline::{Closing, Deal, Outcome, Spell};
use bellwether_domain::Instant;
use std::collections::BTreeMap;

const DAY: f64 = 86_400_000.0;
const NOW: f64 = 1_200.0;
/// The chance to win of the two sources.
const CHANCE: [f64; 2] = [0.65, 0.3];

fn chance(deal: u64, salt: u64) -> f64 {
    (mix(mix(deal) ^ mix(salt)) as f64 + 0.5) / u64::MAX as f64
}

fn life(at: u64) -> Life {
    let well = chance(at, 1) < 0.4;
    Life {
        days: -libm::log(chance(at, 2)) * 50.0,
        end: Some(well),
        logit: 0.0,
    }
}

/// `deals` over the days until [`NOW`], each lasting exponentially long, on average `means` by source and end (won, not).
fn company(seed: u64, deals: u64, means: [[f64; 2]; 2]) -> (Vec<Deal>, BTreeMap<String, f64>) {
    let mut truth = BTreeMap::new();
    let deal = |at: u64| {
        let draw = |salt: u64| chance(at, mix(seed) ^ salt);
        let source = usize::from(draw(1) < 0.5);
        let won = draw(2) < CHANCE[source];
        let days = -libm::log(draw(3)) * means[source][usize::from(!won)];
        let created = draw(4) * NOW;
        let open = created + days >= NOW;
        let id = format!("d{at:05}");
        if open {
            let longer = means[source].map(|mean| libm::exp((created - NOW) / mean));
            let (well, other) = (CHANCE[source] * longer[0], (1.0 - CHANCE[source]) * longer[1]);
            truth.insert(id.clone(), well / (well + other));
        }
        let spell = Spell {
            from: (created * DAY) as i64,
            to: None,
            stage: "Engaging".to_owned(),
            stage_probability: None,
            amount: None,
            expected_close: None,
            owner: "ann".to_owned(),
            team: String::new(),
            category: String::new(),
            pushes: 0,
        };
        let closing = Closing {
            at: ((created + days) * DAY) as i64,
            outcome: if won { Outcome::Won } else { Outcome::Lost },
            amount: None,
            owner: "ann".to_owned(),
            team: String::new(),
        };
        Deal {
            id,
            created: (created * DAY) as i64,
            spells: vec![spell],
            closing: (!open).then_some(closing),
            undone: Vec::new(),
            traits: BTreeMap::from([("source".to_owned(), ["fair", "web"][source].to_owned())]),
        }
    };
    ((0..deals).map(deal).collect(), truth)
}

/// Won as said of the open deals with and without their age, as they truly will be, and how far a deal is off on average
/// with its age and without.
fn told(deals: &[Deal], truth: &BTreeMap<String, f64>) -> ([f64; 3], [f64; 2]) {
    let now = Instant::from_micros((NOW * DAY) as i64 * 1_000);
    let with = opportunities(deals).as_of(now).score(&|_| ()).unwrap();
    let without = opportunities(deals).score(&|_| ()).unwrap();
    let said = |scored: &crate::cases::Scored| -> BTreeMap<String, f64> {
        let scores = scored.scores.iter();
        scores
            .map(|(id, score)| (id.clone(), score.probability))
            .collect()
    };
    let off = |said: &BTreeMap<String, f64>| {
        let off = truth.iter().map(|(id, truth)| (said[id] - truth).abs());
        off.sum::<f64>() / truth.len() as f64
    };
    let (with, without) = (said(&with), said(&without));
    (
        [&with, &without, truth].map(|all| all.values().sum()),
        [off(&with), off(&without)],
    )
}

#[test]
fn deals_that_are_open_for_long_win_as_often_as_is_said() {
    for seed in 1..=3 {
        // Won deals end three times as fast.
        let (deals, truth) = company(seed, 3_000, [[40.0, 120.0]; 2]);
        let ([with, without, won], [off, off_without]) = told(&deals, &truth);
        assert!((with / won - 1.0).abs() < 0.15, "{seed}: {with} for {won}");
        assert!(without / won > 1.4, "{seed}: {without} for {won}");
        assert!(
            off < 0.06 && off_without > 0.12,
            "{seed}: {off} for {off_without}"
        );
    }
}

#[test]
fn what_the_score_knows_already_is_not_told_twice() {
    for seed in 4..=6 {
        // Deals of a source last equally long however they end; those of the other end fast, and are won more often.
        let (deals, truth) = company(seed, 3_000, [[40.0, 40.0], [150.0, 150.0]]);
        let (_, [off, off_without]) = told(&deals, &truth);
        assert!(off < off_without + 0.01, "{seed}: {off} for {off_without}");
    }
}

#[test]
fn a_score_says_for_how_long_and_still_adds_up() {
    let (deals, _) = company(7, 3_000, [[40.0, 120.0]; 2]);
    let now = Instant::from_micros((NOW * DAY) as i64 * 1_000);
    let scored = opportunities(&deals).as_of(now).score(&|_| ()).unwrap();
    let mut seen = 0;
    for (_, score) in &scored.scores {
        let sum = score
            .reasons
            .iter()
            .fold(score.base, |sum, reason| sum + reason.contribution);
        assert_eq!(sum, score.logit);
        let Some(age) = score.reasons.iter().find(|reason| reason.column == FEATURE) else {
            continue;
        };
        let days = age.value.as_deref().unwrap();
        assert!(age.to_string().starts_with(&format!("open for {days} day")));
        seen += 1;
    }
    assert!(seen * 10 > scored.scores.len() * 8, "{seen}");
    // What ended later than the as-of is not known; nor is how long a deal will be open.
    let early = Instant::from_micros(-1);
    for (_, score) in &opportunities(&deals).as_of(early).score(&|_| ()).unwrap().scores {
        assert!(score.logit.is_finite());
    }
}

#[test]
fn where_it_tells_nothing_it_is_not_told() {
    let made = |seed: u64, n: u64| -> Vec<Life> { (0..n).map(|at| life(seed * 10_000 + at)).collect() };
    let told = (0..200).filter(|seed| Age::learn(&made(*seed, 300)).is_some());
    assert!(told.count() <= 10);
    assert_eq!(Age::learn(&[]), None);
    let odd = |days: f64, end: Option<bool>| Life {
        days,
        end,
        logit: 0.0,
    };
    assert_eq!(Age::learn(&[odd(f64::NAN, Some(true)), odd(1.0, None)]), None);
    assert_eq!(Age::learn(&[odd(0.0, Some(true)); 100]), None);
}

#[test]
fn shares_that_take_longer_by_hand() {
    let of = |days: f64, end: Option<bool>| Life {
        days,
        end,
        logit: 0.0,
    };
    // One won after 1 day; of three left one is lost after 2, one is known for 3 only, one is won after 4.
    let lives = [
        of(1.0, Some(true)),
        of(2.0, Some(false)),
        of(3.0, None),
        of(4.0, Some(true)),
    ];
    // Won: 1/4 after a day, 1/2 more after 4. Lost: 1/4.
    let found = longer(&lives, &[0.5, 1.0, 2.0, 9.0]);
    let known = [[1.0, 1.0], [2.0 / 3.0, 1.0], [2.0 / 3.0, 0.0], [0.0, 0.0]];
    for (one, other) in found.iter().flatten().zip(known.iter().flatten()) {
        assert!((one - other).abs() < 1e-12, "{found:?}");
    }
}
