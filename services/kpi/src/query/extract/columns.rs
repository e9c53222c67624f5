//! The columns of an extract: by name, what their values are, and what of a row has not happened as of an instant.

use bellwether_domain::{Error, ErrorReason, Result, Violation};

use super::super::groups::holder;
use super::super::when::Moment;
use super::{MOST_DIMENSIONS, Wanted};
use crate::catalogue::{Dimension, Origin, nearest};
use crate::facts::Row;
use crate::table::{Column, Dict, EVER, NULL, Storage, Table};
use crate::tenant::{Attribute, Effective, TenantFacts};

/// The amount in the tenant's currency.
const HOME: &str = "home_amount";

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant,
    /// Days since 1970-01-01.
    Day,
    /// Microseconds.
    Duration,
    /// Minor units of a currency.
    MinorUnits,
    /// Millionths.
    Millionths,
    /// Whole numbers.
    Count,
    /// 0 or 1.
    Flag,
}

/// A column of an extract.
#[derive(Debug)]
pub(super) enum Told {
    /// One of the table's.
    Column(Column),
    /// The amount in the tenant's currency.
    Home,
    /// A dimension.
    Dimension(OfRecord),
}

/// A dimension of rows: what the record whose code is in a column was at the row's beginning.
#[derive(Debug)]
pub(super) struct OfRecord {
    pub(super) name: String,
    pub(super) of: Column,
    pub(super) array: Effective,
    pub(super) words: Words,
}

/// What the codes of a dimension are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// As attributes of reps and accounts are.
    Attributes,
    /// So many parts of those.
    Parts(u8),
    /// As lengths of employment are.
    Tenures,
    /// As values of declared fields are.
    Declared,
}

impl Told {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Column(column) => column.name(),
            Self::Home => HOME,
            Self::Dimension(dimension) => &dimension.name,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Column(column) => kind(*column),
            Self::Home => Kind::MinorUnits,
            Self::Dimension(_) => Kind::Text,
        }
    }
}

fn kind(column: Column) -> Kind {
    match (column.storage(), column) {
        (Storage::Code(_), _) => Kind::Text,
        (Storage::I32, _) => Kind::Day,
        (Storage::U8, _) => Kind::Flag,
        (_, Column::Amount | Column::ListAmount | Column::Discount) => Kind::MinorUnits,
        (_, Column::Cycle | Column::Duration | Column::CreatedBusiness | Column::RespondedBusiness) => {
            Kind::Duration
        }
        (_, Column::Units | Column::Probability | Column::Share | Column::Value | Column::Weight) => {
            Kind::Millionths
        }
        (_, Column::StageIndex | Column::Term | Column::Contacts | Column::Pushes | Column::Count) => {
            Kind::Count
        }
        (Storage::I64, _) => Kind::Instant,
    }
}

/// The number in a column of a row that is no text; `None` = it is missing, or has not happened as of `as_of`.
pub(super) fn number(table: Table, column: Column, row: &Row, as_of: i64) -> Option<i64> {
    let value = row.get(column);
    let absent = match column.storage() {
        Storage::I64 => value == NULL || (column == Column::ValidFrom && value == EVER),
        _ => false,
    };
    (!absent && !is_ahead(table, column, row, as_of)).then_some(value)
}

/// Whether what a column says came, or was decided by what came, at `as_of` or later.
pub(super) fn is_ahead(table: Table, column: Column, row: &Row, as_of: i64) -> bool {
    let decides = match (table, column) {
        (Table::StageSpells, Column::NextStage | Column::Outcome) => Column::LeftAt,
        (Table::Leads, Column::DisqualifyReason) => Column::DisqualifiedAt,
        (Table::Leads, Column::RespondedBusiness) => Column::RespondedAt,
        (Table::ContractChecks, Column::InTime) => Column::DoneAt,
        // These are plans.
        (_, Column::ExpectedDay | Column::StartAt | Column::EndAt) => return false,
        (_, own) if kind(own) == Kind::Instant => own,
        _ => return false,
    };
    let at = row.get(decides);
    at != NULL && at >= as_of
}

