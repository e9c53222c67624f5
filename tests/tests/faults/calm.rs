//! No fault at all: the load and its verdict work, so that a row that holds means something.

use std::time::Duration;

use bellwether_tests::faults::{Load, LoadOptions, verify};
use bellwether_tests::product::Server;

#[test]
fn a_calm_load_holds_on_the_embedded_server() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let token = std::fs::read_to_string(dir.path().join("token")).expect("a token");
    let load = Load::start(LoadOptions {
        ingestions: vec![server.url.clone()],
        kpis: vec![server.url.clone()],
        token: token.trim().to_owned(),
        tenant: "calm".to_owned(),
        writers: 2,
        readers: 2,
        batch: 5,
        deadline: Duration::from_secs(5),
        pause: Duration::from_millis(2),
        recent: 3,
        retries: true,
        seed: 1,
        ledger: dir.path().join("ledger"),
    });
    load.wait_for(50, 50, Duration::from_secs(60));
    let outcome = load.settle();
    assert_eq!(outcome.errors(), 0);
    let mut verdict = verify(
        &outcome,
        &server.url,
        std::slice::from_ref(&server.url),
        token.trim(),
        "calm",
    );
    assert!(verdict.holds() && verdict.checked > 50, "{verdict:?}");
    // A number that was wrong once is found.
    verdict.wrong = 1;
    assert!(!verdict.holds());
}
