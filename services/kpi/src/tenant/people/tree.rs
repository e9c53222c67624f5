//! Who reports to whom: the tree that a manager's rows are found by.

use super::{People, RepState, TeamState, Words, held};

/// Teams are climbed so many steps at most: their tree may be damaged.
const MAX_DEPTH: usize = super::MAX_DEPTH;

impl People {
    /// The rep that each rep reports to at an instant, as known at `seq`; index and value are codes of reps, 0 = none.
    ///
    /// A rep's own manager counts, else that of the nearest team above that has another than the rep. Only ids of reps
    /// count: somebody who merely has the name of a rep is somebody else.
    pub(crate) fn managers(&self, at: i64, seq: u64, words: &Words<'_>) -> Vec<u32> {
        let teams: Vec<Vec<(i64, &TeamState)>> = self.teams.iter().map(|team| team.living(seq)).collect();
        let code = |word: u32| words.reps.code(words.attributes.name(word)).unwrap_or(0);
        let manager = |rep: u32| {
            let living = self.reps.get(rep as usize)?.living(seq);
            let state: &RepState = held(&living, at)?;
            if state.manager != 0 && code(state.manager) != rep {
                return Some(code(state.manager));
            }
            let mut team = state.team;
            for _ in 0..MAX_DEPTH {
                let state = held(teams.get(team as usize)?, at)?;
                if state.manager != 0 && code(state.manager) != rep {
                    return Some(code(state.manager));
                }
                team = state.parent;
            }
            None
        };
        let reps = u32::try_from(words.reps.len()).unwrap_or(u32::MAX);
        (0..reps).map(|rep| manager(rep).unwrap_or(0)).collect()
    }
}
