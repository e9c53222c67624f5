//! `forecast accuracy`: how good forecasts were, and what they said.

use bellwether_contracts::forecasting::{
    Accuracy, ForecastKind, GetAccuracyRequest, GetAccuracyResponse, ListForecastsRequest, ServedForecast,
    ServedPoint,
};
use serde_json::{Map, Value, json};

use super::words::{
    bands_json, days, figure, group, group_json, instant, lines, percent, period_json, range,
};
use crate::cli::{AccuracyArgs, AccuracyBy};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// The most forecasts that are listed.
const MOST: usize = 1_000;

/// Shows how good forecasts were.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: AccuracyArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let kpi = args.kpi.unwrap_or_default();
    if args.list {
        printer.show(&Served(listed(&client, args.tenant, kpi).await?))?;
        return Ok(Code::Ok);
    }
    let by = |what: AccuracyBy| args.by.contains(&what);
    let request = GetAccuracyRequest {
        tenant: args.tenant,
        kpi,
        kind: ForecastKind::Unspecified.into(),
        by_model: by(AccuracyBy::Model),
        by_step: by(AccuracyBy::Step),
        by_group: by(AccuracyBy::Group),
    };
    printer.show(&Scores(
        client.accuracies().get_accuracy(request).await?.into_inner(),
    ))?;
    Ok(Code::Ok)
}

async fn listed(client: &Client, tenant: String, kpi: String) -> Result<Vec<ServedForecast>, Failure> {
    let mut request = ListForecastsRequest {
        tenant,
        kpi,
        page_size: 100,
        ..ListForecastsRequest::default()
    };
    let mut found = Vec::new();
    while found.len() < MOST {
        let page = client
            .accuracies()
            .list_forecasts(request.clone())
            .await?
            .into_inner();
        found.extend(page.forecasts);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(found)
}

fn kind(kind: ForecastKind) -> &'static str {
    match kind {
        ForecastKind::Unspecified => "",
        ForecastKind::Trend => "trend",
        ForecastKind::Pipeline => "pipeline",
    }
}

struct Scores(GetAccuracyResponse);

