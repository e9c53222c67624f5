//! The list and the page of a KPI.

use super::*;
use bellwether_contracts::kpi::Benchmark;

fn win_rate() -> KpiDefinition {
    KpiDefinition {
        id: "win_rate".to_owned(),
        name: "Win rate".to_owned(),
        description: "Won deals of all that were closed.".to_owned(),
        unit: Unit::Ratio.into(),
        direction: Direction::Up.into(),
        cadence: Cadence::Monthly.into(),
        dimensions: vec!["owner".to_owned(), "region".to_owned()],
        version: 1,
        formula: "won / closed".to_owned(),
        measures: vec![MeasureDefinition {
            name: "won".to_owned(),
            table: "closings".to_owned(),
            class: "flow".to_owned(),
            aggregate: "count".to_owned(),
            filter: "outcome = 'won'".to_owned(),
            ..MeasureDefinition::default()
        }],
        caveats: vec!["Never closing losers inflates it.".to_owned()],
        benchmarks: vec![Benchmark {
            value: "20-30 %".to_owned(),
            source: "a survey".to_owned(),
            date: "2024".to_owned(),
            segment: "B2B software".to_owned(),
        }],
        items: "closed deals".to_owned(),
        absent_reason: "no_closed_deals".to_owned(),
        ..KpiDefinition::default()
    }
}

#[test]
fn the_list_has_the_promised_fields() {
    let expected = json!([{
        "id": "win_rate", "name": "Win rate", "unit": "ratio", "direction": "up", "leading": false,
        "cadence": "monthly", "dimensions": ["owner", "region"]
    }]);
    assert_eq!(Catalogue(vec![win_rate()]).json(), expected);
}

#[test]
fn the_page_tells_formula_caveats_and_where_benchmarks_are_from() {
    let page = Page {
        colour: false,
        wrap: false,
    };
    let text = Definition(win_rate()).text(&page);
    for part in [
        "Win rate (win_rate), version 1",
        "Formula     won / closed",
        "where       won = count over closings where outcome = 'won' (flow)",
        "Without any no value, reason no_closed_deals",
        "    - Never closing losers inflates it.",
        "    - 20-30 % (B2B software; a survey; 2024)",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn long_text_is_wrapped_under_itself() {
    let lines = wrapped("a   ", "    ", &"word ".repeat(40));
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("    word") && lines.iter().all(|line| line.len() <= WIDTH));
}
