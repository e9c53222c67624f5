//! Fields that the tenant declared: whose field `attr.NAME` is in the rows of a table.

use bellwether_domain::settings::Settings;

use super::super::scope::tables;
use crate::catalogue::{Dimension, Kpi};
use crate::table::{Column, Dict, Table};

/// Whose field it is in the rows of a table: that of their own record where its kind declares it, else of the account, else
/// of the owner. The column with the code of the record, and the dictionary of its ids. Of a sample every name is a field.
pub(in crate::query) fn holder(table: Table, field: &str, settings: &Settings) -> Option<(Column, Dict)> {
    let has = |column: Column| table.columns().contains(&column);
    let declares = |dict: Dict| {
        let kind = dict.kind().map(|kind| kind.name());
        let mut declared = settings.attributes.iter();
        declared.any(|one| one.name == field && Some(one.kind.as_str()) == kind)
    };
    let own = (table.subject_column(), table.subject());
    let others = [(Column::Account, Dict::Account), (Column::Owner, Dict::Rep)];
    let found = std::iter::once(own)
        .chain(others)
        .find(|(column, dict)| has(*column) && declares(*dict));
    found.or_else(|| (table.subject() == Dict::Sample).then_some(own))
}

/// Whether a KPI can be grouped by a field: all its tables have it, and it may be grouped by whom it is a field of.
pub(in crate::query) fn is_field_of(kpi: &Kpi, field: &str, settings: &Settings) -> bool {
    tables(kpi).into_iter().all(|table| {
        holder(table, field, settings).is_some_and(|(column, _)| match column {
            Column::Account => kpi.dimensions.contains(&Dimension::Account),
            Column::Owner => kpi.dimensions.contains(&Dimension::Owner),
            _ => kpi.definition.dimensions.is_none(),
        })
    })
}

/// The fields that a KPI can be grouped by, as they are named in requests.
pub(in crate::query) fn declared_for(kpi: &Kpi, settings: &Settings) -> Vec<String> {
    let mut names: Vec<String> = settings
        .attributes
        .iter()
        .filter(|one| is_field_of(kpi, &one.name, settings))
        .map(|one| format!("attr.{}", one.name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
