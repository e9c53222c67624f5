//! What a manager, a program and a spreadsheet are shown.

use bellwether_contracts::kpi::{
    Attainment, Direction, Interval, KpiValue, ProjectionMethod, Range, ScorecardWarning,
    ScorecardWarningKind, StatusReason, TargetStatus,
};

use super::*;

fn line(
    id: &str,
    name: &str,
    unit: &str,
    values: [&str; 2],
    interval: Option<(&str, &str)>,
) -> ScorecardLine {
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
    let [now, before] = values.map(|text| text.parse::<f64>().unwrap());
    let points = (unit == "ratio").then(|| format!("{:.1}", (now - before) * 100.0));
    ScorecardLine {
        name: name.to_owned(),
        direction: Direction::Up.into(),
        weight: 1,
        value: Some(value(values[0])),
        previous: Some(KpiComparison {
            base: Some(value(values[1])),
            difference: Some((now - before).to_string()),
            relative: points.is_none().then(|| ((now - before) / before).to_string()),
            points,
            ..KpiComparison::default()
        }),
        trend: (0..12).map(|month| value(&month.to_string())).collect(),
        ..ScorecardLine::default()
    }
}

fn card() -> Card {
    let bookings = ScorecardLine {
        attainment: Some(Attainment {
            target: "5500000".to_owned(),
            attainment: Some("0.621".to_owned()),
            expected_share: Some("0.576".to_owned()),
            pace: Some("0.045".to_owned()),
            likely: Some(Range {
                low: Some("5310000".to_owned()),
                high: Some("6420000".to_owned()),
            }),
            method: ProjectionMethod::PastPeriods.into(),
            status: TargetStatus::OnTrack.into(),
            reason: StatusReason::Range.into(),
            warn_below: "0.9".to_owned(),
            bad_below: "0.75".to_owned(),
            ..Attainment::default()
        }),
        ..line("bookings", "Bookings", "USD", ["3420000", "3050000"], None)
    };
    let rate = ScorecardLine {
        attainment: Some(Attainment {
            reason: StatusReason::NoTarget.into(),
            ..Attainment::default()
        }),
        ..line(
            "win_rate",
            "Win rate",
            "ratio",
            ["0.314", "0.335"],
            Some(("0.27", "0.361")),
        )
    };
    let answer = RenderScorecardResponse {
        id: "west".to_owned(),
        name: "The west".to_owned(),
        period: Grain::FiscalQuarter.into(),
        period_start: "2026-10-01".to_owned(),
        period_end: "2027-01-01".to_owned(),
        last_day: "2026-11-22".to_owned(),
        zone: "UTC".to_owned(),
        lines: vec![bookings, rate],
        warnings: vec![ScorecardWarning {
            kind: ScorecardWarningKind::TooFew.into(),
            kpi: String::new(),
            message: "2 tell only a part".to_owned(),
        }],
        ..RenderScorecardResponse::default()
    };
    Card::of("demo".to_owned(), answer).unwrap()
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
        "demo, The west: this quarter so far, 2026-10-01 to 2026-11-22 (day 53 of 92)"
    );
    assert_eq!(
        lines[2].split_whitespace().collect::<Vec<_>>(),
        [
            "KPI", "VALUE", "CHANGE", "TARGET", "PACE", "95", "%", "RANGE", "STATUS"
        ]
    );
    assert!(
        lines[3].starts_with("Bookings") && lines[3].ends_with("5.31M to 6.42M USD  on track"),
        "{text}"
    );
    assert!(lines[3].contains("3.42M USD") && lines[3].contains("+12.1 %") && lines[3].contains("+4.5 pts"));
    assert!(
        lines[4].contains("-2.1 pts") && lines[4].contains("27.0 to 36.1 %"),
        "{text}"
    );
    assert!(text.contains("Bookings has 62.1 % of the 5.50M USD wanted, where 57.6 % was expected by now;"));
    assert!(
        text.contains("Last 12 months ▁▁▂▃▃▄▅▆▆▇██") || text.contains("Last 12 months ▁"),
        "{text}"
    );
    assert!(text.contains("Note: 2 tell only a part"));
    for line in lines {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn programs_and_spreadsheets_get_exact_numbers() {
    let json = card().json();
    assert_eq!(json["kpis"][0]["value"], "3420000");
    assert_eq!(json["kpis"][0]["target"]["status"], "on_track");
    assert_eq!(json["kpis"][0]["target"]["likely"]["low"], "5310000");
    assert_eq!(json["kpis"][1]["target"]["reason"], "no_target");
    assert_eq!(json["kpis"][1]["previous"]["points"], "-2.1");
    assert_eq!(json["period"]["elapsed_days"], 53);
    assert_eq!(json["warnings"][0]["kind"], "too_few");
    let csv = card().csv();
    assert_eq!(csv.len(), 3);
    assert!(csv.iter().all(|row| row.len() == csv[0].len()));
    assert_eq!(
        (csv[1][11].as_str(), csv[1][18].as_str()),
        ("5500000", "on track")
    );
}