fn number(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

impl View for Scores {
    fn json(&self) -> Value {
        let one = |one: &Accuracy| {
            let coverage = one.coverage.iter();
            let coverage =
                coverage.map(|held| json!({ "level": held.level, "held": held.held, "n": held.n }));
            json!({
                "kpi": one.kpi,
                "kind": kind(one.kind()),
                "model": one.model,
                "step": one.step,
                "group": group_json(one.group.as_ref()),
                "n": one.n,
                "wape": one.wape,
                "bias": one.bias,
                "mase": one.mase,
                "coverage": coverage.collect::<Value>(),
                "drift": one.drift,
                "notes": one.notes,
            })
        };
        let all: Value = self.0.accuracies.iter().map(one).collect();
        json!({ "accuracies": all, "waiting": self.0.waiting })
    }

    fn text(&self, page: &Page) -> String {
        let waiting = format!("{} values wait for the end of their periods", self.0.waiting);
        if self.0.accuracies.is_empty() {
            return format!("no forecast could be compared yet; {waiting}");
        }
        let columns = [
            "kpi", "kind", "group", "model", ">step", ">n", ">wape", ">bias", ">mase", ">held", "to know",
        ];
        let mut sheet = Sheet::new(columns);
        for one in &self.0.accuracies {
            let share =
                |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| figure(share, "ratio"));
            let held = one
                .coverage
                .iter()
                .map(|held| format!("{:.0} of {:.0} %", held.held * 100.0, held.level * 100.0));
            sheet.push(vec![
                one.kpi.clone().into(),
                kind(one.kind()).into(),
                group(one.group.as_ref()).into(),
                one.model.clone().into(),
                if one.step > 0 {
                    one.step.to_string()
                } else {
                    String::new()
                }
                .into(),
                one.n.to_string().into(),
                share(one.wape).into(),
                share(one.bias).into(),
                one.mase
                    .map_or_else(|| "-".to_owned(), |mase| format!("{mase:.2}"))
                    .into(),
                held.collect::<Vec<_>>().join(", ").into(),
                one.notes.join("; ").into(),
            ]);
        }
        format!("{}\n\n{}", sheet.render(page), lines(&waiting, page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "kpi", "kind", "group", "model", "step", "n", "wape", "bias", "mase", "held80", "held95", "drift",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for one in &self.0.accuracies {
            let held = |level: f64| {
                let held = one.coverage.iter().find(|held| (held.level - level).abs() < 1e-9);
                number(held.map(|held| held.held))
            };
            rows.push(vec![
                one.kpi.clone(),
                kind(one.kind()).to_owned(),
                group(one.group.as_ref()),
                one.model.clone(),
                one.step.to_string(),
                one.n.to_string(),
                number(one.wape),
                number(one.bias),
                number(one.mase),
                held(0.8),
                held(0.95),
                one.drift.to_string(),
            ]);
        }
        rows
    }
}

struct Served(Vec<ServedForecast>);

impl View for Served {
    fn json(&self) -> Value {
        let point = |point: &ServedPoint| {
            let mut out = Map::new();
            out.insert("kpi".to_owned(), json!(point.kpi));
            out.insert("unit".to_owned(), json!(point.unit));
            out.insert("group".to_owned(), group_json(point.group.as_ref()));
            out.insert("model".to_owned(), json!(point.model));
            out.insert("step".to_owned(), json!(point.step));
            period_json(&mut out, point.period.as_ref());
            out.insert("mean".to_owned(), json!(point.mean));
            out.insert("intervals".to_owned(), bands_json(&point.bands));
            out.insert("actual".to_owned(), json!(point.actual));
            out.insert(
                "scored_at".to_owned(),
                json!(point.scored_at.as_ref().and_then(instant)),
            );
            Value::Object(out)
        };
        let one = |one: &ServedForecast| {
            let position = one.position.unwrap_or_default();
            json!({
                "id": one.id,
                "kind": kind(one.kind()),
                "made_at": one.made_at.as_ref().and_then(instant),
                "as_of": one.as_of.as_ref().and_then(instant),
                "position": format!("{}:{}", position.epoch, position.seq),
                "model_version": one.model_version,
                "points": one.points.iter().map(point).collect::<Value>(),
            })
        };
        self.0.iter().map(one).collect()
    }

    fn text(&self, page: &Page) -> String {
        if self.0.is_empty() {
            return "no forecast was served yet".to_owned();
        }
        let mut sheet = Sheet::new([
            "made at",
            "kind",
            "kpi",
            "group",
            "period",
            ">forecast",
            ">80 % interval",
            ">came",
        ]);
        for one in &self.0 {
            for point in &one.points {
                let band = point.bands.iter().find(|band| percent(band.level) == "80 %");
                sheet.push(vec![
                    one.made_at.as_ref().and_then(instant).unwrap_or_default().into(),
                    kind(one.kind()).into(),
                    point.kpi.clone().into(),
                    group(point.group.as_ref()).into(),
                    days(point.period.as_ref()).into(),
                    figure(point.mean, &point.unit).into(),
                    band.map_or_else(String::new, |band| range(band, &point.unit))
                        .into(),
                    point
                        .actual
                        .map_or_else(String::new, |actual| figure(actual, &point.unit))
                        .into(),
                ]);
            }
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "id",
            "kind",
            "kpi",
            "group",
            "model",
            "step",
            "period_start",
            "period_end",
            "mean",
            "actual",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for one in &self.0 {
            for point in &one.points {
                let period = point.period.clone().unwrap_or_default();
                rows.push(vec![
                    one.id.clone(),
                    kind(one.kind()).to_owned(),
                    point.kpi.clone(),
                    group(point.group.as_ref()),
                    point.model.clone(),
                    point.step.to_string(),
                    period.start,
                    period.end,
                    point.mean.to_string(),
                    number(point.actual),
                ]);
            }
        }
        rows
    }
}
