//! Own KPIs, targets and scorecards.

use std::collections::BTreeMap;

use bellwether_domain::period::Grain;
use bellwether_domain::record::{
    Goal, KpiDefinition, KpiStatus, Promotion, ReviewCadence, Scorecard, ScorecardItem, Target, TargetShape,
    Thresholds,
};

use super::stand_in::period;
use crate::convert::fields::{Fields, known, money_to_proto, plain};
use crate::sales::{self, ScorecardPeriod, target};

pub(super) fn kpi_definition(message: &sales::KpiDefinition, fields: &mut Fields) -> KpiDefinition {
    let status = fields.choice("kpi_definition.status", message.status, |value| {
        Some(match value {
            sales::KpiStatus::Unspecified | sales::KpiStatus::Draft => KpiStatus::Draft,
            sales::KpiStatus::Certified => KpiStatus::Certified,
            sales::KpiStatus::Deprecated => KpiStatus::Deprecated,
        })
    });
    KpiDefinition {
        definition: message.definition.clone(),
        status: status.unwrap_or_default(),
        deprecated_for: known(&message.deprecated_for),
        promotion: message.promotion.as_ref().map(|one| promotion(one, fields)),
        author: known(&message.author),
        note: known(&message.note),
    }
}

fn promotion(message: &sales::KpiPromotion, fields: &mut Fields) -> Promotion {
    let at = "kpi_definition.promotion";
    let cadence = fields.choice(&format!("{at}.cadence"), message.cadence, |value| match value {
        sales::ReviewCadence::Unspecified => None,
        sales::ReviewCadence::Weekly => Some(ReviewCadence::Weekly),
        sales::ReviewCadence::Monthly => Some(ReviewCadence::Monthly),
        sales::ReviewCadence::Quarterly => Some(ReviewCadence::Quarterly),
    });
    Promotion {
        owner: known(&message.owner),
        target_id: known(&message.target_id),
        deadline: fields.date(&format!("{at}.deadline"), &message.deadline),
        action: known(&message.action),
        benchmark: known(&message.benchmark),
        cadence,
    }
}

pub(super) fn kpi_definition_to_proto(kpi: &KpiDefinition) -> sales::KpiDefinition {
    let status = match kpi.status {
        KpiStatus::Draft => sales::KpiStatus::Draft,
        KpiStatus::Certified => sales::KpiStatus::Certified,
        KpiStatus::Deprecated => sales::KpiStatus::Deprecated,
    };
    sales::KpiDefinition {
        definition: kpi.definition.clone(),
        status: status.into(),
        deprecated_for: plain(kpi.deprecated_for.as_ref()),
        promotion: kpi.promotion.as_ref().map(promotion_to_proto),
        author: plain(kpi.author.as_ref()),
        note: plain(kpi.note.as_ref()),
    }
}

fn promotion_to_proto(promotion: &Promotion) -> sales::KpiPromotion {
    let cadence = match promotion.cadence {
        None => sales::ReviewCadence::Unspecified,
        Some(ReviewCadence::Weekly) => sales::ReviewCadence::Weekly,
        Some(ReviewCadence::Monthly) => sales::ReviewCadence::Monthly,
        Some(ReviewCadence::Quarterly) => sales::ReviewCadence::Quarterly,
    };
    sales::KpiPromotion {
        owner: plain(promotion.owner.as_ref()),
        target_id: plain(promotion.target_id.as_ref()),
        deadline: promotion.deadline.map(|day| day.to_string()).unwrap_or_default(),
        action: plain(promotion.action.as_ref()),
        benchmark: plain(promotion.benchmark.as_ref()),
        cadence: cadence.into(),
    }
}

pub(super) fn target(message: &sales::Target, fields: &mut Fields) -> Target {
    let period_start = fields.required_date("target.period_start", &message.period_start);
    let period_end = fields.required_date("target.period_end", &message.period_end);
    let goal = match &message.goal {
        Some(target::Goal::Value(value)) => Some(Goal::Value(value.clone())),
        Some(target::Goal::Amount(amount)) => fields.money("target.amount", Some(amount)).map(Goal::Amount),
        None => {
            fields.add("target.goal", "is missing: give value or amount");
            None
        }
    };
    let (period_start, period_end) = period(period_start, period_end);
    let usual = Thresholds::default();
    Target {
        kpi: message.kpi.clone(),
        holder: values(&message.holder),
        period_start,
        period_end,
        goal: goal.unwrap_or_else(|| Goal::Value("0".to_owned())),
        shape: shape(message, fields),
        owner: known(&message.owner),
        thresholds: Thresholds {
            warn_below: known(&message.warn_below).unwrap_or(usual.warn_below),
            bad_below: known(&message.bad_below).unwrap_or(usual.bad_below),
            hysteresis: known(&message.hysteresis).unwrap_or(usual.hysteresis),
        },
        note: known(&message.note),
    }
}

