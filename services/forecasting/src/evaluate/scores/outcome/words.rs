//! What words in a target say: a good end, another end, or a stage that is still open; and how values are shown.

use std::collections::BTreeMap;

use crate::frame::number::number;

/// Words for a good end, in lower case.
const GOOD: [&str; 16] = [
    "won",
    "win",
    "closed won",
    "closed-won",
    "closedwon",
    "yes",
    "y",
    "true",
    "t",
    "1",
    "converted",
    "churned",
    "success",
    "successful",
    "positive",
    "accepted",
];
/// Words for another end, in lower case.
const OTHER: [&str; 19] = [
    "lost",
    "loss",
    "closed lost",
    "closed-lost",
    "closedlost",
    "no",
    "n",
    "false",
    "f",
    "0",
    "-1",
    "not converted",
    "retained",
    "failure",
    "failed",
    "negative",
    "no decision",
    "disqualified",
    "rejected",
];
/// Words in the names of stages that are still open, in lower case.
const OPEN: [&str; 46] = [
    "active",
    "analysis",
    "commit",
    "committed",
    "contacted",
    "contract",
    "demo",
    "discovery",
    "engaged",
    "engaging",
    "evaluating",
    "evaluation",
    "hold",
    "lead",
    "makers",
    "meeting",
    "needs",
    "negotiating",
    "negotiation",
    "new",
    "nurture",
    "nurturing",
    "offer",
    "ongoing",
    "open",
    "pending",
    "pipeline",
    "presentation",
    "progress",
    "proposal",
    "proposition",
    "prospect",
    "prospecting",
    "qualification",
    "qualified",
    "qualifying",
    "quote",
    "quoted",
    "review",
    "scheduled",
    "stage",
    "trial",
    "undecided",
    "verbal",
    "waiting",
    "working",
];
/// How many values are shown of a target that has too many.
const SHOWN: usize = 8;

/// The values with most rows first, and how many each has.
pub(super) fn frequent(values: &BTreeMap<&str, usize>) -> Vec<String> {
    let mut order: Vec<(&&str, &usize)> = values.iter().collect();
    order.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    let one = |(value, rows): &(&&str, &usize)| {
        let rows = if **rows == 1 {
            "1 row".to_owned()
        } else {
            format!("{rows} rows")
        };
        format!("{value:?} ({rows})")
    };
    let mut shown: Vec<String> = order.iter().take(SHOWN).map(one).collect();
    if order.len() > SHOWN {
        shown.push(format!("and {} more", order.len() - SHOWN));
    }
    shown
}

/// The first values, in quotes.
pub(super) fn shown(values: &[&str]) -> Vec<String> {
    let mut shown: Vec<String> = values
        .iter()
        .take(SHOWN)
        .map(|value| format!("{value:?}"))
        .collect();
    if values.len() > SHOWN {
        shown.push(format!("and {} more", values.len() - SHOWN));
    }
    shown
}

/// Whether two values say the same: `1` and `1.0`, `won` and `Won`.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || number(a).is_some_and(|a| Some(a) == number(b))
}

/// Whether a value is a common word for a good end.
pub(super) fn is_good(value: &str) -> bool {
    GOOD.iter().any(|word| same(value, word))
}

/// Whether a value is a common word for another end.
pub(super) fn is_other(value: &str) -> bool {
    let lower = value.to_lowercase();
    OTHER.iter().any(|word| same(value, word)) || lower.split_whitespace().any(|word| word == "lost")
}

/// Whether a value names a stage that is still open.
pub(super) fn is_open(value: &str) -> bool {
    let lower = value.to_lowercase();
    let mut words = lower.split(|sign: char| !sign.is_alphanumeric());
    words.any(|word| OPEN.contains(&word))
}
