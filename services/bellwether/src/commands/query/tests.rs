//! The shapes that `kpi query` promises.

use super::*;
use bellwether_contracts::kpi::{Interval, Watermark};
use bellwether_contracts::types::Position;

fn date(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(Edge::Date(text.to_owned())),
    })
}

fn march() -> KpiValue {
    KpiValue {
        kpi: "win_rate".to_owned(),
        period_start: date("2017-03-01"),
        period_end: date("2017-04-01"),
        group: vec![
            GroupValue {
                dimension: "region".to_owned(),
                name: Some("West".to_owned()),
                rest: false,
            },
            GroupValue {
                dimension: "owner".to_owned(),
                name: None,
                rest: false,
            },
        ],
        value: Some("0.82071097372488408".to_owned()),
        unit: "ratio".to_owned(),
        n: 647,
        interval: Some(Interval {
            low: "0.79".to_owned(),
            high: "0.85".to_owned(),
        }),
        as_of: Some(prost_types::Timestamp {
            seconds: 1_514_764_800,
            nanos: 0,
        }),
        watermark: Some(Watermark {
            position: Some(Position { epoch: 1, seq: 8930 }),
            recorded_at: Some(prost_types::Timestamp {
                seconds: 1_514_764_800,
                nanos: 500_000_000,
            }),
        }),
        definition_version: 1,
        path: Path::Scan.into(),
        ..KpiValue::default()
    }
}

#[test]
fn json_has_every_promised_field() {
    let expected = json!({
        "kpi": "win_rate", "period_start": "2017-03-01", "period_end": "2017-04-01",
        "group": {"region": "West", "owner": null},
        "value": "0.82071097372488408", "unit": "ratio", "absent_reason": null, "n": 647,
        "interval": {"low": "0.79", "high": "0.85"}, "small_n": false, "missing": 0,
        "as_of": "2018-01-01T00:00:00Z",
        "watermark": {"epoch": 1, "seq": 8930, "recorded_at": "2018-01-01T00:00:00.5Z"},
        "definition_version": 1, "path": "scan"
    });
    assert_eq!(ValueRow(march()).json(), expected);
}

#[test]
fn an_absent_value_is_null_with_its_reason() {
    let absent = ValueRow(KpiValue {
        value: None,
        interval: None,
        n: 0,
        absent_reason: AbsentReason::NoClosedDeals.into(),
        period_start: None,
        period_end: None,
        group: Vec::new(),
        ..march()
    });
    let json = absent.json();
    assert_eq!(
        (&json["value"], &json["absent_reason"]),
        (&Value::Null, &json!("no_closed_deals"))
    );
    assert_eq!(
        (&json["period_start"], &json["interval"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(json["group"], json!({}));
}

#[test]
fn an_edge_within_a_day_is_an_instant() {
    let at = prost_types::Timestamp {
        seconds: 1_488_360_600,
        nanos: 0,
    };
    let edge = DateOrTime {
        value: Some(Edge::Instant(at)),
    };
    assert_eq!(period_edge(Some(&edge)).as_deref(), Some("2017-03-01T09:30:00Z"));
}

#[test]
fn a_table_says_how_sure_and_how_fresh_it_is() {
    let page = Page {
        colour: false,
        wrap: false,
    };
    let text = Answer(vec![ValueRow(march())]).text(&page);
    assert_eq!(
        text,
        "KPI       PERIOD (END EXCLUDED)     REGION  OWNER     VALUE    N       95 % INTERVAL\n\
         win_rate  2017-03-01 to 2017-04-01  West    (none)  82.07 %  647  79.00 % to 85.00 %\n\n\
         as of 2018-01-01T00:00:00Z (excluded), from everything up to change 8930, recorded 2018-01-01T00:00:00.5Z"
    );
}

#[test]
fn csv_has_a_column_for_each_dimension() {
    let rows = Answer(vec![ValueRow(march())]).csv();
    assert_eq!(rows[0].len(), rows[1].len());
    assert_eq!(
        rows[0][..6],
        ["kpi", "period_start", "period_end", "region", "owner", "value"]
    );
    assert_eq!(rows[1][..5], ["win_rate", "2017-03-01", "2017-04-01", "West", ""]);
}

/// A row that is not grouped, one by a dimension of its own KPI, and one by another.
fn mixed() -> Answer {
    let grouped = |kpi: &str, dimension: &str, name: &str| {
        let part = GroupValue {
            dimension: dimension.to_owned(),
            name: Some(name.to_owned()),
            rest: false,
        };
        ValueRow(KpiValue {
            kpi: kpi.to_owned(),
            group: vec![part],
            ..march()
        })
    };
    let plain = ValueRow(KpiValue {
        group: Vec::new(),
        ..march()
    });
    Answer(vec![
        plain,
        grouped("loss_reason_mix", "loss_reason", "price"),
        grouped("bookings", "region", "West"),
    ])
}

#[test]
fn csv_rows_are_as_wide_as_all_their_dimensions() {
    let rows = mixed().csv();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    let groups: Vec<&[String]> = rows.iter().map(|row| &row[3..6]).collect();
    assert_eq!(groups[0], ["loss_reason", "region", "value"]);
    assert_eq!(groups[1], ["", "", "0.82071097372488408"]);
    assert_eq!(groups[2], ["price", "", "0.82071097372488408"]);
    assert_eq!(groups[3], ["", "West", "0.82071097372488408"]);
}

#[test]
fn a_table_leaves_a_dimension_empty_where_a_row_has_none() {
    let page = Page {
        colour: false,
        wrap: false,
    };
    let text = mixed().text(&page);
    let lines: Vec<&str> = text.lines().collect();
    let start = |line: &str, text: &str| line.find(text).unwrap_or_else(|| panic!("{text} in {line}"));
    assert_eq!(start(lines[0], "LOSS_REASON"), start(lines[2], "price"));
    assert_eq!(start(lines[0], "REGION"), start(lines[3], "West"));
    assert!(
        lines[1..4]
            .iter()
            .all(|line| start(line, "82.07 %") == start(lines[1], "82.07 %"))
    );
    assert!(!text.contains("(none)"), "{text}");
}
