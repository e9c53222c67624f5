//! The search: the most unlikely spike or shift first, then the next in what is left, until nothing is unlikely.
//!
//! As C. Chen and L.-M. Liu (1993), Joint estimation of model parameters and outlier effects in time series, JASA
//! 88:284-297, with robust estimates of noise and season in place of refitted ones, so that the first look already
//! knows what is usual.

use super::level::Look;
use super::noise::Noise;
use super::ready::Ready;
use super::search::{Found, Search};
use super::season::{MANY, median, usual, without};
use super::{Findings, Watch, tell};
use crate::series::Series;
use crate::trend::Unfit;

/// A shift must be so much more unlikely than a spike: a level that wanders makes many that look like one.
const DEARER: f64 = 1.2;
/// How often season and noise are estimated anew without the anomalies found.
const ROUNDS: usize = 3;
/// The limit of all rounds but the last, where a season came a few times only: three anomalies in ten years of months spoil
/// its noise as they do not spoil that of two years of days, and hide behind it. What the last round does not find again
/// was none.
const EARLY: f64 = 0.55;
/// How many neighbours on either side tell what a value is beside.
const AROUND: usize = 3;
/// Half of normal errors are smaller than this.
const HALF: f64 = 0.674_489_75;
/// 95 % of normal errors are smaller than this.
const MOST: f64 = 1.959_963_98;

/// All that is known of a series when the search is over.
pub(super) struct View {
    pub(super) ready: Ready,
    /// What the seasons usually add.
    pub(super) season: Vec<f64>,
    /// The values without season and shifts.
    pub(super) steady: Vec<f64>,
    /// The last look at them, spikes left out.
    pub(super) looks: Vec<Look>,
    pub(super) found: Found,
    /// From how many standard errors on a value is a spike.
    pub(super) limit: f64,
}

impl View {
    fn of(mut search: Search, ready: Ready, season: Vec<f64>) -> Self {
        search.spikes.sort_unstable();
        search.shifts.sort_unstable_by_key(|shift| shift.at);
        Self {
            ready,
            season,
            steady: search.y,
            looks: search.looks,
            found: Found {
                spikes: search.spikes,
                shifts: search.shifts,
            },
            limit: search.limits[0],
        }
    }
}

/// Looks for anomalies in the closed periods of a series. The same series gives the same digits; values of another unit
/// give the same anomalies.
///
/// Fewer than eight values, or values that never move, have none, and nothing is said of what is usual.
///
/// # Errors
/// The series has no closed period, no value, or one that is not finite.
pub fn detect(series: &Series, watch: Watch) -> Result<Findings, Unfit> {
    let ready = Ready::of(series, watch)?;
    let least = if watch.least.is_finite() {
        watch.least.max(0.0)
    } else {
        0.0
    };
    let limit = if watch.limit.is_nan() {
        Watch::USUAL
    } else {
        watch.limit.clamp(3.0, 12.0)
    };
    let (skipped, n, seasons) = (ready.skipped, ready.y.len(), ready.seasons.clone());
    let values = &series.values[skipped..skipped + n];
    let (anomalies, known) = match view(ready, limit) {
        Some(view) => (tell::anomalies(&view, values, least), tell::usual(&view)),
        None => (Vec::new(), vec![None; n]),
    };
    let mut usual = vec![None; skipped];
    usual.extend(known);
    Ok(Findings {
        anomalies,
        usual,
        seasons,
    })
}

fn view(ready: Ready, limit: f64) -> Option<View> {
    let shortest = ready.seasons.first().copied().unwrap_or(1);
    let (mut clean, mut there) = (ready.y.clone(), ready.there.clone());
    let mut last: Option<(Search, Vec<f64>)> = None;
    let early = if ready.y.len() / shortest < MANY {
        EARLY
    } else {
        1.0
    };
    for round in 1..=ROUNDS {
        let limit = if round < ROUNDS { early * limit } else { limit };
        let season = usual(&clean, &ready.seasons);
        let quiet = without(&clean, &season);
        // Without its anomalies the series may never move: then those of the round before stand.
        let Some(noise) = Noise::of(&quiet, &there, shortest) else {
            break;
        };
        let limits = [tails(&quiet, &there) * limit, limit * DEARER];
        let search = Search::run(without(&ready.y, &season), ready.there.clone(), noise, limits);
        // What the next round learns from: the series without what was found.
        there.clone_from(&search.there);
        for (at, value) in clean.iter_mut().enumerate() {
            let spike = ready.there[at] && !search.there[at];
            *value = season[at]
                + if spike {
                    search.looks[at].expected
                } else {
                    search.y[at]
                };
        }
        last = Some((search, season));
    }
    last.map(|(search, season)| View::of(search, ready, season))
}

/// How much heavier the tails of a series are than those of normal noise, 1 or more: the limit is higher by as much.
///
/// Beside the medians of the neighbours, so that neither a shift nor what wanders is taken for tails.
fn tails(y: &[f64], there: &[bool]) -> f64 {
    let kept: Vec<f64> = y
        .iter()
        .zip(there)
        .filter(|(_, there)| **there)
        .map(|(value, _)| *value)
        .collect();
    let mut sizes: Vec<f64> = kept
        .windows(2 * AROUND + 1)
        .map(|window| {
            let around = window
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != AROUND)
                .map(|(_, value)| *value);
            (window[AROUND] - median(&mut around.collect::<Vec<_>>())).abs()
        })
        .collect();
    let middle = median(&mut sizes) / HALF;
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() * 19 / 20).copied().unwrap_or(0.0) / MOST;
    let ratio = most / middle;
    if ratio.is_finite() { ratio.max(1.0) } else { 1.0 }
}
