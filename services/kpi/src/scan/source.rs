//! The seam between questions and facts: what a query reads of a tenant.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Currency, Instant, Position};

use crate::table::{Column, Dict, Morsel, Table};
use crate::tenant::{Attribute, Dictionary, Effective, Part, Teams, TenantFacts};

/// Rows of fact tables.
pub trait FactRows: Sync {
    /// How many rows a scan of the table reads, about.
    fn live_rows(&self, table: Table) -> usize;
    /// Hands rows to `sink` in no order; `days` prunes by civil day, rows outside may still come.
    fn scan_part(
        &self,
        table: Table,
        columns: &[Column],
        days: Option<RangeInclusive<i32>>,
        seq: u64,
        part: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    );
}

/// The facts of a tenant, each thing as known at a sequence number.
pub trait FactSource: FactRows {
    /// Up to where the log has been read.
    fn position(&self) -> Position;
    /// When the change of a sequence number was recorded; `None` for 0.
    fn recorded_at(&self, seq: u64) -> Option<Instant>;
    /// The last sequence number recorded at or before an instant; 0 = none.
    fn seq_at(&self, at: Instant) -> u64;
    /// The settings.
    fn settings(&self, seq: u64) -> &Settings;
    /// The dictionary of a column.
    fn dictionary(&self, dict: Dict) -> &Dictionary;
    /// What the codes of a dictionary are called, index = code.
    fn display_names(&self, dict: Dict, seq: u64) -> Vec<Arc<str>>;
    /// An attribute over time.
    fn attribute(&self, attribute: Attribute, seq: u64) -> Effective;
    /// A field that the tenant declared of records of a kind, over time; values = codes of [`Self::declared_values`].
    fn declared(&self, of: Dict, field: &str, seq: u64) -> Effective;
    /// The values of all declared fields.
    fn declared_values(&self) -> &Dictionary;
    /// The tree of teams over time.
    fn teams(&self, seq: u64) -> Teams;
    /// Who owns each deal or lead at an instant; index = code of `of`, values = codes of reps, 0 = nobody.
    fn owners(&self, of: Dict, at: i64, seq: u64) -> Vec<u32>;
    /// The account that stands for each account; index and value are codes of accounts.
    fn customers(&self, parents: bool, seq: u64) -> Arc<[u32]>;
    /// The rep that each rep reports to at an instant; index and value are codes of reps, 0 = none.
    fn managers(&self, at: i64, seq: u64) -> Vec<u32>;
    /// How many units of `to` one unit of `from` costs on a day.
    fn rate(&self, from: Currency, to: Currency, day: i32, budget: Option<&str>, seq: u64) -> Option<Exact>;
}

impl FactSource for TenantFacts {
    fn position(&self) -> Position {
        self.position()
    }

    fn recorded_at(&self, seq: u64) -> Option<Instant> {
        self.recorded_at(seq)
    }

    fn seq_at(&self, at: Instant) -> u64 {
        self.seq_at(at)
    }

    fn settings(&self, seq: u64) -> &Settings {
        self.settings(seq)
    }

    fn dictionary(&self, dict: Dict) -> &Dictionary {
        self.dictionary(dict)
    }

    fn display_names(&self, dict: Dict, seq: u64) -> Vec<Arc<str>> {
        self.display_names(dict, seq)
    }

    fn attribute(&self, attribute: Attribute, seq: u64) -> Effective {
        self.attribute(attribute, seq)
    }

    fn declared(&self, of: Dict, field: &str, seq: u64) -> Effective {
        self.declared(of, field, seq)
    }

    fn declared_values(&self) -> &Dictionary {
        self.declared_values()
    }

    fn teams(&self, seq: u64) -> Teams {
        self.teams(seq)
    }

    fn owners(&self, of: Dict, at: i64, seq: u64) -> Vec<u32> {
        self.owners(of, at, seq)
    }

    fn customers(&self, parents: bool, seq: u64) -> Arc<[u32]> {
        self.customers(parents, seq)
    }

    fn managers(&self, at: i64, seq: u64) -> Vec<u32> {
        self.managers(at, seq)
    }

    fn rate(&self, from: Currency, to: Currency, day: i32, budget: Option<&str>, seq: u64) -> Option<Exact> {
        self.rate(from, to, day, budget, seq)
    }
}

impl FactRows for TenantFacts {
    fn live_rows(&self, table: Table) -> usize {
        self.live_rows(table)
    }

    fn scan_part(
        &self,
        table: Table,
        columns: &[Column],
        days: Option<RangeInclusive<i32>>,
        seq: u64,
        part: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        self.scan_part(table, columns, days, seq, part, sink);
    }
}
