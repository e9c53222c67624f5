//! For which groups a quota counts.

use std::collections::HashSet;

use super::Stand;
use super::rows::Quota;
use crate::catalogue::Dimension;
use crate::query::check::Checked;
use crate::query::groups::{Names, is_wanted, shown_teams};
use crate::scan::FactSource;
use crate::table::Dict;

/// Whether quotas of teams count by a dimension: those of all others belong to reps, whose own quotas they tell apart.
pub(in crate::query) fn knows(dimension: &Dimension) -> bool {
    matches!(
        dimension,
        Dimension::Team | Dimension::TeamLevel(_) | Dimension::TeamTree | Dimension::Currency
    )
}

/// How quotas become groups, and which of them count.
#[derive(Debug)]
pub(in crate::query) struct Group {
    dimensions: Vec<(Dimension, Names)>,
    /// Each with the names that pass; the empty one = missing.
    filters: Vec<(Dimension, HashSet<String>)>,
    /// Whether a team above others has only what those directly in it are to reach.
    members: bool,
}

/// What the teams are called.
pub(super) struct Labels {
    /// By team: the code of its name in the dictionary of attributes.
    words: Vec<u32>,
    names: Vec<std::sync::Arc<str>>,
    /// By filter: whether each team is named by it.
    named: Vec<Vec<bool>>,
    /// By code of a currency its name.
    currencies: Vec<std::sync::Arc<str>>,
}

impl Group {
    /// Of the groups and filters of a question.
    pub(in crate::query) fn new(
        dimensions: Vec<(Dimension, Names)>,
        checked: &Checked<'_>,
        members: bool,
    ) -> Self {
        let filters = checked.filters.iter().map(|(dimension, wanted)| {
            let wanted = wanted.iter().map(|one| one.clone().unwrap_or_default());
            (dimension.clone(), wanted.collect())
        });
        Self {
            dimensions,
            filters: filters.collect(),
            members,
        }
    }

    /// How many groups there are: as the plan saw to it, few enough to be numbered.
    pub(super) fn space(&self) -> u64 {
        self.dimensions.iter().map(|(_, names)| names.len()).product()
    }

    pub(super) fn labels(&self, source: &dyn FactSource, seq: u64) -> Labels {
        let names = shown_teams(source, seq);
        let dictionary = source.dictionary(Dict::Attribute);
        let words = names
            .iter()
            .map(|name| dictionary.code(name).unwrap_or(0))
            .collect();
        let named = |(_, wanted): &(Dimension, HashSet<String>)| {
            let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
            let teams = names.iter().zip(0_u32..);
            teams
                .map(|(name, code)| code != 0 && is_wanted(source, code, name, &wanted))
                .collect()
        };
        Labels {
            named: self.filters.iter().map(named).collect(),
            words,
            currencies: source.display_names(Dict::Currency, seq),
            names,
        }
    }

    /// The groups for which a quota counts while the teams stand so.
    pub(super) fn of(&self, quota: &Quota, stand: &Stand<'_>, labels: &Labels) -> Vec<u64> {
        let holder = if quota.team == 0 {
            stand.teams.team_of(quota.rep, stand.at)
        } else {
            quota.team
        };
        let chain = stand.teams.chain(holder, stand.at);
        let mut counts = chain.as_slice();
        // A team with a quota of its own hides those below it.
        let hides = |(place, team): (usize, &u32)| (place > 0 || quota.team == 0) && stand.own.contains(team);
        let hidden = chain.iter().enumerate().position(hides);
        if let Some(place) = hidden {
            counts = &chain[..place];
        }
        if !self.is_of_teams() {
            let company = hidden
                .is_none()
                .then(|| self.key(0, quota, stand, labels))
                .flatten();
            return company.into_iter().collect();
        }
        if chain.is_empty() {
            return self.key(0, quota, stand, labels).into_iter().collect();
        }
        let keys: Vec<Option<u64>> = chain
            .iter()
            .map(|team| self.key(*team, quota, stand, labels))
            .collect();
        let shallow =
            |place: usize| self.is_above(chain.len() - place) && stand.parents.contains(&chain[place]);
        if quota.team == 0 && shallow(0) {
            return keys[0].into_iter().collect();
        }
        let mut found = Vec::new();
        for place in (0..counts.len()).filter(|place| !shallow(*place)) {
            // The topmost team of a group stands for it.
            found.extend(keys[place].filter(|key| !keys[place + 1..].contains(&Some(*key))));
        }
        found
    }

    /// Whether teams tell groups apart at all.
    fn is_of_teams(&self) -> bool {
        let grouped = self.dimensions.iter().map(|(one, _)| one);
        let mut all = grouped.chain(self.filters.iter().map(|(one, _)| one));
        all.any(|one| *one != Dimension::Currency)
    }

    /// Whether a team so deep stands above a level that is asked for: of those below it others tell.
    fn is_above(&self, depth: usize) -> bool {
        let grouped = self.dimensions.iter().map(|(one, _)| one);
        let mut all = grouped.chain(self.filters.iter().map(|(one, _)| one));
        all.any(|one| match one {
            Dimension::Team => self.members,
            Dimension::TeamLevel(level) => depth < usize::from(*level),
            _ => false,
        })
    }

    /// The group of a team (0 = none), `None` = a filter leaves it out.
    fn key(&self, team: u32, quota: &Quota, stand: &Stand<'_>, labels: &Labels) -> Option<u64> {
        let label = |level: u8| {
            let found = stand.teams.level(team, level, stand.at) as usize;
            (labels.words.get(found).copied().unwrap_or(0), found)
        };
        for ((dimension, wanted), named) in self.filters.iter().zip(&labels.named) {
            let name = |code: usize| labels.names.get(code).map_or("", |name| &**name);
            let passes = match dimension {
                Dimension::Team => wanted.contains(name(team as usize)),
                Dimension::TeamLevel(level) => wanted.contains(name(label(*level).1)),
                Dimension::TeamTree if team == 0 => wanted.contains(""),
                Dimension::TeamTree => {
                    let chain = stand.teams.chain(team, stand.at);
                    chain
                        .iter()
                        .any(|one| named.get(*one as usize).copied().unwrap_or(false))
                }
                _ => {
                    let name = labels.currencies.get(quota.currency as usize);
                    wanted.contains(name.map_or("", |name| &**name))
                }
            };
            if !passes {
                return None;
            }
        }
        let mut key = 0;
        for (dimension, names) in &self.dimensions {
            let number = match dimension {
                Dimension::TeamLevel(level) => names.number(label(*level).0),
                Dimension::Currency => names.number(quota.currency),
                _ => names.number(labels.words.get(team as usize).copied().unwrap_or(0)),
            };
            key = key * names.len() + u64::from(number);
        }
        Some(key)
    }
}
