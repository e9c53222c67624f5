//! What callers are told when the server says no.

use sea_orm::Value;
use sea_orm::sea_query::ArrayType;

use super::*;

/// What the server says in its own codes is told in ours.
#[tokio::test]
async fn codes_of_the_server_become_ours() {
    let database = open(&Server::shared().database(), 1).await;
    for (code, ours, reason, transient) in [
        (
            "40001",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "40P01",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "55P03",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "57P01",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "57014",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "08006",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "53100",
            ErrorCode::ResourceExhausted,
            ErrorReason::StorageFull,
            false,
        ),
        (
            "53200",
            ErrorCode::Unavailable,
            ErrorReason::StorageUnavailable,
            true,
        ),
        (
            "42501",
            ErrorCode::FailedPrecondition,
            ErrorReason::StorageUnavailable,
            false,
        ),
        ("23505", ErrorCode::Internal, ErrorReason::Internal, false),
        ("XX001", ErrorCode::Internal, ErrorReason::Internal, false),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING ERRCODE = '{code}'; END $$");
        let work = |txn: Txn| async move {
            txn.execute_unprepared(&raise).await.map_err(storage_error)?;
            Ok(())
        };
        let failed = database.write(work).await.unwrap_err();
        assert_eq!(
            (failed.error.code, failed.error.reason, failed.is_transient()),
            (ours, reason, transient),
            "{code}"
        );
        assert_eq!(
            failed.error.retry_after_ms.is_some(),
            transient || code == "53100",
            "{code}"
        );
        assert!(!failed.error.message.contains("hunter2"));
    }
}

/// A writer that reaches a standby may find the server that writes the next time; readers are served.
#[tokio::test]
async fn a_standby_takes_no_writes_for_the_moment() {
    let server = Server::start();
    let database = open(&server.database(), 2).await;
    insert(&database, "before").await.unwrap();
    let data = server.sql("SHOW data_directory");
    server.stop_immediate();
    std::fs::write(std::path::Path::new(&data).join("standby.signal"), "").unwrap();
    server.start_again();
    assert_eq!(server.sql("SELECT pg_is_in_recovery()"), "t");
    let refused = insert(&database, "lost").await.unwrap_err();
    assert!(refused.is_transient(), "{refused:?}");
    assert!(refused.error.retry_after_ms.is_some());
    assert!(refused.error.message.contains("takes no writes"), "{refused}");
    assert_eq!(count(&database).await.unwrap(), 1);
}

/// A read that panics is a mistake of ours, not the end of the process.
#[tokio::test]
async fn a_read_that_panics_is_internal() {
    let database = open(&Server::shared().database(), 1).await;
    // The driver's bridge panics at an array that holds something else than it says.
    let liar = Value::Array(ArrayType::String, Some(Box::new(vec![Value::from(1_i32)])));
    let asked = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT $1::text[]", [liar]);
    let failed = database.read().query_all_raw(asked).await.map_err(storage_error);
    let error = failed.unwrap_err();
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::Internal, ErrorReason::Internal)
    );
    assert_eq!(count(&database).await.unwrap(), 0, "its place is free again");
}
