//! Single values that have nothing to do with their neighbours.

use super::gaps::median;

/// From how many standard deviations (by the median of absolute deviations) on a value is taken for an outlier. High: a
/// forecast that believes a real peak is better than one that forgets it.
const FAR: f64 = 6.0;

/// How many standard deviations of the series, season apart, an outlier must be off at least.
const WIDE: f64 = 3.0;

/// How many times as far from the middle as nine in ten others a value must be to be of another world.
const ABSURD: f64 = 1e6;

/// The fewest values among which one can be absurd.
const FEW: usize = 8;

/// The standard deviation of a normal distribution in medians of its absolute deviation.
const MAD: f64 = 1.4826;

/// Which values are absurd beside the others, as a slip of the keyboard or of a unit is: a million times as far from the
/// median as nine in ten of them (or as the median from 0). Beside such a value all others are next to nothing, for sums as
/// for models, so that it is better taken for a gap. At most one in twenty, and one of few: more are how the series is.
pub fn absurd(values: &[Option<f64>]) -> Vec<usize> {
    let there = || values.iter().copied().flatten();
    let n = there().count();
    if n < FEW {
        return Vec::new();
    }
    let middle = median(&mut there().collect::<Vec<_>>()).unwrap_or(0.0);
    // Halved: the difference of two huge numbers is infinite.
    let off = |value: f64| (value / 2.0 - middle / 2.0).abs();
    let mut sizes: Vec<f64> = there().map(off).collect();
    sizes.sort_by(f64::total_cmp);
    let usual = sizes[(n - 1) * 9 / 10].max(middle.abs() / 2.0);
    let is_absurd =
        |value: &Option<f64>| value.is_some_and(|value| usual > 0.0 && off(value) / usual > ABSURD);
    let found: Vec<usize> = (0..values.len()).filter(|&at| is_absurd(&values[at])).collect();
    if found.len() > (n / 20).max(1) {
        return Vec::new();
    }
    found
}

/// Replaces outliers of `y` (finite, without gaps) by the edge of what was to be expected, and tells where they were.
///
/// What was to be expected: the median of the five values around, above it what the same phase of the season usually
/// has. The newest two values are left alone, because nobody knows yet whether they are outliers or a new level.
pub fn tame(y: &mut [f64], season: usize) -> Vec<usize> {
    let n = y.len();
    if n < 12 || n / season.max(1) < 2 {
        return Vec::new();
    }
    let usual = usual_by_phase(y, season);
    let adjusted: Vec<f64> = y
        .iter()
        .enumerate()
        .map(|(at, v)| v - usual[at % usual.len()])
        .collect();
    let expected: Vec<f64> = (0..n).map(|at| around(&adjusted, at)).collect();
    let off: Vec<f64> = adjusted
        .iter()
        .zip(&expected)
        .map(|(value, level)| value - level)
        .collect();
    let mut sizes: Vec<f64> = off.iter().map(|off| off.abs()).collect();
    let spread = MAD * median(&mut sizes).unwrap_or(0.0);
    if spread <= 0.0 {
        return Vec::new();
    }
    // In a series that moves much, nothing is an outlier that does not stand out of its movement too.
    let edge = (FAR * spread).max(WIDE * deviation(&adjusted));
    let found: Vec<usize> = (0..n - 2).filter(|&at| off[at].abs() > edge).collect();
    // Many "outliers" are how the series is.
    if found.len() * 20 > n {
        return Vec::new();
    }
    for &at in &found {
        y[at] += (0.5 * FAR * spread).copysign(off[at]) - off[at];
    }
    found
}

fn deviation(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    (y.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt()
}

/// By how much each phase is usually above the median around it; one zero where there is no season.
fn usual_by_phase(y: &[f64], season: usize) -> Vec<f64> {
    if season < 2 {
        return vec![0.0];
    }
    let mut by_phase = vec![Vec::new(); season];
    for (at, value) in y.iter().enumerate() {
        let from = at.saturating_sub(season / 2).min(y.len() - season);
        let mean = y[from..from + season].iter().sum::<f64>() / season as f64;
        by_phase[at % season].push(value - mean);
    }
    by_phase
        .into_iter()
        .map(|mut all| median(&mut all).unwrap_or(0.0))
        .collect()
}

/// The median of the five values around.
fn around(y: &[f64], at: usize) -> f64 {
    let from = at.saturating_sub(2).min(y.len() - 5);
    let mut window = [0.0; 5];
    window.copy_from_slice(&y[from..from + 5]);
    window.sort_by(f64::total_cmp);
    window[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A season of four with a slope and a little noise.
    fn quiet() -> Vec<f64> {
        let season = [5.0, -3.0, -4.0, 2.0];
        (0..40_u32)
            .map(|at| 100.0 + 0.3 * f64::from(at) + season[at as usize % 4] + f64::from(at * 7 % 5) * 0.2)
            .collect()
    }

    #[test]
    fn a_spike_is_tamed_and_named() {
        let mut y = quiet();
        y[17] += 400.0;
        assert_eq!(tame(&mut y, 4), [17]);
        assert!((y[17] - quiet()[17]).abs() < 20.0, "{}", y[17]);
        assert!(
            y.iter()
                .zip(quiet())
                .enumerate()
                .all(|(at, (a, b))| at == 17 || *a == b)
        );
    }

    #[test]
    fn a_value_of_another_world_is_named() {
        let values = |odd: f64, at: usize| -> Vec<Option<f64>> {
            let mut values: Vec<Option<f64>> = quiet().into_iter().map(Some).collect();
            values[at] = Some(odd);
            values
        };
        for odd in [1e300, -1e300, f64::MAX, f64::MIN, 1e9] {
            for at in [0, 17, 39] {
                assert_eq!(absurd(&values(odd, at)), [at], "{odd}");
            }
        }
        assert!(absurd(&values(1e6, 17)).is_empty());
        assert!(absurd(&[Some(0.0); 30]).is_empty());
        assert!(absurd(&[Some(1.0), None, Some(1e300)]).is_empty());
        let half: Vec<Option<f64>> = (0..30)
            .map(|at| Some(if at % 2 == 0 { 1.0 } else { 1e300 }))
            .collect();
        assert!(absurd(&half).is_empty());
    }

    #[test]
    fn a_quiet_series_a_new_level_and_short_ones_stay_as_they_are() {
        let mut stepped = quiet();
        stepped.iter_mut().skip(20).for_each(|value| *value += 50.0);
        let mut ending = quiet();
        ending[39] += 500.0;
        for y in [
            quiet(),
            stepped,
            ending,
            vec![1.0, 900.0, 1.0],
            vec![3.0; 50],
            Vec::new(),
        ] {
            let mut tamed = y.clone();
            assert!(tame(&mut tamed, 4).is_empty(), "{y:?}");
            assert_eq!(tamed, y);
        }
    }
}
