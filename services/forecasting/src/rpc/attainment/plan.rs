//! What kpi says of a period with quotas: which days it has, what is to be reached and what is won so far.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{Error, Instant, Result};

use super::ask::Asked;
use crate::source::{At, PeriodValue, Source, Stands, ValuesAsk};

/// Levels of teams that are looked at to tell which team is above which.
pub(super) const LEVELS: usize = 3;
/// Days around as-of that hold its period and the whole ones beside it.
const AROUND: i32 = 800;
/// Days back in which a team has won something, or is not known to be below another.
const TREE_DAYS: i32 = 730;

/// What is to be reached and what is won, in major units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stand {
    pub(super) quota: Option<f64>,
    pub(super) won: f64,
}

/// The members of a dimension.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) dimension: String,
    /// By name; nothing is missing.
    pub(super) stands: BTreeMap<String, Stand>,
}

/// A period with quotas.
#[derive(Debug)]
pub(super) struct Plan {
    /// Its first day.
    pub(super) start: i32,
    /// The day after its last one.
    pub(super) end: i32,
    /// The first day that is not over.
    pub(super) from: i32,
    pub(super) whole: Stand,
    pub(super) dimensions: Vec<Members>,
    /// By team, the names of the teams above it and its own, from the top.
    above: BTreeMap<String, Vec<String>>,
}

impl Plan {
    /// Asks kpi.
    ///
    /// # Errors
    /// What kpi says.
    pub(super) async fn of(source: &Source, at: &At, stands: &Stands, asked: &Asked) -> Result<Self> {
        let last = stands
            .zone
            .date_of(Instant::from_micros(stands.as_of.as_micros() - 1))
            .days();
        let ask = |group_by: &[&str]| ValuesAsk {
            kpis: vec!["quota".to_owned(), "bookings".to_owned()],
            group_by: group_by.iter().map(ToString::to_string).collect(),
            ..ValuesAsk::default()
        };
        let around = ValuesAsk {
            from: last - AROUND,
            to: last + AROUND,
            grain: Some(asked.grain),
            ..ask(&[])
        };
        let told = source.values(at, stands, &around).await?;
        let holds = |value: &&PeriodValue| value.start <= last && last < value.end;
        let now: Vec<&PeriodValue> = told.iter().filter(holds).collect();
        let (start, end) = now
            .first()
            .map(|value| (value.start, value.end))
            .ok_or_else(|| Error::internal("kpi told no period that holds as-of"))?;
        let mut plan = Self {
            start,
            end,
            from: stands.zone.date_of(stands.as_of).days(),
            whole: now.into_iter().fold(Stand::default(), Stand::with),
            dimensions: Vec::new(),
            above: BTreeMap::new(),
        };
        for dimension in &asked.dimensions {
            let of = ValuesAsk {
                from: start,
                to: end,
                ..ask(&[dimension])
            };
            let told = source.values(at, stands, &of).await?;
            plan.add(dimension, &told);
        }
        if asked
            .dimensions
            .iter()
            .any(|dimension| dimension.starts_with("team"))
        {
            let tree = ValuesAsk {
                kpis: vec!["bookings".to_owned()],
                from: last - TREE_DAYS,
                to: last + 1,
                group_by: std::iter::once("team".to_owned())
                    .chain((1..=LEVELS).map(level))
                    .collect(),
                of_now: true,
                ..ValuesAsk::default()
            };
            let told = source.values(at, stands, &tree).await?;
            plan.above = told.iter().filter_map(path).collect();
            plan.whole_teams();
        }
        Ok(plan)
    }

    fn add(&mut self, dimension: &str, told: &[PeriodValue]) {
        let mut stands: BTreeMap<String, Stand> = BTreeMap::new();
        for value in told {
            if let Some(Some(name)) = value.group.first() {
                let stand = stands.entry(name.clone()).or_default();
                *stand = stand.with(value);
            }
        }
        self.dimensions.push(Members {
            dimension: dimension.to_owned(),
            stands,
        });
    }

    /// kpi tells of a team what its own people win, and the quota with that of the teams below it: what these win is added.
    fn whole_teams(&mut self) {
        let above = &self.above;
        for members in self
            .dimensions
            .iter_mut()
            .filter(|members| members.dimension == "team")
        {
            let own: Vec<(String, f64)> = members
                .stands
                .iter()
                .map(|(name, stand)| (name.clone(), stand.won))
                .collect();
            for (name, stand) in &mut members.stands {
                let below = own.iter().filter(|(team, _)| is_within(above, team, name));
                stand.won = below.map(|(_, won)| won).sum();
            }
        }
    }

