//! F22: every replica behind Envoy is restarted in turn, while calls go on.

use std::time::{Duration, Instant};

use bellwether_testkit::servers::{Envoy, free_port};
use bellwether_tests::faults::{Report, full, verify};
use bellwether_tests::fleet::{Fleet, FleetOptions, Replica};

use super::{Configs, correct, first_error};
use crate::{TENANT, alone, load, token, urls};

const REPLICAS: usize = 3;
/// What a drain may take.
const DRAIN: Duration = Duration::from_secs(25);

#[test]
fn f22_replicas_restart_in_turn_behind_envoy() {
    let _alone = alone();
    let (rounds, tasks, lame_duck_ms) = if full() { (20, 16, 5_000) } else { (2, 4, 800) };
    // 500 and 150 calls a second, if a call takes 40 and 10 ms beside everything else on two cores.
    let (wanted, pause) = if full() { (500, 25) } else { (150, 45) };
    let pause = Duration::from_millis(pause);
    let mut report = Report::new(
        "F22",
        "rolling restart of 3 replicas behind Envoy (gRPC health checks, no retries) under mixed calls",
        "0 failed calls; each drain <= 25 s; lost 0, doubled 0, wrong 0",
        22,
    );
    let configs = Configs::new();
    let drain = format!("node:\n  drain:\n    lame_duck_ms: {lame_duck_ms}\n");
    let fleet = Fleet::start(FleetOptions {
        ingestions: REPLICAS,
        kpis: 0,
        both_roles: true,
        ingestion_args: configs.args("drain.yaml", &drain),
        ..FleetOptions::default()
    });
    let (envoy, door) = envoy(fleet.ingestions());
    wait_until_healthy(&envoy);
    let began = Instant::now();
    let load = load(&fleet, 22, |options| {
        options.ingestions = vec![door.clone()];
        options.kpis = vec![door.clone()];
        options.writers = tasks;
        options.readers = tasks;
        options.batch = 3;
        options.pause = pause;
        options.recent = 3;
        options.retries = false;
    });
    load.wait_for(50, 50, Duration::from_secs(60));
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds {
        for replica in fleet.ingestions() {
            slowest = slowest.max(restart(replica));
            wait_until_healthy(&envoy);
        }
    }
    let lasted = began.elapsed();
    let outcome = load.settle();
    let verdict = verify(
        &outcome,
        fleet.ingestion(0).url(),
        &urls(fleet.ingestions()),
        &token(&fleet),
        TENANT,
    );
    let recent = outcome.seen.iter().filter(|seen| seen.least > 0).count();
    report.verdict(&verdict);
    report.set("restarts", rounds * REPLICAS);
    report.set("calls", outcome.calls.len());
    report.set("calls_a_second_wanted", wanted);
    report.set(
        "calls_a_second",
        (outcome.calls.len() as f64 / lasted.as_secs_f64()).round(),
    );
    report.set("errors", outcome.errors());
    report.set("reads_of_an_own_write", recent);
    report.set("slowest_drain_ms", slowest.as_millis() as u64);
    report.set("envoy_retries", counter(&envoy, "upstream_rq_retry"));
    report.write(verdict.holds() && outcome.errors() == 0 && slowest <= DRAIN);
    correct(&verdict);
    assert_eq!(outcome.errors(), 0, "{:?}", first_error(&outcome));
    assert!(slowest <= DRAIN, "a drain took {slowest:?}");
    assert!(recent > 10, "only {recent} reads asked for a position");
    assert_eq!(counter(&envoy, "upstream_rq_retry"), 0);
}

/// Drains a replica and starts it again; how long the drain took.
fn restart(replica: &Replica) -> Duration {
    let since = Instant::now();
    assert_eq!(replica.stop(), Some(0), "{} drains", replica.url());
    let took = since.elapsed();
    replica.start_again();
    took
}

/// Envoy before the replicas, and its own address.
fn envoy(replicas: &[Replica]) -> (Envoy, String) {
    let port = free_port();
    let endpoint = |replica: &Replica| {
        let port = replica.url().rsplit(':').next().expect("a port");
        let address = format!("{{address: 127.0.0.1, port_value: {port}}}");
        format!("        - endpoint: {{address: {{socket_address: {address}}}}}\n")
    };
    let endpoints: String = replicas.iter().map(endpoint).collect();
    let yaml = ENVOY.replace("PORT", &port.to_string()) + &endpoints;
    (Envoy::start(&yaml), format!("http://127.0.0.1:{port}"))
}

/// Until Envoy sends calls to every replica, as one who rolls an update out waits.
fn wait_until_healthy(envoy: &Envoy) {
    let since = Instant::now();
    loop {
        let clusters = envoy.get("/clusters").unwrap_or_default();
        if clusters.matches("::health_flags::healthy").count() == REPLICAS {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{clusters}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A counter of Envoy's for the replicas.
fn counter(envoy: &Envoy, name: &str) -> u64 {
    let stats = envoy.get("/stats").expect("it answers");
    let name = format!("cluster.replicas.{name}: ");
    let line = stats.lines().find_map(|line| line.strip_prefix(name.as_str()));
    line.and_then(|number| number.trim().parse().ok())
        .expect("Envoy counts it")
}

/// A host that says NOT_SERVING is out at once, one that is slow to answer after three times. By itself Envoy may gather
/// changes of health for a second before it acts: longer than the lame duck of the small row.
const ENVOY: &str = r#"static_resources:
  listeners:
  - name: door
    address: {socket_address: {address: 127.0.0.1, port_value: PORT}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: door
          codec_type: HTTP2
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: "/"}
                route: {cluster: replicas, timeout: 0s}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: replicas
    type: STATIC
    connect_timeout: 2s
    lb_policy: ROUND_ROBIN
    common_lb_config: {healthy_panic_threshold: {value: 0}, update_merge_window: 0s}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    health_checks:
    - timeout: 2s
      interval: 0.2s
      no_traffic_interval: 0.2s
      healthy_threshold: 1
      unhealthy_threshold: 3
      grpc_health_check: {}
    load_assignment:
      cluster_name: replicas
      endpoints:
      - lb_endpoints:
"#;
