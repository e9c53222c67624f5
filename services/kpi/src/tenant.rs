//! One tenant in memory: its facts in typed columns, dictionaries, people, accounts, rates and settings, each as it
//! stood at any sequence number of the log.

mod dictionary;
mod effective;

use std::ops::RangeInclusive;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Currency, Instant, Position};

pub use dictionary::Dictionary;
pub use effective::Effective;

use crate::table::{Column, Dict, Morsel, Table};

/// An attribute of a rep or account, looked up at scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Attribute {
    Manager,
    Team,
    Region,
    Territory,
    AccountIndustry,
    AccountRegion,
    AccountSegment,
}

impl Attribute {
    /// The dictionary whose codes index the attribute's array.
    #[must_use]
    pub fn entity(self) -> Dict {
        match self {
            Self::Manager | Self::Team | Self::Region | Self::Territory => Dict::Rep,
            Self::AccountIndustry | Self::AccountRegion | Self::AccountSegment => Dict::Account,
        }
    }
}

/// One of `of` parts of a scan: together the parts hand out each row once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: usize,
    /// How many there are.
    pub of: usize,
}

impl Part {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

/// Everything that kpi knows about one tenant.
#[derive(Debug, Default)]
pub struct TenantFacts {
    settings: Settings,
    dictionary: Dictionary,
}

impl TenantFacts {
    /// Up to where the log has been read.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::default()
    }

    /// When the change of a sequence number was recorded; `None` for 0 and for what has not been read.
    #[must_use]
    pub fn recorded_at(&self, _seq: u64) -> Option<Instant> {
        None
    }

    /// The last sequence number recorded at or before an instant; 0 = none.
    #[must_use]
    pub fn seq_at(&self, _at: Instant) -> u64 {
        0
    }

    /// The settings as known at `seq`; the defaults before the first.
    #[must_use]
    pub fn settings(&self, _seq: u64) -> &Settings {
        &self.settings
    }

    /// Which settings those are: the sequence number of the change that made them, 0 = the defaults.
    #[must_use]
    pub fn settings_version(&self, _seq: u64) -> u64 {
        0
    }

    /// The dictionary of a column. Names of deals, reps and accounts are their ids.
    #[must_use]
    pub fn dictionary(&self, _dict: Dict) -> &Dictionary {
        &self.dictionary
    }

    /// Hands the rows recorded at `seq` to `sink`, at most [`crate::table::MORSEL_ROWS`] at a time, in no order.
    ///
    /// `days` prunes by [`Column::Day`]: rows outside may still come. A column that the table lacks is left out.
    pub fn scan(
        &self,
        table: Table,
        columns: &[Column],
        days: Option<RangeInclusive<i32>>,
        seq: u64,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        self.scan_part(table, columns, days, seq, Part::WHOLE, sink);
    }

    /// One part of [`Self::scan`], so that several threads can share one.
    pub fn scan_part(
        &self,
        _table: Table,
        _columns: &[Column],
        _days: Option<RangeInclusive<i32>>,
        _seq: u64,
        _part: Part,
        _sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
    }

    /// Rows of a table that stand at the position: what a scan there costs.
    #[must_use]
    pub fn live_rows(&self, _table: Table) -> usize {
        0
    }

    /// What reps or accounts are called as known at `seq`, index = code of `dict` (0 = missing = the empty name): the
    /// name, else the id; two of one name are told apart as `Name (id)`. Of other dictionaries the names.
    #[must_use]
    pub fn display_names(&self, _dict: Dict, _seq: u64) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// An attribute over time as known at `seq`: index = code of [`Attribute::entity`], values = codes of
    /// [`Dict::Attribute`], whose names are those to show.
    #[must_use]
    pub fn attribute(&self, _attribute: Attribute, _seq: u64) -> Effective {
        Effective::new(std::iter::empty())
    }

    /// How many units of `to` one unit of `from` costs on a day (days since 1970-01-01), as known at `seq`: the newest
    /// rate on or before the day and at most 7 days old, direct, else inverse. A budget rate has no age limit: the
    /// newest on or before the day, else the first.
    #[must_use]
    pub fn rate(&self, _from: Currency, _to: Currency, _day: i32, _budget: Option<&str>, _seq: u64) -> Option<Exact> {
        None
    }
}
