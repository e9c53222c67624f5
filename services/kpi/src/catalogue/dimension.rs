//! The dimensions by which KPIs are grouped and filtered, and where their values come from.

use std::sync::Arc;

use crate::table::{Column, Dict, Storage, Table};
use crate::tenant::Attribute;

/// A dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Owner,
    Manager,
    Team,
    Region,
    Territory,
    /// How long the owner had been with the company.
    Tenure,
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
    Category,
    ActivityType,
    ActivityOutcome,
    Direction,
    Role,
    SalesModel,
    Competitor,
    OrderType,
    SpendCategory,
    Channel,
    Metric,
    Check,
    /// The owner's team, or the one above it so many levels below the top; counted from 1.
    TeamLevel(u8),
    /// So many parts of the owner's territory, a path with `/` between its parts.
    TerritoryLevel(u8),
    /// The owner's team and all above it: only to filter by.
    TeamTree,
    /// A field that the tenant declared: `attr.NAME`, as it is named.
    Declared(Arc<str>),
}

/// Where the values of a dimension come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A column of the facts.
    Column(Column),
    /// An attribute of the owner or account, as it stood at the event (of a stock: at the stock's instant).
    Attribute(Attribute),
    /// So many parts of an attribute that is a path.
    Path(Attribute, u8),
    /// The owner's team and all above it.
    TeamTree,
    /// A field that the tenant declared, of the row's own record, its account or its owner.
    Declared,
}

/// What the names of declared fields begin with.
const DECLARED: &str = "attr.";

const TEAM_LEVELS: [&str; 9] = [
    "team.1", "team.2", "team.3", "team.4", "team.5", "team.6", "team.7", "team.8", "team.9",
];
const TERRITORY_LEVELS: [&str; 9] = [
    "territory.1",
    "territory.2",
    "territory.3",
    "territory.4",
    "territory.5",
    "territory.6",
    "territory.7",
    "territory.8",
    "territory.9",
];

impl Dimension {
    /// Every dimension that facts have by themselves, in the order of the documentation.
    pub const ALL: [Self; 31] = [
        Self::Owner,
        Self::Manager,
        Self::Team,
        Self::Region,
        Self::Territory,
        Self::Tenure,
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
        Self::Category,
        Self::ActivityType,
        Self::ActivityOutcome,
        Self::Direction,
        Self::Role,
        Self::SalesModel,
        Self::Competitor,
        Self::OrderType,
        Self::SpendCategory,
        Self::Channel,
        Self::Metric,
        Self::Check,
    ];

    /// The name used in requests.
    #[must_use]
    pub fn name(&self) -> &str {
        match (self, self.origin()) {
            (Self::Declared(name), _) => name,
            (Self::TeamTree, _) => "team_tree",
            (Self::TeamLevel(level), _) => level_name(&TEAM_LEVELS, *level),
            (Self::TerritoryLevel(level), _) => level_name(&TERRITORY_LEVELS, *level),
            (_, Origin::Column(column)) => column.name(),
            (_, Origin::Attribute(attribute)) => attribute.name(),
            (_, Origin::Path(..) | Origin::TeamTree | Origin::Declared) => "",
        }
    }

