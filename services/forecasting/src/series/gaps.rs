//! Gaps are filled with what the neighbourhood and the season say.

/// Fills the gaps of `values`, of which at least one must be there (else nothing comes back). `season` is the shortest
/// season, 0 or 1 for none.
///
/// A gap gets the mean of the seasonally adjusted values around it (one season to either side, or four values), and the
/// season's usual deviation on top; where nothing is near, the line between its neighbours.
pub fn fill(values: &[Option<f64>], season: usize) -> Vec<f64> {
    let straight = interpolate(values);
    if season < 2 || straight.len() < 2 * season || values.iter().all(Option::is_some) {
        return straight;
    }
    let usual = deviations(values, &straight, season);
    let adjusted: Vec<Option<f64>> = values
        .iter()
        .enumerate()
        .map(|(at, value)| value.map(|value| value - usual[at % season]))
        .collect();
    let levels = interpolate(&adjusted);
    values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            value.unwrap_or_else(|| near(&adjusted, at, season).unwrap_or(levels[at]) + usual[at % season])
        })
        .collect()
}

/// By how much each phase of the season usually differs from the mean of the season around it.
fn deviations(values: &[Option<f64>], straight: &[f64], season: usize) -> Vec<f64> {
    let mut by_phase = vec![Vec::new(); season];
    for (at, value) in values.iter().enumerate() {
        let from = at.saturating_sub(season / 2).min(straight.len() - season);
        let window = &straight[from..from + season];
        if let Some(value) = value {
            by_phase[at % season].push(value - window.iter().sum::<f64>() / season as f64);
        }
    }
    by_phase
        .into_iter()
        .map(|mut all| median(&mut all).unwrap_or(0.0))
        .collect()
}

/// The mean of the values that are there within a season (at most four values) to either side.
fn near(values: &[Option<f64>], at: usize, season: usize) -> Option<f64> {
    let reach = season.min(4);
    let window = &values[at.saturating_sub(reach)..(at + reach + 1).min(values.len())];
    let there: Vec<f64> = window.iter().copied().flatten().collect();
    if there.is_empty() {
        return None;
    }
    Some(there.iter().sum::<f64>() / there.len() as f64)
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

/// The median, the upper one of two; `None` of nothing. Reorders.
pub fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
