//! What every model keeps, whatever it learned from.

use super::*;
use crate::frame::{Column, Values, mix};
use proptest::prelude::*;

const PLAN: Plan = Plan { seed: 11, ahead: 0.4 };

fn chance(row: usize, salt: u64) -> f64 {
    mix(row as u64 * 17 + salt) as f64 / u64::MAX as f64
}

fn column(name: &str, values: Values) -> Column {
    Column {
        name: name.to_owned(),
        values,
    }
}

/// Rows whose end follows from a word, a number with gaps and, a little, both together.
fn sample(rows: usize) -> (Frame, Vec<bool>) {
    let size = |row: usize| (!row.is_multiple_of(7)).then(|| chance(row, 1) * 100.0);
    let word = |row: usize| ["north", "south", "east"][row % 3];
    let frame = Frame::new(vec![
        column(
            "region",
            Values::Words((0..rows).map(|row| Some(word(row).to_owned())).collect()),
        ),
        column("size", Values::Numbers((0..rows).map(size).collect())),
        column(
            "since",
            Values::Days((0..rows).map(|row| Some(15_000.0 + row as f64)).collect()),
        ),
        column(
            "rep",
            Values::Words(
                (0..rows)
                    .map(|row| Some(format!("rep {}", mix(row as u64) % 60)))
                    .collect(),
            ),
        ),
    ])
    .unwrap();
    let logit = |row: usize| {
        let region = [-1.0, 0.0, 1.2][row % 3];
        let size = size(row).map_or(0.3, |size| size / 40.0 - 1.0);
        region + size * if row % 3 == 1 { -1.0 } else { 1.0 }
    };
    let outcomes = (0..rows)
        .map(|row| chance(row, 2) < logistic::probability(logit(row)))
        .collect();
    (frame, outcomes)
}

fn learned(rows: usize, times: bool) -> (Model, Frame, Vec<bool>) {
    let (frame, outcomes) = sample(rows);
    let instants: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    let sample = Sample {
        frame: &frame,
        outcomes: &outcomes,
        times: times.then_some(instants.as_slice()),
    };
    (fit(&sample, &PLAN).unwrap(), frame, outcomes)
}

#[test]
fn reasons_sum_to_the_logit_and_the_logit_is_the_probability() {
    for times in [false, true] {
        let (model, frame, _) = learned(1200, times);
        assert!(model.signal(), "{:?}", model.card());
        for score in model.score(&frame) {
            let sum = score
                .reasons
                .iter()
                .fold(score.base, |sum, reason| sum + reason.contribution);
            assert_eq!(sum, score.logit);
            assert_eq!(logistic::probability(score.logit), score.probability);
            assert!(score.reasons.len() <= 4);
        }
        let said = model.score(&frame)[0].reasons[0].to_string();
        assert!(said.contains("the odds"), "{said}");
    }
}

#[test]
fn the_same_rows_in_any_order_give_the_same_model() {
    let (frame, outcomes) = sample(800);
    let order: Vec<usize> = (0..800).map(|row| row * 3 % 800).collect();
    let turned: Vec<bool> = order.iter().map(|row| outcomes[*row]).collect();
    let model = |frame: &Frame, outcomes: &[bool]| {
        let sample = Sample {
            frame,
            outcomes,
            times: None,
        };
        fit(&sample, &PLAN).unwrap()
    };
    let (a, b) = (model(&frame, &outcomes), model(&frame.take(&order), &turned));
    assert_eq!(a, b);
    let other = Plan { seed: 12, ..PLAN };
    let sample = Sample {
        frame: &frame,
        outcomes: &outcomes,
        times: None,
    };
    assert_ne!(fit(&sample, &other).unwrap().card().version, a.card().version);
}

