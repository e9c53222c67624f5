//! The scorecard as a page, as JSON and as rows.

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::{Grain, KpiComparison, RenderScorecardResponse, ScorecardLine};
use bellwether_domain::CivilDate;
use serde_json::{Value, json};

use super::change::{self, Verdict};
use super::{spark, words};
use crate::commands::{ValueRow, attainment_json, reason};
use crate::exit::Failure;
use crate::output::{Cell, Page, Sheet, Tone, View, compact, percent_points, relative, wrapped};

/// A scorecard.
#[derive(Debug)]
pub(super) struct Card {
    tenant: String,
    answer: RenderScorecardResponse,
    start: CivilDate,
    end: CivilDate,
    last_day: CivilDate,
}

impl Card {
    /// Of an answer.
    ///
    /// # Errors
    /// Unavailable when the answer's days are none.
    pub(super) fn of(tenant: String, answer: RenderScorecardResponse) -> Result<Self, Failure> {
        let day = |text: &str| {
            let wrong = |_| Failure::unavailable("the server did not say which days its scorecard is of");
            text.parse::<CivilDate>().map_err(wrong)
        };
        Ok(Self {
            start: day(&answer.period_start)?,
            end: day(&answer.period_end)?,
            last_day: day(&answer.last_day)?,
            tenant,
            answer,
        })
    }

    fn size(&self) -> &'static str {
        match self.answer.period() {
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month | Grain::FiscalMonth => "month",
            Grain::Year | Grain::FiscalYear => "year",
            Grain::Quarter | Grain::FiscalQuarter | Grain::Unspecified => "quarter",
        }
    }

    /// Whether all of the period has passed.
    fn is_over(&self) -> bool {
        self.last_day.plus_days(1) >= self.end
    }

    fn days(&self) -> (i32, i32) {
        let from = self.start.days();
        (self.last_day.days() + 1 - from, self.end.days() - from)
    }

    fn head(&self) -> String {
        let (passed, all) = self.days();
        let (tenant, size) = (&self.tenant, self.size());
        let called = match self.answer.name.as_str() {
            "" => tenant.clone(),
            name => format!("{tenant}, {name}"),
        };
        let only: Vec<String> = self
            .answer
            .filters
            .iter()
            .map(|one| format!("{} = {}", one.dimension, one.value.as_deref().unwrap_or("(none)")))
            .collect();
        let only = if only.is_empty() {
            String::new()
        } else {
            format!(" ({})", only.join(", "))
        };
        let so_far = if self.is_over() {
            format!("the {size}")
        } else {
            format!("this {size} so far")
        };
        format!(
            "{called}{only}: {so_far}, {} to {} (day {passed} of {all})",
            self.start, self.last_day
        )
    }

    /// As of when, and how fresh.
    fn foot(&self) -> String {
        let watermark = self.answer.watermark.unwrap_or_default();
        let seq = watermark.position.unwrap_or_default().seq;
        let recorded = watermark
            .recorded_at
            .as_ref()
            .and_then(|at| instant_from_proto(at).ok());
        let recorded = recorded.map_or_else(String::new, |at| {
            format!(", recorded {}", to_the_second(&at.to_string()))
        });
        format!(
            "CHANGE is against the same part of the {} before; grey where chance alone could have done it.\n\
             As of the end of {} ({}).\n\
             From everything up to change {seq}{recorded}.",
            self.size(),
            self.last_day,
            self.answer.zone
        )
    }

    /// The sentences below the table, a paragraph a KPI.
    fn paragraphs(&self, width: usize) -> Vec<String> {
        let (size, over) = (self.size(), self.is_over());
        let mut out = Vec::new();
        for line in &self.answer.lines {
            out.push(String::new());
            out.extend(wrapped("", "  ", &words::told(line, size, over), width));
            let numbers: Vec<Option<f64>> = line
                .trend
                .iter()
                .map(|row| row.value.as_deref().and_then(|text| text.parse().ok()))
                .collect();
            let bars = (numbers.len() > 1).then(|| format!("Last 12 months {}.", spark::line(&numbers)));
            let rest: Vec<String> = bars.into_iter().chain(words::beside(line, size)).collect();
            if !rest.is_empty() {
                out.extend(wrapped("  ", "  ", &rest.join(" "), width));
            }
        }
        out
    }
}

