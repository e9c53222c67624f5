//! Which change touched what last: how a kept answer knows that nothing it reads has changed.
//!
//! Marks follow from the rows and versions themselves, so replicas that replayed the log, that started from a checkpoint
//! or that were there all along have equal ones. What a thing says as known at a change K is what it said at
//! `min(its mark, K)`: nothing touched it in between, and what was once known never changes.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, Position};

use super::{Definitions, TenantFacts};
use crate::table::Table;

/// A change of the log. Its recorded instant tells apart changes of one number in two histories of one epoch, which a
/// restored database may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// Its sequence number; 0 = none.
    pub seq: u64,
    /// When it was recorded, microseconds; 0 for none.
    pub recorded_at: i64,
}

/// Days in a block.
const BLOCK_DAYS: i32 = 32;
/// The first day that has a block of its own (in 1899); what is before shares it.
const FIRST_DAY: i32 = -800 * BLOCK_DAYS;
/// How many blocks there are (to 2258); what comes later shares the last.
const BLOCKS: i32 = 4_096;

/// The marks of a table's rows, by block of civil days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    blocks: Arc<Vec<Mark>>,
}

impl Days {
    /// A change added or took back a row of a day.
    pub(crate) fn touch(&mut self, day: i32, mark: Mark) {
        let block = block(day);
        if self.blocks.get(block).is_some_and(|known| *known >= mark) {
            return;
        }
        let blocks = Arc::make_mut(&mut self.blocks);
        if blocks.len() <= block {
            blocks.resize(block + 1, Mark::default());
        }
        blocks[block] = mark;
    }

    fn highest(&self, days: &RangeInclusive<i32>) -> Mark {
        let end = (block(*days.end()) + 1).min(self.blocks.len());
        let start = block(*days.start()).min(end);
        self.blocks[start..end].iter().max().copied().unwrap_or_default()
    }
}

/// The block of a day. Rising with the day, so a range of days lies in the range of its ends' blocks.
fn block(day: i32) -> usize {
    let block = (i64::from(day) - i64::from(FIRST_DAY)).div_euclid(i64::from(BLOCK_DAYS));
    usize::try_from(block.clamp(0, i64::from(BLOCKS) - 1)).unwrap_or_default()
}

/// The marks of a tenant's facts as they stand at a position. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// Where the facts stand.
    pub position: Position,
    /// When the change there was recorded.
    pub recorded_at: Option<Instant>,
    /// The change that made the settings.
    pub settled: Mark,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The last change of a rep or team.
    pub reps: Mark,
    /// The last change of an account.
    pub accounts: Mark,
    /// The last change of an exchange rate.
    pub rates: Mark,
    /// The last change of a definition of a KPI.
    pub defined: Mark,
    /// The tenant's own definitions of KPIs.
    pub definitions: Arc<Definitions>,
    /// The last change of a record with declared fields.
    pub declared: Mark,
    pub(super) tables: [Days; Table::ALL.len()],
}

impl Marks {
    /// The last change of anything.
    #[must_use]
    pub fn head(&self) -> Mark {
        Mark {
            seq: self.position.seq,
            recorded_at: self.recorded_at.map_or(0, Instant::as_micros),
        }
    }

    /// The last change of any row of a table whose day is one of `days`, or in the same block as one.
    #[must_use]
    pub fn table(&self, table: Table, days: &RangeInclusive<i32>) -> Mark {
        self.tables[table as usize].highest(days)
    }
}

impl TenantFacts {
    /// The marks of now.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let (since, settings) = self.settings_entry(self.position.seq);
        Marks {
            position: self.position,
            recorded_at: self.recorded_at(self.position.seq),
            settled: self.mark(*since),
            settings: Arc::clone(settings),
            reps: self.mark(self.people.touched_reps()),
            accounts: self.mark(self.people.touched_accounts()),
            rates: self.mark(self.rates.touched()),
            defined: self.mark(self.plans.touched()),
            definitions: Arc::clone(self.plans.now()),
            declared: self.mark(self.declared.touched()),
            tables: self.store.days().clone(),
        }
    }

    /// The mark of a change that was read.
    #[must_use]
    pub fn mark(&self, seq: u64) -> Mark {
        let recorded_at = self.recorded_at(seq).map_or(0, |at| at.as_micros());
        Mark { seq, recorded_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: u64) -> Mark {
        Mark { seq, recorded_at: 0 }
    }

    #[test]
    fn a_range_of_days_knows_its_last_change() {
        let mut days = Days::default();
        let ends = [i32::MIN, -40_000, 0, 17_000, 17_031, 200_000, i32::MAX];
        for (day, seq) in ends.into_iter().zip(1..) {
            days.touch(day, mark(seq));
        }
        days.touch(0, mark(1));
        let highest = |from: i32, to: i32| days.highest(&(from..=to)).seq;
        assert_eq!(
            (highest(i32::MIN, -30_000), highest(0, 0), highest(1_000, 16_000)),
            (2, 3, 0)
        );
        assert_eq!((highest(-30_000, 17_000), highest(i32::MIN, i32::MAX)), (4, 7));
        assert_eq!(highest(1 << 30, i32::MAX), 7, "the far future is one block");
        assert_eq!(Days::default().highest(&(i32::MIN..=i32::MAX)), Mark::default());
    }
}
