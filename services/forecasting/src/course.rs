//! What a KPI's series will be: a share by what it is a share of, and groups that add up to the whole.
//!
//! The models are those of [`crate::trend`]; here is what a KPI adds to a bare series.

mod share;

use share::{by_parts, parts, seen};

use crate::facts::History;
use crate::measure;
use crate::series::Series;
use crate::trend::hierarchy::{Node, reconcile};
use crate::trend::{Ask, Bounds, Forecast, Unfit, forecast_all};

/// How near the sum of groups must come to the whole, as a share of it: values are rounded once.
const SAME: f64 = 1e-6;

/// What is asked about a KPI.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The whole, when it is asked for, then its groups; all of the same periods.
    pub histories: Vec<History>,
    /// Whether the first history is that of the whole, and the others are its groups.
    pub whole_first: bool,
    /// How many periods ahead.
    pub horizon: usize,
    /// Levels of intervals.
    pub levels: Vec<f64>,
}

/// What a series will be.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The forecast.
    pub forecast: Forecast,
    /// Of a share: how many items it will stand on, by step.
    pub items: Option<Vec<f64>>,
    /// The mean absolute difference between values a season apart, where it is above 0: the unit of MASE.
    pub scale: Option<f64>,
    /// Whether groups were made to add up.
    pub adds_up: bool,
}

/// Forecasts the whole and its groups; in the order of the question.
#[must_use]
pub fn courses(question: &Question) -> Vec<Result<Course, Unfit>> {
    let bounds = bounds(&question.histories);
    let ask = Ask {
        horizon: question.horizon,
        levels: question.levels.clone(),
        bounds,
    };
    let adds_up = question.whole_first && sums_to_whole(&question.histories);
    let series = |history: &History| Series {
        values: (history.series.values.iter())
            .map(|value| value.or(adds_up.then_some(0.0)))
            .collect(),
        seasons: history.series.seasons.clone(),
    };
    let all: Vec<Series> = question.histories.iter().map(series).collect();
    let mut said = forecast_all(&all, &ask);
    let adds_up = adds_up && add_up(&mut said, bounds);
    let course = |(said, history): (Result<Forecast, Unfit>, &History)| {
        let forecast = said?;
        let parts = history
            .share
            .as_ref()
            .and_then(|share| parts(share, question.horizon));
        let forecast = match &parts {
            Some((items, numerators)) => by_parts(forecast, items, numerators, seen(history)),
            None => forecast,
        };
        Ok(Course {
            forecast,
            items: parts.map(|(items, _)| items),
            scale: scale(&history.series),
            adds_up,
        })
    };
    said.into_iter().zip(&question.histories).map(course).collect()
}

/// Whether the first history is the sum of the others in every period: some KPIs are by their formula, others turn out to be.
#[must_use]
pub fn sums_to_whole(histories: &[History]) -> bool {
    let Some((whole, groups)) = histories.split_first().filter(|(_, groups)| !groups.is_empty()) else {
        return false;
    };
    if whole.share.is_some() || whole.bounds == Bounds::Unit {
        return false;
    }
    let at = |history: &History, period: usize| {
        history
            .series
            .values
            .get(period)
            .copied()
            .flatten()
            .unwrap_or(0.0)
    };
    whole.adds.over_groups
        || (0..whole.series.values.len()).all(|period| {
            let sum: f64 = groups.iter().map(|group| at(group, period)).sum();
            let size: f64 = groups.iter().map(|group| at(group, period).abs()).sum();
            (sum - at(whole, period)).abs() <= SAME * size.max(at(whole, period).abs())
        })
}

/// What the values of all histories cannot be.
fn bounds(histories: &[History]) -> Bounds {
    let all = |bounds: Bounds| histories.iter().all(|history| history.bounds == bounds);
    if all(Bounds::Unit) {
        Bounds::Unit
    } else if histories.iter().any(|history| history.bounds == Bounds::Free) {
        Bounds::Free
    } else {
        Bounds::NonNegative
    }
}

/// Makes groups add up, where every one of them has a forecast; whether they do.
fn add_up(said: &mut [Result<Forecast, Unfit>], bounds: Bounds) -> bool {
    let node = |(at, forecast): (usize, &Result<Forecast, Unfit>)| {
        let parent = (at > 0).then_some(0);
        forecast.as_ref().ok().map(|forecast| Node {
            parent,
            forecast: forecast.clone(),
        })
    };
    let nodes: Option<Vec<Node>> = said.iter().enumerate().map(node).collect();
    let Some(mut nodes) = nodes else { return false };
    if reconcile(&mut nodes, bounds).is_err() {
        return false;
    }
    for (said, node) in said.iter_mut().zip(nodes) {
        *said = Ok(node.forecast);
    }
    true
}

