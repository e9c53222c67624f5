//! Facts of which different things are known up to different changes.

use std::ops::RangeInclusive;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Currency, Instant, Position};

use crate::scan::{FactRows, FactSource};
use crate::table::{Column, Dict, Morsel, Table};
use crate::tenant::{Attribute, Dictionary, Effective, Part, Teams};

/// The facts of a tenant, each thing as known at a sequence number of its own, whatever is asked.
pub(super) struct Blend<'a> {
    pub(super) source: &'a dyn FactSource,
    /// Up to which change fact rows are known.
    pub(super) rows: u64,
    /// Up to which change the settings are.
    pub(super) settings: u64,
    /// Up to which change reps, teams and accounts are.
    pub(super) people: u64,
    /// Up to which change exchange rates are.
    pub(super) rates: u64,
}

impl FactSource for Blend<'_> {
    fn position(&self) -> Position {
        Position {
            epoch: self.source.position().epoch,
            seq: self.rows,
        }
    }

    fn recorded_at(&self, seq: u64) -> Option<Instant> {
        self.source.recorded_at(seq)
    }

    fn seq_at(&self, at: Instant) -> u64 {
        self.source.seq_at(at)
    }

    fn settings(&self, _: u64) -> &Settings {
        self.source.settings(self.settings)
    }

    fn dictionary(&self, dict: Dict) -> &Dictionary {
        self.source.dictionary(dict)
    }

    fn display_names(&self, dict: Dict, _: u64) -> Vec<Arc<str>> {
        self.source.display_names(dict, self.people)
    }

    fn attribute(&self, attribute: Attribute, _: u64) -> Effective {
        self.source.attribute(attribute, self.people)
    }

    fn customers(&self, parents: bool, _: u64) -> Arc<[u32]> {
        self.source.customers(parents, self.people)
    }

    fn declared(&self, of: Dict, field: &str, _: u64) -> Effective {
        let seq = match of {
            Dict::Rep | Dict::Account => self.people,
            _ => self.rows,
        };
        self.source.declared(of, field, seq)
    }

    fn declared_values(&self) -> &Dictionary {
        self.source.declared_values()
    }

    fn teams(&self, _: u64) -> Teams {
        self.source.teams(self.people)
    }

    fn owners(&self, of: Dict, at: i64, _: u64) -> Vec<u32> {
        self.source.owners(of, at, self.rows)
    }

    fn managers(&self, at: i64, _: u64) -> Vec<u32> {
        self.source.managers(at, self.people)
    }

    fn rate(&self, from: Currency, to: Currency, day: i32, budget: Option<&str>, _: u64) -> Option<Exact> {
        self.source.rate(from, to, day, budget, self.rates)
    }
}

impl FactRows for Blend<'_> {
    fn live_rows(&self, table: Table) -> usize {
        self.source.live_rows(table)
    }

    fn scan_part(
        &self,
        table: Table,
        columns: &[Column],
        days: Option<RangeInclusive<i32>>,
        _: u64,
        part: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        self.source.scan_part(table, columns, days, self.rows, part, sink);
    }
}
