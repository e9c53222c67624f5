//! Reps, teams and accounts over time: what they are called and what attributes they carry.

mod levels;
mod tenure;
mod tree;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bellwether_domain::Zone;
use bellwether_domain::record::{Account, Rep, Team};

use super::history::History;
use super::kept::Kept;
use super::merges::Merges;
use super::{Attribute, Dictionary, Effective};
use crate::facts::Key;
use crate::table::Dict;

pub use levels::Teams;

/// Teams are climbed so many steps at most: their tree may be damaged.
const MAX_DEPTH: usize = 64;
/// Arrays kept ready, at most.
const MAX_ARRAYS: usize = 64;

#[derive(Debug, Clone)]
struct RepState {
    name: u32,
    manager: u32,
    team: u32,
    region: u32,
    territory: u32,
    /// The first day of employment, days since 1970-01-01.
    start: Option<i32>,
}

#[derive(Debug, Clone)]
struct TeamState {
    name: u32,
    parent: u32,
    manager: u32,
    region: u32,
    territory: u32,
}

#[derive(Debug, Clone)]
struct AccountState {
    name: u32,
    industry: u32,
    region: u32,
    segment: u32,
}

/// An attribute of so many entities, as it was after so many changes of what it tells of, under these settings.
type ArrayKey = (Attribute, usize, usize, u64);

/// The dictionaries that people are told in.
pub(crate) struct Words<'a> {
    pub(crate) reps: &'a Dictionary,
    pub(crate) teams: &'a Dictionary,
    pub(crate) accounts: &'a Dictionary,
    pub(crate) attributes: &'a Dictionary,
}

/// The dictionaries that learn from people.
pub(crate) struct Vocabulary<'a> {
    pub(crate) reps: &'a Dictionary,
    pub(crate) teams: &'a mut Dictionary,
    pub(crate) attributes: &'a mut Dictionary,
}

/// The reps, teams and accounts of a tenant.
#[derive(Debug, Default)]
pub(crate) struct People {
    reps: Vec<History<RepState>>,
    accounts: Vec<History<AccountState>>,
    merged_accounts: Merges,
    teams: Vec<History<TeamState>>,
    names: Dictionary,
    /// Who is named as a manager, by codes of the attribute dictionary.
    managers: HashSet<u32>,
    /// The changes that touched reps or teams, and accounts.
    touched: [Vec<u64>; 2],
    arrays: Kept<ArrayKey, Effective, MAX_ARRAYS>,
}

impl People {
    /// A version of the rep of a code and id; `None` = a tombstone.
    pub(crate) fn add_rep(
        &mut self,
        (code, id): (u32, &str),
        key: Key,
        rep: Option<&Rep>,
        words: &mut Vocabulary<'_>,
    ) {
        let state = rep.map(|rep| {
            let manager = self.manager(rep.manager.as_deref(), words);
            let team = team(rep.team_id.as_deref(), words);
            RepState {
                name: self.names.intern(&rep.name),
                manager,
                team,
                region: words.word(rep.region.as_ref()),
                territory: words.word(rep.territory.as_ref()),
                start: rep.start_date.map(|day| day.days()),
            }
        });
        if let Some(rep) = rep
            && words
                .attributes
                .code(id)
                .is_some_and(|word| self.managers.contains(&word))
        {
            label(&rep.name, id, words.attributes);
        }
        history(&mut self.reps, code).add(key, state);
        self.touched[0].push(key.2);
    }

    /// A version of a team; `None` = a tombstone.
    pub(crate) fn add_team(&mut self, id: &str, key: Key, says: Option<&Team>, words: &mut Vocabulary<'_>) {
        let code = team(Some(id), words);
        let state = says.map(|says| {
            label(&says.name, id, words.attributes);
            TeamState {
                name: self.names.intern(&says.name),
                parent: team(says.parent_id.as_deref(), words),
                manager: self.manager(says.manager.as_deref(), words),
                region: words.word(says.region.as_ref()),
                territory: words.word(says.territory.as_ref()),
            }
        });
        history(&mut self.teams, code).add(key, state);
        self.touched[0].push(key.2);
    }

    /// A version of the account of a code; `None` = a tombstone.
    pub(crate) fn add_account(
        &mut self,
        code: u32,
        key: Key,
        account: Option<&Account>,
        words: &mut Vocabulary<'_>,
    ) {
        let state = account.map(|account| AccountState {
            name: self.names.intern(&account.name),
            industry: words.word(account.industry.as_ref()),
            region: words.word(account.region.as_ref()),
            segment: words.word(account.segment.as_ref()),
        });
        history(&mut self.accounts, code).add(key, state);
        self.touched[1].push(key.2);
    }

    /// How many changes of accounts there were up to `seq`.
    pub(crate) fn changes_of_accounts(&self, seq: u64) -> usize {
        self.touched[1].partition_point(|change| *change <= seq)
    }

    /// The versions of an account, and whether each says that it lives.
    pub(crate) fn versions_of_account(&self, code: u32) -> Vec<(Key, bool)> {
        self.accounts
            .get(code as usize)
            .map(History::keys)
            .unwrap_or_default()
    }

