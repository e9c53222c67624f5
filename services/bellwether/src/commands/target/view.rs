//! Targets as tables, JSON and rows.

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::{
    Attainment, GetAttainmentResponse, ScorecardLine, ShapeFollowed, TargetEntry,
};
use bellwether_contracts::sales::{Target, TargetShape, target};
use serde_json::{Value, json};

use crate::commands::ValueRow;
use crate::output::{Page, Sheet, View, compact, wrapped};
use crate::scorecard::{range, status, told};

/// Targets in a table; JSON and CSV have all.
const MOST_SHOWN: usize = 30;

/// Targets, or the versions of one.
pub(super) struct Targets {
    entries: Vec<TargetEntry>,
    versions: bool,
}

impl Targets {
    /// Of these entries.
    pub(super) fn of(entries: Vec<TargetEntry>) -> Self {
        Self {
            entries,
            versions: false,
        }
    }

    /// They are versions of one target.
    pub(super) fn by_version(self) -> Self {
        Self {
            versions: true,
            ..self
        }
    }
}

/// A name in small letters, without what all of its kind begin with.
fn small(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}

fn shape(target: &Target) -> String {
    match target.shape() {
        TargetShape::Unspecified | TargetShape::Linear => "linear".to_owned(),
        TargetShape::BusinessDays => "working".to_owned(),
        TargetShape::Seasonal => "seasonal".to_owned(),
        TargetShape::Weights => {
            let weights: Vec<String> = target.weights.iter().map(ToString::to_string).collect();
            weights.join(",")
        }
    }
}

/// What is to be reached: the exact number and, of money, its currency.
fn goal(target: &Target) -> (String, String) {
    match &target.goal {
        Some(target::Goal::Value(value)) => (value.clone(), String::new()),
        Some(target::Goal::Amount(amount)) => {
            let currency = bellwether_domain::Currency::from_code(&amount.currency_code);
            let exponent = currency.map_or(2, bellwether_domain::Currency::exponent);
            let number = bellwether_domain::exact::Exact::from_scaled(amount.minor_units, exponent);
            (number.to_exact_string(), amount.currency_code.clone())
        }
        None => (String::new(), String::new()),
    }
}

fn holder(target: &Target) -> String {
    let parts: Vec<String> = target
        .holder
        .iter()
        .map(|(dimension, value)| format!("{dimension}={value}"))
        .collect();
    if parts.is_empty() {
        "company".to_owned()
    } else {
        parts.join(", ")
    }
}

fn recorded(entry: &TargetEntry) -> String {
    let at = entry
        .recorded_at
        .as_ref()
        .and_then(|at| instant_from_proto(at).ok());
    at.map_or_else(String::new, |at| at.to_string())
}

fn seq(entry: &TargetEntry) -> u64 {
    entry.position.unwrap_or_default().seq
}

fn entry_json(entry: &TargetEntry) -> Value {
    let target = entry.target.clone().unwrap_or_default();
    let (number, currency) = goal(&target);
    json!({
        "id": entry.id,
        "kpi": target.kpi,
        "holder": target.holder,
        "period_start": target.period_start,
        "period_end": target.period_end,
        "value": number,
        "currency": (!currency.is_empty()).then_some(currency),
        "shape": shape(&target),
        "owner": target.owner,
        "warn_below": target.warn_below,
        "bad_below": target.bad_below,
        "hysteresis": target.hysteresis,
        "note": target.note,
        "etag": entry.etag,
        "seq": seq(entry),
        "recorded_at": recorded(entry),
    })
}

/// Where a KPI stands beside its target, for programs.
pub(crate) fn attainment_json(one: &Attainment) -> Value {
    json!({
        "target": (!one.target.is_empty()).then_some(&one.target),
        "target_id": (!one.target_id.is_empty()).then_some(&one.target_id),
        "period_start": one.period_start,
        "period_end": one.period_end,
        "part_of": (!one.whole_start.is_empty()).then(|| json!({"start": one.whole_start, "end": one.whole_end})),
        "attainment": one.attainment,
        "expected_share": one.expected_share,
        "shape_followed": small(one.shape_followed().as_str_name(), "SHAPE_FOLLOWED_"),
        "years": one.years,
        "pace": one.pace,
        "projection": one.projection,
        "likely": one.likely.as_ref().map(|likely| json!({"low": likely.low, "high": likely.high})),
        "method": small(one.method().as_str_name(), "PROJECTION_METHOD_"),
        "past_periods": one.past_periods,
        "over": one.over,
        "status": small(one.status().as_str_name(), "TARGET_STATUS_").replace("unspecified", "none"),
        "reason": small(one.reason().as_str_name(), "STATUS_REASON_"),
        "owner": one.owner,
        "warn_below": one.warn_below,
        "bad_below": one.bad_below,
    })
}

impl View for Targets {
    fn json(&self) -> Value {
        Value::Array(self.entries.iter().map(entry_json).collect())
    }

