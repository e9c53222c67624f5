//! How likely an open deal is won, lost or given up on each coming day: a competing-risk life table by age, with
//! factors for what is known of the deal (Prentice et al. 1978 for cause-specific hazards).

mod factors;
mod table;

use self::factors::Factors;
use self::table::{age_bands, doubt_share, edges, life_table, unrecorded};
use super::{
    book::Book,
    deal::{Outcome, Refusal},
    effects::{AGE_BANDS, Effect, Kind, Learning},
    encode::{Encoder, Source, View},
    segments::{Life, Months, Segment, cut},
    training::{Gather, REACH, last_day},
};

/// So many deals must have closed before anything is learned.
pub(super) const FEWEST_CLOSED: usize = 20;
/// When so many ends should have come before the first one did, they were not recorded.
const UNRECORDED_ENDS: f64 = 10.0;
/// Expected closes that were met to the day by more than this share of the ended deals, and by more than so many, were
/// filled in at the end: those who keep theirs well meet a tenth.
const MET_SHARE: f64 = 1.0 / 3.0;
const FEWEST_MET: f64 = 10.0;
/// At ages that no deal has reached yet, factors are raised to this power.
const UNSEEN: f64 = 0.5;
/// No hazard is higher than this, a day.
const HIGHEST: f64 = 5.0;

/// What was learned at a day about how deals end.
#[derive(Clone, Debug)]
pub struct Hazards {
    day: f64,
    since: f64,
    edges: Vec<f64>,
    bands: Vec<usize>,
    base: Vec<[f64; Outcome::COUNT]>,
    effects: Vec<Effect>,
    encoder: Encoder,
    /// The greatest age at which a deal could be seen yet, in days.
    seen: f64,
    /// Whether the expected close is to be believed.
    due: bool,
    closed: usize,
}

impl Hazards {
    /// Learns from what was known when the day began.
    ///
    /// # Errors
    /// [`Refusal::TooFewClosed`] while fewer than 20 deals had closed.
    pub fn learn(book: &Book, day: i64) -> Result<Self, Refusal> {
        let at = day as f64;
        let ended = book.entries.iter().filter_map(|entry| {
            let ended = entry.ended_before(at)?;
            Some((last_day(ended.at) - entry.created, libm::floor(ended.at)))
        });
        let (mut ages, mut first_end) = (Vec::new(), f64::INFINITY);
        for (age, end) in ended {
            ages.push(age);
            first_end = end.min(first_end);
        }
        if ages.len() < FEWEST_CLOSED {
            return Err(Refusal::TooFewClosed {
                have: ages.len(),
                need: FEWEST_CLOSED,
            });
        }
        ages.sort_by(f64::total_cmp);
        let edges = edges(&ages);
        let since = recorded_since(book, &edges, first_end, at);
        let mut known = book.entries.iter().filter(|entry| entry.created < at);
        let changing = known.any(|entry| entry.changed_before(at));
        let due = due_is_told(book, at);
        let seen = at - book.begins(at).unwrap_or(at).max(at - REACH);
        let encoder = Encoder::learn(book, at, changing);
        let gather = Gather {
            book,
            encoder: &encoder,
            day: at,
            since,
            edges: &edges,
            changing,
            due,
        };
        let training = gather.rows();
        let mut base = life_table(&training, edges.len() + 1);
        let bands = age_bands(&training, edges.len() + 1);
        let codes: Vec<usize> = encoder.features.iter().map(|feature| feature.codes).collect();
        let mut sources = encoder.features.iter().map(|feature| feature.source);
        let learning = Learning {
            training: &training,
            bands: &bands,
            codes: &codes,
            stage: sources
                .position(|source| source == Source::Stage)
                .filter(|_| changing),
        };
        let effects = learning.fit(&mut base);
        doubt_share(&training, &mut base);
        Ok(Self {
            day: at,
            since,
            edges,
            bands,
            base,
            effects,
            encoder,
            seen,
            due,
            closed: ages.len(),
        })
    }

    /// How many deals had closed.
    #[must_use]
    pub fn closed(&self) -> usize {
        self.closed
    }

    /// The day up to which this was learned.
    #[must_use]
    pub fn day(&self) -> i64 {
        self.day as i64
    }

    /// The day before which ends were not recorded, if there is one: then deals are followed from that day on only.
    #[must_use]
    pub fn recorded_since(&self) -> Option<i64> {
        Some(self.since)
            .filter(|since| since.is_finite())
            .map(|since| since as i64)
    }

    /// The age, in days, at which the oldest deal so far ended.
    #[must_use]
    pub fn oldest_end(&self) -> f64 {
        self.edges.last().copied().unwrap_or(0.0)
    }

    /// Whether expected closes say anything: not where records of closed deals hold the day on which they closed.
    #[must_use]
    pub fn believes_expected_close(&self) -> bool {
        self.due
    }

