//! When each row was, as a column says it; or why it does not.

use crate::frame::Values;
use crate::frame::date::{day, order};
use crate::frame::infer::is_nothing;
use crate::frame::number::number;

/// How much of a cell is shown, in characters.
const SHOWN: usize = 40;

/// Why a column orders no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTimes {
    /// The column.
    pub column: String,
    /// How many of its cells say anything.
    pub known: usize,
    /// How many of those are dates.
    pub dates: usize,
    /// How many are numbers.
    pub numbers: usize,
    /// The first cell that is not of the kind that most of the others are, and its row, from 1.
    pub first: Option<(usize, String)>,
}

impl NoTimes {
    /// Looks at the cells of a column that reads neither as dates nor as numbers.
    pub(super) fn of(column: &str, cells: &[String]) -> Self {
        let known = || cells.iter().enumerate().filter(|(_, cell)| !is_nothing(cell));
        let (order, _) = order(known().map(|(_, cell)| cell.as_str()));
        let is_date = |cell: &str| day(cell, order).is_some();
        let is_number = |cell: &str| number(cell).is_some();
        let count = |fits: &dyn Fn(&str) -> bool| known().filter(|(_, cell)| fits(cell)).count();
        let (dates, numbers) = (count(&is_date), count(&is_number));
        let odd = |cell: &str| !is_date(cell) && (dates >= numbers || !is_number(cell));
        let first = known().find(|(_, cell)| odd(cell));
        Self {
            column: column.to_owned(),
            known: known().count(),
            dates,
            numbers,
            first: first.map(|(row, cell)| (row + 1, cell.chars().take(SHOWN).collect())),
        }
    }
}

impl std::fmt::Display for NoTimes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            column,
            known,
            dates,
            numbers,
            first,
        } = self;
        write!(f, "the column {column:?} orders nothing: ")?;
        if *dates == 0 && *numbers == 0 {
            f.write_str("it has neither dates nor numbers")?;
        } else {
            write!(f, "of its {known} cells {dates} are dates, {numbers} are numbers")?;
        }
        if let Some((row, cell)) = first {
            write!(f, "; row {row} has {cell:?}")?;
        }
        f.write_str(
            ". Dates are read as 2017-03-31, 2017/3/31, 2017-03, 3/31/2017, 31.03.2017 or 31-Mar-2017, a time may follow",
        )
    }
}

impl std::error::Error for NoTimes {}

/// When each row was, and whether that is a plain number; nothing for words.
pub(super) fn instants(values: &Values) -> Option<(&[Option<f64>], bool)> {
    match values {
        Values::Numbers(cells) => Some((cells, true)),
        Values::Days(cells) => Some((cells, false)),
        Values::Words(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cells: &[&str]) -> String {
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        NoTimes::of("d", &cells).to_string()
    }

    #[test]
    fn the_count_and_the_first_cell_that_does_not_fit_are_told() {
        let forms = ". Dates are read as 2017-03-31, 2017/3/31, 2017-03, 3/31/2017, 31.03.2017 or 31-Mar-2017, a time may \
                     follow";
        assert_eq!(
            said(&["2020-01-31", "", "March 1st", "2020-02", "5"]),
            format!(
                "the column \"d\" orders nothing: of its 4 cells 2 are dates, 1 are numbers; row 3 has \"March 1st\"{forms}"
            )
        );
        assert_eq!(
            said(&["x", "y"]),
            format!(
                "the column \"d\" orders nothing: it has neither dates nor numbers; row 1 has \"x\"{forms}"
            )
        );
        // What is told to work does.
        for form in ["2017-03-31", "2017/3/31", "2017-03", "3/31/2017", "31-Mar-2017"] {
            assert!(
                day(form, crate::frame::date::Order::MonthFirst).is_some(),
                "{form}"
            );
        }
        assert!(day("31.03.2017", crate::frame::date::Order::DayFirst).is_some());
        assert!(said(&["1", "2", "2020-01-01", "z"]).contains("row 4 has \"z\""));
        assert!(said(&[]).contains("neither dates nor numbers. Dates"));
    }
}
