//! The dimensions by which KPIs are grouped and filtered, and where their values come from.

use crate::table::{Column, Dict, Table};
use crate::tenant::Attribute;

/// A dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Owner,
    Manager,
    Team,
    Region,
    Territory,
    Account,
    AccountIndustry,
    AccountRegion,
    AccountSegment,
    Product,
    ProductFamily,
    Pipeline,
    Stage,
    Source,
    Campaign,
    Type,
    LossReason,
    Currency,
}

/// Where the values of a dimension come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A column of the facts.
    Column(Column),
    /// An attribute of the owner or account, as it stood at the event (of a stock: at the stock's instant).
    Attribute(Attribute),
}

impl Dimension {
    /// Every dimension, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Owner,
        Self::Manager,
        Self::Team,
        Self::Region,
        Self::Territory,
        Self::Account,
        Self::AccountIndustry,
        Self::AccountRegion,
        Self::AccountSegment,
        Self::Product,
        Self::ProductFamily,
        Self::Pipeline,
        Self::Stage,
        Self::Source,
        Self::Campaign,
        Self::Type,
        Self::LossReason,
        Self::Currency,
    ];

    /// The name used in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.origin() {
            Origin::Column(column) => column.name(),
            Origin::Attribute(Attribute::Manager) => "manager",
            Origin::Attribute(Attribute::Team) => "team",
            Origin::Attribute(Attribute::Region) => "region",
            Origin::Attribute(Attribute::Territory) => "territory",
            Origin::Attribute(Attribute::AccountIndustry) => "account_industry",
            Origin::Attribute(Attribute::AccountRegion) => "account_region",
            Origin::Attribute(Attribute::AccountSegment) => "account_segment",
        }
    }

    /// The dimension of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    /// Where its values come from.
    #[must_use]
    pub fn origin(self) -> Origin {
        match self {
            Self::Owner => Origin::Column(Column::Owner),
            Self::Manager => Origin::Attribute(Attribute::Manager),
            Self::Team => Origin::Attribute(Attribute::Team),
            Self::Region => Origin::Attribute(Attribute::Region),
            Self::Territory => Origin::Attribute(Attribute::Territory),
            Self::Account => Origin::Column(Column::Account),
            Self::AccountIndustry => Origin::Attribute(Attribute::AccountIndustry),
            Self::AccountRegion => Origin::Attribute(Attribute::AccountRegion),
            Self::AccountSegment => Origin::Attribute(Attribute::AccountSegment),
            Self::Product => Origin::Column(Column::Product),
            Self::ProductFamily => Origin::Column(Column::ProductFamily),
            Self::Pipeline => Origin::Column(Column::Pipeline),
            Self::Stage => Origin::Column(Column::Stage),
            Self::Source => Origin::Column(Column::Source),
            Self::Campaign => Origin::Column(Column::Campaign),
            Self::Type => Origin::Column(Column::Type),
            Self::LossReason => Origin::Column(Column::LossReason),
            Self::Currency => Origin::Column(Column::Currency),
        }
    }

    /// The column that a scan reads for it.
    #[must_use]
    pub fn column(self) -> Column {
        match self.origin() {
            Origin::Column(column) => column,
            Origin::Attribute(attribute) if attribute.entity() == Dict::Account => Column::Account,
            Origin::Attribute(_) => Column::Owner,
        }
    }

    /// Whether the facts of a table have it.
    #[must_use]
    pub fn is_of(self, table: Table) -> bool {
        table.columns().contains(&self.column())
    }
}
