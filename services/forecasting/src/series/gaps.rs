//! Gaps are filled with what the neighbourhood and the season say.

/// Fills the gaps of `values`, of which at least one must be there (else nothing comes back). `season` is the shortest
/// season, 0 or 1 for none.
///
/// A gap gets the mean of the nearest values that are there whole seasons before and after it, or the one of them that
/// there is: a Sunday between two Sundays. Where there is no season, or too short a history to see one, and where a phase
/// of the season has no value at all, it gets the line between its neighbours.
pub fn fill(values: &[Option<f64>], season: usize) -> Vec<f64> {
    let straight = interpolate(values);
    if season < 2 || straight.len() / season < 2 {
        return straight;
    }
    let known = |at: usize| values.get(at).copied().flatten();
    let gap = |at: usize| {
        let before = (1..=at / season).find_map(|back| known(at - back * season));
        let after = (1..=(values.len() - 1 - at) / season).find_map(|on| known(at + on * season));
        match (before, after) {
            (Some(before), Some(after)) => before / 2.0 + after / 2.0,
            (Some(near), None) | (None, Some(near)) => near,
            (None, None) => straight[at],
        }
    };
    (0..values.len())
        .map(|at| known(at).unwrap_or_else(|| gap(at)))
        .collect()
}

/// Lines between neighbours; the first and the last value go on outwards.
fn interpolate(values: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<(usize, f64)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| value.map(|value| (at, value)))
        .collect();
    let (Some(&first), Some(&last)) = (known.first(), known.last()) else {
        return Vec::new();
    };
    let mut filled = vec![first.1; values.len()];
    for pair in known.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        for (at, slot) in filled.iter_mut().enumerate().take(to).skip(from) {
            let share = (at - from) as f64 / (to - from) as f64;
            *slot = low * (1.0 - share) + high * share;
        }
    }
    for slot in &mut filled[last.0..] {
        *slot = last.1;
    }
    filled
}

/// The median, the mean of the middle two of an even number (type 7 of Hyndman & Fan 1996); `None` of nothing. Reorders.
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp);
    // Halved before they are added: the sum of two huge numbers is infinite.
    let even = values.len().is_multiple_of(2);
    Some(
        lower
            .filter(|_| even)
            .map_or(upper, |lower| lower / 2.0 + upper / 2.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&mut [f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    #[test]
    fn a_gap_without_a_season_is_bridged_by_a_line() {
        let values = [None, Some(1.0), None, None, Some(4.0), None];
        assert_eq!(fill(&values, 1), [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]);
        assert!(fill(&[], 1).is_empty());
        assert!(fill(&[None, None], 7).is_empty());
    }

    #[test]
    fn a_gap_in_a_season_gets_what_that_phase_usually_has() {
        let week = [10.0, 12.0, 11.0, 13.0, 30.0, 2.0, 1.0];
        let mut values: Vec<Option<f64>> = week.iter().copied().cycle().take(70).map(Some).collect();
        let gaps = [11, 18, 32, 33, 60];
        for at in gaps {
            values[at] = None;
        }
        let filled = fill(&values, 7);
        for at in gaps {
            assert!((filled[at] - week[at % 7]).abs() < 3.0, "{at}: {}", filled[at]);
        }
        let kept = |at: usize| values[at].is_none_or(|value| value == filled[at]);
        assert!((0..70).all(kept));
    }

    #[test]
    fn long_gaps_phases_without_a_value_and_seasons_beyond_the_history_are_filled() {
        // Two weeks of holidays get the mean of the weeks around them.
        let mut values: Vec<Option<f64>> = (0..42).map(|at| Some(f64::from(at % 7 + at / 7))).collect();
        values[14..28].fill(None);
        let filled = fill(&values, 7);
        for (at, filled) in filled.iter().enumerate().take(28).skip(14) {
            assert_eq!(*filled, (at % 7) as f64 + 2.5, "{at}");
        }
        // No Sunday at all: the line from Saturday to Monday.
        let closed: Vec<Option<f64>> = (0..21).map(|at| (at % 7 != 6).then_some(4.0)).collect();
        assert_eq!(fill(&closed, 7), [4.0; 21]);
        for season in [22, 1_000, usize::MAX / 2 + 1, usize::MAX] {
            assert_eq!(fill(&closed, season), [4.0; 21], "{season}");
        }
        let largest = [
            Some(f64::MAX),
            None,
            Some(f64::MAX),
            Some(f64::MIN),
            None,
            Some(f64::MAX),
        ];
        assert!(fill(&largest, 2).iter().all(|value| value.is_finite()));
    }
}
