//! Deal-days as rows to learn hazards from: who was at risk for how long, knowing what, and how it ended.
//!
//! A deal is looked at as it was known when it was created and at every 30th day back from the day of learning, and each
//! look follows it for 90 days, as a forecast would. Days that several looks follow share their weight, so that each day
//! counts once.

use super::{
    book::{Book, Entry},
    encode::{Encoder, View},
    segments::{Life, Months, Segment, cut, moment},
};

/// Days from one look at a deal to the next.
const LOOK_EVERY: f64 = 30.0;
/// Days that a look is followed.
const LOOK_FOR: f64 = 90.0;
/// After so many days something counts half.
pub(super) const HALF_LIFE: f64 = 365.0;
/// Days further back than this count next to nothing, and are left out.
pub(super) const REACH: f64 = 10.0 * HALF_LIFE;
/// About so many looks are taken at most: of more deals than that allows some are left out, by a hash of their ids.
const MOST_LOOKS: usize = 80_000;
/// A deal that changes while it is open is looked at about so often.
const LOOKS_A_DEAL: usize = 4;

/// Days in a life on which nothing that matters changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub bin: u16,
    pub phase: u8,
    pub due: u8,
    pub stale: u8,
    /// Weighted days at risk; for an end its weight.
    pub weight: f64,
}

/// An end of a deal, once for each look that followed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Whose codes: the place of the look.
    pub look: u32,
    /// The outcome, by [`super::deal::Outcome::index`].
    pub outcome: u8,
    /// When in the life.
    pub row: Row,
}

/// All that is known at a day.
#[derive(Clone, Debug)]
pub(super) struct Training {
    /// Days at risk, look after look, and each look's in the order of time.
    pub rows: Vec<Row>,
    /// Where the rows of each look begin, and where the last one's end.
    pub starts: Vec<u32>,
    pub ends: Vec<End>,
    /// By feature, the code of each look.
    pub codes: Vec<Vec<u32>>,
    /// Months with at least one end in them, by month of the quarter.
    pub months: [usize; 3],
}

impl Training {
    /// The rows of a look.
    pub(super) fn rows_of(&self, look: usize) -> &[Row] {
        let place = |look: usize| {
            self.starts
                .get(look)
                .map_or(self.rows.len(), |start| *start as usize)
        };
        self.rows.get(place(look)..place(look + 1)).unwrap_or_default()
    }

    /// How many looks there are.
    pub(super) fn looks(&self) -> usize {
        self.starts.len() - 1
    }
}

/// What rows are gathered by.
pub(super) struct Gather<'a> {
    pub book: &'a Book,
    pub encoder: &'a Encoder,
    /// Only what was known when this day began is seen.
    pub day: f64,
    /// Nothing before this day counts: ends were not recorded yet.
    pub since: f64,
    pub edges: &'a [f64],
    /// Whether deals change while they are open; each is looked at once only if not.
    pub changing: bool,
    /// Whether the expected close is to be believed.
    pub due: bool,
}

