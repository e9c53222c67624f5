//! Names of things: tenants, kinds of records, records.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorReason};

/// A tenant: the company whose records these are. `[a-z0-9][a-z0-9_-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(String);

impl TenantId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let head = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if head && rest && text.len() <= 63 {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(70).collect();
        Err(Error::invalid(
            ErrorReason::InvalidField,
            "tenant",
            format!(
                "`{shown}` is not a tenant id: use 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit"
            ),
        ))
    }
}

/// The kinds of records that a change in the log can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// A customer or prospect company.
    Account,
    /// A person who sells.
    Rep,
    /// A team of reps.
    Team,
    /// A lead.
    Lead,
    /// A deal.
    Opportunity,
    /// A call, e-mail, meeting, demo or task.
    Activity,
    /// A target of a rep or team for a period.
    Quota,
    /// An exchange rate of a day, or a named budget rate.
    FxRate,
    /// What an account pays each month.
    Subscription,
    /// An agreement with an account.
    Contract,
    /// An order, invoice or credit note.
    Order,
    /// Money spent on selling.
    Spend,
    /// A value of any other business number.
    MetricSample,
    /// A KPI of the tenant's own, or what the tenant says about a built-in one.
    KpiDefinition,
    /// What a KPI is to reach in a period.
    Target,
    /// A few KPIs that are looked at together.
    Scorecard,
    /// The tenant's settings; one record, id `settings`.
    Settings,
}

impl RecordKind {
    /// Every kind, in the order of the wire numbers.
    pub const ALL: [Self; 17] = [
        Self::Account,
        Self::Rep,
        Self::Team,
        Self::Lead,
        Self::Opportunity,
        Self::Activity,
        Self::Quota,
        Self::FxRate,
        Self::Subscription,
        Self::Contract,
        Self::Order,
        Self::Spend,
        Self::MetricSample,
        Self::KpiDefinition,
        Self::Target,
        Self::Scorecard,
        Self::Settings,
    ];

    /// The name used in mappings, the CLI and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Rep => "rep",
            Self::Team => "team",
            Self::Lead => "lead",
            Self::Opportunity => "opportunity",
            Self::Activity => "activity",
            Self::Quota => "quota",
            Self::FxRate => "fx_rate",
            Self::Subscription => "subscription",
            Self::Contract => "contract",
            Self::Order => "order",
            Self::Spend => "spend",
            Self::MetricSample => "metric_sample",
            Self::KpiDefinition => "kpi_definition",
            Self::Target => "target",
            Self::Scorecard => "scorecard",
            Self::Settings => "settings",
        }
    }

    /// The number under which the kind is stored and sent; never reused.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Account => 1,
            Self::Rep => 2,
            Self::Team => 3,
            Self::Lead => 4,
            Self::Opportunity => 5,
            Self::Activity => 6,
            Self::Quota => 7,
            Self::FxRate => 8,
            Self::Subscription => 9,
            Self::Contract => 10,
            Self::Order => 11,
            Self::Spend => 12,
            Self::MetricSample => 13,
            Self::KpiDefinition => 14,
            Self::Target => 15,
            Self::Scorecard => 16,
            Self::Settings => 100,
        }
    }

    /// Whether records of the kind can be merged: those of which sources make the same thing twice.
    #[must_use]
    pub fn can_merge(self) -> bool {
        matches!(self, Self::Account | Self::Lead)
    }

    /// The kind of a stored number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RecordKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                Error::invalid(
                    ErrorReason::InvalidField,
                    "kind",
                    format!("`{text}` is not a record kind: use one of {names}"),
                )
            })
    }
}

/// A record's name within a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey {
    /// What it is.
    pub kind: RecordKind,
    /// Its id in the source, 1 to 256 bytes.
    pub id: String,
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.id)
    }
}
