//! Answers that are computed each time: what asks for two periods is asked seldom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bellwether_contracts::kpi::KpiValue;
use bellwether_domain::{Error, Instant, Result, TenantId};
use bellwether_stats::Best;

use super::{Answers, Pending};
use crate::catalogue::{Catalogue, Direction};
use crate::library::Library;
use crate::query::{Ask, known_seq};
use crate::tenant::TenantFacts;

/// What a question is asked of, and with what.
#[derive(Debug)]
pub(crate) struct Direct<'a> {
    /// The facts.
    pub(crate) facts: &'a TenantFacts,
    /// The definitions, as known to the question.
    pub(crate) catalogue: &'a Arc<Catalogue>,
    /// The question.
    pub(crate) ask: Ask,
    /// The present.
    pub(crate) now: Instant,
    /// On how many threads.
    pub(crate) threads: usize,
}

impl Answers {
    /// Asks the facts of a tenant, in one state of them.
    ///
    /// # Errors
    /// What `read` says; `NOT_FOUND` for a tenant without records; `UNAVAILABLE` while its facts are not there yet.
    pub(crate) async fn direct<T: Send + 'static>(
        &self,
        pending: &Pending,
        read: impl FnOnce(&Direct<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = &self.inner;
        let (ask, now, threads) = (pending.ask()?, inner.clock.now(), inner.threads);
        let library = inner.library.clone();
        let compute = move |facts: &TenantFacts| {
            let started = std::time::Instant::now();
            let catalogue = library.at(facts, known_seq(facts, &ask, now)?);
            let direct = Direct {
                facts,
                catalogue: &catalogue,
                ask,
                now,
                threads,
            };
            Ok::<_, Error>((read(&direct)?, started.elapsed()))
        };
        let (found, took) = inner.tenants.read(pending.tenant(), compute).await??;
        inner.meter.computed(took);
        Ok(found)
    }

    /// The deprecated ones among KPIs, each with the one to use instead (empty = none). It is advice for now: a question
    /// about what was known in the past gets it too.
    ///
    /// # Errors
    /// As [`Tenants::marks`](crate::worker::Tenants::marks).
    pub(crate) async fn deprecated(
        &self,
        tenant: &TenantId,
        kpis: &[String],
    ) -> Result<BTreeMap<String, String>> {
        let marks = self.inner.tenants.marks(tenant).await?;
        let catalogue = self.inner.library.of(&marks.definitions);
        let named = |id: &String| {
            let successor = catalogue.deprecated(id)?;
            Some((id.clone(), successor.unwrap_or_default().to_owned()))
        };
        Ok(kpis.iter().filter_map(named).collect())
    }

    /// Which end of a ranking of values is the good one, by KPI: as the definitions say that the values stand on.
    ///
    /// # Errors
    /// As [`Tenants::read`](crate::worker::Tenants::read).
    pub(crate) async fn best(
        &self,
        tenant: &TenantId,
        values: &[KpiValue],
    ) -> Result<BTreeMap<String, Best>> {
        let position = values.first().and_then(|value| value.watermark?.position);
        let Some(position) = position else {
            return Ok(BTreeMap::new());
        };
        let library = self.inner.library.clone();
        let known = move |facts: &TenantFacts| library.at(facts, position.seq);
        let catalogue = self.inner.tenants.read(tenant, known).await?;
        let best = |id: &String| {
            let direction = catalogue.kpi(id).ok()?.definition.direction;
            let best = match direction {
                Direction::Down => Best::Lowest,
                Direction::Up | Direction::Neutral => Best::Highest,
            };
            Some((id.clone(), best))
        };
        let kpis: BTreeSet<&String> = values.iter().map(|value| &value.kpi).collect();
        Ok(kpis.into_iter().filter_map(best).collect())
    }

    /// The definitions that questions are asked by.
    pub(crate) fn library(&self) -> &Library {
        &self.inner.library
    }
}
