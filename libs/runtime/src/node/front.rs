//! The first look at a request: gRPC goes straight to its service, the rest past the operators' pages and gRPC-Web.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use futures::future::{BoxFuture, FutureExt as _};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, Version};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, Service};

use crate::host::Host;
use crate::ops;
use crate::rpc::Guarded;

const GRPC: &str = "application/grpc";

/// What answers a connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Front {
    grpc: Guarded,
    rest: Router,
}

impl Front {
    pub(super) fn new(host: &Host, grpc: Guarded) -> Self {
        let web = GrpcWebLayer::new().layer(grpc.clone());
        Self {
            grpc,
            rest: ops::pages(host.clone()).fallback_service(web).with_state(()),
        }
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Neither way ever holds a request back.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.version() == Version::HTTP_2 && is_grpc(request.headers()) {
            return self.grpc.call(request);
        }
        let answer = self.rest.call(request.map(axum::body::Body::new));
        answer
            .map(|answer| answer.map(|answer| answer.map(Body::new)))
            .boxed()
    }
}

/// `application/grpc`, alone or with a format of messages; gRPC-Web has a longer name.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let rest = kind.and_then(|kind| kind.strip_prefix(GRPC.as_bytes()));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_is_told_from_grpc_web() {
        let is = |kind: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            is_grpc(&headers)
        };
        for kind in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;x=1",
        ] {
            assert!(is(kind), "{kind}");
        }
        for kind in [
            "application/grpc-web",
            "application/grpc-web-text+proto",
            "text/html",
            "",
        ] {
            assert!(!is(kind), "{kind}");
        }
        assert!(!is_grpc(&HeaderMap::new()));
    }
}