    /// Whether somebody of a team, or an owner, counts for a member of a dimension.
    pub(super) fn counts(&self, dimension: &str, member: &str, owner: &str, team: &str) -> bool {
        match dimension.strip_prefix("team.") {
            Some(level) => {
                let level: usize = level.parse().unwrap_or(0);
                let path = self.above.get(team);
                path.and_then(|path| path.get(level.wrapping_sub(1)))
                    .is_some_and(|name| name == member)
            }
            None if dimension == "team" => is_within(&self.above, team, member),
            None => owner == member,
        }
    }

    /// Whether kpi tells of a member what this plan tells of it, so that the truth can be asked of it.
    pub(super) fn is_plain(&self, dimension: &str, member: &str) -> bool {
        let teams = self.above.iter();
        dimension != "team"
            || !teams
                .clone()
                .any(|(team, path)| team != member && path.contains(&member.to_owned()))
    }

    /// How many weeks are left of it, one that has begun as a whole; 1 at least.
    pub(super) fn weeks_left(&self) -> u32 {
        u32::try_from(self.end - self.from)
            .map_or(1, |days| days.div_ceil(7))
            .max(1)
    }

    /// What there is to know about it.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.whole.quota.is_none() {
            notes.push("there is no quota in amounts for that period".to_owned());
        }
        notes
    }
}

impl Stand {
    fn with(self, value: &PeriodValue) -> Self {
        match value.kpi.as_str() {
            "quota" => Self {
                quota: value.value,
                ..self
            },
            _ => Self {
                won: value.value.unwrap_or(0.0),
                ..self
            },
        }
    }
}

fn is_within(above: &BTreeMap<String, Vec<String>>, team: &str, member: &str) -> bool {
    team == member
        || above
            .get(team)
            .is_some_and(|path| path.iter().any(|name| name == member))
}

fn level(number: usize) -> String {
    format!("team.{number}")
}

/// A team and those above it, from the top.
fn path(value: &PeriodValue) -> Option<(String, Vec<String>)> {
    let (team, levels) = value.group.split_first()?;
    let mut seen = BTreeSet::new();
    let path = levels
        .iter()
        .flatten()
        .filter(|name| seen.insert((*name).clone()));
    Some((team.clone()?, path.cloned().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kpi: &str, group: &[Option<&str>], value: Option<f64>) -> PeriodValue {
        PeriodValue {
            kpi: kpi.to_owned(),
            start: 0,
            end: 90,
            group: group.iter().map(|name| name.map(str::to_owned)).collect(),
            value,
        }
    }

    fn plan() -> Plan {
        let tree = [
            value(
                "bookings",
                &[Some("East"), Some("Americas"), Some("East"), None],
                None,
            ),
            value("bookings", &[Some("Europe"), Some("Europe"), None, None], None),
            value("bookings", &[None, None, None, None], None),
        ];
        let mut plan = Plan {
            start: 0,
            end: 90,
            from: 60,
            whole: Stand::default(),
            dimensions: Vec::new(),
            above: tree.iter().filter_map(path).collect(),
        };
        let told = [
            value("quota", &[Some("Americas")], Some(100.0)),
            value("quota", &[Some("East")], Some(60.0)),
            value("bookings", &[Some("Americas")], Some(5.0)),
            value("bookings", &[Some("East")], Some(30.0)),
            value("bookings", &[Some("Europe")], Some(7.0)),
            value("bookings", &[None], Some(1.0)),
        ];
        plan.add("team", &told);
        plan.whole_teams();
        plan
    }

    #[test]
    fn a_team_has_what_those_below_it_win() {
        let plan = plan();
        let won = |name: &str| plan.dimensions[0].stands[name].won;
        assert_eq!((won("Americas"), won("East"), won("Europe")), (35.0, 30.0, 7.0));
        assert_eq!(plan.dimensions[0].stands["Europe"].quota, None);
        assert!(plan.counts("team", "Americas", "ann", "East"));
        assert!(!plan.counts("team", "East", "ann", "Americas"));
        assert!(plan.counts("team.1", "Americas", "ann", "East"));
        assert!(plan.counts("team.2", "East", "ann", "East"));
        assert!(!plan.counts("team.2", "Europe", "ann", "Europe"));
        assert!(plan.counts("owner", "ann", "ann", "East"));
        assert!(plan.is_plain("team", "East") && !plan.is_plain("team", "Americas"));
        assert!(plan.is_plain("owner", "ann"));
    }

    #[test]
    fn the_weeks_that_are_left_tell_forecasts_of_a_period_apart() {
        let left = |from: i32| Plan { from, ..plan() }.weeks_left();
        assert_eq!((left(0), left(1), left(6), left(60)), (13, 13, 12, 5));
        assert_eq!((left(83), left(89), left(90), left(95)), (1, 1, 1, 1));
    }
}
