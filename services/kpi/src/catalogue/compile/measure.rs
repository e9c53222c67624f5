//! Measures: what is read of which table, and how it becomes a number.

use bellwether_domain::exact::Exact;

use super::{Scale, Wrong, dimension_of, wrong};
use crate::catalogue::measure::{Aggregate, At, Class, Edge, Holders, MeasureSource, Timing, Window};
use crate::catalogue::{AbsentReason, CurrencyPolicy, Definition, Dimension, Elapsed, nearest};
use crate::expr::{Filter, Value};
use crate::formula::{Formula, Length};
use crate::table::{Column, Storage, Table};

mod credited;
mod lag;
mod nested;
mod rows;

/// A measure, ready to be scanned.
#[derive(Debug, Clone)]
pub struct Measure {
    /// What is counted.
    pub of: Of,
    /// A dimension that it sums over.
    pub across: Option<Dimension>,
    /// The reason when there is no item.
    pub none: AbsentReason,
    /// The reason when it is 0 although there are items.
    pub zero: AbsentReason,
}

impl Measure {
    /// The measures of rows that it is made of: itself, or its own.
    pub fn rows(&self) -> impl Iterator<Item = &Rows> {
        match &self.of {
            Of::Rows(rows) => std::slice::from_ref(rows).iter(),
            Of::Entities(entities) => entities.measures.iter(),
        }
    }
}

/// What a measure counts.
#[derive(Debug, Clone)]
pub enum Of {
    /// Rows of a table.
    Rows(Rows),
    /// Entities, each with a value of its own.
    Entities(Entities),
}

impl Of {
    /// How long a number it may be, as [`Formula::length()`] has it.
    pub(super) fn length(&self) -> Length {
        let Self::Entities(entities) = self else {
            return Length::OF_ROWS;
        };
        let Length { over, under } = entities.formula.length();
        let divided = u64::from(entities.aggregate == Aggregate::Mean);
        Length {
            over,
            under: under + divided,
        }
    }
}

/// Rows of a table, and how they become a number.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The fact table.
    pub table: Table,
    /// When its facts count.
    pub class: Class,
    /// How rows become a number.
    pub aggregate: Aggregate,
    /// Which quantile; of others the half.
    pub q: Exact,
    /// What is aggregated; `None` = rows are counted.
    pub value: Option<Value>,
    /// What each value is multiplied with.
    pub weight: Option<Weight>,
    /// The codes that `distinct` tells apart.
    pub code: Option<Column>,
    /// Which rows.
    pub filter: Filter,
    /// Expression and condition as they are written: what is counted once for several measures is told by them.
    pub texts: (String, String),
    /// What the numbers are.
    pub scale: Scale,
    /// Which exchange rates its money is converted at.
    pub currency: CurrencyPolicy,
    /// Whether all rows of an entity count, whatever their group.
    pub whole: bool,
    /// The period it looks at.
    pub window: Window,
    /// When in it.
    pub at: At,
    /// Where a second instant must lie.
    pub due: Option<Due>,
    /// How long rows wait for what.
    pub lag: Option<Lag>,
    /// How long ago what was is aggregated.
    pub age: Option<Age>,
    /// Where a team's quota takes the place of those below it: the quotas of reps alone.
    pub leaves: Option<Box<Rows>>,
    /// The same count over credits; exact where a deal belongs to whom it did at its event.
    pub credited: Option<Box<Rows>>,
    /// Whether a team above others has only what those directly in it are to reach, by `team`.
    pub members: bool,
}

/// What values are multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// A column of whole numbers.
    pub column: Column,
    /// What they are.
    pub scale: Scale,
}

/// What entities are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A column of codes.
    Column(Column),
    /// The account, one that was merged away as the one that is left.
    Account,
    /// The topmost parent of that.
    Customer,
}

impl Entity {
    /// The column that a scan reads for it.
    #[must_use]
    pub fn column(self) -> Column {
        match self {
            Self::Column(column) => column,
            Self::Account | Self::Customer => Column::Account,
        }
    }
}

/// How long ago an instant of a row was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// The column of the instant.
    pub column: Column,
    /// What clock it tells.
    pub clock: Timing,
}

/// Where a second instant of a row must lie: `from <= column < before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The column of the instant.
    pub column: Column,
    /// Not before this edge.
    pub from: Option<Edge>,
    /// Before this edge.
    pub before: Option<Edge>,
    /// Whether rows without it count.
    pub missing: bool,
}

/// How long rows wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// When the wait begins.
    pub start: Column,
    /// When it ends.
    pub end: Column,
    /// The instant of the end.
    pub happened: Column,
    /// The instant of another end.
    pub competes: Option<Column>,
    /// What clock start and end tell.
    pub clock: Timing,
    /// A window, or an age.
    pub within: Option<Elapsed>,
}

