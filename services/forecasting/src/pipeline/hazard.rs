//! How likely an open deal is won, lost or given up on each coming day: a competing-risk life table by age, with
//! factors for what is known of the deal (Prentice et al. 1978 for cause-specific hazards).

use super::{
    book::Book,
    deal::{Outcome, Refusal},
    effects::{AGE_BANDS, Effect, Kind, Learning, code_of},
    encode::{Encoder, Source, View},
    segments::{DUE_CODES, Life, Months, PHASES, STALE_CODES, cut},
    training::{Gather, REACH, Training, last_day},
};

/// So many deals must have closed before anything is learned.
pub(super) const FEWEST_CLOSED: usize = 20;
/// About so many ends make a bin of age.
const ENDS_A_BIN: usize = 25;
/// At most so many bins of age.
const MOST_BINS: usize = 36;
/// A bin's hazard leans on its neighbours as if so many ends had been seen there.
const NEIGHBOUR_ENDS: f64 = 3.0;
/// When so many ends should have come before the first one did, they were not recorded.
const UNRECORDED_ENDS: f64 = 10.0;
/// The share of closed deals that are won, before anything is known of a company (CSO Insights 2018-19: 47.3 % of
/// forecast deals).
const PRIOR_SHARE: f64 = 0.473;
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
    closed: usize,
}

