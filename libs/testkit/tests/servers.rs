//! The servers for tests do what they say.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bellwether_testkit::servers::{Envoy, PgBouncer, Postgres, Redis, RedisCluster, Sentinel, free_port};

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
fn redis_can_be_killed_paused_and_started_again() {
    let redis = Redis::shared();
    assert_eq!(redis.cli(&["SET", "a", "1"]), "OK");
    redis.pause();
    let answered = TcpStream::connect(("127.0.0.1", redis.port())).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        stream.write_all(b"PING\r\n")?;
        stream.read(&mut [0; 8])
    });
    assert!(answered.is_err(), "a paused server accepts, and does not answer");
    redis.resume();
    assert_eq!(redis.cli(&["GET", "a"]), "1");
    redis.kill();
    assert!(TcpStream::connect(("127.0.0.1", redis.port())).is_err());
    redis.start_again();
    assert_eq!(redis.cli(&["GET", "a"]), "", "it starts empty");
    let small = Redis::start_with(&["--maxmemory", "4mb"]);
    assert!(small.cli(&["CONFIG", "GET", "maxmemory"]).ends_with("4194304"));
}

#[test]
fn a_cluster_serves_every_slot() {
    let cluster = RedisCluster::start();
    assert_eq!(cluster.url().matches("127.0.0.1:").count(), 3);
    let slots = cluster.nodes()[0].cli(&["CLUSTER", "INFO"]);
    assert!(slots.contains("cluster_slots_ok:16384"), "{slots}");
}

#[test]
fn sentinels_choose_another_master() {
    let sentinel = Sentinel::start();
    let before = sentinel.master_port();
    sentinel.master().cli(&["SET", "a", "1"]);
    sentinel.failover();
    assert_ne!(sentinel.master_port(), before);
    let second = sentinel.master_port();
    sentinel.master().kill();
    sentinel.wait_for_other_master(second);
    assert_eq!(sentinel.master().cli(&["SET", "a", "2"]), "OK");
}

#[test]
fn a_pooler_shares_sessions_between_transactions() {
    let postgres = Postgres::shared();
    let bouncer = PgBouncer::start(postgres, 2);
    let through = bouncer.url(&postgres.database());
    assert_eq!(postgres.sql_in(&through, "SELECT 1"), "1");
    let startup = format!("{through}?options=-csearch_path%3Dx");
    let refused = std::panic::catch_unwind(|| postgres.sql_in(&startup, "SELECT 1"));
    assert!(refused.is_err(), "start-up options are refused");
}

#[test]
fn envoy_runs_by_a_configuration() {
    let port = free_port();
    let yaml = format!("{ENVOY}{port}}}}}\n{ENVOY_CHAIN}");
    let envoy = Envoy::start(&yaml);
    let stats = envoy.get("/listeners").expect("it answers");
    assert!(stats.contains(&port.to_string()), "{stats}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
}

const ENVOY: &str = "static_resources:\n  listeners:\n  - name: door\n    address: {socket_address: {address: 127.0.0.1, port_value: ";
const ENVOY_CHAIN: &str = "    filter_chains:
    - filters:
      - name: envoy.filters.network.echo
        typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}
";

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
