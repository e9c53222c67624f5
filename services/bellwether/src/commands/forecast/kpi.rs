//! `forecast kpi`: what a KPI will be, and what of it comes back.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    ForecastKpiRequest, ForecastKpiResponse, GetSeasonalityRequest, GetSeasonalityResponse, KpiForecast,
    KpiForecastPoint, KpiHistory, ModelShare, OperationKind, Seasonality,
};
use bellwether_contracts::kpi::Filter;
use serde_json::{Map, Value, json};

use super::patience::Waiting;
use super::words::{
    absence, bands_json, basis_json, days, figure, group, group_json, levels_once, lines, percent,
    period_json, range,
};
use crate::cli::{FilterArg, KpiForecastArgs};
use crate::client::Client;
use crate::commands::head;
use crate::commands::query::wire_grain;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// How many values of the history stand before a forecast.
const BEFORE: usize = 6;

/// Shows a forecast.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: KpiForecastArgs, printer: &Printer) -> Result<Code, Failure> {
    levels_once(&args.levels)?;
    let client = Client::find(&args.connection).await?;
    let filter = |filter: &FilterArg| Filter {
        dimension: filter.dimension.clone(),
        value: filter.value.clone(),
    };
    let tenant = args.tenant;
    let history = KpiHistory {
        tenant: tenant.clone(),
        kpi: args.kpi.clone(),
        grain: wire_grain(args.grain).into(),
        from: args.from.map(|from| when_to_proto(from.0)),
        group_by: args.by.unwrap_or_default(),
        filters: args.filter.iter().map(filter).collect(),
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    };
    if args.seasons {
        let request = GetSeasonalityRequest {
            history: Some(history),
        };
        let answer = client.trends().get_seasonality(request).await?.into_inner();
        printer.show(&Seasons {
            kpi: args.kpi,
            answer,
        })?;
        return Ok(Code::Ok);
    }
    let request = ForecastKpiRequest {
        history: Some(history),
        horizon: args.horizon.unwrap_or(0),
        levels: args.levels.iter().map(|percent| percent / 100.0).collect(),
    };
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &tenant,
        kind: OperationKind::Trend,
    };
    let call = || {
        let request = request.clone();
        async { client.trends().forecast_kpi(request).await }
    };
    let answer = waiting.until(call).await?;
    printer.show(&Forecast {
        kpi: args.kpi,
        answer,
    })?;
    Ok(Code::Ok)
}

struct Forecast {
    kpi: String,
    answer: ForecastKpiResponse,
}

impl Forecast {
    fn one(&self, one: &KpiForecast, page: &Page) -> String {
        let unit = &self.answer.unit;
        let name = group(one.group.as_ref());
        let title = if name.is_empty() {
            self.kpi.clone()
        } else {
            format!("{}, {name}", self.kpi)
        };
        if !one.reason.is_empty() {
            return format!("{title}: no forecast, {}", one.reason);
        }
        let levels = one
            .points
            .first()
            .map(|point| point.bands.as_slice())
            .unwrap_or_default();
        let mut columns = vec!["period".to_owned(), "what".to_owned(), ">value".to_owned()];
        columns.extend(
            levels
                .iter()
                .map(|band| format!(">{} interval", percent(band.level))),
        );
        columns.push(">items".to_owned());
        let mut sheet = Sheet::new(columns);
        for known in one.history.iter().rev().take(BEFORE).rev() {
            let value = known
                .value
                .map_or_else(|| "-".to_owned(), |value| figure(value, unit));
            sheet.push(vec![
                days(known.period.as_ref()).into(),
                "came".into(),
                value.into(),
            ]);
        }
        for point in &one.points {
            let mut row = vec![
                days(point.period.as_ref()).into(),
                "forecast".into(),
                figure(point.mean, unit).into(),
            ];
            row.extend(point.bands.iter().map(|band| range(band, unit).into()));
            row.push(
                point
                    .items
                    .map_or_else(String::new, |items| figure(items, "count"))
                    .into(),
            );
            sheet.push(row);
        }
        let model = |share: &ModelShare| format!("{} {:.0} %", share.model, share.weight * 100.0);
        let models: Vec<String> = one.models.iter().map(model).collect();
        let mut text = format!("{title}\n{}\n", sheet.render(page));
        text.push_str(&lines(&format!("by {}", models.join(", ")), page));
        for note in &one.notes {
            text.push('\n');
            text.push_str(&lines(note, page));
        }
        text
    }
}