    fn text(&self, page: &Page) -> String {
        if self.entries.is_empty() {
            return "no targets: `bellwether target set` makes one".to_owned();
        }
        let (mut shown, total) = (self.entries.clone(), self.entries.len());
        if !self.versions {
            // The newest periods are those that are looked for.
            let period = |entry: &TargetEntry| {
                let target = entry.target.clone().unwrap_or_default();
                (std::cmp::Reverse(target.period_end), entry.id.clone())
            };
            shown.sort_by_cached_key(period);
            shown.truncate(MOST_SHOWN);
        }
        let first = if self.versions { ">change" } else { "id" };
        let mut sheet = Sheet::new([
            first,
            "for",
            "period (end excluded)",
            ">target",
            "shape",
            "owner",
            "note",
        ]);
        for entry in &shown {
            let target = entry.target.clone().unwrap_or_default();
            let (number, currency) = goal(&target);
            let shown = match currency.as_str() {
                "" => number,
                currency => compact(&number, currency),
            };
            let name = if self.versions {
                seq(entry).to_string()
            } else {
                entry.id.clone()
            };
            sheet.push(vec![
                name.into(),
                holder(&target).into(),
                format!("{} to {}", target.period_start, target.period_end).into(),
                shown.into(),
                shape(&target).into(),
                target.owner.as_str().into(),
                target.note.as_str().into(),
            ]);
        }
        let table = sheet.render(page);
        if shown.len() == total {
            return table;
        }
        let newest = shown.len();
        format!("{table}\n\nthe newest {newest} of {total}: --kpi, --on and --output json tell the others")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "id",
            "kpi",
            "holder",
            "period_start",
            "period_end",
            "value",
            "currency",
            "shape",
            "owner",
            "note",
            "seq",
            "recorded_at",
        ];
        let row = |entry: &TargetEntry| {
            let target = entry.target.clone().unwrap_or_default();
            let (number, currency) = goal(&target);
            vec![
                entry.id.clone(),
                target.kpi.clone(),
                holder(&target),
                target.period_start.clone(),
                target.period_end.clone(),
                number,
                currency,
                shape(&target),
                target.owner.clone(),
                target.note.clone(),
                seq(entry).to_string(),
                recorded(entry),
            ]
        };
        std::iter::once(header.map(String::from).to_vec())
            .chain(self.entries.iter().map(row))
            .collect()
    }
}

/// A target beside the facts.
pub(super) struct Pursued(pub(super) GetAttainmentResponse);

impl Pursued {
    fn entry(&self) -> TargetEntry {
        self.0.target.clone().unwrap_or_default()
    }

    fn attainment(&self) -> Attainment {
        self.0.attainment.clone().unwrap_or_default()
    }

    fn sentence(&self) -> String {
        let line = ScorecardLine {
            value: self.0.value.clone(),
            attainment: self.0.attainment.clone(),
            ..ScorecardLine::default()
        };
        told(&line, "period", self.attainment().over)
    }
}

/// What the expected share follows, in words.
fn followed(one: &Attainment) -> &'static str {
    match one.shape_followed() {
        ShapeFollowed::Unspecified => "",
        ShapeFollowed::Days => "by the days of the period",
        ShapeFollowed::WorkingTime => "by the working time of the period",
        ShapeFollowed::Seasons => "as in the same period of the years before",
        ShapeFollowed::DaysForLackOfYears => {
            "by the days of the period, as there is no year before to learn from"
        }
        ShapeFollowed::Weights => "by the weights given",
    }
}

impl View for Pursued {
    fn json(&self) -> Value {
        json!({
            "target": entry_json(&self.entry()),
            "value": self.0.value.clone().map(|value| ValueRow(value).json()),
            "attainment": attainment_json(&self.attainment()),
            "sentence": self.sentence(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let (entry, one) = (self.entry(), self.attainment());
        let target = entry.target.clone().unwrap_or_default();
        let unit = self.0.value.clone().unwrap_or_default().unit;
        let share = |share: &Option<String>| {
            share
                .as_deref()
                .map_or_else(|| "-".to_owned(), |one| compact(one, "ratio"))
        };
        let likely = one.likely.as_ref().and_then(|likely| range(likely, &unit));
        let mut out = vec![
            format!(
                "{} ({}): {} to {} (end excluded)",
                target.kpi,
                holder(&target),
                one.period_start,
                one.period_end
            ),
            String::new(),
        ];
        out.extend(wrapped("", "", &self.sentence(), page.width()));
        out.push(String::new());
        let mut rows = vec![
            ("target", compact(&one.target, &unit)),
            ("attained", share(&one.attainment)),
        ];
        if one.expected_share.is_some() {
            rows.push((
                "expected by now",
                format!("{} {}", share(&one.expected_share), followed(&one)),
            ));
        }
        rows.push((
            "likely end",
            likely.unwrap_or_else(|| "nothing tells it".to_owned()),
        ));
        rows.push(("status", status(&one, one.over).0.to_owned()));
        for (name, text) in [("owner", &target.owner), ("note", &target.note)] {
            if !text.is_empty() {
                rows.push((name, text.clone()));
            }
        }
        out.extend(
            rows.into_iter().flat_map(|(name, text)| {
                wrapped(&format!("{name:<17}"), &" ".repeat(17), &text, page.width())
            }),
        );
        out.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let one = self.attainment();
        let value = self.0.value.clone().unwrap_or_default();
        let likely = one.likely.clone().unwrap_or_default();
        let text = |one: &Option<String>| one.clone().unwrap_or_default();
        let header = [
            "id",
            "kpi",
            "value",
            "unit",
            "target",
            "attainment",
            "expected_share",
            "pace",
            "projection",
            "likely_low",
            "likely_high",
            "status",
        ];
        let row = vec![
            self.entry().id,
            value.kpi.clone(),
            text(&value.value),
            value.unit.clone(),
            one.target.clone(),
            text(&one.attainment),
            text(&one.expected_share),
            text(&one.pace),
            text(&one.projection),
            text(&likely.low),
            text(&likely.high),
            status(&one, one.over).0.to_owned(),
        ];
        vec![header.map(String::from).to_vec(), row]
    }
}
