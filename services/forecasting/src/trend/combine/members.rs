//! Which models forecast which series.

use crate::series::zeros;
use crate::trend::Model;
use crate::trend::ces::Ces;
use crate::trend::ets::Ets;
use crate::trend::intermittent::Intermittent;
use crate::trend::mstl::Mstl;
use crate::trend::naive::{Naive, SeasonalNaive};
use crate::trend::regression::AutoRegression;
use crate::trend::theta::Theta;

/// The longest season that models reckon with themselves; longer ones are taken off before.
const DIRECT: usize = 24;

/// A model, the season that it reckons with, and how much it counts where nothing is known yet.
pub(super) struct Member {
    pub(super) model: Box<dyn Model>,
    pub(super) season: usize,
    pub(super) prior: f64,
}

fn member(model: impl Model + 'static, season: usize, prior: f64) -> Member {
    Member {
        model: Box::new(model),
        season,
        prior,
    }
}

/// The members for a series of this kind.
pub(super) fn members(y: &[f64], seasons: &[usize]) -> Vec<Member> {
    if zeros::is_zero_heavy(y) && seasons.is_empty() {
        return vec![
            member(Intermittent::Croston, 1, 1.0),
            member(Intermittent::Tsb, 1, 1.0),
            member(Intermittent::Mean, 1, 1.0),
        ];
    }
    let season = seasons.first().copied().unwrap_or(1);
    if y.len() < 6 {
        return vec![member(Naive, 1, 1.0), member(Ets::simple(), 1, 1.0)];
    }
    let mut all = vec![
        member(Theta::Standard, season, 0.5),
        member(Theta::DynamicOptimised, season, 1.0),
        member(AutoRegression, season, 0.5),
    ];
    if season <= DIRECT {
        all.push(member(Ets::auto(), season, 1.5));
        all.push(member(Ets::damped(), season, 1.0));
        all.push(member(Ces::auto(), season, 0.5));
    }
    if season > DIRECT || seasons.len() > 1 {
        all.push(member(
            Mstl::new(seasons, "mstl, theta", Theta::DynamicOptimised),
            1,
            1.0,
        ));
        all.push(member(
            Mstl::new(seasons, "mstl, damped ets", Ets::damped()),
            1,
            1.0,
        ));
        all.push(member(
            Mstl::new(seasons, "mstl, autoregression", AutoRegression),
            1,
            0.5,
        ));
    }
    if season > 1 {
        all.push(member(SeasonalNaive, season, 0.4));
    }
    all
}
