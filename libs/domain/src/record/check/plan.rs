//! The rules of own KPIs, targets and scorecards. Whether a definition holds, and whether there is a KPI of an id, is for those
//! to say who know the catalogue.

use std::collections::BTreeMap;

use super::Found;
use crate::record::{
    Goal, KpiDefinition, KpiStatus, Promotion, Scorecard, Target, TargetShape, Thresholds, millionths,
};

/// Longest definition in bytes.
const MAX_DEFINITION: usize = 64 * 1024;
/// Longest id of a KPI in bytes.
const MAX_KPI: usize = 64;
/// Most weights of a target: one a day of a year.
const MAX_WEIGHTS: usize = 366;
/// Largest weight of a part of a target.
const MAX_PART: u32 = 1_000_000;
/// Most KPIs of a scorecard.
const MAX_ITEMS: usize = 20;
/// Largest weight of a KPI on a scorecard.
const MAX_WEIGHT: u32 = 1000;
/// Most dimensions that a holder or a scorecard names.
const MAX_DIMENSIONS: usize = 16;

impl Found<'_> {
    pub(super) fn kpi_definition(&mut self, id: &str, kpi: &KpiDefinition) {
        if !id.is_empty() {
            self.kpi_id("id", id);
        }
        if kpi.definition.len() > MAX_DEFINITION {
            let length = kpi.definition.len();
            self.add(
                "kpi_definition.definition",
                format!("is {length} bytes long: at most {MAX_DEFINITION} are allowed"),
            );
        }
        if let Some(successor) = &kpi.deprecated_for {
            let field = "kpi_definition.deprecated_for";
            self.kpi_id(field, successor);
            if kpi.status != KpiStatus::Deprecated {
                self.add(field, "only a deprecated KPI has a successor");
            }
            if successor == id {
                self.add(field, "a KPI cannot be its own successor");
            }
        }
        if let Some(promotion) = &kpi.promotion {
            self.promotion(promotion);
        }
        self.texts(&[
            ("kpi_definition.author", &kpi.author),
            ("kpi_definition.note", &kpi.note),
        ]);
    }

    fn promotion(&mut self, promotion: &Promotion) {
        self.texts(&[
            ("kpi_definition.promotion.owner", &promotion.owner),
            ("kpi_definition.promotion.action", &promotion.action),
            ("kpi_definition.promotion.benchmark", &promotion.benchmark),
        ]);
        if let Some(id) = &promotion.target_id {
            self.id("kpi_definition.promotion.target_id", id);
        }
    }

    pub(super) fn target(&mut self, target: &Target) {
        self.kpi_id("target.kpi", &target.kpi);
        self.dimensions("target.holder", &target.holder);
        if target.period_end <= target.period_start {
            let (start, end) = (target.period_start, target.period_end);
            let message = format!("{end} is not after period_start {start} (the end is exclusive)");
            self.add("target.period_end", message);
        }
        match &target.goal {
            Goal::Amount(amount) => self.amount("target.amount", Some(*amount)),
            Goal::Value(text) if millionths(text).is_none() => {
                let message = format!(
                    "`{}` is not a decimal number such as 0.3 with at most 6 decimals",
                    short(text)
                );
                self.add("target.value", message);
            }
            Goal::Value(_) => {}
        }
        if let TargetShape::Weights(weights) = &target.shape {
            self.weights(weights);
        }
        self.thresholds(&target.thresholds);
        self.texts(&[("target.owner", &target.owner), ("target.note", &target.note)]);
    }

    fn weights(&mut self, weights: &[u32]) {
        let field = "target.weights";
        if weights.is_empty() || weights.len() > MAX_WEIGHTS {
            let count = weights.len();
            self.add(
                field,
                format!("are {count}: give 1 to {MAX_WEIGHTS}, one for each equal part of the period"),
            );
        } else if weights.iter().all(|weight| *weight == 0) {
            self.add(field, "are all 0: some part must get some of the goal");
        }
        if let Some((index, weight)) = weights.iter().enumerate().find(|(_, weight)| **weight > MAX_PART) {
            self.add(
                &format!("{field}[{index}]"),
                format!("{weight} is more than {MAX_PART}"),
            );
        }
    }

    fn thresholds(&mut self, thresholds: &Thresholds) {
        let texts = [
            ("target.warn_below", &thresholds.warn_below),
            ("target.bad_below", &thresholds.bad_below),
            ("target.hysteresis", &thresholds.hysteresis),
        ];
        let [warn, bad, _] = texts.map(|(field, text)| {
            let share = millionths(text).filter(|share| (0..=1_000_000).contains(share));
            if share.is_none() {
                let message = format!("`{}` is not a decimal number between 0 and 1", short(text));
                self.add(field, message);
            }
            share
        });
        if let (Some(warn), Some(bad)) = (warn, bad)
            && bad > warn
        {
            let message = format!(
                "{} is more than warn_below {}: a target is at risk before it is off",
                thresholds.bad_below, thresholds.warn_below
            );
            self.add("target.bad_below", message);
        }
    }

    pub(super) fn scorecard(&mut self, scorecard: &Scorecard) {
        if scorecard.name.is_empty() {
            self.add("scorecard.name", "is missing: name it for people");
        }
        self.text("scorecard.name", &scorecard.name);
        if scorecard.items.is_empty() || scorecard.items.len() > MAX_ITEMS {
            let count = scorecard.items.len();
            self.add(
                "scorecard.items",
                format!("are {count}: give 1 to {MAX_ITEMS} KPIs, better 3 to 5"),
            );
        }
        for (index, item) in scorecard.items.iter().enumerate().take(MAX_ITEMS) {
            let at = format!("scorecard.items[{index}]");
            self.kpi_id(&format!("{at}.kpi"), &item.kpi);
            if scorecard.items[..index].iter().any(|other| other.kpi == item.kpi) {
                let message = format!("`{}` stands twice: give each KPI once", short(&item.kpi));
                self.add(&format!("{at}.kpi"), message);
            }
            if item.weight > MAX_WEIGHT {
                let message = format!("{} is more than {MAX_WEIGHT}", item.weight);
                self.add(&format!("{at}.weight"), message);
            }
        }
        self.dimensions("scorecard.filters", &scorecard.filters);
        self.texts(&[
            ("scorecard.owner", &scorecard.owner),
            ("scorecard.note", &scorecard.note),
        ]);
    }

    /// The id of a KPI, as the catalogue has them.
    fn kpi_id(&mut self, field: &str, id: &str) {
        if id.is_empty() {
            self.add(field, "is missing: give the id of a KPI, such as win_rate");
        } else if !is_kpi_id(id) {
            let message = format!(
                "`{}` is not an id of a KPI: 1 to {MAX_KPI} of a-z, 0-9 and _, first a letter",
                short(id)
            );
            self.add(field, message);
        }
    }

    /// Values by name of a dimension, such as `team.1` or `attr.tier`.
    fn dimensions(&mut self, field: &str, values: &BTreeMap<String, String>) {
        if values.len() > MAX_DIMENSIONS {
            let message = format!(
                "has {} dimensions: at most {MAX_DIMENSIONS} are allowed",
                values.len()
            );
            self.add(field, message);
        }
        for (name, value) in values.iter().take(MAX_DIMENSIONS) {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.');
            let at = format!("{field}.{}", short(name));
            if !(1..=MAX_KPI + 8).contains(&name.len()) || !name.bytes().all(plain) {
                let message = format!("`{}` is not a name of a dimension such as team", short(name));
                self.add(&at, message);
            }
            self.text(&at, value);
        }
    }

    fn texts(&mut self, texts: &[(&str, &Option<String>)]) {
        for (field, text) in texts {
            self.text(field, text.as_deref().unwrap_or_default());
        }
    }
}

/// Whether a KPI may be called that.
fn is_kpi_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    id.len() <= MAX_KPI && id.starts_with(|c: char| c.is_ascii_lowercase()) && id.bytes().all(plain)
}

/// The beginning of a text, for messages.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
