//! What callers and the keeper of one cache share: the connection, the breakers, the counters, the warnings.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::sync::watch;
use tokio::time::timeout;

use super::breaker::Breaker;
use super::keeper::Live;
use super::limiter::Limiter;
use super::{SharedCacheOptions, SharedCacheStats};

const WARN_EVERY: Duration = Duration::from_secs(60);

/// What a command does; a full or read-only Redis still answers the other kind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
}

/// See the module.
pub(super) struct State {
    pub(super) options: SharedCacheOptions,
    /// Opens when Redis does not answer.
    pub(super) calls: Breaker,
    /// Opens when Redis answers but refuses to store.
    writes: Breaker,
    live: watch::Sender<Option<Live>>,
    started: Instant,
    warnings: Limiter,
    recoveries: Limiter,
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    skipped: AtomicU64,
    errors: AtomicU64,
    opens: AtomicU64,
}

/// What a failed call says about Redis.
enum Verdict {
    /// It is not there, or not in time.
    Away,
    /// It is there and refuses this command.
    Refuses,
    /// It is there, but not (or not yet, or no longer) the server to talk to.
    WrongServer,
}

impl State {
    pub(super) fn new(options: SharedCacheOptions) -> Self {
        let breaker = || Breaker::new(options.failures_to_open, options.probe_every);
        Self {
            calls: breaker(),
            writes: breaker(),
            options,
            live: watch::Sender::new(None),
            started: Instant::now(),
            warnings: Limiter::new(WARN_EVERY),
            recoveries: Limiter::new(WARN_EVERY),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            opens: AtomicU64::new(0),
        }
    }

    /// One round trip, if one is worth trying; none whatever goes wrong.
    pub(super) async fn call(&self, kind: Kind, command: &Cmd) -> Option<Value> {
        let now = self.started.elapsed();
        let live = self.live.borrow().clone();
        let Some(mut live) = live.filter(|_| self.admit(kind, now)) else {
            self.skipped.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        match timeout(self.options.call_timeout, live.link.call(command)).await {
            Ok(Ok(value)) => {
                self.calls.succeeded();
                if kind == Kind::Write {
                    self.writes.succeeded();
                }
                Some(value)
            }
            Ok(Err(error)) => {
                self.failed(kind, &live, &error);
                None
            }
            Err(_) => {
                self.away("no answer in time");
                None
            }
        }
    }

    pub(super) fn connected(&self, live: Live) {
        self.live.send_replace(Some(live));
        self.calls.try_now();
        if self.recoveries.allow(self.started.elapsed()).is_some() {
            tracing::info!("the shared cache is connected");
        }
    }

    pub(super) fn disconnected(&self, error: Option<&RedisError>) {
        self.live.send_replace(None);
        if let Some(error) = error {
            self.warn(&describe(error));
        }
    }

    /// Waits for a connection, `within` at most; whether there is one.
    pub(super) async fn wait_connected(&self, within: Duration) -> bool {
        let mut live = self.live.subscribe();
        let connected = live.wait_for(Option::is_some);
        timeout(within, connected).await.is_ok_and(|found| found.is_ok())
    }

    pub(super) fn stats(&self) -> SharedCacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SharedCacheStats {
            hits: read(&self.hits),
            misses: read(&self.misses),
            skipped: read(&self.skipped),
            errors: read(&self.errors),
            breaker_opens: read(&self.opens),
            open: self.live.borrow().is_none() || self.calls.is_open(),
        }
    }

    /// At most one warning a minute, whatever it is about.
    pub(super) fn warn(&self, what: &str) {
        if let Some(dropped) = self.warnings.allow(self.started.elapsed()) {
            tracing::warn!(
                error = what,
                dropped,
                "the shared cache fails; answers are computed instead"
            );
        }
    }

    fn admit(&self, kind: Kind, now: Duration) -> bool {
        (kind == Kind::Read || self.writes.admit(now)) && self.calls.admit(now)
    }

    fn failed(&self, kind: Kind, live: &Live, error: &RedisError) {
        match judge(error) {
            Verdict::Away => {
                if error.is_unrecoverable_error() {
                    live.suspect.notify_one();
                }
                self.away(&describe(error));
                return;
            }
            Verdict::WrongServer if !live.link.reroutes() => live.suspect.notify_one(),
            Verdict::WrongServer | Verdict::Refuses => {}
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        // It answered, and in time.
        self.calls.succeeded();
        if kind == Kind::Write {
            self.writes.failed(self.started.elapsed());
        }
        self.warn(&describe(error));
    }

    fn away(&self, what: &str) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        if self.calls.failed(self.started.elapsed()) {
            self.opens.fetch_add(1, Ordering::Relaxed);
        }
        self.warn(what);
    }
}

fn judge(error: &RedisError) -> Verdict {
    use ServerErrorKind as Server;
    match error.kind() {
        ErrorKind::Server(
            Server::ReadOnly
            | Server::BusyLoading
            | Server::MasterDown
            | Server::ClusterDown
            | Server::TryAgain
            | Server::Moved
            | Server::Ask,
        ) => Verdict::WrongServer,
        ErrorKind::Server(_) | ErrorKind::Extension => Verdict::Refuses,
        _ => Verdict::Away,
    }
}

/// The kind of an error. Its full text stays out of the log: Redis repeats arguments in some of its errors, and the
/// arguments of AUTH are the password.
fn describe(error: &RedisError) -> String {
    match (error.kind(), error.code()) {
        (ErrorKind::Io, _) => error.to_string(),
        (_, Some(code)) => code.to_owned(),
        _ => error.category().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_never_repeats_what_redis_repeats() {
        let echo = "with args beginning with: 'hunter2'".to_owned();
        for kind in [
            ErrorKind::AuthenticationFailed,
            ErrorKind::Server(ServerErrorKind::ResponseError),
            ErrorKind::Client,
        ] {
            let error = RedisError::from((kind, "unknown command 'AUTH'", echo.clone()));
            assert!(!describe(&error).contains("hunter2"), "{kind:?}");
        }
    }
}
