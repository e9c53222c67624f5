//! `forecast waterfall`: what moved the forecast of the pipeline.

use bellwether_contracts::forecasting::{
    ForecastEnd, ForecastPeriod, ForecastStep, ForecastStepKind, GetForecastWaterfallRequest,
    GetForecastWaterfallResponse, OperationKind,
};
use serde_json::{Map, Value, json};

use super::ahead::question;
use super::patience::Waiting;
use super::words::{absence, basis_json, days, figure, lines};
use crate::cli::ForecastWaterfallArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Shows what moved the forecast.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: ForecastWaterfallArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetForecastWaterfallRequest {
        pipeline: Some(question(args.tenant.clone(), args.days, args.as_of)),
        from_forecast_id: args.since,
    };
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &args.tenant,
        kind: OperationKind::Pipeline,
    };
    let call = || {
        let request = request.clone();
        async { client.pipelines().get_forecast_waterfall(request).await }
    };
    printer.show(&Waterfall(waiting.until(call).await?))?;
    Ok(Code::Ok)
}

struct Waterfall(GetForecastWaterfallResponse);

fn words(kind: ForecastStepKind) -> &'static str {
    match kind {
        ForecastStepKind::Unspecified => "",
        ForecastStepKind::Won => "won since",
        ForecastStepKind::Lost => "lost since",
        ForecastStepKind::Created => "created since",
        ForecastStepKind::Gone => "gone",
        ForecastStepKind::Pushed => "pushed to a later day",
        ForecastStepKind::Chance => "other chances",
        ForecastStepKind::Amount => "other amounts",
        ForecastStepKind::Model => "other models",
        ForecastStepKind::Newcomers => "deals still to come",
    }
}

fn name(kind: ForecastStepKind) -> String {
    let name = kind.as_str_name();
    name.trim_start_matches("FORECAST_STEP_KIND_").to_lowercase()
}

fn end(end: &ForecastEnd) -> String {
    let period = ForecastPeriod {
        start: end.start.clone(),
        end: end.end.clone(),
    };
    days(Some(&period))
}

impl View for Waterfall {
    fn json(&self) -> Value {
        let Self(answer) = self;
        let end = |end: Option<&ForecastEnd>| {
            end.map(|end| {
                json!({
                    "start": end.start, "end": end.end, "count": end.count, "value": end.value,
                    "forecast_id": end.forecast_id,
                })
            })
        };
        let step = |step: &ForecastStep| {
            let largest = step.largest.iter();
            let largest = largest.map(|deal| json!({ "id": deal.id, "value": deal.value }));
            json!({
                "kind": name(step.kind()), "deals": step.deals, "count": step.count, "value": step.value,
                "largest": largest.collect::<Value>(),
            })
        };
        let mut out = Map::new();
        out.insert("currency".to_owned(), json!(answer.currency));
        out.insert("from".to_owned(), json!(end(answer.from.as_ref())));
        out.insert("to".to_owned(), json!(end(answer.to.as_ref())));
        out.insert("steps".to_owned(), answer.steps.iter().map(step).collect());
        out.insert("won_since".to_owned(), json!(answer.won_since));
        out.insert("won_value_since".to_owned(), json!(answer.won_value_since));
        out.insert("notes".to_owned(), json!(answer.notes));
        out.insert("absence".to_owned(), json!(absence(answer.absence())));
        out.insert("reason".to_owned(), json!(answer.reason));
        basis_json(&mut out, answer.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let Self(answer) = self;
        if !answer.reason.is_empty() {
            return format!("no forecast: {}", answer.reason);
        }
        let currency = &answer.currency;
        let (from, to) = (
            answer.from.clone().unwrap_or_default(),
            answer.to.clone().unwrap_or_default(),
        );
        let mut sheet = Sheet::new(["what", ">deals", ">won", ">value", "the largest"]);
        let ends = |what: &str, one: &ForecastEnd| {
            vec![
                format!("{what} {}", end(one)).into(),
                String::new().into(),
                figure(one.count, "count").into(),
                figure(one.value, currency).into(),
                String::new().into(),
            ]
        };
        sheet.push(ends("forecast of", &from));
        for step in &answer.steps {
            let plus = |text: String, value: f64| if value > 0.0 { format!("+{text}") } else { text };
            let largest = step.largest.iter().take(2);
            let largest: Vec<String> = largest
                .map(|deal| format!("{} {}", deal.id, plus(figure(deal.value, currency), deal.value)))
                .collect();
            sheet.push(vec![
                words(step.kind()).into(),
                step.deals.to_string().into(),
                plus(figure(step.count, "count"), step.count).into(),
                plus(figure(step.value, currency), step.value).into(),
                largest.join(", ").into(),
            ]);
        }
        sheet.push(ends("forecast of", &to));
        let won = format!(
            "of the earlier forecast's deals {} were won since, for {}",
            answer.won_since,
            figure(answer.won_value_since, currency)
        );
        let mut parts = vec![sheet.render(page), String::new(), lines(&won, page)];
        parts.extend(answer.notes.iter().map(|note| lines(note, page)));
        parts.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let Self(answer) = self;
        let mut rows = vec![["step", "deals", "count", "value"].map(str::to_owned).to_vec()];
        let ends = |what: &str, end: Option<&ForecastEnd>| {
            let end = end.cloned().unwrap_or_default();
            vec![
                what.to_owned(),
                String::new(),
                end.count.to_string(),
                end.value.to_string(),
            ]
        };
        rows.push(ends("from", answer.from.as_ref()));
        rows.extend(answer.steps.iter().map(|step| {
            vec![
                name(step.kind()),
                step.deals.to_string(),
                step.count.to_string(),
                step.value.to_string(),
            ]
        }));
        rows.push(ends("to", answer.to.as_ref()));
        rows
    }
}
