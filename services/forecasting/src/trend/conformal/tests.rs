//! Factors from cases whose truth is known.

use super::*;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn normal(dice: &mut ChaCha8Rng) -> f64 {
    // Twelve uniform values: near enough to a normal one up to three standard deviations.
    (0..12).map(|_| dice.random_range(-0.5..0.5)).sum()
}

/// A series of 60 values with a yearly season; errors are `width` times as wide as the models say, and where one in ten is
/// `odd`, they are five times as wide.
fn case(dice: &mut ChaCha8Rng, width: f64, odd: bool) -> Case {
    let own = width * libm::exp(0.4 * normal(dice));
    let error = |dice: &mut ChaCha8Rng| {
        let wide = if odd && dice.random_range(0..10) == 0 {
            5.0
        } else {
            1.0
        };
        // Models take the root of the mean square for the standard deviation, huge errors and all.
        let root = if odd { (0.9_f64 + 0.1 * 25.0).sqrt() } else { 1.0 };
        own * wide / root * normal(dice)
    };
    let misses = (0..30).map(|at| Miss {
        origin: at / 10,
        step: at % 10,
        by: error(dice),
    });
    let misses = misses.collect();
    let rest: Vec<f64> = (0..200).map(|_| error(dice)).collect();
    Case {
        past: Past {
            kind: Kind::of(60, &[12]),
            misses,
            origins: 3,
            tails: Tails::of(&rest, 12),
            first: vec![1.0; 10],
        },
        ahead: (0..10).map(|_| error(dice)).collect(),
        sd: vec![1.0; 10],
    }
}

fn cases(width: f64) -> Vec<Case> {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    (0..800).map(|at| case(&mut dice, width, at % 4 == 0)).collect()
}

/// The share of what came that lies within the intervals.
fn held<'a>(learned: &Learned, cases: impl Iterator<Item = &'a Case>, level: f64) -> f64 {
    let (mut held, mut all) = (0.0, 0.0);
    for case in cases {
        let widths = Stretch::with(learned, &case.past, None).widths(learned, level);
        for (ahead, half) in case.ahead.iter().zip(widths) {
            held += f64::from(ahead.abs() <= half);
            all += 1.0;
        }
    }
    held / all
}

#[test]
fn learned_factors_hold_and_scale() {
    let cases = cases(1.5);
    let learned = learn(&cases);
    for level in [0.5, 0.8, 0.85, 0.95] {
        let share = held(&learned, cases.iter(), level);
        assert!((share - level).abs() < 0.02, "{level}: {share}");
    }
    // The own scale is worth something here: a lot of misses, of the same size as what is ahead.
    assert!(learned.doubt <= 2.0, "{}", learned.doubt);
}

/// Where one error in ten is of another kind, 80 % of the others lie close together.
#[test]
fn rare_huge_errors_widen_the_tails_and_not_the_middle() {
    let cases = cases(1.0);
    let learned = learn(&cases);
    for odd in [true, false] {
        let some = || (cases.iter().enumerate()).filter(|(at, _)| (at % 4 == 0) == odd);
        for (level, off) in [(0.5, 0.1), (0.8, 0.07), (0.95, 0.04)] {
            let share = held(&learned, some().map(|(_, case)| case), level);
            assert!((share - level).abs() < off, "{odd} {level}: {share}");
        }
    }
    let shape = |at: usize| cases[at].past.tails.unwrap().quantiles;
    assert!(shape(0)[1] + 0.2 < shape(1)[1], "{:?} {:?}", shape(0), shape(1));
}

#[test]
fn too_few_errors_and_none_have_no_shape() {
    assert_eq!(Tails::of(&[], 1), None);
    assert_eq!(Tails::of(&[0.0; 50], 7), None);
    assert_eq!(Tails::of(&[1.0; 11], 1), None);
    let huge: Vec<f64> = (0..50).map(|at| f64::MAX / f64::from(1 + at % 7)).collect();
    let tails = Tails::of(&huge, 1).unwrap();
    assert!(tails.quantiles.iter().all(|quantile| quantile.is_finite()));
}

#[test]
fn a_pool_moves_what_is_usual_as_far_as_its_series_are_their_own() {
    let cases = cases(3.0);
    let all: Vec<&Past> = cases.iter().map(|case| &case.past).collect();
    assert_eq!(Pool::of(&all[..7]), None);
    let shared: Vec<Past> = all.iter().map(|_| all[1].clone()).collect();
    let ratio = |pool: &[&Past]| {
        let pool = Pool::of(pool).unwrap();
        let past = Past {
            misses: Vec::new(),
            origins: 0,
            tails: None,
            ..all[0].clone()
        };
        let (alone, together) = (Stretch::of(&past, None), Stretch::of(&past, Some(&pool)));
        together.half_widths(0.8)[2] / alone.half_widths(0.8)[2]
    };
    // Many series of their own are believed, few are less, and one that is there many times is one.
    let (many, few, one) = (
        ratio(&all),
        ratio(&all[..10]),
        ratio(&shared.iter().collect::<Vec<_>>()),
    );
    assert!(many > 2.0 && few > 1.1 && few < many - 0.3, "{many} {few}");
    assert!(one > 0.9 && one < 1.2, "{one}");
}

#[test]
fn widths_grow_with_the_level() {
    let odd = Tails {
        quantiles: [1.9, 0.1, 0.2, 0.1, 0.1],
        count: 1_000,
    };
    for n in [20, 60, 150, 300] {
        for (season, tails) in [(1, None), (12, None), (7, Some(odd))] {
            let kind = Kind::of(n, &[season]);
            let past = Past {
                kind,
                misses: Vec::new(),
                origins: 0,
                tails,
                first: vec![1.0; 80],
            };
            let stretch = Stretch::of(&past, None);
            let levels = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];
            let widths = levels.map(|level| stretch.half_widths(level));
            for step in [0, 1, 5, 17, 40, 79] {
                assert!(
                    widths.windows(2).all(|pair| pair[0][step] < pair[1][step]),
                    "{kind:?} {step} {widths:?}"
                );
            }
        }
    }
}

#[test]
fn kinds_have_places_of_their_own() {
    let mut places: Vec<usize> = [20, 60, 150, 300]
        .iter()
        .flat_map(|n| [&[][..], &[12], &[7, 365]].map(|seasons| Kind::of(*n, seasons).place()))
        .collect();
    places.sort_unstable();
    assert_eq!(places, (0..Kind::COUNT).collect::<Vec<_>>());
}

#[test]
fn quantiles_of_the_normal_distribution() {
    for (level, truth) in LEVELS.into_iter().zip(QUANTILES) {
        assert!((normal_quantile(level) - truth).abs() < 1e-8, "{level}");
    }
}
