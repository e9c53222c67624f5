//! A node in a temporary folder on a free port, for as long as a test holds it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bellwether_domain::{Clock, Instant, ManualClock, Result};
use bellwether_runtime::{
    DataDir, Host, LinkConfig, Node, NodeConfig, PeerChannel, PeerLink, Secret, ServiceSet, TokenSet,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// What a [`TestNode`] shows on its clock at first: 2020-01-01T00:00:00Z.
pub const START: &str = "2020-01-01T00:00:00Z";

/// How a test node differs from the usual one.
#[derive(Debug, Default)]
pub struct TestNodeBuilder {
    dir: Option<PathBuf>,
    clock: Option<Arc<dyn Clock>>,
    config: NodeConfig,
    tokens_yaml: Option<String>,
}

impl TestNodeBuilder {
    /// Uses (and keeps) this folder instead of a temporary one: for restarts.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Tells the time by this clock instead of a [`ManualClock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The configuration of the server.
    #[must_use]
    pub fn node(mut self, config: NodeConfig) -> Self {
        self.config = config;
        self
    }

    /// The content of `tokens.yaml`.
    #[must_use]
    pub fn tokens_yaml(mut self, text: &str) -> Self {
        self.tokens_yaml = Some(text.to_owned());
        self
    }

    /// Builds the services with `build` and serves them.
    ///
    /// # Panics
    /// When the services or the node do not start.
    pub async fn start<F, Fut>(self, build: F) -> TestNode
    where
        F: FnOnce(Host) -> Fut,
        Fut: Future<Output = Result<ServiceSet>>,
    {
        let temporary = self
            .dir
            .is_none()
            .then(|| tempfile::tempdir().expect("a temporary folder"));
        let dir = self
            .dir
            .or_else(|| Some(temporary.as_ref()?.path().to_owned()))
            .expect("a folder");
        let data_dir = DataDir::open(&dir).expect("the folder opens");
        if let Some(text) = &self.tokens_yaml {
            let file = data_dir.join("tokens.yaml");
            std::fs::write(&file, text).expect("tokens.yaml is written");
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600))
                .expect("tokens.yaml is made private");
        }
        let manual = Arc::new(ManualClock::at(
            START.parse::<Instant>().expect("a constant instant"),
        ));
        let host = Host::new(
            self.clock
                .unwrap_or_else(|| Arc::clone(&manual) as Arc<dyn Clock>),
            data_dir,
        );
        let services = build(host.clone()).await.expect("the services start");
        let tokens = TokenSet::load(&host.data_dir).expect("the tokens load");
        let bound = Node::new(&host, self.config, tokens)
            .serve_services(services)
            .bind()
            .await
            .expect("a free port");
        let url = bound.url().to_owned();
        let token = host.data_dir.token().expect("the token was made");
        let serving = tokio::spawn(bound.serve());
        host.data_dir
            .write_endpoint(&url)
            .expect("the endpoint is written");
        TestNode {
            host,
            manual,
            url,
            token,
            serving: Some(serving),
            dir,
            _temporary: temporary,
        }
    }
}

/// A node that serves until it is stopped or dropped.
#[derive(Debug)]
pub struct TestNode {
    host: Host,
    manual: Arc<ManualClock>,
    url: String,
    token: Secret<String>,
    serving: Option<JoinHandle<Result<()>>>,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

impl TestNode {
    /// A node in a temporary folder whose clock stands at [`START`].
    ///
    /// # Panics
    /// As [`TestNodeBuilder::start`].
    pub async fn start<F, Fut>(build: F) -> Self
    where
        F: FnOnce(Host) -> Fut,
        Fut: Future<Output = Result<ServiceSet>>,
    {
        Self::builder().start(build).await
    }

    /// A node that differs from the usual one.
    #[must_use]
    pub fn builder() -> TestNodeBuilder {
        TestNodeBuilder::default()
    }

    /// Its address, such as `http://127.0.0.1:4711`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its token for every tenant.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.expose()
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its clock; without effect when the builder was given another one.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.manual
    }

    /// Its parts.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A link to it with its token.
    #[must_use]
    pub fn link(&self) -> PeerLink {
        self.link_as(self.token.expose())
    }

    /// A link to it with another token.
    ///
    /// # Panics
    /// When the token is nothing that a header can carry.
    #[must_use]
    pub fn link_as(&self, token: &str) -> PeerLink {
        let token = Secret::new(token.to_owned());
        PeerLink::far(&self.url, &token, &LinkConfig::default()).expect("its own address")
    }

    /// A connection to it with its token.
    #[must_use]
    pub fn channel(&self) -> PeerChannel {
        self.link().channel()
    }

    /// A connection to it with another token.
    ///
    /// # Panics
    /// As [`TestNode::link_as`].
    #[must_use]
    pub fn channel_as(&self, token: &str) -> PeerChannel {
        self.link_as(token).channel()
    }

    /// Ends it in order and waits for the end.
    ///
    /// # Panics
    /// When it ends with an error.
    pub async fn stop(mut self) {
        self.host.shutdown.trigger();
        if let Some(serving) = self.serving.take() {
            serving
                .await
                .expect("the node does not panic")
                .expect("the node ends in order");
        }
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        self.host.shutdown.trigger();
    }
}
