//! `forecast attainment`: whether quotas will be reached.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    ForecastQuotaAttainmentRequest, ForecastQuotaAttainmentResponse, OperationKind, PipelineNeed,
    QuotaAttainment, forecast_override,
};
use serde_json::{Map, Value, json};

use super::overrides::override_json;
use super::patience::Waiting;
use super::words::{absence, basis_json, days, estimate_json, group, group_json, lines, period_json};
use crate::cli::AttainmentArgs;
use crate::client::Client;
use crate::commands::head;
use crate::commands::query::wire_grain;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, View, compact};

/// The interval that a table shows.
const LEVEL: f64 = 0.8;

/// Shows whether quotas will be reached.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: AttainmentArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ForecastQuotaAttainmentRequest {
        tenant: args.tenant.clone(),
        period: wire_grain(args.period).into(),
        group_by: args.by,
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    };
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &args.tenant,
        kind: OperationKind::Pipeline,
    };
    let call = || {
        let request = request.clone();
        async { client.trends().forecast_quota_attainment(request).await }
    };
    printer.show(&Attained(waiting.until(call).await?))?;
    Ok(Code::Ok)
}

struct Attained(ForecastQuotaAttainmentResponse);

/// The open pipeline that a quota takes with some odds.
fn needed(need: Option<&PipelineNeed>, odds: f64) -> Option<f64> {
    let at = need?.at_odds.iter().find(|at| (at.odds - odds).abs() < 1e-9)?;
    at.amount
}

/// An amount in few characters; the title names the currency.
fn short(value: f64) -> String {
    compact(&value.to_string(), "").trim_end().to_owned()
}

/// What somebody says of the value.
fn called(row: &QuotaAttainment) -> Option<f64> {
    match row.call.as_ref()?.call.as_ref()? {
        forecast_override::Call::Period(period) => period.value,
        forecast_override::Call::Deal(_) => None,
    }
}

impl Attained {
    fn row(row: &QuotaAttainment) -> Vec<Cell> {
        let money = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
        let share = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0))
        };
        let expected = row.expected.as_ref();
        let bands = expected.into_iter().flat_map(|expected| &expected.bands);
        let band = bands.into_iter().find(|band| (band.level - LEVEL).abs() < 1e-9);
        let name = match group(row.group.as_ref()) {
            name if name.is_empty() => "all".to_owned(),
            name => name,
        };
        let need = row.need.as_ref();
        vec![
            name.into(),
            money(row.quota).into(),
            money(Some(row.won)).into(),
            money(expected.map(|expected| expected.mean)).into(),
            band.map_or_else(
                || "-".to_owned(),
                |band| format!("{} - {}", short(band.low), short(band.high)),
            )
            .into(),
            share(row.attainment).into(),
            share(row.odds).into(),
            money(need.map(|need| need.open_amount)).into(),
            money(needed(need, 0.5)).into(),
            money(needed(need, 0.8)).into(),
            money(called(row)).into(),
        ]
    }
}

impl View for Attained {
    fn json(&self) -> Value {
        let Self(answer) = self;
        let mut out = Map::new();
        period_json(&mut out, answer.period.as_ref());
        out.insert("start".to_owned(), json!(answer.start));
        out.insert("currency".to_owned(), json!(answer.currency));
        let rows = answer.attainments.iter().map(row_json);
        out.insert("attainments".to_owned(), rows.collect());
        out.insert("notes".to_owned(), json!(answer.notes));
        out.insert("absence".to_owned(), json!(absence(answer.absence())));
        out.insert("reason".to_owned(), json!(answer.reason));
        basis_json(&mut out, answer.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let Self(answer) = self;
        let mut parts = vec![format!(
            "quotas of {} in {}; what was won before {} is known",
            days(answer.period.as_ref()),
            answer.currency,
            answer.start
        )];
        let dimension = |row: &QuotaAttainment| row.group.as_ref().map(|group| group.dimension.clone());
        for rows in answer
            .attainments
            .chunk_by(|one, other| dimension(one) == dimension(other))
        {
            let what = rows
                .first()
                .and_then(dimension)
                .unwrap_or_else(|| "whole".to_owned());
            let mut sheet = Sheet::new([
                what.as_str(),
                ">quota",
                ">won",
                ">expected",
                ">80 % interval",
                ">of quota",
                ">odds",
                ">open",
                ">for 50 %",
                ">for 80 %",
                ">said",
            ]);
            rows.iter().for_each(|row| sheet.push(Self::row(row)));
            parts.push(format!("\n{}", sheet.render(page)));
        }
        parts.push(String::new());
        if !answer.reason.is_empty() {
            parts.push(lines(
                &format!("nothing is said of what is to come: {}", answer.reason),
                page,
            ));
        }
        parts.push(lines(
            "odds are those of reaching the quota; for 50 % and for 80 % is the open pipeline that it takes with these odds",
            page,
        ));
        parts.extend(answer.notes.iter().map(|note| lines(note, page)));
        parts.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            [
                "dimension",
                "name",
                "quota",
                "won",
                "expected",
                "low80",
                "high80",
                "attainment",
                "odds",
                "open",
                "needed50",
                "needed80",
                "said",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        rows.extend(self.0.attainments.iter().map(|row| {
            let expected = row.expected.as_ref();
            let bands = expected.into_iter().flat_map(|expected| &expected.bands);
            let band = bands.into_iter().find(|band| (band.level - LEVEL).abs() < 1e-9);
            let need = row.need.as_ref();
            let of = row.group.clone().unwrap_or_default();
            vec![
                of.dimension,
                of.name.unwrap_or_default(),
                number(row.quota),
                row.won.to_string(),
                number(expected.map(|expected| expected.mean)),
                number(band.map(|band| band.low)),
                number(band.map(|band| band.high)),
                number(row.attainment),
                number(row.odds),
                number(need.map(|need| need.open_amount)),
                number(needed(need, 0.5)),
                number(needed(need, 0.8)),
                number(called(row)),
            ]
        }));
        rows
    }
}

fn row_json(row: &QuotaAttainment) -> Value {
    let need = row.need.as_ref().map(|need| {
        let at = need.at_odds.iter();
        let at = at.map(|at| json!({ "odds": at.odds, "amount": at.amount, "coverage": at.coverage }));
        json!({
            "gap": need.gap, "open_amount": need.open_amount, "coverage": need.coverage,
            "at_odds": at.collect::<Value>(),
        })
    });
    json!({
        "group": group_json(row.group.as_ref()),
        "quota": row.quota,
        "won": row.won,
        "expected": estimate_json(row.expected.as_ref()),
        "open": row.open,
        "newcomers": row.newcomers,
        "odds": row.odds,
        "attainment": row.attainment,
        "need": need,
        "said": row.call.as_ref().map(override_json),
    })
}
