//! Lags: which columns tell when a wait begins and ends.

use super::{Lag, Wrong, instant_column, wrong};
use crate::catalogue::measure::{Aggregate, MeasureSource, Timing};
use crate::table::{Column, Table};

pub(super) fn compile(
    source: &MeasureSource,
    table: Table,
    at: &impl Fn(&str) -> String,
) -> Result<Lag, Wrong> {
    let column = |key: &str, name: &str| {
        let message = || format!("`{}` has no column of instants `{name}`", table.name());
        instant_column(name, table).ok_or_else(|| wrong(at(key), message()))
    };
    let given = |key: &str, name: &Option<String>| match name {
        Some(name) => column(key, name).map(Some),
        None => Ok(None),
    };
    let end = given("end", &source.end)?.ok_or_else(|| wrong(at("end"), "name the column of the end"))?;
    let business = source.clock == Timing::Business;
    let happened = given("happened", &source.happened)?;
    let start = given("start", &source.start)?;
    if business && (happened.is_none() || start.is_none()) {
        let message = "by the business clock name `start`, `end` and, for the instant of the end, `happened`";
        return Err(wrong(at("clock"), message));
    }
    if !business && happened.is_some() {
        return Err(wrong(at("happened"), "`end` is that instant"));
    }
    let competes = given("competes", &source.competes)?;
    if competes.is_some() && business {
        let message = "only by the elapsed clock there is a competing end";
        return Err(wrong(at("competes"), message));
    }
    check_within(source, at)?;
    Ok(Lag {
        start: start.unwrap_or(Column::ValidFrom),
        end,
        happened: happened.unwrap_or(end),
        competes,
        clock: source.clock,
        within: source.within,
    })
}

fn check_within(source: &MeasureSource, at: &impl Fn(&str) -> String) -> Result<(), Wrong> {
    let needs = matches!(
        source.aggregate,
        Aggregate::Matured | Aggregate::Converted | Aggregate::Curve
    );
    let wrong = |message: &str| Err(wrong(at("within"), message));
    match source.within {
        None if needs => wrong("say how long, such as `90 days`"),
        Some(_) if !needs && source.aggregate != Aggregate::Started => {
            wrong("only windows and ages have one")
        }
        Some(within) if within.in_days && source.clock == Timing::Business => {
            wrong("the business clock knows hours and minutes: days of work differ")
        }
        _ => Ok(()),
    }
}
