//! `forecast what-if`: what would change if things were otherwise.

use bellwether_contracts::forecasting::{
    AddRep, ChangedDeal, DropDeal, Estimate, ForecastPeriod, MoveClose, OperationKind, PipelineChange,
    StageRate, WhatIfPipelineRequest, WhatIfPipelineResponse, pipeline_change,
};
use serde_json::{Map, Value, json};

use super::ahead::question;
use super::patience::Waiting;
use super::words::{absence, basis_json, days, estimate_json, figure, lines, percent, range};
use crate::cli::WhatIfArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, View};

/// How many deals a table shows.
const DEALS: usize = 20;

/// Shows what would change.
///
/// # Errors
/// Nothing is changed; what the server says.
pub(super) async fn run(args: WhatIfArgs, printer: &Printer) -> Result<Code, Failure> {
    use pipeline_change::Change;
    let drop = args
        .drop
        .into_iter()
        .map(|deal| Change::DropDeal(DropDeal { deal }));
    let moved = args.moved.into_iter().map(|(deal, day)| {
        Change::MoveClose(MoveClose {
            deal,
            expected_close: day.to_string(),
        })
    });
    let stages = args.stage.into_iter();
    let stages = stages.map(|(stage, factor)| Change::StageRate(StageRate { stage, factor }));
    let reps = args.add_rep.into_iter();
    let reps = reps.map(|ramp_days| Change::AddRep(AddRep { ramp_days }));
    let changes = drop.chain(moved).chain(stages).chain(reps);
    let changes: Vec<PipelineChange> = changes
        .map(|change| PipelineChange { change: Some(change) })
        .collect();
    if changes.is_empty() {
        return Err(Failure::invalid(
            "say what would be otherwise: --drop, --move, --stage or --add-rep",
        ));
    }
    let client = Client::find(&args.connection).await?;
    let request = WhatIfPipelineRequest {
        pipeline: Some(question(args.tenant.clone(), args.days, args.as_of)),
        changes,
    };
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &args.tenant,
        kind: OperationKind::Pipeline,
    };
    let call = || {
        let request = request.clone();
        async { client.pipelines().what_if_pipeline(request).await }
    };
    printer.show(&WhatIf(waiting.until(call).await?))?;
    Ok(Code::Ok)
}

struct WhatIf(WhatIfPipelineResponse);

/// A number that may be more or less.
fn signed(value: f64, unit: &str) -> String {
    let text = figure(value, unit);
    if value > 0.0 { format!("+{text}") } else { text }
}

impl WhatIf {
    fn row(name: &str, before: f64, difference: Option<&Estimate>, unit: &str) -> Vec<Cell> {
        let mean = difference.map_or(0.0, |difference| difference.mean);
        let band = |level: f64| {
            let bands = difference.into_iter().flat_map(|difference| &difference.bands);
            let band = bands.into_iter().find(|band| (band.level - level).abs() < 1e-9);
            band.map_or_else(String::new, |band| range(band, unit))
        };
        vec![
            name.into(),
            figure(before, unit).into(),
            figure(before + mean, unit).into(),
            signed(mean, unit).into(),
            band(0.8).into(),
            band(0.95).into(),
        ]
    }
}

impl View for WhatIf {
    fn json(&self) -> Value {
        let Self(answer) = self;
        let deal = |deal: &ChangedDeal| {
            json!({
                "id": deal.id, "chance_before": deal.chance_before,
                "chance_after": deal.chance_after, "worth": deal.worth,
            })
        };
        let mut out = Map::new();
        out.insert("start".to_owned(), json!(answer.start));
        out.insert("end".to_owned(), json!(answer.end));
        out.insert("currency".to_owned(), json!(answer.currency));
        out.insert("count_before".to_owned(), json!(answer.count_before));
        out.insert("value_before".to_owned(), json!(answer.value_before));
        let (count, value) = (&answer.count_difference, &answer.value_difference);
        out.insert("count_difference".to_owned(), estimate_json(count.as_ref()));
        out.insert("value_difference".to_owned(), estimate_json(value.as_ref()));
        out.insert("deals".to_owned(), answer.deals.iter().map(deal).collect());
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
        let mut sheet = Sheet::new([
            "won",
            ">as it is",
            ">then",
            ">difference",
            ">80 % interval",
            ">95 % interval",
        ]);
        let count = answer.count_difference.as_ref();
        sheet.push(Self::row("deals", answer.count_before, count, "count"));
        let value = answer.value_difference.as_ref();
        sheet.push(Self::row("value", answer.value_before, value, &answer.currency));
        let mut text = sheet.render(page);
        if !answer.deals.is_empty() {
            let mut deals = Sheet::new(["deal", ">chance", ">then", ">worth"]);
            for deal in answer.deals.iter().take(DEALS) {
                let rounded = |chance: f64| percent((chance * 1_000.0).round() / 1_000.0);
                deals.push(vec![
                    deal.id.clone().into(),
                    rounded(deal.chance_before).into(),
                    rounded(deal.chance_after).into(),
                    deal.worth
                        .map_or_else(|| "-".to_owned(), |worth| figure(worth, &answer.currency))
                        .into(),
                ]);
            }
            text = format!(
                "{text}\n\ndeals whose chances change most\n{}",
                deals.render(page)
            );
        }
        let period = ForecastPeriod {
            start: answer.start.clone(),
            end: answer.end.clone(),
        };
        let about = format!("what is won within {}", days(Some(&period)));
        format!("{text}\n\n{}", lines(&about, page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let Self(answer) = self;
        let mut rows = vec![
            ["what", "before", "difference", "low80", "high80"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for (what, before, difference) in [
            ("count", answer.count_before, &answer.count_difference),
            ("value", answer.value_before, &answer.value_difference),
        ] {
            let difference = difference.clone().unwrap_or_default();
            let band = difference
                .bands
                .iter()
                .find(|band| (band.level - 0.8).abs() < 1e-9);
            let end = |end: Option<f64>| end.map(|end| end.to_string()).unwrap_or_default();
            rows.push(vec![
                what.to_owned(),
                before.to_string(),
                difference.mean.to_string(),
                end(band.map(|band| band.low)),
                end(band.map(|band| band.high)),
            ]);
        }
        rows
    }
}
