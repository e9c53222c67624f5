//! Overrides as messages.

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::forecasting::{DealCall, ForecastOverride, PeriodCall, forecast_override};
use bellwether_domain::{CivilDate, Error, ErrorReason, Result};

use crate::rpc::read::Wrong;
use crate::store::{Call, Said};

/// Characters of an author, of a reason, and of ids and names.
const LONGEST: [usize; 3] = [200, 2_000, 512];
/// Days of a period at most.
const MOST_DAYS: i32 = 1_095;
/// No amount and no count is more.
const MOST: f64 = 1e15;

/// What open deals may be called: the categories of `sales.v1.ForecastCategory` but `closed`.
const CATEGORIES: [&str; 5] = ["omitted", "pipeline", "best_case", "most_likely", "commit"];

/// A call about a deal.
pub(super) fn deal(message: &DealCall, wrong: &mut Wrong) -> Option<Call> {
    name("deal.deal", &message.deal, wrong);
    if let Some(chance) = message.chance.filter(|chance| !(0.0..=1.0).contains(chance)) {
        wrong.add("deal.chance", format!("a chance is from 0 to 1, not {chance}"));
    }
    amount("deal.amount", message.amount, wrong);
    let close = date("deal.expected_close", &message.expected_close, wrong);
    let category = category(&message.category, wrong);
    let nothing = message.chance.is_none()
        && message.amount.is_none()
        && message.expected_close.is_empty()
        && message.category.is_empty();
    if nothing {
        wrong.add("deal", "say a chance, an amount, a day or a category");
    }
    Some(Call::Deal {
        deal: message.deal.clone(),
        chance: message.chance,
        amount: message.amount,
        close,
        category: category.map(str::to_owned),
    })
}

/// What a deal is called, as records have it; nothing where nothing is said. `Best case` is `best_case`.
fn category(text: &str, wrong: &mut Wrong) -> Option<&'static str> {
    if text.is_empty() {
        return None;
    }
    let plain = text.trim().to_lowercase().replace([' ', '-'], "_");
    let found = CATEGORIES.into_iter().find(|known| *known == plain);
    if found.is_none() {
        let text: String = text.chars().filter(|char| !char.is_control()).take(80).collect();
        let known = CATEGORIES.join(", ");
        wrong.add(
            "deal.category",
            format!("`{text}` is no category of open deals: use one of {known}"),
        );
    }
    found
}

/// Refuses to say of an open deal that it closed before today.
///
/// # Errors
/// It was to close before.
pub(super) fn to_come(close: Option<i32>, today: CivilDate) -> Result<()> {
    match close.map(CivilDate::from_days) {
        Some(close) if close < today => {
            let text = format!("{close} is over, and the deal is open: give today, {today}, or a later day");
            Err(Error::invalid(
                ErrorReason::InvalidField,
                "deal.expected_close",
                text,
            ))
        }
        _ => Ok(()),
    }
}

/// A call about a period.
pub(super) fn period(message: &PeriodCall, wrong: &mut Wrong) -> Option<Call> {
    for (field, text) in [
        ("period.period_start", &message.period_start),
        ("period.period_end", &message.period_end),
    ] {
        if text.is_empty() {
            wrong.add(field, "is missing: give a day, YYYY-MM-DD");
        }
    }
    let start = date("period.period_start", &message.period_start, wrong);
    let end = date("period.period_end", &message.period_end, wrong);
    if let (Some(start), Some(end)) = (start, end)
        && !(start < end && end - start <= MOST_DAYS)
    {
        let text = format!("a period ends after it starts, and has at most {MOST_DAYS} days");
        wrong.add("period.period_end", text);
    }
    match (message.dimension.is_empty(), message.member.is_empty()) {
        (false, _) => {
            name("period.dimension", &message.dimension, wrong);
            name("period.member", &message.member, wrong);
        }
        (true, false) => wrong.add("period.dimension", "is missing: say what the member is one of"),
        (true, true) => {}
    }
    amount("period.value", message.value, wrong);
    amount("period.count", message.count, wrong);
    if message.value.is_none() && message.count.is_none() {
        wrong.add("period.value", "say for how much is won, or how many deals");
    }
    let member = (message.dimension.clone(), message.member.clone());
    Some(Call::Period {
        start: start?,
        end: end?,
        member: Some(member).filter(|(dimension, _)| !dimension.is_empty()),
        value: message.value,
        count: message.count,
    })
}