    /// The merges of accounts.
    pub(crate) fn merged_accounts(&mut self) -> &mut Merges {
        &mut self.merged_accounts
    }

    /// Who answers for an account that was merged away, as known at `seq`.
    pub(crate) fn surviving_account(&self, code: u32, seq: u64) -> Option<u32> {
        let newest = || self.accounts.get(code as usize)?.newest_key(seq);
        self.merged_accounts.survivor(code, newest)
    }

    /// The code of a manager's word; the names that may be shown in its place get codes too.
    fn manager(&mut self, manager: Option<&str>, words: &mut Vocabulary<'_>) -> u32 {
        let manager = manager.unwrap_or_default();
        let word = words.attributes.intern(manager);
        if word != 0
            && self.managers.insert(word)
            && let Some(rep) = words
                .reps
                .code(manager)
                .and_then(|code| self.reps.get(code as usize))
        {
            for state in rep.states() {
                label(self.names.name(state.name), manager, words.attributes);
            }
        }
        word
    }

    /// The last change of a rep or team; 0 = none.
    pub(crate) fn touched_reps(&self) -> u64 {
        self.touched[0].last().copied().unwrap_or(0)
    }

    /// The last change of an account; 0 = none.
    pub(crate) fn touched_accounts(&self) -> u64 {
        self.touched[1].last().copied().unwrap_or(0)
    }

    pub(crate) fn rep_names(&self, ids: &Dictionary, seq: u64) -> Vec<Arc<str>> {
        let name = |rep: &RepState| self.names.name(rep.name);
        display_names(ids, |code| self.reps.get(code)?.newest(seq).map(name))
    }

    pub(crate) fn account_names(&self, ids: &Dictionary, seq: u64) -> Vec<Arc<str>> {
        let name = |account: &AccountState| self.names.name(account.name);
        let mut names = display_names(ids, |code| self.accounts.get(code)?.newest(seq).map(name));
        for code in self.merged_accounts.all() {
            if let Some(survivor) = self.surviving_account(code, seq)
                && let Some(name) = names.get(survivor as usize).cloned()
                && let Some(shown) = names.get_mut(code as usize)
            {
                *shown = name;
            }
        }
        names
    }

    pub(crate) fn team_names(&self, ids: &Dictionary, seq: u64) -> Vec<Arc<str>> {
        let name = |team: &TeamState| self.names.name(team.name);
        display_names(ids, |code| self.teams.get(code)?.newest(seq).map(name))
    }

    /// An attribute's array as known at `seq`; kept until what it tells of changes.
    pub(crate) fn attribute(
        &self,
        attribute: Attribute,
        seq: u64,
        words: &Words<'_>,
        (settled, zone): (u64, &Zone),
    ) -> Effective {
        let (touched, entities) = match attribute.entity() {
            Dict::Account => (&self.touched[1], words.accounts.len()),
            _ => (&self.touched[0], words.reps.len()),
        };
        let key = (
            attribute,
            touched.partition_point(|change| *change <= seq),
            entities,
            if attribute == Attribute::Tenure {
                settled
            } else {
                0
            },
        );
        self.arrays.get(key, || match attribute {
            Attribute::Tenure => self.tenures(seq, entities, zone),
            _ => self.build(attribute, seq, entities, words),
        })
    }

    fn build(&self, attribute: Attribute, seq: u64, entities: usize, words: &Words<'_>) -> Effective {
        let account = |code: usize, value: fn(&AccountState) -> u32| {
            let survivor = u32::try_from(code)
                .ok()
                .and_then(|code| self.surviving_account(code, seq));
            let living = self
                .accounts
                .get(survivor.map_or(code, |survivor| survivor as usize))
                .map(|account| account.living(seq))
                .unwrap_or_default();
            living
                .into_iter()
                .map(|(at, state)| (at, value(state)))
                .collect::<Vec<_>>()
        };
        let array = |points: &dyn Fn(usize) -> Vec<(i64, u32)>| Effective::new((0..entities).map(points));
        match attribute {
            Attribute::AccountIndustry => array(&|code| account(code, |state| state.industry)),
            Attribute::AccountRegion => array(&|code| account(code, |state| state.region)),
            Attribute::AccountSegment => array(&|code| account(code, |state| state.segment)),
            Attribute::Team => {
                let labels = codes(&self.team_names(words.teams, seq), words.attributes);
                let team = |state: &RepState| labels.get(state.team as usize).copied().unwrap_or(0);
                array(&|code| {
                    let living = self.reps.get(code).map(|rep| rep.living(seq)).unwrap_or_default();
                    living.into_iter().map(|(at, state)| (at, team(state))).collect()
                })
            }
            Attribute::TeamLevel(level) => {
                let labels = codes(&self.team_names(words.teams, seq), words.attributes);
                let teams = self.teams(seq, entities, words.teams.len());
                array(&|code| {
                    let points = teams.levels(u32::try_from(code).unwrap_or(0), level);
                    let label = |team: u32| labels.get(team as usize).copied().unwrap_or(0);
                    points.into_iter().map(|(at, team)| (at, label(team))).collect()
                })
            }
            // Told in other words than those of the records.
            Attribute::Tenure => Effective::new(std::iter::empty()),
            Attribute::Region => array(&self.inherited(seq, |rep| rep.region, |team| team.region)),
            Attribute::Territory => array(&self.inherited(seq, |rep| rep.territory, |team| team.territory)),
            Attribute::Manager => {
                let labels = codes(&self.rep_names(words.reps, seq), words.attributes);
                let shown = |word: u32| {
                    let rep = words
                        .reps
                        .code(words.attributes.name(word))
                        .filter(|code| *code != 0);
                    rep.and_then(|code| labels.get(code as usize))
                        .copied()
                        .filter(|label| *label != 0)
                        .unwrap_or(word)
                };
                let points = self.inherited(seq, |rep| rep.manager, |team| team.manager);
                array(&|code| {
                    points(code)
                        .into_iter()
                        .map(|(at, word)| (at, shown(word)))
                        .collect()
                })
            }
        }
    }

