//! Compares what was forecast with what came, once periods are over: kpi tells the truth.

mod truths;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_domain::{Clock, Error, ErrorCode, Position, Result, TenantId};
use bellwether_runtime::Shutdown;

use crate::config::Config;
use crate::source::{At, Source};
use crate::store::{Due, Kind, Series, Store};
use crate::worker::fates::Fates;

/// Values that are looked at in one go.
const AT_ONCE: u64 = 2_000;
/// A process that has just started lets kpi read its facts first.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// Watches over forecasts whose time comes.
#[derive(Debug, Clone)]
pub(crate) struct Scorer {
    store: Store,
    source: Source,
    clock: Arc<dyn Clock>,
    every: Duration,
    /// Days after its end at which a period is taken to be told in full.
    after: i32,
    /// How much had been written when chances were decided last, and how many were left.
    seen: Arc<Mutex<Seen>>,
}

/// Positions, and how many chances were left at each, by tenant and kind.
type Seen = HashMap<(TenantId, i32), (Position, i64)>;

impl Scorer {
    /// A scorer that asks `source` what came.
    pub(crate) fn new(store: Store, source: Source, clock: Arc<dyn Clock>, config: &Config) -> Self {
        Self {
            store,
            source,
            clock,
            every: config.score_interval(),
            after: config.score_after(),
            seen: Arc::default(),
        }
    }

    /// Scores now and then until the process ends.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let stop = shutdown.workers().clone();
        let mut pause = self.every.min(FIRST_PAUSE);
        let scoring = async {
            loop {
                tokio::time::sleep(pause).await;
                pause = self.every;
                match self.score().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(values = count, "forecasts were compared with what came"),
                    Err(error) => {
                        tracing::warn!(error = %error, "forecasts cannot be scored yet, trying again")
                    }
                }
            }
        };
        stop.run_until_cancelled(scoring).await;
    }

    /// Compares all values whose periods are over, and decides chances of records that have ended; how many there were.
    /// Tenants of whom kpi cannot tell are left for the next round, and hold up no others.
    ///
    /// # Errors
    /// As storage has it; what was noted before stays.
    pub(crate) async fn score(&self) -> Result<usize> {
        let mut failed = BTreeSet::new();
        let points = self.points(&mut failed).await?;
        Ok(points + self.chances(&mut failed).await?)
    }

    async fn points(&self, failed: &mut BTreeSet<TenantId>) -> Result<usize> {
        let (mut count, mut after) = (0, None);
        loop {
            // A round looks at a value once, whether or not it can be compared.
            let due = self
                .store
                .due(self.told_until(), (after.as_ref(), failed), AT_ONCE)
                .await?;
            let Some(last) = due.last() else {
                return Ok(count);
            };
            after = Some(last.place());
            let mut tenants: BTreeMap<TenantId, Vec<Due>> = BTreeMap::new();
            for one in due {
                tenants.entry(one.tenant.clone()).or_default().push(one);
            }
            for (tenant, due) in tenants {
                let (truths, error) = self.truths(&tenant, due).await;
                count += truths.len();
                self.store.note(&tenant, truths, self.clock.now()).await?;
                if let Some(error) = error {
                    tracing::warn!(tenant = %tenant, error = %error, "forecasts cannot be scored yet, trying again");
                    failed.insert(tenant);
                }
            }
        }
    }

    /// The last day that is taken to be told in full. By UTC, and a day later than needed where days end later.
    fn told_until(&self) -> i32 {
        let today = self
            .clock
            .now()
            .as_micros()
            .div_euclid(bellwether_domain::time::DAY_MICROS);
        i32::try_from(today)
            .unwrap_or(i32::MAX)
            .saturating_sub(self.after)
    }

    /// Decides chances, a kind of a tenant's after the other. Those without a horizon are looked at when something was
    /// written since, or chances came.
    async fn chances(&self, failed: &mut BTreeSet<TenantId>) -> Result<usize> {
        let until = self.told_until();
        let mut kinds: BTreeMap<(TenantId, i32), (bool, i64)> = BTreeMap::new();
        for one in self.store.waiting_chances(until).await? {
            let (due, n) = kinds.entry((one.tenant.parse()?, one.kind)).or_default();
            *due |= one.days > 0;
            *n += one.n;
        }
        let mut count = 0;
        for ((tenant, kind), waiting) in kinds {
            if failed.contains(&tenant) {
                continue;
            }
            let at = At {
                tenant: tenant.to_string(),
                ..At::default()
            };
            let decided = self.decide(&tenant, Kind::of(kind), &at, until, waiting).await;
            match decided {
                Ok(decided) => count += decided,
                Err(error) => {
                    tracing::warn!(tenant = %tenant, error = %error, "chances cannot be decided");
                    if !(hopeless(&error) || waits(&error)) {
                        failed.insert(tenant);
                    }
                }
            }
        }
        Ok(count)
    }

    async fn decide(
        &self,
        tenant: &TenantId,
        kind: Kind,
        at: &At,
        until: i32,
        (due, waiting): (bool, i64),
    ) -> Result<usize> {
        let stands = self.source.stands(at).await?;
        let key = (tenant.clone(), kind as i32);
        if !due && self.seen().get(&key) == Some(&(stands.position, waiting)) {
            return Ok(0);
        }
        let Some(fates) = Fates::of(&self.source, &at.pinned(&stands), kind).await? else {
            return Ok(0);
        };
        let end = |of: &Series, record: &str| fates.end(of, record);
        let decided = self
            .store
            .decide(tenant, kind, until, self.clock.now(), &end)
            .await?;
        let left = waiting - i64::try_from(decided).unwrap_or(i64::MAX);
        self.seen().insert(key, (stands.position, left));
        Ok(decided)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing in here panics half-way through a change.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a question makes no sense any more: it never will.
fn hopeless(error: &Error) -> bool {
    matches!(error.code, ErrorCode::NotFound | ErrorCode::InvalidArgument)
}

/// Whether a question cannot be answered until somebody writes what is missing, such as an exchange rate: others can.
fn waits(error: &Error) -> bool {
    error.code == ErrorCode::FailedPrecondition
}

#[cfg(test)]
mod tests;
