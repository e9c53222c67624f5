//! What callers are told when the server says no.

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