    /// What the codes of views mean.
    pub(super) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Chances to be won, lost and given up from the start of `day` on for `days` days, for a deal as known then.
    /// `months` must cover those days.
    pub(super) fn chances(
        &self,
        view: &View<'_>,
        day: f64,
        days: f64,
        months: &Months,
    ) -> [f64; Outcome::COUNT] {
        let mut codes = Vec::with_capacity(self.encoder.features.len());
        self.encoder.codes(view, day, &mut codes);
        let mut chances = [0.0; Outcome::COUNT];
        self.course(view, &codes, day, &[day + days], months, |_, now| chances = now);
        chances
    }

    /// The same for several ends, which rise: shows the place of each end and the chances until then. `codes` are those of
    /// the view.
    pub(super) fn course(
        &self,
        view: &View<'_>,
        codes: &[u32],
        day: f64,
        ends: &[f64],
        months: &Months,
        mut show: impl FnMut(usize, [f64; Outcome::COUNT]),
    ) {
        let Some(last) = ends.last() else {
            return;
        };
        let factors = self.factors(codes);
        let life = Life {
            created: view.created,
            seen: day,
            due: view.due.filter(|_| self.due),
        };
        let (mut open, mut chances, mut next) = (1.0, [0.0; Outcome::COUNT], 0);
        cut(&self.edges, months, life, day, *last, |piece| {
            let age = (piece.from + piece.to) / 2.0 - view.created;
            let hazards = self.hazards(&factors, &piece, age);
            let all: f64 = hazards.iter().sum();
            let until = |day: f64| {
                let stays = libm::exp(-all * (day - piece.from));
                let mut then = chances;
                if all > 0.0 {
                    for (chance, hazard) in then.iter_mut().zip(hazards) {
                        *chance += open * (1.0 - stays) * hazard / all;
                    }
                }
                (then, stays)
            };
            while ends.get(next).is_some_and(|end| *end < piece.to) {
                show(next, until(ends[next]).0);
                next += 1;
            }
            let (then, stays) = until(piece.to);
            chances = then;
            open *= stays;
        });
        for place in next..ends.len() {
            show(place, chances);
        }
    }

    fn hazards(
        &self,
        factors: &[Factors; Outcome::COUNT],
        piece: &Segment,
        age: f64,
    ) -> [f64; Outcome::COUNT] {
        let band = self.bands.get(piece.bin).copied().unwrap_or(AGE_BANDS - 1);
        let Some(base) = self.base.get(piece.bin) else {
            return [0.0; Outcome::COUNT];
        };
        std::array::from_fn(|outcome| {
            let factors = &factors[outcome];
            let factor = factors.by_band[band]
                * factors.by_stale[piece.stale]
                * factors.by_due[piece.due]
                * factors.by_phase[band][piece.phase];
            // Nothing was seen of that age: kinds of deals that differ when young grow alike.
            let factor = if age > self.seen {
                libm::pow(factor, UNSEEN)
            } else {
                factor
            };
            (base[outcome] * factor).min(HIGHEST)
        })
    }

    fn factors(&self, codes: &[u32]) -> [Factors; Outcome::COUNT] {
        let mut factors = [Factors::ONE; Outcome::COUNT];
        for effect in &self.effects {
            let feature = match effect.kind {
                Kind::Main(feature) | Kind::ByAge(feature) | Kind::ByStaleness(feature) => {
                    codes.get(feature).copied().unwrap_or(0)
                }
                Kind::Phase | Kind::Due => 0,
            };
            for (outcome, factors) in factors.iter_mut().enumerate() {
                if !effect.factors[outcome].is_empty() {
                    factors.take(effect, outcome, feature);
                }
            }
        }
        factors
    }
}

/// The day before which ends were not recorded: that of the first one, where many should have come before it.
fn recorded_since(book: &Book, edges: &[f64], first_end: f64, day: f64) -> f64 {
    let gather = Gather {
        book,
        encoder: &Encoder::default(),
        day,
        since: first_end,
        edges,
        changing: false,
        due: false,
    };
    let base = life_table(&gather.rows(), edges.len() + 1);
    if unrecorded(book, edges, &base, first_end) < UNRECORDED_ENDS {
        f64::NEG_INFINITY
    } else {
        first_end
    }
}

/// Whether expected closes were there before deals ended. Many systems put the day of the end in their place, and a
/// record without their history then seems to have known it all along.
fn due_is_told(book: &Book, day: f64) -> bool {
    let (mut met, mut all) = (0.0, 0.0);
    for entry in &book.entries {
        let Some(ended) = entry.ended_before(day) else {
            continue;
        };
        let last = libm::floor(ended.at);
        // What was known that morning; on the day of the creation that is not much.
        let Some(due) = entry.known(last).and_then(|stint| stint.due) else {
            continue;
        };
        all += 1.0;
        met += f64::from(u8::from(due == last));
    }
    met <= (all * MET_SHARE).max(FEWEST_MET)
}
