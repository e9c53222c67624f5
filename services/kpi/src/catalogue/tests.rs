//! The built-in catalogue stands, and wrong definitions say where they are wrong.

use super::*;
use crate::expr::Filter;
use crate::table::Column;

const ISSUE: [&str; 15] = [
    "average_deal_size",
    "average_selling_price",
    "bookings",
    "deals_won",
    "loss_reason_mix",
    "median_deal_size",
    "open_deals",
    "pipeline_created",
    "pipeline_value",
    "revenue_growth_rate",
    "sales_cycle_mean",
    "sales_cycle_median",
    "sales_velocity",
    "win_rate",
    "win_rate_value",
];

/// Conditions that hold where something is missing too.
const OR_MISSING: [&str; 3] = [
    "forecast_pipeline",
    "open_deals_without_contacts",
    "open_pipeline_only_value",
];

#[test]
fn the_built_in_catalogue_is_sound() {
    let catalogue = Catalogue::built_in().unwrap();
    let ids: Vec<&str> = catalogue
        .all()
        .iter()
        .map(|kpi| kpi.definition.id.as_str())
        .collect();
    assert!(ISSUE.iter().all(|id| ids.contains(id)), "{ids:?}");
    for kpi in catalogue.all() {
        // Whatever is built in runs on raw slices, but for what is missing or something else.
        let mut filters = kpi
            .measures
            .iter()
            .flat_map(Measure::rows)
            .map(|rows| &rows.filter);
        assert_eq!(
            filters.any(|filter| matches!(filter, Filter::Batch(_))),
            OR_MISSING.contains(&kpi.definition.id.as_str()),
            "{}",
            kpi.definition.id
        );
        let mut tables = kpi.measures.iter().flat_map(Measure::rows).map(|rows| rows.table);
        let of_accounts = tables.all(|table| table.place(Column::Account).is_some());
        // What belongs to nobody is for those who see all.
        let owned = kpi.measures.iter().flat_map(Measure::rows);
        let owned = owned
            .map(|rows| rows.table)
            .all(|table| table.place(Column::Owner).is_some());
        assert_eq!(
            owned,
            kpi.dimensions.contains(&Dimension::Owner),
            "{}",
            kpi.definition.id
        );
        assert_eq!(
            of_accounts,
            kpi.dimensions.contains(&Dimension::AccountSegment),
            "{kpi:?}"
        );
        assert_eq!(kpi.definition.status, Status::Certified, "{}", kpi.definition.id);
    }
}

#[test]
fn dimensions_are_those_that_all_tables_have() {
    let catalogue = Catalogue::built_in().unwrap();
    let has = |id: &str, dimension| catalogue.kpi(id).unwrap().dimensions.contains(&dimension);
    assert!(has("win_rate", Dimension::LossReason));
    assert!(!has("open_deals", Dimension::LossReason));
    assert!(!has("sales_velocity", Dimension::LossReason));
    assert!(has("sales_velocity", Dimension::Product));
}

#[test]
fn an_unknown_kpi_is_answered_with_the_nearest() {
    let error = Catalogue::built_in().unwrap().kpi("win_rat").unwrap_err();
    assert_eq!(error.reason, ErrorReason::UnknownKpi);
    assert_eq!(
        error.message,
        "there is no KPI `win_rat`: did you mean `win_rate`?"
    );
}

const GOOD: &str = "
kpis:
  - id: won_share
    version: 1
    name: Won share
    description: A test.
    in_words: won of all
    formula: won / closed
    unit: ratio
    direction: up
    leading: false
    cadence: monthly
    funnel_stage: close
    items: { what: deals, measure: closed }
    absent_reason: no_closed_deals
    measures:
      - { name: won, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
      - { name: closed, table: closings, class: flow, aggregate: count }
";

#[test]
fn wrong_definitions_point_at_the_mistake() {
    assert_eq!(Catalogue::read(GOOD).unwrap().all().len(), 1);
    let cases = [
        (
            "won / closed",
            "won / clsed",
            "won_share.formula: `won / clsed`, column 7",
        ),
        (
            "outcome = 'won'",
            "outcom = 'won'",
            "won_share.measures.won.filter: `outcom = 'won'`",
        ),
        (
            "table: closings, class: flow, aggregate: count }",
            "table: closing, class: flow, aggregate: count }",
            "`closings`",
        ),
        (
            "aggregate: count }",
            "aggregate: sum }",
            "won_share.measures.closed.expression",
        ),
        (
            "aggregate: count }",
            "aggregate: sum, expression: amount }",
            "won_share.currency",
        ),
        (
            "aggregate: count }",
            "aggregate: count, across: lossreason }",
            "`loss_reason`",
        ),
        (
            "aggregate: count }",
            "aggregate: sum, expression: amount * 1.5, of: number }",
            "whole numbers",
        ),
        ("measure: closed", "measure: close", "won_share.items.measure"),
        ("name: closed", "name: won", "won_share.measures.won.name"),
        ("id: won_share", "id: Won-Share", "id"),
        ("version: 1", "version: 0", "won_share.version"),
        ("name: Won share", "name: ''", "won_share.name"),
        ("leading: false", "leading: false\n    colour: red", "colour"),
        ("unit: ratio", "unit: percent", "percent"),
    ];
    for (right, wrong, expected) in cases {
        let text = GOOD.replacen(right, wrong, 1);
        assert_ne!(text, GOOD, "{right}");
        let error = Catalogue::read(&text).unwrap_err();
        assert!(error.message.contains(expected), "{wrong}: {}", error.message);
    }
    let twice = format!("{GOOD}{}", GOOD.trim_start().trim_start_matches("kpis:\n"));
    assert!(Catalogue::read(&twice).unwrap_err().message.contains("twice"));
}
