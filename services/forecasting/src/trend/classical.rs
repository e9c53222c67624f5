//! The classical decomposition: a centred moving average and what each position of the season adds to it, or
//! multiplies it by (Kendall & Stuart 1983; `decompose` of R).

use crate::series::season::is_seasonal;

/// How a season comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It is added; the figures sum to 0.
    Added,
    /// It multiplies; the figures sum to the length of the season.
    Multiplied,
}

/// What each position of a season adds, or multiplies by. The first is that of the first value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Season {
    pub(super) manner: Manner,
    pub(super) figures: Vec<f64>,
    /// How much more the positions differ than one position does from season to season: the F of an analysis of variance,
    /// about 1 where there is no season at all.
    evidence: f64,
}

/// Below this a figure is no divisor: the season is added instead.
const LEAST_FIGURE: f64 = 0.01;

/// An F below this is no evidence of a season; about what a test at 1 % asks for.
const DOUBT: f64 = 3.0;

impl Season {
    /// The figures of `y`, which has two seasons at least; `None` when it has not, or when something that should
    /// divide is not above zero.
    pub(super) fn of(y: &[f64], season: usize, manner: Manner) -> Option<Self> {
        if season < 2 || season > y.len() / 2 {
            return None;
        }
        let mut parts: Vec<Vec<f64>> = vec![Vec::new(); season];
        for (at, level) in centred_averages(y, season) {
            parts[at % season].push(match manner {
                Manner::Added => y[at] - level,
                Manner::Multiplied if level > 0.0 => y[at] / level,
                Manner::Multiplied => return None,
            });
        }
        let means: Vec<f64> = parts
            .iter()
            .map(|parts| parts.iter().sum::<f64>() / parts.len().max(1) as f64)
            .collect();
        let mean = means.iter().sum::<f64>() / season as f64;
        let figures: Vec<f64> = match manner {
            Manner::Added => means.iter().map(|figure| figure - mean).collect(),
            Manner::Multiplied if mean > 0.0 => means.iter().map(|figure| figure / mean).collect(),
            Manner::Multiplied => return None,
        };
        figures.iter().all(|figure| figure.is_finite()).then_some(Self {
            manner,
            figures,
            evidence: evidence(&parts, &means),
        })
    }

    /// The season of `y`, if the test of [`is_seasonal`] finds one of that length.
    pub(super) fn if_any(y: &[f64], season: usize) -> Option<Self> {
        let fits = season >= 2 && season <= y.len() / 3;
        if fits && is_seasonal(y, season) {
            Self::multiplied_if_possible(y, season)
        } else {
            None
        }
    }

    /// The season of `y`, drawn to none by how little evidence there is of it: by `1 - DOUBT / F`. This is the estimator of
    /// James & Stein (1961; for seasons Miller & Williams 2003, "Shrinkage estimators of time series seasonal factors",
    /// International Journal of Forecasting 19:669-684) with a larger doubt than their 1, because an average that is
    /// centred on a value shares its noise. Unlike a test it does not jump, and it finds seasons in short series, where
    /// tests find none.
    pub(super) fn shrunk(y: &[f64], season: usize) -> Option<Self> {
        if season < 2 || season > y.len() / 3 {
            return None;
        }
        let mut found = Self::multiplied_if_possible(y, season)?;
        let share = 1.0 - DOUBT / found.evidence;
        if share.is_nan() || share <= 0.0 {
            return None;
        }
        let none = if found.manner == Manner::Multiplied {
            1.0
        } else {
            0.0
        };
        for figure in &mut found.figures {
            *figure = none + share * (*figure - none);
        }
        Some(found)
    }

    /// A season that multiplies where that is possible (all values above zero, no figure near zero), else one that is
    /// added.
    pub(super) fn multiplied_if_possible(y: &[f64], season: usize) -> Option<Self> {
        let divides = |found: &Self| found.figures.iter().all(|figure| *figure >= LEAST_FIGURE);
        let multiplied = if y.iter().all(|value| *value > 0.0) {
            Self::of(y, season, Manner::Multiplied)
        } else {
            None
        };
        multiplied
            .filter(divides)
            .or_else(|| Self::of(y, season, Manner::Added))
    }

