//! Leads and activities of a made-up company, and what each KPI of them must be: straight loops over the minutes at which
//! things happened.

use num_bigint::BigInt;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::answer::{Row, ratio};
use super::dates;

mod cell;

pub use cell::KPIS;

const DAY: i64 = 24 * 60;

/// A lead; instants are minutes since 1970-01-01.
#[derive(Debug, Clone)]
pub struct Lead {
    owner: Option<usize>,
    created: i64,
    mql: Option<i64>,
    sql: Option<i64>,
    converted: Option<i64>,
    lost: bool,
    /// The first time that a person reached out to it.
    answered: Option<i64>,
}

/// An activity.
#[derive(Debug, Clone)]
pub struct Done {
    rep: usize,
    lead: Option<usize>,
    at: i64,
    kind: &'static str,
    way: &'static str,
    outcome: &'static str,
    completed: bool,
    automatic: bool,
}

/// A company of five reps, some years ago.
#[derive(Debug)]
pub struct Company {
    leads: Vec<Lead>,
    done: Vec<Done>,
}

/// Months from `from` to `to` (days), each a period or all one, up to the end of day `as_of`.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The first day of a month.
    pub from: i32,
    /// The first day of a later month.
    pub to: i32,
    /// Whether each month is a period.
    pub monthly: bool,
    /// The last day whose events count.
    pub as_of: i32,
    /// Whether it is by owner.
    pub by_owner: bool,
}

