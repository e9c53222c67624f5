//! Factors from cases whose truth is known.

use super::*;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn normal(dice: &mut ChaCha8Rng) -> f64 {
    // Twelve uniform values: near enough to a normal one up to three standard deviations.
    (0..12).map(|_| dice.random_range(-0.5..0.5)).sum()
}

fn cases(width: f64) -> Vec<Case> {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    (0..800)
        .map(|_| {
            let own = width * libm::exp(0.4 * normal(&mut dice));
            let misses = (0..30)
                .map(|at| Miss {
                    step: at % 10,
                    by: own * normal(&mut dice),
                })
                .collect();
            Case {
                kind: Kind::of(60, true),
                misses,
                origins: 3,
                ahead: (0..10).map(|_| own * normal(&mut dice)).collect(),
                sd: vec![1.0; 10],
            }
        })
        .collect()
}

#[test]
fn learned_factors_hold_and_scale() {
    let cases = cases(1.5);
    let learned = learn(&cases);
    let kind = Kind::of(60, true);
    for level in [0.5, 0.8, 0.85, 0.95] {
        let (mut held, mut all) = (0.0, 0.0);
        for case in &cases {
            let stretch = Stretch::with(&learned, kind, &case.misses, 3, None, 10).0;
            for (step, ahead) in case.ahead.iter().enumerate() {
                held += f64::from(
                    ahead.abs()
                        <= stretch[step] * learned.factor(kind, (level, normal_quantile(level)), step),
                );
                all += 1.0;
            }
        }
        assert!((held / all - level).abs() < 0.02, "{level}: {}", held / all);
    }
    // The own scale is worth something here: a lot of misses, of the same size as what is ahead.
    assert!(learned.doubt <= 2.0, "{}", learned.doubt);
    assert!(
        (learned.usual(kind, 0) - 1.5 * 0.8).abs() < 0.2,
        "{}",
        learned.usual(kind, 0)
    );
}

#[test]
fn a_pool_moves_what_is_usual() {
    let cases = cases(2.0);
    let kind = Kind::of(60, true);
    let all: Vec<(Kind, &[Miss])> = cases.iter().map(|case| (kind, case.misses.as_slice())).collect();
    assert_eq!(Pool::of(&all[..7]), None);
    let pool = Pool::of(&all).unwrap();
    let alone = Stretch::of(kind, &[], 0, None, 4);
    let together = Stretch::of(kind, &[], 0, Some(&pool), 4);
    for step in 0..4 {
        let usual = learned::TABLE.usual(kind, step);
        let ratio = together.half_widths(kind, 0.8)[step] / alone.half_widths(kind, 0.8)[step];
        assert!(
            (ratio / (1.7 / usual).clamp(0.5, 2.5) - 1.0).abs() < 0.2,
            "{step}: {ratio}"
        );
    }
}

#[test]
fn widths_grow_with_the_level() {
    for n in [20, 60, 300] {
        for seasonal in [false, true] {
            let kind = Kind::of(n, seasonal);
            let stretch = Stretch::of(kind, &[], 0, None, 80);
            for step in [0, 1, 5, 17, 40, 79] {
                let levels = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];
                let widths = levels.map(|level| stretch.half_widths(kind, level)[step]);
                assert!(
                    widths.windows(2).all(|pair| pair[0] < pair[1]),
                    "{kind:?} {step} {widths:?}"
                );
            }
        }
    }
}

#[test]
fn quantiles_of_the_normal_distribution() {
    for (level, truth) in LEVELS.into_iter().zip(QUANTILES) {
        assert!((normal_quantile(level) - truth).abs() < 1e-8, "{level}");
    }
}
