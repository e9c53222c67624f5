//! Measures of rows: which table, which of its rows, when, and what is made of them.

use super::{Age, Due, Rows, Wrong, code_column, instant_column, lag, quantile, refuse, table, wrong};
use crate::catalogue::compile::Scale;
use crate::catalogue::measure::{Aggregate, At, Class, MeasureSource, Timing, Window};
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
    let money = scale == Scale::Money && source.aggregate != Aggregate::Count;
    if money && definition.currency == CurrencyPolicy::None {
        let message = "money needs a policy: booked, spot or constant";
        return Err(wrong("currency", message));
    }
    Ok(Rows {
        table,
        class: source.class,
        aggregate: source.aggregate,
        q: quantile(source, at)?,
        value,
        code,
        filter,
        texts: (source.expression.clone(), source.filter.clone()),
        scale,
        window,
        at: source.at,
        due: due(source, table, at)?,
        lag,
        age: age(source, table, at)?,
    })
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
    match (value, source.of) {
        (_, Some(scale)) => scale,
        (_, None) if timed && source.clock == Timing::Business => Scale::Minutes,
        (_, None) if timed => Scale::Days,
        (Some(Value::Column(Column::Amount)), None) => Scale::Money,
        (Some(Value::Column(Column::Cycle)), None) => Scale::Days,
        (Some(Value::Column(Column::Units)), None) => Scale::Units,
        _ => Scale::Number,
    }
}

fn check_aggregate(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<(), Wrong> {
    use Aggregate::{
        Converted, Count, Curve, Distinct, Matured, Mean, Median, Quantile, Share, Started, Sum,
        SurvivalQuantile,
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
    if !has_value && !of_lag && !matches!(source.aggregate, Count | Distinct) {
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
    if source.aggregate == Aggregate::Spread {
        if source.at != At::During {
            let message = "a spread is over the days of the period: `at: during`";
            return Err(wrong(at("at"), message));
        }
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
