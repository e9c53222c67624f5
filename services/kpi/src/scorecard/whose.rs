//! Whose targets a caller may see, and which of them belong to the rows that the caller sees.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bellwether_domain::Instant;

use crate::query::{Caller, reps_of};
use crate::scan::FactSource;
use crate::table::Dict;

/// Whose rows a scorecard stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// Everybody's.
    all: bool,
    /// What the rows of a rep who sees only own ones are called as an owner.
    own: Option<String>,
    /// What the reps whose rows are seen are called.
    names: HashSet<String>,
}

impl Whose {
    /// Of a caller, by the tree of reps as it stood just before as-of.
    #[must_use]
    pub fn of(source: &dyn FactSource, caller: &Caller, as_of: Instant, seq: u64) -> Self {
        let Some(reps) = reps_of(source, caller, as_of, seq) else {
            return Self {
                all: true,
                own: None,
                names: HashSet::new(),
            };
        };
        let called = source.display_names(Dict::Rep, seq);
        let name = |code: u32| called.get(code as usize).map(Arc::as_ref).map(str::to_owned);
        let names: HashSet<String> = reps.into_iter().filter_map(name).collect();
        let own = names.iter().next().cloned();
        Self {
            all: false,
            own: own.filter(|_| matches!(caller, Caller::Own(_))),
            names,
        }
    }

    /// The holder whose targets belong to the rows that the caller sees of a scorecard; `None` = they are nobody's target.
    #[must_use]
    pub fn holder(&self, filters: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
        let mut holder = filters.clone();
        if let Some(own) = &self.own {
            // Who asks for the rows of another has none of them, and no target either.
            holder.entry("owner".to_owned()).or_insert_with(|| own.clone());
        }
        visible(self, &holder).then_some(holder)
    }
}

/// Whether a caller may see the targets of a holder: those of reps whose rows the caller may see, of whoever sees all rows
/// all.
#[must_use]
pub fn visible(whose: &Whose, holder: &BTreeMap<String, String>) -> bool {
    whose.all
        || holder
            .get("owner")
            .is_some_and(|owner| whose.names.contains(owner))
}