/// Author and reason.
pub(super) fn signed(author: &str, reason: &str, request: &str, wrong: &mut Wrong) -> (String, String) {
    for (field, text, longest) in [("author", author, LONGEST[0]), ("reason", reason, LONGEST[1])] {
        let text = text.trim();
        if text.is_empty() {
            wrong.add(field, "is missing: whoever overrides the model says who and why");
        } else if text.chars().count() > longest || text.contains(char::is_control) {
            // Line feeds and the like would tear the tables that show it, and could forge a line of them.
            wrong.add(
                field,
                format!("has at most {longest} characters on one line, none of them a control character"),
            );
        }
    }
    if request.len() > LONGEST[2] || request.contains('\0') {
        wrong.add(
            "request_id",
            format!("has at most {} bytes, none of them NUL", LONGEST[2]),
        );
    }
    (author.trim().to_owned(), reason.trim().to_owned())
}

/// The version that an etag names; nothing where none is given.
pub(super) fn version(etag: &str, wrong: &mut Wrong) -> Option<i64> {
    if etag.is_empty() {
        return None;
    }
    let version = etag.parse().ok().filter(|version: &i64| *version > 0);
    if version.is_none() {
        wrong.add("etag", "is none: give that of the version that was read");
    }
    version
}

/// The id of what is said, by what it is about.
pub(super) fn id(call: &Call) -> String {
    match call {
        Call::Deal { deal, .. } => format!("deal/{deal}"),
        Call::Period {
            start, end, member, ..
        } => {
            let day = |day: &i32| CivilDate::from_days(*day);
            let whose = member.as_ref();
            let whose = whose.map_or_else(String::new, |(dimension, name)| format!("/{dimension}/{name}"));
            format!("period/{}/{}{whose}", day(start), day(end))
        }
    }
}

/// What was said, as a message.
pub(in crate::rpc) fn of_said(said: &Said) -> ForecastOverride {
    let day = |day: &i32| CivilDate::from_days(*day).to_string();
    let call = match &said.call {
        Call::Deal {
            deal,
            chance,
            amount,
            close,
            category,
        } => forecast_override::Call::Deal(DealCall {
            deal: deal.clone(),
            chance: *chance,
            amount: *amount,
            expected_close: close.as_ref().map(day).unwrap_or_default(),
            category: category.clone().unwrap_or_default(),
        }),
        Call::Period {
            start,
            end,
            member,
            value,
            count,
        } => {
            let (dimension, member) = member.clone().unwrap_or_default();
            forecast_override::Call::Period(PeriodCall {
                period_start: day(start),
                period_end: day(end),
                dimension,
                member,
                value: *value,
                count: *count,
            })
        }
    };
    ForecastOverride {
        id: said.id.clone(),
        call: Some(call),
        author: said.author.clone(),
        reason: said.reason.clone(),
        etag: said.version.to_string(),
        made_at: Some(instant_to_proto(said.made_at)),
        ended: !said.holds,
        withdrawn: said.withdrawn,
    }
}

/// Whether a call is about a period, and whose.
pub(in crate::rpc) fn same_period(said: &Said, of: (i32, i32), whose: Option<(&str, &str)>) -> bool {
    let Call::Period {
        start, end, member, ..
    } = &said.call
    else {
        return false;
    };
    let member = member.as_ref();
    let member = member.map(|(dimension, name)| (dimension.as_str(), name.as_str()));
    (*start, *end) == of && member == whose
}

fn name(field: &str, text: &str, wrong: &mut Wrong) {
    if text.is_empty() {
        wrong.add(field, "is missing");
    } else if text.len() > LONGEST[2] || text.contains('\0') {
        wrong.add(
            field,
            format!("has at most {} bytes, none of them NUL", LONGEST[2]),
        );
    }
}

fn amount(field: &str, amount: Option<f64>, wrong: &mut Wrong) {
    if let Some(amount) = amount.filter(|amount| !(0.0..=MOST).contains(amount)) {
        wrong.add(field, format!("is 0 or more, and at most {MOST}, not {amount}"));
    }
}

fn date(field: &str, text: &str, wrong: &mut Wrong) -> Option<i32> {
    if text.is_empty() {
        return None;
    }
    match text.parse::<CivilDate>() {
        Ok(day) => Some(day.days()),
        Err(error) => {
            wrong.add(field, error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests;
