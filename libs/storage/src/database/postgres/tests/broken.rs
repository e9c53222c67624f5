//! Connections that break, servers that stop, peers that fall silent (faults F5 to F8).

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::*;

fn kill_all(server: &Server) -> i64 {
    let killed = server.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    killed.parse().unwrap()
}

#[tokio::test]
async fn killed_sessions_are_replaced_and_readers_do_not_notice() {
    let server = Server::start();
    let database = open(&server.database(), 3).await;
    for round in 0..10 {
        insert(&database, "one")
            .await
            .expect("a broken session is noticed at BEGIN");
        let reads: Vec<_> = (0..3).map(|_| count(&database)).collect();
        for read in reads {
            assert_eq!(read.await.unwrap(), round + 1);
        }
        assert!(kill_all(&server) > 0);
    }
}

#[tokio::test]
async fn a_session_killed_inside_a_write_is_transient_and_nothing_was_written() {
    let server = Server::start();
    let database = open(&server.database(), 2).await;
    let killed = database
        .write(|txn| async move {
            let insert = "INSERT INTO note (text) VALUES ('x')";
            txn.execute_unprepared(insert).await.map_err(storage_error)?;
            let own = txn
                .query_one_raw(sql("SELECT pg_backend_pid()::bigint AS n"))
                .await;
            let own = number(own.map_err(storage_error)?);
            server.sql(&format!("SELECT pg_terminate_backend({own})"));
            tokio::time::sleep(Duration::from_millis(100)).await;
            txn.execute_unprepared(insert).await.map_err(storage_error)?;
            Ok(server)
        })
        .await
        .err()
        .unwrap();
    assert!(killed.is_transient(), "{killed:?}");
    assert_eq!(killed.error.reason, ErrorReason::StorageUnavailable);
    assert!(killed.error.retry_after_ms.is_some());
}

#[tokio::test]
async fn a_stopped_server_is_unavailable_at_once_and_used_again_when_it_is_back() {
    let server = Server::start();
    let database = open(&server.database(), 2).await;
    insert(&database, "kept").await.unwrap();
    server.stop_immediate();
    for _ in 0..2 {
        let begun = Instant::now();
        let (read, write) = tokio::join!(count(&database), insert(&database, "lost"));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let (read, write) = (read.unwrap_err(), write.unwrap_err());
        assert!(write.is_transient(), "{write:?}");
        for error in [read, write.error] {
            assert_eq!(
                (error.code, error.reason),
                (ErrorCode::Unavailable, ErrorReason::StorageUnavailable)
            );
            assert!(error.retry_after_ms.is_some());
        }
    }
    server.start_again();
    insert(&database, "after").await.unwrap();
    assert_eq!(count(&database).await.unwrap(), 2);
}

/// A wire to the server that can be told to swallow everything, either way or only what the server answers.
struct Wire {
    url: String,
    state: watch::Sender<Passing>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Passing {
    All,
    /// Bytes of either side are swallowed; nobody is told.
    Nothing,
    /// The server hears everything, and its answers are swallowed.
    Requests,
}

impl Wire {
    async fn to(url: &str, port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (state, seen) = watch::channel(Passing::All);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, port, seen.clone()));
            }
        });
        let url = url.replace(&format!(":{port}/"), &format!(":{own}/"));
        Self { url, state }
    }
}

