//! The values of a KPI by period as series that can be forecast.

use std::collections::BTreeMap;

use bellwether_contracts::kpi::{KpiDefinition, MeasureDefinition};
use bellwether_domain::period::Grain;
use bellwether_domain::{Instant, When, Zone};

use crate::series::Series;
use crate::trend::Bounds;

/// A group: dimension and name, in the order asked; no name = missing. Without grouping it is empty.
pub type Group = Vec<(String, Option<String>)>;

/// What values of a KPI sum up to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Additivity {
    /// The values of all groups sum to that of the whole: a hierarchy of their forecasts must, too.
    pub over_groups: bool,
    /// The values of the months of a quarter sum to that of the quarter.
    pub over_time: bool,
}

/// What a definition says about a KPI's values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nature {
    /// Whether it is a share of its items, `n` of them: never below 0 or above 1.
    pub share: bool,
    /// Whether it is a probability that is estimated another way: never below 0 or above 1 either.
    pub chance: bool,
    /// What its values sum up to.
    pub adds: Additivity,
}

impl Nature {
    /// What a definition says: a Wilson interval is that of a share of `n`, a Greenwood interval that of a curve. A formula
    /// that is one count or sum over rows adds up over groups; a flow in the period asked for also does over time.
    #[must_use]
    pub fn of(definition: &KpiDefinition) -> Self {
        let only = match definition.measures.as_slice() {
            [only] if definition.expression.trim() == only.name => Some(only),
            _ => None,
        };
        let over_groups = definition.always_by.is_empty() && only.is_some_and(sums);
        let now = |measure: &MeasureDefinition| {
            measure.class == "flow"
                && matches!(measure.window.as_str(), "" | "this")
                && matches!(measure.at.as_str(), "" | "period")
        };
        Self {
            share: definition.interval == "wilson",
            chance: definition.interval == "greenwood",
            adds: Additivity {
                over_groups,
                over_time: over_groups && only.is_some_and(now),
            },
        }
    }
}

fn sums(measure: &MeasureDefinition) -> bool {
    measure.across.is_empty()
        && measure.class != "nested"
        && matches!(measure.aggregate.as_str(), "count" | "sum" | "spread")
}

/// A value as kpi tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The first instant or day of its period.
    pub start: When,
    /// Its end, exclusive.
    pub end: When,
    /// Its group.
    pub group: Group,
    /// The value; nothing = absent.
    pub value: Option<f64>,
    /// How many items it stands on.
    pub n: u64,
    /// The unit, as kpi names it: ratio, count, days, USD ...
    pub unit: String,
}

/// A period of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first instant or day.
    pub start: When,
    /// Its end, exclusive.
    pub end: When,
}

/// What a share is made of, period by period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Share {
    /// How many items are of that kind.
    pub numerator: Series,
    /// How many items there are.
    pub denominator: Series,
}

/// The values of one group over closed periods.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The group.
    pub group: Group,
    /// The unit.
    pub unit: String,
    /// What values cannot be.
    pub bounds: Bounds,
    /// What values sum up to.
    pub adds: Additivity,
    /// The periods, in order and without gaps; the same for all groups of an answer.
    pub periods: Vec<Period>,
    /// The value of each.
    pub series: Series,
    /// How many items each stands on.
    pub items: Vec<u64>,
    /// Of a share: its parts, which are to be forecast in its place where they can be.
    pub share: Option<Share>,
}

/// After how many periods patterns come back.
#[must_use]
pub fn seasons(grain: Grain) -> Vec<usize> {
    match grain {
        Grain::Day => vec![7, 365],
        Grain::Week => vec![52],
        Grain::Month | Grain::FiscalMonth => vec![12],
        Grain::Quarter | Grain::FiscalQuarter => vec![4],
        Grain::Year | Grain::FiscalYear => vec![1],
    }
}

