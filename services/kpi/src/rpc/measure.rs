//! Measures as messages.

use bellwether_contracts::kpi::MeasureDefinition;
use bellwether_domain::time::DAY_MICROS;

use crate::catalogue::{
    At, Class, CurrencyPolicy, DueSource, Edge, Elapsed, MeasureSource, Stretch, Timing, Window,
};

const MINUTE_MICROS: i64 = 60_000_000;

/// A measure's definition as a message.
pub(super) fn measure_of(measure: &MeasureSource) -> MeasureDefinition {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let of_lag = |text: &str| {
        let lag = measure.class == Class::Lag;
        if lag { text.to_owned() } else { String::new() }
    };
    MeasureDefinition {
        name: measure.name.clone(),
        table: measure.table.clone(),
        class: measure.class.name().to_owned(),
        aggregate: measure.aggregate.name().to_owned(),
        expression: measure.expression.clone(),
        filter: measure.filter.clone(),
        window: window_of(measure.window),
        across: text(&measure.across),
        q: text(&measure.q),
        at: at_of(measure.at).to_owned(),
        due: measure.due.as_ref().map(due_of).unwrap_or_default(),
        start: of_lag(measure.start.as_deref().unwrap_or("valid_from")),
        end: text(&measure.end),
        competes: text(&measure.competes),
        clock: of_time(measure).to_owned(),
        within: measure.within.map(elapsed_of).unwrap_or_default(),
        per: text(&measure.per),
        formula: measure.formula.clone(),
        only: measure.only.clone(),
        measures: measure.measures.iter().map(measure_of).collect(),
        age: text(&measure.age),
        weight: text(&measure.weight),
        currency: measure.currency.map(policy_of).unwrap_or_default().to_owned(),
        whole: measure.whole,
    }
}

fn policy_of(policy: CurrencyPolicy) -> &'static str {
    match policy {
        CurrencyPolicy::None => "none",
        CurrencyPolicy::Booked => "booked",
        CurrencyPolicy::Spot => "spot",
        CurrencyPolicy::Constant => "constant",
        CurrencyPolicy::Start => "start",
        CurrencyPolicy::End => "end",
    }
}

/// What clock a lag or an age goes by.
fn of_time(measure: &MeasureSource) -> &'static str {
    match measure.clock {
        _ if measure.class != Class::Lag && measure.age.is_none() => "",
        Timing::Elapsed => "elapsed",
        Timing::Business => "business",
    }
}

fn window_of(window: Window) -> String {
    match window {
        Window::This => "this".to_owned(),
        Window::Previous => "previous".to_owned(),
        Window::Before => "before".to_owned(),
        Window::Ever => "ever".to_owned(),
        Window::Rolling(Stretch::Days(days)) => format!("rolling {days} days"),
        Window::Rolling(Stretch::Months(months)) => format!("rolling {months} months"),
    }
}

fn at_of(at: At) -> &'static str {
    match at {
        At::Period => "period",
        At::Start => "start",
        At::End => "end",
        At::Previous => "previous",
        At::During => "during",
    }
}

/// `expected_day from the period's start, before its end, or missing`.
fn due_of(due: &DueSource) -> String {
    let edge = |edge: Edge| match edge {
        Edge::Start => "the period's start",
        Edge::End => "the period's end",
        Edge::Now => "the instant looked at",
        Edge::AsOf => "as-of",
    };
    let from = due.from.map(|from| format!("from {}", edge(from)));
    let before = due.before.map(|before| format!("before {}", edge(before)));
    let missing = due.missing.then(|| "or missing".to_owned());
    let parts: Vec<String> = [from, before, missing].into_iter().flatten().collect();
    format!("{} {}", due.column, parts.join(", "))
}

fn elapsed_of(elapsed: Elapsed) -> String {
    let (size, unit) = match elapsed.micros {
        micros if elapsed.in_days => (micros / DAY_MICROS, "days"),
        micros if micros % (60 * MINUTE_MICROS) == 0 => (micros / (60 * MINUTE_MICROS), "hours"),
        micros => (micros / MINUTE_MICROS, "minutes"),
    };
    format!(
        "{size} {}",
        if size == 1 {
            unit.trim_end_matches('s')
        } else {
            unit
        }
    )
}
