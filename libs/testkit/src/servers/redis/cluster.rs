//! Redis Cluster: the slots are spread over several masters.

use std::process::Command;

use super::{Redis, addresses, ask, wait_until};
use crate::servers::{free_port, programs};

/// Three masters without replicas.
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts the masters and waits until every slot is served by each.
    ///
    /// # Panics
    /// When Redis is not installed or the cluster does not form.
    #[must_use]
    pub fn start() -> Self {
        let node = |_| {
            // Between themselves they speak on a second port.
            let bus = free_port().to_string();
            let args = ["--cluster-enabled", "yes", "--cluster-port", &bus];
            Redis::start_with(&[&args[..], &["--cluster-node-timeout", "2000"]].concat())
        };
        let cluster = Self {
            nodes: (0..3).map(node).collect(),
        };
        cluster.form();
        cluster
    }

    fn form(&self) {
        let mut cli = Command::new(programs::find("redis-cli"));
        cli.args(["--cluster", "create", "--cluster-yes"]);
        for node in &self.nodes {
            cli.arg(format!("127.0.0.1:{}", node.port()));
        }
        let output = cli.output().expect("redis-cli starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        for node in &self.nodes {
            wait_until("the cluster is whole", || {
                let state = ask(node.port(), &["CLUSTER", "INFO"]);
                state.is_ok_and(|state| state.contains("cluster_state:ok"))
            });
        }
    }

    /// `redis+cluster://` and the addresses of all.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+cluster://{}", addresses(self.ports()))
    }

    fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        self.nodes.iter().map(Redis::port)
    }

    /// The masters, to be killed or paused one by one.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }
}
