//! How well chances of single records were calibrated, and what became of the deals that people called something.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_contracts::forecasting::{Calibration, CategoryOutcome, GetAccuracyRequest, ReliabilityBin};
use bellwether_domain::CivilDate;

use super::{measure, show};
use crate::accuracy::{Band, By, Chance, Drift, Key, Served, calibration, drift};
use crate::store::{Fate, Kind, Undecided};

/// How many standard deviations to either side hold 80 % of a normal distribution.
const HOLDS_80: f64 = 1.281_551_565_544_6;

/// What rows of chances have in common: kind and horizon.
type About = (i32, i32);

/// The rows of an answer: every kind and horizon, and what was asked to be told apart.
pub(super) fn calibrations(
    asked: &GetAccuracyRequest,
    fates: &[Fate],
    waiting: &Undecided,
) -> Vec<Calibration> {
    let by = By {
        of: true,
        model: asked.by_model,
        owner: asked.by_owner,
        steps: false,
    };
    let mut abouts: BTreeMap<String, About> = BTreeMap::new();
    let mut chances = Vec::with_capacity(fates.len());
    for fate in fates {
        let about = (fate.of.kind, fate.of.days);
        let of = name(about);
        chances.push(chance(fate, &of));
        abouts.entry(of).or_insert(about);
    }
    for about in waiting.keys() {
        abouts.entry(name(*about)).or_insert(*about);
    }
    let watched = drift(&monthly(fates, by), by);
    let found = calibration(&chances, by);
    let mut rows: Vec<Calibration> = found
        .iter()
        .filter_map(|row| {
            let about = abouts.get(row.key.of.as_ref()?)?;
            Some(shown(
                row,
                *about,
                watched.iter().find(|drift| drift.key == row.key),
            ))
        })
        .collect();
    // Where nothing is decided yet, it is at least told how much waits; chances of all owners and models wait together.
    for about in abouts.values() {
        let n = waiting.get(about).copied().unwrap_or(0);
        match rows
            .iter_mut()
            .find(|row| (row.kind, row.horizon_days) == key(*about))
        {
            Some(row) => row.waiting = n,
            None if n > 0 => rows.push(Calibration {
                kind: key(*about).0,
                horizon_days: key(*about).1,
                waiting: n,
                ..Calibration::default()
            }),
            None => {}
        }
    }
    rows.sort_by(|one, other| {
        let order = |row: &Calibration| (row.kind, row.horizon_days, row.model.clone(), row.owner.clone());
        order(one).cmp(&order(other))
    });
    rows
}

fn name((kind, days): About) -> String {
    format!("{kind:03} {days:05}")
}

/// Kind and horizon as the wire has them.
fn key((kind, days): About) -> (i32, u32) {
    (show::kind(Kind::of(kind)).into(), days.unsigned_abs())
}

fn chance(fate: &Fate, of: &str) -> Chance {
    Chance {
        of: of.to_owned(),
        model: fate.said.model.clone(),
        owner: fate.said.owner.clone(),
        made: fate.of.made,
        due: fate.decided.unwrap_or(fate.of.made),
        steps: fate.of.days.unsigned_abs(),
        said: fate.said.chance,
        came: fate.came,
    }
}

