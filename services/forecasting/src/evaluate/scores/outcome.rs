//! Who ended well, as a column of words or numbers says it.

use std::collections::{BTreeMap, BTreeSet};

use crate::frame::Note;
use crate::frame::infer::is_nothing;
use crate::frame::number::number;

mod words;

use words::{frequent, is_good, is_open, is_other, same, shown};

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

/// Reads a target. Where the good end is told, every other value is another end, except words for open stages beside known
/// ends. Where it is not, and some values are known not to be the good end, only those are: rows with any other value have
/// not ended yet. Rows that have not ended are left out.
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
    let known = ends.iter().any(|value| is_other(value));
    let another = |value: &str| match positive {
        _ if !known || is_other(value) => true,
        Some(_) => number(value).is_some() || !is_open(value),
        None => false,
    };
    let (others, open): (Vec<&str>, Vec<&str>) = ends.into_iter().partition(|value| another(value));
    let mut read: BTreeMap<&str, bool> = others.iter().map(|value| (*value, false)).collect();
    let wells = values.keys().filter(|value| same(value, &good));
    read.extend(wells.map(|value| (*value, true)));
    let ended_well = cells.iter().map(|cell| read.get(cell.trim()).copied());
    Ok(Ended {
        ended_well: ended_well.collect(),
        notes: told(column, cells.len(), &values, &others, &open),
        positive: good,
    })
}

/// What is to be known of the rows that were left out, and of ends that are no known words.
fn told(
    column: &str,
    rows: usize,
    values: &BTreeMap<&str, usize>,
    others: &[&str],
    open: &[&str],
) -> Vec<Note> {
    let mut notes = Vec::new();
    let sum = |some: &[&str]| -> usize { some.iter().map(|value| values[value]).sum() };
    let mut note = |rows: usize, text: String| {
        if rows > 0 {
            notes.push(Note::of(column, format!("{rows} rows {text}")));
        }
    };
    note(
        sum(open),
        format!("were left out as not ended: {}", shown(open).join(", ")),
    );
    // Beside known ends, others may be stages that are still open.
    let odd = |value: &&str| !is_other(value) && number(value).is_none() && !is_good(value);
    let odd: Vec<&str> = others.iter().copied().filter(odd).collect();
    if odd.len() < others.len() {
        let text = format!("count as ended otherwise: {}", shown(&odd).join(", "));
        note(sum(&odd), text);
    }
    let missing = rows - values.values().sum::<usize>();
    note(missing, "without it were left out".to_owned());
    notes
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
    // One of several numbers may be anything: a grade, a count, an amount.
    let numbers: BTreeSet<u64> = values
        .keys()
        .filter_map(|value| number(value))
        .map(|number| (number + 0.0).to_bits())
        .collect();
    if numbers.len() > 2 {
        return Err(Undecidable::WhichValue {
            column: column.to_owned(),
            known: frequent(values),
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
            known: frequent(values),
        }),
    }
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
    fn of_several_numbers_none_is_guessed() {
        let refused = |cells: &[&str]| read(cells, None).unwrap_err().to_string();
        assert_eq!(
            refused(&["0", "2", "1", "2", "3", "2.0"]),
            "which value of \"end\" is the good end? Say it by --positive: there are \"2\" (2 rows), \"0\" (1 row), \
             \"1\" (1 row), \"2.0\" (1 row), \"3\" (1 row)"
        );
        assert!(refused(&["0.5", "1.000", "0.25", "1.5"]).contains("--positive"));
        assert!(refused(&["-1", "0", "1"]).contains("--positive"));
        // Told, every other number is the other end.
        let ended = read(&["0", "1", "2", "3", "3.0", ""], Some("3")).unwrap();
        let (good, other) = (Some(true), Some(false));
        assert_eq!(ended.ended_well, [other, other, other, good, good, None]);
        assert_eq!(ended.notes.len(), 1, "{:?}", ended.notes);
        assert_eq!(ends(&["1.0", "0", "1"], None), [good, other, good]);
    }

    #[test]
    fn where_the_good_end_is_told_others_are_ends_unless_they_are_open() {
        let cells = [
            "Won",
            "Lost",
            "Ghosted",
            "Stage 3",
            "Negotiation/Review",
            "No decision",
        ];
        let ended = read(&cells, Some("won")).unwrap();
        let (good, other) = (Some(true), Some(false));
        assert_eq!(ended.ended_well, [good, other, other, None, None, other]);
        let notes: Vec<String> = ended.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "end: 2 rows were left out as not ended: \"Negotiation/Review\", \"Stage 3\"",
                "end: 1 rows count as ended otherwise: \"Ghosted\"",
            ]
        );
        // Without known ends, nothing tells which are open.
        assert_eq!(ends(&["lead", "demo"], Some("demo")), [other, good]);
        assert_eq!(ends(&["Yes", "No", "Maybe"], Some("Maybe")), [other, other, good]);
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