/// The mean absolute difference between values a season apart (one period, where the history is shorter).
fn scale(series: &Series) -> Option<f64> {
    let lag = series
        .seasons
        .iter()
        .copied()
        .find(|season| *season > 1 && *season < series.values.len());
    measure::series::scale(&series.values, lag.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Additivity, Share};

    fn history(values: &[f64], season: usize) -> History {
        History {
            group: Vec::new(),
            unit: "count".to_owned(),
            bounds: Bounds::kept_by(values.iter().copied()),
            adds: Additivity {
                over_groups: true,
                over_time: true,
            },
            periods: Vec::new(),
            series: Series::full(values, season),
            items: vec![1; values.len()],
            share: None,
        }
    }

    fn asked(histories: Vec<History>) -> Question {
        Question {
            histories,
            whole_first: true,
            horizon: 6,
            levels: vec![0.8, 0.95],
        }
    }

    fn wave(at: usize, size: f64) -> f64 {
        size * (2.0 + libm::sin(at as f64 * std::f64::consts::TAU / 12.0)) + (at * 7 % 5) as f64
    }

    #[test]
    fn groups_add_up_to_the_whole() {
        let one: Vec<f64> = (0..48).map(|at| wave(at, 10.0)).collect();
        let other: Vec<f64> = (0..48).map(|at| wave(at + 5, 4.0)).collect();
        let whole: Vec<f64> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
        let question = asked(vec![history(&whole, 12), history(&one, 12), history(&other, 12)]);
        let said: Vec<Course> = courses(&question).into_iter().map(Result::unwrap).collect();
        assert!(said.iter().all(|course| course.adds_up && course.scale.is_some()));
        for step in 0..6 {
            let sum = said[1].forecast.mean[step] + said[2].forecast.mean[step];
            assert!((sum - said[0].forecast.mean[step]).abs() < 1e-6 * sum);
        }
    }

    #[test]
    fn means_do_not_add_up_and_are_left_alone() {
        let mut one = history(&[5.0; 24], 12);
        one.adds = Additivity::default();
        assert!(sums_to_whole(&[
            history(&[10.0; 24], 12),
            one.clone(),
            one.clone()
        ]));
        let said = courses(&asked(vec![one.clone(), one.clone(), one]));
        assert!(
            said.iter()
                .all(|course| course.as_ref().is_ok_and(|course| !course.adds_up))
        );
    }

    #[test]
    fn a_share_stays_one_and_follows_its_parts() {
        // 1 of 1 in odd periods, 20 of 100 in even ones.
        let part = |even: f64, odd: f64| -> Vec<f64> {
            (0..40).map(|at| if at % 2 == 0 { even } else { odd }).collect()
        };
        let shares = History {
            bounds: Bounds::Unit,
            adds: Additivity::default(),
            share: Some(Share {
                numerator: Series::full(&part(20.0, 1.0), 2),
                denominator: Series::full(&part(100.0, 1.0), 2),
            }),
            ..history(&part(0.2, 1.0), 2)
        };
        let course = courses(&asked(vec![shares])).remove(0).unwrap();
        assert_eq!(course.items.as_ref().map(Vec::len), Some(6));
        for step in 0..6 {
            let mean = course.forecast.mean[step];
            assert!((0.0..=1.0).contains(&mean), "{mean}");
            for band in &course.forecast.bands {
                let (low, high) = (band.low[step], band.high[step]);
                assert!(
                    low >= 0.0 && low <= mean && mean <= high && high <= 1.0,
                    "{low} {mean} {high}"
                );
            }
        }
    }

    #[test]
    fn a_share_of_few_items_that_all_went_one_way_is_not_certain() {
        for (won, closed) in [(1.0, 1.0), (4.0, 4.0), (0.0, 4.0), (0.0, 1.0)] {
            let shares = History {
                bounds: Bounds::Unit,
                adds: Additivity::default(),
                share: Some(Share {
                    numerator: Series::full(&[won; 3], 12),
                    denominator: Series::full(&[closed; 3], 12),
                }),
                ..history(&[won / closed; 3], 12)
            };
            let course = courses(&asked(vec![shares])).remove(0).unwrap();
            for step in 0..6 {
                let mean = course.forecast.mean[step];
                assert_eq!(mean, won / closed);
                let width =
                    |at: usize| course.forecast.bands[at].high[step] - course.forecast.bands[at].low[step];
                assert!(
                    width(0) > 0.1 && width(1) > width(0),
                    "{:?}",
                    course.forecast.bands
                );
            }
        }
    }

    #[test]
    fn nothing_is_said_about_nothing() {
        assert!(courses(&asked(vec![history(&[], 12)]))[0].is_err());
        assert!(courses(&asked(Vec::new())).is_empty());
    }
}