/// What was to happen of the chances decided in a month beside what happened: each record once, by what was said of it
/// first.
fn monthly(fates: &[Fate], by: By) -> Vec<Served> {
    let mut firsts: BTreeMap<(About, &str), &Fate> = BTreeMap::new();
    for fate in fates.iter().filter(|fate| fate.came.is_some()) {
        let record = ((fate.of.kind, fate.of.days), fate.said.record.as_str());
        let first = firsts.entry(record).or_insert(fate);
        if fate.of.made < first.of.made {
            *first = fate;
        }
    }
    let mut months: BTreeMap<(About, String, String, i32), [f64; 3]> = BTreeMap::new();
    for ((about, _), fate) in firsts {
        let part = |told: bool, text: &String| if told { text.clone() } else { String::new() };
        let (model, owner) = (part(by.model, &fate.said.model), part(by.owner, &fate.said.owner));
        let month = next_month(fate.decided.unwrap_or(fate.of.made));
        let sums = months.entry((about, model, owner, month)).or_default();
        let said = fate.said.chance.clamp(0.0, 1.0);
        sums[0] += said;
        sums[1] += said * (1.0 - said);
        sums[2] += f64::from(u8::from(fate.came == Some(true)));
    }
    let served =
        |((about, model, owner, due), [said, variance, came]): ((About, String, String, i32), [f64; 3])| {
            let reach = HOLDS_80 * libm::sqrt(variance);
            Served {
                of: name(about),
                model,
                owner,
                made: due,
                due,
                steps: 1,
                said,
                bands: vec![Band {
                    level: 0.8,
                    low: said - reach,
                    high: said + reach,
                }],
                scale: None,
                came: Some(came),
            }
        };
    months.into_iter().map(served).collect()
}

/// The first day of the month after that of a day.
fn next_month(day: i32) -> i32 {
    let date = CivilDate::from_days(day).to_jiff();
    let (year, month) = if date.month() == 12 {
        (date.year() + 1, 1)
    } else {
        (date.year(), date.month() + 1)
    };
    CivilDate::from_ymd(year, month, 1).map_or(day, CivilDate::days)
}

fn shown(row: &crate::accuracy::Calibration, about: About, watched: Option<&Drift>) -> Calibration {
    let (kind, horizon_days) = key(about);
    let Key { model, owner, .. } = row.key.clone();
    let mut notes: Vec<String> = Vec::new();
    let standing: Vec<&crate::accuracy::Alarm> = watched
        .map(|drift| drift.standing().collect())
        .unwrap_or_default();
    notes.extend(standing.iter().map(|alarm| measure::words(alarm)));
    if let (Some(brier), Some(base)) = (row.brier, row.base_brier)
        && brier > base
    {
        notes
            .push("one chance for all would have been nearer: these tell records apart no better".to_owned());
    }
    Calibration {
        kind,
        horizon_days,
        model: model.unwrap_or_default(),
        owner,
        n: row.n as u64,
        waiting: row.waiting as u64,
        happened: row.happened as u64,
        expected: row.expected,
        brier: row.brier,
        base_brier: row.base_brier,
        ece: row.ece,
        log_loss: row.log_loss,
        auc: row.auc,
        bins: row
            .bins
            .iter()
            .map(|bin| ReliabilityBin {
                n: bin.n as u64,
                said: bin.said,
                happened: bin.happened,
                low: bin.low,
                high: bin.high,
            })
            .collect(),
        drift: !standing.is_empty(),
        notes,
    }
}

