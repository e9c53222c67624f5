//! One tenant in memory: its facts in typed columns, dictionaries, people, accounts, rates and settings, each as it
//! stood at any sequence number of the log.

mod apply;
mod block;
mod closed;
mod codec;
mod coded;
mod column;
mod customers;
mod declared;
mod derive;
mod dictionary;
mod edits;
mod effective;
mod history;
mod input;
mod kept;
mod live;
mod marks;
mod merges;
mod owners;
mod people;
mod plans;
mod rates;
mod saved;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod touches;
mod versions;

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::Settings;
use bellwether_domain::{BusinessClock, Currency, Instant, Position};

pub(crate) use column::{Codes, Columns, Numbers, Values};
pub use dictionary::Dictionary;
pub use edits::{RowEdit, Subject, VersionEdit, reopens};
pub use effective::Effective;
pub use input::Input;
pub use marks::{Mark, Marks};
pub use people::Teams;
pub use plans::{Definitions, Planned, Plans};
pub(crate) use saved::{Saved, SavedTable};
pub(crate) use versions::Logs;

use crate::facts::{Meaning, Row};
use crate::table::{Column, Dict, Morsel, Table};

/// Dictionaries, one for each [`Dict`].
const DICTIONARIES: usize = Dict::ALL.len();

/// An attribute of a rep or account, looked up at scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Attribute {
    Manager,
    Team,
    /// The team, or the one above it so many levels below the top, from 1; a shorter chain stays at its deepest.
    TeamLevel(u8),
    Region,
    Territory,
    /// How long since the first day of employment: codes of [`TENURES`].
    Tenure,
    AccountIndustry,
    AccountRegion,
    AccountSegment,
}

impl Attribute {
    /// The dictionary whose codes index the attribute's array.
    #[must_use]
    pub fn entity(self) -> Dict {
        match self {
            Self::Manager
            | Self::Team
            | Self::TeamLevel(_)
            | Self::Region
            | Self::Territory
            | Self::Tenure => Dict::Rep,
            Self::AccountIndustry | Self::AccountRegion | Self::AccountSegment => Dict::Account,
        }
    }

    /// Its name as a dimension; a level has that of what it is a level of.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Team | Self::TeamLevel(_) => "team",
            Self::Region => "region",
            Self::Territory => "territory",
            Self::Tenure => "tenure",
            Self::AccountIndustry => "account_industry",
            Self::AccountRegion => "account_region",
            Self::AccountSegment => "account_segment",
        }
    }
}

/// How long reps have been employed: names by the codes of [`Attribute::Tenure`], 0 = it is not known, or not yet.
pub const TENURES: [&str; 6] = [
    "",
    "under 3 months",
    "3 to 6 months",
    "6 to 12 months",
    "1 to 2 years",
    "over 2 years",
];

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
#[derive(Debug)]
pub struct TenantFacts {
    position: Position,
    /// The recorded instant of each change from sequence number 1, microseconds.
    recorded: Vec<i64>,
    /// Settings with the change that made them; the defaults first.
    settings: Vec<(u64, Arc<Settings>)>,
    dictionaries: [Dictionary; DICTIONARIES],
    store: store::FactStore,
    logs: versions::Logs,
    touches: touches::Touches,
    merged_leads: merges::Merges,
    customers: customers::Customers,
    people: people::People,
    declared: declared::Declared,
    rates: rates::Rates,
    plans: plans::PlanBook,
    /// What the stages in use mean, by pipeline (as deals name it) and stage.
    meanings: HashMap<(u32, u32), Meaning>,
    /// Working time under the settings in force.
    clock: BusinessClock,
    /// The messages that people, rates and settings were made of, each after its length: a restart reads them again.
    kept: Vec<u8>,
    /// Room for rows on their way into the store; empty between changes.
    room: Vec<Row>,
}

