//! Compares what was forecast with what came, once periods are over: kpi tells the truth.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_contracts::kpi::{Filter, KpiValue, QueryKpisRequest};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{CivilDate, Clock, Error, ErrorCode, Position, Result, TenantId};
use bellwether_runtime::Shutdown;

use crate::config::Config;
use crate::source::{At, Source};
use crate::store::{Due, Kind, Series, Store, Truth};
use crate::worker::fates::{Fates, Kept};

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

/// What one question to kpi tells the truth of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    kpi: String,
    start: i32,
    end: i32,
    dimension: Option<String>,
    filters: Vec<(String, Option<String>)>,
}

impl Question {
    fn of(due: &Due) -> Self {
        Self {
            kpi: due.point.kpi.clone(),
            start: due.point.start,
            end: due.point.end,
            dimension: due.point.member.as_ref().map(|member| member.dimension.clone()),
            filters: due.filters.clone(),
        }
    }

    fn request(&self, tenant: &TenantId) -> QueryKpisRequest {
        let day = |day: i32| DateOrTime {
            value: Some(date_or_time::Value::Date(CivilDate::from_days(day).to_string())),
        };
        let filter = |(dimension, value): &(String, Option<String>)| Filter {
            dimension: dimension.clone(),
            value: value.clone(),
        };
        QueryKpisRequest {
            tenant: tenant.to_string(),
            kpis: vec![self.kpi.clone()],
            from: Some(day(self.start)),
            to: Some(day(self.end)),
            group_by: self.dimension.iter().cloned().collect(),
            filters: self.filters.iter().map(filter).collect(),
            ..QueryKpisRequest::default()
        }
    }
}

impl Scorer {
    /// A scorer that asks `source` what came.
    pub(crate) fn new(store: Store, source: Source, clock: Arc<dyn Clock>, config: &Config) -> Self {
        Self {
            store,
            source,
            clock,
            every: config.score_interval(),
            after: i32::try_from(config.score_after_days).unwrap_or(i32::MAX / 2),
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
    ///
    /// # Errors
    /// As storage and kpi have it; what was noted before stays.
    pub(crate) async fn score(&self) -> Result<usize> {
        let points = self.points().await?;
        Ok(points + self.chances().await?)
    }

    async fn points(&self) -> Result<usize> {
        let mut count = 0;
        loop {
            let due = self.store.due(self.told_until(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(count);
            }
            count += due.len();
            let mut tenants: BTreeMap<TenantId, Vec<Due>> = BTreeMap::new();
            for one in due {
                tenants.entry(one.tenant.clone()).or_default().push(one);
            }
            for (tenant, due) in tenants {
                let truths = self.truths(&tenant, due).await?;
                self.store.note(&tenant, truths, self.clock.now()).await?;
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
    async fn chances(&self) -> Result<usize> {
        let until = self.told_until();
        let mut kinds: BTreeMap<(TenantId, i32), (bool, i64)> = BTreeMap::new();
        for one in self.store.waiting_chances(until).await? {
            let (due, n) = kinds.entry((one.tenant.parse()?, one.kind)).or_default();
            *due |= one.days > 0;
            *n += one.n;
        }
        let mut count = 0;
        for ((tenant, kind), waiting) in kinds {
            let at = At {
                tenant: tenant.to_string(),
                ..At::default()
            };
            let decided = self.decide(&tenant, Kind::of(kind), &at, until, waiting).await;
            match decided {
                Ok(decided) => count += decided,
                Err(error) if hopeless(&error) => {
                    tracing::warn!(tenant = %tenant, error = %error, "chances cannot be decided");
                }
                Err(error) => return Err(error),
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

    async fn truths(&self, tenant: &TenantId, due: Vec<Due>) -> Result<Vec<Truth>> {
        let mut questions: BTreeMap<Question, Vec<Due>> = BTreeMap::new();
        let (of_customers, due): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|one| one.kind == Kind::Retention);
        for one in due {
            questions.entry(Question::of(&one)).or_default().push(one);
        }
        let mut truths = self.stayed(tenant, of_customers).await?;
        for (question, due) in questions {
            let told = self.told(tenant, &question).await?;
            truths.extend(due.into_iter().map(|one| Truth {
                actual: told.as_ref().and_then(|values| actual(values, &one)),
                forecast: one.forecast,
                ordinal: one.ordinal,
            }));
        }
        Ok(truths)
    }

    /// What became of customers.
    async fn stayed(&self, tenant: &TenantId, due: Vec<Due>) -> Result<Vec<Truth>> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let at = At {
            tenant: tenant.to_string(),
            ..At::default()
        };
        let kept = match Kept::of(&self.source, &at).await {
            Ok(kept) => Some(kept),
            Err(error) if hopeless(&error) => None,
            Err(error) => return Err(error),
        };
        let truth = |one: Due| Truth {
            actual: kept.as_ref().and_then(|kept| kept.actual(&one.point)),
            forecast: one.forecast,
            ordinal: one.ordinal,
        };
        Ok(due.into_iter().map(truth).collect())
    }

    /// What kpi says; `None` when the question makes no sense any more: the KPI or the tenant is gone.
    async fn told(&self, tenant: &TenantId, question: &Question) -> Result<Option<Vec<KpiValue>>> {
        let asked = self.source.kpis().query_kpis(question.request(tenant)).await;
        match asked {
            Ok(answer) => Ok(Some(answer.into_inner().values)),
            Err(status) => {
                let error = from_status(&status);
                if !hopeless(&error) {
                    return Err(error);
                }
                tracing::warn!(tenant = %tenant, kpi = %question.kpi, error = %error, "a forecast cannot be compared");
                Ok(None)
            }
        }
    }
}

/// Whether a question makes no sense any more.
fn hopeless(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::NotFound | ErrorCode::InvalidArgument | ErrorCode::FailedPrecondition
    )
}

/// What came of a value. A group that is not told had nothing: that is 0 of a count or an amount, and no value of a share.
fn actual(values: &[KpiValue], due: &Due) -> Option<f64> {
    let of_group = |value: &&KpiValue| match &due.point.member {
        None => value.group.is_empty(),
        Some(member) => value
            .group
            .iter()
            .any(|group| !group.rest && group.name == member.name),
    };
    match values.iter().find(of_group) {
        Some(value) => value
            .value
            .as_deref()?
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite()),
        None => (due.point.unit != "ratio" && due.point.member.is_some()).then_some(0.0),
    }
}

#[cfg(test)]
mod tests;