async fn pass(near: TcpStream, port: u16, seen: watch::Receiver<Passing>) {
    let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let requests = tokio::spawn(copy(near_in, far_out, seen.clone(), |now| {
        now != Passing::Nothing
    }));
    copy(far_in, near_out, seen, |now| now == Passing::All).await;
    requests.await.ok();
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    seen: watch::Receiver<Passing>,
    open: fn(Passing) -> bool,
) {
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = tokio::io::AsyncReadExt::read(&mut from, &mut buffer).await {
        if !open(*seen.borrow()) {
            // Once silent, for ever silent: only new connections get through again.
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

fn impatient() -> DatabaseOptions {
    let mut options = options(2);
    options.postgres.acquire_timeout = Duration::from_millis(600);
    options.postgres.statement_timeout = Duration::from_millis(500);
    options.postgres.transaction_timeout = Duration::from_secs(2);
    options
}

/// A peer that falls silent costs no place in the pool: with the old connections still silent, new ones serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_peer_leaks_no_connection() {
    let server = Server::start();
    let url = server.database();
    let wire = Wire::to(&url, server.port()).await;
    let database = open_with(&wire.url, &impatient()).await.unwrap();
    insert(&database, "kept").await.unwrap();
    let inside = database.clone();
    let state = wire.state.clone();
    let stuck = tokio::spawn(async move {
        let stuck = inside.write(|txn| async move {
            state.send_replace(Passing::Nothing);
            txn.execute_unprepared("SELECT 1").await.map_err(storage_error)?;
            Ok(())
        });
        stuck.await
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..6 {
        let begun = Instant::now();
        let deadline = Duration::from_millis(300);
        let read = tokio::time::timeout(deadline, count(&database)).await;
        assert!(!matches!(read, Ok(Ok(_))), "nobody answers");
        assert!(
            begun.elapsed() < deadline + Duration::from_millis(100),
            "{:?}",
            begun.elapsed()
        );
    }
    let stuck = stuck.await.unwrap().unwrap_err();
    assert!(stuck.is_transient(), "{stuck:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    wire.state.send_replace(Passing::All);
    let begun = Instant::now();
    let (one, two) = tokio::join!(count(&database), count(&database));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    insert(&database, "after").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

/// The answer to COMMIT is lost: the caller learns that it cannot know, and the row is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_of_unknown_outcome() {
    let server = Server::start();
    let url = server.database();
    let wire = Wire::to(&url, server.port()).await;
    let database = open_with(&wire.url, &impatient()).await.unwrap();
    let state = wire.state.clone();
    let lost = database.write(|txn| async move {
        let insert = "INSERT INTO note (text) VALUES ('x')";
        txn.execute_unprepared(insert).await.map_err(storage_error)?;
        state.send_replace(Passing::Requests);
        Ok(())
    });
    let lost = lost.await.unwrap_err();
    assert_eq!(
        (lost.error.code, lost.outcome),
        (ErrorCode::Unavailable, Outcome::Unknown)
    );
    assert!(!lost.is_transient());
    wire.state.send_replace(Passing::All);
    assert_eq!(count(&database).await.unwrap(), 1);
    insert(&database, "after").await.unwrap();
}

/// What the server refuses at COMMIT is no mystery.
#[tokio::test]
async fn a_refused_commit_has_written_nothing() {
    let server = Server::shared();
    let url = server.database();
    let database = open(&url, 2).await;
    let unique = "ALTER TABLE notes.note ADD CONSTRAINT once UNIQUE (text) DEFERRABLE INITIALLY DEFERRED";
    server.sql_in(&url, unique);
    insert(&database, "one").await.unwrap();
    let refused = insert(&database, "one").await.unwrap_err();
    assert_eq!(
        (refused.outcome, refused.is_transient()),
        (Outcome::RolledBack, false)
    );
    assert_eq!(count(&database).await.unwrap(), 1);
}

/// A deadlock and a lock that is held too long end one of the writers, which may begin again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_in_each_others_way_are_told_to_begin_again() {
    let mut options = options(2);
    options.postgres.lock_timeout = Duration::from_millis(300);
    let database = open_with(&Server::shared().database(), &options).await.unwrap();
    let holder = database.clone();
    let (held, is_held) = tokio::sync::oneshot::channel();
    let holding = tokio::spawn(async move {
        let work = holder.write(|txn| async move {
            let lock = "SELECT n FROM counter FOR UPDATE";
            txn.query_one_raw(sql(lock)).await.map_err(storage_error)?;
            held.send(()).unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        });
        work.await
    });
    is_held.await.unwrap();
    let waiting = database.write(|txn| async move {
        let lock = "SELECT n FROM counter FOR UPDATE";
        txn.query_one_raw(sql(lock)).await.map_err(storage_error)?;
        Ok(())
    });
    let error = waiting.await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    holding.await.unwrap().unwrap();
}

/// A table that changed under a prepared statement costs its reader nothing.
#[tokio::test]
async fn a_changed_table_does_not_break_prepared_statements() {
    let server = Server::shared();
    let url = server.database();
    let database = open(&url, 1).await;
    insert(&database, "one").await.unwrap();
    let all = || async { database.read().query_all_raw(sql("SELECT * FROM note")).await };
    assert_eq!(all().await.unwrap().len(), 1);
    server.sql_in(&url, "ALTER TABLE notes.note ADD COLUMN more BIGINT");
    assert_eq!(all().await.unwrap().len(), 1);
}
