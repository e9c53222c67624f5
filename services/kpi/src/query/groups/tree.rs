//! Teams by name in the tree of teams.

use std::collections::HashSet;
use std::sync::Arc;

use crate::scan::FactSource;
use crate::table::Dict;
use crate::tenant::{Effective, Teams};

/// What teams are called, index = code: the empty name for none.
pub(in crate::query) fn shown_teams(source: &dyn FactSource, seq: u64) -> Vec<Arc<str>> {
    source.display_names(Dict::Team, seq)
}

/// Whether a team is among those wanted by name: as it is shown, or by its plain name where others have it too.
pub(in crate::query) fn is_wanted(
    source: &dyn FactSource,
    code: u32,
    shown: &str,
    wanted: &HashSet<&str>,
) -> bool {
    let shared = || {
        let id = source.dictionary(Dict::Team).name(code);
        let plain = shown.strip_suffix(')')?.strip_suffix(id)?.strip_suffix(" (")?;
        Some(wanted.contains(plain))
    };
    wanted.contains(shown) || shared().unwrap_or(false)
}

/// The words that teams, or those above them at a level, are shown by: codes of [`Dict::Attribute`].
pub(super) fn labels(source: &dyn FactSource, seq: u64, level: Option<u8>) -> Effective {
    let words = source.dictionary(Dict::Attribute);
    let labels: Vec<u32> = shown_teams(source, seq)
        .iter()
        .map(|name| words.code(name).unwrap_or(0))
        .collect();
    let label = |team: u32| labels.get(team as usize).copied().unwrap_or(0);
    let teams = source.teams(seq);
    let points = |team: u32| match level {
        None => vec![(i64::MIN, label(team))],
        Some(level) => teams.told_of_team(team, |team, at| label(teams.level(team, level, at))),
    };
    let known = u32::try_from(labels.len()).unwrap_or(u32::MAX);
    Effective::new((0..known).map(points))
}

/// The code of those who have no team, of teams in the wanted trees, and of others.
const TEAMLESS: u32 = 0;
const WITHIN: u32 = 1;
const OUTSIDE: u32 = 2;

/// The teams of some names, and all below them.
pub(super) struct Wanted {
    teams: Teams,
    /// By team: whether it is named.
    named: Vec<bool>,
    /// Whether those without a team are wanted.
    teamless: bool,
}

impl Wanted {
    pub(super) fn new(source: &dyn FactSource, seq: u64, wanted: &HashSet<&str>) -> Self {
        let shown = shown_teams(source, seq);
        let named = |(name, code): (&Arc<str>, u32)| code != 0 && is_wanted(source, code, name, wanted);
        Self {
            teams: source.teams(seq),
            named: shown.iter().zip(0..).map(named).collect(),
            teamless: wanted.contains(""),
        }
    }

    /// What gives 1 to what is wanted.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let mut numbers = vec![0; 3];
        numbers[TEAMLESS as usize] = u32::from(self.teamless);
        numbers[WITHIN as usize] = 1;
        numbers
    }

    /// Where reps stand over time.
    pub(super) fn of_reps(&self) -> Effective {
        let reps = u32::try_from(self.teams.reps()).unwrap_or(u32::MAX);
        Effective::new((0..reps).map(|rep| self.teams.told(rep, |team, at| self.stands(team, at))))
    }

    /// Where teams stand over time.
    pub(super) fn of_teams(&self) -> Effective {
        let teams = u32::try_from(self.teams.len()).unwrap_or(u32::MAX);
        Effective::new((0..teams).map(|team| self.teams.told_of_team(team, |team, at| self.stands(team, at))))
    }

    fn stands(&self, team: u32, at: i64) -> u32 {
        if team == 0 {
            return TEAMLESS;
        }
        let named = |team: &u32| self.named.get(*team as usize).copied().unwrap_or(false);
        if self.teams.chain(team, at).iter().any(named) {
            WITHIN
        } else {
            OUTSIDE
        }
    }
}