/// An instant without the parts of its second.
fn to_the_second(at: &str) -> String {
    match at.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => at.to_owned(),
    }
}

/// Shorter, for a column: `+2.1 pts`.
fn short(points: &str) -> String {
    points.replace(" points", " pts")
}

fn cells(line: &ScorecardLine, over: bool) -> Vec<Cell> {
    let value = line.value.clone().unwrap_or_default();
    let attainment = line.attainment.clone().unwrap_or_default();
    let absent = || ValueRow(value.clone()).absent_reason();
    let shown = match &value.value {
        Some(number) => compact(number, &value.unit),
        None => absent().map_or_else(|| "-".to_owned(), |why| why.replace('_', " ")),
    };
    let verdict = line
        .previous
        .as_ref()
        .and_then(|moved| Verdict::of(moved, line.direction()));
    let moved = line.previous.as_ref().and_then(change::text);
    let moved = moved.map_or_else(|| "-".to_owned(), |text| short(&text));
    let target = match attainment.target.as_str() {
        "" => "-".to_owned(),
        target => compact(target, &value.unit),
    };
    let likely = attainment
        .likely
        .as_ref()
        .and_then(|likely| words::range(likely, &value.unit));
    let own = value.interval.as_ref().and_then(|one| {
        let range = bellwether_contracts::kpi::Range {
            low: Some(one.low.clone()),
            high: Some(one.high.clone()),
        };
        words::range(&range, &value.unit)
    });
    let (status, tone) = words::status(&attainment, over);
    vec![
        line.name.as_str().into(),
        shown.into(),
        Cell::toned(moved, verdict.map_or(Tone::Quiet, Verdict::tone)),
        target.into(),
        pace(&attainment).into(),
        likely.or(own).unwrap_or_default().into(),
        Cell::toned(status, tone),
    ]
}

/// Points of the period ahead of plan; of what does not grow per cent off the target.
fn pace(attainment: &bellwether_contracts::kpi::Attainment) -> String {
    let number = attainment.pace.as_deref().and_then(|pace| pace.parse().ok());
    match number {
        None => "-".to_owned(),
        Some(pace) if attainment.expected_share.is_some() => short(&percent_points(pace)),
        Some(pace) => relative(pace),
    }
}

fn moved_json(moved: &KpiComparison, line: &ScorecardLine) -> Value {
    let base = moved.base.clone().map(|base| ValueRow(base).json());
    json!({
        "base": base.as_ref().map(|base| base["value"].clone()),
        "n": base.as_ref().map(|base| base["n"].clone()),
        "period_start": base.as_ref().map(|base| base["period_start"].clone()),
        "period_end": base.as_ref().map(|base| base["period_end"].clone()),
        "difference": moved.difference,
        "points": moved.points,
        "relative": moved.relative,
        "absent_reason": reason(moved.absent_reason()),
        "interval": moved.interval.as_ref().map(|one| json!({"low": one.low, "high": one.high})),
        "verdict": Verdict::of(moved, line.direction()).map(Verdict::word),
    })
}

fn line_json(line: &ScorecardLine, size: &str, over: bool) -> Value {
    let value = ValueRow(line.value.clone().unwrap_or_default()).json();
    let point = |row: &bellwether_contracts::kpi::KpiValue| {
        let full = ValueRow(row.clone()).json();
        json!({"period_start": full["period_start"], "period_end": full["period_end"],
               "value": full["value"], "n": full["n"]})
    };
    let benchmark = |one: &bellwether_contracts::kpi::Benchmark| {
        json!({"value": one.value, "low": one.low, "high": one.high, "unit": one.unit, "source": one.source,
               "date": one.date, "segment": one.segment})
    };
    json!({
        "kpi": value["kpi"],
        "name": line.name,
        "weight": line.weight,
        "value": value["value"],
        "unit": value["unit"],
        "absent_reason": value["absent_reason"],
        "n": value["n"],
        "interval": value["interval"],
        "small_n": value["small_n"],
        "missing": value["missing"],
        "definition_version": value["definition_version"],
        "previous": line.previous.as_ref().map(|moved| moved_json(moved, line)),
        "last_year": line.last_year.as_ref().map(|moved| moved_json(moved, line)),
        "target": line.attainment.as_ref().map(attainment_json),
        "own": line.own.as_ref().map(|own| json!({"low": own.low, "median": own.median, "high": own.high,
                                                 "periods": own.periods})),
        "benchmarks": line.benchmarks.iter().map(benchmark).collect::<Vec<_>>(),
        "trend": line.trend.iter().map(point).collect::<Vec<_>>(),
        "sentence": words::told(line, size, over),
    })
}