    /// The figure of position `at`, counted from the first value.
    pub(super) fn figure(&self, at: usize) -> f64 {
        self.figures[at % self.figures.len()]
    }

    /// `value` at position `at` without its season.
    pub(super) fn taken_from(&self, value: f64, at: usize) -> f64 {
        match self.manner {
            Manner::Added => value - self.figure(at),
            Manner::Multiplied => value / self.figure(at),
        }
    }

    /// `value` at position `at` with its season.
    pub(super) fn put_on(&self, value: f64, at: usize) -> f64 {
        match self.manner {
            Manner::Added => value + self.figure(at),
            Manner::Multiplied => value * self.figure(at),
        }
    }

    /// A standard deviation at position `at` with the season.
    pub(super) fn widened(&self, sd: f64, at: usize) -> f64 {
        match self.manner {
            Manner::Added => sd,
            Manner::Multiplied => sd * self.figure(at),
        }
    }

    /// All of `y` without the season.
    pub(super) fn taken_from_all(&self, y: &[f64]) -> Vec<f64> {
        y.iter()
            .enumerate()
            .map(|(at, value)| self.taken_from(*value, at))
            .collect()
    }
}

/// The variance between the positions of a season over that within them; infinite where there is none within.
fn evidence(parts: &[Vec<f64>], means: &[f64]) -> f64 {
    let count: usize = parts.iter().map(Vec::len).sum();
    let mean = parts.iter().flatten().sum::<f64>() / count.max(1) as f64;
    let (mut between, mut within) = (0.0, 0.0);
    for (parts, own) in parts.iter().zip(means) {
        between += parts.len() as f64 * (own - mean) * (own - mean);
        within += parts.iter().map(|part| (part - own) * (part - own)).sum::<f64>();
    }
    let left = count.saturating_sub(parts.len());
    if left == 0 || between <= 0.0 {
        return 0.0;
    }
    (between / (parts.len() - 1) as f64) / (within / left as f64)
}

