//! What a deal will be worth if it is won: its amount, or where that is not known what such deals were won for.
//!
//! Levels of features are credible by how many won deals they have (Buehlmann and Straub 1970): a product with three
//! wins is believed less than one with three hundred.

use super::{
    book::{Book, Entry},
    encode::{Encoder, Source, View},
    training::HALF_LIFE,
};

/// A won deal's amount is taken as it was known so many days before the end.
const LOOK_BACK: f64 = 45.0;
/// Ratios of won to expected value beyond this are taken as this, so that one typing error does not rule.
const HIGHEST_RATIO: f64 = 20.0;
/// From so many won deals on it is learned how won values differ from what was known.
const FEWEST_WON: usize = 5;
/// No level makes a value smaller than this part of the usual one.
const LEAST_FACTOR: f64 = 0.02;

/// One value to be expected, and how far single ones stray.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Worth {
    /// Minor units.
    pub mean: f64,
    /// Standard deviation over mean.
    pub variation: f64,
}

/// What was learned at a day about values.
#[derive(Clone, Debug)]
pub(super) struct Values {
    known: Scale,
    unknown: Option<Scale>,
}

#[derive(Clone, Debug)]
struct Scale {
    base: f64,
    factors: Vec<(usize, Vec<f64>)>,
    variation: f64,
}

struct Won {
    value: f64,
    expected: f64,
    weight: f64,
    codes: Vec<u32>,
}

impl Won {
    fn ratio(&self) -> f64 {
        (self.value / self.expected).min(HIGHEST_RATIO)
    }
}

impl Values {
    /// Learns from deals won before the day.
    pub(super) fn learn(book: &Book, encoder: &Encoder, day: f64) -> Self {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for entry in &book.entries {
            let Some(value) = won_value(entry, day) else {
                continue;
            };
            let Some(ended) = entry.ended_before(day) else {
                continue;
            };
            let look = entry.created.max(ended.at - LOOK_BACK);
            let view = View::at(entry, look);
            let mut codes = Vec::with_capacity(encoder.features.len());
            encoder.codes(&view, look, &mut codes);
            let weight = libm::exp2(-(day - ended.at) / HALF_LIFE);
            if let Some(expected) = view.amount.filter(|amount| *amount > 0.0) {
                known.push(Won {
                    value,
                    expected,
                    weight,
                    codes: codes.clone(),
                });
            }
            unknown.push(Won {
                value,
                expected: 1.0,
                weight,
                codes,
            });
        }
        let without_size = |source: Source| !matches!(source, Source::Size | Source::Dwell | Source::Pushes);
        let usable = |source: Source| !matches!(source, Source::Dwell | Source::Pushes);
        let plain = Scale {
            base: 1.0,
            factors: Vec::new(),
            variation: 0.0,
        };
        Self {
            known: Scale::learn(known, encoder, usable).unwrap_or(plain),
            unknown: Scale::learn(unknown, encoder, without_size),
        }
    }

    /// What a deal is worth if it is won; nothing where neither its amount nor any won deal tells.
    pub(super) fn worth(&self, view: &View, codes: &[u32]) -> Option<Worth> {
        match (view.amount.filter(|amount| *amount > 0.0), &self.unknown) {
            (Some(amount), _) => Some(self.known.worth(amount, codes)),
            (None, Some(unknown)) => Some(unknown.worth(1.0, codes)),
            (None, None) => None,
        }
    }
}

/// What a deal was won for before the day, where that is known.
fn won_value(entry: &Entry, day: f64) -> Option<f64> {
    entry.ended_before(day).and_then(|ended| ended.value)
}

