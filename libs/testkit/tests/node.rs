//! The throw-away node starts, answers, moves its clock and comes back in the same folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bellwether_runtime::ServiceSet;
use bellwether_runtime::data_dir::read_endpoint;
use bellwether_testkit::TestNode;

#[tokio::test]
async fn a_node_can_be_stopped_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        TestNode::builder()
            .dir(folder.path())
            .start(|_| async { Ok(ServiceSet::new()) })
    };
    let first = start().await;
    assert_eq!(read_endpoint(first.dir()).unwrap(), first.url());
    let token = first.token().to_owned();
    first.clock().advance(1_000_000);
    assert_eq!(first.host().clock.now().to_string(), "2020-01-01T00:00:01Z");
    first.stop().await;
    let second = start().await;
    assert_eq!(second.token(), token);
    second.stop().await;
}

#[tokio::test]
async fn two_nodes_live_side_by_side() {
    let first = TestNode::start(|_| async { Ok(ServiceSet::new()) }).await;
    let second = TestNode::start(|_| async { Ok(ServiceSet::new()) }).await;
    assert_ne!(first.url(), second.url());
    assert_ne!(first.token(), second.token());
}
