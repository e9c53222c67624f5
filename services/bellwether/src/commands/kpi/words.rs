//! What the codes of a definition are called: short, for lists and programs, and in words, for people.

use bellwether_contracts::kpi::{
    Cadence, CurrencyPolicy, DefinitionClass, DefinitionStatus, Direction, KpiDefinition, MeasureDefinition,
    SalesModel, Unit,
};
use bellwether_contracts::sales::{KpiPromotion, ReviewCadence};

pub(super) fn unit(kpi: &KpiDefinition) -> &'static str {
    match kpi.unit() {
        Unit::Unspecified => "",
        Unit::Ratio => "ratio",
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::MoneyPerDay => "money/day",
        Unit::Days => "days",
        Unit::MoneyPerUnit => "money/unit",
        Unit::Minutes => "minutes",
        Unit::Months => "months",
        Unit::Times => "times",
        Unit::Points => "points",
    }
}

pub(super) fn unit_words(kpi: &KpiDefinition) -> &'static str {
    match kpi.unit() {
        Unit::Unspecified => "",
        Unit::Ratio => "a percentage; in JSON and CSV a fraction: 0.31 is 31 %",
        Unit::Count => "a number",
        Unit::Money => "money, in the tenant's currency",
        Unit::MoneyPerDay => "money a day, in the tenant's currency",
        Unit::Days => "days",
        Unit::Minutes => "minutes",
        Unit::Months => "months",
        Unit::Times => "so many times",
        Unit::Points => "points of a scale",
        Unit::MoneyPerUnit => "money a unit sold, in the tenant's currency",
    }
}

pub(super) fn direction(kpi: &KpiDefinition) -> &'static str {
    match kpi.direction() {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Neutral | Direction::Unspecified => "neutral",
    }
}

pub(super) fn good(kpi: &KpiDefinition) -> &'static str {
    match kpi.direction() {
        Direction::Up => "more",
        Direction::Down => "less",
        Direction::Neutral | Direction::Unspecified => "neither more nor less by itself",
    }
}

pub(super) fn kind(kpi: &KpiDefinition) -> &'static str {
    if kpi.leading { "leading" } else { "lagging" }
}

pub(super) fn kind_words(kpi: &KpiDefinition) -> &'static str {
    if kpi.leading {
        "leading: it moves before results do"
    } else {
        "lagging: it reports results"
    }
}

pub(super) fn cadence(kpi: &KpiDefinition) -> &'static str {
    match kpi.cadence() {
        Cadence::Weekly => "weekly",
        Cadence::Monthly => "monthly",
        Cadence::Quarterly => "quarterly",
        Cadence::Unspecified => "",
    }
}

pub(super) fn cadence_words(kpi: &KpiDefinition) -> &'static str {
    match kpi.cadence() {
        Cadence::Weekly => "every week",
        Cadence::Monthly => "every month",
        Cadence::Quarterly => "every quarter",
        Cadence::Unspecified => "",
    }
}

pub(super) fn currency(kpi: &KpiDefinition) -> &'static str {
    match kpi.currency_policy() {
        CurrencyPolicy::Unspecified => "",
        CurrencyPolicy::Booked => "booked",
        CurrencyPolicy::Spot => "spot",
        CurrencyPolicy::Constant => "constant",
    }
}

pub(super) fn currency_words(kpi: &KpiDefinition) -> &'static str {
    match kpi.currency_policy() {
        CurrencyPolicy::Unspecified => "",
        CurrencyPolicy::Booked => "other currencies at the rate of each event's day",
        CurrencyPolicy::Spot => "other currencies at the rate of the as-of day",
        CurrencyPolicy::Constant => {
            "other currencies at one rate for all periods: the budget's, else the as-of day's"
        }
    }
}

