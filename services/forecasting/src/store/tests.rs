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
    let most = (10, 1_000);
    let (listed, more) = store.list(&acme, &all, None, most).await.unwrap();
    assert!(!more);
    assert_eq!(listed, [served("b", 2_000), first.clone()]);
    let after = Cursor::of(&listed[0]);
    let list = |tenant, wanted, after| {
        let store = store.clone();
        async move { store.list(tenant, &wanted, after, most).await.unwrap().0 }
    };
    assert_eq!(list(&acme, all.clone(), Some(after)).await, [first]);
    assert!(list(&other, all, None).await.is_empty());
    let of = |kpi: &str, kind| Wanted {
        kpi: kpi.to_owned(),
        kind,
    };
    let trends = of("bookings", Some(Kind::Trend));
    assert_eq!(list(&acme, trends, None).await.len(), 2);
    assert!(list(&acme, of("win_rate", None), None).await.is_empty());
    assert!(list(&acme, of("", Some(Kind::Pipeline)), None).await.is_empty());
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
    let (listed, _) = store
        .list(&acme, &Wanted::default(), None, (1, 10))
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn a_page_ends_before_it_holds_too_many_values() {
    let (_folder, store) = opened().await;
    let (acme, all) = (tenant("acme"), Wanted::default());
    for (id, made_at) in [("a", 1_000), ("b", 2_000), ("c", 3_000)] {
        store.keep(&acme, &served(id, made_at)).await.unwrap();
    }
    // Each has two values.
    let page = |after, points| {
        let (store, acme, all) = (store.clone(), acme.clone(), all.clone());
        async move {
            let (listed, more) = store.list(&acme, &all, after, (10, points)).await.unwrap();
            let ids: Vec<String> = listed.iter().map(|one| one.id.clone()).collect();
            assert!(listed.iter().all(|one| one.points.len() == 2));
            (ids, more, listed.last().map(Cursor::of))
        }
    };
    let (ids, more, after) = page(None, 5).await;
    assert_eq!((ids, more), (vec!["c".to_owned(), "b".to_owned()], true));
    let (ids, more, after) = page(after, 5).await;
    assert_eq!((ids, more), (vec!["a".to_owned()], false));
    assert_eq!(page(after, 5).await.0, Vec::<String>::new());
    let (ids, more, _) = page(None, 1).await;
    assert_eq!((ids, more), (vec!["c".to_owned()], true), "one is there at least");
}

#[tokio::test]
async fn the_newest_values_are_those_of_the_kind() {
    let (_folder, store) = opened().await;
    let acme = tenant("acme");
    let old = Served {
        kind: Kind::Pipeline,
        points: vec![point("bookings", 1, 50)],
        ..served("old", 1_000)
    };
    store.keep(&acme, &old).await.unwrap();
    store.keep(&acme, &served("new", 2_000)).await.unwrap();
    for (forecast, ordinal) in [("old", 0), ("new", 0), ("new", 1)] {
        let truth = Truth {
            forecast: forecast.to_owned(),
            ordinal,
            actual: Some(1.0),
        };
        let at = Instant::from_micros(9_000);
        store.note(&acme, vec![truth], at).await.unwrap();
    }
    let of = |kind| Wanted {
        kind,
        ..Wanted::default()
    };
    let scored = async |kind| {
        let found = store.newest_scored(&acme, &of(kind), 2).await.unwrap();
        found.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(scored(Some(Kind::Pipeline)).await, ["old"]);
    assert_eq!(scored(None).await, ["new", "new"]);
}