/// The series in the values of one KPI, by group.
///
/// Periods that end after `as_of` are not over and so no history. Those before the first that anything was counted in, in
/// any group, are left out. Of values that add up over groups, a group that an answer leaves out had 0.
#[must_use]
pub fn histories(
    values: &[Value],
    nature: &Nature,
    grain: Grain,
    as_of: Instant,
    zone: &Zone,
) -> Vec<History> {
    let closed = |value: &&Value| value.end.start_in(zone) <= as_of;
    let counted = |value: &&Value| value.n > 0 || value.value.is_some_and(|value| value != 0.0);
    let start = |value: &Value| value.start.start_in(zone);
    let Some(first) = values.iter().filter(counted).map(start).min() else {
        return Vec::new();
    };
    let mut periods: BTreeMap<Instant, Period> = BTreeMap::new();
    for value in values.iter().filter(closed).filter(|value| start(value) >= first) {
        let (start, end) = (value.start, value.end);
        periods.insert(start.start_in(zone), Period { start, end });
    }
    let mut groups: BTreeMap<(Vec<bool>, &Group), Vec<&Value>> = BTreeMap::new();
    for value in values {
        // Missing names last, as in answers.
        let missing = value.group.iter().map(|(_, name)| name.is_none()).collect();
        groups.entry((missing, &value.group)).or_default().push(value);
    }
    let history = |((_, group), values): ((Vec<bool>, &Group), Vec<&Value>)| {
        let told: BTreeMap<Instant, &Value> = values.iter().map(|value| (start(value), *value)).collect();
        let found: Vec<Option<&Value>> = periods.keys().map(|at| told.get(at).copied()).collect();
        History {
            group: group.clone(),
            unit: values.first().map(|value| value.unit.clone()).unwrap_or_default(),
            ..made(&found, nature, grain, periods.values().copied().collect())
        }
    };
    groups.into_iter().map(history).collect()
}

