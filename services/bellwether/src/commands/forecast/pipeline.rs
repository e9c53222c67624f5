//! `forecast backtest-pipeline`: how good pipeline forecasts of the past were.

use bellwether_domain::{CivilDate, Currency, When, Zone};
use bellwether_forecasting::pipeline::{
    Backtest, BacktestAsk, Book, Method, Rehearsal, Scores, Snapshot, backtest,
};
use bellwether_forecasting::source::At;
use serde_json::{Value, json};

use super::words::lines;
use crate::cli::BacktestPipelineArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Forecasts past months from what was known then, and compares.
///
/// # Errors
/// What the server says; there is no month to forecast.
pub(super) async fn run(args: BacktestPipelineArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let told = client.source().deals(&At::head(&args.tenant)).await?;
    let zone = &told.stands.zone;
    let book = Book::new(told.says, zone);
    for note in book.notes() {
        printer.warning(note);
    }
    let until = args.until.map(|until| i64::from(day_of(until.0, zone).days()));
    let mut rehearsal = Rehearsal::new(&book, args.horizon_days).map_err(refused)?;
    let ask = BacktestAsk {
        until,
        seed: args.seed,
        ..BacktestAsk::default()
    };
    let result = backtest(&mut rehearsal, &ask).map_err(refused)?;
    let exponent = Currency::from_code(&told.stands.currency).map_or(2, Currency::exponent);
    printer.show(&Tested {
        result,
        tenant: args.tenant,
        days: args.horizon_days,
        currency: told.stands.currency,
        minor: 10_f64.powi(exponent as i32),
    })?;
    Ok(Code::Ok)
}

fn refused(refusal: bellwether_forecasting::pipeline::Refusal) -> Failure {
    Failure::invalid(refusal.to_string())
}

fn day_of(when: When, zone: &Zone) -> CivilDate {
    match when {
        When::Day(day) => day,
        When::At(at) => zone.date_of(at),
    }
}

fn date(day: i64) -> String {
    i32::try_from(day).map_or_else(|_| day.to_string(), |day| CivilDate::from_days(day).to_string())
}

/// A backtest, and what its amounts are counted in.
struct Tested {
    result: Backtest,
    tenant: String,
    days: i64,
    currency: String,
    minor: f64,
}

const MEASURES: [&str; 7] = [
    "count_mape",
    "count_bias",
    "value_mape",
    "value_bias",
    "coverage80",
    "count_coverage80",
    "brier",
];

fn figures(scores: &Scores) -> [Option<f64>; 7] {
    [
        scores.count_mape,
        scores.count_bias,
        scores.value_mape,
        scores.value_bias,
        scores.coverage80,
        Some(scores.count_coverage80),
        Some(scores.brier),
    ]
}

fn of(snapshot: &Snapshot, method: &Method) -> [Option<f64>; 7] {
    let off = |said: f64, came: f64| (came > 0.0).then(|| said / came - 1.0);
    let held = |low: f64, high: f64, came: f64| Some(f64::from(u8::from((low..=high).contains(&came))));
    let count = off(method.count, snapshot.won);
    let value = method.value.and_then(|value| off(value, snapshot.won_value));
    let value80 = method.value80.as_ref();
    [
        count.map(f64::abs),
        count,
        value.map(f64::abs),
        value,
        value80.and_then(|band| held(band.low, band.high, snapshot.won_value)),
        held(method.count80.low, method.count80.high, snapshot.won),
        Some(method.brier),
    ]
}

fn named(figures: [Option<f64>; 7]) -> Value {
    MEASURES
        .iter()
        .zip(figures)
        .map(|(name, figure)| ((*name).to_owned(), json!(figure)))
        .collect()
}

/// What stands where there is nothing to say.
fn none() -> String {
    "-".to_owned()
}

/// A whole number, and no zero below zero.
fn whole(value: f64) -> String {
    // What rounds to nothing may come as -0.
    format!("{:.0}", value.round() + 0.0)
}

