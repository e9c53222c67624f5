//! Opening, closing, values, and what callers are told.

use super::*;

#[tokio::test]
async fn a_written_row_is_read_back_in_the_schema_of_the_service() {
    let server = Server::shared();
    let url = server.database();
    let database = open(&url, 2).await;
    assert_eq!(database.backend(), DbBackend::Postgres);
    insert(&database, "one").await.unwrap();
    assert_eq!(count(&database).await.unwrap(), 1);
    assert_eq!(server.sql_in(&url, "SELECT count(*) FROM notes.note"), "1");
    let unfinished = database
        .write(|txn| async move {
            let insert = "INSERT INTO note (text) VALUES ('x')";
            txn.execute_unprepared(insert).await.map_err(storage_error)?;
            Err::<(), _>(Error::not_found(ErrorReason::RecordNotFound, "no such record"))
        })
        .await
        .unwrap_err();
    assert_eq!(
        (
            unfinished.error.code,
            unfinished.outcome,
            unfinished.is_transient()
        ),
        (ErrorCode::NotFound, Outcome::RolledBack, false)
    );
    assert_eq!(count(&database).await.unwrap(), 1);
    let refused = database.read().execute_unprepared("DELETE FROM note").await;
    assert!(refused.is_err(), "readers cannot write");
    database.close().await.unwrap();
    let closed = count(&database).await.unwrap_err();
    assert_eq!(
        (closed.code, closed.reason),
        (ErrorCode::Unavailable, ErrorReason::ShuttingDown)
    );
    let sessions = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'",
        url.rsplit('/').next().unwrap()
    );
    assert_eq!(server.sql(&sessions), "0");
}

#[tokio::test]
async fn bytes_texts_and_arrays_come_back_as_they_were_and_sort_by_bytes() {
    let database = open(&Server::shared().database(), 2).await;
    let texts = vec![
        "b".to_owned(),
        "B".to_owned(),
        "ä".to_owned(),
        "a\u{1f600}'\\".to_owned(),
    ];
    let bytes: Vec<Vec<u8>> = vec![vec![0, 255, 39], vec![92], vec![], (0..=255).collect()];
    let (sent, kept) = (texts.clone(), bytes.clone());
    let inserted = database.write(|txn| async move {
        let insert = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "INSERT INTO note (text, bytes) SELECT t, b FROM UNNEST($1::text[], $2::bytea[]) AS r (t, b)",
            [sent.into(), array(kept)],
        );
        let done = txn.execute_raw(insert).await.map_err(storage_error)?;
        Ok(done.rows_affected())
    });
    assert_eq!(inserted.await.unwrap(), 4);
    let rows = database
        .read()
        .query_all_raw(sql("SELECT text, bytes FROM note ORDER BY text"))
        .await
        .unwrap();
    let read: Vec<(String, Vec<u8>)> = rows
        .iter()
        .map(|row| {
            (
                row.try_get("", "text").unwrap(),
                row.try_get("", "bytes").unwrap(),
            )
        })
        .collect();
    let mut expected: Vec<_> = texts.into_iter().zip(bytes).collect();
    expected.sort();
    assert_eq!(read, expected);
}

fn array(values: Vec<Vec<u8>>) -> sea_orm::Value {
    let each = values.into_iter().map(sea_orm::Value::from).collect();
    sea_orm::Value::Array(sea_orm::sea_query::ArrayType::Bytes, Some(Box::new(each)))
}

#[tokio::test]
async fn a_snapshot_sees_one_state() {
    let database = open(&Server::shared().database(), 2).await;
    insert(&database, "one").await.unwrap();
    let writer = database.clone();
    let seen = database.snapshot(|txn| async move {
        let read = || txn.query_one_raw(sql("SELECT count(*) AS n FROM note"));
        let before = number(read().await.map_err(storage_error)?);
        insert(&writer, "two").await?;
        Ok((before, number(read().await.map_err(storage_error)?)))
    });
    assert_eq!(seen.await.unwrap(), (1, 1));
    assert_eq!(count(&database).await.unwrap(), 2);
}