#[test]
fn a_stored_model_says_the_same() {
    let (model, frame, _) = learned(900, true);
    let text = serde_json::to_string(&model).unwrap();
    let again: Model = serde_json::from_str(&text).unwrap();
    for (a, b) in model
        .probabilities(&frame)
        .iter()
        .zip(again.probabilities(&frame))
    {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn rows_unlike_any_other_still_get_a_chance() {
    let (model, _, _) = learned(900, false);
    let odd = Frame::new(vec![
        column("region", Values::Words(vec![Some("the moon".to_owned()), None])),
        column("size", Values::Numbers(vec![Some(1e300), Some(f64::NAN)])),
        column("rep", Values::Numbers(vec![Some(4.0), None])),
    ])
    .unwrap();
    for score in model.score(&odd) {
        assert!(score.probability > 0.0 && score.probability < 1.0, "{score:?}");
    }
    assert_eq!(model.score(&Frame::new(Vec::new()).unwrap()), []);
}

#[test]
fn what_cannot_be_learned_from_is_told() {
    let (frame, outcomes) = sample(100);
    let fit_to = |frame: &Frame, outcomes: &[bool], times: Option<&[f64]>| {
        fit(
            &Sample {
                frame,
                outcomes,
                times,
            },
            &PLAN,
        )
    };
    let none = Frame::new(Vec::new()).unwrap();
    assert_eq!(fit_to(&none, &[], None), Err(Unfit::Empty));
    assert!(matches!(
        fit_to(&frame, &outcomes[1..], None),
        Err(Unfit::Lengths { .. })
    ));
    let times = vec![f64::NAN; 100];
    assert_eq!(fit_to(&frame, &outcomes, Some(&times)), Err(Unfit::Time(0)));
    for one in [true, false] {
        let model = fit_to(&frame, &[one; 100], None).unwrap();
        assert!(!model.signal() && model.card().reason.contains("no signal"));
        let p = model.probabilities(&frame)[0];
        assert!(if one {
            p > 0.99 && p < 1.0
        } else {
            p < 0.01 && p > 0.0
        });
    }
    let same = Frame::new(vec![column("a", Values::Numbers(vec![Some(1.0); 100]))]).unwrap();
    let model = fit_to(&same, &outcomes, None).unwrap();
    assert!(model.card().reason.contains("no column"));
}

#[test]
fn the_card_tells_what_the_model_was_made_of() {
    let (model, frame, outcomes) = learned(1200, true);
    let card = model.card();
    assert_eq!((card.rows, card.window), (1200, Some((0.0, 1199.0))));
    assert_eq!(card.positives, outcomes.iter().filter(|won| **won).count());
    assert_eq!(card.features[0].column, "region");
    assert_eq!(card.calibration.iter().map(|bin| bin.n).sum::<usize>(), 1200);
    assert!(card.contestants.iter().any(|one| one.name == "base rate"));
    let drift = model.drift(&frame, Some(&outcomes));
    assert!(!drift.alarm && drift.scores < 0.05, "{drift:?}");
    let turned: Vec<bool> = outcomes.iter().map(|won| !won).collect();
    assert!(model.drift(&frame, Some(&turned)).alarm);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever was learned and whatever is scored: known words and unseen ones, gaps, huge numbers, columns that are gone.
    #[test]
    fn reasons_sum_to_the_logit_of_any_row(
        rows in 60_usize..500,
        times: bool,
        words in prop::collection::vec(prop::option::of("(north|south|[a-z]{0,3})"), 8),
        numbers in prop::collection::vec(prop::option::of(prop::num::f64::ANY), 8),
        gone: bool,
    ) {
        let (model, frame, _) = learned(rows, times);
        let mut columns = vec![column("region", Values::Words(words))];
        if !gone {
            columns.push(column("size", Values::Numbers(numbers.clone())));
        }
        columns.push(column("since", Values::Days(numbers)));
        let strange = Frame::new(columns).unwrap();
        for score in model.score(&frame).iter().chain(&model.score(&strange)) {
            let sum = score.reasons.iter().fold(score.base, |sum, reason| sum + reason.contribution);
            prop_assert_eq!(sum, score.logit);
            prop_assert_eq!(score.probability, logistic::probability(score.logit));
            prop_assert!(score.probability > 0.0 && score.probability < 1.0 && score.logit.is_finite());
            prop_assert_eq!(score.reasons.is_empty() || model.signal(), true);
        }
    }
}
