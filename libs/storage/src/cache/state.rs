//! What callers and the keeper of one cache share: the connection, the breakers, the counters, the warnings.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::sync::watch;
use tokio::time::timeout;

use super::address::Topology;
use super::breaker::Breaker;
use super::keeper::Live;
use super::limiter::Limiter;
use super::{SharedCacheOptions, SharedCacheStats, slot};

/// Parts of a cluster's key space that fail by themselves: enough that the nodes that are well lose little to a hung one,
/// and so few that each finds its failures soon.
const CLUSTER_PARTS: usize = 16;

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
    /// Open when Redis does not answer: one for a server, one for each part of a cluster's keys.
    calls: Vec<Breaker>,
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
    /// It is there, but serves nobody at present.
    NotReady,
    /// It is there, but not the server to talk to.
    WrongServer,
}

impl State {
    pub(super) fn new(options: SharedCacheOptions, topology: &Topology) -> Self {
        let breaker = |every| move || Breaker::new(options.failures_to_open, every);
        // Each part of a cluster tries by itself, so that the time between tries is longer.
        let (parts, every) = match topology {
            Topology::Single | Topology::Sentinel(_) => (1, options.probe_every),
            Topology::Cluster => (CLUSTER_PARTS, options.probe_every * 2),
        };
        Self {
            calls: std::iter::repeat_with(breaker(every)).take(parts).collect(),
            writes: breaker(options.probe_every)(),
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

    /// One round trip about `key`, if one is worth trying; none whatever goes wrong.
    pub(super) async fn call(&self, kind: Kind, key: &[u8], command: &Cmd) -> Option<Value> {
        let now = self.started.elapsed();
        let calls = self.breaker_of(key);
        let live = self.live.borrow().clone();
        let may_try = |_: &Live| (kind == Kind::Read || self.writes.admit(now)) && calls.admit(now);
        let Some(mut live) = live.filter(may_try) else {
            self.skipped.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        // A tenth is left for the timer, which fires late on a busy machine, and for the way on.
        let patience = self.options.call_timeout / 10 * 9;
        match timeout(patience, live.link.call(command)).await {
            Ok(Ok(value)) => {
                calls.succeeded();
                if kind == Kind::Write {
                    self.writes.succeeded();
                }
                Some(value)
            }
            Ok(Err(error)) => {
                self.failed(kind, calls, &live, &error);
                None
            }
            Err(_) => {
                self.away(calls, "no answer in time");
                None
            }
        }
    }

    pub(super) fn connected(&self, live: Live) {
        self.live.send_replace(Some(live));
        self.seen_well();
        if self.recoveries.allow(self.started.elapsed()).is_some() {
            tracing::info!("the shared cache is connected");
        }
    }

    /// Redis answered the keeper: the next caller need not wait for its turn to try. One node of a cluster that answers
    /// says nothing about the others.
    pub(super) fn seen_well(&self) {
        if let [only] = self.calls.as_slice() {
            only.try_now();
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
            open: self.live.borrow().is_none() || self.calls.iter().all(Breaker::is_open),
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

    fn breaker_of(&self, key: &[u8]) -> &Breaker {
        match self.calls.as_slice() {
            [only] => only,
            parts => &parts[slot::part(key, parts.len())],
        }
    }

    fn failed(&self, kind: Kind, calls: &Breaker, live: &Live, error: &RedisError) {
        match judge(error) {
            Verdict::Away => {
                if error.is_unrecoverable_error() {
                    live.suspect.notify_one();
                }
                self.away(calls, &describe(error));
                return;
            }
            Verdict::NotReady => {
                if !live.link.reroutes() {
                    live.suspect.notify_one();
                }
                self.away(calls, &describe(error));
                return;
            }
            Verdict::WrongServer if !live.link.reroutes() => live.suspect.notify_one(),
            Verdict::WrongServer | Verdict::Refuses => {}
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        // It answered, and in time.
        calls.succeeded();
        if kind == Kind::Write {
            self.writes.failed(self.started.elapsed());
        }
        self.warn(&describe(error));
    }

    fn away(&self, calls: &Breaker, what: &str) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        if calls.failed(self.started.elapsed()) {
            self.opens.fetch_add(1, Ordering::Relaxed);
        }
        self.warn(what);
    }
}

fn judge(error: &RedisError) -> Verdict {
    use ServerErrorKind as Server;
    match error.kind() {
        ErrorKind::Server(Server::BusyLoading | Server::MasterDown | Server::ClusterDown) => {
            Verdict::NotReady
        }
        ErrorKind::Server(Server::ReadOnly | Server::TryAgain | Server::Moved | Server::Ask) => {
            Verdict::WrongServer
        }
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
