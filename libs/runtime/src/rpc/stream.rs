//! The body of a streaming answer: it ends at the deadline and when the process drains, and its end is counted.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorReason};
use futures::future::BoxFuture;
use http::HeaderMap;
use http_body::Frame;
use prost::bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

use super::Response;
use super::observe::{Watch, code_of};

/// `response` with a body that ends at `deadline` and at `ends`, and holds its place among the streams until then.
pub(crate) fn watched(
    response: Response,
    watch: Watch,
    permit: Option<OwnedSemaphorePermit>,
    deadline: Option<Instant>,
    ends: Option<CancellationToken>,
) -> Response {
    let end = Box::pin(async move {
        tokio::select! {
            () = until(deadline) => super::deadline_exceeded(),
            () = cancelled(ends) => Error::unavailable(ErrorReason::ShuttingDown, "the server is shutting down"),
        }
    });
    response.map(|inner| {
        Body::new(StreamBody {
            inner,
            end,
            ended: false,
            watch,
            _permit: permit,
        })
    })
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn cancelled(ends: Option<CancellationToken>) {
    match ends {
        Some(token) => token.cancelled_owned().await,
        None => std::future::pending().await,
    }
}

struct StreamBody {
    inner: Body,
    end: BoxFuture<'static, Error>,
    ended: bool,
    watch: Watch,
    _permit: Option<OwnedSemaphorePermit>,
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        // Asked first, because a stream that always has more would never let the end be seen.
        if let Poll::Ready(error) = self.end.as_mut().poll(cx) {
            self.ended = true;
            let status = to_status(&error);
            self.watch.answered(status.code());
            let mut trailers = HeaderMap::new();
            // A status that no header can carry still ends the stream, as a reset.
            return Poll::Ready(
                status
                    .add_header(&mut trailers)
                    .ok()
                    .map(|()| Ok(Frame::trailers(trailers))),
            );
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.watch.answered(code_of(trailers));
                }
            }
            Some(Err(_)) => self.watch.answered(tonic::Code::Internal),
            None => self.watch.answered(tonic::Code::Ok),
        }
        Poll::Ready(frame)
    }
}
