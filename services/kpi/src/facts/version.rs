//! A version of a record as facts need it: texts as codes, free text left out.

use bellwether_domain::{Instant, When, Zone};

/// What orders the versions of a record: `effective_at` (microseconds), `source_version`, `seq`.
pub type Key = (i64, u64, u64);

/// One version of a record, or the end of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<T> {
    /// Its place among the record's versions.
    pub key: Key,
    /// What it says; `None` = a tombstone.
    pub says: Option<T>,
}

/// An amount with the code of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Minor units.
    pub minor: i64,
    /// A code of [`crate::table::Dict::Currency`].
    pub currency: u32,
}

/// One product of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product: u32,
    /// Its family.
    pub family: u32,
    /// Units in millionths.
    pub units: i64,
    /// The line's part of the amount.
    pub amount: Option<Amount>,
}

/// What a version of a deal says. Numbers are codes of the dictionary of that name; 0 = missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(
    missing_docs,
    reason = "the fields of `domain::record::Opportunity` of the same names"
)]
pub struct Deal {
    pub account: u32,
    pub owner: u32,
    pub source: u32,
    pub campaign: u32,
    pub opportunity_type: u32,
    /// As the record names it: 0 = the tenant's first.
    pub pipeline: u32,
    pub stage: u32,
    pub category: u32,
    pub loss_reason: u32,
    pub competitor: u32,
    pub amount: Option<Amount>,
    pub expected: Option<When>,
    pub created: Option<When>,
    pub qualified: Option<When>,
    pub closed: Option<When>,
    pub lines: Vec<Line>,
    pub stages: Vec<(When, u32)>,
    pub amounts: Vec<(When, Option<Amount>)>,
    pub owners: Vec<(When, u32)>,
    pub expectations: Vec<(When, Option<When>)>,
    pub list_amount: Option<Amount>,
    pub discount: Option<Amount>,
    /// Months.
    pub term: Option<u32>,
    pub contacts: Option<u32>,
    /// The CRM's own, in millionths.
    pub probability: Option<u32>,
    /// Reps by id, and their shares in millionths, which sum to the whole.
    pub credits: Vec<(u32, i64)>,
}

impl Deal {
    /// The earliest instant at which the source says that something happened to the deal.
    pub(super) fn earliest_told(&self, zone: &Zone) -> Option<Instant> {
        let told = [self.qualified, self.closed].into_iter().flatten();
        let told = told.chain(self.stages.iter().map(|(when, _)| *when));
        let told = told.chain(self.amounts.iter().map(|(when, _)| *when));
        let told = told.chain(self.owners.iter().map(|(when, _)| *when));
        let told = told.chain(self.expectations.iter().map(|(when, _)| *when));
        told.map(|when| when.start_in(zone)).min()
    }

    /// The line that names the deal's product: of the largest amount, then the first.
    pub(super) fn main_line(&self) -> Option<&Line> {
        let size = |line: &Line| line.amount.map_or(i64::MIN, |amount| amount.minor);
        self.lines.iter().rev().max_by_key(|line| size(line))
    }
}

/// What the newest version of a living record says.
pub(super) fn newest<T: Clone>(versions: &mut Vec<Version<T>>) -> Option<T> {
    living(versions).last()?.says.clone()
}

/// Puts versions in order, keeps the latest of equal keys, and gives those that tell of the living record.
pub(super) fn living<T>(versions: &mut Vec<Version<T>>) -> &[Version<T>] {
    if versions.len() > 1 {
        versions.sort_unstable_by_key(|version| version.key);
        // Of two neighbours of equal key the later seq stays: compare from the back.
        versions.reverse();
        versions.dedup_by_key(|version| (version.key.0, version.key.1));
        versions.reverse();
    }
    let end = versions.iter().rposition(|version| version.says.is_none());
    &versions[end.map_or(0, |end| end + 1)..]
}
