//! What is said holds until it is said anew or taken back, and every version of it stays.

use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, TenantId};
use bellwether_storage::{DatabaseOptions, Place};

use super::*;
use crate::store::Kind;

fn saying(chance: Option<f64>, at: i64) -> Saying {
    Saying {
        id: "deal/d1".to_owned(),
        call: chance.map(|chance| Call::Deal {
            deal: "d1".to_owned(),
            chance: Some(chance),
            amount: None,
            close: None,
            category: None,
        }),
        author: "Ann".to_owned(),
        reason: "signed".to_owned(),
        made_at: Instant::from_micros(at),
        replaces: None,
        request: String::new(),
    }
}

async fn opened() -> (tempfile::TempDir, Store, TenantId) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("forecasting.db"));
    let store = Store::open(&place, &DatabaseOptions::default()).await.unwrap();
    (folder, store, "acme".parse().unwrap())
}

/// Nothing is kept beside.
fn nothing(_: &Said) -> Result<Option<Served>> {
    Ok(None)
}

#[tokio::test]
async fn the_last_version_holds_and_all_of_them_stay() {
    let (_folder, store, acme) = opened().await;
    let first = store.say(&acme, saying(Some(0.5), 10), nothing).await.unwrap();
    let second = store.say(&acme, saying(Some(0.9), 20), nothing).await.unwrap();
    assert_eq!((first.version, second.version), (1, 2));
    let live = store.said(&acme, ("", false), None, 10).await.unwrap();
    assert_eq!(live, std::slice::from_ref(&second));
    let all = store.said(&acme, ("deal/d1", true), None, 1).await.unwrap();
    assert_eq!(all, std::slice::from_ref(&second));
    let after = SaidCursor::of(&all[0]);
    let rest = store.said(&acme, ("", true), Some(after), 10).await.unwrap();
    assert_eq!((rest.len(), rest[0].version, rest[0].holds), (1, 1, false));
    let other: TenantId = "other".parse().unwrap();
    assert!(store.said(&other, ("", true), None, 10).await.unwrap().is_empty());
    // As it was said then.
    let at = |at: i64| store.held(&acme, Instant::from_micros(at));
    assert!(at(10).await.unwrap().is_empty());
    assert_eq!(at(15).await.unwrap()[0].call, first.call);
    assert_eq!(at(99).await.unwrap()[0].call, second.call);
    let back = store.say(&acme, saying(None, 30), nothing).await.unwrap();
    assert_eq!(
        (back.version, back.withdrawn, &back.call),
        (3, true, &second.call)
    );
    assert!(at(99).await.unwrap().is_empty() && at(25).await.unwrap().len() == 1);
    assert!(store.said(&acme, ("", false), None, 10).await.unwrap().is_empty());
    let gone = store.say(&acme, saying(None, 40), nothing).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn who_was_second_is_told_so_and_a_name_stands_for_one_request() {
    let (_folder, store, acme) = opened().await;
    let replacing = |version| Saying {
        replaces: Some(version),
        ..saying(Some(0.7), 20)
    };
    let early = store.say(&acme, replacing(1), nothing).await.unwrap_err();
    assert_eq!(
        (early.code, early.reason),
        (ErrorCode::Aborted, ErrorReason::EditConflict)
    );
    store.say(&acme, saying(Some(0.5), 10), nothing).await.unwrap();
    assert_eq!(store.say(&acme, replacing(1), nothing).await.unwrap().version, 2);
    assert_eq!(
        store.say(&acme, replacing(1), nothing).await.unwrap_err().code,
        ErrorCode::Aborted
    );
    let named = |chance| Saying {
        request: "r1".to_owned(),
        ..saying(chance, 30)
    };
    let once = store.say(&acme, named(Some(0.1)), nothing).await.unwrap();
    let again = store.say(&acme, named(Some(0.1)), nothing).await.unwrap();
    assert_eq!((once.version, &again), (3, &once));
    assert_eq!(
        store.said_before(&acme, &named(Some(0.1))).await.unwrap(),
        Some(once)
    );
    assert_eq!(
        store.said_before(&acme, &saying(Some(0.1), 0)).await.unwrap(),
        None
    );
    let reused = store.say(&acme, named(Some(0.2)), nothing).await.unwrap_err();
    assert_eq!(reused.reason, ErrorReason::IdempotencyKeyReused);
}

#[tokio::test]
async fn what_is_said_and_the_forecast_beside_it_are_written_together() {
    let (_folder, store, acme) = opened().await;
    let beside = |said: &Said| {
        Ok(Some(Served {
            id: format!("{}/{}", said.id, said.version),
            kind: Kind::Override,
            filters: Vec::new(),
            made_at: said.made_at,
            as_of: said.made_at,
            position: Position::default(),
            model_version: "1".to_owned(),
            points: Vec::new(),
        }))
    };
    let broken = |_: &Said| Err(Error::internal("there is no room"));
    store.say(&acme, saying(Some(0.5), 10), broken).await.unwrap_err();
    assert!(store.said(&acme, ("", true), None, 10).await.unwrap().is_empty());
    store.say(&acme, saying(Some(0.5), 10), beside).await.unwrap();
    let kept = store.forecast(&acme, "deal/d1/1").await.unwrap();
    assert_eq!(kept.map(|kept| kept.kind), Some(Kind::Override));
}
