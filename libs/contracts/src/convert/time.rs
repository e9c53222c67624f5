//! Instants, days and positions.

use bellwether_domain::{CivilDate, Instant, Position, When};

use crate::types::{self, date_or_time::Value};

/// An instant as a protobuf timestamp.
#[must_use]
pub fn instant_to_proto(at: Instant) -> prost_types::Timestamp {
    let micros = at.as_micros();
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or(0);
    prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos,
    }
}

/// An instant of a protobuf timestamp, cut to microseconds.
///
/// # Errors
/// A sentence when it lies outside the years 1 to 9999.
pub fn instant_from_proto(at: &prost_types::Timestamp) -> Result<Instant, String> {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    if !(FIRST..=LAST).contains(&at.seconds) || !(0..1_000_000_000).contains(&at.nanos) {
        return Err("lies outside the years 1 to 9999".to_owned());
    }
    Ok(Instant::from_micros(
        at.seconds * 1_000_000 + i64::from(at.nanos) / 1000,
    ))
}

/// A day or instant as a message.
#[must_use]
pub fn when_to_proto(when: When) -> types::DateOrTime {
    let value = match when {
        When::Day(day) => Value::Date(day.to_string()),
        When::At(at) => Value::Instant(instant_to_proto(at)),
    };
    types::DateOrTime { value: Some(value) }
}

/// A day or instant of a message; `None` when the message says neither.
///
/// # Errors
/// A sentence when the date or instant is none.
pub fn when_from_proto(when: &types::DateOrTime) -> Result<Option<When>, String> {
    match &when.value {
        None => Ok(None),
        Some(Value::Date(text)) => text.parse::<CivilDate>().map(|day| Some(When::Day(day))),
        Some(Value::Instant(at)) => instant_from_proto(at).map(|at| Some(When::At(at))),
    }
}

/// A position as a message.
#[must_use]
pub fn position_to_proto(position: Position) -> types::Position {
    types::Position {
        epoch: position.epoch,
        seq: position.seq,
    }
}

/// A position of a message.
#[must_use]
pub fn position_from_proto(position: &types::Position) -> Position {
    Position {
        epoch: position.epoch,
        seq: position.seq,
    }
}