impl Scale {
    fn learn(mut won: Vec<Won>, encoder: &Encoder, usable: impl Fn(Source) -> bool) -> Option<Self> {
        if won.len() < FEWEST_WON {
            return None;
        }
        let sum =
            |of: fn(&Won) -> f64, won: &[Won]| won.iter().map(|deal| deal.weight * of(deal)).sum::<f64>();
        let base = sum(|deal| deal.value, &won) / sum(|deal| deal.expected, &won).max(f64::MIN_POSITIVE);
        if !base.is_finite() || base <= 0.0 {
            return None;
        }
        won.iter_mut().for_each(|deal| deal.expected *= base);
        let mut factors = Vec::new();
        for (place, feature) in encoder
            .features
            .iter()
            .enumerate()
            .filter(|(_, feature)| usable(feature.source))
        {
            let Some(found) = credible(&won, place, feature.codes) else {
                continue;
            };
            for deal in &mut won {
                deal.expected *= found.get(deal.codes[place] as usize).copied().unwrap_or(1.0);
            }
            factors.push((place, found));
        }
        let weight: f64 = won.iter().map(|deal| deal.weight).sum();
        let spread: f64 = won
            .iter()
            .map(|deal| deal.weight * (deal.ratio() - 1.0) * (deal.ratio() - 1.0))
            .sum();
        Some(Self {
            base,
            factors,
            variation: libm::sqrt(spread / weight.max(f64::MIN_POSITIVE)),
        })
    }

    fn worth(&self, amount: f64, codes: &[u32]) -> Worth {
        let factor = |(place, factors): &(usize, Vec<f64>)| {
            codes
                .get(*place)
                .and_then(|code| factors.get(*code as usize))
                .copied()
                .unwrap_or(1.0)
        };
        let mean = self
            .factors
            .iter()
            .map(factor)
            .fold(amount * self.base, |mean, factor| mean * factor);
        Worth {
            mean,
            variation: self.variation,
        }
    }
}

/// Factors of a feature's levels, or none where levels differ by chance only. Level 0 is "not known" and has factor 1.
fn credible(won: &[Won], place: usize, codes: usize) -> Option<Vec<f64>> {
    let (mut weight, mut value, mut expected) = (vec![0.0; codes], vec![0.0; codes], vec![0.0; codes]);
    for deal in won {
        let code = deal.codes[place] as usize;
        weight[code] += deal.weight;
        value[code] += deal.weight * deal.ratio() * deal.expected;
        expected[code] += deal.weight * deal.expected;
    }
    let (all_value, all_expected): (f64, f64) = (value.iter().skip(1).sum(), expected.iter().skip(1).sum());
    let all_weight: f64 = weight.iter().skip(1).sum();
    if all_value <= 0.0 || all_expected <= 0.0 {
        return None;
    }
    let level = all_value / all_expected;
    let mean = |code: usize| {
        if expected[code] > 0.0 {
            value[code] / expected[code] / level
        } else {
            1.0
        }
    };
    let present = (1..codes).filter(|code| weight[*code] > 0.0);
    let freedom = present.clone().count() as f64 - 1.0;
    let inner: f64 = won
        .iter()
        .filter(|deal| deal.codes[place] > 0)
        .map(|deal| inner(deal, level, mean, place))
        .sum();
    let within = inner / (all_weight - freedom - 1.0).max(1.0);
    let between: f64 = present
        .clone()
        .map(|code| weight[code] * (mean(code) - 1.0) * (mean(code) - 1.0))
        .sum();
    let squares: f64 = present.map(|code| weight[code] * weight[code]).sum();
    // Twice the spread that chance makes, so that features without a tale stay silent.
    let variance = (between - 2.0 * freedom * within) / (all_weight - squares / all_weight).max(1e-9);
    if freedom < 1.0 || variance <= 0.0 {
        return None;
    }
    let belief = |code: usize| weight[code] * variance / (weight[code] * variance + within);
    let factor = |code: usize| (1.0 + (mean(code) - 1.0) * belief(code)).max(LEAST_FACTOR);
    Some(
        (0..codes)
            .map(|code| {
                if code == 0 || weight[code] <= 0.0 {
                    1.0
                } else {
                    factor(code)
                }
            })
            .collect(),
    )
}

fn inner(deal: &Won, level: f64, mean: impl Fn(usize) -> f64, place: usize) -> f64 {
    let off = deal.ratio() / level - mean(deal.codes[place] as usize);
    deal.weight * off * off
}
