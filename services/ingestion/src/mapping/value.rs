//! A text as the value of a field: numbers and dates as people write them, checked to the last character.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::types;
use bellwether_domain::{CivilDate, Currency, Instant, Money, When, Zone};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use prost::Message;

use super::node::did_you_mean;
use super::spec::Writing;
use super::target::Shape;
use super::wire;

/// What a text needs to be read where it does not say it itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) writing: &'a Writing,
    /// The zone of instants without an offset.
    pub(super) zone: &'a Zone,
    pub(super) currency: Currency,
}

/// Appends the field `tag` with the value of `text` to `out`; of dates, the value too.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub(super) fn encode(
    text: &str,
    tag: u32,
    shape: &Shape,
    context: Context<'_>,
    out: &mut Vec<u8>,
) -> Result<Option<When>, String> {
    let written = text.trim();
    match shape {
        Shape::Text => wire::bytes(tag, text.as_bytes(), out),
        Shape::Decimal => wire::bytes(tag, decimal(written, context.writing)?.as_bytes(), out),
        Shape::Day => wire::bytes(tag, day(written, context.writing)?.to_string().as_bytes(), out),
        Shape::When => {
            let when = when(written, context)?;
            wire::bytes(tag, &when_to_proto(when).encode_to_vec(), out);
            return Ok(Some(when));
        }
        Shape::Money => {
            let amount = Money::from_major(&decimal(written, context.writing)?, context.currency)?;
            if amount.minor < 0 {
                return Err(format!("{amount} is negative: amounts are 0 or more"));
            }
            let message = types::Money {
                minor_units: amount.minor,
                currency_code: amount.currency.code().to_owned(),
            };
            wire::bytes(tag, &message.encode_to_vec(), out);
        }
        Shape::Whole(most) => {
            let plain = decimal(written, context.writing)?;
            let value = plain.parse::<u64>().ok().filter(|value| value <= most);
            let value = value.ok_or_else(|| format!("`{written}` is not a whole number from 0 to {most}"))?;
            wire::number(tag, value, out);
        }
        Shape::Flag => wire::number(tag, u64::from(flag(written)?), out),
        Shape::Choice(choices) => {
            let number = choice(written, choices)?;
            wire::number(tag, u64::from(number.unsigned_abs()), out);
        }
        Shape::List(_) | Shape::Map => return Err("is a list: give entries".to_owned()),
    }
    Ok(None)
}

/// Whether a constant can be the value of a field of this shape.
pub(super) fn check_constant(text: &str, shape: &Shape, writing: &Writing) -> Result<(), String> {
    let zone = writing.zone.clone().unwrap_or_else(Zone::utc);
    // An amount is checked against the currency with the most decimals, since its own is not known yet.
    let currency = Currency::from_code("CLF").unwrap_or(Currency::USD);
    let context = Context {
        writing,
        zone: &zone,
        currency,
    };
    encode(text, 1, shape, context, &mut Vec::new()).map(|_| ())
}

/// A point in time as the zone of the tenant or mapping sees it: a day counts from its first instant.
pub(super) fn instant(when: When, writing: &Writing, zone: &Zone) -> Instant {
    when.start_in(writing.zone.as_ref().unwrap_or(zone))
}

/// A number in the plain form `-1234.50`.
fn decimal(text: &str, writing: &Writing) -> Result<String, String> {
    let bad = || {
        let example = match (writing.decimal.unwrap_or('.'), writing.thousands) {
            (point, Some(comma)) => format!("1{comma}234{point}50"),
            (point, None) => format!("1234{point}50"),
        };
        format!("`{text}` is not a number such as {example}")
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let point = writing.decimal.unwrap_or('.');
    let (whole, fraction) = match digits.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let whole = match writing.thousands {
        Some(separator) => ungroup(whole, separator).ok_or_else(bad)?,
        None => whole.to_owned(),
    };
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction_is_plain = fraction.is_none_or(|part| !part.is_empty() && plain(part));
    if !plain(&whole) || !fraction_is_plain || whole.is_empty() && fraction.is_none() {
        return Err(bad());
    }
    let whole = if whole.is_empty() { "0".to_owned() } else { whole };
    let fraction = fraction.map(|part| format!(".{part}")).unwrap_or_default();
    Ok(format!("{sign}{whole}{fraction}"))
}

/// `1.234.567` without its separators. A last group of other than three digits is refused: `1,5` would become 15.
fn ungroup(whole: &str, separator: char) -> Option<String> {
    let groups: Vec<&str> = whole.split(separator).collect();
    let last = groups.len() - 1;
    let fits = groups.iter().enumerate().all(|(index, group)| match index {
        _ if last == 0 => true,
        0 => (1..=3).contains(&group.len()),
        index if index == last => group.len() == 3,
        _ => (2..=3).contains(&group.len()),
    });
    fits.then(|| groups.concat())
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(format!(
            "`{text}` is neither true nor false: use true, yes, 1, false, no or 0"
        )),
    }
}

