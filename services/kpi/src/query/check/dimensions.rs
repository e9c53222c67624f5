//! Dimensions by name: which there are, and which KPI knows which.

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, Result};

use super::super::groups::{declared_for, is_field_of};
use crate::catalogue::{Dimension, Kpi, nearest};

/// The dimension of a name, which every KPI asked must know; `field` is where it is named.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field, and the nearest dimension that would do.
pub(crate) fn dimension(name: &str, field: &str, kpis: &[&Kpi], settings: &Settings) -> Result<Dimension> {
    let wrong = |message: String| Error::invalid(ErrorReason::UnknownDimension, field, message);
    let found = Dimension::from_name(name).ok_or_else(|| wrong(missing(name, kpis)))?;
    let message = if found == Dimension::TeamTree && field == "group_by" {
        "`team_tree` is only to filter by: group by `team`, or by a level such as `team.1`".to_owned()
    } else if let Some(declared) = found.field() {
        let Some(kpi) = kpis.iter().find(|kpi| !is_field_of(kpi, declared, settings)) else {
            return Ok(found);
        };
        undeclared(name, declared, field, kpi, settings)
    } else {
        let base = found.base();
        let Some(kpi) = kpis
            .iter()
            .find(|kpi| base.as_ref().is_some_and(|base| !kpi.dimensions.contains(base)))
        else {
            return Ok(found);
        };
        unfit(name, field, kpi)
    };
    Err(wrong(message))
}

fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

fn verb(field: &str) -> &'static str {
    if field == "group_by" {
        "grouped"
    } else {
        "filtered"
    }
}

fn missing(name: &str, kpis: &[&Kpi]) -> String {
    let known: Vec<Dimension> = Dimension::ALL
        .into_iter()
        .filter(|one| kpis.iter().all(|kpi| kpi.dimensions.contains(one)))
        .collect();
    let near = nearest(name, known.iter().map(Dimension::name)).unwrap_or_default();
    format!("there is no dimension `{}`: did you mean `{near}`?", short(name))
}

fn unfit(name: &str, field: &str, kpi: &Kpi) -> String {
    let offered: Vec<&str> = kpi.dimensions.iter().map(Dimension::name).collect();
    let near = nearest(name, offered.iter().copied()).unwrap_or_default();
    format!(
        "`{}` cannot be {} by `{}`; the nearest that it can is `{near}`, all are {}",
        kpi.definition.id,
        verb(field),
        short(name),
        offered.join(", ")
    )
}

fn undeclared(name: &str, declared: &str, field: &str, kpi: &Kpi, settings: &Settings) -> String {
    let kinds: Vec<&str> = settings
        .attributes
        .iter()
        .filter(|one| one.name == declared)
        .map(|one| one.kind.as_str())
        .collect();
    let offered = declared_for(kpi, settings);
    let offered = if offered.is_empty() {
        "the tenant's settings declare none that it has".to_owned()
    } else {
        format!("declared are {}", offered.join(", "))
    };
    let (id, name) = (&kpi.definition.id, short(name));
    if kinds.is_empty() {
        return format!("no field is declared as `{name}`; for `{id}` {offered}");
    }
    let (verb, kinds) = (verb(field), kinds.join(" and "));
    format!("`{id}` cannot be {verb} by `{name}`, which is a field of {kinds}; {offered}")
}
