//! People's own calls beside what the models said of the same: what they called commit, and what they put in place of a
//! forecast.

use std::collections::BTreeMap;

use bellwether_contracts::forecasting::PeopleBeside;
use bellwether_domain::time::DAY_MICROS;

use crate::accuracy::{Beside, Served as Said, beside};
use crate::store::{Fate, Kind, Point, Served};

/// What people call a deal that they commit to.
const COMMIT: &str = "commit";
/// The commits of all people together.
const EVERYONE: &str = "(everyone)";
/// What stands before the name of whoever made a call, in the model of its values.
const CALL_BY: &str = "call by ";

/// The rows of an answer.
pub(super) fn people(fates: &[Fate], scored: &[Served]) -> Vec<PeopleBeside> {
    let mut all = commits(fates);
    all.extend(calls(scored));
    beside(&all).into_iter().map(shown).collect()
}

/// The known amounts of the deals that a person committed to beside what the model expected of all deals of that person,
/// and what those brought.
fn commits(fates: &[Fate]) -> Vec<Said> {
    #[derive(Default)]
    struct Sums {
        committed: Option<f64>,
        expected: f64,
        came: f64,
    }
    let mut sums: BTreeMap<(i32, i32, &str), Sums> = BTreeMap::new();
    let decided = |fate: &&Fate| fate.of.kind == Kind::Pipeline as i32 && fate.came.is_some();
    for fate in fates.iter().filter(decided) {
        let owner = Some(fate.said.owner.as_str()).filter(|owner| !owner.is_empty());
        for person in owner.into_iter().chain([EVERYONE]) {
            let sum = sums.entry((fate.of.made, fate.of.days, person)).or_default();
            if fate.said.category.trim().eq_ignore_ascii_case(COMMIT) {
                *sum.committed.get_or_insert(0.0) += fate.said.amount.unwrap_or(0.0);
            }
            sum.expected += fate.said.chance * fate.said.worth.unwrap_or(0.0);
            sum.came += fate.came_amount.unwrap_or(0.0);
        }
    }
    let mut said = Vec::new();
    for ((made, days, person), sum) in sums {
        let Some(committed) = sum.committed else { continue };
        let value = |owner: &str, model: &str, value: f64| Said {
            of: format!("bookings\0{person}\0{days}"),
            model: model.to_owned(),
            owner: owner.to_owned(),
            made,
            due: made.saturating_add(days),
            steps: 1,
            said: value,
            bands: Vec::new(),
            scale: None,
            came: Some(sum.came),
        };
        said.push(value(person, COMMIT, committed));
        said.push(value("", "pipeline", sum.expected));
    }
    said
}

/// Values that people said, and those that models said.
fn calls(scored: &[Served]) -> Vec<Said> {
    let mut all = Vec::new();
    for served in scored {
        for point in &served.points {
            let person = point
                .model
                .strip_prefix(CALL_BY)
                .filter(|_| served.kind == Kind::Override);
            // What a forecast became by overrides is neither.
            if person.is_none() && served.kind == Kind::Override {
                continue;
            }
            let model = match (person, served.kind) {
                (Some(_), _) => "call",
                (None, Kind::Trend) => "trend",
                (None, Kind::Attainment) => "attainment",
                (None, _) => "pipeline",
            };
            all.push(said(served, point, person.unwrap_or_default(), model));
        }
    }
    all
}

fn said(served: &Served, point: &Point, owner: &str, model: &str) -> Said {
    let made = served.as_of.as_micros().div_euclid(DAY_MICROS);
    Said {
        of: format!(
            "{}\0{:?}\0{}\0{:?}",
            point.kpi, point.member, point.start, served.filters
        ),
        model: model.to_owned(),
        owner: owner.to_owned(),
        made: i32::try_from(made).unwrap_or(i32::MAX),
        due: point.end,
        steps: point.step,
        said: point.mean,
        bands: Vec::new(),
        scale: None,
        came: point.actual,
    }
}

fn shown(row: Beside) -> PeopleBeside {
    PeopleBeside {
        person: row.owner,
        call: row.call,
        model: row.model,
        n: row.n as u64,
        person_wape: row.theirs.wape,
        person_bias: row.theirs.bias,
        model_wape: row.models.wape,
        model_bias: row.models.bias,
        both_wape: row.together.wape,
        nearer: row.nearer as u64,
        farther: row.further as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Chance, Member, Series};
    use bellwether_domain::{Instant, Position};

    fn fate(owner: &str, category: &str, amount: f64, chance: f64, won: bool) -> Fate {
        Fate {
            of: Series {
                kind: Kind::Pipeline as i32,
                made: 100,
                days: 30,
            },
            said: Chance {
                record: format!("{owner} {amount}"),
                owner: owner.to_owned(),
                category: category.to_owned(),
                model: "pipeline".to_owned(),
                chance,
                amount: Some(amount),
                worth: Some(amount),
            },
            came: Some(won),
            came_amount: won.then_some(amount),
            decided: Some(130),
        }
    }

    #[test]
    fn commits_are_put_beside_what_was_expected() {
        let fates = [
            fate("ann", "Commit", 100.0, 0.5, true),
            fate("ann", "Commit", 60.0, 0.5, false),
            fate("ann", "pipeline", 40.0, 0.25, false),
            fate("bob", "pipeline", 90.0, 0.5, true),
        ];
        let rows = people(&fates, &[]);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.person.as_str(), row.call.as_str(), row.n))
            .collect();
        assert_eq!(told, [(EVERYONE, "commit", 1), ("ann", "commit", 1)]);
        // Ann: committed 160, expected 90, and 100 came.
        let ann = &rows[1];
        let close = |found: Option<f64>, other: f64| (found.unwrap() - other).abs() < 1e-12;
        assert!(
            close(ann.person_wape, 0.6) && close(ann.model_bias, -0.1),
            "{ann:?}"
        );
        assert_eq!((ann.nearer, ann.farther), (0, 1));
    }

    #[test]
    fn a_call_is_put_beside_the_model_that_knew_no_more() {
        let served = |kind: Kind, model: &str, day: i64, mean: f64| Served {
            id: format!("{model} {day}"),
            kind,
            filters: Vec::new(),
            made_at: Instant::from_micros(0),
            as_of: Instant::from_micros(day * DAY_MICROS),
            position: Position::default(),
            model_version: String::new(),
            points: vec![Point {
                kpi: "bookings".to_owned(),
                unit: "USD".to_owned(),
                member: Some(Member {
                    dimension: "owner".to_owned(),
                    name: Some("ann".to_owned()),
                }),
                model: model.to_owned(),
                step: 1,
                start: 100,
                end: 190,
                mean,
                intervals: Vec::new(),
                scale: None,
                actual: Some(100.0),
                scored_at: None,
            }],
        };
        let all = [
            served(Kind::Attainment, "attainment", 90, 110.0),
            served(Kind::Attainment, "attainment", 99, 100.0),
            served(Kind::Override, "call by bo", 95, 130.0),
            served(Kind::Override, "overrides, 90 days", 95, 1.0),
        ];
        let rows = people(&[], &all);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(
            (row.person.as_str(), row.call.as_str(), row.model.as_str()),
            ("bo", "call", "attainment")
        );
        assert_eq!((row.n, row.farther), (1, 1));
        assert!(
            (row.person_bias.unwrap() - 0.3).abs() < 1e-12 && (row.model_bias.unwrap() - 0.1).abs() < 1e-12
        );
    }
}