pub(super) fn status(kpi: &KpiDefinition) -> &'static str {
    match kpi.status() {
        DefinitionStatus::Unspecified => "",
        DefinitionStatus::Draft => "draft",
        DefinitionStatus::Certified => "certified",
        DefinitionStatus::Deprecated => "deprecated",
    }
}

/// How often what was promoted is looked at.
pub(super) fn review(promotion: &KpiPromotion) -> &'static str {
    match promotion.cadence() {
        ReviewCadence::Unspecified => "",
        ReviewCadence::Weekly => "weekly",
        ReviewCadence::Monthly => "monthly",
        ReviewCadence::Quarterly => "quarterly",
    }
}

pub(super) fn class(kpi: &KpiDefinition) -> &'static str {
    match kpi.class() {
        DefinitionClass::Unspecified => "",
        DefinitionClass::Metric => "metric",
        DefinitionClass::Kpi => "kpi",
    }
}

/// The codes of the ways of selling that a KPI is of use to; none = all.
pub(super) fn models(kpi: &KpiDefinition) -> Vec<&'static str> {
    let code = |model: SalesModel| match model {
        SalesModel::Unspecified => "",
        SalesModel::Saas => "saas",
        SalesModel::Inside => "inside",
        SalesModel::Field => "field",
        SalesModel::Transactional => "transactional",
    };
    kpi.sales_models().map(code).collect()
}

/// A measure in a sentence: what is counted or added up, over which rows, when.
pub(super) fn measure(measure: &MeasureDefinition) -> String {
    let across = match measure.across.as_str() {
        "" => String::new(),
        dimension => format!(", of every {dimension} together"),
    };
    let what = match measure.class.as_str() {
        "nested" => nested(measure),
        "lag" => lag(measure),
        _ => format!("{} of {}, {}", counted(measure), rows(measure), when(measure)),
    };
    let whole = if measure.whole { ", of every group" } else { "" };
    let rates = match measure.currency.as_str() {
        "" => "",
        "start" => ", at the exchange rates of the period's start",
        "end" => ", at the exchange rates of the period's end",
        "spot" => ", at the exchange rates of as-of",
        "booked" => ", at the exchange rates of each day",
        _ => ", at constant exchange rates",
    };
    format!("{what}{across}{whole}{rates}")
}

fn rows(measure: &MeasureDefinition) -> String {
    let due = match measure.due.split_once(' ') {
        None => String::new(),
        Some((column, lies)) => format!(" with `{column}` {lies}"),
    };
    match measure.filter.as_str() {
        "" => format!("`{}`{due}", measure.table),
        filter => format!("`{}` where `{filter}`{due}", measure.table),
    }
}

fn counted(measure: &MeasureDefinition) -> String {
    let business = if measure.clock == "business" {
        " in business hours"
    } else {
        ""
    };
    let age = format!("the time since `{}`{business}", measure.age);
    if !measure.age.is_empty() {
        return format!("{} of {age}", measure.aggregate);
    }
    match (measure.aggregate.as_str(), measure.expression.as_str()) {
        ("count", "") => "how many rows".to_owned(),
        ("count", expression) => format!("how many rows with `{expression}`"),
        ("distinct", expression) => format!("how many different `{expression}`"),
        ("spread", expression) => {
            format!("sum of `{expression}`, each by the share of its days that lie in the period,")
        }
        ("working_days", _) => "working days, up to as-of,".to_owned(),
        ("weighted_mean", expression) => format!("mean of `{expression}` weighted by `{}`", measure.weight),
        ("quantile", expression) => format!("quantile {} of `{expression}`", measure.q),
        (aggregate, expression) if !measure.weight.is_empty() => {
            format!("{aggregate} of `{expression}` times `{}`", measure.weight)
        }
        (aggregate, expression) => format!("{aggregate} of `{expression}`"),
    }
}

