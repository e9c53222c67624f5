//! How much open pipeline a goal takes with some odds, if more of the same were there: deals as likely to be won as those
//! that are open, of their sizes, and sharing their luck. Twice the pipeline is therefore surer than twice each amount
//! would be, but not as sure as if deals knew nothing of each other.

use super::{
    forecast::newcomers_extra,
    lines::Line,
    newcomers::Newcomers,
    rehearsal::Correction,
    spread::{Extra, Item, Rest, shock_factors},
    training::identity,
};

/// So many times the pipeline is looked for at most.
const MOST_TIMES: f64 = 1_000.0;
/// Halvings of the search: a thousandth of a thousandth of what is found.
const HALVINGS: usize = 50;

/// What a goal takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// The goal without what is won and without what newcomers are expected to bring; at least 0, in minor units.
    pub gap: f64,
    /// Known amounts of open deals, in minor units.
    pub open: f64,
    /// The open amount that each of the odds takes, in minor units; nothing where no multiple of what is open up to
    /// 1,000 does.
    pub at_odds: Vec<(f64, Option<f64>)>,
}

impl Need {
    /// An amount over the gap, the usual "coverage"; nothing where nothing is missing.
    #[must_use]
    pub fn coverage(&self, amount: f64) -> Option<f64> {
        (self.gap > 0.0).then(|| amount / self.gap)
    }
}

/// The open amount that a goal takes with each of some odds (0 to 1, exclusive), when `won` is reached and these deals are
/// open. Nothing where the goal is no positive number, or no open deal has an amount and a chance.
#[must_use]
pub fn need(
    goal: f64,
    won: f64,
    lines: &[&Line],
    coming: &Newcomers,
    correction: &Correction,
    odds: &[f64],
) -> Option<Need> {
    let open: f64 = lines.iter().filter_map(|line| line.amount).sum();
    let items: Vec<Item> = lines.iter().map(|line| item(line)).collect();
    let mean: f64 = items.iter().map(|item| item.chance * item.size).sum();
    if !(goal.is_finite() && goal > 0.0 && won.is_finite() && open > 0.0 && mean > 0.0) {
        return None;
    }
    let many = Many {
        rest: Rest::of(&items, &shock_factors(correction.value.shock)),
        extra: newcomers_extra(coming, correction).1,
    };
    let missing = goal - won;
    let least = |odds: &f64| (*odds, many.least(missing, *odds).map(|times| times * open));
    Some(Need {
        gap: (missing - many.extra.mean).max(0.0),
        open,
        at_odds: odds.iter().map(least).collect(),
    })
}

fn item(line: &Line) -> Item {
    Item {
        key: identity(&line.id),
        chance: line.chance,
        size: line.worth.unwrap_or(0.0),
        variation: line.variation,
    }
}

/// Any multiple of a pipeline.
struct Many {
    /// Mean and variance of it, for each value of the shock.
    rest: Rest,
    /// What comes on top, whatever is open.
    extra: Extra,
}

impl Many {
    /// The chance that so many times the pipeline bring `missing` or more.
    fn odds(&self, times: f64, missing: f64) -> f64 {
        let strata = self.rest.means.iter().zip(&self.rest.variances);
        let chances = strata.map(|(of_shock, variance)| {
            let reached = times * of_shock + self.extra.mean;
            let sd = libm::sqrt(times * variance + self.extra.variance);
            if sd > 0.0 {
                0.5 * libm::erfc((missing - reached) / (sd * std::f64::consts::SQRT_2))
            } else {
                f64::from(u8::from(reached >= missing))
            }
        });
        chances.sum::<f64>() / self.rest.means.len().max(1) as f64
    }

    /// The smallest multiple that brings `missing` with these odds.
    fn least(&self, missing: f64, odds: f64) -> Option<f64> {
        if self.odds(0.0, missing) >= odds {
            return Some(0.0);
        }
        if self.odds(MOST_TIMES, missing) < odds {
            return None;
        }
        let (mut low, mut high) = (0.0, MOST_TIMES);
        // By halves of the ratio, once there is one.
        for _ in 0..HALVINGS {
            let middle = if low > 0.0 {
                libm::sqrt(low * high)
            } else {
                high / 16.0
            };
            if self.odds(middle, missing) >= odds {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}
