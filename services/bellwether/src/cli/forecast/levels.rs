//! Levels of intervals, as people give them.

/// A level in percent. One below 1 is a share that was meant for a program: as a percentage it would hold next to nothing.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if (1.0..100.0).contains(&value) {
        Ok(value)
    } else if value > 0.0 && value < 1.0 {
        Err(format!("levels are percent: {}", (value * 1e8).round() / 1e6))
    } else {
        Err("a level is from 1 to below 100".to_owned())
    }
}

/// The level that is named twice, if one is.
pub(crate) fn twice(levels: &[f64]) -> Option<f64> {
    let again = |(at, level): &(usize, &f64)| levels[..*at].contains(*level);
    levels.iter().enumerate().find(again).map(|(_, level)| *level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_percentages() {
        assert_eq!((percent("97.5"), percent("1")), (Ok(97.5), Ok(1.0)));
        assert!(
            ["0", "100", "-1", "NaN", "x"]
                .iter()
                .all(|text| percent(text).is_err())
        );
        let said = |text: &str| percent(text).unwrap_err();
        assert_eq!(said("0.8"), "levels are percent: 80");
        assert_eq!(said("0.57"), "levels are percent: 57");
    }

    #[test]
    fn a_level_is_named_once() {
        assert_eq!((twice(&[]), twice(&[80.0, 95.0])), (None, None));
        assert_eq!(twice(&[80.0, 95.0, 80.0]), Some(80.0));
    }
}
