//! `CompareKpis`: what it is compared with, as a message, and the comparisons as messages.

use bellwether_contracts::convert::{instant_to_proto, position_to_proto, when_from_proto};
use bellwether_contracts::kpi::{
    self, BasePeriod, CompareKpisRequest, CompareKpisResponse, KpiComparison, KpiValue, Watermark, base,
};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::{Error, ErrorReason, Instant, Position, Result, When};

use super::ask::in_query;
use super::values::{INTERVAL_DIGITS, reason_of, value_of};
use crate::answers::{Answers, Pending};
use crate::compare::compare;
use crate::query::{Base, Both, Pair, Row, answer_both};

/// Answers a comparison.
pub(super) async fn run(
    answers: &Answers,
    pending: Pending,
    asked: &CompareKpisRequest,
) -> Result<CompareKpisResponse> {
    let base = base_of(asked.base.as_ref())?;
    let both = answers
        .direct(&pending, move |direct| {
            answer_both(
                direct.facts,
                direct.catalogue,
                &direct.ask,
                &base,
                direct.now,
                direct.threads,
            )
        })
        .await
        .map_err(in_asked)?;
    let comparisons = both.pairs.iter().map(|pair| comparison(pair, &both));
    Ok(CompareKpisResponse {
        comparisons: comparisons.collect(),
    })
}

/// The error of a question that stands in the field `query`, or of what it is compared with.
pub(super) fn in_asked(error: Error) -> Error {
    let of_base = |error: &Error| {
        let mut fields = error.violations.iter().map(|one| one.field.as_str());
        fields.any(|field| field.starts_with("base"))
    };
    if of_base(&error) { error } else { in_query(error) }
}

/// What periods are compared with.
pub(super) fn base_of(message: Option<&kpi::Base>) -> Result<Base> {
    let wrong = |field: &str, message: &str| Err(Error::invalid(ErrorReason::InvalidField, field, message));
    match message.and_then(|base| base.of.as_ref()) {
        None => Ok(Base::Previous),
        Some(base::Of::Period(period)) => match BasePeriod::try_from(*period) {
            Ok(BasePeriod::Previous) => Ok(Base::Previous),
            Ok(BasePeriod::LastYear) => Ok(Base::LastYear),
            Ok(BasePeriod::Unspecified) | Err(_) => {
                wrong("base.period", "use BASE_PERIOD_PREVIOUS or BASE_PERIOD_LAST_YEAR")
            }
        },
        Some(base::Of::Range(range)) => {
            let from = edge("base.range.from", range.from.as_ref())?;
            let to = edge("base.range.to", range.to.as_ref())?;
            Ok(Base::Range(from, to))
        }
    }
}

fn edge(field: &str, message: Option<&DateOrTime>) -> Result<When> {
    let wrong = |text: String| Error::invalid(ErrorReason::InvalidField, field, text);
    let given = message.map_or(Ok(None), when_from_proto).map_err(wrong)?;
    given.ok_or_else(|| wrong("give a date or an instant".to_owned()))
}

/// A value beside that of another period as a message.
pub(super) fn comparison(pair: &Pair, both: &Both) -> KpiComparison {
    let value = |row: &Row| KpiValue {
        as_of: Some(instant_to_proto(both.as_of)),
        watermark: Some(watermark(both.position, both.recorded_at)),
        ..value_of(row)
    };
    let found = compare(pair);
    let interval = found.interval.as_ref().map(|interval| {
        let (low, high) = interval.to_strings(INTERVAL_DIGITS);
        kpi::Interval { low, high }
    });
    KpiComparison {
        value: Some(value(&pair.now)),
        base: pair.base.as_ref().map(value),
        difference: found.difference.map(|one| one.to_exact_string()),
        points: found.points.map(|one| one.to_exact_string()),
        relative: found.relative.map(|one| one.to_decimal_string()),
        absent_reason: found
            .reason
            .map_or(kpi::AbsentReason::Unspecified, reason_of)
            .into(),
        interval,
    }
}

/// How much of the log an answer stands on.
pub(super) fn watermark(position: Position, recorded_at: Option<Instant>) -> Watermark {
    Watermark {
        position: Some(position_to_proto(position)),
        recorded_at: recorded_at.map(instant_to_proto),
    }
}
