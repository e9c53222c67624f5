//! The servers for tests do what they say.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use bellwether_testkit::servers::{Postgres, free_port};

#[test]
fn a_port_is_handed_out_once() {
    let mut ports: Vec<u16> = (0..50).map(|_| free_port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 50);
}

#[test]
fn what_postgres_acknowledged_outlives_an_immediate_stop() {
    let postgres = Postgres::start();
    let database = postgres.database();
    postgres.sql_in(&database, "CREATE TABLE t (a int); INSERT INTO t VALUES (7)");
    assert!(postgres.pids().is_empty());
    postgres.stop_immediate();
    assert!(TcpStream::connect(("127.0.0.1", postgres.port())).is_err());
    postgres.start_again();
    assert_eq!(postgres.sql_in(&database, "SELECT a FROM t"), "7");
}

#[test]
fn shared_postgres_hands_out_empty_databases() {
    let postgres = Postgres::shared();
    let (one, other) = (postgres.database(), postgres.database());
    assert_ne!(one, other);
    let order = "SELECT string_agg(a, '' ORDER BY a) FROM (VALUES ('B'), ('a')) AS t (a)";
    assert_eq!(postgres.sql_in(&one, order), "aB", "the order of a dictionary");
    assert_eq!(postgres.sql("SHOW fsync"), "on");
}

#[test]
fn a_server_goes_with_its_value() {
    let since = Instant::now();
    let port = {
        let postgres = Postgres::start_with(&["max_connections=5"]);
        assert_eq!(postgres.sql("SHOW max_connections"), "5");
        postgres.port()
    };
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(since.elapsed() < Duration::from_secs(60));
}
