//! A node with the service on it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bellwether_kpi::worker::Tenants;
use bellwether_kpi::{Config, Kpi};
use bellwether_runtime::config::{LimitsConfig, NodeConfig};
use bellwether_runtime::{Host, PeerLink};
use bellwether_storage::cache::SharedCache;
use bellwether_testkit::TestNode;

use super::log::FakeLog;

/// Starts a node that follows `log`.
pub(crate) async fn start(
    dir: &Path,
    log: &FakeLog,
    shared: Option<SharedCache>,
    config: Config,
) -> (TestNode, Tenants) {
    start_for(dir, log, shared, config, "[]").await
}

/// Starts a node that follows `log` and also takes these tokens.
pub(crate) async fn start_for(
    dir: &Path,
    log: &FakeLog,
    shared: Option<SharedCache>,
    config: Config,
    tokens: &str,
) -> (TestNode, Tenants) {
    let kept: Arc<Mutex<Option<Tenants>>> = Arc::default();
    let build = |host: Host| {
        let (kept, log) = (Arc::clone(&kept), log.clone());
        async move {
            let link = PeerLink::near(&host, &log.services());
            let kpi = Kpi::start(&host, link, shared, config).await?;
            *kept.lock().unwrap() = Some(kpi.tenants().clone());
            Ok(kpi.services())
        }
    };
    let limits = LimitsConfig {
        max_calls: 4_096,
        ..LimitsConfig::default()
    };
    let node = NodeConfig {
        limits,
        ..NodeConfig::default()
    };
    let node = TestNode::builder()
        .dir(dir)
        .node(node)
        .tokens_yaml(tokens)
        .start(build)
        .await;
    let tenants = kept.lock().unwrap().take().unwrap();
    (node, tenants)
}
