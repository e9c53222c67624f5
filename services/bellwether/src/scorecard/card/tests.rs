//! What a manager, a program and a spreadsheet are shown.

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
        "KPI VALUE BEFORE CHANGE 95 % INTERVAL N DEC TO 21 NOV"
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

#[test]
fn the_history_names_its_last_day_only_while_the_month_goes_on() {
    let months = |as_of: &str| {
        let as_of: Instant = as_of.parse().unwrap();
        let windows = Windows::of(as_of, Grain::FiscalQuarter, &Settings::default());
        Card { windows, ..card() }.months()
    };
    assert_eq!(months("2026-11-02T00:00:00Z"), "Dec to 1 Nov");
    assert_eq!(months("2026-12-01T00:00:00Z"), "Dec to Nov");
}
