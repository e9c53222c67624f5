//! What people say in place of the model, beside what the model says.

use bellwether_contracts::forecasting::{Estimate, OverriddenDeal, OverriddenForecast, PipelineSum};
use serde_json::{Value, json};

use crate::commands::forecast::overrides::{override_json, says};
use crate::commands::forecast::words::{figure, lines, percent, range};
use crate::output::{Page, Sheet};

/// Overrides for programs.
pub(super) fn overridden_json(told: &OverriddenForecast) -> Value {
    let deal = |deal: &OverriddenDeal| {
        json!({
            "override": deal.forecast_override.as_ref().map(override_json),
            "chance_model": deal.chance_model,
            "chance": deal.chance,
            "worth_model": deal.worth_model,
            "worth": deal.worth,
        })
    };
    json!({
        "deals": told.deals.iter().map(deal).collect::<Value>(),
        "notes": told.notes,
        "forecast_id": told.forecast_id,
    })
}

/// Sums and deals with and without overrides.
pub(super) fn text<'a>(
    told: &OverriddenForecast,
    sums: impl Iterator<Item = (String, &'a PipelineSum)>,
    currency: &str,
    page: &Page,
) -> String {
    let mut parts = Vec::new();
    if !told.deals.is_empty() {
        parts.push(sheet(sums, currency, page));
        parts.push(format!("\n{}", deals(&told.deals, currency, page)));
    }
    parts.extend(told.notes.iter().map(|note| lines(note, page)));
    parts.join("\n")
}

fn sheet<'a>(sums: impl Iterator<Item = (String, &'a PipelineSum)>, currency: &str, page: &Page) -> String {
    let mut sheet = Sheet::new([
        "with what people say",
        ">won",
        ">by the model",
        ">value",
        ">80 % interval",
        ">by the model",
    ]);
    for (name, sum) in sums {
        let mean = |estimate: Option<&Estimate>, unit: &str| {
            estimate.map_or_else(|| "-".to_owned(), |estimate| figure(estimate.mean, unit))
        };
        let value = sum.value_overridden.as_ref();
        let bands = value.into_iter().flat_map(|value| &value.bands);
        let band = bands.into_iter().find(|band| (band.level - 0.8).abs() < 1e-9);
        sheet.push(vec![
            name.into(),
            mean(sum.count_overridden.as_ref(), "count").into(),
            mean(sum.count.as_ref(), "count").into(),
            mean(value, currency).into(),
            band.map_or_else(String::new, |band| range(band, currency)).into(),
            mean(sum.value.as_ref(), currency).into(),
        ]);
    }
    sheet.render(page)
}

fn deals(deals: &[OverriddenDeal], currency: &str, page: &Page) -> String {
    let mut sheet = Sheet::new([
        "override",
        ">chance",
        ">by the model",
        ">worth",
        ">by the model",
        "says",
        "who",
        "why",
    ]);
    for deal in deals {
        let told = deal.forecast_override.clone().unwrap_or_default();
        let rounded = |chance: f64| percent((chance * 1_000.0).round() / 1_000.0);
        let money =
            |worth: Option<f64>| worth.map_or_else(|| "-".to_owned(), |worth| figure(worth, currency));
        sheet.push(vec![
            told.id.clone().into(),
            rounded(deal.chance).into(),
            rounded(deal.chance_model).into(),
            money(deal.worth).into(),
            money(deal.worth_model).into(),
            says(&told).into(),
            told.author.into(),
            told.reason.into(),
        ]);
    }
    sheet.render(page)
}