fn when(measure: &MeasureDefinition) -> String {
    let (at, window) = (measure.at.as_str(), measure.window.as_str());
    let rolling = window.strip_prefix("rolling ");
    if measure.class == "stock" {
        return match (at, window, rolling) {
            ("start", _, Some(stretch)) => format!("{stretch} before the period's end"),
            ("during", _, Some(stretch)) => format!("at any time of the {stretch} up to the period's end"),
            ("start", "previous", _) => "at the start of the period before".to_owned(),
            ("during", "previous", _) => "at any time of the period before".to_owned(),
            ("during", "before", _) => "at any time before the period".to_owned(),
            ("during", "ever", _) => "at any time up to as-of".to_owned(),
            ("start", ..) => "at the period's start".to_owned(),
            ("during", ..) => "at any time of the period".to_owned(),
            ("previous", ..) | (_, "previous", _) => "at the end of the period before".to_owned(),
            _ => "at the period's end".to_owned(),
        };
    }
    match (at, window, rolling) {
        ("previous", ..) | (_, "previous", _) => "in the period before".to_owned(),
        (_, "before", _) => "in all the time before the period".to_owned(),
        (_, "ever", _) => "in all the time up to as-of".to_owned(),
        (.., Some(stretch)) => format!("in the {stretch} up to the period's end"),
        (.., None) => "in the period".to_owned(),
    }
}

fn lag(measure: &MeasureDefinition) -> String {
    let what = match measure.aggregate.as_str() {
        "started" => "how many".to_owned(),
        "matured" => "how many whose whole window has passed".to_owned(),
        "converted" => "how many, of those whose whole window has passed, ended within it".to_owned(),
        "curve" => "the probability of having ended by the age (those not ended yet censored)".to_owned(),
        _ => format!(
            "the least time by which a share of {} has ended (those not ended yet censored)",
            measure.q
        ),
    };
    let within = match measure.within.as_str() {
        "" => String::new(),
        within => format!(", window {within}"),
    };
    let clock = if measure.clock == "business" {
        ", in business hours"
    } else {
        ""
    };
    let competes = match measure.competes.as_str() {
        "" => String::new(),
        other => format!(", `{other}` competing"),
    };
    format!(
        "{what}: {} begun in the period, from `{}` to `{}`{within}{clock}{competes}",
        rows(measure),
        measure.start,
        measure.end
    )
}

fn nested(measure: &MeasureDefinition) -> String {
    let only = match measure.only.as_str() {
        "" => String::new(),
        only => format!(" where `{only}`"),
    };
    let how = match measure.aggregate.as_str() {
        "count" => "how many".to_owned(),
        "share" => "share for which the formula is true".to_owned(),
        "quantile" => format!("quantile {}", measure.q),
        aggregate => aggregate.to_owned(),
    };
    format!(
        "{how} over each `{}`{only} of `{}` ({})",
        measure.per,
        measure.formula,
        inner(&measure.measures).join("; ")
    )
}

/// The measures of a nested one, those that differ in nothing but when they look told together.
fn inner(measures: &[MeasureDefinition]) -> Vec<String> {
    let rolling = |one: &MeasureDefinition| one.at == "start" && one.window.starts_with("rolling ");
    let count = |one: &MeasureDefinition| one.window.split(' ').nth(1).unwrap_or_default().to_owned();
    let alike = |one: &MeasureDefinition, other: &MeasureDefinition| {
        let whenever = |of: &MeasureDefinition| MeasureDefinition {
            name: String::new(),
            window: String::new(),
            ..of.clone()
        };
        rolling(one) && rolling(other) && whenever(one) == whenever(other)
    };
    let run = |run: &[MeasureDefinition]| match run {
        [first, .., last] => {
            let told = measure(last).replace(&when(last), &format!("{} to {}", count(first), when(last)));
            format!("`{}` to `{}`: {told}", first.name, last.name)
        }
        one => one
            .iter()
            .map(|one| format!("`{}`: {}", one.name, measure(one)))
            .collect(),
    };
    measures.chunk_by(alike).map(run).collect()
}