#[tokio::test]
async fn a_statement_that_failed_cannot_be_committed_over() {
    let database = open(&Server::shared().database(), 2).await;
    let swallowed = database.write(|txn| async move {
        let insert = "INSERT INTO note (text) VALUES ('x')";
        txn.execute_unprepared(insert).await.map_err(storage_error)?;
        txn.execute_unprepared("INSERT INTO note (text) VALUES (NULL)")
            .await
            .ok();
        Ok(())
    });
    let error = swallowed.await.unwrap_err();
    assert_eq!(
        (error.error.code, error.outcome),
        (ErrorCode::Internal, Outcome::RolledBack)
    );
    assert_eq!(count(&database).await.unwrap(), 0);
}

/// Processes that start at the same moment run the migrations once, and all succeed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_openers_migrate_once() {
    let server = Server::shared();
    let url = server.database();
    let openers: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open_with(&url, &options(1)).await })
        })
        .collect();
    for opener in openers {
        opener.await.unwrap().unwrap();
    }
    assert_eq!(server.sql_in(&url, "SELECT count(*) FROM notes.counter"), "1");
    assert_eq!(
        server.sql_in(&url, "SELECT count(*) FROM notes.seaql_migrations"),
        "2"
    );
    let places = "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname !~ '^pg_|^information'";
    assert_eq!(
        server.sql_in(&url, &format!("{places} AND nspname <> 'public'")),
        "notes"
    );
}

/// A user that may not make schemas uses the one that an operator has made for it.
#[tokio::test]
async fn a_user_without_the_right_to_make_schemas_uses_an_existing_one() {
    let server = Server::shared();
    let url = server.database();
    server.sql_in(
        &url,
        "CREATE ROLE modest LOGIN; CREATE SCHEMA notes AUTHORIZATION modest",
    );
    let modest = url.replace("postgres@", "modest@");
    let database = open(&modest, 1).await;
    insert(&database, "one").await.unwrap();
    let bare = server.database().replace("postgres@", "modest@");
    let error = open_with(&bare, &options(1)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FailedPrecondition, "{error:?}");
}

#[tokio::test]
async fn a_server_that_refuses_or_is_not_there_is_named_without_secrets() {
    let server = Server::shared();
    let url = server.url().replace("postgres@", "nobody:hunter2@");
    let port = server.port();
    let none = server.url().trim_end_matches("postgres").to_owned() + "absent";
    for (url, code, says) in [
        (url.clone(), ErrorCode::FailedPrecondition, "refuses this user"),
        (none, ErrorCode::FailedPrecondition, "no such database"),
        (
            "postgres://anneliese:hunter2@127.0.0.1:1/d".to_owned(),
            ErrorCode::Unavailable,
            "cannot be reached",
        ),
        (
            "postgres:/anneliese:hunter2@127.0.0.1/d".to_owned(),
            ErrorCode::InvalidArgument,
            "database_url",
        ),
    ] {
        let begun = Instant::now();
        let error = open_with(&url, &options(1)).await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.contains(says), "{error:?}");
        let shown = format!("{error:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("anneliese"),
            "{shown}"
        );
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    }
    let told = open_with(&url, &options(1)).await.unwrap_err();
    assert!(
        told.message.contains(&format!("127.0.0.1:{port}/postgres")),
        "{told:?}"
    );
}

/// A statement that is given up inside a transaction leaves nothing that could be committed.
#[tokio::test]
async fn a_statement_that_was_given_up_cannot_be_committed_over() {
    let database = open(&Server::shared().database(), 1).await;
    let given_up = database.write(|txn| async move {
        let insert = "INSERT INTO note (text) SELECT 'x' FROM pg_sleep(1)";
        let waited = txn.execute_unprepared(insert);
        assert!(
            tokio::time::timeout(Duration::from_millis(50), waited)
                .await
                .is_err()
        );
        Ok(())
    });
    let error = given_up.await.unwrap_err();
    assert_eq!(
        (error.error.code, error.outcome),
        (ErrorCode::Internal, Outcome::RolledBack)
    );
    insert(&database, "after").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(count(&database).await.unwrap(), 1);
}
