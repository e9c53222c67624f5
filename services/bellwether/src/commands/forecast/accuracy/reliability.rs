//! Chances beside what happened: was of 100 deals that were given 30 % about 30 won?

use bellwether_contracts::forecasting::{Calibration, ForecastKind, ReliabilityBin};
use serde_json::{Value, json};

use super::kind;
use crate::commands::forecast::words::{figure, lines};
use crate::output::{Cell, Page, Sheet, Tone};

/// The most reliability tables on a page.
const MOST: usize = 6;
/// The fewest chances that are worth a table.
const FEWEST: u64 = 20;

/// Calibrations for programs.
pub(super) fn json(all: &[Calibration]) -> Value {
    all.iter().map(one_json).collect()
}

fn one_json(one: &Calibration) -> Value {
    let bin = |bin: &ReliabilityBin| json!({ "n": bin.n, "said": bin.said, "happened": bin.happened, "low": bin.low, "high": bin.high });
    json!({
        "kind": kind(one.kind()),
        "horizon_days": one.horizon_days,
        "model": one.model,
        "owner": one.owner,
        "n": one.n,
        "waiting": one.waiting,
        "happened": one.happened,
        "expected": one.expected,
        "brier": one.brier,
        "base_brier": one.base_brier,
        "ece": one.ece,
        "log_loss": one.log_loss,
        "auc": one.auc,
        "bins": one.bins.iter().map(bin).collect::<Value>(),
        "drift": one.drift,
        "notes": one.notes,
    })
}

/// The part of the page; nothing without chances.
pub(super) fn text(all: &[Calibration], page: &Page) -> Vec<String> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut parts = vec![format!("how good chances were\n{}", sheet(all).render(page))];
    let legend = "to happen: how many the chances add up to; off by: how far a chance is from the share that happens, on \
                  average; better than one chance for all: by how much of its error, below 0 it is worse; in order: of two \
                  records that ended differently, how often the right one was given the higher chance.";
    parts.push(lines(legend, page));
    let worth = all.iter().filter(|one| one.n >= FEWEST).take(MOST);
    parts.extend(worth.map(|one| format!("{}: said and happened\n{}", title(one), table(one).render(page))));
    parts
}

/// What chances were about, in words.
fn title(one: &Calibration) -> String {
    let within = format!("within {} days", one.horizon_days);
    let mut title = match one.kind() {
        ForecastKind::Pipeline => format!("deals won {within}"),
        ForecastKind::OpportunityScores => "deals won in the end".to_owned(),
        ForecastKind::LeadScores => "leads converted in the end".to_owned(),
        ForecastKind::ChurnScores => format!("customers gone {within}"),
        other => kind(other),
    };
    if let Some(owner) = &one.owner {
        let owner = if owner.is_empty() { "nobody" } else { owner };
        title.push_str(&format!(", {owner}"));
    }
    if !one.model.is_empty() {
        title.push_str(&format!(", by {}", one.model));
    }
    title
}

fn sheet(all: &[Calibration]) -> Sheet {
    let mut sheet = Sheet::new([
        "what",
        ">decided",
        ">to happen",
        ">happened",
        ">off by",
        ">better than one chance for all",
        ">in order",
        ">waiting",
        "to know",
    ]);
    for one in all {
        let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| figure(share, "ratio"));
        let better = one.brier.zip(one.base_brier).filter(|(_, base)| *base > 0.0);
        let tone = if one.drift { Tone::Bad } else { Tone::Plain };
        sheet.push(vec![
            title(one).into(),
            one.n.to_string().into(),
            if one.n > 0 {
                figure(one.expected, "count")
            } else {
                "-".to_owned()
            }
            .into(),
            if one.n > 0 {
                one.happened.to_string()
            } else {
                "-".to_owned()
            }
            .into(),
            share(one.ece).into(),
            share(better.map(|(brier, base)| 1.0 - brier / base)).into(),
            share(one.auc).into(),
            one.waiting.to_string().into(),
            Cell::toned(one.notes.join("; "), tone),
        ]);
    }
    sheet
}

fn table(one: &Calibration) -> Sheet {
    let mut sheet = Sheet::new([">said", ">records", ">happened", "which by chance is"]);
    for bin in &one.bins {
        let apart = if (bin.low..=bin.high).contains(&bin.said) {
            ""
        } else {
            ", not what was said"
        };
        let share = |share: f64| format!("{:.0} %", share * 100.0);
        sheet.push(vec![
            share(bin.said).into(),
            bin.n.to_string().into(),
            share(bin.happened).into(),
            format!("{} - {}{apart}", share(bin.low), share(bin.high)).into(),
        ]);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_named_in_words() {
        let one = Calibration {
            kind: ForecastKind::Pipeline.into(),
            horizon_days: 90,
            owner: Some(String::new()),
            ..Calibration::default()
        };
        assert_eq!(title(&one), "deals won within 90 days, nobody");
        let leads = Calibration {
            kind: ForecastKind::LeadScores.into(),
            model: "logistic".to_owned(),
            ..Calibration::default()
        };
        assert_eq!(title(&leads), "leads converted in the end, by logistic");
    }
}
