//! The cache that processes share, for answers that cost more to compute than to fetch. It may be away, empty or full:
//! then answers are computed.

mod meter;

use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::kpi::QueryKpisResponse;
use bellwether_runtime::metrics::Metrics;
use bellwether_storage::cache::{Lease, LeaseToken, SharedCache};
use prost::Message as _;
use tokio::time::{Instant, sleep};

use super::costs::Costs;
use super::key::AnswerKey;
use crate::config::Config;

/// From this cost on, in microseconds, processes wait for each other; what was never computed may cost as much.
const LEASE_MICROS: u64 = 10_000;
/// After so long a process that computes is taken for dead.
const LEASE_TTL: Duration = Duration::from_secs(10);
/// How long one waits for another process before it computes as well.
const LEASE_WAIT: Duration = Duration::from_millis(500);
/// A look that took longer found a cache that is hung or crowded, which is not asked for a lease as well: a question
/// waits for the cache once.
const SLOW_LOOK: Duration = Duration::from_millis(50);
/// The pauses between looks meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Answers in the shared cache.
#[derive(Debug)]
pub(super) struct Shared {
    cache: SharedCache,
    costs: Costs,
    min_micros: u64,
    ttl: Duration,
}

/// The right to be the only process that computes an answer.
#[derive(Debug)]
pub(super) struct Held {
    key: AnswerKey,
    token: LeaseToken,
}

impl Shared {
    pub(super) fn new(cache: SharedCache, config: &Config, metrics: &Metrics) -> Self {
        meter::register(metrics, &cache);
        Self {
            cache,
            costs: Costs::default(),
            min_micros: config.shared_min_micros,
            ttl: Duration::from_secs(config.shared_ttl_seconds.max(1)),
        }
    }

    /// Whether a question of a shape is worth a look: it costs enough, or nobody here knows.
    pub(super) fn pays(&self, shape: u64) -> bool {
        self.costs.of(shape).is_none_or(|cost| cost >= self.min_micros)
    }

    /// The answer, or (when computing it is expensive) perhaps the right to be the only one that does.
    pub(super) async fn find(
        &self,
        key: &AnswerKey,
        shape: u64,
    ) -> (Option<QueryKpisResponse>, Option<Held>) {
        let started = Instant::now();
        if let Some(found) = self.get(key).await {
            return (Some(found), None);
        }
        let cheap = self.costs.of(shape).is_some_and(|cost| cost < LEASE_MICROS);
        if cheap || started.elapsed() > SLOW_LOOK {
            return (None, None);
        }
        match self.cache.lease(key.bytes(), LEASE_TTL).await {
            // Whoever held it before may have ended between the look and the lease.
            Lease::Granted(token) => (self.get(key).await, Some(Held { key: *key, token })),
            Lease::Held => (self.wait(key).await, None),
            Lease::Unknown => (None, None),
        }
    }

    async fn get(&self, key: &AnswerKey) -> Option<QueryKpisResponse> {
        let bytes = self.cache.get(key.bytes()).await?;
        QueryKpisResponse::decode(bytes.as_slice()).ok()
    }

    async fn wait(&self, key: &AnswerKey) -> Option<QueryKpisResponse> {
        let end = Instant::now() + LEASE_WAIT;
        while Instant::now() < end {
            sleep(LOOK_EVERY).await;
            if let Some(found) = self.get(key).await {
                return Some(found);
            }
        }
        None
    }

    /// Keeps an answer that was computed, if it cost enough, and gives the lease back; nobody waits for that.
    pub(super) fn keep(
        &self,
        key: AnswerKey,
        shape: u64,
        cost: u64,
        answer: &Arc<QueryKpisResponse>,
        held: Option<Held>,
    ) {
        self.costs.note(shape, cost);
        if cost < self.min_micros {
            self.give_back(held);
            return;
        }
        let (cache, answer, ttl) = (self.cache.clone(), Arc::clone(answer), self.ttl);
        tokio::spawn(async move {
            cache.set(key.bytes(), &answer.encode_to_vec(), ttl).await;
            if let Some(Held { key, token }) = held {
                cache.release(key.bytes(), &token).await;
            }
        });
    }

    /// Gives a lease back without an answer.
    pub(super) fn give_back(&self, held: Option<Held>) {
        if let Some(Held { key, token }) = held {
            let cache = self.cache.clone();
            tokio::spawn(async move { cache.release(key.bytes(), &token).await });
        }
    }
}
