//! What kpi is asked, and what is made of its answer.

use super::*;
use crate::store::{Member, Point};
use bellwether_contracts::kpi::GroupValue;

fn due(unit: &str, name: Option<&str>) -> Due {
    Due {
        tenant: "acme".parse().unwrap(),
        forecast: "a".to_owned(),
        ordinal: 0,
        kind: crate::store::Kind::Trend,
        filters: vec![("region".to_owned(), None)],
        point: Point {
            kpi: "bookings".to_owned(),
            unit: unit.to_owned(),
            member: name.map(|name| Member {
                dimension: "owner".to_owned(),
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            }),
            model: String::new(),
            step: 1,
            start: 17_167,
            end: 17_198,
            mean: 1.0,
            intervals: Vec::new(),
            scale: None,
            actual: None,
            scored_at: None,
        },
    }
}

fn value(name: Option<&str>, value: Option<&str>) -> KpiValue {
    let group = name.map(|name| GroupValue {
        dimension: "owner".to_owned(),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        rest: false,
    });
    KpiValue {
        group: group.into_iter().collect(),
        value: value.map(str::to_owned),
        ..KpiValue::default()
    }
}

#[test]
fn the_truth_is_that_of_the_group() {
    let grouped = [value(Some("ann"), Some("12.5")), value(Some(""), Some("3"))];
    assert_eq!(actual(&grouped, &due("USD", Some("ann"))), Some(12.5));
    assert_eq!(actual(&grouped, &due("USD", Some(""))), Some(3.0));
    assert_eq!(actual(&grouped, &due("USD", Some("bob"))), Some(0.0));
    assert_eq!(actual(&grouped, &due("ratio", Some("bob"))), None);
    assert_eq!(actual(&[value(None, Some("7"))], &due("count", None)), Some(7.0));
    assert_eq!(actual(&[value(None, None)], &due("ratio", None)), None);
    assert_eq!(actual(&[], &due("count", None)), None);
}

#[test]
fn kpi_is_asked_about_the_period_and_the_conditions() {
    let request = Question::of(&due("USD", Some("ann"))).request(&"acme".parse().unwrap());
    let day = |when: &Option<DateOrTime>| when.clone().and_then(|when| when.value);
    assert_eq!(
        day(&request.from),
        Some(date_or_time::Value::Date("2017-01-01".to_owned()))
    );
    assert_eq!(
        day(&request.to),
        Some(date_or_time::Value::Date("2017-02-01".to_owned()))
    );
    assert_eq!(
        (request.group_by, request.filters.len()),
        (vec!["owner".to_owned()], 1)
    );
}