fn line_csv(line: &ScorecardLine, over: bool) -> Vec<String> {
    let value = line.value.clone().unwrap_or_default();
    let absent = ValueRow(value.clone()).absent_reason().unwrap_or_default();
    let interval = value.interval.clone().unwrap_or_default();
    let attainment = line.attainment.clone().unwrap_or_default();
    let likely = attainment.likely.clone().unwrap_or_default();
    let previous = line.previous.clone().unwrap_or_default();
    let base = previous.base.clone().unwrap_or_default();
    let text = |one: &Option<String>| one.clone().unwrap_or_default();
    vec![
        value.kpi.clone(),
        text(&value.value),
        value.unit.clone(),
        absent,
        value.n.to_string(),
        interval.low,
        interval.high,
        value.small_n.to_string(),
        text(&base.value),
        text(&previous.difference),
        text(&previous.relative),
        attainment.target.clone(),
        text(&attainment.attainment),
        text(&attainment.expected_share),
        text(&attainment.pace),
        text(&attainment.projection),
        text(&likely.low),
        text(&likely.high),
        words::status(&attainment, over).0.to_owned(),
    ]
}

impl View for Card {
    fn json(&self) -> Value {
        let answer = &self.answer;
        let (passed, all) = self.days();
        let first = answer
            .lines
            .first()
            .and_then(|line| line.value.clone())
            .map(ValueRow);
        let warning = |one: &bellwether_contracts::kpi::ScorecardWarning| {
            let kind = one
                .kind()
                .as_str_name()
                .trim_start_matches("SCORECARD_WARNING_KIND_")
                .to_lowercase();
            json!({"kind": kind, "kpi": one.kpi, "message": one.message})
        };
        let filters: serde_json::Map<String, Value> = answer
            .filters
            .iter()
            .map(|one| (one.dimension.clone(), json!(one.value)))
            .collect();
        json!({
            "tenant": self.tenant,
            "id": answer.id,
            "name": answer.name,
            "period": {"size": self.size(), "start": answer.period_start, "end": answer.period_end,
                       "last_day": answer.last_day, "elapsed_days": passed, "days": all},
            "filters": filters,
            "as_of": first.as_ref().map(|row| row.json()["as_of"].clone()),
            "watermark": first.as_ref().map(ValueRow::watermark),
            "kpis": answer.lines.iter().map(|line| line_json(line, self.size(), self.is_over())).collect::<Vec<_>>(),
            "warnings": answer.warnings.iter().map(warning).collect::<Vec<_>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let columns = [
            "kpi",
            ">value",
            ">change",
            ">target",
            ">pace",
            ">95 % range",
            "status",
        ];
        let mut sheet = Sheet::new(columns);
        for line in &self.answer.lines {
            sheet.push(cells(line, self.is_over()));
        }
        // A scorecard is made for 100 columns: what would not fit is better cut off than broken up.
        let wide = Page { wrap: false, ..*page };
        let mut out = vec![self.head(), String::new(), sheet.render(&wide)];
        out.extend(self.paragraphs(page.width()));
        out.push(String::new());
        let notes = self.answer.warnings.iter();
        out.extend(notes.flat_map(|one| wrapped("Note: ", "  ", &one.message, page.width())));
        out.push(self.foot());
        out.join("\n")
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
            "relative_change",
            "target",
            "attainment",
            "expected_share",
            "pace",
            "projection",
            "likely_low",
            "likely_high",
            "status",
        ];
        std::iter::once(header.map(String::from).to_vec())
            .chain(
                self.answer
                    .lines
                    .iter()
                    .map(|line| line_csv(line, self.is_over())),
            )
            .collect()
    }
}

#[cfg(test)]
mod tests;
