//! Measures of rows: which table, which of its rows, when, and what is made of them.

use super::{
    Age, Due, Rows, Weight, Wrong, code_column, credited, instant_column, lag, quantile, refuse, table, wrong,
};
use crate::catalogue::compile::Scale;
use crate::catalogue::measure::{Aggregate, At, Class, Holders, MeasureSource, Timing, Window};
use crate::catalogue::{CurrencyPolicy, Definition};
use crate::expr::{self, Value};
use crate::table::{Column, Table};

pub(super) fn compile(
    source: &MeasureSource,
    definition: &Definition,
    at: &impl Fn(&str) -> String,
) -> Result<Rows, Wrong> {
    check_aggregate(source, at)?;
    refuse(source, at, &["per"])?;
    if source.class != Class::Lag {
        refuse(source, at, &["end"])?;
    }
    let table = table(source, at("table").trim_end_matches(".table"))?;
    let filter =
        expr::filter(table, &source.filter).map_err(|error| wrong(at("filter"), error.to_string()))?;
    let lag = match source.class {
        Class::Lag => Some(lag::compile(source, table, at)?),
        _ => None,
    };
    let code = match source.aggregate {
        Aggregate::Distinct => Some(
            code_column(&source.expression, &[table])
                .ok_or_else(|| wrong(at("expression"), "name the column of codes that are told apart"))?,
        ),
        _ => None,
    };
    let value = value(source, table, at)?;
    let window = check_window(source, table, at)?;
    let scale = scale(source, value.as_ref());
    let weight = weight(source, table, at)?;
    let currency = source.currency.unwrap_or(definition.currency);
    let money = scale == Scale::Money && source.aggregate != Aggregate::Count;
    if money && currency == CurrencyPolicy::None {
        let message = "money needs a policy: booked, spot or constant";
        return Err(wrong("currency", message));
    }
    let rows = Rows {
        table,
        class: source.class,
        aggregate: source.aggregate,
        q: quantile(source, at)?,
        value,
        code,
        filter,
        texts: (source.expression.clone(), source.filter.clone()),
        scale,
        weight,
        currency,
        whole: source.whole,
        window,
        at: source.at,
        due: due(source, table, at)?,
        lag,
        age: age(source, table, at)?,
        leaves: None,
        credited: None,
        members: source.holders == Holders::Members,
    };
    let leaves = leaves(source, &rows, at)?;
    let credited = credited::compile(&rows);
    Ok(Rows {
        leaves,
        credited,
        ..rows
    })
}

/// The quotas of reps alone, where teams have some too.
fn leaves(
    source: &MeasureSource,
    rows: &Rows,
    at: &impl Fn(&str) -> String,
) -> Result<Option<Box<Rows>>, Wrong> {
    const OF_REPS: &str = "team IS NULL";
    if source.holders == Holders::Rows {
        return Ok(None);
    }
    let plain = matches!(rows.value, Some(Value::Column(_))) && source.filter.is_empty();
    if rows.table != Table::Quotas || rows.aggregate != Aggregate::Spread || !plain || source.due.is_some() {
        let message = "only a `spread` of a column of `quotas`, without a filter, has teams above reps";
        return Err(wrong(at("holders"), message));
    }
    let filter =
        expr::filter(rows.table, OF_REPS).map_err(|error| wrong(at("holders"), error.to_string()))?;
    Ok(Some(Box::new(Rows {
        filter,
        texts: (rows.texts.0.clone(), OF_REPS.to_owned()),
        ..rows.clone()
    })))
}

/// What is aggregated, unless rows, codes or how long something took.
fn value(source: &MeasureSource, table: Table, at: &impl Fn(&str) -> String) -> Result<Option<Value>, Wrong> {
    if source.expression.is_empty() || source.aggregate == Aggregate::Distinct {
        return Ok(None);
    }
    let value = expr::value(table, &source.expression);
    value
        .map(Some)
        .map_err(|error| wrong(at("expression"), error.to_string()))
}

/// What the numbers of a measure are, unless it says so.
fn scale(source: &MeasureSource, value: Option<&Value>) -> Scale {
    let timed = source.class == Class::Lag || source.age.is_some();
    let column = match value {
        Some(Value::Column(column)) => Some(*column),
        _ => None,
    };
    match (column, source.of) {
        (_, Some(scale)) => scale,
        (_, None) if timed && source.clock == Timing::Business => Scale::Minutes,
        (_, None) if timed => Scale::Days,
        (Some(column), None) => scale_of(column),
        (None, None) => Scale::Number,
    }
}

/// What the numbers of a column are.
fn scale_of(column: Column) -> Scale {
    match column {
        Column::Amount | Column::ListAmount | Column::Discount => Scale::Money,
        Column::Cycle => Scale::Days,
        Column::Units => Scale::Units,
        Column::Value | Column::Weight | Column::Share | Column::Probability => Scale::Millionths,
        _ => Scale::Number,
    }
}

