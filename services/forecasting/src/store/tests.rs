//! Forecasts are kept once, listed newest first, and scored once.

use std::collections::BTreeSet;

use super::*;
use bellwether_domain::TenantId;

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn point(kpi: &str, step: u32, end: i32) -> Point {
    Point {
        kpi: kpi.to_owned(),
        unit: "USD".to_owned(),
        member: (step == 2).then(|| Member {
            dimension: "owner".to_owned(),
            name: None,
        }),
        model: "ets + theta".to_owned(),
        step,
        start: end - 30,
        end,
        mean: 12.5,
        intervals: vec![Interval {
            level: 0.8,
            low: 10.0,
            high: 15.0,
        }],
        scale: Some(2.0),
        actual: None,
        scored_at: None,
    }
}

fn served(id: &str, made_at: i64) -> Served {
    Served {
        id: id.to_owned(),
        kind: Kind::Trend,
        filters: vec![("region".to_owned(), Some("West".to_owned()))],
        made_at: Instant::from_micros(made_at),
        as_of: Instant::from_micros(made_at - 1),
        position: Position { epoch: 7, seq: 3 },
        model_version: "1".to_owned(),
        points: vec![point("bookings", 1, 100), point("bookings", 2, 130)],
    }
}

/// What is due up to a day.
async fn due(store: &Store, day: i32) -> Vec<Due> {
    let all = BTreeSet::new();
    store.due(day, (None, &all), 10).await.unwrap()
}

async fn opened() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("forecasting.db"));
    let store = Store::open(&place, &DatabaseOptions::default()).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn a_forecast_is_kept_once_and_comes_back_as_it_was() {
    let (_folder, store) = opened().await;
    let (acme, other) = (tenant("acme"), tenant("other"));
    let first = served("a", 1_000);
    store.keep(&acme, &first).await.unwrap();
    // Served again: it was first served then.
    store.keep(&acme, &served("a", 5_000)).await.unwrap();
    store.keep(&acme, &served("b", 2_000)).await.unwrap();
    let all = Wanted::default();
    let listed = store.list(&acme, &all, None, 10).await.unwrap();
    assert_eq!(listed, [served("b", 2_000), first.clone()]);
    let after = Cursor::of(&listed[0]);
    assert_eq!(store.list(&acme, &all, Some(after), 10).await.unwrap(), [first]);
    assert!(store.list(&other, &all, None, 10).await.unwrap().is_empty());
    let of = |kpi: &str, kind| Wanted {
        kpi: kpi.to_owned(),
        kind,
    };
    assert_eq!(
        store
            .list(&acme, &of("bookings", Some(Kind::Trend)), None, 10)
            .await
            .unwrap()
            .len(),
        2
    );
    assert!(
        store
            .list(&acme, &of("win_rate", None), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .list(&acme, &of("", Some(Kind::Pipeline)), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_value_is_due_once_its_period_is_over_and_scored_once() {
    let (_folder, store) = opened().await;
    let (acme, all) = (tenant("acme"), Wanted::default());
    store.keep(&acme, &served("a", 1_000)).await.unwrap();
    assert!(due(&store, 99).await.is_empty());
    let first = due(&store, 100).await;
    assert_eq!(first.len(), 1);
    assert_eq!(
        (&first[0].tenant, first[0].point.step, first[0].filters.len()),
        (&acme, 1, 1)
    );
    assert_eq!(due(&store, 130).await.len(), 2);
    assert_eq!(store.waiting(&acme, &all).await.unwrap(), 2);
    let truth = Truth {
        forecast: "a".to_owned(),
        ordinal: first[0].ordinal,
        actual: Some(11.0),
    };
    let at = Instant::from_micros(9_000);
    store.note(&acme, vec![truth], at).await.unwrap();
    assert_eq!(store.waiting(&acme, &all).await.unwrap(), 1);
    assert!(due(&store, 100).await.is_empty());
    let scored = store.scored(&acme, &all).await.unwrap();
    assert_eq!(scored.len(), 1);
    assert_eq!(
        (scored[0].points[0].actual, scored[0].points[0].scored_at),
        (Some(11.0), Some(at))
    );
    assert!(store.scored(&tenant("other"), &all).await.unwrap().is_empty());
    let pipeline = Wanted {
        kind: Some(Kind::Pipeline),
        ..Wanted::default()
    };
    assert_eq!(store.waiting(&acme, &pipeline).await.unwrap(), 0);
}

#[tokio::test]
async fn forecasts_outlive_the_process() {
    let (folder, store) = opened().await;
    let acme = tenant("acme");
    store.keep(&acme, &served("a", 1_000)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let place = Place::File(folder.path().join("forecasting.db"));
    let store = Store::open(&place, &DatabaseOptions::default()).await.unwrap();
    assert_eq!(
        store
            .list(&acme, &Wanted::default(), None, 1)
            .await
            .unwrap()
            .len(),
        1
    );
}
