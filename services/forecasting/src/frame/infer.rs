//! What kind a column of text is: number, date or category; and which columns say nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::date::{self, Order};
use super::number::{number, with_comma};
use super::{Column, Frame, Table, Uneven, Values};

mod notes;

pub use notes::Note;
use notes::is_no_number;

/// The share of cells that must read as numbers (or days) for a column to be of that kind.
const MOST: f64 = 0.95;
/// Words that say that nothing is known, in lower case.
const NOTHING: [&str; 12] = [
    "", "na", "n/a", "nan", "null", "none", "-", "--", "?", "#n/a", "nil", "(null)",
];

/// Whether a cell says that nothing is known.
#[must_use]
pub fn is_nothing(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 6 && NOTHING.contains(&cell.to_ascii_lowercase().as_str())
}

/// A typed frame of a table, with what was noticed on the way.
///
/// # Errors
/// Never for a table that [`super::read()`] made.
pub fn infer(table: &Table) -> Result<(Frame, Vec<Note>), Uneven> {
    let mut notes = Vec::new();
    let mut columns = Vec::new();
    for (name, cells) in table.header.iter().zip(&table.columns) {
        columns.push(Column {
            name: name.clone(),
            values: typed(name, cells, &mut notes),
        });
    }
    Ok((Frame::new(columns)?, notes))
}

fn typed(name: &str, cells: &[String], said: &mut Vec<Note>) -> Values {
    let known: Vec<&str> = cells
        .iter()
        .map(String::as_str)
        .filter(|cell| !is_nothing(cell))
        .collect();
    let telling: Vec<&str> = known.iter().copied().filter(|cell| !is_no_number(cell)).collect();
    let coded = codes(&telling);
    let numbers = decimals(&telling).filter(|_| !coded);
    if let Some((read, found)) = numbers.filter(|(_, found)| most(*found, telling.len())) {
        notes::rest(name, telling.len() - found, "number", said);
        let numbers: Vec<Option<f64>> = cells.iter().map(|cell| read(cell)).collect();
        notes::extremes(name, cells, &numbers, said);
        return Values::Numbers(numbers);
    }
    let (order, both) = date::order(known.iter().copied());
    let is_day = |cell: &str| date::day(cell, order).is_some();
    let days = known.iter().filter(|cell| is_day(cell)).count();
    if most(days, known.len()) {
        notes::rest(name, known.len() - days, "date", said);
        if both && order == Order::MonthFirst {
            said.push(Note::of(
                name,
                "its dates are read as month/day/year: nothing in it tells",
            ));
        }
        return Values::Days(cells.iter().map(|cell| date::day(cell, order)).collect());
    }
    if let Some((read, found)) = numbers {
        notes::words(name, &known, found, "numbers", &|cell| read(cell).is_some(), said);
    }
    notes::words(name, &known, days, "dates", &is_day, said);
    let word = |cell: &String| (!is_nothing(cell)).then(|| cell.clone());
    Values::Words(cells.iter().map(word).collect())
}

fn most(found: usize, known: usize) -> bool {
    found > 0 && found as f64 >= MOST * known as f64
}

type Read = fn(&str) -> Option<f64>;

/// How the numbers of a column are written, with a point before the fraction or with a comma, and how many of its cells
/// are numbers then: the point, unless the comma makes more of them.
fn decimals(known: &[&str]) -> Option<(Read, usize)> {
    let ways: [Read; 2] = [number, with_comma];
    let count = |read: Read| known.iter().filter(|cell| read(cell).is_some()).count();
    let counted = ways.map(|read| (read, count(read)));
    let best = counted.into_iter().rev().max_by_key(|(_, found)| *found);
    best.filter(|(_, found)| *found > 0)
}

/// Whether whole numbers are codes: written with leading zeros, as postal codes are.
fn codes(known: &[&str]) -> bool {
    let led = |cell: &&&str| {
        cell.len() > 1 && cell.starts_with('0') && cell.bytes().all(|byte| byte.is_ascii_digit())
    };
    known.iter().filter(led).count() * 50 > known.len()
}

/// Why a column cannot tell one row from another; nothing when it can.
///
/// A column that is the same in all rows says nothing; one that differs in every row (an identifier, a free text) says
/// nothing about the next row.
#[must_use]
pub fn mute(column: &Column) -> Option<String> {
    let rows = column.values.len();
    match &column.values {
        Values::Numbers(cells) | Values::Days(cells) => {
            let known: Vec<f64> = cells.iter().flatten().copied().collect();
            let distinct: BTreeSet<u64> = known.iter().map(|number| number.to_bits()).collect();
            let whole = matches!(column.values, Values::Numbers(_)) && known.iter().all(|n| n.fract() == 0.0);
            if rows >= 200 && whole && distinct.len() == rows {
                return Some("a number of its own in every row: left out as an identifier".to_owned());
            }
            constant(distinct.len(), known.len(), rows)
        }
        Values::Words(cells) => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for cell in cells.iter().flatten() {
                *counts.entry(cell).or_default() += 1;
            }
            let known: usize = counts.values().sum();
            let single = counts.values().filter(|count| **count == 1).count();
            if known >= 50 && single as f64 >= 0.9 * known as f64 {
                return Some("a word of its own in nearly every row: left out as an identifier".to_owned());
            }
            constant(counts.len(), known, rows)
        }
    }
}

