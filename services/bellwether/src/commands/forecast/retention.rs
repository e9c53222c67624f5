//! `forecast retention`: who will stay, and how long customers stayed.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    Band, ForecastRetentionRequest, ForecastRetentionResponse, GetSurvivalRequest, GetSurvivalResponse,
    OperationKind, RetentionPoint, RetentionQuestion, Share,
};
use serde_json::{Map, Value, json};

use super::patience::Waiting;
use super::words::{absence, bands_json, basis_json, figure, lines, range};
use crate::cli::RetentionArgs;
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, View};

/// Shows a forecast of retention, or how long customers stayed.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: RetentionArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &args.tenant,
        kind: OperationKind::Retention,
    };
    let retention = Some(RetentionQuestion {
        tenant: args.tenant.clone(),
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    });
    if args.survival {
        let request = GetSurvivalRequest { retention };
        let call = || {
            let request = request.clone();
            async { client.retention().get_survival(request).await }
        };
        printer.show(&Survival(waiting.until(call).await?))?;
        return Ok(Code::Ok);
    }
    let request = ForecastRetentionRequest {
        retention,
        months: args.months,
        levels: Vec::new(),
    };
    let call = || {
        let request = request.clone();
        async { client.retention().forecast_retention(request).await }
    };
    printer.show(&Forecast(waiting.until(call).await?))?;
    Ok(Code::Ok)
}

struct Forecast(ForecastRetentionResponse);

/// The mean and the 80 % interval of a share.
fn cells(share: Option<&Share>) -> [Cell; 2] {
    let mean = share.map_or_else(|| "-".to_owned(), |share| figure(share.mean, "ratio"));
    let band = share.and_then(|share| band80(&share.bands));
    [
        mean.into(),
        band.map_or_else(String::new, |band| range(band, "ratio")).into(),
    ]
}

fn band80(bands: &[Band]) -> Option<&Band> {
    bands.iter().find(|band| (band.level - 0.8).abs() < 1e-9)
}

impl View for Forecast {
    fn json(&self) -> Value {
        let share = |share: Option<&Share>| {
            share.map(|share| json!({ "mean": share.mean, "intervals": bands_json(&share.bands) }))
        };
        let point = |point: &RetentionPoint| {
            json!({
                "month": point.month,
                "customers": point.customers,
                "logo": share(point.logo.as_ref()),
                "gross": share(point.gross.as_ref()),
                "net": share(point.net.as_ref()),
            })
        };
        let mut out = Map::new();
        out.insert("customers".to_owned(), json!(self.0.customers));
        out.insert("monthly".to_owned(), json!(self.0.monthly));
        out.insert("currency".to_owned(), json!(self.0.currency));
        out.insert("points".to_owned(), self.0.points.iter().map(point).collect());
        out.insert("absence".to_owned(), json!(absence(self.0.absence())));
        out.insert("reason".to_owned(), json!(self.0.reason));
        basis_json(&mut out, self.0.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        if !self.0.reason.is_empty() {
            return format!("no forecast: {}", self.0.reason);
        }
        let columns = [
            ">month",
            ">customers",
            ">logo",
            ">80 % interval",
            ">gross",
            ">80 % interval",
            ">net",
            ">80 % interval",
        ];
        let mut sheet = Sheet::new(columns);
        for point in &self.0.points {
            let mut row: Vec<Cell> = vec![
                point.month.to_string().into(),
                figure(point.customers, "count").into(),
            ];
            for share in [&point.logo, &point.gross, &point.net] {
                row.extend(cells(share.as_ref()));
            }
            sheet.push(row);
        }
        let today = format!(
            "of {} customers today, who pay {} a month",
            self.0.customers,
            figure(self.0.monthly, &self.0.currency)
        );
        format!("{}\n\n{}", sheet.render(page), lines(&today, page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "month",
            "customers",
            "logo",
            "logo_low80",
            "logo_high80",
            "gross",
            "gross_low80",
            "gross_high80",
            "net",
            "net_low80",
            "net_high80",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for point in &self.0.points {
            let mut row = vec![point.month.to_string(), point.customers.to_string()];
            for share in [&point.logo, &point.gross, &point.net] {
                let band = share.as_ref().and_then(|share| band80(&share.bands));
                let numbers = [
                    share.as_ref().map(|share| share.mean),
                    band.map(|band| band.low),
                    band.map(|band| band.high),
                ];
                row.extend(numbers.map(|number| number.map(|number| number.to_string()).unwrap_or_default()));
            }
            rows.push(row);
        }
        rows
    }
}

struct Survival(GetSurvivalResponse);

impl View for Survival {
    fn json(&self) -> Value {
        let points = self.0.points.iter().map(|point| {
            json!({
                "month": point.month, "share": point.share, "low": point.low,
                "high": point.high, "at_risk": point.at_risk,
            })
        });
        let life = self.0.life.as_ref().map(|life| {
            json!({
                "until": life.until, "observed": life.observed, "observed_low": life.observed_low,
                "observed_high": life.observed_high, "expected": life.expected,
                "expected_low": life.expected_low, "expected_high": life.expected_high,
            })
        });
        let mut out = Map::new();
        out.insert("customers".to_owned(), json!(self.0.customers));
        out.insert("left".to_owned(), json!(self.0.left));
        out.insert("median_days".to_owned(), json!(self.0.median_days));
        out.insert("life".to_owned(), json!(life));
        out.insert("points".to_owned(), points.collect());
        out.insert("absence".to_owned(), json!(absence(self.0.absence())));
        out.insert("reason".to_owned(), json!(self.0.reason));
        basis_json(&mut out, self.0.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        if !self.0.reason.is_empty() {
            return format!("nothing to tell: {}", self.0.reason);
        }
        let mut sheet = Sheet::new([">month", ">still there", ">95 % interval", ">observed"]);
        for point in &self.0.points {
            let ends = point.low.zip(point.high);
            let ends =
                ends.map(|(low, high)| format!("{} - {}", figure(low, "ratio"), figure(high, "ratio")));
            sheet.push(vec![
                point.month.to_string().into(),
                figure(point.share, "ratio").into(),
                ends.unwrap_or_default().into(),
                point.at_risk.to_string().into(),
            ]);
        }
        let life = self.0.life.unwrap_or_default();
        let expected = life.expected.map_or_else(
            || format!("at least {:.1}", life.expected_low),
            |expected| format!("{expected:.1}"),
        );
        let told = format!(
            "{} customers, {} of them left; a customer stays {expected} months on average",
            self.0.customers, self.0.left
        );
        format!("{}\n\n{}", sheet.render(page), lines(&told, page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["month", "share", "low", "high", "at_risk"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.0.points.iter().map(|point| {
            let end = |end: Option<f64>| end.map(|end| end.to_string()).unwrap_or_default();
            vec![
                point.month.to_string(),
                point.share.to_string(),
                end(point.low),
                end(point.high),
                point.at_risk.to_string(),
            ]
        }));
        rows
    }
}
