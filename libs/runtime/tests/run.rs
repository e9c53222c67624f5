//! The life of a process from `run` to SIGTERM.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::SystemClock;
use bellwether_runtime::data_dir::read_endpoint;
use bellwether_runtime::{DataDir, Host, Node, NodeConfig, TokenSet, run};

#[tokio::test]
async fn a_process_announces_itself_when_ready_and_ends_at_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(Arc::new(SystemClock), DataDir::open(folder.path()).unwrap());
    let gate = host.readiness.gate("feed");
    let node = Node::new(
        &host,
        NodeConfig::default(),
        TokenSet::load(&host.data_dir).unwrap(),
    );
    let (announced, mut urls) = tokio::sync::mpsc::unbounded_channel();
    let life = tokio::spawn({
        let host = host.clone();
        async move { run(&host, node, |url| announced.send(url.to_owned()).unwrap()).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        read_endpoint(folder.path()).is_err() && urls.try_recv().is_err(),
        "not ready, not announced"
    );
    gate.open();
    let url = urls.recv().await.unwrap();
    assert_eq!(read_endpoint(folder.path()).unwrap(), url);
    let killed = Command::new("kill")
        .args(["-TERM", &std::process::id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(5), life).await;
    ended.unwrap().unwrap().unwrap();
    assert!(read_endpoint(folder.path()).is_err());
}
