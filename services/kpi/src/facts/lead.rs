//! Leads: when they were created, what they became, and when a person answered them.
//!
//! - A lead was created when its newest version says, else at the earliest instant that it tells of before its first
//!   change was recorded, else then. Nothing happens to it before that.
//! - It is told by what it was created with; what was unknown then (an owner, a campaign) as it was first stated.
//! - It became qualified and converted when the newest version says. One that names an opportunity but no instant was
//!   converted when the first of the versions that do so since then took effect.
//! - It is disqualified while versions give a reason, from the first of them on.
//! - It was answered by the first activity that a person did, outbound and completed, at or after its creation. An
//!   activity that is dated by the day of creation counts at creation.

use bellwether_domain::{Instant, When};

use super::timeline::{Frame, Point, value_at};
use super::version::{self, Version};
use super::{Row, Rules};
use crate::table::{Column, NULL, Table};

/// The steps of a lead in the order of their codes in [`crate::table::Dict::Step`], from 1.
pub const STEPS: [&str; 4] = ["mql", "sql", "converted", "disqualified"];
const DISQUALIFIED: u32 = 4;

/// What a version of a lead says. Numbers are codes; 0 = missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Lead` of the same names"
)]
pub struct Lead {
    pub source: u32,
    pub campaign: u32,
    pub owner: u32,
    pub account: u32,
    pub disqualify_reason: u32,
    pub created: Option<When>,
    pub mql: Option<When>,
    pub sql: Option<When>,
    pub converted: Option<When>,
    /// Whether it names the opportunity that it became.
    pub has_deal: bool,
}

/// Adds the rows of a lead. `answers` are the instants of the activities that may have answered it.
pub fn derive(
    versions: &mut Vec<Version<Lead>>,
    code: u32,
    first_recorded: i64,
    answers: impl Iterator<Item = i64>,
    rules: &Rules<'_>,
    rows: &mut Vec<Row>,
) {
    let living = version::living(versions);
    let Some(newest) = living.last().and_then(|version| version.says) else {
        return;
    };
    let start = rows.len();
    let zone = rules.zone;
    let told = [newest.mql, newest.sql, newest.converted].into_iter().flatten();
    let told = told.map(|when| when.start_in(zone).as_micros()).min();
    let told = told
        .filter(|told| *told < first_recorded)
        .unwrap_or(first_recorded);
    let created = newest
        .created
        .map_or(told, |when| when.start_in(zone).as_micros());
    let frame = Frame::new(living, created, zone);
    let story = Story {
        rules,
        code,
        created,
        owners: frame.plain(|lead| lead.owner),
        accounts: frame.plain(|lead| lead.account),
        sources: frame.plain(|lead| lead.source),
        campaigns: frame.plain(|lead| lead.campaign),
        reasons: frame.plain(|lead| lead.disqualify_reason),
        steps: steps(&frame, newest),
    };
    rows.push(story.lead(answers));
    story.lead_steps(rows);
    rows[start..].sort_unstable();
}

/// When it became mql, sql and converted.
fn steps(frame: &Frame<'_, Lead>, newest: Lead) -> [Option<i64>; 3] {
    let created = frame.starts[0];
    let stated = |when: Option<When>| when.map(|when| when.start_in(frame.zone).as_micros().max(created));
    let converted = || {
        let has_none = |version: &Version<Lead>| !version.says.is_some_and(|lead| lead.has_deal);
        let first = frame
            .versions
            .iter()
            .rposition(has_none)
            .map_or(0, |last| last + 1);
        frame.starts.get(first).copied()
    };
    [
        stated(newest.mql),
        stated(newest.sql),
        stated(newest.converted).or_else(converted),
    ]
}

struct Story<'a> {
    rules: &'a Rules<'a>,
    code: u32,
    created: i64,
    owners: Vec<Point<u32>>,
    accounts: Vec<Point<u32>>,
    sources: Vec<Point<u32>>,
    campaigns: Vec<Point<u32>>,
    reasons: Vec<Point<u32>>,
    steps: [Option<i64>; 3],
}

impl Story<'_> {
    fn row(&self, table: Table, from: i64, to: i64) -> Row {
        let mut row = self.rules.row(table, from, to);
        row.set(Column::Lead, self.code);
        row.set(Column::Owner, known_at(&self.owners, from));
        row.set(Column::Account, known_at(&self.accounts, from));
        row.set(Column::Source, known_at(&self.sources, from));
        row.set(Column::Campaign, known_at(&self.campaigns, from));
        row
    }

    fn lead(&self, answers: impl Iterator<Item = i64>) -> Row {
        let mut row = self.row(Table::Leads, self.created, i64::MAX);
        let [mql, sql, converted] = self.steps;
        row.set(Column::MqlAt, mql.unwrap_or(NULL));
        row.set(Column::SqlAt, sql.unwrap_or(NULL));
        row.set(Column::ConvertedAt, converted.unwrap_or(NULL));
        if let Some((from, i64::MAX, reason)) = self.disqualifications().last() {
            row.set(Column::DisqualifiedAt, *from);
            row.set(Column::DisqualifyReason, *reason);
        }
        let business = |at: i64| self.rules.clock.b(Instant::from_micros(at));
        row.set(Column::CreatedBusiness, business(self.created));
        if let Some(responded) = self.answered(answers) {
            row.set(Column::RespondedAt, responded);
            row.set(Column::RespondedBusiness, business(responded));
        }
        row
    }

    fn answered(&self, answers: impl Iterator<Item = i64>) -> Option<i64> {
        let zone = self.rules.zone;
        let day = zone.start_of_day(zone.date_of(Instant::from_micros(self.created)));
        let counts = |at: i64| match at {
            at if at >= self.created => Some(at),
            at if at == day.as_micros() => Some(self.created),
            _ => None,
        };
        answers.filter_map(counts).min()
    }

    fn lead_steps(&self, rows: &mut Vec<Row>) {
        for ((number, at), code) in self.steps.iter().enumerate().zip(1_u32..) {
            let Some(at) = *at else { continue };
            let mut row = self.row(Table::LeadSteps, at, i64::MAX);
            row.set(Column::Step, code);
            // Who skipped a step, or took two out of order, has passed it.
            let next = self.steps[number + 1..].iter().flatten().min();
            if let Some(next) = next {
                row.set(Column::NextAt, (*next).max(at));
            }
            rows.push(row);
        }
        for (from, to, reason) in self.disqualifications() {
            let mut row = self.row(Table::LeadSteps, from, to);
            row.set(Column::Step, DISQUALIFIED);
            row.set(Column::DisqualifyReason, reason);
            rows.push(row);
        }
    }

    /// From when to when it was disqualified, with the last reason given in each.
    fn disqualifications(&self) -> Vec<(i64, i64, u32)> {
        let mut found: Vec<(i64, i64, u32)> = Vec::new();
        let mut before = 0;
        for point in &self.reasons {
            match found.last_mut() {
                Some(last) if before != 0 && point.value != 0 => last.2 = point.value,
                Some(last) if before != 0 => last.1 = point.at,
                _ if point.value != 0 => found.push((point.at, i64::MAX, point.value)),
                _ => {}
            }
            before = point.value;
        }
        found
    }
}

/// The value at an instant, of one that was missing then the first stated later.
fn known_at(points: &[Point<u32>], at: i64) -> u32 {
    match value_at(points, at) {
        0 => {
            let later = points.iter().filter(|point| point.at > at);
            later
                .map(|point| point.value)
                .find(|value| *value != 0)
                .unwrap_or(0)
        }
        value => value,
    }
}
