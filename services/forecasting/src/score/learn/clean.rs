//! What of the columns can be learned from, and the card as it stands before anything was.

use std::collections::BTreeMap;

use super::Rows;
use crate::frame::infer::mute;
use crate::frame::{Frame, Note};
use crate::score::card::Card;
use crate::score::columns;
use crate::score::leak::{Verdict, judge};
use crate::score::recipe::Recipe;

/// What is left of the columns, and what became of the others.
pub(super) struct Clean {
    pub(super) frame: Frame,
    pub(super) notes: Vec<Note>,
    pub(super) leaks: Vec<Note>,
    pub(super) suspicious: Vec<Note>,
}

impl Rows {
    /// The columns that can be learned from.
    pub(super) fn clean(&self) -> (Recipe, Clean) {
        let mut notes = Vec::new();
        for column in self.frame.columns() {
            if let Some(reason) = mute(column) {
                notes.push(Note::of(&column.name, reason));
            }
        }
        let frame = self.frame.without(&columns(&notes));
        let recipe = Recipe::learn(&frame, self.times.is_some());
        let verdicts = judge(&recipe.apply(&frame), &self.outcomes);
        let (mut leaks, mut suspicious) = (BTreeMap::new(), BTreeMap::new());
        for (feature, verdict) in recipe.features.iter().zip(verdicts) {
            let (found, share) = match verdict {
                Verdict::Clean => continue,
                Verdict::Suspicious(share) => (&mut suspicious, share),
                Verdict::Leak(share) => (&mut leaks, share),
            };
            let most: &mut f64 = found.entry(feature.source.clone()).or_insert(share);
            *most = most.max(share);
        }
        suspicious.retain(|column, _| !leaks.contains_key(column));
        let told = |found: BTreeMap<String, f64>, what: &str| -> Vec<Note> {
            let note = |(column, share): (String, f64)| {
                let percent = 100.0 * share;
                Note::of(
                    &column,
                    format!("explains {percent:.0} % of the outcome by itself: {what}"),
                )
            };
            found.into_iter().map(note).collect()
        };
        let leaks = told(leaks, "left out, because it cannot be known beforehand");
        let suspicious = told(suspicious, "is it known beforehand?");
        let frame = frame.without(&columns(&leaks));
        let recipe = Recipe::learn(&frame, self.times.is_some());
        let clean = Clean {
            frame,
            notes,
            leaks,
            suspicious,
        };
        (recipe, clean)
    }

    pub(super) fn card(&self, clean: &Clean) -> Card {
        let window = |times: &Vec<f64>| Some((*times.first()?, *times.last()?));
        Card {
            version: format!("{:016x}", self.version),
            seed: self.plan.seed,
            rows: self.outcomes.len(),
            positives: self.outcomes.iter().filter(|won| **won).count(),
            window: self.times.as_ref().and_then(window),
            scorer: "the base rate".to_owned(),
            signal: false,
            reason: String::new(),
            contestants: Vec::new(),
            level: "the base rate".to_owned(),
            slope: 1.0,
            calibration: Vec::new(),
            features: Vec::new(),
            leaks: clean.leaks.clone(),
            suspicious: clean.suspicious.clone(),
            notes: clean.notes.clone(),
        }
    }
}
