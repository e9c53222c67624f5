//! Behind PgBouncer in transaction mode (fault F32).

use bellwether_testkit::servers::PgBouncer;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reads_and_writes_share_few_sessions_of_a_pooler() {
    let server = Server::start();
    let direct = server.database();
    let bouncer = PgBouncer::start(&server, 3);
    let url = format!("{}?pooler=transaction", bouncer.url(&direct));
    // Others put a table of the same name where a lost search_path would look.
    server.sql_in(&direct, "CREATE TABLE public.note (id BIGINT, text TEXT)");
    let replicas = [open(&url, 4).await, open(&url, 4).await];
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let database = replicas[n % 2].clone();
            tokio::spawn(async move {
                insert(&database, &format!("{n}")).await?;
                let by_text = Statement::from_sql_and_values(
                    DbBackend::Postgres,
                    "SELECT count(*) AS n FROM note WHERE text = $1",
                    [format!("{n}").into()],
                );
                let found = database.read().query_one_raw(by_text).await;
                Ok::<_, Error>(number(found.map_err(storage_error)?))
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), 1);
    }
    assert_eq!(count(&replicas[0]).await.unwrap(), 200);
    assert_eq!(server.sql_in(&direct, "SELECT count(*) FROM public.note"), "0");
    // Nothing of ours stays for the next client of the pooler.
    let path = server.sql_in(&bouncer.url(&direct), "SHOW search_path");
    assert_eq!(path, "\"$user\", public");
    assert_eq!(server.sql_in(&bouncer.url(&direct), "SHOW lock_timeout"), "0");
    assert_eq!(
        server.sql_in(
            &bouncer.url(&direct),
            "SELECT count(*) FROM pg_prepared_statements"
        ),
        "0"
    );
    let refused = replicas[0].read().execute_unprepared("DELETE FROM note").await;
    assert!(refused.is_err(), "readers cannot write");
    assert_eq!(idle_in_transaction(&server), "0");
}

#[tokio::test]
async fn a_pooler_that_nobody_named_is_recognised() {
    let server = Server::start();
    let direct = server.database();
    let bouncer = PgBouncer::start(&server, 2);
    let opened = open_with(&bouncer.url(&direct), &options(2)).await;
    let error = match opened {
        Ok(database) => count(&database).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.code, ErrorCode::FailedPrecondition, "{error:?}");
    assert!(error.message.contains("pooler=transaction"), "{error:?}");
}
