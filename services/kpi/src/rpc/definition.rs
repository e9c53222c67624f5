//! Definitions and presets as messages.

use bellwether_contracts::kpi::{self, KpiDefinition};

use super::measure::measure_of;
use crate::catalogue::{
    AsOf, Benchmark, Cadence, CurrencyPolicy, Dimension, Direction, Interval, Kpi, Pick, Preset, SalesModel,
    Standing, Status, Unit,
};
use crate::explain::{Shape, effect_name};

/// A KPI's definition as a message.
#[must_use]
pub fn definition_of(kpi: &Kpi) -> KpiDefinition {
    let definition = &kpi.definition;
    let models = definition
        .sales_models
        .iter()
        .map(|model| model_of(*model).into());
    KpiDefinition {
        id: definition.id.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        unit: unit_of(definition.unit).into(),
        direction: direction_of(definition.direction).into(),
        leading: definition.leading,
        cadence: cadence_of(definition.cadence).into(),
        funnel_stage: definition.funnel_stage.name().to_owned(),
        dimensions: kpi
            .dimensions
            .iter()
            .map(|one| Dimension::name(one).to_owned())
            .collect(),
        version: definition.version,
        formula: format!("{} = {}", definition.in_words, definition.formula),
        measures: definition.measures.iter().map(measure_of).collect(),
        caveats: definition.caveats.clone(),
        benchmarks: definition.benchmarks.iter().map(benchmark_of).collect(),
        items: definition.items.what.clone(),
        absent_reason: definition
            .absent_reason
            .map(|reason| reason.name().to_owned())
            .unwrap_or_default(),
        currency_policy: policy_of(definition.currency).into(),
        status: status_of(definition.status).into(),
        owner: definition.owner.clone(),
        class: class_of(definition.class).into(),
        counts: definition.counts.clone(),
        leaves_out: definition.leaves_out.clone(),
        in_words: definition.in_words.clone(),
        expression: definition.formula.clone(),
        sales_models: models.collect(),
        always_by: definition.always_by.clone().unwrap_or_default(),
        interval: kpi.interval.map_or("", interval_of).to_owned(),
        clock: definition.as_of == AsOf::Minute,
        explained_by: Shape::of(kpi).map_or_else(Vec::new, |shape| explained_by(&shape)),
        ..KpiDefinition::default()
    }
}

/// The effects that a change is split into, by name.
fn explained_by(shape: &Shape) -> Vec<String> {
    let effects = shape.effects().into_iter();
    effects.map(|effect| effect_name(effect).to_owned()).collect()
}

/// A preset as a message.
pub(super) fn preset_of(preset: &Preset) -> kpi::Preset {
    let pick = |pick: &Pick| kpi::PresetKpi {
        id: pick.id.clone(),
        why: pick.why.clone(),
    };
    kpi::Preset {
        id: preset.id.clone(),
        name: preset.name.clone(),
        description: preset.description.clone(),
        kpis: preset.kpis.iter().map(pick).collect(),
    }
}

fn interval_of(interval: Interval) -> &'static str {
    match interval {
        Interval::Wilson { .. } => "wilson",
        Interval::T(_) => "t",
        Interval::Quantile(_) => "quantile",
        Interval::Garwood(_) => "garwood",
        Interval::Greenwood(_) => "greenwood",
        Interval::Delta { .. } => "delta",
    }
}

pub(super) fn benchmark_of(benchmark: &Benchmark) -> kpi::Benchmark {
    kpi::Benchmark {
        value: benchmark.value.clone(),
        source: benchmark.source.clone(),
        date: benchmark.date.clone(),
        segment: benchmark.segment.clone(),
        low: benchmark.low.clone().unwrap_or_default(),
        high: benchmark.high.clone().unwrap_or_default(),
        unit: benchmark.unit.clone(),
    }
}

fn unit_of(unit: Unit) -> kpi::Unit {
    match unit {
        Unit::Ratio => kpi::Unit::Ratio,
        Unit::Count => kpi::Unit::Count,
        Unit::Money => kpi::Unit::Money,
        Unit::MoneyPerDay => kpi::Unit::MoneyPerDay,
        Unit::MoneyPerUnit => kpi::Unit::MoneyPerUnit,
        Unit::Days => kpi::Unit::Days,
        Unit::Minutes => kpi::Unit::Minutes,
        Unit::Months => kpi::Unit::Months,
        Unit::Times => kpi::Unit::Times,
        Unit::Points => kpi::Unit::Points,
    }
}

pub(super) fn direction_of(direction: Direction) -> kpi::Direction {
    match direction {
        Direction::Up => kpi::Direction::Up,
        Direction::Down => kpi::Direction::Down,
        Direction::Neutral => kpi::Direction::Neutral,
    }
}

fn cadence_of(cadence: Cadence) -> kpi::Cadence {
    match cadence {
        Cadence::Weekly => kpi::Cadence::Weekly,
        Cadence::Monthly => kpi::Cadence::Monthly,
        Cadence::Quarterly => kpi::Cadence::Quarterly,
    }
}

fn policy_of(policy: CurrencyPolicy) -> kpi::CurrencyPolicy {
    match policy {
        // The last two are never a KPI's.
        CurrencyPolicy::None | CurrencyPolicy::Start | CurrencyPolicy::End => {
            kpi::CurrencyPolicy::Unspecified
        }
        CurrencyPolicy::Booked => kpi::CurrencyPolicy::Booked,
        CurrencyPolicy::Spot => kpi::CurrencyPolicy::Spot,
        CurrencyPolicy::Constant => kpi::CurrencyPolicy::Constant,
    }
}

fn status_of(status: Status) -> kpi::DefinitionStatus {
    match status {
        Status::Draft => kpi::DefinitionStatus::Draft,
        Status::Certified => kpi::DefinitionStatus::Certified,
        Status::Deprecated => kpi::DefinitionStatus::Deprecated,
    }
}

fn class_of(class: Standing) -> kpi::DefinitionClass {
    match class {
        Standing::Metric => kpi::DefinitionClass::Metric,
        Standing::Kpi => kpi::DefinitionClass::Kpi,
    }
}

fn model_of(model: SalesModel) -> kpi::SalesModel {
    match model {
        SalesModel::Saas => kpi::SalesModel::Saas,
        SalesModel::Inside => kpi::SalesModel::Inside,
        SalesModel::Field => kpi::SalesModel::Field,
        SalesModel::Transactional => kpi::SalesModel::Transactional,
    }
}