impl View for Forecast {
    fn json(&self) -> Value {
        let mut out = Map::new();
        out.insert("kpi".to_owned(), json!(self.kpi));
        out.insert("unit".to_owned(), json!(self.answer.unit));
        let forecasts: Vec<Value> = self.answer.forecasts.iter().map(forecast_json).collect();
        out.insert("forecasts".to_owned(), json!(forecasts));
        basis_json(&mut out, self.answer.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let parts: Vec<String> = self
            .answer
            .forecasts
            .iter()
            .map(|one| self.one(one, page))
            .collect();
        parts.join("\n\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let first = self.answer.forecasts.iter().find_map(|one| one.points.first());
        let levels = first.map(|point| point.bands.as_slice()).unwrap_or_default();
        let mut header = ["kpi", "group", "period_start", "period_end", "mean"]
            .map(str::to_owned)
            .to_vec();
        for band in levels {
            let level = percent(band.level).replace(" %", "");
            header.extend([format!("low{level}"), format!("high{level}")]);
        }
        header.extend(["items".to_owned(), "reason".to_owned()]);
        let width = header.len();
        let mut rows = vec![header];
        for one in &self.answer.forecasts {
            let name = group(one.group.as_ref());
            for point in &one.points {
                let period = point.period.clone().unwrap_or_default();
                let mut row = vec![
                    self.kpi.clone(),
                    name.clone(),
                    period.start,
                    period.end,
                    point.mean.to_string(),
                ];
                row.extend(
                    point
                        .bands
                        .iter()
                        .flat_map(|band| [band.low.to_string(), band.high.to_string()]),
                );
                row.push(point.items.map(|items| items.to_string()).unwrap_or_default());
                row.push(String::new());
                rows.push(row);
            }
            if !one.reason.is_empty() {
                let mut row = vec![String::new(); width];
                (row[0], row[1], row[width - 1]) = (self.kpi.clone(), name, one.reason.clone());
                rows.push(row);
            }
        }
        rows
    }
}

fn forecast_json(one: &KpiForecast) -> Value {
    let point = |point: &KpiForecastPoint| {
        let mut out = Map::new();
        period_json(&mut out, point.period.as_ref());
        out.insert("mean".to_owned(), json!(point.mean));
        out.insert("intervals".to_owned(), bands_json(&point.bands));
        if let Some(items) = point.items {
            out.insert("items".to_owned(), json!(items));
        }
        Value::Object(out)
    };
    let points: Vec<Value> = one.points.iter().map(point).collect();
    let history: Vec<Value> = one
        .history
        .iter()
        .map(|known| {
            let mut out = Map::new();
            period_json(&mut out, known.period.as_ref());
            out.insert("value".to_owned(), json!(known.value));
            Value::Object(out)
        })
        .collect();
    let models: Vec<Value> = one
        .models
        .iter()
        .map(|share| json!({ "model": share.model, "weight": share.weight }))
        .collect();
    json!({
        "group": group_json(one.group.as_ref()),
        "points": points,
        "models": models,
        "notes": one.notes,
        "absence": absence(one.absence()),
        "reason": one.reason,
        "history": history,
    })
}

struct Seasons {
    kpi: String,
    answer: GetSeasonalityResponse,
}

impl Seasons {
    fn one(&self, one: &Seasonality, page: &Page) -> String {
        let name = group(one.group.as_ref());
        let title = if name.is_empty() {
            self.kpi.clone()
        } else {
            format!("{}, {name}", self.kpi)
        };
        if !one.reason.is_empty() {
            return format!("{title}: nothing to tell, {}", one.reason);
        }
        let unit = &self.answer.unit;
        let mut sheet = Sheet::new(["period", ">trend", ">season", ">rest"]);
        let newest = one
            .cycles
            .iter()
            .map(|cycle| cycle.length)
            .max()
            .unwrap_or(12)
            .clamp(6, 60) as usize;
        for point in one.points.iter().rev().take(newest).rev() {
            let cells = [point.trend, point.season, point.rest].map(|part| figure(part, unit).into());
            sheet.push(
                std::iter::once(days(point.period.as_ref()).into())
                    .chain(cells)
                    .collect(),
            );
        }
        let mut text = format!("{title}\n{}\n", sheet.render(page));
        let strength = format!("strength of the trend {:.2} of 1", one.trend_strength);
        let cycles = one.cycles.iter().map(|cycle| {
            format!(
                "a pattern of {} periods, strength {:.2} of 1",
                cycle.length, cycle.strength
            )
        });
        let told: Vec<String> = std::iter::once(strength).chain(cycles).collect();
        text.push_str(&lines(&told.join("; "), page));
        if one.cycles.is_empty() {
            text.push_str("; nothing comes back, or the history is too short to tell");
        }
        text
    }
}

impl View for Seasons {
    fn json(&self) -> Value {
        let one = |one: &Seasonality| {
            let cycle = |cycle: &bellwether_contracts::forecasting::Cycle| json!({ "length": cycle.length, "strength": cycle.strength, "pattern": cycle.pattern });
            let cycles: Vec<Value> = one.cycles.iter().map(cycle).collect();
            let point = |point: &bellwether_contracts::forecasting::SeasonalityPoint| {
                let mut out = Map::new();
                period_json(&mut out, point.period.as_ref());
                out.insert("trend".to_owned(), json!(point.trend));
                out.insert("season".to_owned(), json!(point.season));
                out.insert("rest".to_owned(), json!(point.rest));
                Value::Object(out)
            };
            let points: Vec<Value> = one.points.iter().map(point).collect();
            json!({
                "group": group_json(one.group.as_ref()),
                "trend_strength": one.trend_strength,
                "cycles": cycles,
                "points": points,
                "absence": absence(one.absence()),
                "reason": one.reason,
            })
        };
        let mut out = Map::new();
        out.insert("kpi".to_owned(), json!(self.kpi));
        out.insert("unit".to_owned(), json!(self.answer.unit));
        let all: Vec<Value> = self.answer.seasonalities.iter().map(one).collect();
        out.insert("seasonalities".to_owned(), json!(all));
        basis_json(&mut out, self.answer.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let parts: Vec<String> = self
            .answer
            .seasonalities
            .iter()
            .map(|one| self.one(one, page))
            .collect();
        parts.join("\n\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            [
                "kpi",
                "group",
                "period_start",
                "period_end",
                "trend",
                "season",
                "rest",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        for one in &self.answer.seasonalities {
            for point in &one.points {
                let period = point.period.clone().unwrap_or_default();
                let parts = [point.trend, point.season, point.rest].map(|part| part.to_string());
                let head = [
                    self.kpi.clone(),
                    group(one.group.as_ref()),
                    period.start,
                    period.end,
                ];
                rows.push(head.into_iter().chain(parts).collect());
            }
        }
        rows
    }
}