fn constant(distinct: usize, known: usize, rows: usize) -> Option<String> {
    match distinct {
        0 => Some("empty: left out".to_owned()),
        1 if known == rows => Some("the same in every row: left out".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn frame(text: &str) -> (Frame, Vec<Note>) {
        infer(&read(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn kinds_are_seen() {
        let text = "n,d,w,z,e\n1,2017-03-01,x,01234,\n\"2,000\",2017-03-02,NA,02345,\nn/a,,y,91234,\n";
        let (frame, notes) = frame(text);
        let kinds: Vec<&str> = frame.columns().iter().map(|c| c.values.kind()).collect();
        assert_eq!(kinds, ["number", "date", "category", "category", "category"]);
        let expected = Values::Numbers(vec![Some(1.0), Some(2000.0), None]);
        assert_eq!(frame.columns()[0].values, expected);
        let words = Values::Words(vec![Some("x".to_owned()), None, Some("y".to_owned())]);
        assert_eq!(frame.columns()[2].values, words);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn a_column_with_commas_before_fractions_holds_numbers() {
        let (frame, notes) = frame("a;b;c\n1,5;1.234,50;1.5\n2;7,25;1,234\n-0,125;;2\n");
        let numbers = |cells: &[Option<f64>]| Values::Numbers(cells.to_vec());
        let columns: Vec<&Values> = frame.columns().iter().map(|column| &column.values).collect();
        assert_eq!(columns[0], &numbers(&[Some(1.5), Some(2.0), Some(-0.125)]));
        assert_eq!(columns[1], &numbers(&[Some(1234.5), Some(7.25), None]));
        assert_eq!(columns[2], &numbers(&[Some(1.5), Some(1234.0), Some(2.0)]));
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn few_cells_of_another_kind_are_missing_and_named() {
        let mut text = "n\n".to_owned();
        for row in 0..99 {
            text.push_str(&format!("{row}\n"));
        }
        text.push_str("about ten\n");
        let (frame, notes) = frame(&text);
        assert!(matches!(&frame.columns()[0].values, Values::Numbers(cells) if cells[99].is_none()));
        assert_eq!(
            notes[0].to_string(),
            "n: 1 of its cells are no number and were taken as missing"
        );
    }

    #[test]
    fn what_is_infinite_is_missing_and_counted() {
        let mut text = "n,w\n".to_owned();
        for row in 0..100 {
            let cell = ["inf", "-Infinity", "NaN", "#DIV/0!"].get(row % 10).copied();
            let cell = cell.map_or_else(|| format!("{row}.5"), str::to_owned);
            text.push_str(&format!("{cell},{}\n", ["Infinity", "Acme"][row % 2]));
        }
        let (frame, notes) = frame(&text);
        assert!(matches!(&frame.columns()[0].values, Values::Numbers(n) if n.iter().flatten().count() == 60));
        // In a column of words it is a word.
        assert!(matches!(&frame.columns()[1].values, Values::Words(w) if w.iter().flatten().count() == 100));
        let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            ["n: 40 of its cells are no finite number (\"inf\") and were taken as missing"]
        );
    }

    #[test]
    fn columns_nearly_of_another_kind_and_huge_numbers_are_named() {
        let mut text = "n,d,h\n".to_owned();
        for row in 0..1000 {
            let (mut n, mut d, mut h) = (
                format!("{row}"),
                format!("2020-01-{:02}", row % 28 + 1),
                row.to_string(),
            );
            if row % 12 == 0 {
                n = if row % 36 == 0 { "about one" } else { "x" }.to_owned();
                d = "soon".to_owned();
                h = "-1e300".to_owned();
            }
            text.push_str(&format!("{n},{d},{h}\n"));
        }
        let (_, notes) = frame(&text);
        let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "n: 916 of 1000 cells are numbers; read as words because of \"x\"",
                "d: 916 of 1000 cells are dates; read as words because of \"soon\"",
                "h: 84 of its cells are larger than 1e100 and were taken as that",
            ]
        );
    }

    #[test]
    fn columns_that_say_nothing_are_found() {
        let mut text = "id,key,same,empty,gap,amount\n".to_owned();
        for row in 0..300 {
            let gap = if row % 3 == 0 { "x" } else { "" };
            text.push_str(&format!("{row},k{row},c,,{gap},{}\n", row % 7));
        }
        let (frame, _) = frame(&text);
        let mutes: Vec<bool> = frame.columns().iter().map(|c| mute(c).is_some()).collect();
        assert_eq!(mutes, [true, true, true, true, false, false]);
    }
}
