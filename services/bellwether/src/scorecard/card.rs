//! The scorecard as a page, as JSON and as rows.

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::KpiDefinition;
use bellwether_domain::CivilDate;
use bellwether_domain::period::Period;
use serde_json::{Value, json};

use super::change::{Change, Verdict};
use super::{Windows, spark};
use crate::cli::PeriodArg;
use crate::commands::ValueRow;
use crate::output::{Cell, Page, Sheet, Tone, View, compact};

/// One KPI.
pub(super) struct Row {
    pub(super) definition: KpiDefinition,
    pub(super) now: ValueRow,
    pub(super) before: ValueRow,
    pub(super) change: Option<Change>,
    pub(super) trend: Vec<ValueRow>,
}

/// A scorecard.
pub(super) struct Card {
    pub(super) tenant: String,
    pub(super) zone: String,
    pub(super) windows: Windows,
    pub(super) period: PeriodArg,
    pub(super) rows: Vec<Row>,
}

impl Row {
    fn cells(&self) -> Vec<Cell> {
        let value = &self.now.0;
        let shown = match (&value.value, self.now.absent_reason()) {
            (Some(number), _) => compact(number, &value.unit),
            (None, Some(reason)) => reason.replace('_', " "),
            (None, None) => "-".to_owned(),
        };
        let before = self
            .before
            .0
            .value
            .as_deref()
            .map_or_else(|| "-".to_owned(), |number| compact(number, &value.unit));
        let (change, verdict, tone) = match &self.change {
            None => ("-".to_owned(), "", Tone::Quiet),
            Some(change) => (change.text(), change.verdict.word(), tone(change.verdict)),
        };
        let interval = value
            .interval
            .as_ref()
            .map_or_else(String::new, |interval| bounds(interval, &value.unit));
        let few = if value.small_n && value.value.is_some() {
            "few"
        } else {
            ""
        };
        vec![
            self.name().into(),
            shown.into(),
            before.into(),
            Cell::toned(change, tone),
            Cell::toned(verdict, tone),
            interval.into(),
            value.n.to_string().into(),
            Cell::toned(few, Tone::Bad),
            self.spark().into(),
        ]
    }

    fn name(&self) -> &str {
        if self.definition.name.is_empty() {
            &self.now.0.kpi
        } else {
            &self.definition.name
        }
    }

    fn spark(&self) -> String {
        let number = |row: &ValueRow| row.0.value.as_deref().and_then(|text| text.parse().ok());
        spark::line(&self.trend.iter().map(number).collect::<Vec<_>>())
    }

    fn json(&self) -> Value {
        let point = |row: &ValueRow| {
            let full = row.json();
            json!({"period_start": full["period_start"], "period_end": full["period_end"],
                   "value": full["value"], "n": full["n"]})
        };
        let now = self.now.json();
        let before = self.before.json();
        json!({
            "kpi": now["kpi"],
            "name": self.name(),
            "value": now["value"],
            "unit": now["unit"],
            "absent_reason": now["absent_reason"],
            "n": now["n"],
            "interval": now["interval"],
            "small_n": now["small_n"],
            "missing": now["missing"],
            "definition_version": now["definition_version"],
            "previous": {"value": before["value"], "absent_reason": before["absent_reason"],
                         "n": before["n"], "interval": before["interval"]},
            "change": self.change.as_ref().map(Change::json),
            "trend": self.trend.iter().map(point).collect::<Vec<_>>(),
        })
    }

    fn csv(&self) -> Vec<String> {
        let value = &self.now.0;
        let (low, high) = value
            .interval
            .clone()
            .map_or_else(Default::default, |one| (one.low, one.high));
        let change = self.change.as_ref().map(Change::json);
        let part = |name: &str| {
            let part = change.as_ref().and_then(|change| change[name].as_str());
            part.unwrap_or_default().to_owned()
        };
        vec![
            value.kpi.clone(),
            value.value.clone().unwrap_or_default(),
            value.unit.clone(),
            self.now.absent_reason().unwrap_or_default(),
            value.n.to_string(),
            low,
            high,
            value.small_n.to_string(),
            self.before.0.value.clone().unwrap_or_default(),
            part("amount"),
            part("kind"),
            part("verdict"),
        ]
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Good => Tone::Good,
        Verdict::Bad => Tone::Bad,
        Verdict::Neutral => Tone::Plain,
        Verdict::Unclear => Tone::Quiet,
    }
}

