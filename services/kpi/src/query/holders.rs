//! Quotas of teams: a group's quota is its own record on the days where it has one, else the sum of its direct children's,
//! never both. The children of a team are the teams below it and the reps directly in it; the company is the root.
//!
//! Row by row: a quota counts for a team above its holder unless a team in between has a quota of its own on that day.

mod groups;
mod rows;

use std::collections::{HashMap, HashSet};

use bellwether_domain::{Instant, Result, Zone};

use crate::scan::{Acc, CellMap, Counted, FactSource};
use crate::table::Column;
use crate::tenant::Teams;

pub(super) use groups::{Group, knows};
pub(super) use rows::{Quota, quotas};

/// Amounts of quotas to be counted by the tree of teams.
#[derive(Debug)]
pub(super) struct Tree {
    /// The column of the amounts.
    pub(super) value: Column,
    /// The days of each period, the second exclusive.
    pub(super) periods: Vec<(i32, i32)>,
    /// How rows become groups.
    pub(super) group: Group,
    /// Whether rows are told apart by the quota that they come from, before the groups.
    pub(super) by_record: bool,
    /// The code of the tenant's currency, where amounts in others are told apart.
    pub(super) home: Option<u32>,
    /// Whether the rate of an amount depends on its day.
    pub(super) by_day: bool,
    /// The instant as of which the tree counts; `None` = as it is on each day.
    pub(super) now: Option<i64>,
    /// The tenant's zone.
    pub(super) zone: Zone,
}

/// The teams of a stretch of days over which nothing changes.
struct Stand<'a> {
    teams: &'a Teams,
    at: i64,
    /// Teams with quotas of their own.
    own: HashSet<u32>,
    /// Teams with teams below them.
    parents: HashSet<u32>,
}

impl Tree {
    /// Counts the quotas as known at `seq`.
    ///
    /// # Errors
    /// `INTERNAL` where the facts do not have the columns of quotas.
    pub(super) fn run(&self, source: &dyn FactSource, seq: u64) -> Result<Counted> {
        let quotas = quotas(source, self.value, seq, &self.zone)?;
        let teams = source.teams(seq);
        let labels = self.group.labels(source, seq);
        let mut counted = Counted::default();
        let mut seen: HashSet<(u64, usize)> = HashSet::new();
        for (from, until) in self.stretches(&quotas, &teams) {
            let held: Vec<usize> = (0..quotas.len())
                .filter(|index| quotas[*index].holds(from))
                .collect();
            if held.is_empty() {
                continue;
            }
            let stand = self.stand(&teams, from, held.iter().map(|index| &quotas[*index]));
            for index in held {
                let quota = &quotas[index];
                for group in self.group.of(quota, &stand, &labels) {
                    self.take((index, quota), group, (from, until), &mut counted, &mut seen);
                }
            }
        }
        counted.cells = cells(&seen);
        Ok(counted)
    }

    /// Adds a quota over some days to a group.
    fn take(
        &self,
        (index, quota): (usize, &Quota),
        group: u64,
        (from, until): (i32, i32),
        counted: &mut Counted,
        seen: &mut HashSet<(u64, usize)>,
    ) {
        let periods = self.periods.len() as u64;
        let record = if self.by_record { u64::from(quota.code) } else { 0 };
        let group = (record * self.group.space() + group) * periods;
        for ((start, end), period) in self.periods.iter().zip(0_u64..) {
            let days = until.min(*end) - from.max(*start);
            if days <= 0 {
                continue;
            }
            let cell = group + period;
            seen.insert((cell, index));
            let key = match self.home {
                Some(home) if quota.currency != home => {
                    (cell, quota.currency, if self.by_day { quota.day } else { 0 })
                }
                _ => (cell, 0, 0),
            };
            *counted.spread.entry((key, quota.length)).or_default() +=
                i128::from(quota.amount) * i128::from(days);
        }
    }

    /// The stretches of days, first and end, over which neither quotas nor teams change.
    fn stretches(&self, quotas: &[Quota], teams: &Teams) -> Vec<(i32, i32)> {
        let mut cuts: Vec<i32> = quotas
            .iter()
            .flat_map(|quota| [quota.first, quota.until])
            .collect();
        cuts.extend(self.periods.iter().flat_map(|(start, end)| [*start, *end]));
        if self.now.is_none() {
            // A day is told by how it begins.
            let begins = |at: i64| {
                let at = Instant::from_micros(at);
                let day = self.zone.date_of(at);
                let later = i32::from(self.zone.start_of_day(day) < at);
                day.days() + later
            };
            cuts.extend(teams.cuts().into_iter().map(begins));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let (first, last) = (
            quotas.iter().map(|quota| quota.first).min().unwrap_or(0),
            quotas.iter().map(|quota| quota.until).max().unwrap_or(0),
        );
        let stretches = cuts.windows(2).map(|pair| (pair[0], pair[1]));
        stretches
            .filter(|(from, until)| first <= *from && *until <= last && self.meets(*from, *until))
            .collect()
    }

    fn meets(&self, from: i32, until: i32) -> bool {
        self.periods
            .iter()
            .any(|(start, end)| from < *end && *start < until)
    }

    fn stand<'a>(&self, teams: &'a Teams, day: i32, held: impl Iterator<Item = &'a Quota>) -> Stand<'a> {
        let day = bellwether_domain::CivilDate::from_days(day);
        let at = self
            .now
            .unwrap_or_else(|| self.zone.start_of_day(day).as_micros());
        let count = u32::try_from(teams.len()).unwrap_or(u32::MAX);
        Stand {
            teams,
            at,
            own: held.map(|quota| quota.team).filter(|team| *team != 0).collect(),
            parents: (1..count)
                .map(|team| teams.above(team, at))
                .filter(|team| *team != 0)
                .collect(),
        }
    }
}

/// How many quotas each cell has.
fn cells(seen: &HashSet<(u64, usize)>) -> CellMap<Acc> {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for (cell, _) in seen {
        *counts.entry(*cell).or_default() += 1;
    }
    let acc = |(cell, items)| {
        let acc = Acc {
            items,
            seen: items,
            sum: 0,
        };
        (cell, acc)
    };
    counts.into_iter().map(acc).collect()
}
