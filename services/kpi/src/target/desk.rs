//! Where several questions of one caller are put to one state of the facts.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Grain, Period};
use bellwether_domain::settings::Settings;
use bellwether_domain::{CivilDate, ErrorReason, Instant, Result, When};

use crate::catalogue::Catalogue;
use crate::query::{Answer, Ask, Base, Both, answer, answer_both, known_seq};
use crate::scan::FactSource;

/// A value of a dimension that rows must have; `None` = missing.
pub type Filters = Vec<(String, Option<String>)>;

/// Where several questions of one caller are put to one state of the facts.
pub struct Desk<'a> {
    source: &'a dyn FactSource,
    catalogue: &'a Catalogue,
    /// What all questions have in common: who asks, as of when, and what is known.
    common: Ask,
    now: Instant,
    threads: usize,
    /// Up to which change things are known.
    pub seq: u64,
    /// The settings as known then.
    pub settings: Settings,
    /// Up to when events count, exclusive.
    pub as_of: Instant,
}

impl<'a> Desk<'a> {
    /// A desk for the caller, as-of and knowledge of `common`.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` for a `known_at` ahead of the head.
    pub fn new(
        source: &'a dyn FactSource,
        catalogue: &'a Catalogue,
        common: Ask,
        now: Instant,
        threads: usize,
    ) -> Result<Self> {
        let seq = known_seq(source, &common, now)?;
        let settings = source.settings(seq).clone();
        let zone = &settings.zone;
        let end_of = |day: CivilDate| zone.start_of_day(day.plus_days(1));
        let as_of = match common.as_of {
            Some(When::At(at)) => at,
            Some(When::Day(day)) => end_of(day),
            None => end_of(zone.date_of(now)),
        };
        Ok(Self {
            source,
            catalogue,
            common,
            now,
            threads,
            seq,
            settings,
            as_of,
        })
    }

    /// The definitions.
    #[must_use]
    pub fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    /// The last civil day of which something counts.
    #[must_use]
    pub fn last_day(&self) -> CivilDate {
        let last = Instant::from_micros(self.as_of.as_micros().saturating_sub(1));
        self.settings.zone.date_of(last)
    }

    /// Up to where time has passed: as-of, or now while the day of as-of goes on.
    #[must_use]
    pub fn passed(&self) -> Instant {
        self.as_of.min(self.now)
    }

    /// The question about KPIs in a range.
    #[must_use]
    pub fn question(&self, kpis: &[&str], range: Period, grain: Option<Grain>, filters: &Filters) -> Ask {
        Ask {
            kpis: kpis.iter().map(ToString::to_string).collect(),
            from: Some(When::Day(range.start)),
            to: Some(When::Day(range.end)),
            grain,
            filters: filters.clone(),
            ..self.common.clone()
        }
    }

    /// Answers a question.
    ///
    /// # Errors
    /// As [`answer`].
    pub fn answer(&self, ask: &Ask) -> Result<Answer> {
        answer(self.source, self.catalogue, ask, self.now, self.threads)
    }

    /// Answers a question and the same about the periods that its own are compared with.
    ///
    /// # Errors
    /// As [`answer_both`].
    pub fn both(&self, ask: &Ask, base: &Base) -> Result<Both> {
        answer_both(self.source, self.catalogue, ask, base, self.now, self.threads)
    }
}

/// Nothing where an exchange rate of long ago is missing: what is learned from the past can be done without.
///
/// # Errors
/// Every other one.
pub fn if_priced<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.reason == ErrorReason::MissingFxRate => Ok(None),
        Err(error) => Err(error),
    }
}

/// The number of an answer's value.
#[must_use]
pub fn number<E>(value: &std::result::Result<String, E>) -> Option<Exact> {
    value.as_ref().ok()?.parse().ok()
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("seq", &self.seq)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}
