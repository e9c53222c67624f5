//! Who ended well, as a column of words or numbers says it.

use std::collections::BTreeMap;

use crate::frame::Note;
use crate::frame::infer::is_nothing;
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
/// How many values are shown of a target that has too many.
const SHOWN: usize = 8;

/// Why a target does not say who ended well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// No row has an end.
    #[error("the target {0:?} is empty in every row")]
    Empty(String),
    /// All rows ended alike.
    #[error("the target {column:?} is {value:?} in every row that has one: there is nothing to tell apart")]
    OneClass {
        /// The target.
        column: String,
        /// Its only value.
        value: String,
    },
    /// The value asked for is not there.
    #[error("no row has {value:?} as {column:?}: there are {}", known.join(", "))]
    NoSuchValue {
        /// The target.
        column: String,
        /// What was asked for.
        value: String,
        /// What there is.
        known: Vec<String>,
    },
    /// None of the values is known to be the good end.
    #[error("which value of {column:?} is the good end? Say it by --positive: there are {}", known.join(", "))]
    WhichValue {
        /// The target.
        column: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// How rows ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ended {
    /// The value of those that ended well.
    pub(super) positive: String,
    /// Whether each row ended well; absent when it has not ended.
    pub(super) ended_well: Vec<Option<bool>>,
    pub(super) notes: Vec<Note>,
}

/// Reads a target. With several values of which some are known not to be the good end, rows with any other value have
/// not ended yet and are left out.
pub(super) fn outcomes(column: &str, cells: &[String], positive: Option<&str>) -> Result<Ended, Undecidable> {
    let mut values: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| !is_nothing(cell)) {
        *values.entry(cell.trim()).or_default() += 1;
    }
    let good = good(column, &values, positive)?;
    let ends: Vec<&str> = values
        .keys()
        .copied()
        .filter(|value| !same(value, &good))
        .collect();
    if ends.is_empty() {
        return Err(Undecidable::OneClass {
            column: column.to_owned(),
            value: good,
        });
    }
    let known: Vec<&str> = ends.iter().copied().filter(|value| is_other(value)).collect();
    let others = if known.is_empty() { ends } else { known };
    let mut notes = Vec::new();
    let open = |value: &&str| !same(value, &good) && !others.contains(value);
    let unended: Vec<&str> = values.keys().copied().filter(open).collect();
    if !unended.is_empty() {
        let rows: usize = unended.iter().map(|value| values[value]).sum();
        let text = format!(
            "{rows} rows were left out as not ended: {}",
            shown(&unended).join(", ")
        );
        notes.push(Note::of(column, text));
    }
    let missing = cells.len() - values.values().sum::<usize>();
    if missing > 0 {
        notes.push(Note::of(
            column,
            format!("{missing} rows without it were left out"),
        ));
    }
    let read = |cell: &String| {
        let cell = cell.trim();
        if is_nothing(cell) {
            None
        } else if same(cell, &good) {
            Some(true)
        } else {
            others.contains(&cell).then_some(false)
        }
    };
    Ok(Ended {
        ended_well: cells.iter().map(read).collect(),
        positive: good,
        notes,
    })
}

fn good(column: &str, values: &BTreeMap<&str, usize>, positive: Option<&str>) -> Result<String, Undecidable> {
    let known = || shown(&values.keys().copied().collect::<Vec<_>>());
    if values.is_empty() {
        return Err(Undecidable::Empty(column.to_owned()));
    }
    if let Some(asked) = positive {
        let found = values.keys().find(|value| same(value, asked.trim()));
        return found
            .map(|value| (*value).to_owned())
            .ok_or_else(|| Undecidable::NoSuchValue {
                column: column.to_owned(),
                value: asked.to_owned(),
                known: known(),
            });
    }
    let good: Vec<&&str> = values.keys().filter(|value| is_good(value)).collect();
    let rest: Vec<&&str> = values.keys().filter(|value| !is_other(value)).collect();
    match (good.as_slice(), rest.as_slice()) {
        ([one, others @ ..], _) if others.iter().all(|other| same(other, one)) => Ok((**one).to_owned()),
        ([], [one]) if values.len() == 2 => Ok((**one).to_owned()),
        _ if values.len() == 1 => Err(Undecidable::OneClass {
            column: column.to_owned(),
            value: values.keys().next().copied().unwrap_or_default().to_owned(),
        }),
        _ => Err(Undecidable::WhichValue {
            column: column.to_owned(),
            known: known(),
        }),
    }
}

fn shown(values: &[&str]) -> Vec<String> {
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
fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || number(a).is_some_and(|a| Some(a) == number(b))
}

fn is_good(value: &str) -> bool {
    GOOD.iter().any(|word| same(value, word))
}

fn is_other(value: &str) -> bool {
    let lower = value.to_lowercase();
    OTHER.iter().any(|word| same(value, word)) || lower.split_whitespace().any(|word| word == "lost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[&str], positive: Option<&str>) -> Result<Ended, Undecidable> {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        outcomes("end", &cells, positive)
    }

    fn ends(cells: &[&str], positive: Option<&str>) -> Vec<Option<bool>> {
        read(cells, positive).unwrap().ended_well
    }

    #[test]
    fn common_words_are_understood() {
        assert_eq!(ends(&["Yes", "No", ""], None), [Some(true), Some(false), None]);
        assert_eq!(
            ends(&["0", "1.0", "1"], None),
            [Some(false), Some(true), Some(true)]
        );
        assert_eq!(ends(&["Lost", "Sold"], None), [Some(false), Some(true)]);
        assert_eq!(
            ends(&["a", "b", "c"], Some("B")),
            [Some(false), Some(true), Some(false)]
        );
    }

    #[test]
    fn open_deals_are_left_out_and_named() {
        let ended = read(&["Won", "Lost", "Engaging", "Closed Lost"], Some("Won")).unwrap();
        assert_eq!(ended.ended_well, [Some(true), Some(false), None, Some(false)]);
        assert_eq!(
            ended.notes[0].to_string(),
            "end: 1 rows were left out as not ended: \"Engaging\""
        );
        assert_eq!(
            ends(&["Won", "Lost", "Prospecting"], None),
            [Some(true), Some(false), None]
        );
    }

    #[test]
    fn what_cannot_be_decided_is_said() {
        let refused = |cells: &[&str], positive| read(cells, positive).unwrap_err().to_string();
        assert!(refused(&["x", "x"], None).contains("\"x\" in every row"));
        assert!(refused(&["Yes"], None).contains("nothing to tell apart"));
        assert!(refused(&["Yes"], Some("Yes")).contains("nothing to tell apart"));
        assert!(refused(&["", "NA"], None).contains("empty in every row"));
        assert!(refused(&["a", "b"], Some("c")).contains("\"a\", \"b\""));
        assert!(refused(&["a", "b"], None).contains("--positive"));
        assert!(
            refused(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], Some("x")).contains("and 2 more")
        );
    }
}
