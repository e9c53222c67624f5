//! A measure record by record: what was counted by record before the cells.

use bellwether_domain::exact::Exact;

use super::Reading;
use crate::catalogue::Aggregate;
use crate::formula::{Number, Quick};

impl Reading {
    /// The records with anything in a cell, of which each has `space` cells: code, and value (`None` = it lacks an amount).
    pub(in crate::query) fn by_record(&self, cell: u64, space: u64) -> Vec<(u32, Option<Exact>)> {
        let cell = self.key(cell);
        let of_cell = self.cells().filter(|key| key % space == cell);
        let value = |key: u64| {
            let code = u32::try_from(key / space).unwrap_or_default();
            let counted = self.aggregate == Aggregate::Started || self.counts(key).seen > 0;
            let told = counted && !matches!(self.aggregate, Aggregate::Curve | Aggregate::SurvivalQuantile);
            (code, told.then(|| self.value(key)).flatten())
        };
        of_cell.map(value).collect()
    }

    /// What the value of an entity is of a nested measure; `None` = the entity is not counted.
    pub(in crate::query) fn tells(&self, value: &Quick) -> Option<Exact> {
        match self.aggregate {
            Aggregate::Count => (!value.is_zero()).then(Exact::one),
            Aggregate::Share if value.is_zero() => Some(Exact::default()),
            Aggregate::Share => Some(Exact::one()),
            _ => Some(value.exact()),
        }
    }

    /// What a record that was not counted is of the measure: nothing where values add up.
    pub(in crate::query) fn nothing(&self) -> Option<Exact> {
        let adds = matches!(
            self.aggregate,
            Aggregate::Count
                | Aggregate::Sum
                | Aggregate::Spread
                | Aggregate::WorkingDays
                | Aggregate::Started
                | Aggregate::Matured
                | Aggregate::Converted
        );
        adds.then(Exact::default)
    }
}
