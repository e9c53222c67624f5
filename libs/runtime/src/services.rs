//! What a service crate hands to a node, or to a near link.

use std::convert::Infallible;

use axum::response::IntoResponse;
use http::Request;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service;

/// The largest message that servers and clients take, in bytes. Set it on each generated server and client.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// gRPC services by name. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ServiceSet {
    routes: Routes,
    names: Vec<&'static str>,
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
        S: Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(server);
        self
    }

    /// The services of both sets.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        let routes = self
            .routes
            .into_axum_router()
            .merge(other.routes.into_axum_router().reset_fallback());
        Self {
            routes: routes.into(),
            names: self.names,
        }
    }

    /// The full names, such as `bellwether.kpi.v1.KpiService`.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    pub(crate) fn into_router(self) -> axum::Router {
        self.routes.into_axum_router()
    }
}
