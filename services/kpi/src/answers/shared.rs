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
/// How long one waits at least for another process before it computes as well, where the caller is that patient.
const LEAST_WAIT: Duration = Duration::from_millis(500);
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

    /// The answer, or (when computing it is expensive) perhaps the right to be the only one that does; both when the
    /// answer came while it was asked for. The caller waits for `left`; `None` = for ever.
    pub(super) async fn find(
        &self,
        key: &AnswerKey,
        shape: u64,
        left: Option<Duration>,
    ) -> (Option<QueryKpisResponse>, Option<Held>) {
        let started = Instant::now();
        if let Some(found) = self.get(key).await {
            return (Some(found), None);
        }
        let cost = self.costs.of(shape);
        let cheap = cost.is_some_and(|cost| cost < LEASE_MICROS);
        if cheap || started.elapsed() > SLOW_LOOK {
            return (None, None);
        }
        match self.cache.lease(key.bytes(), LEASE_TTL).await {
            // Whoever held it before may have ended between the look and the lease.
            Lease::Granted(token) => (self.get(key).await, Some(Held { key: *key, token })),
            Lease::Held => {
                let left = left.map(|left| left.saturating_sub(started.elapsed()));
                (self.wait(key, patience(cost, left)).await, None)
            }
            Lease::Unknown => (None, None),
        }
    }

    async fn get(&self, key: &AnswerKey) -> Option<QueryKpisResponse> {
        let bytes = self.cache.get(key.bytes()).await?;
        QueryKpisResponse::decode(bytes.as_slice()).ok()
    }

    async fn wait(&self, key: &AnswerKey, patience: Duration) -> Option<QueryKpisResponse> {
        let end = Instant::now() + patience;
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

/// How long to wait for the process that computes an answer: for half as long again as one of its shape took last, in
/// microseconds, and no longer than nine tenths of what is `left` to the caller.
fn patience(cost: Option<u64>, left: Option<Duration>) -> Duration {
    let likely = Duration::from_micros(cost.unwrap_or(0)).saturating_mul(3) / 2;
    let wait = likely.clamp(LEAST_WAIT, LEASE_TTL);
    left.map_or(wait, |left| wait.min(left * 9 / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_for_what_it_costs_while_the_caller_does() {
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        assert_eq!(patience(None, None), ms(500));
        assert_eq!(patience(Some(20_000), Some(s(5))), ms(500));
        assert_eq!(patience(Some(2_000_000), None), s(3));
        assert_eq!(patience(Some(2_000_000), Some(s(2))), ms(1_800));
        assert_eq!(patience(Some(u64::MAX), None), LEASE_TTL);
        assert_eq!(patience(Some(20_000), Some(ms(0))), ms(0));
    }
}
