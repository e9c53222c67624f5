//! How long a deal was in which stage, and where it went from there.

use bellwether_domain::settings::StageClass;

use super::created::fates;
use super::life::Life;
use super::spells::Spells;
use super::timeline::Point;
use super::{Row, outcome_code};
use crate::table::{Column, NULL, Table};

/// A deal was in an open stage from `from` until `to`.
#[derive(Debug, Clone, Copy)]
struct Stay {
    from: i64,
    to: i64,
    stage: u32,
    /// Its place in the pipeline; [`NULL`] = unknown.
    index: i64,
    next_stage: u32,
    outcome: u32,
}

impl Life<'_> {
    /// A row a stay in an open stage. What was open before its first known stage is no stay.
    pub(super) fn stage_spells(&self, spells: &Spells, rows: &mut Vec<Row>) {
        let stays = self.stays(spells);
        let fates = fates(spells);
        for (number, stay) in stays.iter().enumerate() {
            let mut row = self.row(
                Table::StageSpells,
                stay.from,
                i64::MAX,
                self.frame.version_at(stay.from),
            );
            row.set(Column::Stage, stay.stage);
            row.set(Column::Owner, self.owner_at(stay.from));
            if stay.to < i64::MAX {
                row.set(Column::LeftAt, stay.to);
            }
            let later = stays[number + 1..].iter();
            let later = later
                .filter(|other| stay.index != NULL && other.index > stay.index)
                .map(|other| other.from);
            let won = spells.closings.iter();
            let won = won
                .filter(|closing| closing.class == StageClass::Won && closing.from >= stay.to)
                .map(|closing| closing.from);
            if let Some(advanced) = later.chain(won).min() {
                row.set(Column::AdvancedAt, advanced);
            }
            row.set(Column::StageIndex, stay.index);
            row.set(Column::NextStage, stay.next_stage);
            row.set(Column::Outcome, stay.outcome);
            let first = stays[..number].iter().all(|other| other.stage != stay.stage);
            row.set(Column::First, first);
            rows.extend(fates.iter().filter_map(|fate| fate.told(&row)));
        }
    }

    fn stays(&self, spells: &Spells) -> Vec<Stay> {
        let points = self.stages.iter();
        let open: Vec<&Point<u32>> = points
            .filter(|point| self.class_of(point) == StageClass::Open)
            .collect();
        let mut stays: Vec<Stay> = Vec::with_capacity(open.len() + spells.open.len());
        for (from, to) in &spells.open {
            let start = stays.len();
            let later = open.partition_point(|point| point.at <= *from);
            for point in &open[later.saturating_sub(1)..] {
                if point.at >= *to {
                    break;
                }
                let at = point.at.max(*from);
                let stays_there = |last: &Stay| last.stage == point.value;
                // Of two entries of one instant the later counts.
                if stays.len() > start && stays.last().is_some_and(|last| last.from == at) {
                    stays.pop();
                }
                if stays.len() == start || !stays.last().is_some_and(stays_there) {
                    stays.push(self.stay(at, *to, point));
                }
            }
            for place in start + 1..stays.len() {
                stays[place - 1].to = stays[place].from;
                stays[place - 1].next_stage = stays[place].stage;
            }
            let closing = spells.closings.iter().find(|closing| closing.from == *to);
            if let (Some(closing), Some(last)) = (closing, stays[start..].last_mut()) {
                last.next_stage = closing.stage;
                last.outcome = outcome_code(closing.class);
            }
        }
        stays.retain(|stay| stay.stage != 0);
        stays
    }

    fn stay(&self, from: i64, to: i64, point: &Point<u32>) -> Stay {
        Stay {
            from,
            to,
            stage: point.value,
            index: self.meaning_of(point).index,
            next_stage: 0,
            outcome: 0,
        }
    }
}
