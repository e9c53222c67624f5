//! How good forecasts were, on a page: first what was off and by how much, then chances, then people.

use bellwether_contracts::forecasting::{Accuracy, GetAccuracyResponse};
use serde_json::{Value, json};

use super::{kind, number, people, reliability};
use crate::commands::forecast::words::{figure, group, group_json, lines};
use crate::output::{Cell, Page, Sheet, Tone, View};

/// What is told of the tables below them.
const LEGEND: &str = "off by: how far forecasts were from what came, for each 100 that came; tends to be: whether too much or too \
                      little was said; against habit: errors beside the usual change of a season (below 1 is better than \
                      saying the same as last season); held: how many of 100 intervals held what came.";

/// How good forecasts were.
pub(super) struct Scores(pub(super) GetAccuracyResponse);

impl View for Scores {
    fn json(&self) -> Value {
        let all: Value = self.0.accuracies.iter().map(accuracy_json).collect();
        json!({
            "accuracies": all,
            "waiting": self.0.waiting,
            "calibrations": reliability::json(&self.0.calibrations),
            "categories": people::categories_json(&self.0.categories),
            "people": people::json(&self.0.people),
        })
    }

    fn text(&self, page: &Page) -> String {
        let answer = &self.0;
        let waiting = format!("{} values wait for the end of their periods.", answer.waiting);
        let mut parts = Vec::new();
        if answer.accuracies.is_empty() {
            parts.push(lines(
                &format!("No forecast could be compared yet; {waiting}"),
                page,
            ));
        } else {
            parts.push(format!("how good forecasts were\n{}", self.sheet().render(page)));
            parts.push(lines(&format!("{LEGEND} {waiting}"), page));
        }
        parts.extend(reliability::text(&answer.calibrations, page));
        parts.extend(people::text(answer, page));
        parts.join("\n\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "kpi", "kind", "group", "model", "step", "n", "wape", "bias", "mase", "held80", "held95", "drift",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for one in &self.0.accuracies {
            let held = |level: f64| {
                let held = one.coverage.iter().find(|held| (held.level - level).abs() < 1e-9);
                number(held.map(|held| held.held))
            };
            rows.push(vec![
                one.kpi.clone(),
                kind(one.kind()),
                group(one.group.as_ref()),
                one.model.clone(),
                one.step.to_string(),
                one.n.to_string(),
                number(one.wape),
                number(one.bias),
                number(one.mase),
                held(0.8),
                held(0.95),
                one.drift.to_string(),
            ]);
        }
        rows
    }
}

impl Scores {
    fn sheet(&self) -> Sheet {
        let all = &self.0.accuracies;
        let told = |tell: fn(&Accuracy) -> bool| all.iter().any(tell);
        // Columns that nobody asked for are left out.
        let (groups, models, steps) = (
            told(|one| one.group.is_some()),
            told(|one| !one.model.is_empty()),
            told(|one| one.step > 0),
        );
        let mut columns = vec!["what", "by"];
        columns.extend(groups.then_some("group"));
        columns.extend(models.then_some("model"));
        columns.extend(steps.then_some(">periods ahead"));
        columns.extend([
            ">compared",
            ">off by",
            "tends to be",
            ">against habit",
            "held",
            "to know",
        ]);
        let mut sheet = Sheet::new(columns);
        for one in all {
            let mut row: Vec<Cell> = vec![one.kpi.clone().into(), kind(one.kind()).into()];
            row.extend(groups.then(|| group(one.group.as_ref()).into()));
            row.extend(models.then(|| one.model.clone().into()));
            row.extend(steps.then(|| one.step.to_string().into()));
            row.extend(figures(one));
            sheet.push(row);
        }
        sheet
    }
}

fn figures(one: &Accuracy) -> [Cell; 6] {
    let held = one
        .coverage
        .iter()
        .map(|held| format!("{:.0} of {:.0} %", held.held * 100.0, held.level * 100.0));
    let tone = if one.drift { Tone::Bad } else { Tone::Plain };
    [
        one.n.to_string().into(),
        one.wape
            .map_or_else(|| "-".to_owned(), |wape| figure(wape, "ratio"))
            .into(),
        one.bias.map_or_else(|| "-".to_owned(), tends).into(),
        one.mase
            .map_or_else(|| "-".to_owned(), |mase| format!("{mase:.2}"))
            .into(),
        held.collect::<Vec<_>>().join(", ").into(),
        Cell::toned(one.notes.join("; "), tone),
    ]
}

/// A bias in words: `3.10 % too high`.
pub(super) fn tends(bias: f64) -> String {
    if bias.abs() < 0.005 {
        return "right".to_owned();
    }
    let way = if bias > 0.0 { "high" } else { "low" };
    format!("{} too {way}", figure(bias.abs(), "ratio"))
}

fn accuracy_json(one: &Accuracy) -> Value {
    let coverage = one.coverage.iter();
    let coverage = coverage.map(|held| json!({ "level": held.level, "held": held.held, "n": held.n }));
    json!({
        "kpi": one.kpi,
        "kind": kind(one.kind()),
        "model": one.model,
        "step": one.step,
        "group": group_json(one.group.as_ref()),
        "n": one.n,
        "wape": one.wape,
        "bias": one.bias,
        "mase": one.mase,
        "coverage": coverage.collect::<Value>(),
        "drift": one.drift,
        "notes": one.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bias_is_told_in_words() {
        assert_eq!(tends(0.031), "3.10 % too high");
        assert_eq!(tends(-0.2), "20.00 % too low");
        assert_eq!(tends(0.004), "right");
    }
}
