//! Deals that do not exist yet, but will be created and won within the horizon: a line of its own.
//!
//! New deals keep coming at the pace of the last quarter, times what the same stretch of last year was to the quarter
//! before it (half believed), and end as the newest deals would if they were created then.

use super::{
    book::{Book, Entry},
    encode::View,
    lines::Learned,
    segments::Months,
};

/// Days over which the pace is taken.
const PACE_DAYS: f64 = 90.0;
/// So many of the newest deals stand for those to come.
const SAMPLE: usize = 150;
/// Parts that the horizon is cut into (even, for Simpson's rule).
const PARTS: usize = 4;
/// Days of a year.
const YEAR: f64 = 365.0;
/// The seasonal factor lies between this and its inverse.
const LEAST_SEASON: f64 = 0.25;
/// A season is told from so many deals of a quarter on: chance alone moves a count of 10 by a third (1/sqrt 10), of
/// which the square root leaves a sixth. Of fewer it is chance that is told, and of none that nothing was recorded.
const FEWEST_BEFORE: f64 = 10.0;

/// What is to come from deals that are not created yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Newcomers {
    /// How many deals will be created.
    pub created: f64,
    /// How many of them will be won within the horizon.
    pub count: f64,
    /// For how much, in minor units.
    pub value: f64,
    /// Variance of the value, if they come by chance alone.
    pub(super) value_variance: f64,
}

impl Newcomers {
    /// A share of them, 0 to 1: those of a rep or a team.
    #[must_use]
    pub fn share(&self, share: f64) -> Self {
        Self {
            created: self.created * share,
            count: self.count * share,
            value: self.value * share,
            value_variance: self.value_variance * share,
        }
    }
}

/// Newcomers from the start of `day` on for `days` days, from what was known then.
pub(super) fn newcomers(book: &Book, learned: &Learned, day: i64, days: i64) -> Newcomers {
    let (at, length) = (day as f64, days as f64);
    let pace = pace(book, at) * season(book, at, length);
    let mut newest: Vec<&Entry> = book.entries.iter().filter(|entry| entry.created < at).collect();
    newest.sort_by(|one, other| {
        other
            .created
            .total_cmp(&one.created)
            .then_with(|| one.id.cmp(&other.id))
    });
    newest.truncate(SAMPLE);
    if newest.is_empty() || pace <= 0.0 {
        return Newcomers::default();
    }
    let months = Months::covering(at, at + length + 1.0);
    let mut all = Newcomers {
        created: pace * length,
        ..Newcomers::default()
    };
    for part in 0..PARTS {
        // Simpson's rule; the last point adds nothing, because nobody is won at the moment of creation.
        let weight = [1.0, 4.0, 2.0, 4.0][part] / (3.0 * PARTS as f64);
        let lag = length * part as f64 / PARTS as f64;
        let each = pace * length * weight / newest.len() as f64;
        for entry in &newest {
            let view = reborn(entry, at + lag);
            let chance = learned.hazards.chances(&view, at + lag, length - lag, &months)[0];
            let mut codes = Vec::new();
            learned.hazards.encoder().codes(&view, at + lag, &mut codes);
            all.count += each * chance;
            if let Some(worth) = learned.values.worth(&view, &codes) {
                let square = worth.mean * worth.mean * (1.0 + worth.variation * worth.variation);
                all.value += each * chance * worth.mean;
                all.value_variance += each * chance * square;
            }
        }
    }
    all
}

/// What became of newcomers: how many deals created in `from..to` were won in it, and for how much.
pub(super) fn came(book: &Book, from: f64, to: f64) -> (f64, f64) {
    let new = book.entries.iter().filter(|entry| entry.created >= from);
    let won = new.filter_map(|entry| entry.won_within(from, to));
    won.fold((0.0, 0.0), |(count, value), ended| {
        (count + 1.0, value + ended.won_value())
    })
}

/// The deal as if it were created on another day.
fn reborn(entry: &Entry, day: f64) -> View<'_> {
    let mut view = View::at(entry, entry.created);
    view.due = view.due.map(|due| due + libm::floor(day - view.created));
    view.created = day;
    view.stage_since = day;
    view
}

/// New deals a day over the last quarter.
fn pace(book: &Book, day: f64) -> f64 {
    let from = book.begins(day).map_or(day, |first| first.max(day - PACE_DAYS));
    if from >= day {
        return 0.0;
    }
    book.created_in(from, day) / (day - from).max(1.0)
}

/// How the same stretch of last year stood to the quarter before it: the square root of that, or 1 without a year and
/// where that quarter had too few deals to tell.
fn season(book: &Book, day: f64, length: f64) -> f64 {
    let then = day - YEAR;
    let stretch = length.min(YEAR);
    let (before, after) = (
        book.created_in(then - PACE_DAYS, then),
        book.created_in(then, then + stretch),
    );
    let whole = book.begins(day).is_some_and(|first| first <= then - PACE_DAYS);
    if !whole || before < FEWEST_BEFORE {
        return 1.0;
    }
    let ratio = (after + 5.0) / stretch / ((before + 5.0) / PACE_DAYS);
    libm::sqrt(ratio).clamp(LEAST_SEASON, 1.0 / LEAST_SEASON)
}
