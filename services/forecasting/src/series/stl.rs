//! Seasonal-trend decomposition by local regression, for one season and for several.
//!
//! STL: Cleveland, Cleveland, McRae & Terpenning (1990), inner loop, without the outer (robust) one: outliers are dealt
//! with before. MSTL: Bandara, Hyndman & Bergmeir (2021), seasons from the shortest to the longest, two rounds.

/// A series taken apart: `trend + seasons + rest`, each as long as the series.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The seasonal parts, in the order of the seasons asked for.
    pub seasons: Vec<Vec<f64>>,
    /// What moves slowly.
    pub trend: Vec<f64>,
    /// What is left.
    pub rest: Vec<f64>,
}

/// Takes `y` apart by `seasons`, each at least 2 and at most half as long as the series; others are skipped and their
/// parts are zero. Without a usable season the trend alone is smoothed.
pub fn mstl(y: &[f64], seasons: &[usize]) -> Split {
    let mut order: Vec<usize> = (0..seasons.len())
        .filter(|&which| seasons[which] >= 2 && y.len() / seasons[which] >= 2)
        .collect();
    order.sort_by_key(|&which| seasons[which]);
    let mut parts = vec![vec![0.0; y.len()]; seasons.len()];
    let mut trend = vec![0.0; y.len()];
    let mut adjusted = y.to_vec();
    if order.is_empty() {
        trend = loess(y, odd(y.len() / 4).max(7), 1);
    }
    let rounds = if order.len() > 1 { 2 } else { 1 };
    for _ in 0..rounds {
        for (rank, &which) in order.iter().enumerate() {
            add(&mut adjusted, &parts[which]);
            let (part, slow) = stl(&adjusted, seasons[which], 11 + 4 * rank);
            subtract(&mut adjusted, &part);
            parts[which] = part;
            trend = slow;
        }
    }
    let rest = adjusted
        .iter()
        .zip(&trend)
        .map(|(value, slow)| value - slow)
        .collect();
    Split {
        seasons: parts,
        trend,
        rest,
    }
}

/// One season: its part and the trend. `window` is the number of cycles over which the season may change.
fn stl(y: &[f64], season: usize, window: usize) -> (Vec<f64>, Vec<f64>) {
    let trend_window = odd((1.5 * season as f64 / (1.0 - 1.5 / window as f64)).ceil() as usize);
    let mut trend = vec![0.0; y.len()];
    let mut part = vec![0.0; y.len()];
    for _ in 0..2 {
        let detrended: Vec<f64> = y.iter().zip(&trend).map(|(value, slow)| value - slow).collect();
        let cycles = by_phase(&detrended, season, window);
        let low = low_pass(&cycles, season);
        for (at, slot) in part.iter_mut().enumerate() {
            *slot = cycles[at + season] - low[at];
        }
        let adjusted: Vec<f64> = y.iter().zip(&part).map(|(value, part)| value - part).collect();
        trend = loess(&adjusted, trend_window, 1);
    }
    (part, trend)
}

/// Each phase of the season smoothed by itself, one cycle longer than the series at either end.
fn by_phase(y: &[f64], season: usize, window: usize) -> Vec<f64> {
    let mut out = vec![0.0; y.len() + 2 * season];
    for phase in 0..season {
        let values: Vec<f64> = y.iter().skip(phase).step_by(season).copied().collect();
        // Means, no lines: a line runs away at the ends, which is where the next cycle is taken from.
        let smooth = |at: f64| local(&values, at, window, 0);
        for step in 0..values.len() + 2 {
            let slot = phase + step * season;
            if slot < out.len() {
                let at = (step as f64 - 1.0).clamp(0.0, values.len() as f64 - 1.0);
                out[slot] = smooth(at);
            }
        }
    }
    out
}

/// What of the smoothed cycles is no season: moving averages over a season twice and over three, then local regression.
fn low_pass(cycles: &[f64], season: usize) -> Vec<f64> {
    let once = moving_average(cycles, season);
    let twice = moving_average(&once, season);
    let thrice = moving_average(&twice, 3);
    loess(&thrice, odd(season), 1)
}

/// Means of `window` neighbours: `window - 1` values shorter than what is given.
pub fn moving_average(y: &[f64], window: usize) -> Vec<f64> {
    let window = window.max(1);
    y.windows(window)
        .map(|all| all.iter().sum::<f64>() / window as f64)
        .collect()
}

