//! A year in twelve characters.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bars from the least to the greatest value, a dot where there is none.
pub(super) fn line(values: &[Option<f64>]) -> String {
    let known = || values.iter().copied().flatten();
    let (low, high) = (
        known().fold(f64::INFINITY, f64::min),
        known().fold(f64::NEG_INFINITY, f64::max),
    );
    let bar = |value: f64| {
        // All the same: a line in the middle.
        let part = if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        let step = (part * BARS.len() as f64) as usize;
        BARS[step.min(BARS.len() - 1)]
    };
    values.iter().map(|value| value.map_or('·', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_the_least_to_the_greatest() {
        assert_eq!(line(&[Some(0.0), Some(5.0), None, Some(10.0)]), "▁▅·█");
        assert_eq!(line(&[Some(3.0), Some(3.0)]), "▅▅");
        assert_eq!(line(&[None, None]), "··");
    }
}
