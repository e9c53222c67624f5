//! From a definition to what a query runs: every name resolved, every expression type-checked.

mod interval;
mod measure;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};
use serde::Deserialize;

use super::definition::{CurrencyPolicy, Definition, Unit};
use super::measure::{Class, MeasureSource};
use super::{Dimension, nearest};
use crate::formula::{Formula, Length};
use crate::table::Table;

pub use measure::{Age, Due, Entities, Entity, Lag, Measure, Of, Rows, Weight};

/// A KPI, ready to be asked.
#[derive(Debug)]
pub struct Kpi {
    /// As defined.
    pub definition: Definition,
    /// Its measures, in the order of the definition.
    pub measures: Vec<Measure>,
    /// Its formula over them.
    pub formula: Formula,
    /// The dimensions by which it can be grouped and filtered.
    pub dimensions: Vec<Dimension>,
    /// The measure whose items are `n`.
    pub items: usize,
    /// The measure whose items may lack an amount.
    pub missing: usize,
    /// The measure whose groups are shown.
    pub grouped: usize,
    /// The counts of its interval.
    pub interval: Option<Interval>,
    /// A dimension by which it is always grouped.
    pub always_by: Option<Dimension>,
}

/// How an interval is found; measures by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Wilson's of a share.
    Wilson {
        /// Counts the successes.
        successes: usize,
        /// Counts the trials.
        trials: usize,
    },
    /// Student's t of the mean of a measure.
    T(usize),
    /// Order statistics of a quantile.
    Quantile(usize),
    /// Garwood's of a count.
    Garwood(usize),
    /// Greenwood's of a curve or survival quantile.
    Greenwood(usize),
    /// The delta method over the items of the KPI.
    Delta {
        /// Whether it ends at 0 and 1.
        share: bool,
        /// Whether it is chance too how many items there are.
        totals: bool,
    },
}

/// What the whole numbers of an expression are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Just that.
    Number,
    /// Minor units of the row's currency.
    Money,
    /// Microseconds, told in days.
    Days,
    /// Microseconds, told in minutes.
    Minutes,
    /// Millionths of units.
    Units,
    /// Millionths.
    Millionths,
}

impl Scale {
    /// A whole number of this scale (but [`Self::Money`]) as what it stands for.
    #[must_use]
    pub fn exact(self, whole: Exact) -> Exact {
        let parts: i64 = match self {
            Self::Number | Self::Money => 1,
            Self::Days => bellwether_domain::time::DAY_MICROS,
            Self::Minutes => 60_000_000,
            Self::Units | Self::Millionths => 1_000_000,
        };
        whole.checked_div(&Exact::from(parts)).unwrap_or_default()
    }
}

/// Checks a definition and resolves all its names.
///
/// # Errors
/// `INVALID_ARGUMENT` naming KPI, measure and place.
pub(super) fn compile(definition: Definition) -> Result<Kpi> {
    let id = definition.id.clone();
    build(definition).map_err(|Wrong { at, message }| {
        Error::invalid(ErrorReason::InvalidField, format!("{id}.{at}"), message)
    })
}

/// What is wrong, and in which key.
struct Wrong {
    at: String,
    message: String,
}

fn wrong(at: impl Into<String>, message: impl Into<String>) -> Wrong {
    Wrong {
        at: at.into(),
        message: message.into(),
    }
}