impl TenantFacts {
    /// Up to where the log has been read.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// When the change of a sequence number was recorded; `None` for 0 and for what has not been read.
    #[must_use]
    pub fn recorded_at(&self, seq: u64) -> Option<Instant> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.recorded
            .get(index)
            .map(|micros| Instant::from_micros(*micros))
    }

    /// The last sequence number recorded at or before an instant; 0 = none.
    #[must_use]
    pub fn seq_at(&self, at: Instant) -> u64 {
        self.recorded.partition_point(|micros| *micros <= at.as_micros()) as u64
    }

    /// The settings as known at `seq`; the defaults before the first.
    #[must_use]
    pub fn settings(&self, seq: u64) -> &Settings {
        &self.settings_entry(seq).1
    }

    /// Which settings those are: the sequence number of the change that made them, 0 = the defaults.
    #[must_use]
    pub fn settings_version(&self, seq: u64) -> u64 {
        self.settings_entry(seq).0
    }

    fn settings_entry(&self, seq: u64) -> &(u64, Arc<Settings>) {
        let later = self.settings.partition_point(|(since, _)| *since <= seq);
        &self.settings[later.saturating_sub(1)]
    }

    /// The dictionary of a column. Names of records are their ids.
    #[must_use]
    pub fn dictionary(&self, dict: Dict) -> &Dictionary {
        &self.dictionaries[dict as usize]
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
        table: Table,
        columns: &[Column],
        days: Option<RangeInclusive<i32>>,
        seq: u64,
        part: Part,
        sink: &mut dyn FnMut(&Morsel<'_>),
    ) {
        self.store.scan(
            table,
            &store::Wanted {
                columns,
                days,
                seq,
                part,
            },
            sink,
        );
    }

    /// The rows recorded at `seq` of the records with these codes, by record, then by content, until there are `most` of them,
    /// and the code of the record to go on with. Codes of records never change.
    #[must_use]
    pub fn records(&self, table: Table, codes: Range<u32>, seq: u64, most: usize) -> (Vec<Row>, u32) {
        self.store.records(table, codes, seq, most)
    }

    /// Rows of a table that stand at the position: what a scan there costs.
    #[must_use]
    pub fn live_rows(&self, table: Table) -> usize {
        self.store.table(table).0.len()
    }

    /// What reps, teams or accounts are called as known at `seq`, index = code of `dict` (0 = missing = the empty name):
    /// the name, else the id; two of one name are told apart as `Name (id)`. Of other dictionaries the names.
    #[must_use]
    pub fn display_names(&self, dict: Dict, seq: u64) -> Vec<Arc<str>> {
        let ids = self.dictionary(dict);
        match dict {
            Dict::Rep => self.people.rep_names(ids, seq),
            Dict::Team => self.people.team_names(ids, seq),
            Dict::Account => self.people.account_names(ids, seq),
            _ => std::iter::once("").chain(ids.names()).map(Arc::from).collect(),
        }
    }

    /// An attribute over time as known at `seq`: index = code of [`Attribute::entity`], values = codes of
    /// [`Dict::Attribute`], whose names are those to show (of [`Attribute::Tenure`] of [`TENURES`]).
    #[must_use]
    pub fn attribute(&self, attribute: Attribute, seq: u64) -> Effective {
        let (settled, settings) = self.settings_entry(seq);
        self.people
            .attribute(attribute, seq, &self.words(), (*settled, &settings.zone))
    }

    /// A field that the tenant declared of records of a kind, over time as known at `seq`: index = code of `of`, values =
    /// codes of [`Self::declared_values`].
    #[must_use]
    pub fn declared(&self, of: Dict, field: &str, seq: u64) -> Effective {
        let survivor = |code| match of {
            Dict::Account => self.people.surviving_account(code, seq),
            _ => None,
        };
        let merges = match of {
            Dict::Account => self.people.changes_of_accounts(seq),
            _ => 0,
        };
        self.declared
            .array((of, field), seq, self.dictionary(of).len(), (survivor, merges))
    }

    /// The values of all declared fields by their codes; 0 = missing.
    #[must_use]
    pub fn declared_values(&self) -> &Dictionary {
        self.declared.values()
    }

    /// The teams over time as known at `seq`.
    #[must_use]
    pub fn teams(&self, seq: u64) -> Teams {
        self.people.teams(
            seq,
            self.dictionary(Dict::Rep).len(),
            self.dictionary(Dict::Team).len(),
        )
    }

    fn words(&self) -> people::Words<'_> {
        people::Words {
            reps: self.dictionary(Dict::Rep),
            teams: self.dictionary(Dict::Team),
            accounts: self.dictionary(Dict::Account),
            attributes: self.dictionary(Dict::Attribute),
        }
    }

    /// The account that stands for each account as known at `seq`; index and value are codes of [`Dict::Account`]. Accounts
    /// that were merged are the one that is left, with `parents` those below another are the topmost.
    #[must_use]
    pub fn customers(&self, parents: bool, seq: u64) -> Arc<[u32]> {
        let ids = self.dictionary(Dict::Account);
        self.customers.fold(parents, seq, &self.people, ids)
    }

    /// The rep that each rep reports to at an instant (microseconds), as known at `seq`; index and value are codes of
    /// [`Dict::Rep`], 0 = none.
    #[must_use]
    pub fn managers(&self, at: i64, seq: u64) -> Vec<u32> {
        self.people.managers(at, seq, &self.words())
    }

    /// How many units of `to` one unit of `from` costs on a day (days since 1970-01-01), as known at `seq`: the newest
    /// rate on or before the day and at most 7 days old, direct, else inverse. A budget rate has no age limit: the
    /// newest on or before the day, else the first.
    #[must_use]
    pub fn rate(
        &self,
        from: Currency,
        to: Currency,
        day: i32,
        budget: Option<&str>,
        seq: u64,
    ) -> Option<Exact> {
        self.rates.rate(from, to, day, budget, seq)
    }

    /// Own KPIs, targets and scorecards as known at `seq`.
    #[must_use]
    pub fn plans(&self, seq: u64) -> Plans<'_> {
        self.plans.at(seq)
    }

    /// How many fact rows stand at the position, and the bytes that fact rows and their dictionaries hold.
    #[must_use]
    pub fn rows(&self) -> (usize, usize) {
        let rows = Table::ALL.map(|table| self.live_rows(table)).iter().sum();
        let dictionaries: usize = self.dictionaries.iter().map(Dictionary::bytes).sum();
        (rows, dictionaries + self.store.bytes())
    }

    /// Memory that facts, dictionaries and versions of records hold, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows().1
            + self.logs.memory()
            + self.touches.memory()
            + self.declared.memory()
            + self.kept.capacity()
            + 8 * self.recorded.capacity()
    }
}
