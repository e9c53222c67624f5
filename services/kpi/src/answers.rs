//! Answers: kept in memory, then in the cache that processes share, else computed from the facts. Under one key an
//! answer is computed once at a time, however many ask.

mod contributors;
mod costs;
mod direct;
mod flight;
mod kept;
pub mod key;
mod look;
mod meter;
mod pending;
mod receipts;
mod restate;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::kpi::{Path, QueryKpisResponse};
use bellwether_domain::{Clock, Error, ErrorReason, Result};
use bellwether_runtime::{Host, deadline};
use bellwether_storage::cache::SharedCache;
use bellwether_storage::paging::PageSigner;
use moka::sync::Cache;

use crate::config::Config;
use crate::library::Library;
use crate::query::{Question, answer, known_seq};
use crate::receipt::Seal;
use crate::rpc::response_of;
use crate::tenant::TenantFacts;
use crate::worker::Tenants;
pub(crate) use direct::Direct;
use flight::Flights;
use kept::Memory;
use key::{AnswerKey, Asked, Place, locate};
pub(crate) use look::{Look, may_pass};
use meter::Meter;
pub(crate) use pending::Pending;
use shared::Shared;

/// Questions that are remembered as resolved; each takes a few hundred bytes.
const MOST_QUESTIONS: u64 = 8_192;
/// How often a caller starts over when the facts began a new life meanwhile, or who computed for it failed.
const ATTEMPTS: usize = 3;

/// An answer that was computed or found, for everybody who waits for it.
#[derive(Debug)]
struct Landed {
    place: Place,
    path: Path,
    /// Without watermarks; with path and reason only when it was computed now.
    answer: Arc<QueryKpisResponse>,
}

type Landing = std::result::Result<Arc<Landed>, Error>;

/// Answers questions about the tenants' facts. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tenants: Tenants,
    clock: Arc<dyn Clock>,
    library: Library,
    threads: usize,
    questions: Cache<[u8; 32], Arc<Asked>>,
    memory: Memory,
    shared: Option<Shared>,
    flights: Flights<key::AnswerKey, Landing>,
    meter: Meter,
    seal: Seal,
    pages: PageSigner,
}

