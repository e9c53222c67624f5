//! What a scan needs to know of a block of rows before it reads one: bounds that may be too wide, never too narrow.

use std::ops::RangeInclusive;

/// Bounds of the rows of one morsel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    first_day: i32,
    last_day: i32,
    /// The least and the greatest `rec_from`.
    pub(crate) first_seq: u32,
    pub(crate) last_seq: u32,
}

impl Block {
    pub(crate) fn of(day: i32, seq: u32) -> Self {
        Self {
            first_day: day,
            last_day: day,
            first_seq: seq,
            last_seq: seq,
        }
    }

    pub(crate) fn widen(&mut self, day: i32, seq: u32) {
        self.first_day = self.first_day.min(day);
        self.last_day = self.last_day.max(day);
        self.first_seq = self.first_seq.min(seq);
        self.last_seq = self.last_seq.max(seq);
    }

    /// Whether a row of one of the days may be among them.
    pub(crate) fn may_hold(&self, days: Option<&RangeInclusive<i32>>) -> bool {
        days.is_none_or(|days| self.first_day <= *days.end() && *days.start() <= self.last_day)
    }
}