fn choice(text: &str, choices: &[(String, i32)]) -> Result<i32, String> {
    let plain = text.to_lowercase().replace([' ', '-'], "_");
    let found = choices.iter().find(|(name, _)| *name == plain);
    found.map(|(_, number)| *number).ok_or_else(|| {
        let hint = did_you_mean(&plain, choices.iter().map(|(name, _)| name.as_str()));
        format!("`{text}` is not one of its values{hint}")
    })
}

fn day(text: &str, writing: &Writing) -> Result<CivilDate, String> {
    if writing.formats.is_empty() {
        return match local(text) {
            Some(at) => Ok(CivilDate::from_jiff(at.date())),
            None => text.parse(),
        };
    }
    let read = |format: &String| {
        strtime::parse(format, text)
            .and_then(|parsed| parsed.to_date())
            .ok()
    };
    let date = writing
        .formats
        .iter()
        .find_map(read)
        .ok_or_else(|| not_in_format(text, writing))?;
    four_digits(text, date.year()).map(|()| CivilDate::from_jiff(date))
}

fn when(text: &str, context: Context<'_>) -> Result<When, String> {
    let zone = context.writing.zone.as_ref().unwrap_or(context.zone);
    if context.writing.formats.is_empty() {
        return match local(text) {
            Some(at) => in_zone(at, zone),
            None => text.parse(),
        };
    }
    for format in &context.writing.formats {
        let Ok(parsed) = strtime::parse(format, text) else {
            continue;
        };
        if let Ok(at) = parsed.to_timestamp() {
            return Ok(When::At(Instant::from_micros(at.as_microsecond())));
        }
        let Ok(date) = parsed.to_date() else {
            continue;
        };
        four_digits(text, date.year())?;
        return match parsed.hour() {
            Some(_) => match parsed.to_datetime() {
                Ok(at) => in_zone(at, zone),
                Err(_) => continue,
            },
            None => Ok(When::Day(CivilDate::from_jiff(date))),
        };
    }
    Err(not_in_format(text, context.writing))
}

/// A date and time of day without an offset, such as `2017-03-01 09:30:00`.
fn local(text: &str) -> Option<DateTime> {
    let separated = matches!(text.as_bytes().get(10), Some(b' ' | b'T'));
    let has_offset =
        text.ends_with(['Z', 'z']) || text.get(11..).is_some_and(|time| time.contains(['+', '-', '[']));
    if separated && !has_offset {
        text.parse().ok()
    } else {
        None
    }
}

/// The instant at which clocks in `zone` show `at`. A time that a clock change skips is moved on by the gap; of a time
/// that is shown twice the first counts.
fn in_zone(at: DateTime, zone: &Zone) -> Result<When, String> {
    let zone = if zone.name() == "UTC" {
        Ok(TimeZone::UTC)
    } else {
        TimeZone::get(zone.name())
    };
    let at = zone
        .and_then(|zone| zone.to_timestamp(at))
        .map_err(|error| error.to_string())?;
    Ok(When::At(Instant::from_micros(at.as_microsecond())))
}

fn not_in_format(text: &str, writing: &Writing) -> String {
    format!(
        "`{text}` is not a date in the format {}",
        writing.formats.join(" or ")
    )
}

fn four_digits(text: &str, year: i16) -> Result<(), String> {
    if year >= 1000 {
        return Ok(());
    }
    Err(format!(
        "`{text}` would be in the year {year}: %Y takes four digits, %y two"
    ))
}

/// Whether a strftime format can be read back to a day.
pub(super) fn check_format(format: &str) -> Result<(), String> {
    let sample = Timestamp::constant(1_500_000_000, 0).to_zoned(TimeZone::UTC);
    let written = strtime::format(format, &sample)
        .map_err(|error| format!("`{format}` is not a date format: {error}"))?;
    let read = strtime::parse(format, &written);
    let whole = read.is_ok_and(|read| read.to_date().is_ok() || read.to_timestamp().is_ok());
    if whole {
        Ok(())
    } else {
        Err(format!(
            "`{format}` does not tell year, month and day, as %Y-%m-%d does"
        ))
    }
}

#[cfg(test)]
mod tests;
