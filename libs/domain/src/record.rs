//! Sales records as the pure rooms see them: parsed, typed and checked.
//!
//! A record on the wire is `bellwether.sales.v1.Record`; `bellwether-contracts` turns one into the other and
//! reports every violation at once.

mod activity;
mod check;
mod commerce;
mod decimal;
mod opportunity;
mod plan;
mod sample;

use std::collections::BTreeMap;

pub use activity::{Activity, ActivityOutcome, ActivityType, Direction, MethodologyEvidence};
pub use check::{check, check_probability};
pub use commerce::{ComplianceCheck, Contract, Order, OrderType, Spend, SpendCategory, Subscription};
pub use decimal::millionths;
pub use opportunity::{
    AmountChange, CloseDateChange, Credit, ForecastCategory, LineItem, Opportunity, OpportunityType,
    OwnerChange, StageChange,
};
pub use plan::{
    Goal, KpiDefinition, KpiStatus, Promotion, ReviewCadence, Scorecard, ScorecardItem, Target, TargetShape,
    Thresholds,
};
pub use sample::MetricSample;

use crate::ids::{RecordKey, RecordKind};
use crate::money::{Currency, Money};
use crate::settings::AttributeType;
use crate::time::{CivilDate, Instant, When};

/// One version of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its id in the source, 1 to 256 bytes.
    pub id: String,
    /// From when the fields without an instant of their own hold; `None` = decided by the log.
    pub effective_at: Option<Instant>,
    /// The source's own version number, to order versions of equal `effective_at`; 0 = none.
    pub source_version: u64,
    /// Tenant-declared fields.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// What the record says.
    pub body: Body,
}

/// A value of a tenant-declared field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A decimal number as text, such as `12.50`.
    Number(String),
    /// A day.
    Day(CivilDate),
}

impl AttributeValue {
    /// What it is.
    #[must_use]
    pub fn attribute_type(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Day(_) => AttributeType::Day,
        }
    }
}

/// What a record says, by kind.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each variant is the struct of the same name")]
pub enum Body {
    Account(Account),
    Rep(Rep),
    Team(Team),
    Lead(Lead),
    Opportunity(Box<Opportunity>),
    Activity(Activity),
    Quota(Quota),
    FxRate(FxRate),
    Subscription(Subscription),
    Contract(Contract),
    Order(Order),
    Spend(Spend),
    MetricSample(MetricSample),
    KpiDefinition(Box<KpiDefinition>),
    Target(Box<Target>),
    Scorecard(Scorecard),
}

impl Record {
    /// What kind of record it is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match &self.body {
            Body::Account(_) => RecordKind::Account,
            Body::Rep(_) => RecordKind::Rep,
            Body::Team(_) => RecordKind::Team,
            Body::Lead(_) => RecordKind::Lead,
            Body::Opportunity(_) => RecordKind::Opportunity,
            Body::Activity(_) => RecordKind::Activity,
            Body::Quota(_) => RecordKind::Quota,
            Body::FxRate(_) => RecordKind::FxRate,
            Body::Subscription(_) => RecordKind::Subscription,
            Body::Contract(_) => RecordKind::Contract,
            Body::Order(_) => RecordKind::Order,
            Body::Spend(_) => RecordKind::Spend,
            Body::MetricSample(_) => RecordKind::MetricSample,
            Body::KpiDefinition(_) => RecordKind::KpiDefinition,
            Body::Target(_) => RecordKind::Target,
            Body::Scorecard(_) => RecordKind::Scorecard,
        }
    }

    /// Its name within the tenant.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        RecordKey {
            kind: self.kind(),
            id: self.id.clone(),
        }
    }

    /// When the thing came to be, if the record says so.
    #[must_use]
    pub fn created(&self) -> Option<When> {
        match &self.body {
            Body::Lead(lead) => lead.created,
            Body::Opportunity(deal) => deal.created,
            Body::Activity(activity) => Some(activity.at),
            Body::Rep(rep) => rep.start_date.map(When::Day),
            Body::Subscription(subscription) => Some(subscription.started),
            Body::Contract(contract) => contract.signed,
            Body::Order(order) => Some(order.at),
            Body::Spend(spend) => Some(When::Day(spend.period_start)),
            Body::MetricSample(sample) => Some(sample.at),
            Body::Account(_) | Body::Team(_) | Body::Quota(_) | Body::FxRate(_) => None,
            Body::KpiDefinition(_) | Body::Target(_) | Body::Scorecard(_) => None,
        }
    }
}

