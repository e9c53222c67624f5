//! Deal-days as rows to learn hazards from: who was at risk for how long, knowing what, and how it ended.
//!
//! A deal is looked at as it was known when it was created and at every 30th day back from the day of learning, and each
//! look follows it for 90 days, as a forecast would. Days that several looks follow share their weight, so that each day counts once.

use super::{
    book::{Book, Ended, Entry},
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
/// More deals than this are thinned to about this many, by a hash of their ids.
const MOST_DEALS: usize = 20_000;

/// Days at risk, or an end: what a deal did while nothing that matters changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Whose codes: the place of the look.
    pub look: u32,
    pub bin: u16,
    pub phase: u8,
    pub due: u8,
    pub stale: u8,
    /// The outcome of an end, by [`super::deal::Outcome::index`]; nothing for days at risk.
    pub end: Option<u8>,
    /// Weighted days at risk; the weight of an end.
    pub weight: f64,
}

/// All rows that are known at a day.
#[derive(Clone, Debug)]
pub(super) struct Training {
    pub rows: Vec<Row>,
    pub codes: Vec<u32>,
    pub features: usize,
    /// How many looks there are.
    pub looks: u32,
    /// Months with at least one end in them, by month of the quarter.
    pub months: [usize; 3],
}

impl Training {
    /// The code of a feature in a row.
    pub(super) fn code(&self, row: &Row, feature: usize) -> u32 {
        self.codes
            .get(row.look as usize * self.features + feature)
            .copied()
            .unwrap_or(0)
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
    pub changing: bool,
}

impl Gather<'_> {
    /// The rows.
    pub(super) fn rows(&self) -> Training {
        let features = self.encoder.features.len();
        let (rows, codes) = (Vec::new(), Vec::new());
        let mut training = Training {
            rows,
            codes,
            features,
            looks: 0,
            months: [0; 3],
        };
        let known: Vec<&Entry> = self
            .book
            .entries
            .iter()
            .filter(|entry| entry.created < self.day)
            .collect();
        let Some(first) = known.iter().map(|entry| entry.created).min_by(f64::total_cmp) else {
            return training;
        };
        let months = Months::covering(first.max(self.start()), self.day + 1.0);
        let keep_every = known.len().div_ceil(MOST_DEALS).max(1) as u64;
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
            let place = training.looks;
            training.looks += 1;
            self.encoder.codes(&view, look, &mut training.codes);
            let life = Life {
                created: entry.created,
                seen: look,
                due: view.due,
            };
            let rows = &mut training.rows;
            cut(self.edges, months, life, from, until, |piece| {
                let middle = (piece.from + piece.to) / 2.0;
                let weight = self.weight(entry.created, middle) * (piece.to - piece.from);
                rows.push(row(place, piece, None, weight));
            });
            if let Some(Ended { outcome, .. }) = ended
                && end <= look + follow
            {
                let weight = self.weight(entry.created, end);
                let (piece, outcome) = (moment(self.edges, months, life, end), outcome.index() as u8);
                rows.push(row(place, piece, Some(outcome), weight));
            }
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

fn row(look: u32, piece: Segment, end: Option<u8>, weight: f64) -> Row {
    let (bin, phase, due, stale) = (
        piece.bin as u16,
        piece.phase as u8,
        piece.due as u8,
        piece.stale as u8,
    );
    Row {
        look,
        bin,
        phase,
        due,
        stale,
        end,
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