    /// The dimension of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(field) = name.strip_prefix(DECLARED) {
            return (!field.is_empty()).then(|| Self::Declared(name.into()));
        }
        let level = |names: &[&str]| {
            let place = names.iter().position(|one| *one == name)?;
            u8::try_from(place + 1).ok()
        };
        if name == "team_tree" {
            return Some(Self::TeamTree);
        }
        level(&TEAM_LEVELS)
            .map(Self::TeamLevel)
            .or_else(|| level(&TERRITORY_LEVELS).map(Self::TerritoryLevel))
            .or_else(|| Self::ALL.into_iter().find(|dimension| dimension.name() == name))
    }

    /// Of a declared field its name.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Declared(name) => name.strip_prefix(DECLARED),
            _ => None,
        }
    }

    /// The dimension that a KPI must have for this one: that of which it is a level. Of a declared field it depends on who
    /// declared it: `None`.
    #[must_use]
    pub fn base(&self) -> Option<Self> {
        match self {
            Self::TeamLevel(_) | Self::TeamTree => Some(Self::Team),
            Self::TerritoryLevel(_) => Some(Self::Territory),
            Self::Declared(_) => None,
            other => Some(other.clone()),
        }
    }

    /// Where its values come from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        match self {
            Self::Owner => Origin::Column(Column::Owner),
            Self::Manager => Origin::Attribute(Attribute::Manager),
            Self::Team => Origin::Attribute(Attribute::Team),
            Self::Region => Origin::Attribute(Attribute::Region),
            Self::Territory => Origin::Attribute(Attribute::Territory),
            Self::Tenure => Origin::Attribute(Attribute::Tenure),
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
            Self::Category => Origin::Column(Column::Category),
            Self::ActivityType => Origin::Column(Column::ActivityType),
            Self::ActivityOutcome => Origin::Column(Column::ActivityOutcome),
            Self::Direction => Origin::Column(Column::Direction),
            Self::Role => Origin::Column(Column::Role),
            Self::SalesModel => Origin::Column(Column::SalesModel),
            Self::Competitor => Origin::Column(Column::Competitor),
            Self::OrderType => Origin::Column(Column::OrderType),
            Self::SpendCategory => Origin::Column(Column::SpendCategory),
            Self::Channel => Origin::Column(Column::Channel),
            Self::Metric => Origin::Column(Column::Metric),
            Self::Check => Origin::Column(Column::Check),
            Self::TeamLevel(level) => Origin::Attribute(Attribute::TeamLevel(*level)),
            Self::TerritoryLevel(level) => Origin::Path(Attribute::Territory, *level),
            Self::TeamTree => Origin::TeamTree,
            Self::Declared(_) => Origin::Declared,
        }
    }

    /// The dictionary of the records whose names or attributes it tells; `None` = it tells of others, or of a field that
    /// the tenant declared.
    #[must_use]
    pub fn told_of(&self) -> Option<Dict> {
        match self.origin() {
            Origin::Attribute(attribute) | Origin::Path(attribute, _) => Some(attribute.entity()),
            Origin::TeamTree => Some(Dict::Rep),
            Origin::Column(column) => match column.storage() {
                Storage::Code(dict) => Some(dict),
                _ => None,
            },
            Origin::Declared => None,
        }
    }

    /// Whether the facts of a table have it; of a declared field no table tells.
    #[must_use]
    pub fn is_of(&self, table: Table) -> bool {
        let column = match self.origin() {
            Origin::Column(column) => column,
            Origin::Declared => return false,
            _ if self.told_of() == Some(Dict::Account) => Column::Account,
            _ => Column::Owner,
        };
        table.columns().contains(&column)
    }
}

fn level_name(names: &[&'static str], level: u8) -> &'static str {
    let place = usize::from(level).saturating_sub(1);
    names.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_has_a_name_that_leads_back_to_it() {
        let others = [
            Dimension::TeamLevel(1),
            Dimension::TeamLevel(9),
            Dimension::TerritoryLevel(3),
            Dimension::TeamTree,
            Dimension::Declared("attr.tier".into()),
        ];
        for dimension in Dimension::ALL.into_iter().chain(others) {
            assert!(!dimension.name().is_empty(), "{dimension:?}");
            assert_eq!(Dimension::from_name(dimension.name()), Some(dimension));
        }
        for name in [
            "team.0",
            "team.10",
            "team.",
            "attr.",
            "territory",
            "valid_from",
            "",
        ] {
            let found = Dimension::from_name(name);
            assert!(found.is_none_or(|one| one == Dimension::Territory), "{name}");
        }
    }
}
