//! What a service crate hands to a node, or to a near link.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::{Service, ServiceExt as _};

/// The largest message that servers and clients take, in bytes. Set it on each generated server and client.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

type Answer = BoxFuture<'static, Response<Body>>;
type Server = Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>;

/// gRPC services by name. Cheap to clone.
#[derive(Clone, Default)]
pub struct ServiceSet {
    servers: Arc<HashMap<&'static str, Server>>,
    names: Vec<&'static str>,
}

impl fmt::Debug for ServiceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceSet").field(&self.names).finish()
    }
}

impl ServiceSet {
    /// No services.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a generated server.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "a builder's add, not a sum")]
    pub fn add<S>(mut self, server: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let serve = move |request: Request<Body>| -> Answer {
            let called = server.clone().oneshot(request);
            called.map(|Ok(response)| response).boxed()
        };
        self.names.push(S::NAME);
        Arc::make_mut(&mut self.servers).insert(S::NAME, Arc::new(serve));
        self
    }

    /// The services of both sets.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        let servers = Arc::make_mut(&mut self.servers);
        servers.extend(
            other
                .servers
                .iter()
                .map(|(name, server)| (*name, Arc::clone(server))),
        );
        self
    }

    /// The full names, such as `bellwether.kpi.v1.KpiService`.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Hands a request to the service that its path names (`/package.Service/Method`); `UNIMPLEMENTED` when there is
    /// none.
    pub(crate) async fn call(&self, request: Request<Body>) -> Response<Body> {
        let path = request.uri().path().strip_prefix('/');
        let named = path.and_then(|path| path.split_once('/'));
        match named.and_then(|(service, _)| self.servers.get(service)) {
            Some(serve) => serve(request).await,
            None => Status::unimplemented("").into_http(),
        }
    }
}
