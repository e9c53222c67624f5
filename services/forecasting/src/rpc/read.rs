//! Questions as messages: every malformed field is named at once.

use bellwether_contracts::convert::{position_from_proto, when_from_proto};
use bellwether_contracts::forecasting::{KpiHistory, PipelineQuestion, RetentionQuestion, ScoreQuestion};
use bellwether_contracts::kpi::{self, MinPosition, min_position};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, ErrorReason, Result, Violation, When};

use crate::facts::Group;
use crate::source::{At, Least};

/// Levels of intervals, unless others are asked for.
const LEVELS: [f64; 2] = [0.8, 0.95];
/// The most levels in one question.
const MOST_LEVELS: usize = 8;
/// The most periods ahead.
const MOST_PERIODS: u32 = 400;
/// The days of a pipeline forecast, unless others are asked for, and at most.
const DAYS: (u32, u32) = (90, 1_095);

/// A question about a KPI's history.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) at: At,
    pub(super) kpi: String,
    pub(super) grain: Grain,
    pub(super) from: Option<When>,
    pub(super) group_by: Option<String>,
    pub(super) filters: Group,
}

/// A question about the pipeline.
#[derive(Debug, Clone)]
pub(super) struct Ahead {
    pub(super) at: At,
    pub(super) days: u32,
}

/// What is wrong with a message, field by field.
pub(super) struct Wrong {
    found: Vec<Violation>,
}

impl Wrong {
    pub(super) fn none() -> Self {
        Self { found: Vec::new() }
    }

    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.found.push(Violation::new(field, message));
    }

    /// What was read, unless something was wrong.
    pub(super) fn or<T>(self, read: T) -> Result<T> {
        if self.found.is_empty() {
            Ok(read)
        } else {
            Err(Error::violations(ErrorReason::InvalidField, self.found))
        }
    }
}

/// A history; `message` stands in the field `history`.
pub(super) fn past(message: &KpiHistory, wrong: &mut Wrong) -> Past {
    if message.kpi.is_empty() {
        wrong.add("history.kpi", "is missing: name a KPI, such as bookings");
    }
    Past {
        at: At {
            tenant: message.tenant.clone(),
            as_of: when("history.as_of", message.as_of.as_ref(), wrong),
            known_at: Some(message.known_at).filter(|seq| *seq > 0),
            least: least("history.min_position", message.min_position.as_ref(), wrong),
        },
        kpi: message.kpi.clone(),
        grain: grain(message.grain, wrong),
        from: when("history.from", message.from.as_ref(), wrong),
        group_by: Some(message.group_by.clone()).filter(|dimension| !dimension.is_empty()),
        filters: message
            .filters
            .iter()
            .map(|one| (one.dimension.clone(), one.value.clone()))
            .collect(),
    }
}

/// A pipeline; `message` stands in the field `pipeline`.
pub(super) fn ahead(message: &PipelineQuestion, wrong: &mut Wrong) -> Ahead {
    let days = match message.horizon_days {
        0 => DAYS.0,
        days if days <= DAYS.1 => days,
        days => {
            wrong.add(
                "pipeline.horizon_days",
                format!("{days} is too far: at most {} days", DAYS.1),
            );
            DAYS.1
        }
    };
    Ahead {
        at: At {
            tenant: message.tenant.clone(),
            as_of: when("pipeline.as_of", message.as_of.as_ref(), wrong),
            known_at: Some(message.known_at).filter(|seq| *seq > 0),
            least: least("pipeline.min_position", message.min_position.as_ref(), wrong),
        },
        days,
    }
}

/// Whose scores, and as of when; `message` stands in the field `question`.
pub(super) fn scored(message: &ScoreQuestion, wrong: &mut Wrong) -> At {
    At {
        tenant: message.tenant.clone(),
        as_of: when("question.as_of", message.as_of.as_ref(), wrong),
        known_at: Some(message.known_at).filter(|seq| *seq > 0),
        least: least("question.min_position", message.min_position.as_ref(), wrong),
    }
}

/// Whose customers, and as of when; `message` stands in the field `retention`.
pub(super) fn retained(message: &RetentionQuestion, wrong: &mut Wrong) -> At {
    At {
        tenant: message.tenant.clone(),
        as_of: when("retention.as_of", message.as_of.as_ref(), wrong),
        known_at: Some(message.known_at).filter(|seq| *seq > 0),
        least: least("retention.min_position", message.min_position.as_ref(), wrong),
    }
}

