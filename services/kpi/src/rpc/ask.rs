//! A question as a message: every malformed field is named at once.

use bellwether_contracts::convert::{instant_from_proto, position_from_proto, when_from_proto};
use bellwether_contracts::kpi::{self, QueryKpisRequest, known_at, min_position};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, ErrorReason, Position, Result, Violation, When};
use bellwether_runtime::auth::Scope;

use crate::query::{Ask, Caller, Elapsed, KnownAt, Top};

/// How much of the log must have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// At least this.
    Position(Position),
    /// What the log holds at the time of the call.
    Head,
}

pub(crate) fn ask_of(message: &QueryKpisRequest) -> Result<Ask> {
    let mut wrong = Vec::new();
    let ask = Ask {
        kpis: message.kpis.clone(),
        from: when("from", message.from.as_ref(), &mut wrong),
        to: when("to", message.to.as_ref(), &mut wrong),
        grain: grain(message.grain, &mut wrong),
        group_by: message.group_by.clone(),
        filters: message
            .filters
            .iter()
            .map(|one| (one.dimension.clone(), one.value.clone()))
            .collect(),
        as_of: when("as_of", message.as_of.as_ref(), &mut wrong),
        known_at: known(message.known_at.as_ref(), &mut wrong),
        now: now(message.dimensions_at, &mut wrong),
        elapsed: elapsed(message.elapsed, &mut wrong),
        top: top(message.top.as_ref(), &mut wrong),
        caller: Caller::All,
    };
    if wrong.is_empty() {
        Ok(ask)
    } else {
        Err(Error::violations(ErrorReason::InvalidField, wrong))
    }
}

/// Whose rows a caller of a scope may see.
pub(crate) fn caller_of(scope: &Scope) -> Caller {
    match scope {
        Scope::All => Caller::All,
        Scope::Subtree(rep) => Caller::Subtree(rep.clone()),
        Scope::Own(rep) => Caller::Own(rep.clone()),
    }
}

pub(super) fn wait_of(message: &QueryKpisRequest) -> Result<Option<Wait>> {
    wait_for(message.min_position.as_ref())
}

pub(super) fn wait_for(message: Option<&kpi::MinPosition>) -> Result<Option<Wait>> {
    let Some(min) = message else {
        return Ok(None);
    };
    let wrong = |message: &str| Err(Error::invalid(ErrorReason::InvalidField, "min_position", message));
    match &min.at {
        Some(min_position::At::Position(position)) => Ok(Some(Wait::Position(position_from_proto(position)))),
        Some(min_position::At::Head(true)) => Ok(Some(Wait::Head)),
        Some(min_position::At::Head(false)) => {
            wrong("head must be true; leave min_position out to wait for nothing")
        }
        None => wrong("give a position or head"),
    }
}

/// In a watch each KPI is named once: what differs is told by KPI, period and group.
pub(super) fn once_each(message: &QueryKpisRequest) -> Result<()> {
    let again = |(place, id): &(usize, &String)| message.kpis[..*place].contains(*id);
    let Some((_, id)) = message.kpis.iter().enumerate().find(again) else {
        return Ok(());
    };
    let shown: String = id.chars().take(80).collect();
    let text = format!("`{shown}` is named twice: name it once");
    Err(Error::invalid(ErrorReason::InvalidField, "kpis", text))
}

/// Refuses what only the values of `QueryKpis` are given.
pub(super) fn without_extras(message: &QueryKpisRequest) -> Result<()> {
    if message.ranks {
        let text = "only QueryKpis ranks groups";
        return Err(Error::invalid(ErrorReason::InvalidField, "ranks", text));
    }
    if !message.receipts {
        return Ok(());
    }
    let text = "only QueryKpis gives receipts: ask it, with the seq of this answer's watermark as known_at";
    Err(Error::invalid(ErrorReason::InvalidField, "receipts", text))
}

