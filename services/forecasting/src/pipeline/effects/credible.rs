//! How far levels that were seen to differ are believed to.

/// A feature needs so many ends to be looked at.
const FEWEST_ENDS: f64 = 10.0;

/// Factors of levels from what was seen and what was likely; empty where levels differ by chance only. Level 0 is
/// "not known": it takes no part, and its factor is 1.
pub(super) fn credible(seen: &[f64], likely: &[f64]) -> Vec<f64> {
    let (seen_all, likely_all): (f64, f64) = (seen.iter().skip(1).sum(), likely.iter().skip(1).sum());
    if seen_all < FEWEST_ENDS || likely_all <= 0.0 {
        return Vec::new();
    }
    let scale = seen_all / likely_all;
    let pairs = || {
        seen.iter()
            .zip(likely)
            .skip(1)
            .map(move |(seen, likely)| (*seen, likely * scale))
    };
    let levels = pairs().filter(|(_, likely)| *likely > 0.5).count();
    if levels < 2 {
        return Vec::new();
    }
    let freedom = levels as f64 - 1.0;
    let chance: f64 = pairs()
        .map(|(seen, likely)| (seen - likely) * (seen - likely) / (likely + 0.5))
        .sum();
    if chance <= freedom + 2.0 * libm::sqrt(2.0 * freedom) {
        return Vec::new();
    }
    let spread: f64 = pairs()
        .map(|(seen, likely)| (seen - likely) * (seen - likely))
        .sum();
    let squares: f64 = pairs().map(|(_, likely)| likely * likely).sum();
    let variance = ((spread - seen_all) / squares.max(1e-12)).clamp(1e-3, 10.0);
    let prior = 1.0 / variance;
    let mut factors = vec![1.0];
    factors.extend(pairs().map(|(seen, likely)| (seen + prior) / (likely + prior)));
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_differ_by_chance_have_no_factor() {
        assert!(credible(&[0.0, 52.0, 48.0, 50.0], &[0.0, 50.0, 50.0, 50.0]).is_empty());
        assert!(credible(&[0.0, 3.0, 1.0], &[0.0, 2.0, 2.0]).is_empty());
        assert!(credible(&[], &[]).is_empty());
        assert!(credible(&[5.0], &[7.0]).is_empty());
    }

    #[test]
    fn few_ends_are_believed_less_than_many() {
        let factors = credible(&[9.0, 200.0, 100.0, 4.0], &[40.0, 100.0, 200.0, 2.0]);
        assert_eq!(factors[0], 1.0);
        assert!(factors[1] > 1.9 && factors[1] < 2.0);
        assert!(factors[2] > 0.5 && factors[2] < 0.53);
        assert!(factors[3] > 1.2 && factors[3] < factors[1], "{factors:?}");
    }
}