/// `27.0 to 36.1 %`: the unit is said once where it is the same.
fn bounds(interval: &bellwether_contracts::kpi::Interval, unit: &str) -> String {
    let (low, high) = (compact(&interval.low, unit), compact(&interval.high, unit));
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, one)), Some((_, other))) if one == other => format!("{number} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

impl Card {
    /// The range in words, its last day included.
    fn days(period: Period) -> String {
        format!("{} to {}", period.start, period.end.plus_days(-1))
    }

    fn size(&self) -> &'static str {
        match self.period {
            PeriodArg::Month => "month",
            PeriodArg::Quarter => "quarter",
            PeriodArg::Year => "year",
        }
    }

    fn head(&self) -> String {
        let windows = &self.windows;
        let (size, tenant) = (self.size(), &self.tenant);
        format!(
            "{tenant}: this {size} so far, {} (day {} of {})\ncompared with the same days of the {size} before, {}",
            Self::days(windows.now),
            windows.now.days(),
            windows.whole.days(),
            Self::days(windows.before),
        )
    }

    /// As of when, and how fresh.
    fn foot(&self) -> String {
        let watermark = self
            .rows
            .first()
            .and_then(|row| row.now.0.watermark)
            .unwrap_or_default();
        let seq = watermark.position.unwrap_or_default().seq;
        let recorded = watermark
            .recorded_at
            .as_ref()
            .and_then(|at| instant_from_proto(at).ok());
        let recorded = recorded.map_or_else(String::new, |at| {
            format!(", recorded {}", to_the_second(&at.to_string()))
        });
        format!(
            "As of the end of {} ({}); from everything up to change {seq}{recorded}.",
            self.windows.day, self.zone
        )
    }

    /// The months of the history; the last day is named while its month goes on, as its bar is of a part only.
    fn months(&self) -> String {
        let shown = |day: CivilDate, format: &str| day.to_jiff().strftime(format).to_string();
        let trend = self.windows.trend;
        let last = trend.end.plus_days(-1);
        let finished = shown(last, "%m") != shown(trend.end, "%m");
        let end = shown(last, if finished { "%b" } else { "%-d %b" });
        format!("{} to {end}", shown(trend.start, "%b"))
    }
}

/// An instant without the parts of its second.
fn to_the_second(at: &str) -> String {
    match at.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => at.to_owned(),
    }
}

impl View for Card {
    fn json(&self) -> Value {
        let windows = &self.windows;
        let range =
            |period: Period| json!({"start": period.start.to_string(), "end": period.end.to_string()});
        let first = self.rows.first();
        json!({
            "tenant": self.tenant,
            "period": {"size": self.size(), "start": windows.now.start.to_string(), "end": windows.now.end.to_string(),
                       "elapsed_days": windows.now.days(), "days": windows.whole.days()},
            "previous": range(windows.before),
            "as_of": first.map(|row| row.now.json()["as_of"].clone()),
            "watermark": first.map(|row| row.now.watermark()),
            "kpis": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let months = self.months();
        let columns = [
            "kpi",
            ">value",
            ">before",
            ">change",
            "",
            ">95 % interval",
            ">n",
            "",
            months.as_str(),
        ];
        let mut sheet = Sheet::new(columns);
        for row in &self.rows {
            sheet.push(row.cells());
        }
        // A scorecard is made for 100 columns: what would not fit is better cut off than broken up.
        let page = Page { wrap: false, ..*page };
        format!("{}\n\n{}\n\n{}", self.head(), sheet.render(&page), self.foot())
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "kpi",
            "value",
            "unit",
            "absent_reason",
            "n",
            "interval_low",
            "interval_high",
            "small_n",
            "previous",
            "change",
            "change_kind",
            "verdict",
        ];
        std::iter::once(header.map(String::from).to_vec())
            .chain(self.rows.iter().map(Row::csv))
            .collect()
    }
}

#[cfg(test)]
mod tests;