/// The averages over one season around each value that has half a season on both sides, with its position. A season of
/// even length takes the two outermost values half.
fn centred_averages(y: &[f64], season: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
    let half = season / 2;
    let even = season.is_multiple_of(2);
    (half..y.len() - half).map(move |at| {
        let whole: f64 = if even {
            let inner: f64 = y[at - half + 1..at + half].iter().sum();
            inner + (y[at - half] + y[at + half]) / 2.0
        } else {
            y[at - half..=at + half].iter().sum()
        };
        (at, whole / season as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line and a season of four, by hand.
    fn seasonal(manner: Manner) -> Vec<f64> {
        let added = [5.0, -3.0, -4.0, 2.0];
        let factors = [1.25, 0.85, 0.8, 1.1];
        (0..24_u32)
            .map(|t| {
                let level = 100.0 + 2.0 * f64::from(t);
                match manner {
                    Manner::Added => level + added[t as usize % 4],
                    Manner::Multiplied => 100.0 * factors[t as usize % 4],
                }
            })
            .collect()
    }

    #[test]
    fn figures_are_found_again() {
        let found = Season::of(&seasonal(Manner::Added), 4, Manner::Added).unwrap();
        for (figure, truth) in found.figures.iter().zip([5.0, -3.0, -4.0, 2.0]) {
            assert!((figure - truth).abs() < 1e-9, "{found:?}");
        }
        let found = Season::of(&seasonal(Manner::Multiplied), 4, Manner::Multiplied).unwrap();
        for (figure, truth) in found.figures.iter().zip([1.25, 0.85, 0.8, 1.1]) {
            assert!((figure - truth).abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn figures_of_an_odd_season_are_those_by_hand() {
        // The averages of three are 6, 19/3, 20/3, 23/3, 8, 26/3, 9, 9, 28/3 and 31/3 from the second value on. What is
        // over at the three positions, by hand: (-8/3 - 11/3 - 13/3) / 3, (-1 - 5/3 - 1 - 4/3) / 4, (11/3 + 5 + 5) / 3;
        // their mean is taken off.
        let y = [3.0, 5.0, 10.0, 4.0, 6.0, 13.0, 5.0, 8.0, 14.0, 5.0, 9.0, 17.0];
        let averages: Vec<f64> = centred_averages(&y, 3).map(|(_, level)| level).collect();
        assert!((averages[0] - 6.0).abs() < 1e-12);
        assert!((averages[9] - 31.0 / 3.0).abs() < 1e-12);
        let found = Season::of(&y, 3, Manner::Added).unwrap();
        let means = [-32.0 / 9.0, -5.0 / 4.0, 41.0 / 9.0];
        let mean = means.iter().sum::<f64>() / 3.0;
        for (figure, truth) in found.figures.iter().zip(means) {
            assert!((figure - (truth - mean)).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn evidence_is_that_of_an_analysis_of_variance() {
        // Means 2, 5 and 8 around 5: between 2 * (9 + 0 + 9) over 2. Within 2 in each: 6 over 3.
        let parts = [vec![1.0, 3.0], vec![4.0, 6.0], vec![7.0, 9.0]];
        assert!((evidence(&parts, &[2.0, 5.0, 8.0]) - (36.0 / 2.0) / (6.0 / 3.0)).abs() < 1e-12);
        assert_eq!(evidence(&[vec![1.0], vec![2.0]], &[1.0, 2.0]), 0.0);
        assert_eq!(
            evidence(&[vec![1.0, 1.0], vec![2.0, 2.0]], &[1.0, 2.0]),
            f64::INFINITY
        );
    }

    #[test]
    fn a_clear_season_stays_and_a_doubtful_one_shrinks() {
        let y = seasonal(Manner::Multiplied);
        assert_eq!(Season::shrunk(&y, 4), Season::multiplied_if_possible(&y, 4));
        // The sign of the noise changes from season to season, so that it is not taken for one.
        let noise = [9.0, -7.0, 4.0, -8.0, 5.0];
        let rough: Vec<f64> = y
            .iter()
            .enumerate()
            .map(|(at, value)| value + 3.0 * noise[at % 5])
            .collect();
        let (drawn, whole) = (
            Season::shrunk(&rough, 4).unwrap(),
            Season::multiplied_if_possible(&rough, 4).unwrap(),
        );
        for (drawn, whole) in drawn.figures.iter().zip(&whole.figures) {
            assert!((drawn - 1.0).abs() < (whole - 1.0).abs() && (drawn - 1.0) * (whole - 1.0) > 0.0);
        }
        let nothing: Vec<f64> = (0..40).map(|at| 100.0 + noise[at % 5]).collect();
        assert_eq!(Season::shrunk(&nothing, 4), None);
        assert_eq!(Season::shrunk(&y[..11], 4), None);
    }

    #[test]
    fn what_does_not_multiply_is_added() {
        let y: Vec<f64> = seasonal(Manner::Added)
            .iter()
            .map(|value| value - 100.0)
            .collect();
        assert_eq!(
            Season::multiplied_if_possible(&y, 4).unwrap().manner,
            Manner::Added
        );
        let y = seasonal(Manner::Multiplied);
        assert_eq!(
            Season::multiplied_if_possible(&y, 4).unwrap().manner,
            Manner::Multiplied
        );
        assert_eq!(Season::multiplied_if_possible(&y[..7], 4), None);
    }

    #[test]
    fn taking_and_putting_are_each_others_way_back() {
        let y = seasonal(Manner::Added);
        for manner in [Manner::Added, Manner::Multiplied] {
            let found = Season::of(&y, 4, manner).unwrap();
            for (at, value) in y.iter().enumerate() {
                assert!((found.put_on(found.taken_from(*value, at), at) - value).abs() < 1e-9);
            }
        }
    }
}
