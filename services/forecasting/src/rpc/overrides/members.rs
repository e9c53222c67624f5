//! Of whom something may be said: those that records know. A name that is misspelt would be shown, kept and scored as
//! somebody of whom nothing was expected.

use std::collections::BTreeSet;

use bellwether_domain::{Error, ErrorReason, Result};

use crate::source::{At, PeriodValue, Source, Stands, ValuesAsk};

/// How many days back records are looked at: about four years.
const BACK: i32 = 1_461;
/// And ahead, for quotas of people who are new.
const AHEAD: i32 = 800;
/// How many names a message has.
const MOST_NAMED: usize = 20;
/// The levels of teams above a team that are looked at.
const LEVELS: usize = 3;
/// Who has deals, won some, or is to.
const KPIS: [&str; 3] = ["deals_created", "bookings", "quota"];

/// Whether a dimension has a member around a day.
///
/// # Errors
/// What kpi says; `INVALID_ARGUMENT` naming those that there are.
pub(super) async fn is_one(
    source: &Source,
    (at, stands): (&At, &Stands),
    (dimension, name): (&str, &str),
    today: i32,
) -> Result<()> {
    let mut known = BTreeSet::new();
    for kpi in KPIS {
        let mut group_by = vec![dimension.to_owned()];
        // A team that only has teams below it wins nothing itself.
        if dimension == "team" && kpi != "quota" {
            group_by.extend((1..=LEVELS).map(|level| format!("team.{level}")));
        }
        let ask = ValuesAsk {
            kpis: vec![kpi.to_owned()],
            from: today - BACK,
            to: today + AHEAD,
            group_by,
            of_now: true,
            ..ValuesAsk::default()
        };
        match source.values(at, stands, &ask).await {
            Ok(told) => known.extend(names(told)),
            // Quotas are of people only, and not every tenant has each dimension of deals: bookings decide.
            Err(error) if kpi != "bookings" && error.reason == ErrorReason::UnknownDimension => {}
            Err(error) => return Err(error),
        }
        if known.contains(name) {
            return Ok(());
        }
    }
    Err(unknown(dimension, name, &known))
}

fn names(told: Vec<PeriodValue>) -> impl Iterator<Item = String> {
    told.into_iter().flat_map(|value| value.group).flatten()
}

fn unknown(dimension: &str, name: &str, known: &BTreeSet<String>) -> Error {
    let name: String = name.chars().filter(|char| !char.is_control()).take(80).collect();
    let mut all: Vec<&str> = known.iter().take(MOST_NAMED).map(String::as_str).collect();
    let more = format!("{} more", known.len().saturating_sub(MOST_NAMED));
    if known.len() > MOST_NAMED {
        all.push(&more);
    }
    let others = if all.is_empty() {
        "no deal and no quota has any".to_owned()
    } else {
        format!("there are {}", all.join(", "))
    };
    let text = format!("no {dimension} is called `{name}`: {others}");
    Error::invalid(ErrorReason::InvalidField, "period.member", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_known_is_told_who_is() {
        let known: BTreeSet<String> = ["Ann", "Bo"].map(str::to_owned).into();
        let said = |known: &BTreeSet<String>| unknown("owner", "Nobody", known).violations[0].to_string();
        let expected = "period.member: no owner is called `Nobody`: there are Ann, Bo";
        assert_eq!(said(&known), expected);
        assert!(said(&BTreeSet::new()).ends_with("no deal and no quota has any"));
        let many: BTreeSet<String> = (0..30).map(|at| format!("rep {at:02}")).collect();
        assert!(said(&many).ends_with("rep 19, 10 more"));
    }
}
