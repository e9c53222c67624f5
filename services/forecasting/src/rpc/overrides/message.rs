//! Overrides as messages.

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::forecasting::{DealCall, ForecastOverride, PeriodCall, forecast_override};
use bellwether_domain::CivilDate;

use crate::rpc::read::Wrong;
use crate::store::{Call, Said};

/// Characters of an author, of a reason, and of ids and names.
const LONGEST: [usize; 3] = [200, 2_000, 512];
/// Days of a period at most.
const MOST_DAYS: i32 = 1_095;
/// No amount and no count is more.
const MOST: f64 = 1e15;

/// A call about a deal.
pub(super) fn deal(message: &DealCall, wrong: &mut Wrong) -> Option<Call> {
    name("deal.deal", &message.deal, wrong);
    if let Some(chance) = message.chance.filter(|chance| !(0.0..=1.0).contains(chance)) {
        wrong.add("deal.chance", format!("a chance is from 0 to 1, not {chance}"));
    }
    amount("deal.amount", message.amount, wrong);
    let close = date("deal.expected_close", &message.expected_close, wrong);
    if !message.category.is_empty() {
        name("deal.category", &message.category, wrong);
    }
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
        category: Some(message.category.clone()).filter(|category| !category.is_empty()),
    })
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
        } else if text.chars().count() > longest || text.contains('\0') {
            wrong.add(
                field,
                format!("has at most {longest} characters, none of them NUL"),
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
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named_field_by_field() {
        let mut wrong = Wrong::none();
        let odd = DealCall {
            chance: Some(f64::NAN),
            amount: Some(-1.0),
            expected_close: "2017-02-30".to_owned(),
            ..DealCall::default()
        };
        deal(&odd, &mut wrong);
        deal(
            &DealCall {
                deal: "d1".to_owned(),
                ..DealCall::default()
            },
            &mut wrong,
        );
        let odd = PeriodCall {
            period_start: "2026-10-01".to_owned(),
            period_end: "2026-10-01".to_owned(),
            member: "Ann".to_owned(),
            ..PeriodCall::default()
        };
        period(&odd, &mut wrong);
        signed(" ", "", "", &mut wrong);
        version("x", &mut wrong);
        let error = wrong.or(()).unwrap_err();
        let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "deal.deal",
            "deal.chance",
            "deal.amount",
            "deal.expected_close",
            "deal",
            "period.period_end",
            "period.dimension",
            "period.value",
            "author",
            "reason",
            "etag",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn an_id_says_what_is_called() {
        let mut wrong = Wrong::none();
        let called = PeriodCall {
            period_start: "2026-10-01".to_owned(),
            period_end: "2027-01-01".to_owned(),
            dimension: "owner".to_owned(),
            member: "Ann".to_owned(),
            value: Some(5.0),
            count: None,
        };
        let call = period(&called, &mut wrong).unwrap();
        assert!(wrong.or(()).is_ok());
        assert_eq!(id(&call), "period/2026-10-01/2027-01-01/owner/Ann");
    }
}