impl Tested {
    /// Why some figures are not there, if some are not.
    fn why_not(&self) -> Option<&'static str> {
        let all = &self.result.snapshots;
        let untold = all.iter().any(|one| one.calibrated.value.is_none());
        let nothing = all.iter().any(|one| one.won_value <= 0.0);
        match (untold, nothing) {
            (true, _) => Some(
                "-: amounts are not known: no deal that was won before tells what deals are worth, or nothing that was won has an amount",
            ),
            (false, true) => Some(
                "-: nothing was won by the end of that horizon for an amount that is known, so there is nothing to be off from",
            ),
            (false, false) => None,
        }
    }

    fn snapshot(&self, snapshot: &Snapshot) -> Value {
        let method = |method: &Method| {
            let mut said = named(of(snapshot, method));
            said["count"] = json!(method.count);
            said["count80"] = json!([method.count80.low, method.count80.high]);
            let value80 = method.value80.as_ref();
            said["value"] = json!(method.value.map(|value| value / self.minor));
            said["value80"] = json!(value80.map(|band| [band.low / self.minor, band.high / self.minor]));
            said
        };
        json!({
            "day": date(snapshot.day),
            "until": date(snapshot.until),
            "closed": snapshot.closed,
            "open": snapshot.open,
            "won": snapshot.won,
            "won_value": snapshot.won_value / self.minor + 0.0,
            "static": method(&snapshot.static_view),
            "calibrated": method(&snapshot.calibrated),
        })
    }
}

impl View for Tested {
    fn json(&self) -> Value {
        json!({
            "tenant": self.tenant,
            "horizon_days": self.days,
            "currency": self.currency,
            "snapshots": self.result.snapshots.iter().map(|snapshot| self.snapshot(snapshot)).collect::<Vec<_>>(),
            "static": named(figures(&self.result.static_view)),
            "calibrated": named(figures(&self.result.calibrated)),
        })
    }

    fn text(&self, page: &Page) -> String {
        let value = format!(">value {}", self.currency);
        let mut sheet = Sheet::new([
            "month",
            ">open",
            ">won",
            ">static",
            ">calibrated",
            ">80 %",
            value.as_str(),
            ">said",
            ">80 % ",
            ">off",
        ]);
        for snapshot in &self.result.snapshots {
            let said = &snapshot.calibrated;
            let whole = |minor: f64| whole(minor / self.minor);
            let off = said.value.filter(|_| snapshot.won_value > 0.0);
            let off = off.map(|value| value / snapshot.won_value - 1.0);
            let value80 = said.value80.as_ref();
            sheet.push(vec![
                date(snapshot.day).into(),
                snapshot.open.to_string().into(),
                format!("{:.0}", snapshot.won).into(),
                format!("{:.0}", snapshot.static_view.count).into(),
                format!("{:.0}", said.count).into(),
                format!("{:.0} to {:.0}", said.count80.low, said.count80.high).into(),
                whole(snapshot.won_value).into(),
                said.value.map_or_else(none, whole).into(),
                value80
                    .map_or_else(none, |band| {
                        format!("{} to {}", whole(band.low), whole(band.high))
                    })
                    .into(),
                off.map_or_else(none, |off| format!("{:+.1} %", off * 100.0))
                    .into(),
            ]);
        }
        let mut totals = Sheet::new(["measure", ">static", ">calibrated"]);
        let both = figures(&self.result.static_view)
            .into_iter()
            .zip(figures(&self.result.calibrated));
        let number = |figure: Option<f64>| figure.map_or_else(none, |figure| format!("{figure:.4}"));
        for (name, (plain, calibrated)) in MEASURES.iter().zip(both) {
            totals.push(vec![
                (*name).into(),
                number(plain).into(),
                number(calibrated).into(),
            ]);
        }
        let mut text = format!("{}\n\n{}", sheet.render(page), totals.render(page));
        if let Some(why) = self.why_not() {
            text = format!("{text}\n\n{}", lines(why, page));
        }
        text
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut header: Vec<String> = ["snapshot", "method"].map(str::to_owned).to_vec();
        header.extend(MEASURES.map(str::to_owned));
        let row = |snapshot: String, method: &str, figures: [Option<f64>; 7]| -> Vec<String> {
            let figures = figures.map(|figure| figure.map_or_else(String::new, |figure| figure.to_string()));
            [snapshot, method.to_owned()].into_iter().chain(figures).collect()
        };
        let mut rows = vec![header];
        for snapshot in &self.result.snapshots {
            rows.push(row(
                date(snapshot.day),
                "static",
                of(snapshot, &snapshot.static_view),
            ));
            rows.push(row(
                date(snapshot.day),
                "calibrated",
                of(snapshot, &snapshot.calibrated),
            ));
        }
        rows.push(row("all".to_owned(), "static", figures(&self.result.static_view)));
        rows.push(row(
            "all".to_owned(),
            "calibrated",
            figures(&self.result.calibrated),
        ));
        rows
    }
}

#[cfg(test)]
mod tests;