fn weight(
    source: &MeasureSource,
    table: Table,
    at: &impl Fn(&str) -> String,
) -> Result<Option<Weight>, Wrong> {
    let mean = source.aggregate == Aggregate::WeightedMean;
    let Some(name) = &source.weight else {
        return match mean {
            true => Err(wrong(at("weight"), "a weighted_mean needs one")),
            false => Ok(None),
        };
    };
    if !mean && (source.aggregate != Aggregate::Sum || source.age.is_some()) {
        return Err(wrong(
            at("weight"),
            "only sums of an expression and weighted means have one",
        ));
    }
    let message = || format!("`{}` has no column of whole numbers `{name}`", table.name());
    let column = instant_column(name, table).ok_or_else(|| wrong(at("weight"), message()))?;
    let scale = scale_of(column);
    if scale == Scale::Money {
        return Err(wrong(at("weight"), "money is no weight"));
    }
    Ok(Some(Weight { column, scale }))
}

fn check_aggregate(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<(), Wrong> {
    use Aggregate::{
        Converted, Count, Curve, Distinct, Matured, Mean, Median, Quantile, Share, Started, Sum,
        SurvivalQuantile, WorkingDays,
    };
    let name = source.aggregate.name();
    let has_value = !source.expression.is_empty();
    let of_lag = matches!(
        source.aggregate,
        Started | Matured | Converted | Curve | SurvivalQuantile
    );
    if of_lag != (source.class == Class::Lag) || source.aggregate == Share {
        let message = format!("a {} is no aggregate of a {} measure", name, source.class.name());
        return Err(wrong(at("aggregate"), message));
    }
    if source.age.is_some() {
        if source.class != Class::Stock || has_value {
            let message = "only a stock has an age, in place of an expression";
            return Err(wrong(at("age"), message));
        }
        if !matches!(source.aggregate, Sum | Mean | Median | Quantile) {
            return Err(wrong(at("age"), format!("a {name} has no use for it")));
        }
        return Ok(());
    }
    if has_value && source.aggregate == WorkingDays {
        return Err(wrong(at("expression"), format!("a {name} has no use for it")));
    }
    if !has_value && !of_lag && !matches!(source.aggregate, Count | Distinct | WorkingDays) {
        return Err(wrong(at("expression"), format!("a {name} needs one")));
    }
    if has_value && of_lag {
        return Err(wrong(at("expression"), format!("a {name} has no use for it")));
    }
    Ok(())
}

/// The period that is looked at; `at: previous` is another way to say it.
fn check_window(source: &MeasureSource, table: Table, at: &impl Fn(&str) -> String) -> Result<Window, Wrong> {
    let instant = matches!(source.at, At::Start | At::End | At::During);
    if instant && source.class != Class::Stock {
        return Err(wrong(at("at"), "only stocks stand at an instant"));
    }
    if source.at == At::During && source.age.is_some() {
        return Err(wrong(at("at"), "an age is of an instant: `start` or `end`"));
    }
    if matches!(source.aggregate, Aggregate::Spread | Aggregate::WorkingDays) && source.at != At::During {
        let message = format!(
            "a {} is over the days of the period: `at: during`",
            source.aggregate.name()
        );
        return Err(wrong(at("at"), message));
    }
    if source.aggregate == Aggregate::Spread {
        let spans = [Column::StartDay, Column::EndDay];
        if !spans.iter().all(|column| table.columns().contains(column)) {
            let message = format!(
                "`{}` has no amounts of days: columns start_day and end_day",
                table.name()
            );
            return Err(wrong(at("aggregate"), message));
        }
    }
    match (source.at, source.window) {
        (At::Previous, Window::This) => Ok(Window::Previous),
        (At::Previous, _) => Err(wrong(at("at"), "`window` says another period already")),
        (_, window) => Ok(window),
    }
}

fn due(source: &MeasureSource, table: Table, at: &impl Fn(&str) -> String) -> Result<Option<Due>, Wrong> {
    let Some(due) = &source.due else {
        return Ok(None);
    };
    if due.from.is_none() && due.before.is_none() {
        return Err(wrong(at("due"), "give `from`, `before` or both"));
    }
    Ok(Some(Due {
        column: instants(&due.column, table, &at("due.column"))?,
        from: due.from,
        before: due.before,
        missing: due.missing,
    }))
}

fn age(source: &MeasureSource, table: Table, at: &impl Fn(&str) -> String) -> Result<Option<Age>, Wrong> {
    let Some(name) = &source.age else {
        return Ok(None);
    };
    Ok(Some(Age {
        column: instants(name, table, &at("age"))?,
        clock: source.clock,
    }))
}

fn instants(name: &str, table: Table, at: &str) -> Result<Column, Wrong> {
    let message = || format!("`{}` has no column of instants `{name}`", table.name());
    instant_column(name, table).ok_or_else(|| wrong(at, message()))
}
