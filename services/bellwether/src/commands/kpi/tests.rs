//! The list and the pages of KPIs.

use std::fs;
use std::path::Path;

use bellwether_contracts::kpi::{
    Benchmark, Cadence, DefinitionStatus, Direction, KpiDefinition, MeasureDefinition, Preset, PresetKpi,
    Unit,
};
use serde_json::json;

use super::list::List;
use super::presets::Presets;
use super::show::Show;
use crate::output::{Page, View};

const PAGE: Page = Page {
    colour: false,
    wrap: false,
};

fn win_rate() -> KpiDefinition {
    KpiDefinition {
        id: "win_rate".to_owned(),
        name: "Win rate".to_owned(),
        description: "Won deals of all that were closed.".to_owned(),
        unit: Unit::Ratio.into(),
        direction: Direction::Up.into(),
        cadence: Cadence::Monthly.into(),
        funnel_stage: "close".to_owned(),
        dimensions: vec!["owner".to_owned(), "region".to_owned()],
        version: 1,
        status: DefinitionStatus::Certified.into(),
        owner: "sales operations".to_owned(),
        formula: "deals won of all closed = won / closed".to_owned(),
        in_words: "deals won of all closed".to_owned(),
        expression: "won / closed".to_owned(),
        counts: "Every deal closed.".to_owned(),
        leaves_out: "Open deals.".to_owned(),
        measures: vec![MeasureDefinition {
            name: "won".to_owned(),
            table: "closings".to_owned(),
            class: "flow".to_owned(),
            aggregate: "count".to_owned(),
            filter: "outcome = 'won'".to_owned(),
            window: "this".to_owned(),
            ..MeasureDefinition::default()
        }],
        caveats: vec!["Never closing losers inflates it.".to_owned()],
        benchmarks: vec![Benchmark {
            value: "20-30 %".to_owned(),
            low: "0.2".to_owned(),
            high: "0.3".to_owned(),
            unit: "ratio".to_owned(),
            source: "a survey".to_owned(),
            date: "2024".to_owned(),
            segment: "B2B software".to_owned(),
        }],
        items: "closed deals".to_owned(),
        absent_reason: "no_closed_deals".to_owned(),
        interval: "wilson".to_owned(),
        ..KpiDefinition::default()
    }
}

fn preset() -> Preset {
    Preset {
        id: "saas".to_owned(),
        name: "Software".to_owned(),
        description: "For software.".to_owned(),
        kpis: vec![PresetKpi {
            id: "win_rate".to_owned(),
            why: "It tells.".to_owned(),
        }],
    }
}

#[test]
fn the_list_has_the_promised_fields() {
    let mut expected = json!([{
        "id": "win_rate", "name": "Win rate", "status": "certified", "funnel_stage": "close", "unit": "ratio",
        "direction": "up", "leading": false, "cadence": "monthly", "dimensions": ["owner", "region"]
    }]);
    let mut list = List {
        kpis: vec![win_rate()],
        preset: None,
    };
    assert_eq!(list.json(), expected);
    assert!(!list.text(&PAGE).contains("WHY"));
    list.preset = Some(preset());
    expected[0]["why"] = json!("It tells.");
    assert_eq!(list.json(), expected);
    let text = list.text(&PAGE);
    assert!(
        text.contains("Software: For software.") && text.contains("It tells."),
        "{text}"
    );
}

#[test]
fn presets_say_why() {
    let text = Presets(vec![preset()]).text(&PAGE);
    assert!(
        text.starts_with("Software (saas)\n  For software.\n    win_rate  It tells.\n"),
        "{text}"
    );
}

#[test]
fn the_page_tells_formula_caveats_and_where_benchmarks_are_from() {
    let text = Show(win_rate()).text(&PAGE);
    for part in [
        "Win rate\nwin_rate, version 1, certified by sales operations\n",
        "Formula       deals won of all closed\n  As written    won / closed\n",
        "Counts        Every deal closed.\n  Leaves out    Open deals.\n",
        "Shown as      a percentage; in JSON and CSV a fraction: 0.31 is 31 %\n",
        "Good is       more\n",
        "Look at it    every month\n",
        "Stage         close: deals won, lost and without a decision\n",
        "Of use to     every way of selling\n",
        "Explained by  its records",
        "Items (n)     closed deals; without any: no value, reason no_closed_deals\n",
        "    - Never closing losers inflates it.",
        "never a target of yours",
        "    - 20-30 % (B2B software; a survey; 2024)",
        "    - won: how many rows of closings where outcome = 'won', in the period",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

/// The names of a message's fields, as the contract has them.
fn fields(message: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text =
        fs::read_to_string(root.join("proto/bellwether/kpi/v1/definition.proto")).expect("the contract");
    let body = text
        .split(&format!("message {message} {{\n"))
        .nth(1)
        .expect("the message");
    let body = body.split("\n}").next().unwrap_or_default();
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    let declared = lines.filter_map(|line| line.split_once(" = "));
    declared
        .filter_map(|(before, _)| before.split_whitespace().last().map(str::to_owned))
        .collect()
}

#[test]
fn json_has_the_whole_message() {
    let json = Show(win_rate()).json();
    for (message, json) in [
        ("KpiDefinition", &json),
        ("MeasureDefinition", &json["measures"][0]),
        ("Benchmark", &json["benchmarks"][0]),
    ] {
        let fields = fields(message);
        assert!(fields.len() > 5, "{fields:?}");
        let missing: Vec<&String> = fields.iter().filter(|name| json.get(name).is_none()).collect();
        assert!(missing.is_empty(), "{message}: {missing:?}");
    }
}

#[test]
fn the_page_of_all_kpis_is_as_in_docs() {
    let page = super::built_in_docs().expect("the catalogue is sound");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kpis.md");
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == kept,
        "docs/kpis.md is stale: run `cargo run -p bellwether -- kpi docs > docs/kpis.md`"
    );
    for line in page.lines().filter(|line| !line.starts_with('|')) {
        let words = line.split_whitespace().count();
        assert!(line.chars().count() <= 122 || words < 3, "{line}");
    }
}