/// A customer or prospect company.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Display name; empty = the id.
    pub name: String,
    /// The id of the parent account.
    pub parent_id: Option<String>,
    /// Market segment, such as `enterprise`.
    pub segment: Option<String>,
    /// Industry or sector.
    pub industry: Option<String>,
    /// Region or country.
    pub region: Option<String>,
    /// Number of employees.
    pub employees: Option<u64>,
    /// Internet domain.
    pub domain: Option<String>,
}

/// A person who sells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rep {
    /// Display name; empty = the id.
    pub name: String,
    /// The manager: a rep's id, or a plain name when the manager is no rep.
    pub manager: Option<String>,
    /// The team's id.
    pub team_id: Option<String>,
    /// Sales region or office.
    pub region: Option<String>,
    /// Territory.
    pub territory: Option<String>,
    /// Role, such as `account executive`.
    pub role: Option<String>,
    /// Sales model, such as `inside` or `field`.
    pub sales_model: Option<String>,
    /// First day of employment.
    pub start_date: Option<CivilDate>,
    /// Last day of employment.
    pub end_date: Option<CivilDate>,
}

/// A team of reps; teams form a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Team {
    /// Display name; empty = the id.
    pub name: String,
    /// The id of the parent team.
    pub parent_id: Option<String>,
    /// The manager: a rep's id, or a plain name.
    pub manager: Option<String>,
    /// Sales region.
    pub region: Option<String>,
    /// Territory.
    pub territory: Option<String>,
}

/// A person or company that might buy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lead {
    /// Where it came from.
    pub source: Option<String>,
    /// The campaign it answered.
    pub campaign: Option<String>,
    /// When it was created.
    pub created: Option<When>,
    /// When marketing qualified it.
    pub mql_at: Option<When>,
    /// When sales qualified it.
    pub sql_at: Option<When>,
    /// Status in the source.
    pub status: Option<String>,
    /// Why it was disqualified.
    pub disqualify_reason: Option<String>,
    /// The opportunity it became.
    pub converted_opportunity_id: Option<String>,
    /// When it was converted.
    pub converted_at: Option<When>,
    /// The owner's rep id.
    pub owner_id: Option<String>,
    /// The account's id.
    pub account_id: Option<String>,
}

/// Whose quota it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotaHolder {
    /// A rep, by id.
    Rep(String),
    /// A team, by id.
    Team(String),
}

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaTarget {
    /// An amount of money.
    Amount(Money),
    /// A number of deals.
    Count(u64),
}

/// A target of a rep or team for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Whose quota it is.
    pub holder: QuotaHolder,
    /// First day of the period.
    pub period_start: CivilDate,
    /// Day after the last day of the period.
    pub period_end: CivilDate,
    /// What is to be reached.
    pub target: QuotaTarget,
}

/// How many units of the quote currency one unit of the base currency costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FxRate {
    /// One unit of this ...
    pub base: Currency,
    /// ... costs `rate` units of this.
    pub quote: Currency,
    /// The day the rate is of.
    pub date: CivilDate,
    /// A positive decimal number as text, such as `1.0832`.
    pub rate: String,
    /// The name of a budget rate; `None` = a market rate.
    pub budget: Option<String>,
}

impl FxRate {
    /// The id of a rate that came without one: pair, day and budget name.
    #[must_use]
    pub fn natural_id(&self) -> String {
        let budget = self
            .budget
            .as_ref()
            .map(|name| format!("@{name}"))
            .unwrap_or_default();
        format!("{}/{}@{}{budget}", self.base, self.quote, self.date)
    }
}
