//! Deals that somebody should look at: those that nobody closes, and those that slip.

use super::{deal::Refusal, encode::View, lines::Line, rehearsal::Rehearsal, segments::Months};

/// Days over which a deal that is alive should end.
const LIFETIME: f64 = 365.0;
/// A deal whose chance to end at all within that time is less than this is dead.
const DEAD_CHANCE: f64 = 0.1;
/// A deal that is longer in its stage than this part of those that left it is stalled.
const STALLED_SHARE: f64 = 0.95;
/// Stages are judged from so many deals that left them on.
const FEWEST_LEFT: usize = 20;

/// What is the matter with a deal.
#[derive(Clone, Debug, PartialEq)]
pub enum Concern {
    /// Deals of its age and kind do not end any more: it is open because nobody closed it.
    Dead {
        /// Its age, in days.
        age: f64,
        /// The age, in days, at which the oldest deal so far ended.
        oldest_end: f64,
        /// The chance that it ends in any way within a year, 0 to 1.
        chance_to_end: f64,
    },
    /// Its expected close lies in the past.
    Overdue {
        /// Since how many days.
        days: f64,
    },
    /// Its expected close was moved to a later day.
    Pushed {
        /// How often.
        times: u32,
    },
    /// It is in its stage longer than nearly all deals that left that stage.
    Stalled {
        /// Since how many days.
        days: f64,
        /// After so many days 95 % of the others had left.
        usual: f64,
    },
}

/// A deal with its concerns, the gravest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// The deal.
    pub line: Line,
    /// What is the matter.
    pub concerns: Vec<Concern>,
}

/// The open deals of a forecast that somebody should look at, by id, from what was known when the day began.
///
/// # Errors
/// [`Refusal`] when there is too little to learn from.
pub fn attention(rehearsal: &mut Rehearsal<'_>, lines: &[Line], day: i64) -> Result<Vec<Attention>, Refusal> {
    let book = rehearsal.book();
    let learned = rehearsal.learned(day)?;
    let at = day as f64;
    let months = Months::covering(at, at + LIFETIME + 1.0);
    let usual = usual_stays(book, at);
    let mut found = Vec::new();
    for line in lines {
        let Ok(place) = book.entries.binary_search_by(|entry| entry.id.cmp(&line.id)) else {
            continue;
        };
        let view = View::at(&book.entries[place], at);
        let mut concerns = Vec::new();
        let chance_to_end: f64 = learned.hazards.chances(&view, at, LIFETIME, &months).iter().sum();
        if chance_to_end < DEAD_CHANCE {
            concerns.push(Concern::Dead {
                age: line.age,
                oldest_end: learned.hazards.oldest_end(),
                chance_to_end,
            });
        }
        if let Some(due) = view.due.filter(|due| *due < at) {
            concerns.push(Concern::Overdue { days: at - due });
        }
        if let Some(usual) = usual.get(view.stage as usize).copied().flatten()
            && line.stage_days > usual
        {
            concerns.push(Concern::Stalled {
                days: line.stage_days,
                usual,
            });
        }
        if line.pushes > 0 {
            concerns.push(Concern::Pushed { times: line.pushes });
        }
        if !concerns.is_empty() {
            found.push(Attention {
                line: line.clone(),
                concerns,
            });
        }
    }
    Ok(found)
}

/// By stage, after how many days 95 % of the deals that left it had done so.
fn usual_stays(book: &super::book::Book, day: f64) -> Vec<Option<f64>> {
    let mut stays = vec![Vec::new(); book.stages.len()];
    for entry in book.entries.iter().filter(|entry| entry.created < day) {
        let moved = entry
            .stints
            .windows(2)
            .filter(|pair| pair[0].stage != pair[1].stage && pair[1].from < day);
        for pair in moved {
            stays[pair[0].stage as usize].push(pair[1].from - pair[0].stage_since);
        }
        let ended = entry.ended_before(day);
        // Not the last one of all: the deal may have been opened again since.
        if let Some((ended, last)) = ended.and_then(|ended| Some((ended, entry.known(ended.at)?))) {
            stays[last.stage as usize].push((ended.at - last.stage_since).max(0.0));
        }
    }
    let usual = |(stage, mut stays): (usize, Vec<f64>)| {
        if stage == 0 || stays.len() < FEWEST_LEFT {
            return None;
        }
        stays.sort_by(f64::total_cmp);
        let place = libm::ceil(STALLED_SHARE * stays.len() as f64) as usize;
        stays.get(place.saturating_sub(1)).copied()
    };
    stays.into_iter().enumerate().map(usual).collect()
}
