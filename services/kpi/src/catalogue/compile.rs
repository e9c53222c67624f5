//! From a definition to what a query runs: every name resolved, every expression type-checked.

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};
use serde::Deserialize;

use super::definition::{Aggregate, Class, CurrencyPolicy, Definition, MeasureSource, Unit, Window};
use super::{AbsentReason, Dimension, nearest};
use crate::expr::{self, Filter, Value};
use crate::formula::Formula;
use crate::table::{Column, Table};

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
    /// The counts of its interval.
    pub interval: Option<Interval>,
    /// A dimension by which it is always grouped.
    pub always_by: Option<Dimension>,
}

/// The measures of a Wilson interval.
#[derive(Debug, Clone, Copy)]
pub struct Interval {
    /// Counts the successes.
    pub successes: usize,
    /// Counts the trials.
    pub trials: usize,
}

/// A measure, ready to be scanned.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The fact table.
    pub table: Table,
    /// When its facts count.
    pub class: Class,
    /// How rows become a number.
    pub aggregate: Aggregate,
    /// What is aggregated; `None` = rows are counted.
    pub value: Option<Value>,
    /// Which rows.
    pub filter: Filter,
    /// What the numbers are.
    pub scale: Scale,
    /// The period it looks at.
    pub window: Window,
    /// A dimension that it sums over.
    pub across: Option<Dimension>,
    /// The reason when there is no item.
    pub none: AbsentReason,
    /// The reason when it is 0 although there are items.
    pub zero: AbsentReason,
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
    /// Millionths of units.
    Units,
}

impl Scale {
    /// A whole number of this scale (but [`Self::Money`]) as what it stands for.
    #[must_use]
    pub fn exact(self, whole: Exact) -> Exact {
        let parts: i64 = match self {
            Self::Number | Self::Money => 1,
            Self::Days => bellwether_domain::time::DAY_MICROS,
            Self::Units => 1_000_000,
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
    let tables = definition
        .measures
        .iter()
        .map(table)
        .collect::<Result<Vec<_>, _>>()?;
    let dimensions = dimensions(&definition, &tables)?;
    let names: Vec<&str> = definition
        .measures
        .iter()
        .map(|measure| measure.name.as_str())
        .collect();
    let formula =
        Formula::parse(&definition.formula, &names).map_err(|error| wrong("formula", error.to_string()))?;
    let measures = definition
        .measures
        .iter()
        .zip(&tables)
        .map(|(source, table)| measure(source, *table, &definition, &dimensions))
        .collect::<Result<Vec<_>, _>>()?;
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
    let interval = match &definition.interval {
        Some(source) => Some(Interval {
            successes: named("interval.successes", &source.successes)?,
            trials: named("interval.trials", &source.trials)?,
        }),
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
        interval,
        always_by,
        definition,
    })
}

fn check_texts(definition: &Definition) -> Result<(), Wrong> {
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
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
        ("funnel_stage", &definition.funnel_stage),
        ("items.what", &definition.items.what),
    ];
    if let Some((at, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(wrong(*at, "say something"));
    }
    for (index, measure) in definition.measures.iter().enumerate() {
        let again = definition.measures[..index]
            .iter()
            .any(|before| before.name == measure.name);
        if again || !plain(&measure.name) {
            return Err(wrong(
                at_measure(measure, "name"),
                "use a-z, 0-9 and _, and each name once",
            ));
        }
    }
    Ok(())
}

fn at_measure(source: &MeasureSource, key: &str) -> String {
    format!("measures.{}.{key}", source.name)
}

fn table(source: &MeasureSource) -> Result<Table, Wrong> {
    Table::from_name(&source.table).ok_or_else(|| {
        let names = Table::ALL.map(Table::name);
        let near = nearest(&source.table, names.into_iter()).unwrap_or_default();
        wrong(
            at_measure(source, "table"),
            format!("there is no table `{}`: did you mean `{near}`?", source.table),
        )
    })
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
        .copied()
        .find(|one| one.name() == name)
        .ok_or_else(|| {
            let near = nearest(name, shared.iter().map(|one| one.name())).unwrap_or_default();
            wrong(
                at,
                format!("the tables of its measures do not share `{name}`: did you mean `{near}`?"),
            )
        })
}

fn measure(
    source: &MeasureSource,
    table: Table,
    definition: &Definition,
    dimensions: &[Dimension],
) -> Result<Measure, Wrong> {
    let at = |key: &str| at_measure(source, key);
    let filter =
        expr::filter(table, &source.filter).map_err(|error| wrong(at("filter"), error.to_string()))?;
    let value = if source.expression.is_empty() {
        None
    } else {
        Some(
            expr::value(table, &source.expression)
                .map_err(|error| wrong(at("expression"), error.to_string()))?,
        )
    };
    if value.is_none() && source.aggregate != Aggregate::Count {
        return Err(wrong(
            at("expression"),
            format!("a {} needs one", source.aggregate.name()),
        ));
    }
    let scale = match (&value, source.of) {
        (_, Some(scale)) => scale,
        (Some(Value::Column(Column::Amount)), None) => Scale::Money,
        (Some(Value::Column(Column::Cycle)), None) => Scale::Days,
        (Some(Value::Column(Column::Units)), None) => Scale::Units,
        _ => Scale::Number,
    };
    let across = match &source.across {
        Some(name) => Some(dimension_of(&at("across"), name, dimensions)?),
        None => None,
    };
    if across.is_some() && source.aggregate == Aggregate::Median {
        return Err(wrong(at("across"), "a median cannot be summed over a dimension"));
    }
    if (source.class, source.window) == (Class::Stock, Window::Previous) {
        return Err(wrong(at("window"), "only flows have a previous period"));
    }
    let money = scale == Scale::Money && source.aggregate != Aggregate::Count;
    if money && definition.currency == CurrencyPolicy::None {
        return Err(wrong(
            "currency",
            "money needs a policy: booked, spot or constant",
        ));
    }
    let in_money = matches!(
        definition.unit,
        Unit::Money | Unit::MoneyPerDay | Unit::MoneyPerUnit
    );
    if in_money && definition.currency == CurrencyPolicy::None {
        return Err(wrong(
            "currency",
            "a value in money needs a policy: booked, spot or constant",
        ));
    }
    let none = source
        .none
        .or(definition.absent_reason)
        .unwrap_or(AbsentReason::NoBase);
    Ok(Measure {
        table,
        class: source.class,
        aggregate: source.aggregate,
        value,
        filter,
        scale,
        window: source.window,
        across,
        none,
        zero: source.zero.unwrap_or(AbsentReason::NoAmounts),
    })
}