fn shape(message: &sales::Target, fields: &mut Fields) -> TargetShape {
    let weights = message.weights.clone();
    let shape = fields.choice("target.shape", message.shape, |value| {
        Some(match value {
            sales::TargetShape::Unspecified | sales::TargetShape::Linear => TargetShape::Linear,
            sales::TargetShape::BusinessDays => TargetShape::BusinessDays,
            sales::TargetShape::Seasonal => TargetShape::Seasonal,
            sales::TargetShape::Weights => TargetShape::Weights(weights),
        })
    });
    let shape = shape.unwrap_or_default();
    if !message.weights.is_empty() && !matches!(shape, TargetShape::Weights(_)) {
        fields.add("target.weights", "are for the shape TARGET_SHAPE_WEIGHTS alone");
    }
    shape
}

pub(super) fn target_to_proto(target: &Target) -> sales::Target {
    let goal = match &target.goal {
        Goal::Value(text) => target::Goal::Value(text.clone()),
        Goal::Amount(amount) => target::Goal::Amount(money_to_proto(*amount)),
    };
    let (shape, weights) = match &target.shape {
        TargetShape::Linear => (sales::TargetShape::Linear, Vec::new()),
        TargetShape::BusinessDays => (sales::TargetShape::BusinessDays, Vec::new()),
        TargetShape::Seasonal => (sales::TargetShape::Seasonal, Vec::new()),
        TargetShape::Weights(all) => (sales::TargetShape::Weights, all.clone()),
    };
    sales::Target {
        kpi: target.kpi.clone(),
        holder: target.holder.clone(),
        period_start: target.period_start.to_string(),
        period_end: target.period_end.to_string(),
        goal: Some(goal),
        shape: shape.into(),
        weights,
        owner: plain(target.owner.as_ref()),
        warn_below: target.thresholds.warn_below.clone(),
        bad_below: target.thresholds.bad_below.clone(),
        hysteresis: target.thresholds.hysteresis.clone(),
        note: plain(target.note.as_ref()),
    }
}

pub(super) fn scorecard(message: &sales::Scorecard, fields: &mut Fields) -> Scorecard {
    let period = fields.choice("scorecard.period", message.period, |value| {
        Some(match value {
            ScorecardPeriod::Unspecified | ScorecardPeriod::Month => Grain::Month,
            ScorecardPeriod::Day => Grain::Day,
            ScorecardPeriod::Week => Grain::Week,
            ScorecardPeriod::Quarter => Grain::Quarter,
            ScorecardPeriod::Year => Grain::Year,
            ScorecardPeriod::FiscalMonth => Grain::FiscalMonth,
            ScorecardPeriod::FiscalQuarter => Grain::FiscalQuarter,
            ScorecardPeriod::FiscalYear => Grain::FiscalYear,
        })
    });
    let item = |item: &sales::ScorecardItem| ScorecardItem {
        kpi: item.kpi.clone(),
        weight: item.weight.max(1),
    };
    Scorecard {
        name: message.name.clone(),
        items: message.items.iter().map(item).collect(),
        filters: values(&message.filters),
        period: period.unwrap_or(Grain::Month),
        owner: known(&message.owner),
        note: known(&message.note),
    }
}

pub(super) fn scorecard_to_proto(scorecard: &Scorecard) -> sales::Scorecard {
    let period = match scorecard.period {
        Grain::Day => ScorecardPeriod::Day,
        Grain::Week => ScorecardPeriod::Week,
        Grain::Month => ScorecardPeriod::Month,
        Grain::Quarter => ScorecardPeriod::Quarter,
        Grain::Year => ScorecardPeriod::Year,
        Grain::FiscalMonth => ScorecardPeriod::FiscalMonth,
        Grain::FiscalQuarter => ScorecardPeriod::FiscalQuarter,
        Grain::FiscalYear => ScorecardPeriod::FiscalYear,
    };
    let item = |item: &ScorecardItem| sales::ScorecardItem {
        kpi: item.kpi.clone(),
        weight: item.weight,
    };
    sales::Scorecard {
        name: scorecard.name.clone(),
        items: scorecard.items.iter().map(item).collect(),
        filters: scorecard.filters.clone(),
        period: period.into(),
        owner: plain(scorecard.owner.as_ref()),
        note: plain(scorecard.note.as_ref()),
    }
}

/// Values by dimension; an empty one is as if it was left out.
fn values(given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let told = given.iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name.clone(), value.clone())).collect()
}