impl Answers {
    /// Answers from these tenants.
    ///
    /// # Errors
    /// As [`Host::token`], from which receipts have their key.
    pub(crate) fn new(
        host: &Host,
        tenants: Tenants,
        library: Library,
        shared: Option<SharedCache>,
        config: &Config,
    ) -> Result<Self> {
        let inner = Inner {
            tenants,
            clock: Arc::clone(&host.clock),
            library,
            threads: config.threads(),
            questions: Cache::new(MOST_QUESTIONS),
            memory: Memory::new(config.cache_bytes),
            shared: shared.map(|cache| Shared::new(cache, config, &host.metrics)),
            flights: Flights::default(),
            meter: Meter::register(&host.metrics),
            seal: Seal::new(host.derive_key("kpi.receipts")?),
            pages: PageSigner::new(host.derive_key("kpi.contributors")?),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The clock that says when now is.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Answers a question.
    ///
    /// # Errors
    /// As [`answer`]; `NOT_FOUND` for a tenant without records; `UNAVAILABLE` while its facts are not there yet.
    pub(crate) async fn query(&self, pending: Pending) -> Result<QueryKpisResponse> {
        let pending = Arc::new(pending);
        let look = self.look(&pending, None).await?;
        let mut shown = look.shown();
        if pending.receipts {
            self.sign(&pending, &mut shown.values).await?;
        }
        Ok(shown)
    }

    /// The answer to a question, unless the caller knows the one of that key (`known`).
    ///
    /// # Errors
    /// As [`Self::query`].
    pub(crate) async fn look(&self, pending: &Arc<Pending>, known: Option<AnswerKey>) -> Result<Look> {
        let started = std::time::Instant::now();
        let mut failed = Error::unavailable(
            ErrorReason::PositionNotReached,
            "the facts are being read anew: ask again",
        );
        for _ in 0..ATTEMPTS {
            let (asked, place) = self.locate(pending).await?;
            let until = asked.question.while_now.end;
            if known == Some(place.key) {
                return Ok(Look::same(place, until));
            }
            if let Some(kept) = self.inner.memory.get(&place.key) {
                self.inner.meter.answered(Path::Memory, started.elapsed());
                return Ok(Look::found(place, until, Path::Memory, kept));
            }
            // It is not known in the flight, which is a task of its own.
            let left = deadline::remaining();
            let (this, question) = (self.clone(), Arc::clone(pending));
            let landing = self
                .inner
                .flights
                .join(place.key, move || async move {
                    this.find(&question, &asked, place, left).await
                })
                .await;
            match landing {
                Some(Ok(landed)) => {
                    if let Some(place) = shown_at(&place, &landed.place) {
                        self.inner.meter.answered(landed.path, started.elapsed());
                        let answer = Arc::clone(&landed.answer);
                        return Ok(Look::found(*place, until, landed.path, answer));
                    }
                }
                Some(Err(error)) if may_pass(&error) => failed = error,
                Some(Err(error)) => return Err(error),
                None => failed = Error::internal("the question failed"),
            }
        }
        Err(failed)
    }

    /// The question and its place, from one state of the facts. Of what is known now their marks tell; they are
    /// never held up by a scan or by changes that arrive.
    async fn locate(&self, pending: &Arc<Pending>) -> Result<(Arc<Asked>, Place)> {
        let (inner, now) = (&self.inner, self.inner.clock.now());
        if pending.looks_back() {
            let (ask, library, pending) = (pending.ask()?, inner.library.clone(), Arc::clone(pending));
            let tenant = pending.tenant.clone();
            let located = move |facts: &TenantFacts| {
                let catalogue = library.at(facts, known_seq(facts, &ask, now)?);
                locate(facts, &catalogue, pending.asker(), &ask, now)
            };
            let (asked, place) = inner.tenants.read(&tenant, located).await??;
            return Ok((Arc::new(asked), place));
        }
        let marks = inner.tenants.marks(&pending.tenant).await?;
        if let Some(asked) = inner.questions.get(&pending.digest)
            && asked.stands(&marks, now)
        {
            let place = Place::at_head(&marks, &asked);
            return Ok((asked, place));
        }
        let (ask, library, known) = (pending.ask()?, inner.library.clone(), Arc::clone(&marks));
        let resolve = move || Question::new(&library.of(&known.definitions), &ask, &known.settings, now);
        let question = tokio::task::spawn_blocking(resolve).await;
        let question =
            question.map_err(|error| Error::internal(format!("the question failed: {error}")))??;
        let asked = Arc::new(Asked::new(pending.asker(), marks.settled, question).under(marks.defined));
        inner.questions.insert(pending.digest, Arc::clone(&asked));
        let place = Place::at_head(&marks, &asked);
        Ok((asked, place))
    }

    /// An answer for a place, from wherever it is found first, for a caller who waits for `left`; `None` = for ever.
    async fn find(
        &self,
        pending: &Arc<Pending>,
        asked: &Asked,
        place: Place,
        left: Option<Duration>,
    ) -> Landing {
        let inner = &self.inner;
        // Whoever computed it last may have ended after this caller looked.
        if let Some(answer) = inner.memory.get(&place.key) {
            return Ok(landed(place, Path::Memory, answer));
        }
        let shape = asked.question.shape;
        let Some(shared) = inner.shared.as_ref().filter(|shared| shared.pays(shape)) else {
            let (landed, bare, cost) = self.compute(pending).await?;
            if let Some(shared) = &inner.shared {
                shared.keep(landed.place.key, shape, cost, &bare, None);
            }
            return Ok(landed);
        };
        let (found, lease) = shared.find(&place.key, shape, left).await;
        if let Some(found) = found {
            shared.give_back(lease);
            let answer = Arc::new(found);
            inner.memory.put(place.key, &answer);
            return Ok(landed(place, Path::Shared, answer));
        }
        match self.compute(pending).await {
            Ok((landed, bare, cost)) => {
                shared.keep(landed.place.key, shape, cost, &bare, lease);
                Ok(landed)
            }
            Err(error) => {
                shared.give_back(lease);
                Err(error)
            }
        }
    }

    /// Computes an answer and keeps it in memory: under the key of the facts that it was computed from, which may have
    /// moved on since the caller looked. Gives it as computed and bare, and what it cost in microseconds.
    async fn compute(&self, pending: &Arc<Pending>) -> Result<(Arc<Landed>, Arc<QueryKpisResponse>, u64)> {
        let inner = &self.inner;
        let (ask, now, threads) = (pending.ask()?, inner.clock.now(), inner.threads);
        let (library, question) = (inner.library.clone(), Arc::clone(pending));
        let compute = move |facts: &TenantFacts| {
            let started = std::time::Instant::now();
            let catalogue = library.at(facts, known_seq(facts, &ask, now)?);
            let answer = answer(facts, &catalogue, &ask, now, threads)?;
            let (_, place) = locate(facts, &catalogue, question.asker(), &ask, now)?;
            Ok::<_, Error>((place, response_of(&answer), started.elapsed()))
        };
        let (place, answer, took) = inner.tenants.read(&pending.tenant, compute).await??;
        inner.meter.computed(took);
        let bare = Arc::new(kept::bare(&answer));
        inner.memory.put(place.key, &bare);
        let cost = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        Ok((landed(place, Path::Scan, Arc::new(answer)), bare, cost))
    }
}

fn landed(place: Place, path: Path, answer: Arc<QueryKpisResponse>) -> Arc<Landed> {
    Arc::new(Landed { place, path, answer })
}

/// The place that a caller at `asked` is shown an answer of `found` at; `None` = the facts began a new life between.
fn shown_at<'a>(asked: &'a Place, found: &'a Place) -> Option<&'a Place> {
    if asked.key == found.key {
        return Some(asked);
    }
    let later = asked.position.epoch == found.position.epoch && asked.position.seq <= found.position.seq;
    later.then_some(found)
}
