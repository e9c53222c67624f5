//! Series that are mostly nothing: demand that comes now and then.

/// From which share of zeros on a series counts as zero-heavy.
const SHARE: f64 = 0.3;

/// Whether a series is one of demand that comes now and then: nothing below zero, 30 % zeros or more, and they are not
/// just the time before the first value.
pub fn is_zero_heavy(y: &[f64]) -> bool {
    let started = y
        .iter()
        .position(|value| *value != 0.0)
        .map_or(&[][..], |first| &y[first..]);
    let zeros = started.iter().filter(|value| **value == 0.0).count();
    started.iter().all(|value| *value >= 0.0) && zeros > 0 && zeros as f64 >= SHARE * started.len() as f64
}

/// Where values are not zero: the distances between them (the first from the start), and their sizes.
pub fn intervals(y: &[f64]) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let mut since = 0_usize;
    for value in y {
        since += 1;
        if *value != 0.0 {
            found.push((since as f64, *value));
            since = 0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_counted_from_the_first_value_on() {
        assert!(is_zero_heavy(&[0.0, 0.0, 3.0, 0.0, 1.0, 0.0]));
        assert!(!is_zero_heavy(&[0.0, 0.0, 0.0, 3.0, 2.0, 1.0, 4.0]));
        assert!(!is_zero_heavy(&[0.0, -1.0, 0.0, 2.0]));
        assert!(!is_zero_heavy(&[0.0; 5]));
        assert!(!is_zero_heavy(&[]));
    }

    #[test]
    fn distances_and_sizes() {
        assert_eq!(
            intervals(&[0.0, 2.0, 0.0, 0.0, 5.0, 1.0, 0.0]),
            [(2.0, 2.0), (3.0, 5.0), (1.0, 1.0)]
        );
    }
}
