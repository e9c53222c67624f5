//! Whether a question can be asked at all: limits, names, and which KPI knows which dimension.

use bellwether_domain::{Error, ErrorReason, Result, Violation};

use super::scope::{self, Caller};
use super::{Ask, MOST_FILTERS, MOST_GROUP_BY, MOST_KPIS};
use crate::catalogue::{AsOf, Catalogue, Dimension, Kpi, nearest};

/// A question whose names are known.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    /// In the order asked.
    pub(super) kpis: Vec<&'a Kpi>,
    /// In the order asked.
    pub(super) group_by: Vec<Dimension>,
    /// Each dimension once, with the values that pass (`None` = missing).
    pub(super) filters: Vec<(Dimension, Vec<Option<String>>)>,
    /// Who asks.
    pub(super) caller: Caller,
}

impl Checked<'_> {
    /// Whether what is asked grows older while nothing happens.
    pub(super) fn by_minute(&self) -> bool {
        self.kpis.iter().any(|kpi| kpi.definition.as_of == AsOf::Minute)
    }
}

pub(super) fn check<'a>(catalogue: &'a Catalogue, ask: &Ask) -> Result<Checked<'a>> {
    check_limits(ask)?;
    let kpis = ask
        .kpis
        .iter()
        .map(|id| catalogue.kpi(id))
        .collect::<Result<Vec<_>>>()?;
    kpis.iter().try_for_each(|kpi| scope::check(kpi, &ask.caller))?;
    let mut group_by = Vec::new();
    for name in &ask.group_by {
        group_by.push(dimension(name, "group_by", "grouped", &kpis)?);
    }
    let mut filters: Vec<(Dimension, Vec<Option<String>>)> = Vec::new();
    for (name, value) in &ask.filters {
        let dimension = dimension(name, "filters", "filtered", &kpis)?;
        let value = value.clone().filter(|value| !value.is_empty());
        match filters.iter_mut().find(|(known, _)| *known == dimension) {
            Some((_, values)) => values.push(value),
            None => filters.push((dimension, vec![value])),
        }
    }
    Ok(Checked {
        kpis,
        group_by,
        filters,
        caller: ask.caller.clone(),
    })
}

fn check_limits(ask: &Ask) -> Result<()> {
    let mut wrong = Vec::new();
    let mut at_most = |field: &str, found: usize, most: usize| {
        if found > most {
            wrong.push(Violation::new(
                field,
                format!("at most {most}, these are {found}: ask several times"),
            ));
        }
    };
    at_most("kpis", ask.kpis.len(), MOST_KPIS);
    at_most("group_by", ask.group_by.len(), MOST_GROUP_BY);
    at_most("filters", ask.filters.len(), MOST_FILTERS);
    if ask.kpis.is_empty() {
        wrong.push(Violation::new("kpis", "name at least one KPI, such as win_rate"));
    }
    for (index, name) in ask.group_by.iter().enumerate() {
        if ask.group_by[..index].contains(name) {
            wrong.push(Violation::new(
                "group_by",
                format!("`{name}` is named twice: name it once"),
            ));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::violations(ErrorReason::InvalidField, wrong))
    }
}

/// The dimension of a name, which every KPI asked must know.
fn dimension(name: &str, field: &str, verb: &str, kpis: &[&Kpi]) -> Result<Dimension> {
    let shown: String = name.chars().take(80).collect();
    let unknown = |message: String| Error::invalid(ErrorReason::UnknownDimension, field, message);
    let Some(dimension) = Dimension::from_name(name) else {
        let offered: Vec<&str> = Dimension::ALL
            .into_iter()
            .filter(|one| kpis.iter().all(|kpi| kpi.dimensions.contains(one)))
            .map(Dimension::name)
            .collect();
        let near = nearest(name, offered.iter().copied()).unwrap_or_default();
        return Err(unknown(format!(
            "there is no dimension `{shown}`: did you mean `{near}`?"
        )));
    };
    let Some(kpi) = kpis.iter().find(|kpi| !kpi.dimensions.contains(&dimension)) else {
        return Ok(dimension);
    };
    let offered: Vec<&str> = kpi.dimensions.iter().map(|one| one.name()).collect();
    let near = nearest(name, offered.iter().copied()).unwrap_or_default();
    let id = &kpi.definition.id;
    Err(unknown(format!(
        "`{id}` cannot be {verb} by `{shown}`; the nearest that it can is `{near}`, all are {}",
        offered.join(", ")
    )))
}
