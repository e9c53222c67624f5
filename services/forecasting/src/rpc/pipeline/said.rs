//! A forecast of the pipeline with what people say in place of the model, beside what the model says.

use std::collections::BTreeSet;

use bellwether_contracts::forecasting::{
    Estimate, ForecastPipelineRequest, ForecastPipelineResponse, OverriddenForecast, PipelineSum,
};

use super::group;
use crate::pipeline::{Forecast, Group, Part};
use crate::rpc::looked::Looked;
use crate::rpc::overrides::applied::Applied;
use crate::rpc::write::estimate;

/// Adds what overrides make of the forecast to an answer.
pub(super) fn add(
    answer: &mut ForecastPipelineResponse,
    message: &ForecastPipelineRequest,
    looked: &Looked,
    applied: Applied,
    (total, forecast_id): (&Part, String),
) {
    let Ok(forecast) = &looked.outlook.forecast else {
        return;
    };
    let unit = looked.unit();
    if applied.deals.is_empty() {
        answer.overridden = Some(told(applied, String::new()));
        return;
    }
    put(answer.open.as_mut(), &applied.part(forecast, "", |_| true), unit);
    put(answer.total.as_mut(), total, unit);
    // Nobody says anything about single deals that are still to come.
    if let Some(new) = &mut answer.newcomers {
        new.count_overridden.clone_from(&new.count);
        new.value_overridden.clone_from(&new.value);
    }
    for (groups, name) in answer.groups.iter_mut().zip(&message.group_by) {
        members(&mut groups.members, forecast, &applied, (&group(name), unit));
    }
    answer.overridden = Some(told(applied, forecast_id));
}

fn told(applied: Applied, forecast_id: String) -> OverriddenForecast {
    OverriddenForecast {
        deals: applied.deals,
        notes: applied.notes,
        forecast_id,
    }
}

fn put(sum: Option<&mut PipelineSum>, part: &Part, unit: f64) {
    if let Some(sum) = sum {
        (sum.count_overridden, sum.value_overridden) = estimates(part, unit);
    }
}

fn estimates(part: &Part, unit: f64) -> (Option<Estimate>, Option<Estimate>) {
    let value = part.value.as_ref();
    (
        Some(estimate(&part.count, 1.0)),
        value.map(|value| estimate(value, unit)),
    )
}

/// The same of the members of a group: an override may move a deal to another one, which need not have been there.
fn members(sums: &mut Vec<PipelineSum>, forecast: &Forecast, applied: &Applied, (of, unit): (&Group, f64)) {
    let known: BTreeSet<String> = sums.iter().map(|sum| sum.name.clone()).collect();
    let new = applied.lines.iter().map(|line| of.of(line).to_owned());
    let new: BTreeSet<String> = new.filter(|name| !known.contains(name)).collect();
    sums.extend(new.into_iter().map(|name| PipelineSum {
        name,
        ..PipelineSum::default()
    }));
    for sum in sums {
        let name = sum.name.clone();
        put(
            Some(sum),
            &applied.part(forecast, &name, |line| of.of(line) == name),
            unit,
        );
    }
}
