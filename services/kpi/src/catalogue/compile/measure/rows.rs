//! Measures of rows: which table, which of its rows, when, and what is made of them.

use super::{Due, Rows, Wrong, code_column, instant_column, quantile, refuse, table, wrong};
use crate::catalogue::compile::Scale;
use crate::catalogue::measure::{Aggregate, At, Class, Clock, MeasureSource, Window};
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
        Class::Lag => Some(super::lag::compile(source, table, at)?),
        _ => None,
    };
    let distinct = source.aggregate == Aggregate::Distinct;
    let code = match distinct {
        true => Some(
            code_column(&source.expression, &[table])
                .ok_or_else(|| wrong(at("expression"), "name the column of codes that are told apart"))?,
        ),
        false => None,
    };
    let value = if source.expression.is_empty() || distinct {
        None
    } else {
        let value = expr::value(table, &source.expression);
        Some(value.map_err(|error| wrong(at("expression"), error.to_string()))?)
    };
    let window = check_window(source, at)?;
    let spans = [Column::StartDay, Column::EndDay];
    if source.aggregate == Aggregate::Spread && !spans.iter().all(|column| table.columns().contains(column)) {
        let message = format!(
            "`{}` has no amounts of days: columns start_day and end_day",
            table.name()
        );
        return Err(wrong(at("aggregate"), message));
    }
    let scale = match (&value, source.of, source.class) {
        (_, Some(scale), _) => scale,
        (_, None, Class::Lag) if source.clock == Clock::Business => Scale::Minutes,
        (_, None, Class::Lag) => Scale::Days,
        (Some(Value::Column(Column::Amount)), ..) => Scale::Money,
        (Some(Value::Column(Column::Cycle)), ..) => Scale::Days,
        (Some(Value::Column(Column::Units)), ..) => Scale::Units,
        _ => Scale::Number,
    };
    let money = scale == Scale::Money && source.aggregate != Aggregate::Count;
    if money && definition.currency == CurrencyPolicy::None {
        return Err(wrong(
            "currency",
            "money needs a policy: booked, spot or constant",
        ));
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
    })
}

fn check_aggregate(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<(), Wrong> {
    use Aggregate::{Converted, Count, Curve, Distinct, Matured, Share, Started, SurvivalQuantile};
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
    if !has_value && !of_lag && !matches!(source.aggregate, Count | Distinct) {
        return Err(wrong(at("expression"), format!("a {name} needs one")));
    }
    if has_value && of_lag {
        return Err(wrong(at("expression"), format!("a {name} has no use for it")));
    }
    Ok(())
}

/// The period that is looked at; `at: previous` is another way to say it.
fn check_window(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<Window, Wrong> {
    let instant = matches!(source.at, At::Start | At::End | At::During);
    if instant && source.class != Class::Stock {
        return Err(wrong(at("at"), "only stocks stand at an instant"));
    }
    if source.aggregate == Aggregate::Spread && source.at != At::During {
        return Err(wrong(
            at("at"),
            "a spread is over the days of the period: `at: during`",
        ));
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
    let column = instant_column(&due.column, table).ok_or_else(|| {
        wrong(
            at("due.column"),
            format!("`{}` has no column of instants `{}`", table.name(), due.column),
        )
    })?;
    if due.from.is_none() && due.before.is_none() {
        return Err(wrong(at("due"), "give `from`, `before` or both"));
    }
    Ok(Some(Due {
        column,
        from: due.from,
        before: due.before,
        missing: due.missing,
    }))
}
