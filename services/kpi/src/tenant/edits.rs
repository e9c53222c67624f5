//! What was written between two changes of the log: the rows that came and went, and the versions of the record that
//! they belong to.

use super::TenantFacts;
use super::column::Columns;
use super::store::FactStore;
use crate::facts::{Key, Row, Version};
use crate::table::{Column, Dict, Table};

/// A row that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEdit {
    /// The change that did it.
    pub seq: u64,
    /// Whether it came.
    pub added: bool,
    /// The row.
    pub row: Row,
}

/// A version of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionEdit {
    /// The change that wrote it.
    pub seq: u64,
    /// Whether it is a version; else the record's end.
    pub living: bool,
}

/// A record, by the dictionary of its id and its code.
pub type Subject = (Dict, u32);

impl TenantFacts {
    /// The rows of a table that came or went after a change and up to another, in no order.
    #[must_use]
    pub fn row_edits(&self, table: Table, after: u64, to: u64) -> Vec<RowEdit> {
        self.store.edits(table, after, to)
    }

    /// The record that a row belongs to.
    #[must_use]
    pub fn subject_of(row: &Row) -> Subject {
        let table = row.table();
        let code = row.get(table.subject_column());
        (table.subject(), u32::try_from(code).unwrap_or_default())
    }

    /// All versions of a record, in no order; none for a kind of which no rows are made.
    #[must_use]
    pub fn versions_of(&self, subject: Subject) -> Vec<VersionEdit> {
        if subject.0 == Dict::Account {
            return Vec::new();
        }
        let edit = |(key, living): (Key, bool)| VersionEdit { seq: key.2, living };
        self.keys_of(subject).into_iter().map(edit).collect()
    }

    /// The keys of all versions of a record of which declared fields are read, in no order, and whether each version says
    /// that it lives; none for another kind.
    pub(super) fn keys_of(&self, (dict, code): Subject) -> Vec<(Key, bool)> {
        fn keys<T>(versions: &[Version<T>]) -> Vec<(Key, bool)> {
            let key = |version: &Version<T>| (version.key, version.says.is_some());
            versions.iter().map(key).collect()
        }
        match dict {
            Dict::Deal => keys(&self.logs.deals.versions(code)),
            Dict::Lead => keys(&self.logs.leads.versions(code)),
            Dict::Activity => keys(&self.logs.activities.versions(code)),
            Dict::Quota => keys(&self.logs.quotas.versions(code)),
            Dict::Rep => keys(&self.logs.employment.versions(code)),
            Dict::Account => self.people.versions_of_account(code),
            Dict::Subscription => keys(&self.logs.subscriptions.versions(code)),
            Dict::Contract => keys(&self.logs.contracts.versions(code)),
            Dict::Order => keys(&self.logs.orders.versions(code)),
            Dict::Spend => keys(&self.logs.spend.versions(code)),
            Dict::Sample => keys(&self.logs.samples.versions(code)),
            _ => Vec::new(),
        }
    }

    /// The lead that a change merged into a lead.
    #[must_use]
    pub fn merged_by(&self, (dict, survivor): Subject, seq: u64) -> Option<u32> {
        if dict != Dict::Lead {
            return None;
        }
        let mut losers = self.merged_leads.losers(survivor).iter().copied();
        losers.find(|loser| self.is_merge((dict, *loser), seq))
    }

    /// Whether a change merged a lead into another.
    #[must_use]
    pub fn is_merge(&self, (dict, loser): Subject, seq: u64) -> bool {
        let tombstones = self.merged_leads.tombstones(loser);
        dict == Dict::Lead && tombstones.iter().any(|(key, _)| key.2 == seq)
    }

    /// The changes of settings after a change and up to another, in order.
    #[must_use]
    pub fn settings_changes(&self, after: u64, to: u64) -> Vec<u64> {
        let since = self.settings.iter().map(|(since, _)| *since);
        since.filter(|since| after < *since && *since <= to).collect()
    }
}

impl FactStore {
    fn edits(&self, table: Table, after: u64, to: u64) -> Vec<RowEdit> {
        let (live, closed) = self.table(table);
        let within = |seq: &u32| after < u64::from(*seq) && u64::from(*seq) <= to;
        let mut found = Vec::new();
        let mut push = |columns: &Columns, place: usize, seq: u32, added: bool| {
            found.push(RowEdit {
                seq: u64::from(seq),
                added,
                row: columns.row(place),
            });
        };
        for (index, block) in live.blocks.iter().enumerate() {
            if u64::from(block.last_seq) <= after || u64::from(block.first_seq) > to {
                continue;
            }
            for place in super::store::morsel(index, live.len()) {
                if within(&live.rec_from[place]) {
                    push(&live.columns, place, live.rec_from[place], true);
                }
            }
        }
        // Closed rows are ordered by `rec_to`; what went at or before `after` came before it too.
        let start = closed.rec_to.partition_point(|gone| u64::from(*gone) <= after);
        for place in start..closed.len() {
            if within(&closed.rec_from[place]) {
                push(&closed.columns, place, closed.rec_from[place], true);
            }
            if within(&closed.rec_to[place]) {
                push(&closed.columns, place, closed.rec_to[place], false);
            }
        }
        found
    }
}

/// Whether a row of closings was taken back for one that ends earlier and says the same: what it tells of was reopened.
#[must_use]
pub fn reopens(gone: &Row, come: &Row) -> bool {
    gone.table() == Table::Closings
        && come.table() == Table::Closings
        && gone.valid_from() == come.valid_from()
        && come.valid_to() < gone.valid_to()
        && gone.get(Column::Outcome) == come.get(Column::Outcome)
}