/// The smallest odd number that is not below `n`, 3 at least.
fn odd(n: usize) -> usize {
    (n | 1).max(3)
}

/// Local regression of `y` on its position, at each position: worked out at every tenth of the window, and on lines
/// between these.
fn loess(y: &[f64], window: usize, degree: usize) -> Vec<f64> {
    let Some(last) = y.len().checked_sub(1) else {
        return Vec::new();
    };
    let jump = (window / 10).max(1);
    let mut smooth = vec![0.0; y.len()];
    let mut from = (0, local(y, 0.0, window, degree));
    smooth[0] = from.1;
    while from.0 < last {
        let at = (from.0 + jump).min(last);
        let to = (at, local(y, at as f64, window, degree));
        for (step, slot) in smooth[from.0 + 1..=at].iter_mut().enumerate() {
            let share = (step + 1) as f64 / (at - from.0) as f64;
            *slot = from.1 * (1.0 - share) + to.1 * share;
        }
        from = to;
    }
    smooth
}

/// Local regression at one position: tricube weights over the `window` nearest values.
fn local(y: &[f64], at: f64, window: usize, degree: usize) -> f64 {
    let n = y.len();
    let span = window.min(n);
    let centred = (at - (span as f64 - 1.0) / 2.0).round().max(0.0) as usize;
    let from = centred.min(n - span);
    let mut reach = (at - from as f64).max((from + span - 1) as f64 - at);
    if window > n {
        reach += (window - n) as f64 / 2.0;
    }
    let reach = reach.max(1.0) * 1.001;
    let (mut weights, mut shift, mut value) = (0.0, 0.0, 0.0);
    let (mut square, mut cross) = (0.0, 0.0);
    for (offset, y) in y[from..from + span].iter().enumerate() {
        let x = (from + offset) as f64 - at;
        let share = x.abs() / reach;
        let rest = 1.0 - share * share * share;
        let weight = rest * rest * rest;
        weights += weight;
        shift += weight * x;
        value += weight * y;
        square += weight * x * x;
        cross += weight * x * y;
    }
    if weights <= 0.0 {
        return y[from];
    }
    let (mean_x, mean_y) = (shift / weights, value / weights);
    let spread = square - weights * mean_x * mean_x;
    if degree == 0 || spread <= 1e-9 {
        return mean_y;
    }
    let slope = (cross - weights * mean_x * mean_y) / spread;
    mean_y - slope * mean_x
}

fn add(into: &mut [f64], part: &[f64]) {
    for (slot, part) in into.iter_mut().zip(part) {
        *slot += part;
    }
}

fn subtract(from: &mut [f64], part: &[f64]) {
    for (slot, part) in from.iter_mut().zip(part) {
        *slot -= part;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(at: usize, season: usize) -> f64 {
        libm::sin(2.0 * std::f64::consts::PI * at as f64 / season as f64)
    }

    #[test]
    fn parts_add_up_and_are_found() {
        let y: Vec<f64> = (0..160)
            .map(|at| 100.0 + 0.5 * at as f64 + 10.0 * wave(at, 7) + 20.0 * wave(at, 40))
            .collect();
        let split = mstl(&y, &[7, 40]);
        for (at, value) in y.iter().enumerate() {
            let sum = split.trend[at] + split.seasons[0][at] + split.seasons[1][at] + split.rest[at];
            assert!((sum - value).abs() < 1e-9);
        }
        for at in 40..120 {
            assert!((split.seasons[0][at] - 10.0 * wave(at, 7)).abs() < 1.0, "{at}");
            assert!((split.seasons[1][at] - 20.0 * wave(at, 40)).abs() < 3.0, "{at}");
        }
    }

    #[test]
    fn seasons_that_do_not_fit_are_left_out() {
        for n in [0, 1, 2, 3, 5] {
            let y: Vec<f64> = (0..n).map(|at| at as f64).collect();
            let split = mstl(&y, &[0, 1, 12, 400]);
            assert!(split.seasons.iter().flatten().all(|part| *part == 0.0));
            assert!(split.rest.iter().all(|rest| rest.abs() < 1e-9), "{split:?}");
        }
    }
}
