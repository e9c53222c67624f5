//! `forecast anomalies`: where a KPI left what was to be expected of it.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    Anomaly, AnomalyDriver, AnomalyKind, DetectAnomaliesRequest, DetectAnomaliesResponse, KpiAnomalies,
    KpiHistory,
};
use bellwether_contracts::kpi::Filter;
use serde_json::{Map, Value, json};

use super::words::{absence, basis_json, days, figure, group, group_json, period_json};
use crate::cli::{AnomaliesArgs, FilterArg};
use crate::client::Client;
use crate::commands::head;
use crate::commands::query::wire_grain;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Shows anomalies.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: AnomaliesArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let filter = |filter: &FilterArg| Filter {
        dimension: filter.dimension.clone(),
        value: filter.value.clone(),
    };
    let history = KpiHistory {
        tenant: args.tenant,
        kpi: args.kpi,
        grain: wire_grain(args.grain).into(),
        from: args.from.map(|from| when_to_proto(from.0)),
        group_by: args.by.unwrap_or_default(),
        filters: args.filter.iter().map(filter).collect(),
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    };
    let request = DetectAnomaliesRequest {
        history: Some(history),
        drivers_by: args.drivers.unwrap_or_default(),
        least_change: 0.0,
    };
    let answer = client.trends().detect_anomalies(request).await?.into_inner();
    printer.show(&Found(answer))?;
    Ok(Code::Ok)
}

struct Found(DetectAnomaliesResponse);

fn kind(kind: AnomalyKind) -> &'static str {
    match kind {
        AnomalyKind::Unspecified => "",
        AnomalyKind::Spike => "spike",
        AnomalyKind::Shift => "shift",
    }
}

impl Found {
    fn all(&self) -> impl Iterator<Item = (&KpiAnomalies, &Anomaly)> {
        self.0
            .anomalies
            .iter()
            .flat_map(|one| one.anomalies.iter().map(move |anomaly| (one, anomaly)))
    }
}

impl View for Found {
    fn json(&self) -> Value {
        let driver = |driver: &AnomalyDriver| {
            json!({
                "group": group_json(driver.group.as_ref()), "usual": driver.usual,
                "actual": driver.actual, "share": driver.share,
            })
        };
        let anomaly = |anomaly: &Anomaly| {
            let mut out = Map::new();
            out.insert("kind".to_owned(), json!(kind(anomaly.kind())));
            period_json(&mut out, anomaly.period.as_ref());
            out.insert("periods".to_owned(), json!(anomaly.periods));
            out.insert("ongoing".to_owned(), json!(anomaly.ongoing));
            out.insert("expected".to_owned(), json!(anomaly.expected));
            out.insert("actual".to_owned(), json!(anomaly.actual));
            out.insert("change".to_owned(), json!(anomaly.change));
            out.insert("strength".to_owned(), json!(anomaly.strength));
            out.insert("words".to_owned(), json!(anomaly.words));
            out.insert("drivers".to_owned(), anomaly.drivers.iter().map(driver).collect());
            Value::Object(out)
        };
        let one = |one: &KpiAnomalies| {
            json!({
                "group": group_json(one.group.as_ref()),
                "anomalies": one.anomalies.iter().map(anomaly).collect::<Value>(),
                "absence": absence(one.absence()),
                "reason": one.reason,
            })
        };
        let mut out = Map::new();
        out.insert("unit".to_owned(), json!(self.0.unit));
        out.insert("anomalies".to_owned(), self.0.anomalies.iter().map(one).collect());
        basis_json(&mut out, self.0.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let unit = &self.0.unit;
        let reasons: Vec<&str> = self
            .0
            .anomalies
            .iter()
            .map(|one| one.reason.as_str())
            .filter(|reason| !reason.is_empty())
            .collect();
        if self.all().next().is_none() {
            return match reasons.first() {
                Some(reason) => format!("nothing can be told: {reason}"),
                None => "nothing is out of the usual".to_owned(),
            };
        }
        let mut sheet = Sheet::new([
            "period",
            "group",
            "what",
            ">expected",
            ">came",
            "goes on",
            "driven by",
        ]);
        for (one, anomaly) in self.all() {
            let drivers = anomaly.drivers.iter().take(3).map(|driver| {
                let share = driver
                    .share
                    .map_or_else(String::new, |share| format!(" {:.0} %", share * 100.0));
                format!("{}{share}", group(driver.group.as_ref()))
            });
            sheet.push(vec![
                days(anomaly.period.as_ref()).into(),
                group(one.group.as_ref()).into(),
                anomaly.words.clone().into(),
                figure(anomaly.expected, unit).into(),
                figure(anomaly.actual, unit).into(),
                if anomaly.ongoing { "yes" } else { "" }.into(),
                drivers.collect::<Vec<_>>().join(", ").into(),
            ]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "group",
            "kind",
            "period_start",
            "period_end",
            "expected",
            "actual",
            "change",
            "words",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for (one, anomaly) in self.all() {
            let period = anomaly.period.clone().unwrap_or_default();
            rows.push(vec![
                group(one.group.as_ref()),
                kind(anomaly.kind()).to_owned(),
                period.start,
                period.end,
                anomaly.expected.to_string(),
                anomaly.actual.to_string(),
                anomaly
                    .change
                    .map(|change| change.to_string())
                    .unwrap_or_default(),
                anomaly.words.clone(),
            ]);
        }
        rows
    }
}
