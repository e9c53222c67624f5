//! What the transaction does when the world moved between queue and commit, and after a commit of unknown outcome.

use bellwether_contracts::sales;
use bellwether_domain::settings::{Pipeline, Stage, StageClass};
use bellwether_testkit::sample::deal;

use super::*;
use crate::log::{Reply, Request, UpsertReply, Work, Written, prepare, prepare_settings};
use std::path::Path;

const NOW: Instant = Instant::from_micros(1_500_000_000_000_000);

async fn open(folder: &Path, now: Instant) -> Store {
    let place = Place::File(folder.join("ingestion.db"));
    Store::open(&place, &DatabaseOptions::default(), now)
        .await
        .unwrap()
}

fn upsert(records: Vec<sales::Record>) -> Request {
    let settings = Settings::default();
    let records = records
        .into_iter()
        .map(|record| prepare(record, &settings))
        .collect();
    let work = Work::Upsert {
        records,
        all_or_nothing: false,
        expected: None,
    };
    Request {
        name: None,
        settings_seq: 0,
        work,
    }
}

fn settings(settings: &Settings) -> Request {
    let work = Work::Settings {
        settings: prepare_settings(settings),
        etag: None,
    };
    Request {
        name: None,
        settings_seq: 0,
        work,
    }
}

async fn commit(store: &Store, request: Request) -> Committed {
    let (committed, failed) = store.commit(&"acme".parse().unwrap(), vec![request], NOW).await;
    assert_eq!(failed, None);
    committed.unwrap()
}

fn written(committed: Committed) -> Vec<Written> {
    match committed.replies.into_iter().next().unwrap().unwrap() {
        Reply::Upsert(reply) => UpsertReply::from(reply).written,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_that_were_checked_with_older_settings_are_checked_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), NOW).await;
    let talks = Stage {
        name: "Talks".into(),
        class: StageClass::Open,
        qualified: false,
        probability: None,
    };
    let pipeline = Pipeline {
        id: "main".into(),
        stages: vec![talks],
    };
    let zone = bellwether_domain::Zone::named("Asia/Tokyo").unwrap();
    let declared = Settings {
        pipelines: vec![pipeline],
        zone,
        ..Settings::default()
    };
    commit(&store, settings(&declared)).await;
    let in_talks = deal("known").created("2017-01-02").with(|deal| {
        deal.stage = "Talks".into();
        deal.stage_history.clear();
    });
    let committed = commit(&store, upsert(vec![deal("unknown").proto(), in_talks.proto()])).await;
    assert!(
        committed.settings_changed,
        "the cached settings are to be forgotten"
    );
    let written = written(committed);
    assert!(
        matches!(&written[0], Written::Rejected(why) if why[0].field == "opportunity.stage"),
        "{written:?}"
    );
    assert_eq!(written[1], Written::Created { seq: 2 });
    let reader = store.reader(&"acme".parse().unwrap()).await.unwrap().unwrap();
    let change = reader.changes(1).await.unwrap().remove(0);
    assert_eq!(
        change.effective_at.unwrap().seconds,
        1_483_282_800,
        "the day begins in Tokyo"
    );
}

#[tokio::test]
async fn the_log_tells_whether_a_commit_took_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), NOW).await;
    let tenant: TenantId = "acme".parse().unwrap();
    let committed = commit(&store, upsert(vec![deal("a").proto(), deal("b").proto()])).await;
    assert!(store.holds(&tenant, &committed).await.unwrap());
    assert!(!store.holds(&"globex".parse().unwrap(), &committed).await.unwrap());
    let later = Instant::from_micros(committed.recorded_at.as_micros() + 1);
    assert!(
        !store
            .holds(
                &tenant,
                &Committed {
                    recorded_at: later,
                    ..committed
                }
            )
            .await
            .unwrap()
    );
    let idle = commit(&store, upsert(vec![deal("a").proto()])).await;
    assert!(!idle.wrote && !store.holds(&tenant, &idle).await.unwrap());
}

/// Where others write too, a change with the right number and instant is not proof enough.
#[tokio::test]
async fn a_commit_is_not_taken_for_that_of_another_process() {
    let postgres = bellwether_testkit::servers::Postgres::shared();
    let tenant: TenantId = "acme".parse().unwrap();
    let named = |amount: &str, name: Option<&str>| {
        let mut request = upsert(vec![deal("a").amount(amount).proto(), deal("b").proto()]);
        request.name = name.map(|id| crate::log::RequestName {
            id: id.to_owned(),
            hash: [7; 16],
        });
        request
    };
    let mut committed = Vec::new();
    // Four lives of one log; the clock stands still, so that numbers and instants are the same in all.
    for request in [
        named("1", None),
        named("2", None),
        named("1", Some("r")),
        named("1", Some("s")),
    ] {
        let place = Place::Server(postgres.database());
        let store = Store::open(&place, &DatabaseOptions::default(), NOW)
            .await
            .unwrap();
        committed.push((commit(&store, request).await, store));
    }
    for (at, (_, store)) in committed.iter().enumerate() {
        for (of, (committed, _)) in committed.iter().enumerate() {
            let holds = store.holds(&tenant, committed).await.unwrap();
            // An unnamed request left nothing that a named one did not.
            assert_eq!(holds, at == of || (of == 0 && at >= 2), "{of} in {at}");
        }
    }
    let nobody = "globex".parse().unwrap();
    assert!(!committed[0].1.holds(&nobody, &committed[0].0).await.unwrap());
}

#[tokio::test]
async fn the_epoch_is_of_the_database_not_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), NOW).await;
    let epoch = store.epoch();
    assert_eq!(epoch, 1_500_000_000);
    store.db.close().await.unwrap();
    drop(store);
    let later = Instant::from_micros(NOW.as_micros() + 7_000_000);
    assert_eq!(open(folder.path(), later).await.epoch(), epoch);
}

/// A tenant that is born while a new epoch begins is of the new one.
#[tokio::test]
async fn a_tenant_is_born_into_the_epoch_that_holds_when_it_is_written() {
    let postgres = bellwether_testkit::servers::Postgres::shared();
    let place = Place::Server(postgres.database());
    let store = Store::open(&place, &DatabaseOptions::default(), NOW)
        .await
        .unwrap();
    let before = store.epoch();
    let (held, is_held) = tokio::sync::oneshot::channel();
    let db = store.db.clone();
    let renewing = tokio::spawn(async move {
        let renew = db.write(|txn: bellwether_storage::Txn| async move {
            let lock = "SELECT 1 FROM life FOR UPDATE";
            txn.execute_unprepared(lock).await.map_err(storage_error)?;
            held.send(()).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let renew = "UPDATE life SET epoch = epoch + 5";
            txn.execute_unprepared(renew).await.map_err(storage_error)?;
            Ok(())
        });
        renew.await
    });
    is_held.await.unwrap();
    let committed = commit(&store, upsert(vec![deal("a").proto()])).await;
    renewing.await.unwrap().unwrap();
    assert_eq!((committed.epoch, store.epoch()), (before + 5, before + 5));
}
