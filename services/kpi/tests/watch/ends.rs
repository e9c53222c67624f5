//! How watches end, and how they go on.

use std::time::{Duration, Instant};

use bellwether_contracts::kpi::{QueryKpisRequest, WatchKind, WatchKpisRequest, WatchPoint, Watermark};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::Position;
use bellwether_domain::{Currency, ErrorReason, Money};
use bellwether_kpi::Config;
use bellwether_testkit::sample;
use tonic::{Code, Status};

use crate::client::{Kpi, SOON, TENANT, asked, ended, is_quiet, next, one, owned, position, quick, watched};
use crate::log::FakeLog;

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_hears_what_differs_from_then() {
    let log = FakeLog::new(1);
    log.write(TENANT, &[owned("d1", "ann", "10"), owned("d2", "bob", "20")]);
    let kpi = Kpi::start(&log, quick()).await;
    let query = asked("pipeline_value", &["owner"]);
    let from = |after: &WatchPoint| WatchKpisRequest {
        after: Some(after.clone()),
        ..watched(query.clone())
    };
    let then = next(&mut kpi.watch(watched(query.clone())).await.unwrap())
        .await
        .at
        .unwrap();
    let mut same = kpi.watch(from(&then)).await.unwrap();
    assert!(is_quiet(&mut same).await, "nothing differs");
    log.write(TENANT, &[owned("d2", "bob", "25")]);
    assert_eq!(one(&next(&mut same).await), (WatchKind::Changes, "25", 3));
    kpi.reach(&log).await;
    assert_eq!(
        one(&next(&mut kpi.watch(from(&then)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    // Also after midnight, and by the position alone.
    kpi.node.clock().advance(24 * 3_600 * 1_000_000);
    assert_eq!(
        one(&next(&mut kpi.watch(from(&then)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    let bare = WatchPoint {
        watermark: Some(Watermark {
            position: then.watermark.unwrap().position,
            recorded_at: None,
        }),
        ..WatchPoint::default()
    };
    assert_eq!(
        one(&next(&mut kpi.watch(from(&bare)).await.unwrap()).await),
        (WatchKind::Changes, "25", 3)
    );
    // What the server would not say any more of that position, or never said.
    let moved = |epoch, seq| Watermark {
        position: Some(Position { epoch, seq }),
        recorded_at: None,
    };
    let unknown = [
        WatchPoint {
            state: vec![7; 16],
            ..then.clone()
        },
        WatchPoint {
            watermark: Some(moved(2, 2)),
            ..then.clone()
        },
        WatchPoint {
            watermark: Some(moved(1, 99)),
            ..then.clone()
        },
    ];
    for point in unknown {
        let first = next(&mut kpi.watch(from(&point)).await.unwrap()).await;
        assert_eq!(
            (first.kind(), first.values.len()),
            (WatchKind::Complete, 2),
            "{point:?}"
        );
    }
    let none = kpi.watch(from(&WatchPoint::default())).await.unwrap_err();
    assert_eq!(none.code(), Code::InvalidArgument);
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_life_of_the_log_is_followed() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, quick()).await;
    let mut messages = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    assert_eq!(one(&next(&mut messages).await), (WatchKind::Complete, "5", 5));
    log.begin_anew(2);
    log.deals(TENANT, 3);
    log.break_streams();
    let message = next(&mut messages).await;
    assert_eq!(
        (one(&message), position(&message).epoch),
        ((WatchKind::Changes, "3", 3), 2)
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_watches_with_a_hint_when_to_come_back() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 5);
    let kpi = Kpi::start(&log, quick()).await;
    let mut messages = kpi.watch(watched(asked("open_deals", &[]))).await.unwrap();
    next(&mut messages).await;
    let since = Instant::now();
    let (status, ()) = tokio::join!(ended(&mut messages), kpi.node.stop());
    assert_eq!(status.code(), Code::Unavailable);
    let error = from_status(&status);
    assert_eq!(
        (error.reason, error.retry_after_ms.is_some()),
        (ErrorReason::ShuttingDown, true)
    );
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_refused_ends_the_watch() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    let kpi = Kpi::start(&log, quick()).await;
    let refused = async |request: WatchKpisRequest| from_status(&kpi.watch(request).await.unwrap_err());
    let none = refused(WatchKpisRequest::default()).await;
    assert_eq!(none.violations[0].field, "query.tenant");
    assert_eq!(
        refused(watched(asked("win_ratio", &[]))).await.reason,
        ErrorReason::UnknownKpi
    );
    assert_eq!(
        refused(watched(asked("win_rate", &["ownr"]))).await.violations[0].field,
        "query.group_by"
    );
    let nobody = QueryKpisRequest {
        tenant: "nobody".to_owned(),
        ..asked("win_rate", &[])
    };
    assert_eq!(refused(watched(nobody)).await.reason, ErrorReason::UnknownTenant);

    let mut messages = kpi.watch(watched(asked("pipeline_value", &[]))).await.unwrap();
    assert_eq!(one(&next(&mut messages).await), (WatchKind::Complete, "20", 2));
    let euros = Money::from_major("10", Currency::from_code("EUR").unwrap()).unwrap();
    let deal = sample::deal("abroad")
        .created("2017-01-01")
        .qualified("2017-01-01")
        .money(euros);
    log.write(TENANT, &[deal.record()]);
    let status = ended(&mut messages).await;
    assert_eq!(
        (status.code(), from_status(&status).reason),
        (Code::FailedPrecondition, ErrorReason::MissingFxRate)
    );
    kpi.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_may_watch_than_are_allowed() {
    let log = FakeLog::new(1);
    log.deals(TENANT, 2);
    log.deals("globex", 2);
    let config = Config {
        max_watches: 3,
        max_watches_per_tenant: 2,
        ..quick()
    };
    let kpi = Kpi::start(&log, config).await;
    let of = |tenant: &str| {
        watched(QueryKpisRequest {
            tenant: tenant.to_owned(),
            ..asked("open_deals", &[])
        })
    };
    let first = kpi.watch(of(TENANT)).await.unwrap();
    let second = kpi.watch(of(TENANT)).await.unwrap();
    let refused = |status: &Status, limit: &str| {
        assert_eq!(status.code(), Code::ResourceExhausted);
        let error = from_status(status);
        assert!(
            error.message.contains(limit) && error.retry_after_ms.is_some(),
            "{error:?}"
        );
    };
    refused(
        &kpi.watch(of(TENANT)).await.unwrap_err(),
        "kpi.max_watches_per_tenant",
    );
    let other = kpi.watch(of("globex")).await.unwrap();
    refused(&kpi.watch(of("globex")).await.unwrap_err(), "kpi.max_watches:");
    drop(first);
    let end = Instant::now() + SOON;
    while let Err(status) = kpi.watch(of("globex")).await {
        refused(&status, "kpi.max_watches:");
        assert!(Instant::now() < end, "a place is not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop((second, other));
    kpi.node.stop().await;
}
