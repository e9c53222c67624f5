//! The tree of teams over time: who is in which team, and which team is above which.

use super::{MAX_DEPTH, People, held};

/// The teams over time, as known at some change. Codes are those of [`crate::table::Dict::Team`] and
/// [`crate::table::Dict::Rep`]; 0 = none. A first state holds from the beginning of time.
#[derive(Debug, Clone, Default)]
pub struct Teams {
    /// By team: from when on which team is above it.
    parents: Vec<Vec<(i64, u32)>>,
    /// By rep: from when on which team the rep is in.
    members: Vec<Vec<(i64, u32)>>,
    /// The instants at which a parent changes, rising.
    changes: Vec<i64>,
}

impl People {
    /// The teams as known at `seq`, of so many reps and teams.
    pub(crate) fn teams(&self, seq: u64, reps: usize, teams: usize) -> Teams {
        let parents = |code: usize| {
            let living = self.teams.get(code).map(|team| team.living(seq));
            let living = living.unwrap_or_default().into_iter();
            living.map(|(at, state)| (at, state.parent)).collect()
        };
        let members = |code: usize| {
            let living = self.reps.get(code).map(|rep| rep.living(seq));
            let living = living.unwrap_or_default().into_iter();
            living.map(|(at, state)| (at, state.team)).collect()
        };
        Teams::new(
            (0..teams).map(parents).collect(),
            (0..reps).map(members).collect(),
        )
    }
}

impl Teams {
    /// From the points of each team's parent and of each rep's team, in order of their instants.
    #[must_use]
    pub fn new(parents: Vec<Vec<(i64, u32)>>, members: Vec<Vec<(i64, u32)>>) -> Self {
        let later = parents.iter().flat_map(|points| points.iter().skip(1));
        let mut changes: Vec<i64> = later.map(|(at, _)| *at).collect();
        changes.sort_unstable();
        changes.dedup();
        Self {
            parents,
            members,
            changes,
        }
    }

    /// Codes of teams lie below this.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there are no teams.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Codes of reps lie below this.
    #[must_use]
    pub fn reps(&self) -> usize {
        self.members.len()
    }

    /// The instants at which anything of the tree changes, rising.
    #[must_use]
    pub fn cuts(&self) -> Vec<i64> {
        let moves = self.members.iter().flat_map(|points| points.iter().skip(1));
        let mut cuts: Vec<i64> = moves.map(|(at, _)| *at).collect();
        cuts.extend(&self.changes);
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// The team that a rep is in at an instant; 0 = none.
    #[must_use]
    pub fn team_of(&self, rep: u32, at: i64) -> u32 {
        code_at(self.members.get(rep as usize), at)
    }

    /// The team above another at an instant; 0 = none.
    #[must_use]
    pub fn above(&self, team: u32, at: i64) -> u32 {
        code_at(self.parents.get(team as usize), at)
    }

    /// A team and all above it at an instant, from below; of a tree that is damaged as far as it goes.
    #[must_use]
    pub fn chain(&self, team: u32, at: i64) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut next = team;
        while next != 0 && chain.len() < MAX_DEPTH && !chain.contains(&next) {
            chain.push(next);
            next = self.above(next, at);
        }
        chain
    }

    /// The team of a chain that is so many levels below the top, from 1; of a shorter chain the deepest.
    #[must_use]
    pub fn level(&self, team: u32, level: u8, at: i64) -> u32 {
        let chain = self.chain(team, at);
        let place = chain.len().saturating_sub(usize::from(level));
        chain.get(place).copied().unwrap_or(0)
    }

    /// From when on which team a rep is in, at a level.
    #[must_use]
    pub fn levels(&self, rep: u32, level: u8) -> Vec<(i64, u32)> {
        self.told(rep, |team, at| self.level(team, level, at))
    }

    /// From when on what is told of the team that a rep is in, which depends on the teams above it.
    #[must_use]
    pub fn told(&self, rep: u32, tell: impl Fn(u32, i64) -> u32) -> Vec<(i64, u32)> {
        let Some(members) = self.members.get(rep as usize).filter(|points| !points.is_empty()) else {
            return Vec::new();
        };
        let mut cuts: Vec<i64> = members.iter().map(|(at, _)| *at).collect();
        // What a team was before the rep's first instant counts too: the rep's first version holds from ever.
        cuts.push(i64::MIN);
        cuts.extend(&self.changes);
        cuts.sort_unstable();
        cuts.dedup();
        let told = |at: i64| (at, tell(code_at(Some(members), at), at));
        cuts.into_iter().map(told).collect()
    }

    /// From when on what is told of a team, which depends on the teams above it.
    #[must_use]
    pub fn told_of_team(&self, team: u32, tell: impl Fn(u32, i64) -> u32) -> Vec<(i64, u32)> {
        let cuts = std::iter::once(i64::MIN).chain(self.changes.iter().copied());
        cuts.map(|at| (at, tell(team, at))).collect()
    }
}

/// The code that holds at an instant; 0 = none.
fn code_at(points: Option<&Vec<(i64, u32)>>, at: i64) -> u32 {
    points.and_then(|points| held(points, at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_counts_from_the_top_and_a_short_chain_stays_at_its_deepest() {
        // 1 is the top, 2 and 3 below it, 4 below 2, and below 3 from the instant 10 on; 5 stands alone.
        let parents = vec![
            vec![],
            vec![(0, 0)],
            vec![(0, 1)],
            vec![(0, 1)],
            vec![(0, 2), (10, 3)],
            vec![],
        ];
        let teams = Teams::new(parents, vec![vec![], vec![(0, 4)], vec![(0, 1), (20, 5)]]);
        let at = |team, instant| [1, 2, 3, 4].map(|level| teams.level(team, level, instant));
        assert_eq!(at(4, 5), [1, 2, 4, 4]);
        assert_eq!(at(4, 10), [1, 3, 4, 4]);
        assert_eq!((at(1, 5), at(5, 5), at(0, 5)), ([1; 4], [5; 4], [0; 4]));
        let points = |rep| {
            let mut points = teams.levels(rep, 2);
            points.dedup_by_key(|point| point.1);
            points
        };
        assert_eq!(points(1), [(i64::MIN, 2), (10, 3)]);
        assert_eq!(points(2), [(i64::MIN, 1), (20, 5)]);
        assert_eq!(teams.cuts(), [10, 20]);
    }

    #[test]
    fn a_circle_of_teams_is_left_where_it_closes() {
        let teams = Teams::new(vec![vec![], vec![(0, 2)], vec![(0, 1)]], vec![]);
        assert_eq!(teams.chain(1, 0), [1, 2]);
        assert_eq!(teams.level(1, 1, 0), 2);
    }
}