    /// A rep's own value, else that of the nearest team above that has one, over time.
    fn inherited(
        &self,
        seq: u64,
        own: fn(&RepState) -> u32,
        of_team: fn(&TeamState) -> u32,
    ) -> impl Fn(usize) -> Vec<(i64, u32)> {
        let teams: Vec<Vec<(i64, &TeamState)>> = self.teams.iter().map(|team| team.living(seq)).collect();
        let mut changes: Vec<i64> = teams
            .iter()
            .flat_map(|team| team.iter().skip(1).map(|(at, _)| *at))
            .collect();
        changes.sort_unstable();
        changes.dedup();
        move |code| {
            let rep = self.reps.get(code).map(|rep| rep.living(seq)).unwrap_or_default();
            if rep.is_empty() {
                return Vec::new();
            }
            let mut cuts: Vec<i64> = rep.iter().map(|(at, _)| *at).collect();
            if rep.iter().any(|(_, state)| own(state) == 0 && state.team != 0) {
                cuts.extend(&changes);
                // What a team was before the rep's first instant counts too: the rep's first version holds from ever.
                cuts.push(i64::MIN);
            }
            cuts.sort_unstable();
            cuts.dedup();
            let value = |at: i64| {
                let state = held(&rep, at).map(|state| (own(state), state.team));
                let (value, team) = state.unwrap_or_default();
                if value != 0 {
                    value
                } else {
                    climb(&teams, team, at, of_team)
                }
            };
            cuts.into_iter().map(|at| (at, value(at))).collect()
        }
    }
}

impl Vocabulary<'_> {
    fn word(&mut self, text: Option<&String>) -> u32 {
        self.attributes.intern(text.map_or("", String::as_str))
    }
}

/// The code of a team; its id may be shown as an attribute's value.
fn team(id: Option<&str>, words: &mut Vocabulary<'_>) -> u32 {
    let id = id.unwrap_or_default();
    words.attributes.intern(id);
    words.teams.intern(id)
}

/// The value of the nearest team from `team` upwards that has one.
fn climb(teams: &[Vec<(i64, &TeamState)>], mut team: u32, at: i64, value: fn(&TeamState) -> u32) -> u32 {
    for _ in 0..MAX_DEPTH {
        let Some(state) = teams.get(team as usize).and_then(|team| held(team, at)) else {
            return 0;
        };
        if value(state) != 0 {
            return value(state);
        }
        team = state.parent;
    }
    0
}

/// What holds at an instant, of what holds from when on; the first holds from the beginning of time.
fn held<T: Copy>(points: &[(i64, T)], at: i64) -> Option<T> {
    let later = points.partition_point(|(from, _)| *from <= at);
    points.get(later.saturating_sub(1)).map(|(_, value)| *value)
}

/// Gives codes to both ways in which a name may be shown.
fn label(name: &str, id: &str, words: &mut Dictionary) {
    if !name.is_empty() {
        words.intern(name);
        words.intern(&told_apart(name, id));
    }
}

fn told_apart(name: &str, id: &str) -> String {
    format!("{name} ({id})")
}

fn history<T>(all: &mut Vec<History<T>>, code: u32) -> &mut History<T> {
    let code = code as usize;
    if all.len() <= code {
        all.resize_with(code + 1, History::default);
    }
    &mut all[code]
}

/// What each code of `ids` is called: its name, with the id where others have the name too, else the id.
fn display_names<'a>(ids: &Dictionary, name: impl Fn(usize) -> Option<&'a str>) -> Vec<Arc<str>> {
    let names: Vec<&str> = (0..ids.len())
        .map(|code| name(code).unwrap_or_default())
        .collect();
    let mut bearers: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for name in &names {
        *bearers.entry(name).or_default() += 1;
    }
    let shown = |(name, code): (&&str, u32)| match *name {
        "" => ids.name(code).into(),
        name if bearers[name] > 1 => told_apart(name, ids.name(code)).into(),
        name => name.into(),
    };
    names.iter().zip(0..).map(shown).collect()
}

fn codes(labels: &[Arc<str>], words: &Dictionary) -> Vec<u32> {
    labels
        .iter()
        .map(|label| words.code(label).unwrap_or(0))
        .collect()
}