/// A formula for each entity, and an aggregate over them. Rows without the entity do not count.
#[derive(Debug, Clone)]
pub struct Entities {
    /// What they are told apart by.
    pub entity: Entity,
    /// How values become a number.
    pub aggregate: Aggregate,
    /// Which quantile; of others the half.
    pub q: Exact,
    /// The value of an entity.
    pub formula: Formula,
    /// Which entities count.
    pub only: Option<Formula>,
    /// The measures that both name.
    pub measures: Vec<Rows>,
    /// Whether values are money, which is rounded once a cell.
    pub money: bool,
}

pub(super) fn compile(
    source: &MeasureSource,
    definition: &Definition,
    dimensions: &[Dimension],
) -> Result<Measure, Wrong> {
    let at = |key: &str| format!("measures.{}.{key}", source.name);
    let across = match &source.across {
        Some(name) => Some(dimension_of(&at("across"), name, dimensions)?),
        None => None,
    };
    let of = if source.class == Class::Nested {
        Of::Entities(nested::compile(source, definition, &at)?)
    } else {
        refuse(source, &at, &["whole"])?;
        Of::Rows(rows::compile(source, definition, &at)?)
    };
    let adds = matches!(
        source.aggregate,
        Aggregate::Count | Aggregate::Sum | Aggregate::Mean | Aggregate::Distinct
    );
    if across.is_some() && (!adds || source.class == Class::Nested) {
        let message = format!("a {} cannot be summed over a dimension", source.aggregate.name());
        return Err(wrong(at("across"), message));
    }
    let zero = match source.aggregate {
        Aggregate::Matured | Aggregate::Converted | Aggregate::Curve => AbsentReason::NotMature,
        Aggregate::SurvivalQuantile => AbsentReason::NotReached,
        _ => AbsentReason::NoAmounts,
    };
    Ok(Measure {
        of,
        across,
        none: source
            .none
            .or(definition.absent_reason)
            .unwrap_or(AbsentReason::NoBase),
        zero: source.zero.unwrap_or(zero),
    })
}

/// The table of a measure that is not nested.
pub(super) fn table(source: &MeasureSource, at: &str) -> Result<Table, Wrong> {
    Table::from_name(&source.table).ok_or_else(|| {
        let names = Table::ALL.map(Table::name);
        let near = nearest(&source.table, names.into_iter()).unwrap_or_default();
        wrong(
            format!("{at}.table"),
            format!("there is no table `{}`: did you mean `{near}`?", source.table),
        )
    })
}

/// Refuses keys that the class has no use for.
fn refuse(source: &MeasureSource, at: &impl Fn(&str) -> String, keys: &[&str]) -> Result<(), Wrong> {
    let given = |key: &&&str| match **key {
        "table" => !source.table.is_empty(),
        "expression" => !source.expression.is_empty(),
        "filter" => !source.filter.is_empty(),
        "window" => source.window != Window::This,
        "at" => source.at != At::Period,
        "due" => source.due.is_some(),
        "of" => source.of.is_some(),
        "end" => {
            [&source.start, &source.end, &source.competes, &source.happened]
                .iter()
                .any(|key| key.is_some())
                || source.within.is_some()
                || (source.clock != Timing::Elapsed && source.age.is_none())
        }
        "age" => source.age.is_some(),
        "holders" => source.holders != Holders::Rows,
        "weight" => source.weight.is_some(),
        "currency" => source.currency.is_some(),
        "whole" => source.whole,
        "per" => {
            source.per.is_some()
                || !source.formula.is_empty()
                || !source.only.is_empty()
                || !source.measures.is_empty()
        }
        _ => false,
    };
    match keys.iter().find(given) {
        Some(key) => {
            let message = format!("a {} measure has no use for it", source.class.name());
            Err(wrong(at(key), message))
        }
        None => Ok(()),
    }
}

/// The column of codes of a name that all the tables have.
fn code_column(name: &str, tables: &[Table]) -> Option<Column> {
    let columns = tables.first()?.columns().iter().copied();
    let mut found = columns.filter(|column| {
        column.name() == name
            && matches!(column.storage(), Storage::Code(_))
            && tables.iter().all(|table| table.columns().contains(column))
    });
    found.next()
}

fn quantile(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<Exact, Wrong> {
    let needs = matches!(
        source.aggregate,
        Aggregate::Quantile | Aggregate::SurvivalQuantile
    );
    let half = Exact::from_scaled(5, 1);
    let wrong = |message: &str| wrong(at("q"), message);
    match &source.q {
        None if needs => Err(wrong("say which one, such as `q: \"0.9\"`")),
        None => Ok(half),
        Some(_) if !needs => Err(wrong("only quantiles have one")),
        Some(text) => {
            let q: Exact = text
                .parse()
                .map_err(|_| wrong("a decimal number between 0 and 1"))?;
            if q.is_negative() || q.is_zero() || q >= Exact::one() {
                return Err(wrong("a decimal number between 0 and 1"));
            }
            Ok(q)
        }
    }
}

/// The column of whole numbers of a name.
fn instant_column(name: &str, table: Table) -> Option<Column> {
    let mut columns = table.columns().iter().copied();
    columns.find(|column| column.name() == name && column.storage() == Storage::I64)
}