/// The error of a question that stands in the field `query` of a message.
pub(super) fn in_query(mut error: Error) -> Error {
    if error.violations.is_empty() {
        return error;
    }
    for violation in &mut error.violations {
        violation.field.insert_str(0, "query.");
    }
    Error {
        code: error.code,
        ..Error::violations(error.reason, error.violations)
    }
}

fn when(field: &str, message: Option<&DateOrTime>, wrong: &mut Vec<Violation>) -> Option<When> {
    match when_from_proto(message?) {
        Ok(Some(when)) => Some(when),
        Ok(None) => {
            wrong.push(Violation::new(
                field,
                "give a date or an instant, or leave it out",
            ));
            None
        }
        Err(text) => {
            wrong.push(Violation::new(field, text));
            None
        }
    }
}

pub(super) fn grain(number: i32, wrong: &mut Vec<Violation>) -> Option<Grain> {
    let Ok(grain) = kpi::Grain::try_from(number) else {
        let names = Grain::ALL.map(Grain::name).join(", ");
        wrong.push(Violation::new(
            "grain",
            format!("{number} is no grain: use one of {names}"),
        ));
        return None;
    };
    match grain {
        kpi::Grain::Unspecified => None,
        kpi::Grain::Day => Some(Grain::Day),
        kpi::Grain::Week => Some(Grain::Week),
        kpi::Grain::Month => Some(Grain::Month),
        kpi::Grain::Quarter => Some(Grain::Quarter),
        kpi::Grain::Year => Some(Grain::Year),
        kpi::Grain::FiscalMonth => Some(Grain::FiscalMonth),
        kpi::Grain::FiscalQuarter => Some(Grain::FiscalQuarter),
        kpi::Grain::FiscalYear => Some(Grain::FiscalYear),
    }
}

/// Whether owners and attributes are those at as-of.
fn now(number: i32, wrong: &mut Vec<Violation>) -> bool {
    let Ok(at) = kpi::DimensionsAt::try_from(number) else {
        let text = format!("{number} says nothing: use DIMENSIONS_AT_EVENT or DIMENSIONS_AT_NOW");
        wrong.push(Violation::new("dimensions_at", text));
        return false;
    };
    at == kpi::DimensionsAt::Now
}

/// In what the elapsed part of a running period is counted.
fn elapsed(number: i32, wrong: &mut Vec<Violation>) -> Elapsed {
    match kpi::Elapsed::try_from(number) {
        Ok(kpi::Elapsed::Unspecified | kpi::Elapsed::CalendarDays) => Elapsed::CalendarDays,
        Ok(kpi::Elapsed::WorkingDays) => Elapsed::WorkingDays,
        Err(_) => {
            let text = format!("{number} says nothing: use ELAPSED_CALENDAR_DAYS or ELAPSED_WORKING_DAYS");
            wrong.push(Violation::new("elapsed", text));
            Elapsed::CalendarDays
        }
    }
}

/// Which groups are told apart.
fn top(message: Option<&kpi::Top>, wrong: &mut Vec<Violation>) -> Option<Top> {
    let message = message?;
    let from = when("top.from", message.from.as_ref(), wrong);
    let to = when("top.to", message.to.as_ref(), wrong);
    Some(Top {
        most: usize::try_from(message.n).unwrap_or(usize::MAX),
        by: message.by.clone(),
        range: (from.is_some() || to.is_some()).then_some((from, to)),
    })
}

fn known(message: Option<&kpi::KnownAt>, wrong: &mut Vec<Violation>) -> Option<KnownAt> {
    match &message?.at {
        Some(known_at::At::Seq(seq)) => Some(KnownAt::Seq(*seq)),
        Some(known_at::At::Instant(at)) => match instant_from_proto(at) {
            Ok(at) => Some(KnownAt::Instant(at)),
            Err(text) => {
                wrong.push(Violation::new("known_at.instant", text));
                None
            }
        },
        None => {
            wrong.push(Violation::new(
                "known_at",
                "give a seq or an instant, or leave it out",
            ));
            None
        }
    }
}