fn build(definition: Definition) -> Result<Kpi, Wrong> {
    check_texts(&definition)?;
    let mut tables = Vec::new();
    for source in &definition.measures {
        let at = format!("measures.{}", source.name);
        if source.class != Class::Nested {
            tables.push(measure::table(source, &at)?);
        }
        for inner in &source.measures {
            tables.push(measure::table(inner, &format!("{at}.measures.{}", inner.name))?);
        }
    }
    let dimensions = dimensions(&definition, &tables)?;
    let names: Vec<&str> = definition
        .measures
        .iter()
        .map(|measure| measure.name.as_str())
        .collect();
    // Its own mistakes come before those of the measures.
    Formula::parse(&definition.formula, &names).map_err(|error| wrong("formula", error.to_string()))?;
    let measures = definition
        .measures
        .iter()
        .map(|source| measure::compile(source, &definition, &dimensions))
        .collect::<Result<Vec<_>, _>>()?;
    let lengths: Vec<Length> = measures.iter().map(|measure| measure.of.length()).collect();
    let formula = Formula::over(&definition.formula, &names, &lengths)
        .map_err(|error| wrong("formula", error.to_string()))?;
    let named = |at: &str, name: &str| {
        let found = names.iter().position(|known| *known == name);
        found.ok_or_else(|| {
            wrong(
                at,
                format!("there is no measure `{name}`; there are {}", names.join(", ")),
            )
        })
    };
    let items = named("items.measure", &definition.items.measure)?;
    let missing = match &definition.items.missing {
        Some(name) => named("items.missing", name)?,
        None => items,
    };
    let grouped = match &definition.items.groups {
        Some(name) => named("items.groups", name)?,
        None => items,
    };
    let interval = match &definition.interval {
        Some(source) => Some(interval::compile(source, &formula, &measures, &named)?),
        None => None,
    };
    let always_by = match &definition.always_by {
        Some(name) => Some(dimension_of("always_by", name, &dimensions)?),
        None => None,
    };
    Ok(Kpi {
        measures,
        formula,
        dimensions,
        items,
        missing,
        grouped,
        interval,
        always_by,
        definition,
    })
}

fn check_texts(definition: &Definition) -> Result<(), Wrong> {
    if !plain(&definition.id) {
        return Err(wrong("id", "use a-z, 0-9 and _, starting with a letter"));
    }
    if definition.version == 0 {
        return Err(wrong("version", "versions count from 1"));
    }
    let texts = [
        ("name", &definition.name),
        ("description", &definition.description),
        ("in_words", &definition.in_words),
        ("items.what", &definition.items.what),
    ];
    if let Some((at, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(wrong(*at, "say something"));
    }
    super::about::check(definition).map_err(|(at, message)| Wrong { at, message })?;
    check_names(&definition.measures, "measures")?;
    for measure in &definition.measures {
        check_names(&measure.measures, &format!("measures.{}.measures", measure.name))?;
    }
    let in_money = matches!(
        definition.unit,
        Unit::Money | Unit::MoneyPerDay | Unit::MoneyPerUnit
    );
    if matches!(definition.currency, CurrencyPolicy::Start | CurrencyPolicy::End) {
        return Err(wrong("currency", "`start` and `end` are policies of a measure"));
    }
    if in_money && definition.currency == CurrencyPolicy::None {
        let message = "a value in money needs a policy: booked, spot or constant";
        return Err(wrong("currency", message));
    }
    Ok(())
}

/// Names are plain, and each is given once.
fn check_names(measures: &[MeasureSource], at: &str) -> Result<(), Wrong> {
    for (index, measure) in measures.iter().enumerate() {
        let name = &measure.name;
        let again = measures[..index].iter().any(|before| before.name == *name);
        if again || !plain(name) || ["and", "or", "not"].contains(&name.as_str()) {
            let message = "use a-z, 0-9 and _, each name once, and none of `and`, `or`, `not`";
            return Err(wrong(format!("{at}.{name}.name"), message));
        }
    }
    Ok(())
}

fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The dimensions that all tables share, narrowed to those asked for.
fn dimensions(definition: &Definition, tables: &[Table]) -> Result<Vec<Dimension>, Wrong> {
    if tables.is_empty() {
        return Err(wrong("measures", "a KPI has at least one"));
    }
    let shared: Vec<Dimension> = Dimension::ALL
        .into_iter()
        .filter(|one| tables.iter().all(|table| one.is_of(*table)))
        .collect();
    match &definition.dimensions {
        None => Ok(shared),
        Some(names) => names
            .iter()
            .map(|name| dimension_of("dimensions", name, &shared))
            .collect(),
    }
}

fn dimension_of(at: &str, name: &str, shared: &[Dimension]) -> Result<Dimension, Wrong> {
    shared
        .iter()
        .find(|one| one.name() == name)
        .cloned()
        .ok_or_else(|| {
            let near = nearest(name, shared.iter().map(|one| one.name())).unwrap_or_default();
            wrong(
                at,
                format!("the tables of its measures do not share `{name}`: did you mean `{near}`?"),
            )
        })
}
