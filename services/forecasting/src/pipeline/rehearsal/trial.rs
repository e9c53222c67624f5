//! One forecast of the past beside what came.

use crate::pipeline::{
    book::Book,
    encode::View,
    lines::Learned,
    newcomers::{came, newcomers},
    segments::Months,
    training::identity,
};

/// Expected and seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    pub mean: f64,
    pub variance: f64,
    pub seen: f64,
    /// What one win is worth.
    pub unit: f64,
}

/// One rehearsal, by what it looked at: count and value of open deals, count and value of newcomers.
pub(super) type Trial = [Compared; 4];

/// What was compared from a day to another.
pub(super) type Told = (i64, i64, Trial);

impl Compared {
    fn add(&mut self, chance: f64, size: f64, variation: f64) {
        self.mean += chance * size;
        self.variance += chance * (1.0 - chance + variation * variation) * size * size;
    }
}

/// The forecasts that one made on a day over the days until others, which rise, each with what came. Of more than
/// `most_open` open deals about so many are looked at, by a hash of their ids.
pub(super) fn trials(
    book: &Book,
    learned: &Learned,
    day: i64,
    untils: &[i64],
    most_open: usize,
) -> Vec<Trial> {
    let mut trials: Vec<Trial> = untils
        .iter()
        .map(|until| coming(book, learned, day, *until))
        .collect();
    let from = day as f64;
    let ends: Vec<f64> = untils.iter().map(|until| *until as f64).collect();
    let months = Months::covering(from, ends.last().copied().unwrap_or(from) + 1.0);
    let open: Vec<_> = book.entries.iter().filter(|entry| entry.open(from)).collect();
    let keep_every = open.len().div_ceil(most_open).max(1) as u64;
    let mut codes = Vec::new();
    for entry in open {
        if !identity(&entry.id).is_multiple_of(keep_every) {
            continue;
        }
        let view = View::at(entry, from);
        codes.clear();
        learned.hazards.encoder().codes(&view, from, &mut codes);
        let worth = learned.values.worth(&view, &codes);
        let compare = |place: usize, chances: [f64; 3]| {
            let won = entry.won_within(from, ends[place]);
            let [count, value, ..] = &mut trials[place];
            count.add(chances[0], 1.0, 0.0);
            count.seen += f64::from(u8::from(won.is_some()));
            if let Some(worth) = worth {
                value.add(chances[0], worth.mean, worth.variation);
            }
            value.seen += won.map_or(0.0, |ended| ended.won_value());
        };
        learned
            .hazards
            .course(&view, &codes, from, &ends, &months, compare);
    }
    for [count, value, ..] in &mut trials {
        count.unit = 1.0;
        value.unit = value.mean / count.mean.max(1e-9);
    }
    trials
}

/// What was expected of newcomers, and what came of them; nothing of open deals yet.
fn coming(book: &Book, learned: &Learned, day: i64, until: i64) -> Trial {
    let new = newcomers(book, learned, day, until - day);
    let (won, value) = came(book, day as f64, until as f64);
    let count = Compared {
        mean: new.count,
        variance: new.count,
        seen: won,
        unit: 1.0,
    };
    let value = Compared {
        mean: new.value,
        variance: new.value_variance,
        seen: value,
        unit: new.value / new.count.max(1e-9),
    };
    [Compared::default(), Compared::default(), count, value]
}
