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

#[cfg(test)]
mod tests {
    use bellwether_domain::record::{Body, Rep, Team};

    use crate::table::Dict;
    use crate::tenant::tests::{Log, hour};

    fn rep(manager: &str, team: &str) -> Body {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Body::Rep(Rep {
            name: "Kim".to_owned(),
            manager: some(manager),
            team_id: some(team),
            ..Rep::default()
        })
    }

    fn team(manager: &str, parent: &str) -> Body {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Body::Team(Team {
            name: "Team".to_owned(),
            manager: some(manager),
            parent_id: some(parent),
            ..Team::default()
        })
    }

    #[test]
    fn a_rep_reports_to_the_nearest_manager_that_is_another_rep() {
        let mut log = Log::default();
        let key = (hour(0), 0);
        log.record("top", key, team("head", ""));
        log.record("west", key, team("lead", "top"));
        log.record("north", key, team("", "west"));
        for (id, body) in [
            ("head", rep("", "top")),
            ("lead", rep("", "west")),
            ("anna", rep("", "north")),
            ("ben", rep("anna", "west")),
            ("cleo", rep("Kim", "west")),
            ("dan", rep("dan", "")),
        ] {
            log.record(id, key, body);
        }
        // From the tenth hour on Anna reports to the head herself.
        log.record("anna", (hour(10), 0), rep("head", "north"));
        let facts = log.replay(log.changes.len());
        let reps = facts.dictionary(Dict::Rep);
        let manager = |id: &str, at: i64, seq: usize| {
            let managers = facts.managers(hour(at).as_micros(), seq as u64);
            let code = reps.code(id).expect("a rep");
            reps.name(managers[code as usize]).to_owned()
        };
        let all = log.changes.len();
        let of = |at: i64, seq: usize| {
            ["head", "lead", "anna", "ben", "cleo", "dan"].map(|id| manager(id, at, seq))
        };
        assert_eq!(
            of(5, all),
            ["", "head", "lead", "anna", "", ""],
            "Kim is a name, not an id"
        );
        assert_eq!(of(15, all), ["", "head", "head", "anna", "", ""]);
        assert_eq!(of(15, all - 1), of(5, all), "as known before");
        assert_eq!(of(5, 3), [""; 6], "as known before there were reps");
    }
}
