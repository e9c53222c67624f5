//! Whether a series has a season, and which.
//!
//! The test is that of the M4 competition's benchmarks (Assimakopoulos & Nikolopoulos 2000; Makridakis, Spiliotis &
//! Assimakopoulos 2020): the autocorrelation at the season's lag must be beyond its 90 % limit by Bartlett's formula.

use super::stl::moving_average;

/// The normal quantile of the test: two-sided 90 %.
const LIMIT: f64 = 1.645;

/// The autocorrelations of `y` at lags 1 to `most`; zeros for a constant series.
pub fn autocorrelations(y: &[f64], most: usize) -> Vec<f64> {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n.max(1.0);
    let centred: Vec<f64> = y.iter().map(|value| value - mean).collect();
    let power: f64 = centred.iter().map(|value| value * value).sum();
    let at = |lag: usize| -> f64 {
        if power <= 0.0 || lag >= centred.len() {
            return 0.0;
        }
        let product: f64 = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
        product / power
    };
    (1..=most).map(at).collect()
}

/// Whether `y` (finite, without gaps) has a season of length `season`: three full seasons at least, and an
/// autocorrelation at that lag beyond its 90 % limit, `1.645 * sqrt((1 + 2 * sum of squares before) / n)`.
pub fn is_seasonal(y: &[f64], season: usize) -> bool {
    if season < 2 || y.len() / season < 3 {
        return false;
    }
    let acf = autocorrelations(y, season);
    let Some((last, before)) = acf.split_last() else {
        return false;
    };
    let squares: f64 = before.iter().map(|r| r * r).sum();
    let limit = LIMIT * ((1.0 + 2.0 * squares) / y.len() as f64).sqrt();
    last.abs() > limit
}

/// The seasons of `y` (finite, without gaps), shortest first: those `given` that fit into it twice, and longer ones
/// that the caller did not name but the history shows.
///
/// Where a short season is given, its natural companion is looked for (a year of days beside a week, a week of hours
/// beside a day); where none is given, a year of weeks, of months or of quarters, a week of days, a day of hours. Such
/// a season must come back clearly: see [`returns`].
pub fn detect(y: &[f64], given: &[usize]) -> Vec<usize> {
    let mut seasons: Vec<usize> = given
        .iter()
        .copied()
        .filter(|&m| m >= 2 && y.len() / m >= 2)
        .collect();
    seasons.sort_unstable();
    seasons.dedup();
    let candidates: &[usize] = match (given.iter().copied().max().unwrap_or(0), seasons.as_slice()) {
        (0 | 1, _) => &[52, 12, 7, 24, 4],
        (_, [5]) => &[261],
        (_, [7]) => &[365],
        (_, [24]) => &[168],
        _ => &[],
    };
    let strongest = candidates
        .iter()
        .filter_map(|&season| returns(y, season).map(|strength| (strength, season)))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    seasons.extend(strongest.map(|(_, season)| season));
    seasons
}

/// How strongly a season that nobody named comes back: the correlation between what a value has above the mean of the
/// season around it, and the same one season before. `None` unless two seasons are there, and it is beyond three
/// standard errors (Bartlett, with the correlations at short lags), 0.3, and those of half and of nearly a season.
pub fn returns(y: &[f64], season: usize) -> Option<f64> {
    if season < 2 || y.len() / season < 2 {
        return None;
    }
    let level = moving_average(y, season);
    // The mean stands for the middle of its window; the outer halves have the nearest mean.
    let around = |at: usize| level[at.saturating_sub(season / 2).min(level.len() - 1)];
    let above: Vec<f64> = y
        .iter()
        .enumerate()
        .map(|(at, value)| value - around(at))
        .collect();
    let at = |lag: usize| correlation(&above[..above.len() - lag], &above[lag..]);
    let squares: f64 = (1..=(season / 2).min(6)).map(|lag| at(lag).powi(2)).sum();
    let error = ((1.0 + 2.0 * squares) / (y.len() - season) as f64).sqrt();
    let strength = at(season);
    let beside = [season / 2, season - season.div_ceil(8).max(1)].map(at);
    let clear = strength > 0.3 && strength > 3.0 * error && beside.iter().all(|other| strength > other + 0.1);
    clear.then_some(strength)
}

/// Pearson's correlation of two series of the same length; 0 where one is constant.
pub fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let n = one.len().min(other.len()) as f64;
    if n < 2.0 {
        return 0.0;
    }
    let (mean_one, mean_other) = (one.iter().sum::<f64>() / n, other.iter().sum::<f64>() / n);
    let (mut product, mut power_one, mut power_other) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        product += (a - mean_one) * (b - mean_other);
        power_one += (a - mean_one) * (a - mean_one);
        power_other += (b - mean_other) * (b - mean_other);
    }
    let power = (power_one * power_other).sqrt();
    if power > 0.0 { product / power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    fn noisy(n: usize, season: usize, height: f64) -> Vec<f64> {
        let mut dice = ChaCha8Rng::seed_from_u64(7);
        (0..n)
            .map(|at| {
                let turn = 2.0 * std::f64::consts::PI * at as f64 / season as f64;
                50.0 + height * libm::sin(turn) + dice.random_range(-1.0..1.0)
            })
            .collect()
    }

    #[test]
    fn a_season_is_told_from_noise() {
        assert!(is_seasonal(&noisy(60, 12, 2.0), 12));
        assert!(!is_seasonal(&noisy(60, 12, 0.0), 12));
        assert!(!is_seasonal(&noisy(35, 12, 2.0), 12));
        assert!(!is_seasonal(&[5.0; 60], 12));
        assert!(!is_seasonal(&[], 12));
    }

    #[test]
    fn a_year_of_weeks_is_found_where_nobody_named_it() {
        assert_eq!(detect(&noisy(300, 52, 3.0), &[1]), [52]);
        assert_eq!(detect(&noisy(300, 52, 0.0), &[]), [] as [usize; 0]);
        assert_eq!(detect(&noisy(800, 365, 3.0), &[7]), [7, 365]);
        assert_eq!(detect(&noisy(60, 12, 3.0), &[12]), [12]);
        assert_eq!(detect(&noisy(20, 12, 3.0), &[12]), [] as [usize; 0]);
    }

    #[test]
    fn a_wandering_series_has_no_season() {
        let mut found = 0;
        for seed in 0..200 {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let mut level = 0.0;
            let y: Vec<f64> = (0..300)
                .map(|_| {
                    level += dice.random_range(-1.0..1.0);
                    level
                })
                .collect();
            found += detect(&y, &[1]).len();
        }
        assert!(found <= 30, "{found} of 200");
    }
}
