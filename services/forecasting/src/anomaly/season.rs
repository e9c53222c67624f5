//! The season as it usually is: medians by phase, each value judged by the other cycles alone.
//!
//! STL without its regressions: medians let neither a spike nor a shift through, and what a value itself says does not
//! count for what was to be expected of it, however few cycles there are.

/// How many cycles to either side tell what a phase usually has: seasons change slowly.
const CYCLES: usize = 8;

/// The shortest season, where it came fewer times, is told by levels that follow a shift at once ([`blocks`], [`near`]).
pub(super) const MANY: usize = 24;

/// What the seasons usually add in each period. `y` is without gaps.
pub(super) fn usual(y: &[f64], seasons: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; y.len()];
    for (rank, &season) in seasons.iter().enumerate() {
        let adjusted = without(y, &sum);
        let part = if rank == 0 && y.len() / season < MANY {
            few(&adjusted, season)
        } else {
            let first = by_phase(&adjusted, &level(&adjusted, season), season);
            // Once more around the level of what has no season any more, which is steadier.
            let steady = level(&without(&adjusted, &first), season);
            by_phase(&adjusted, &steady, season)
        };
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sum
}

/// `y` less `part`.
pub(super) fn without(y: &[f64], part: &[f64]) -> Vec<f64> {
    y.iter().zip(part).map(|(value, part)| value - part).collect()
}

/// The median around each value: two cycles of a short season, one of a long one, so that each phase counts alike.
fn level(y: &[f64], season: usize) -> Vec<f64> {
    let span = if season <= 31 { 2 * season } else { season }.min(y.len());
    let at = |at: usize| {
        let from = at.saturating_sub(span / 2).min(y.len() - span);
        median(&mut y[from..from + span].to_vec())
    };
    (0..y.len()).map(at).collect()
}

/// The season of a few cycles: first around the median of each cycle (the median polish of J. W. Tukey, Exploratory Data
/// Analysis, 1977), then twice around the medians of the neighbours of what has no season any more.
///
/// Around a median over two cycles, as in [`level`], a shift would spoil every phase for two cycles: of ten years of months
/// three shifts would spoil half. Here it spoils a few phases of one.
fn few(y: &[f64], season: usize) -> Vec<f64> {
    let mut part = by_phase(y, &blocks(y, season), season);
    for _ in 0..2 {
        part = by_phase(y, &near(&without(y, &part), season), season);
    }
    part
}

/// The median of the cycle that each value is in, cycles counted from the end; a rest at the start goes with the first.
fn blocks(y: &[f64], season: usize) -> Vec<f64> {
    let rest = y.len() % season;
    let mut level = Vec::with_capacity(y.len());
    let mut from = 0;
    while from < y.len() {
        let to = if from == 0 { rest + season } else { from + season }.min(y.len());
        let middle = median(&mut y[from..to].to_vec());
        level.resize(to, middle);
        from = to;
    }
    level
}

/// The median of the neighbours, half a season in all but 7 at least and 13 at most: it follows a shift at once.
fn near(y: &[f64], season: usize) -> Vec<f64> {
    let span = (season / 2).clamp(7, 13).min(y.len());
    let at = |at: usize| {
        let from = at.saturating_sub(span / 2).min(y.len() - span);
        median(&mut y[from..from + span].to_vec())
    };
    (0..y.len()).map(at).collect()
}

/// The median of the same phase in the cycles around, the value's own left out.
fn by_phase(y: &[f64], level: &[f64], season: usize) -> Vec<f64> {
    let off = without(y, level);
    let at = |at: usize| {
        let reach = CYCLES * season;
        let (mut from, mut to) = (at.saturating_sub(reach), (at + reach).min(y.len() - 1));
        // As many cycles at the ends as in the middle.
        from = from.min((to + 1).saturating_sub(2 * reach + 1));
        to = to.max(from + 2 * reach).min(y.len() - 1);
        let phase = at % season;
        let first = from + (phase + season - from % season) % season;
        let same = (first..=to).step_by(season).filter(|&other| other != at);
        median(&mut same.map(|other| off[other]).collect::<Vec<_>>())
    };
    (0..y.len()).map(at).collect()
}

/// The median, the mean of the middle two of an even number; 0 of nothing. Reorders.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    let middle = *middle;
    if n % 2 == 1 {
        return middle;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lower / 2.0 + middle / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_is_found_whatever_single_values_and_levels_do() {
        let week = [3.0, 1.0, 0.0, -1.0, -2.0, 4.0, -5.0];
        let mut y: Vec<f64> = (0..140).map(|at| 50.0 + week[at % 7]).collect();
        y[40] += 100.0;
        y[80..].iter_mut().for_each(|value| *value -= 20.0);
        let usual = usual(&y, &[7]);
        for at in (0..60).chain(100..140) {
            let apart = usual[at] - usual[at - at % 7] - (week[at % 7] - week[0]);
            assert!(apart.abs() < 1e-9, "{at}: {apart}");
        }
    }

    #[test]
    fn nothing_usual_without_a_season() {
        assert_eq!(usual(&[1.0, 5.0], &[]), [0.0, 0.0]);
        assert!(usual(&[], &[]).is_empty());
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&mut [f64::MAX, f64::MAX]), f64::MAX);
    }
}