impl Gather<'_> {
    /// The rows.
    pub(super) fn rows(&self) -> Training {
        let mut training = Training {
            rows: Vec::new(),
            starts: vec![0],
            ends: Vec::new(),
            codes: vec![Vec::new(); self.encoder.features.len()],
            months: [0; 3],
        };
        let known = self.book.entries.iter().filter(|entry| entry.created < self.day);
        let known: Vec<&Entry> = known.collect();
        let Some(first) = known.iter().map(|entry| entry.created).min_by(f64::total_cmp) else {
            return training;
        };
        let months = Months::covering(first.max(self.start()), self.day + 1.0);
        let each = if self.changing { LOOKS_A_DEAL } else { 1 };
        let keep_every = (known.len() * each).div_ceil(MOST_LOOKS).max(1) as u64;
        let mut seen_months = vec![false; months.len()];
        for entry in known {
            if identity(&entry.id).is_multiple_of(keep_every) {
                self.add(entry, &months, &mut training);
            }
            if let Some(ended) = entry
                .ended_before(self.day)
                .filter(|ended| ended.at >= self.start())
                && let Some(seen) = seen_months.get_mut(months.index(ended.at))
            {
                *seen = true;
            }
        }
        for (index, _) in seen_months.iter().enumerate().filter(|(_, seen)| **seen) {
            training.months[months.phase(index)] += 1;
        }
        training
    }

    /// The first day that counts.
    fn start(&self) -> f64 {
        self.since.max(self.day - REACH)
    }

    fn add(&self, entry: &Entry, months: &Months, training: &mut Training) {
        let ended = entry.ended_before(self.day);
        let end = ended.map_or(self.day, |ended| last_day(ended.at).min(self.day));
        let start = entry.created.max(self.start());
        if end < start || ended.is_some_and(|ended| ended.at < self.start()) {
            return;
        }
        let follow = if self.changing { LOOK_FOR } else { f64::INFINITY };
        let mut looks = vec![entry.created];
        if self.changing {
            let first = libm::floor(self.looks_until(entry.created.max(start - LOOK_FOR))) + 1.0;
            let times = (0..).map(|step| self.day + (first + f64::from(step)) * LOOK_EVERY);
            looks.extend(times.take_while(|look| *look < end));
        }
        for look in looks {
            let until = end.min(look + follow);
            let from = look.max(start);
            if until < from {
                continue;
            }
            let view = View::at(entry, look);
            for (codes, feature) in training.codes.iter_mut().zip(&self.encoder.features) {
                codes.push(self.encoder.code(feature.source, &view, look));
            }
            let life = Life {
                created: entry.created,
                seen: look,
                due: view.due.filter(|_| self.due),
            };
            let rows = &mut training.rows;
            cut(self.edges, months, life, from, until, |piece| {
                let middle = (piece.from + piece.to) / 2.0;
                let weight = self.weight(entry.created, middle) * (piece.to - piece.from);
                rows.push(row(piece, weight));
            });
            if let Some(ended) = ended
                && end <= look + follow
            {
                let piece = moment(self.edges, months, life, end);
                training.ends.push(End {
                    look: training.starts.len() as u32 - 1,
                    outcome: ended.outcome.index() as u8,
                    row: row(piece, self.weight(entry.created, end)),
                });
            }
            training.starts.push(training.rows.len() as u32);
        }
    }

    /// How many times of looks lie between the day of learning and another day; negative before it.
    fn looks_until(&self, day: f64) -> f64 {
        (day - self.day) / LOOK_EVERY
    }

    /// What a day of a deal counts: less when it is long past, and its share when several looks follow it.
    fn weight(&self, created: f64, day: f64) -> f64 {
        let recent = libm::exp2(-(self.day - day).max(0.0) / HALF_LIFE);
        if !self.changing {
            return recent;
        }
        // Looks that follow this day: those in [day - LOOK_FOR, day), and the one at creation.
        let upto = libm::ceil(self.looks_until(day)) - 1.0;
        let before = libm::ceil(self.looks_until(day - LOOK_FOR)) - 1.0;
        let before = before.max(libm::floor(self.looks_until(created)));
        let looks = (upto - before).max(0.0) + f64::from(u8::from(day - created <= LOOK_FOR));
        recent / looks.max(1.0)
    }
}

fn row(piece: Segment, weight: f64) -> Row {
    Row {
        bin: piece.bin as u16,
        phase: piece.phase as u8,
        due: piece.due as u8,
        stale: piece.stale as u8,
        weight,
    }
}

/// When a deal that ended on this day stopped being at risk: a bare date means some time of that day.
pub(super) fn last_day(at: f64) -> f64 {
    if libm::floor(at) == at { at + 0.5 } else { at }
}

/// A number that belongs to an id (FNV-1a, 64 bits), the same on every machine.
pub(super) fn identity(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