/// The columns that are wanted.
pub(super) fn chosen(
    facts: &TenantFacts,
    table: Table,
    wanted: &Wanted,
    moment: &Moment,
) -> Result<Vec<Told>> {
    let has_home = [Column::Amount, Column::Currency]
        .iter()
        .all(|column| table.columns().contains(column));
    let home = has_home.then_some(Told::Home);
    let all = || table.columns().iter().copied().map(Told::Column).chain(home);
    let mut wrong: Vec<Violation> = Vec::new();
    let mut found: Vec<Told> = if wanted.columns.is_empty() {
        all().collect()
    } else {
        Vec::new()
    };
    for name in &wanted.columns {
        let known = table.columns().iter().find(|column| column.name() == name);
        match known {
            _ if found.iter().any(|told| told.name() == name) => {
                wrong.push(Violation::new(
                    "columns",
                    format!("`{}` is named twice", short(name)),
                ));
            }
            Some(column) => found.push(Told::Column(*column)),
            None if has_home && name == HOME => found.push(Told::Home),
            None => wrong.push(Violation::new("columns", missing(table, has_home, name))),
        }
    }
    if wanted.dimensions.len() > MOST_DIMENSIONS {
        let message = format!("there are more than {MOST_DIMENSIONS}");
        wrong.push(Violation::new("dimensions", message));
    }
    for name in wanted.dimensions.iter().take(MOST_DIMENSIONS) {
        match dimension(facts, table, name, moment) {
            _ if found.iter().any(|told| told.name() == name) => {
                wrong.push(Violation::new(
                    "dimensions",
                    format!("`{}` is named twice", short(name)),
                ));
            }
            Ok(told) => found.push(Told::Dimension(told)),
            Err(message) => wrong.push(Violation::new("dimensions", message)),
        }
    }
    if wrong.is_empty() {
        Ok(found)
    } else {
        Err(Error::violations(ErrorReason::InvalidField, wrong))
    }
}

fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

fn missing(table: Table, has_home: bool, name: &str) -> String {
    let names = table.columns().iter().map(|column| column.name());
    let names: Vec<&str> = names.chain(has_home.then_some(HOME)).collect();
    let near = nearest(name, names.iter().copied()).unwrap_or_default();
    let (short, table) = (short(name), table.name());
    format!(
        "`{table}` have no `{short}`: did you mean `{near}`? They have {}",
        names.join(", ")
    )
}

/// A dimension of the rows of a table.
fn dimension(facts: &TenantFacts, table: Table, name: &str, moment: &Moment) -> Result<OfRecord, String> {
    let told = |of: Column, array: Effective, words: Words| OfRecord {
        name: name.to_owned(),
        of,
        array,
        words,
    };
    let seq = moment.seq;
    let found = Dimension::from_name(name);
    let attribute = |attribute: Attribute, words: Words| {
        let of = match attribute.entity() {
            Dict::Account => Column::Account,
            _ => Column::Owner,
        };
        told(of, facts.attribute(attribute, seq), words)
    };
    match found.as_ref().map(|one| (one, one.origin())) {
        Some((one, Origin::Attribute(Attribute::Tenure))) if one.is_of(table) => {
            Ok(attribute(Attribute::Tenure, Words::Tenures))
        }
        Some((one, Origin::Attribute(of))) if one.is_of(table) => Ok(attribute(of, Words::Attributes)),
        Some((one, Origin::Path(of, parts))) if one.is_of(table) => Ok(attribute(of, Words::Parts(parts))),
        Some((one, Origin::Declared)) => {
            let field = one.field().unwrap_or_default();
            match holder(table, field, &moment.settings) {
                Some((column, dict)) => Ok(told(column, facts.declared(dict, field, seq), Words::Declared)),
                None => Err(format!("`{}` have no field `{}`", table.name(), short(name))),
            }
        }
        Some((one, Origin::Column(_))) if one.is_of(table) => {
            Err(format!("`{}` is a column: name it in `columns`", short(name)))
        }
        Some((_, Origin::TeamTree)) => Err("`team_tree` is only to filter by: name `team`".to_owned()),
        _ => {
            let all = Dimension::ALL.iter();
            let all = all.filter(|one| !matches!(one.origin(), Origin::Column(_)) && one.is_of(table));
            let all: Vec<&str> = all.map(Dimension::name).collect();
            let (table, all) = (table.name(), all.join(", "));
            Err(format!(
                "`{table}` have no dimension `{}`; they have {all}",
                short(name)
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_is_an_instant_is_hidden_until_it_comes_unless_it_is_a_plan() {
        for table in Table::ALL {
            for column in table.columns() {
                let mut row = Row::new(table);
                for column in table.columns() {
                    row.set(*column, 50);
                }
                let plan = matches!(column, Column::ExpectedDay | Column::StartAt | Column::EndAt);
                if kind(*column) == Kind::Instant && !plan {
                    assert_eq!(number(table, *column, &row, 51), Some(50), "{}", column.name());
                    assert_eq!(number(table, *column, &row, 50), None, "{}", column.name());
                }
            }
        }
    }

    #[test]
    fn what_was_decided_later_is_hidden_too() {
        let mut row = Row::new(Table::StageSpells);
        row.set(Column::LeftAt, 50);
        row.set(Column::NextStage, 3);
        let hidden = |row: &Row, as_of| is_ahead(Table::StageSpells, Column::NextStage, row, as_of);
        assert!(hidden(&row, 50) && !hidden(&row, 51));
        row.set(Column::LeftAt, NULL);
        assert!(!hidden(&row, 50));
    }
}