/// The history of values by period.
fn made(found: &[Option<&Value>], nature: &Nature, grain: Grain, periods: Vec<Period>) -> History {
    let none = nature.adds.over_groups.then_some(0.0);
    let number = |value: &Option<&Value>| value.map_or(none, |value| finite(value.value));
    let series = Series {
        values: found.iter().map(number).collect(),
        seasons: seasons(grain),
    };
    let bounds = if nature.share || nature.chance {
        Bounds::Unit
    } else {
        Bounds::kept_by(series.observed())
    };
    let n = |value: &Option<&Value>| value.map_or(0, |value| value.n);
    let items: Vec<u64> = found.iter().map(n).collect();
    let part = |numbers: Vec<Option<f64>>| Series {
        values: numbers,
        seasons: seasons(grain),
    };
    let share = nature.share.then(|| {
        let numbers = series.values.iter().zip(&items);
        let numerators = numbers.map(|(value, n)| match (value, n) {
            (_, 0) => Some(0.0),
            (value, n) => value.map(|value| libm::round(value.clamp(0.0, 1.0) * *n as f64)),
        });
        Share {
            numerator: part(numerators.collect()),
            denominator: part(items.iter().map(|n| Some(*n as f64)).collect()),
        }
    });
    History {
        group: Group::new(),
        unit: String::new(),
        bounds,
        adds: nature.adds,
        periods,
        series,
        items,
        share,
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> When {
        When::Day(text.parse().unwrap())
    }

    fn value(month: u32, name: &str, value: Option<f64>, n: u64) -> Value {
        Value {
            start: day(&format!("2017-{month:02}-01")),
            end: day(&format!("2017-{:02}-01", month + 1)),
            group: vec![("owner".to_owned(), (!name.is_empty()).then(|| name.to_owned()))],
            value,
            n,
            unit: "count".to_owned(),
        }
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn utc() -> Zone {
        Zone::named("UTC").unwrap()
    }

    fn counts() -> Nature {
        Nature {
            adds: Additivity {
                over_groups: true,
                over_time: true,
            },
            ..Nature::default()
        }
    }

    #[test]
    fn only_what_is_over_is_history_and_nothing_before_the_first_item() {
        let values = [
            value(1, "ann", Some(0.0), 0),
            value(2, "ann", Some(3.0), 3),
            value(3, "ann", Some(4.0), 4),
            value(4, "ann", Some(1.0), 1),
            value(3, "", Some(2.0), 2),
        ];
        let found = histories(
            &values,
            &counts(),
            Grain::Month,
            at("2017-04-10T00:00:00Z"),
            &utc(),
        );
        assert_eq!(found.len(), 2);
        let (ann, nobody) = (&found[0], &found[1]);
        assert_eq!(ann.series.values, [Some(3.0), Some(4.0)]);
        assert_eq!(
            (ann.items.as_slice(), ann.series.seasons.as_slice()),
            (&[3, 4][..], &[12][..])
        );
        assert_eq!(ann.periods[0].start, day("2017-02-01"));
        assert_eq!(nobody.group[0].1, None);
        assert_eq!(
            nobody.series.values,
            [Some(0.0), Some(2.0)],
            "what sums up was 0 where it is not told"
        );
        assert_eq!(ann.bounds, Bounds::NonNegative);
        let zone = Zone::named("America/New_York").unwrap();
        let found = histories(
            &values,
            &counts(),
            Grain::Month,
            at("2017-04-01T00:00:00Z"),
            &zone,
        );
        assert_eq!(
            found[0].series.values,
            [Some(3.0)],
            "March is not over in New York"
        );
        assert!(
            histories(
                &values[..1],
                &counts(),
                Grain::Month,
                at("2018-01-01T00:00:00Z"),
                &utc()
            )
            .is_empty()
        );
    }

    #[test]
    fn a_share_has_parts_and_stays_between_0_and_1() {
        let nature = Nature {
            share: true,
            ..Nature::default()
        };
        let values = [
            value(1, "", Some(0.6666666666666667), 3),
            value(2, "", None, 0),
            value(3, "", Some(f64::INFINITY), 2),
        ];
        let found = histories(&values, &nature, Grain::Month, at("2018-01-01T00:00:00Z"), &utc());
        let share = found[0].share.clone().unwrap();
        assert_eq!(found[0].bounds, Bounds::Unit);
        assert_eq!(share.numerator.values, [Some(2.0), Some(0.0), None]);
        assert_eq!(share.denominator.values, [Some(3.0), Some(0.0), Some(2.0)]);
        assert_eq!(found[0].series.values[1..], [None, None]);
    }

    #[test]
    fn a_definition_tells_what_its_values_sum_up_to() {
        let measure = |class: &str, aggregate: &str, window: &str| MeasureDefinition {
            name: "m".to_owned(),
            class: class.to_owned(),
            aggregate: aggregate.to_owned(),
            window: window.to_owned(),
            ..MeasureDefinition::default()
        };
        let of = |measures: Vec<MeasureDefinition>, expression: &str| {
            let definition = KpiDefinition {
                measures,
                expression: expression.to_owned(),
                ..KpiDefinition::default()
            };
            let adds = Nature::of(&definition).adds;
            (adds.over_groups, adds.over_time)
        };
        assert_eq!(of(vec![measure("flow", "sum", "this")], "m"), (true, true));
        assert_eq!(
            of(vec![measure("flow", "sum", "rolling 90 days")], "m"),
            (true, false)
        );
        assert_eq!(of(vec![measure("stock", "count", "this")], "m"), (true, false));
        assert_eq!(of(vec![measure("flow", "distinct", "this")], "m"), (false, false));
        assert_eq!(of(vec![measure("flow", "sum", "this")], "m / 2"), (false, false));
        assert_eq!(
            of(
                vec![measure("flow", "sum", ""), measure("flow", "count", "")],
                "m"
            ),
            (false, false)
        );
        let wilson = KpiDefinition {
            interval: "wilson".to_owned(),
            ..KpiDefinition::default()
        };
        assert!(Nature::of(&wilson).share && !Nature::of(&wilson).chance);
    }
}
