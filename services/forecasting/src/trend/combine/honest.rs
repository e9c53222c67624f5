//! How far off models are where values were seen, when gaps beside them were filled.
//!
//! A filled gap lies on a line between what was seen before and after it: a model that is fitted to it is hardly ever wrong
//! there, nor at the value behind it, which the line leads to. So some of the values that were seen are hidden by turns and
//! filled as gaps are, and what is missed of them tells the error of a step (cross-validation, Stone 1974; for gaps of time
//! series Bergmeir, Hyndman & Koo 2018).

use super::members::Member;
use super::{Fitted, Seen, start};

/// By turns, one in so many values is hidden.
const TURNS: usize = 4;

/// Fewer gaps than one in so many values make no difference that is worth the time.
const FEW: usize = 50;

/// From this share of gaps on what is missed counts in full. Hidden values are not fitted to, others are: that makes a
/// difference without any gap, too, which the factors of intervals know of already.
const FULL: f64 = 0.4;

/// The fewest hidden values that tell anything.
const NEEDED: usize = 3;

/// By how much no standard deviation is more than models have it.
const MOST: f64 = 20.0;

/// By model, how many times its standard deviation the error of a step is; 1 where there are hardly any gaps.
pub(super) fn wider(fits: &[(Member, Fitted)], seen: &Seen<'_>, season: usize) -> Vec<f64> {
    let n = seen.y.len();
    let gaps = n - seen.count();
    if gaps * FEW < n {
        return vec![1.0; fits.len()];
    }
    let from = start(n, season).max(1);
    let ranks: Vec<usize> = seen
        .filled
        .iter()
        .scan(0, |rank, filled| {
            *rank += usize::from(!filled);
            Some(*rank)
        })
        .collect();
    let mut squares = vec![(0.0, 0.0_f64); fits.len()];
    for turn in 0..TURNS {
        let hidden = |at: usize| !seen.filled[at] && ranks[at] % TURNS == turn;
        let known = seen.without(n, hidden);
        for ((member, fitted), (sum, count)) in fits.iter().zip(&mut squares) {
            let fixed = member.model.fixed(fitted);
            let model = fixed.as_ref().unwrap_or(&member.model);
            let Ok(again) = model.fit(&known, member.season, 1) else {
                continue;
            };
            for at in (from..n).filter(|at| hidden(*at)) {
                let off = seen.y[at] - again.fitted[at];
                *sum += off * off;
                *count += 1.0;
            }
        }
    }
    let weight = (gaps as f64 / n as f64 / FULL).min(1.0);
    let of = |((_, fitted), (sum, count)): (&(Member, Fitted), (f64, f64))| {
        let own = (from..n).map(|at| seen.y[at] - fitted.fitted[at]);
        let own = own.map(|off| off * off).sum::<f64>() / (n - from) as f64;
        let ratio = sum / count.max(1.0) / own;
        if count < NEEDED as f64 || !ratio.is_finite() {
            return 1.0;
        }
        (1.0 + weight * (ratio - 1.0)).sqrt().clamp(1.0, MOST)
    };
    fits.iter().zip(squares).map(of).collect()
}
