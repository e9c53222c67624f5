//! What kpi is asked, and what is made of its answer.

mod kpi;

use super::truths::{Question, Told, actual};
use super::*;
use crate::store::{Member, Point, Served, Wanted};
use bellwether_contracts::kpi::{GroupValue, KpiValue};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{Instant, ManualClock};
use bellwether_storage::{DatabaseOptions, Place};
use kpi::Kpi;

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

fn value(unit: &str, name: Option<&str>, value: Option<&str>) -> KpiValue {
    let group = name.map(|name| GroupValue {
        dimension: "owner".to_owned(),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        rest: false,
    });
    KpiValue {
        group: group.into_iter().collect(),
        value: value.map(str::to_owned),
        unit: unit.to_owned(),
        ..KpiValue::default()
    }
}

#[test]
fn the_truth_is_that_of_the_group() {
    let of = |adds: bool, values: Vec<KpiValue>| Told { values, adds };
    let grouped = |adds: bool| {
        let values = [
            value("USD", Some("ann"), Some("12.5")),
            value("USD", Some(""), Some("3")),
        ];
        of(adds, values.into())
    };
    assert_eq!(actual(&grouped(true), &due("USD", Some("ann"))), Some(12.5));
    assert_eq!(actual(&grouped(true), &due("USD", Some(""))), Some(3.0));
    assert_eq!(actual(&grouped(true), &due("USD", Some("bob"))), Some(0.0));
    // An average of nothing is no 0.
    assert_eq!(actual(&grouped(false), &due("USD", Some("bob"))), None);
    let whole = |unit: &str, number: Option<&str>| of(true, vec![value(unit, None, number)]);
    assert_eq!(actual(&whole("count", Some("7")), &due("count", None)), Some(7.0));
    assert_eq!(actual(&whole("ratio", None), &due("ratio", None)), None);
    assert_eq!(actual(&of(true, Vec::new()), &due("count", None)), None);
}

#[test]
fn a_value_in_another_unit_is_not_compared() {
    let of = |value: KpiValue| Told {
        values: vec![value],
        adds: true,
    };
    assert_eq!(
        actual(&of(value("EUR", None, Some("7"))), &due("USD", None)),
        None
    );
    let ann = || of(value("EUR", Some("ann"), Some("7")));
    assert_eq!(actual(&ann(), &due("USD", Some("ann"))), None);
    assert_eq!(actual(&ann(), &due("USD", Some("bob"))), None);
    assert_eq!(actual(&ann(), &due("EUR", Some("ann"))), Some(7.0));
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

/// A scorer that asks a kpi of tests, long after the periods of [`due`].
async fn scorer(folder: &std::path::Path, kpi: &Kpi) -> Scorer {
    let place = Place::File(folder.join("forecasting.db"));
    let store = Store::open(&place, &DatabaseOptions::default()).await.unwrap();
    let clock = Arc::new(ManualClock::at(Instant::from_micros(1_600_000_000_000_000)));
    let source = Source::new(kpi.link(folder));
    Scorer::new(store, source, clock, &Config::default())
}

/// Keeps a forecast of a tenant.
async fn keep(scorer: &Scorer, tenant: &str, kpi: &str, name: Option<&str>) {
    let at = Instant::from_micros(1_000);
    let point = Point {
        kpi: kpi.to_owned(),
        ..due("USD", name).point
    };
    let served = Served {
        id: kpi.to_owned(),
        kind: Kind::Trend,
        filters: Vec::new(),
        made_at: at,
        as_of: at,
        position: Position::default(),
        model_version: "1".to_owned(),
        points: vec![point],
    };
    scorer
        .store
        .keep(&tenant.parse().unwrap(), &served)
        .await
        .unwrap();
}

/// The truths that were noted of a tenant, and how many values wait.
async fn noted(scorer: &Scorer, tenant: &str) -> (Vec<Option<f64>>, u64) {
    let (tenant, all) = (tenant.parse().unwrap(), Wanted::default());
    let scored = scorer.store.scored(&tenant, &all).await.unwrap();
    let actuals = scored.iter().map(|one| one.points[0].actual).collect();
    (actuals, scorer.store.waiting(&tenant, &all).await.unwrap())
}

#[tokio::test]
async fn a_tenant_that_cannot_be_told_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let kpi = Kpi::default();
    kpi.fails("a", "bookings", tonic::Code::Internal);
    let scorer = scorer(folder.path(), &kpi).await;
    keep(&scorer, "a", "bookings", None).await;
    keep(&scorer, "a", "deals_won", None).await;
    keep(&scorer, "b", "bookings", None).await;
    assert_eq!(scorer.score().await.unwrap(), 1);
    assert_eq!(noted(&scorer, "a").await, (vec![], 2));
    assert_eq!(noted(&scorer, "b").await, (vec![Some(8.0)], 0));
    assert_eq!(kpi.asked("a"), 1, "it is left alone until the next round");
    kpi.heals();
    assert_eq!(scorer.score().await.unwrap(), 2);
    assert_eq!(noted(&scorer, "a").await, (vec![Some(8.0), Some(8.0)], 0));
}

#[tokio::test]
async fn what_is_missing_is_waited_for_and_what_is_gone_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let kpi = Kpi::default();
    // No exchange rate is known yet.
    kpi.fails("a", "bookings", tonic::Code::FailedPrecondition);
    kpi.fails("a", "own", tonic::Code::NotFound);
    let scorer = scorer(folder.path(), &kpi).await;
    for id in ["bookings", "deals_won", "own"] {
        keep(&scorer, "a", id, None).await;
    }
    assert_eq!(scorer.score().await.unwrap(), 2);
    assert_eq!(noted(&scorer, "a").await, (vec![Some(8.0)], 1));
    kpi.heals();
    assert_eq!(scorer.score().await.unwrap(), 1);
    assert_eq!(noted(&scorer, "a").await, (vec![Some(8.0), Some(8.0)], 0));
}

#[tokio::test]
async fn what_a_kpi_means_says_whether_a_group_that_is_not_told_had_0() {
    let folder = tempfile::tempdir().unwrap();
    let kpi = Kpi::default();
    let scorer = scorer(folder.path(), &kpi).await;
    keep(&scorer, "a", "bookings", Some("bob")).await;
    keep(&scorer, "a", "average_deal_size", Some("bob")).await;
    assert_eq!(scorer.score().await.unwrap(), 2);
    assert_eq!(noted(&scorer, "a").await, (vec![Some(0.0)], 0));
}