impl Hazards {
    /// Learns from what was known when the day began.
    ///
    /// # Errors
    /// [`Refusal::TooFewClosed`] while fewer than 20 deals had closed.
    pub fn learn(book: &Book, day: i64) -> Result<Self, Refusal> {
        let at = day as f64;
        let ends = book
            .entries
            .iter()
            .filter_map(|entry| entry.ended_before(at).map(|ended| (entry, ended)));
        let mut ages: Vec<f64> = ends
            .clone()
            .map(|(entry, ended)| last_day(ended.at) - entry.created)
            .collect();
        if ages.len() < FEWEST_CLOSED {
            return Err(Refusal::TooFewClosed {
                have: ages.len(),
                need: FEWEST_CLOSED,
            });
        }
        ages.sort_by(f64::total_cmp);
        let first_end = ends
            .map(|(_, ended)| libm::floor(ended.at))
            .fold(f64::INFINITY, f64::min);
        let changing = book
            .entries
            .iter()
            .any(|entry| entry.created < at && entry.changed_before(at));
        let encoder = Encoder::learn(book, at, changing);
        let edges = edges(&ages);
        let mut gather = Gather {
            book,
            encoder: &encoder,
            day: at,
            since: first_end,
            edges: &edges,
            changing,
        };
        let mut training = gather.rows();
        let mut base = life_table(&training, edges.len() + 1);
        if unrecorded(book, &edges, &base, first_end) < UNRECORDED_ENDS {
            gather.since = f64::NEG_INFINITY;
            training = gather.rows();
            base = life_table(&training, edges.len() + 1);
        }
        let since = gather.since;
        let bands = age_bands(&training, edges.len() + 1);
        let codes: Vec<usize> = encoder.features.iter().map(|feature| feature.codes).collect();
        let stage = encoder
            .features
            .iter()
            .position(|feature| feature.source == Source::Stage)
            .filter(|_| changing);
        let effects = Learning {
            training: &training,
            bands: &bands,
            codes: &codes,
            stage,
        }
        .fit(&mut base);
        doubt_share(&training, &mut base);
        let closed = ages.len();
        Ok(Self {
            day: at,
            since,
            edges,
            bands,
            base,
            effects,
            encoder,
            closed,
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

    /// What the codes of views mean.
    pub(super) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Chances to be won, lost and given up from the start of `day` on for `days` days, for a deal as known then.
    /// `months` must cover those days.
    pub(super) fn chances(&self, view: &View, day: f64, days: f64, months: &Months) -> [f64; Outcome::COUNT] {
        let factors = self.factors(view, day);
        let life = Life {
            created: view.created,
            seen: day,
            due: view.due,
        };
        let (mut open, mut chances) = (1.0, [0.0; Outcome::COUNT]);
        cut(&self.edges, months, life, day, day + days, |piece| {
            let band = self.bands.get(piece.bin).copied().unwrap_or(AGE_BANDS - 1);
            let Some(base) = self.base.get(piece.bin) else {
                return;
            };
            let mut hazards = [0.0; Outcome::COUNT];
            for (outcome, hazard) in hazards.iter_mut().enumerate() {
                let Factors {
                    by_band,
                    by_stale,
                    by_due,
                    by_phase,
                } = &factors[outcome];
                let factor =
                    by_band[band] * by_stale[piece.stale] * by_due[piece.due] * by_phase[band][piece.phase];
                *hazard = (base[outcome] * factor).min(HIGHEST);
            }
            let all: f64 = hazards.iter().sum();
            if all > 0.0 {
                let stays = libm::exp(-all * (piece.to - piece.from));
                for (chance, hazard) in chances.iter_mut().zip(hazards) {
                    *chance += open * (1.0 - stays) * hazard / all;
                }
                open *= stays;
            }
        });
        chances
    }

    fn factors(&self, view: &View, day: f64) -> [Factors; Outcome::COUNT] {
        let mut codes = Vec::with_capacity(self.encoder.features.len());
        self.encoder.codes(view, day, &mut codes);
        let mut factors = [Factors::ONE; Outcome::COUNT];
        for effect in &self.effects {
            let feature = match effect.kind {
                Kind::Main(feature) | Kind::ByAge(feature) | Kind::ByStaleness(feature) => codes[feature],
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

/// All factors of one deal and outcome.
#[derive(Clone, Copy)]
struct Factors {
    by_band: [f64; AGE_BANDS],
    by_stale: [f64; STALE_CODES],
    by_due: [f64; DUE_CODES],
    by_phase: [[f64; PHASES]; AGE_BANDS],
}

impl Factors {
    const ONE: Self = Self {
        by_band: [1.0; AGE_BANDS],
        by_stale: [1.0; STALE_CODES],
        by_due: [1.0; DUE_CODES],
        by_phase: [[1.0; PHASES]; AGE_BANDS],
    };

    fn take(&mut self, effect: &Effect, outcome: usize, feature: u32) {
        let code = |band, phase, due, stale| code_of(effect.kind, feature, band, phase, due, stale);
        match effect.kind {
            Kind::Main(_) => {
                let factor = effect.factor(outcome, code(0, 0, 0, 0));
                self.by_band.iter_mut().for_each(|all| *all *= factor);
            }
            Kind::ByAge(_) => {
                for (band, all) in self.by_band.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(band, 0, 0, 0));
                }
            }
            Kind::ByStaleness(_) => {
                for (stale, all) in self.by_stale.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(0, 0, 0, stale));
                }
            }
            Kind::Due => {
                for (due, all) in self.by_due.iter_mut().enumerate() {
                    *all *= effect.factor(outcome, code(0, 0, due, 0));
                }
            }
            Kind::Phase => {
                for (band, phases) in self.by_phase.iter_mut().enumerate() {
                    for (phase, all) in phases.iter_mut().enumerate() {
                        *all *= effect.factor(outcome, code(band, phase, 0, 0));
                    }
                }
            }
        }
    }
}

/// Ages at which hazards may change: about as many ends between any two, whole days, and one after the oldest end.
fn edges(sorted_ages: &[f64]) -> Vec<f64> {
    let count = (sorted_ages.len() / ENDS_A_BIN).clamp(1, MOST_BINS);
    let at = |step: usize| sorted_ages[(step * sorted_ages.len() / count).min(sorted_ages.len() - 1)];
    let mut edges: Vec<f64> = (1..=count).map(|step| libm::floor(at(step)) + 1.0).collect();
    edges.dedup();
    edges
}

/// Hazards by bin of age: ends over days at risk, leaning on the neighbouring bins.
fn life_table(training: &Training, bins: usize) -> Vec<[f64; Outcome::COUNT]> {
    let (mut ends, mut risk) = (vec![[0.0; Outcome::COUNT]; bins], vec![0.0; bins]);
    for row in &training.rows {
        let bin = (row.bin as usize).min(bins - 1);
        match row.end {
            Some(outcome) => ends[bin][outcome as usize] += row.weight,
            None => risk[bin] += row.weight,
        }
    }
    let around = |bin: usize| bin.saturating_sub(1)..(bin + 2).min(bins);
    let hazard = |bin: usize, outcome: usize| {
        let near: f64 = around(bin).map(|bin| ends[bin][outcome]).sum();
        let near_risk: f64 = around(bin).map(|bin| risk[bin]).sum();
        if near <= 0.0 || near_risk <= 0.0 {
            return 0.0;
        }
        (ends[bin][outcome] + NEIGHBOUR_ENDS) / (risk[bin] + NEIGHBOUR_ENDS * near_risk / near)
    };
    (0..bins)
        .map(|bin| std::array::from_fn(|outcome| hazard(bin, outcome)))
        .collect()
}

/// How many deals should have ended before the first one did, by the hazards of their ages.
fn unrecorded(book: &Book, edges: &[f64], base: &[[f64; Outcome::COUNT]], first_end: f64) -> f64 {
    let created = book.entries.iter().map(|entry| entry.created);
    let before: Vec<f64> = created
        .filter(|day| *day < first_end && *day > first_end - REACH)
        .collect();
    let Some(first) = before.iter().copied().min_by(f64::total_cmp) else {
        return 0.0;
    };
    let months = Months::covering(first, first_end + 1.0);
    let mut expected = 0.0;
    for created in before {
        let mut chance = 0.0;
        cut(
            edges,
            &months,
            Life {
                created,
                seen: created,
                due: None,
            },
            created,
            first_end,
            |piece| {
                let hazard: f64 = base.get(piece.bin).map_or(0.0, |hazards| hazards.iter().sum());
                chance += hazard * (piece.to - piece.from);
            },
        );
        expected += 1.0 - libm::exp(-chance);
    }
    expected
}

/// Bands of age with about as many ends in each; what is older than all ends belongs to the last.
fn age_bands(training: &Training, bins: usize) -> Vec<usize> {
    let mut ends = vec![0.0; bins];
    for row in training.rows.iter().filter(|row| row.end.is_some()) {
        ends[(row.bin as usize).min(bins - 1)] += row.weight;
    }
    let all: f64 = ends.iter().sum();
    let mut passed = 0.0;
    let band = |count: &f64| {
        let middle = passed + count / 2.0;
        passed += count;
        ((middle / all.max(1e-9) * AGE_BANDS as f64) as usize).min(AGE_BANDS - 1)
    };
    ends.iter().map(band).collect()
}

/// The share of won deals among those that ended is known badly after one or two months, because months differ as a
/// whole: it is drawn towards what is usual, on the scale of log-odds.
fn doubt_share(training: &Training, base: &mut [[f64; Outcome::COUNT]]) {
    let (mut won, mut all) = (0.5, 1.0);
    for row in &training.rows {
        if let Some(outcome) = row.end {
            all += row.weight;
            won += if outcome == 0 { row.weight } else { 0.0 };
        }
    }
    let months: f64 = training.months.iter().sum::<usize>() as f64;
    let belief = months * months / (months * months + 0.5);
    let odds = |share: f64| libm::log(share / (1.0 - share));
    let share = won / all;
    let drawn = 1.0 / (1.0 + libm::exp(-(belief * odds(share) + (1.0 - belief) * odds(PRIOR_SHARE))));
    let none_won = won <= 0.5;
    for hazards in base.iter_mut() {
        if none_won {
            let ended: f64 = hazards.iter().sum();
            hazards[0] = ended * drawn;
        } else {
            hazards[0] *= drawn / share;
        }
        for hazard in hazards.iter_mut().skip(1) {
            *hazard *= (1.0 - drawn) / (1.0 - share);
        }
    }
}
