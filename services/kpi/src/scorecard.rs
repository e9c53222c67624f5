//! Scorecards: a few KPIs of a period beside their changes, their targets, what came before and where they are going. Pure.

mod balance;
mod quartiles;
mod render;
mod whose;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bellwether_domain::period::Grain;
use bellwether_domain::record::Scorecard;

pub use balance::{Kind, Warning, balance};
pub use quartiles::{Quartiles, quartiles};
pub use render::{Line, Rendered, TREND_MONTHS, render};
pub use whose::{Whose, visible};

use crate::catalogue::Preset;

/// KPIs on a scorecard, at most.
pub const MOST_ITEMS: usize = 20;

/// What a scorecard shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its id; empty = it is kept nowhere.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who made it.
    pub origin: Origin,
    /// KPIs and what each counts relative to the others, the most important first.
    pub items: Vec<(String, u32)>,
    /// What it is narrowed to: values by dimension.
    pub filters: BTreeMap<String, String>,
    /// The period that it shows.
    pub period: Grain,
}

/// Who made a scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The tenant.
    Tenant,
    /// It is one of the presets.
    Preset,
    /// Whoever asks.
    Caller,
}

impl Card {
    /// A scorecard that the tenant keeps.
    #[must_use]
    pub fn of_tenant(id: &str, scorecard: &Scorecard) -> Self {
        Self {
            id: id.to_owned(),
            name: scorecard.name.clone(),
            origin: Origin::Tenant,
            items: scorecard
                .items
                .iter()
                .map(|item| (item.kpi.clone(), item.weight.max(1)))
                .collect(),
            filters: scorecard.filters.clone(),
            period: scorecard.period,
        }
    }

    /// KPIs that a caller names, for fiscal quarters.
    #[must_use]
    pub fn of_kpis(kpis: &[String]) -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            origin: Origin::Caller,
            items: kpis.iter().map(|id| (id.clone(), 1)).collect(),
            filters: BTreeMap::new(),
            period: Grain::FiscalQuarter,
        }
    }

    /// A preset as a scorecard of fiscal quarters.
    #[must_use]
    pub fn of_preset(preset: &Preset) -> Self {
        Self {
            id: preset.id.clone(),
            name: preset.name.clone(),
            origin: Origin::Preset,
            items: preset.kpis.iter().map(|pick| (pick.id.clone(), 1)).collect(),
            filters: BTreeMap::new(),
            period: Grain::FiscalQuarter,
        }
    }
}
