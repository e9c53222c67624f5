//! The forecasts themselves, beside what came.

use bellwether_contracts::forecasting::{ServedForecast, ServedPoint};
use serde_json::{Map, Value, json};

use super::{kind, number};
use crate::commands::forecast::words::{
    bands_json, days, figure, group, group_json, instant, percent, period_json, range,
};
use crate::output::{Page, Sheet, View};

/// Forecasts that were served.
pub(super) struct Served(pub(super) Vec<ServedForecast>);

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
                "chances": one.chances,
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
                    kind(one.kind()),
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
