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

    fn months(&self) -> String {
        let month = |day: CivilDate| day.to_jiff().strftime("%b").to_string();
        let trend = self.windows.trend;
        format!("{} to {}", month(trend.start), month(trend.end.plus_days(-1)))
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
mod tests {
    use super::*;
    use bellwether_contracts::kpi::{Direction, Interval, KpiValue};
    use bellwether_domain::Instant;
    use bellwether_domain::period::Grain;
    use bellwether_domain::settings::Settings;

    fn row(id: &str, name: &str, unit: &str, values: [&str; 2], interval: Option<(&str, &str)>) -> Row {
        let value = |number: &str| KpiValue {
            kpi: id.to_owned(),
            value: Some(number.to_owned()),
            unit: unit.to_owned(),
            n: 118,
            interval: interval.map(|(low, high)| Interval {
                low: low.to_owned(),
                high: high.to_owned(),
            }),
            ..KpiValue::default()
        };
        let (now, before) = (value(values[0]), value(values[1]));
        Row {
            definition: KpiDefinition {
                id: id.to_owned(),
                name: name.to_owned(),
                ..KpiDefinition::default()
            },
            change: Change::between(&now, &before, Direction::Up),
            trend: (0..12).map(|month| ValueRow(value(&month.to_string()))).collect(),
            now: ValueRow(now),
            before: ValueRow(before),
        }
    }

    fn card() -> Card {
        let as_of: Instant = "2026-11-22T00:00:00Z".parse().unwrap();
        Card {
            tenant: "demo".to_owned(),
            zone: "UTC".to_owned(),
            windows: Windows::of(as_of, Grain::FiscalQuarter, &Settings::default()),
            period: PeriodArg::Quarter,
            rows: vec![
                row("bookings", "Bookings", "USD", ["3420000", "3050000"], None),
                row(
                    "win_rate",
                    "Win rate (closed)",
                    "ratio",
                    ["0.314", "0.335"],
                    Some(("0.27", "0.361")),
                ),
            ],
        }
    }

    #[test]
    fn a_manager_reads_it_at_a_glance() {
        let page = Page {
            colour: false,
            wrap: false,
        };
        let text = card().text(&page);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "demo: this quarter so far, 2026-10-01 to 2026-11-21 (day 52 of 92)"
        );
        assert_eq!(
            lines[1],
            "compared with the same days of the quarter before, 2026-07-01 to 2026-08-21"
        );
        let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            squeezed(lines[3]),
            "KPI VALUE BEFORE CHANGE 95 % INTERVAL N DEC TO NOV"
        );
        assert_eq!(
            squeezed(lines[4]),
            "Bookings 3.42M USD 3.05M USD +12.1 % good 118 ▁▁▂▃▃▄▅▆▆▇██"
        );
        assert_eq!(
            squeezed(lines[5]),
            "Win rate (closed) 31.4 % 33.5 % -2.1 points unclear 27.0 to 36.1 % 118 ▁▁▂▃▃▄▅▆▆▇██"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 120), "{text}");
        assert!(
            lines[7].starts_with("As of the end of 2026-11-21 (UTC)"),
            "{text}"
        );
    }

    #[test]
    fn csv_and_json_hold_exact_values() {
        let rows = card().csv();
        assert_eq!(rows[0].len(), rows[2].len());
        assert_eq!(rows[2][..2], ["win_rate", "0.314"]);
        let json = card().json();
        assert_eq!(
            json["kpis"][1]["change"],
            json!({"amount": "-0.021", "kind": "difference", "verdict": "unclear"})
        );
        assert_eq!(json["period"]["elapsed_days"], 52);
    }
}