/// How many periods ahead.
pub(super) fn horizon(periods: u32, grain: Grain, wrong: &mut Wrong) -> usize {
    let usual = match grain {
        Grain::Day => 60,
        Grain::Week => 52,
        Grain::Month | Grain::FiscalMonth => 12,
        Grain::Quarter | Grain::FiscalQuarter => 4,
        Grain::Year | Grain::FiscalYear => 1,
    };
    match periods {
        0 => usual,
        periods if periods <= MOST_PERIODS => periods as usize,
        periods => {
            wrong.add(
                "horizon",
                format!("{periods} periods are too many: at most {MOST_PERIODS}"),
            );
            usual
        }
    }
}

/// The levels of intervals.
pub(super) fn levels(asked: &[f64], wrong: &mut Wrong) -> Vec<f64> {
    if asked.len() > MOST_LEVELS {
        wrong.add("levels", format!("at most {MOST_LEVELS} levels"));
    }
    if let Some(odd) = asked.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        wrong.add(
            "levels",
            format!("{odd} is no level: each is a share above 0 and below 1, such as 0.8"),
        );
    }
    if let Some((_, again)) = asked
        .iter()
        .enumerate()
        .find(|(at, level)| asked[..*at].contains(level))
    {
        wrong.add("levels", format!("{again} is named twice"));
    }
    if asked.is_empty() {
        LEVELS.to_vec()
    } else {
        asked.to_vec()
    }
}

pub(super) fn when(field: &str, message: Option<&DateOrTime>, wrong: &mut Wrong) -> Option<When> {
    match when_from_proto(message?) {
        Ok(Some(when)) => Some(when),
        Ok(None) => {
            wrong.add(field, "give a date or an instant, or leave it out");
            None
        }
        Err(text) => {
            wrong.add(field, text);
            None
        }
    }
}

pub(super) fn least(field: &str, message: Option<&MinPosition>, wrong: &mut Wrong) -> Least {
    let Some(min) = message else {
        return Least::Anything;
    };
    match &min.at {
        Some(min_position::At::Position(position)) => Least::Position(position_from_proto(position)),
        Some(min_position::At::Head(true)) => Least::Head,
        Some(min_position::At::Head(false)) => {
            wrong.add(
                field,
                "head must be true; leave min_position out to wait for nothing",
            );
            Least::Anything
        }
        None => {
            wrong.add(field, "give a position or head");
            Least::Anything
        }
    }
}

fn grain(number: i32, wrong: &mut Wrong) -> Grain {
    match kpi::Grain::try_from(number) {
        Ok(kpi::Grain::Day) => Grain::Day,
        Ok(kpi::Grain::Week) => Grain::Week,
        Ok(kpi::Grain::Unspecified | kpi::Grain::Month) => Grain::Month,
        Ok(kpi::Grain::Quarter) => Grain::Quarter,
        Ok(kpi::Grain::Year) => Grain::Year,
        Ok(kpi::Grain::FiscalMonth) => Grain::FiscalMonth,
        Ok(kpi::Grain::FiscalQuarter) => Grain::FiscalQuarter,
        Ok(kpi::Grain::FiscalYear) => Grain::FiscalYear,
        Err(_) => {
            let names = Grain::ALL.map(Grain::name).join(", ");
            wrong.add(
                "history.grain",
                format!("{number} is no grain: use one of {names}"),
            );
            Grain::Month
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::types::date_or_time;

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut wrong = Wrong::none();
        let odd = DateOrTime {
            value: Some(date_or_time::Value::Date("2017-02-30".to_owned())),
        };
        let message = KpiHistory {
            grain: 99,
            as_of: Some(odd),
            min_position: Some(MinPosition { at: None }),
            ..KpiHistory::default()
        };
        past(&message, &mut wrong);
        levels(&[0.8, 95.0], &mut wrong);
        horizon(401, Grain::Month, &mut wrong);
        let error = wrong.or(()).unwrap_err();
        let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "history.kpi",
            "history.as_of",
            "history.min_position",
            "history.grain",
            "levels",
            "horizon",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_is_left_out_is_the_usual() {
        let mut wrong = Wrong::none();
        let asked = ahead(&PipelineQuestion::default(), &mut wrong);
        assert_eq!((asked.days, asked.at.least), (90, Least::Anything));
        assert_eq!(levels(&[], &mut wrong), [0.8, 0.95]);
        let mut again = Wrong::none();
        levels(&[0.8, 0.95, 0.8], &mut again);
        let error = again.or(()).unwrap_err();
        assert_eq!(error.violations[0].to_string(), "levels: 0.8 is named twice");
        assert_eq!(horizon(0, Grain::Quarter, &mut wrong), 4);
        let message = KpiHistory {
            kpi: "bookings".to_owned(),
            ..KpiHistory::default()
        };
        assert_eq!(past(&message, &mut wrong).grain, Grain::Month);
        assert!(wrong.or(()).is_ok());
    }
}
