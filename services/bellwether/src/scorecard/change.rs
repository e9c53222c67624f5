//! How a value moved against the period before, in words and by whether that is good.

use bellwether_contracts::kpi::{Direction, KpiComparison};

use crate::output::{Tone, percent_points, relative};

/// What to think of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It went the KPI's way.
    Good,
    /// It went the other way.
    Bad,
    /// It did not move, or no way is better.
    Neutral,
    /// Chance alone could have done it: the interval of the difference holds 0.
    Unclear,
}

impl Verdict {
    /// What to think of a comparison of a KPI; `None` = there is no difference.
    pub(super) fn of(moved: &KpiComparison, direction: Direction) -> Option<Self> {
        let difference: f64 = moved.difference.as_deref()?.parse().ok()?;
        let holds_zero = moved.interval.as_ref().is_some_and(|one| {
            let end = |text: &str| text.parse::<f64>().unwrap_or(0.0);
            end(&one.low) <= 0.0 && end(&one.high) >= 0.0
        });
        Some(match direction {
            Direction::Neutral | Direction::Unspecified => Self::Neutral,
            _ if difference == 0.0 => Self::Neutral,
            _ if holds_zero => Self::Unclear,
            Direction::Up if difference < 0.0 => Self::Bad,
            Direction::Down if difference > 0.0 => Self::Bad,
            Direction::Up | Direction::Down => Self::Good,
        })
    }

    /// The word that programs are told.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
            Self::Unclear => "unclear",
        }
    }

    /// How it is coloured.
    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Good => Tone::Good,
            Self::Bad => Tone::Bad,
            Self::Neutral => Tone::Plain,
            Self::Unclear => Tone::Quiet,
        }
    }
}

/// How a value moved, for eyes: `+12.4 %` or `-2.1 points`; `None` = that cannot be told.
pub(super) fn text(moved: &KpiComparison) -> Option<String> {
    let number = |text: &Option<String>| text.as_deref()?.parse::<f64>().ok();
    match number(&moved.points) {
        Some(points) => Some(percent_points(points / 100.0)),
        None => number(&moved.relative).map(relative),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::Interval;

    fn moved(difference: &str, relative: Option<&str>, interval: Option<(&str, &str)>) -> KpiComparison {
        KpiComparison {
            difference: Some(difference.to_owned()),
            points: relative.is_none().then(|| difference.to_owned()),
            relative: relative.map(str::to_owned),
            interval: interval.map(|(low, high)| Interval {
                low: low.to_owned(),
                high: high.to_owned(),
            }),
            ..KpiComparison::default()
        }
    }

    #[test]
    fn good_and_bad_follow_the_direction() {
        let (more, less) = (moved("20", Some("0.2"), None), moved("-20", Some("-0.167"), None));
        assert_eq!(Verdict::of(&more, Direction::Up), Some(Verdict::Good));
        assert_eq!(Verdict::of(&more, Direction::Down), Some(Verdict::Bad));
        assert_eq!(Verdict::of(&less, Direction::Down), Some(Verdict::Good));
        assert_eq!(
            Verdict::of(&moved("0", None, None), Direction::Up),
            Some(Verdict::Neutral)
        );
        assert_eq!(text(&more), Some("+20.0 %".to_owned()));
        assert_eq!(text(&moved("-3", None, None)), Some("-3.0 points".to_owned()));
        assert_eq!(text(&KpiComparison::default()), None);
    }

    #[test]
    fn what_chance_could_have_done_is_unclear() {
        let near = moved("-0.03", None, Some(("-0.08", "0.02")));
        assert_eq!(Verdict::of(&near, Direction::Up), Some(Verdict::Unclear));
        let far = moved("-0.2", None, Some(("-0.25", "-0.15")));
        assert_eq!(Verdict::of(&far, Direction::Up), Some(Verdict::Bad));
        assert_eq!(Verdict::of(&KpiComparison::default(), Direction::Up), None);
    }
}
