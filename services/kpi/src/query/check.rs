//! Whether a question can be asked at all: limits, names, and which KPI knows which dimension.

mod dimensions;

use std::collections::HashSet;
use std::sync::Arc;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, Result, Violation};

use super::scope::{self, Caller};
use super::{Ask, MOST_FILTERS, MOST_GROUP_BY, MOST_KPIS, MOST_TOP, Top};
use crate::catalogue::{AsOf, Catalogue, Dimension, Kpi};
pub(crate) use dimensions::dimension;

/// A question whose names are known.
#[derive(Debug, Clone)]
pub(super) struct Checked<'a> {
    /// In the order asked.
    pub(super) kpis: Vec<&'a Kpi>,
    /// In the order asked.
    pub(super) group_by: Vec<Dimension>,
    /// Each dimension once, with the values that pass (`None` = missing).
    pub(super) filters: Vec<(Dimension, Vec<Option<String>>)>,
    /// Who asks.
    pub(super) caller: Caller,
    /// Whether owners and attributes are those at as-of, not at each event.
    pub(super) now: bool,
    /// By which KPI only the largest groups of the first dimension are told apart.
    pub(super) top: Option<(&'a Kpi, &'a Top)>,
    /// Which groups those are, once it is known.
    pub(super) only: Option<HashSet<Option<Arc<str>>>>,
}

impl Checked<'_> {
    /// Whether what is asked grows older while nothing happens.
    pub(super) fn by_minute(&self) -> bool {
        self.kpis.iter().any(|kpi| kpi.definition.as_of == AsOf::Minute)
    }

    /// The same question about all groups together.
    pub(super) fn of_all(&self) -> Self {
        Self {
            group_by: Vec::new(),
            top: None,
            only: None,
            ..self.clone()
        }
    }
}

pub(super) fn check<'a>(catalogue: &'a Catalogue, ask: &'a Ask, settings: &Settings) -> Result<Checked<'a>> {
    check_limits(ask)?;
    let kpis = ask
        .kpis
        .iter()
        .map(|id| catalogue.kpi(id))
        .collect::<Result<Vec<_>>>()?;
    kpis.iter().try_for_each(|kpi| scope::check(kpi, &ask.caller))?;
    let top = top(catalogue, ask)?;
    let mut all = kpis.clone();
    all.extend(top.map(|(kpi, _)| kpi));
    let mut group_by = Vec::new();
    for (place, name) in ask.group_by.iter().enumerate() {
        let of = if place == 0 { &all } else { &kpis };
        group_by.push(dimension(name, "group_by", of, settings)?);
    }
    let mut filters: Vec<(Dimension, Vec<Option<String>>)> = Vec::new();
    for (name, value) in &ask.filters {
        let dimension = dimension(name, "filters", &all, settings)?;
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
        now: ask.now,
        top,
        only: None,
    })
}

/// By which KPI groups are the largest.
fn top<'a>(catalogue: &'a Catalogue, ask: &'a Ask) -> Result<Option<(&'a Kpi, &'a Top)>> {
    let Some(top) = &ask.top else {
        return Ok(None);
    };
    let wrong = |field: &str, message: String| Err(Error::invalid(ErrorReason::InvalidField, field, message));
    if !(1..=MOST_TOP).contains(&top.most) {
        return wrong("top.n", format!("1 to {MOST_TOP} groups, not {}", top.most));
    }
    let Some(first) = ask.group_by.first() else {
        return wrong(
            "top",
            "the largest of what? Name a dimension in `group_by`".to_owned(),
        );
    };
    let id = ask.kpis.first().filter(|_| top.by.is_empty()).unwrap_or(&top.by);
    let kpi = catalogue.kpi(id)?;
    scope::check(kpi, &ask.caller)?;
    if kpi
        .always_by
        .as_ref()
        .is_some_and(|always| always.name() != first)
    {
        return wrong("top.by", format!("`{id}` comes in parts: name another KPI"));
    }
    Ok(Some((kpi, top)))
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
