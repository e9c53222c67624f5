//! Messages to questions and back.

use bellwether_contracts::kpi::{self, Filter, MinPosition, QueryKpisRequest, known_at, min_position};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::period::Grain;
use bellwether_domain::{ErrorReason, Position};

use super::ask::{Wait, ask_of, in_query, once_each, wait_of};
use crate::query::KnownAt;

fn date(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

#[test]
fn a_question_is_read_field_by_field() {
    let message = QueryKpisRequest {
        kpis: vec!["win_rate".to_owned()],
        from: date("2017-01-01"),
        grain: kpi::Grain::FiscalQuarter.into(),
        group_by: vec!["owner".to_owned()],
        filters: vec![
            Filter {
                dimension: "team".to_owned(),
                value: Some("East".to_owned()),
            },
            Filter {
                dimension: "team".to_owned(),
                value: None,
            },
        ],
        known_at: Some(kpi::KnownAt {
            at: Some(known_at::At::Seq(7)),
        }),
        ..QueryKpisRequest::default()
    };
    let ask = ask_of(&message).unwrap();
    assert_eq!(ask.from.unwrap().to_string(), "2017-01-01");
    assert_eq!(
        (ask.to, ask.as_of, ask.grain),
        (None, None, Some(Grain::FiscalQuarter))
    );
    assert_eq!(ask.known_at, Some(KnownAt::Seq(7)));
    assert_eq!(
        ask.filters,
        [
            ("team".to_owned(), Some("East".to_owned())),
            ("team".to_owned(), None)
        ]
    );
}

#[test]
fn every_malformed_field_is_named_at_once() {
    let message = QueryKpisRequest {
        from: date("2017-02-30"),
        to: Some(DateOrTime { value: None }),
        as_of: date("soon"),
        grain: 99,
        known_at: Some(kpi::KnownAt { at: None }),
        ..QueryKpisRequest::default()
    };
    let error = ask_of(&message).unwrap_err();
    let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["from", "to", "grain", "as_of", "known_at"]);
    assert!(error.message.contains("2017-02-30") && error.message.contains("fiscal_year"));
}

#[test]
fn a_question_may_wait_for_a_position_or_the_head() {
    let wait = |at| {
        wait_of(&QueryKpisRequest {
            min_position: Some(MinPosition { at }),
            ..QueryKpisRequest::default()
        })
    };
    assert_eq!(wait(Some(min_position::At::Head(true))), Ok(Some(Wait::Head)));
    let position = bellwether_contracts::types::Position { epoch: 3, seq: 9 };
    let expected = Position { epoch: 3, seq: 9 };
    assert_eq!(
        wait(Some(min_position::At::Position(position))),
        Ok(Some(Wait::Position(expected)))
    );
    assert_eq!(wait_of(&QueryKpisRequest::default()), Ok(None));
    for at in [Some(min_position::At::Head(false)), None] {
        assert_eq!(wait(at).unwrap_err().reason, ErrorReason::InvalidField);
    }
}

#[test]
fn the_question_of_a_watch_names_each_kpi_once_and_its_fields_by_their_path() {
    let named = |kpis: &[&str]| QueryKpisRequest {
        kpis: kpis.iter().map(ToString::to_string).collect(),
        ..QueryKpisRequest::default()
    };
    assert_eq!(once_each(&named(&["win_rate", "bookings"])), Ok(()));
    let twice = once_each(&named(&["win_rate", "bookings", "win_rate"])).map_err(in_query);
    let twice = twice.unwrap_err();
    assert_eq!(twice.violations[0].field, "query.kpis");
    assert_eq!(
        twice.message,
        "query.kpis: `win_rate` is named twice: name it once"
    );
    let other = bellwether_domain::Error::not_found(ErrorReason::UnknownKpi, "there is none");
    assert_eq!(in_query(other.clone()), other);
}