/// What became of deals by category.
pub(super) fn categories(asked: &GetAccuracyRequest, fates: &[Fate]) -> Vec<CategoryOutcome> {
    let of_deals = || fates.iter().filter(|fate| fate.of.kind == Kind::Pipeline as i32);
    // Where nobody calls deals anything, there is nothing to tell.
    let called: BTreeSet<&str> = of_deals().map(|fate| fate.said.category.as_str()).collect();
    if called.iter().all(|category| category.is_empty()) {
        return Vec::new();
    }
    let mut rows: BTreeMap<(String, Option<String>, u32), CategoryOutcome> = BTreeMap::new();
    for fate in of_deals() {
        let Some(came) = fate.came else { continue };
        let owner = asked.by_owner.then(|| fate.said.owner.clone());
        let key = (fate.said.category.clone(), owner, fate.of.days.unsigned_abs());
        let row = rows.entry(key.clone()).or_insert_with(|| CategoryOutcome {
            category: key.0,
            owner: key.1,
            horizon_days: key.2,
            ..CategoryOutcome::default()
        });
        row.deals += 1;
        row.won += u64::from(came);
        row.expected += fate.said.chance;
        row.amount += fate.said.amount.unwrap_or(0.0);
        row.won_amount += fate.came_amount.unwrap_or(0.0);
        row.expected_amount += fate.said.chance * fate.said.worth.unwrap_or(0.0);
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Chance as Said, Series};

    fn fate(record: usize, made: i32, said: f64, came: bool, category: &str) -> Fate {
        Fate {
            of: Series {
                kind: Kind::Pipeline as i32,
                made,
                days: 90,
            },
            said: Said {
                record: format!("d{record}"),
                owner: ["ann", "bob"][record % 2].to_owned(),
                category: category.to_owned(),
                model: "pipeline".to_owned(),
                chance: said,
                amount: Some(100.0),
                worth: Some(90.0),
            },
            came: Some(came),
            came_amount: came.then_some(80.0),
            decided: Some(made + 90),
        }
    }

    #[test]
    fn chances_by_kind_and_owner() {
        let fates: Vec<Fate> = (0..20)
            .map(|at| fate(at, 100, 0.25, at % 4 == 0, "commit"))
            .collect();
        let waiting = Undecided::from([((2, 90), 7), ((5, 0), 3)]);
        let rows = calibrations(&GetAccuracyRequest::default(), &fates, &waiting);
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].kind, rows[0].horizon_days, rows[0].n, rows[0].waiting),
            (2, 90, 20, 7)
        );
        assert_eq!(
            (rows[0].happened, rows[0].expected, rows[0].ece),
            (5, 5.0, Some(0.0))
        );
        assert_eq!(
            (rows[1].kind, rows[1].n, rows[1].waiting, rows[1].brier),
            (5, 0, 3, None)
        );
        let by_owner = GetAccuracyRequest {
            by_owner: true,
            ..GetAccuracyRequest::default()
        };
        let rows = calibrations(&by_owner, &fates, &Undecided::new());
        // All that was won was Ann's.
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.owner.as_deref(), row.happened, row.n))
            .collect();
        assert_eq!(told, [(Some("ann"), 5, 10), (Some("bob"), 0, 10)]);
        let categories = categories(&GetAccuracyRequest::default(), &fates);
        let row = &categories[0];
        assert_eq!(
            (row.category.as_str(), row.deals, row.won, row.expected),
            ("commit", 20, 5, 5.0)
        );
        assert_eq!(
            (row.amount, row.won_amount, row.expected_amount),
            (2_000.0, 400.0, 450.0)
        );
    }

    #[test]
    fn months_in_which_less_happens_than_is_said_raise_an_alarm() {
        let months = |share: usize| -> Vec<Fate> {
            let all = (0..12).flat_map(|month| (0..40).map(move |at| (month, at)));
            all.map(|(month, at)| fate(month * 40 + at, 30 * month as i32, 0.5, at % 4 < share, ""))
                .collect()
        };
        let right = calibrations(&GetAccuracyRequest::default(), &months(2), &Undecided::new());
        assert!(
            !right[0].drift && right[0].notes.is_empty(),
            "{:?}",
            right[0].notes
        );
        let wrong = calibrations(&GetAccuracyRequest::default(), &months(1), &Undecided::new());
        assert!(
            wrong[0].drift && wrong[0].notes[0].starts_with("less comes"),
            "{:?}",
            wrong[0].notes
        );
        assert!(categories(&GetAccuracyRequest::default(), &months(1)).is_empty());
    }

    #[test]
    fn a_record_counts_once_in_the_watch() {
        let mut fates: Vec<Fate> = (0..10).map(|at| fate(at, 100, 0.5, at % 2 == 0, "")).collect();
        fates.extend((0..10).map(|at| fate(at, 101, 0.9, at % 2 == 0, "")));
        let by = By {
            of: true,
            ..By::default()
        };
        let watched = monthly(&fates, by);
        assert_eq!(
            (watched.len(), watched[0].said, watched[0].came),
            (1, 5.0, Some(5.0))
        );
    }
}
