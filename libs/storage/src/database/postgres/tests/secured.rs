//! TLS where the URL asks for it.

use super::*;

/// Writes a file that only the server's own user may read, as it demands of its key.
fn give(server: &Server, text: &str, path: &str) {
    let lines = format!("SELECT unnest(string_to_array('{}', E'\\n'))", text.trim_end());
    server.sql(&format!("COPY ({lines}) TO PROGRAM 'umask 077; cat > {path}'"));
}

#[tokio::test]
async fn the_certificate_is_checked_where_the_url_says_so() {
    let server = Server::start();
    let url = server.database();
    let plain = open_with(&format!("{url}?sslmode=require"), &options(1))
        .await
        .unwrap_err();
    assert_eq!(plain.code, ErrorCode::FailedPrecondition, "{plain:?}");
    assert!(plain.message.contains("sslmode"), "{plain:?}");

    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let folder = server.sql("SHOW data_directory");
    give(&server, &made.cert.pem(), &format!("{folder}/own.crt"));
    give(
        &server,
        &made.signing_key.serialize_pem(),
        &format!("{folder}/own.key"),
    );
    server.sql("ALTER SYSTEM SET ssl_cert_file = 'own.crt'");
    server.sql("ALTER SYSTEM SET ssl_key_file = 'own.key'");
    server.sql("ALTER SYSTEM SET ssl = on");
    server.sql("SELECT pg_reload_conf()");
    tokio::time::sleep(Duration::from_millis(300)).await;

    let mine = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(mine.path(), made.cert.pem()).unwrap();
    let trusted = format!("{url}?sslmode=verify-full&sslrootcert={}", mine.path().display());
    let database = open_with(&trusted, &options(1)).await.unwrap();
    insert(&database, "one").await.unwrap();
    let secured = "SELECT count(*) AS n FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
    let secured = database.read().query_one_raw(sql(secured)).await;
    assert_eq!(number(secured.unwrap()), 1);
    let unknown = open_with(&format!("{url}?sslmode=verify-full"), &options(1))
        .await
        .unwrap_err();
    assert_eq!(unknown.code, ErrorCode::FailedPrecondition, "{unknown:?}");
}
