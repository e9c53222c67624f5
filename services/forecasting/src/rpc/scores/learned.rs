//! What scores are learned, whose the records are, and which of them are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Facts;
use crate::cases::{Scored, Silent};
use crate::pipeline::Deal;
use crate::score::Score;
use crate::worker::Weigh;

/// What an entry of a map takes besides its text.
const ENTRY_BYTES: usize = 64;

/// What was learned, or why nothing was; and whose the records are.
#[derive(Debug)]
pub(in crate::rpc) struct Learned {
    pub(super) scored: Result<Scored, Silent>,
    /// Owners of the records that are scored, by id.
    owners: BTreeMap<String, String>,
    /// The records whose scores are known to be kept.
    kept: Mutex<BTreeSet<String>>,
}

impl Learned {
    /// What was learned from facts.
    pub(super) fn of(scored: Result<Scored, Silent>, facts: &Facts) -> Self {
        let owners = match &scored {
            Ok(scored) => {
                let ids = scored.scores.iter().map(|(id, _)| id.as_str()).collect();
                facts.owners(&ids)
            }
            Err(_) => BTreeMap::new(),
        };
        Self {
            scored,
            owners,
            kept: Mutex::default(),
        }
    }

    /// Whose a record is; empty = nobody's.
    pub(super) fn owner(&self, id: &str) -> &str {
        self.owners.get(id).map_or("", String::as_str)
    }

    /// Whether the score of a record was kept since it was learned.
    pub(super) fn is_kept(&self, id: &str) -> bool {
        self.names().contains(id)
    }

    /// Notes that the scores of records are kept.
    pub(super) fn note_kept(&self, ids: impl Iterator<Item = String>) {
        self.names().extend(ids);
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Nothing in here panics half-way through a change.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Weigh for Learned {
    fn bytes(&self) -> usize {
        // A record may be noted as kept later.
        let of = |(id, score): &(String, Score)| score.reasons.len() * 120 + 240 + id.len() + ENTRY_BYTES;
        let scores = |scored: &Scored| scored.scores.iter().map(of).sum::<usize>() + 100_000;
        let owners = self.owners.iter();
        let owners = owners.map(|(id, owner)| id.len() + owner.len() + ENTRY_BYTES);
        self.scored.as_ref().map_or(100, scores) + owners.sum::<usize>()
    }
}

impl Facts {
    /// Whose some records are, as far as that is told: there are many more that ended.
    fn owners(&self, ids: &BTreeSet<&str>) -> BTreeMap<String, String> {
        let named = |id: &String, owner: &String| (id.clone(), owner.clone());
        match self {
            Self::Deals(deals) => {
                let scored = deals.iter().filter(|deal| ids.contains(deal.id.as_str()));
                let last = |deal: &Deal| {
                    let last = deal.spells.iter().max_by_key(|spell| spell.from)?;
                    Some(named(&deal.id, &last.owner))
                };
                scored.filter_map(last).collect()
            }
            Self::Leads(leads) => {
                let scored = leads.iter().filter(|lead| ids.contains(lead.id.as_str()));
                scored.map(|lead| named(&lead.id, &lead.owner)).collect()
            }
            Self::Subscriptions(_) => BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::leads;
    use crate::facts::Lead;

    /// A lead of a day, which ended 20 days later or goes on.
    fn lead(at: i64, converted: Option<bool>) -> Lead {
        let end = Some((at + 20) * 86_400_000);
        Lead {
            id: format!("l{at:03}"),
            created: at * 86_400_000,
            converted: end.filter(|_| converted == Some(true)),
            disqualified: end.filter(|_| converted == Some(false)),
            owner: "ann".to_owned(),
            traits: vec![(
                "source".to_owned(),
                if at % 3 == 0 { "web" } else { "fair" }.to_owned(),
            )],
            ..Lead::default()
        }
    }

    #[test]
    fn owners_are_kept_of_what_is_scored_and_weighed() {
        let mut all: Vec<Lead> = (0..60).map(|at| lead(at, Some(at % 2 == 0))).collect();
        all.extend((60..63).map(|at| lead(at, None)));
        let scored = leads(&all).score(&|_| ());
        let learned = Learned::of(scored, &Facts::Leads(all.clone()));
        let owned: Vec<&str> = learned.owners.keys().map(String::as_str).collect();
        assert_eq!(owned, ["l060", "l061", "l062"]);
        let without = Learned {
            scored: learned.scored.clone(),
            owners: BTreeMap::new(),
            kept: Mutex::default(),
        };
        assert!(learned.bytes() > without.bytes());
        // Nothing is scored: nobody asks whose it is.
        all.truncate(60);
        let scored = leads(&all).score(&|_| ());
        assert!(Learned::of(scored, &Facts::Leads(all)).owners.is_empty());
        // What is kept is kept once.
        assert!(!learned.is_kept("l061"));
        learned.note_kept(["l061".to_owned()].into_iter());
        assert!(learned.is_kept("l061") && !learned.is_kept("l060"));
    }
}