impl Company {
    /// The company of a seed, from January to June 2024.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut leads: Vec<Lead> = (0..250).map(|_| lead(&mut dice)).collect();
        let done: Vec<Done> = (0..900).map(|_| activity(&mut dice, leads.len())).collect();
        for (index, lead) in leads.iter_mut().enumerate() {
            let answers = done.iter().filter(|one| {
                one.lead == Some(index) && one.completed && !one.automatic && one.way == "OUTBOUND"
            });
            lead.answered = answers.map(|one| one.at).filter(|at| *at >= lead.created).min();
        }
        Self { leads, done }
    }

    /// Its records, one JSON object a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let rep = |number: usize| format!(r#"{{"id":"R{number}","rep":{{"name":"R{number}"}}}}"#);
        let mut lines: Vec<String> = (0..5).map(rep).collect();
        for (number, lead) in self.leads.iter().enumerate() {
            let at = |name: &str, at: Option<i64>| {
                at.map_or(String::new(), |at| {
                    format!(r#","{name}":{{"instant":"{}"}}"#, instant(at))
                })
            };
            let mut text = format!(r#""created_at":{{"instant":"{}"}}"#, instant(lead.created));
            text += &at("mql_at", lead.mql);
            text += &at("sql_at", lead.sql);
            text += &at("converted_at", lead.converted);
            if lead.converted.is_some() {
                text += &format!(r#","converted_opportunity_id":"D{number}""#);
            }
            if lead.lost {
                text += r#","disqualify_reason":"no budget""#;
            }
            text += &lead
                .owner
                .map_or(String::new(), |owner| format!(r#","owner_id":"R{owner}""#));
            lines.push(format!(r#"{{"id":"L{number}","lead":{{{text}}}}}"#));
        }
        for (number, one) in self.done.iter().enumerate() {
            let lead = one
                .lead
                .map_or(String::new(), |lead| format!(r#","lead_id":"L{lead}""#));
            lines.push(format!(
                r#"{{"id":"A{number}","activity":{{"type":"ACTIVITY_TYPE_{}","rep_id":"R{}","at":{{"instant":"{}"}},"completed":{},"automatic":{},"direction":"ACTIVITY_DIRECTION_{}","outcome":"ACTIVITY_OUTCOME_{}"{lead}}}}}"#,
                one.kind,
                one.rep,
                instant(one.at),
                one.completed,
                one.automatic,
                one.way,
                one.outcome
            ));
        }
        lines
    }

    /// The rows of one KPI.
    #[must_use]
    pub fn rows(&self, kpi: &str, question: &Question) -> Vec<Row> {
        let owners: Vec<Option<Option<usize>>> = if question.by_owner {
            (0..5).map(Some).chain([None]).map(Some).collect()
        } else {
            vec![None]
        };
        let mut out = Vec::new();
        for owner in owners {
            let mine = |of: Option<usize>| owner.is_none_or(|owner| owner == of);
            let leads: Vec<&Lead> = self.leads.iter().filter(|lead| mine(lead.owner)).collect();
            let done: Vec<&Done> = self.done.iter().filter(|one| mine(Some(one.rep))).collect();
            let mut rows = Vec::new();
            let mut any = owner.is_none();
            for (start, end, before) in periods(question) {
                let span = cell::Span::new(start, end, before, question.as_of);
                let cell = cell::cell(kpi, &leads, &done, span);
                any |= cell.items > 0;
                rows.push(Row {
                    start,
                    end,
                    group: owner
                        .map(|owner| owner.map(|owner| format!("R{owner}")))
                        .into_iter()
                        .collect(),
                    value: cell.value,
                    n: cell.n,
                });
            }
            if any {
                out.extend(rows);
            }
        }
        out
    }
}

/// Start, end and the start of the period before.
fn periods(question: &Question) -> Vec<(i32, i32, i32)> {
    let month = |day: i32| {
        let (year, month, _) = dates::parts(day);
        year * 12 + month - 1
    };
    let first_of = |index: i32| dates::day(index.div_euclid(12), index.rem_euclid(12) + 1, 1);
    let (from, to) = (month(question.from), month(question.to));
    let step = if question.monthly { 1 } else { to - from };
    let starts = (from..to).step_by(usize::try_from(step).expect("some months"));
    starts
        .map(|start| (first_of(start), first_of(start + step), first_of(start - step)))
        .collect()
}

fn instant(at: i64) -> String {
    let day = i32::try_from(at.div_euclid(DAY)).expect("near");
    let minute = at.rem_euclid(DAY);
    format!("{}T{:02}:{:02}:00Z", dates::write(day), minute / 60, minute % 60)
}

fn lead(dice: &mut StdRng) -> Lead {
    let begin = i64::from(dates::day(2024, 1, 1)) * DAY;
    let created = begin + dice.random_range(0..180 * DAY);
    let mut after = |at: i64, days: i64, chance: f64| {
        let later = at + dice.random_range(0..days * DAY);
        dice.random_bool(chance).then_some(later)
    };
    let mql = after(created, 20, 0.6);
    let sql = after(mql.unwrap_or(created), 30, if mql.is_some() { 0.5 } else { 0.1 });
    let chance = if sql.is_some() { 0.6 } else { 0.05 };
    let converted = after(sql.or(mql).unwrap_or(created), 100, chance);
    let lost = converted.is_none() && after(created, 1, 0.2).is_some();
    Lead {
        owner: Some(dice.random_range(0..6)).filter(|owner| *owner < 5),
        created,
        mql,
        sql,
        converted,
        lost,
        answered: None,
    }
}

fn activity(dice: &mut StdRng, leads: usize) -> Done {
    let begin = i64::from(dates::day(2024, 1, 1)) * DAY;
    let mut one_of = |names: &[&'static str]| names[dice.random_range(0..names.len())];
    let kind = one_of(&["CALL", "CALL", "EMAIL", "EMAIL", "MEETING", "DEMO", "TASK"]);
    let way = one_of(&["OUTBOUND", "OUTBOUND", "OUTBOUND", "INBOUND", "UNSPECIFIED"]);
    let outcome = match kind {
        "CALL" => one_of(&["CONNECTED", "NO_ANSWER", "UNSPECIFIED"]),
        "EMAIL" => one_of(&[
            "REPLIED",
            "OPENED_BY_HUMAN",
            "OPENED_BY_MACHINE",
            "CLICKED",
            "BOUNCED",
            "UNSPECIFIED",
        ]),
        _ => "UNSPECIFIED",
    };
    Done {
        rep: dice.random_range(0..5),
        lead: dice.random_bool(0.6).then(|| dice.random_range(0..leads)),
        at: begin + dice.random_range(0..210 * DAY),
        kind,
        way,
        outcome,
        completed: dice.random_bool(0.85),
        automatic: dice.random_bool(0.2),
    }
}

/// Minutes from Monday to Friday, 9 to 17 o'clock, before a minute; from the first day of 2024, a Monday.
fn business(at: i64) -> i64 {
    let first = i64::from(dates::day(2024, 1, 1));
    let (today, minute) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let works = |day: i64| (day - first).rem_euclid(7) < 5;
    let whole = (first..today).filter(|day| works(*day)).count() as i64 * 8 * 60;
    let part = if works(today) {
        (minute - 9 * 60).clamp(0, 8 * 60)
    } else {
        0
    };
    whole + part
}

/// The least wait by which `tenths` of ten have ended; `None` = fewer have. Those that wait still are censored.
fn quantile(waits: &[(i64, bool)], tenths: i64) -> Option<i64> {
    let mut times: Vec<i64> = waits
        .iter()
        .filter(|(_, ended)| *ended)
        .map(|(wait, _)| *wait)
        .collect();
    times.sort_unstable();
    times.dedup();
    let (mut over, mut under) = (BigInt::from(1), BigInt::from(1));
    for time in times {
        let waiting = waits.iter().filter(|(wait, _)| *wait >= time).count();
        let ended = waits
            .iter()
            .filter(|(wait, ended)| *ended && *wait == time)
            .count();
        over *= waiting - ended;
        under *= waiting;
        if &over * 10 <= &under * (10 - tenths) {
            return Some(time);
        }
    }
    None
}
