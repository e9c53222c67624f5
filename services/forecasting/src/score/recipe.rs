//! From the columns of a source to features: dates become weekdays, months and distances, words become codes.

use std::collections::{BTreeMap, BTreeSet};

use libm::floor;
use serde::{Deserialize, Serialize};

use crate::frame::number::number;
use crate::frame::{Column, Frame, Values};

/// The code of a word that was not seen while learning.
pub(super) const UNSEEN: u32 = u32::MAX;
/// Dates whose distances to each other are looked at.
const DATES: usize = 4;
/// Days that dates must span before the month of the year can mean something.
const SEASONS: f64 = 540.0;

/// What features are made of which columns, and the words that are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub(super) features: Vec<Feature>,
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Feature {
    /// The column that it is told as.
    pub(super) source: String,
    /// What is taken of it.
    take: Take,
    /// The words, in order; empty for numbers.
    words: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Take {
    /// The number, or the day itself.
    Number,
    /// The word.
    Word,
    /// The day of the week, 0 = Monday.
    Weekday,
    /// The month of the year, 0 = January.
    Month,
    /// The days from another column's day to this one.
    Since(String),
}

/// Features of rows, column by column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    pub(super) tracks: Vec<Track>,
    pub(super) rows: usize,
}

/// One feature of all rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Track {
    /// Numbers, NaN where missing.
    Numbers(Vec<f64>),
    /// Codes of words: 0 = missing, then from 1 on; [`UNSEEN`].
    Codes(Vec<u32>),
}

impl Grid {
    /// Some rows of it.
    pub(super) fn take(&self, rows: &[usize]) -> Self {
        let track = |track: &Track| match track {
            Track::Numbers(cells) => Track::Numbers(rows.iter().map(|row| cells[*row]).collect()),
            Track::Codes(cells) => Track::Codes(rows.iter().map(|row| cells[*row]).collect()),
        };
        Self {
            tracks: self.tracks.iter().map(track).collect(),
            rows: rows.len(),
        }
    }
}

impl Recipe {
    /// What to take of a frame's columns. With `ordered`, rows to come lie after all that are learned from, so that a
    /// date by itself tells nothing about them.
    pub(super) fn learn(frame: &Frame, ordered: bool) -> Self {
        let mut features = Vec::new();
        let dates: Vec<&Column> = frame
            .columns()
            .iter()
            .filter(|column| matches!(column.values, Values::Days(_)))
            .collect();
        for column in frame.columns() {
            match &column.values {
                Values::Numbers(_) => features.push(plain(column, Take::Number)),
                Values::Words(cells) => features.push(Feature {
                    words: distinct(cells),
                    ..plain(column, Take::Word)
                }),
                Values::Days(cells) => {
                    if !ordered {
                        features.push(plain(column, Take::Number));
                    }
                    features.push(plain(column, Take::Weekday));
                    if span(cells) >= SEASONS {
                        features.push(plain(column, Take::Month));
                    }
                }
            }
        }
        for (at, later) in dates.iter().enumerate().take(DATES) {
            for earlier in &dates[..at] {
                features.push(plain(later, Take::Since(earlier.name.clone())));
            }
        }
        Self { features }
    }

    /// The features of a frame's rows; what the frame does not have is missing.
    pub(super) fn apply(&self, frame: &Frame) -> Grid {
        let tracks = self.features.iter().map(|feature| feature.of(frame));
        Grid {
            tracks: tracks.collect(),
            rows: frame.rows(),
        }
    }
}

impl Feature {
    /// How many codes there are, with that of missing cells; 0 for numbers.
    pub(super) fn codes(&self) -> usize {
        match self.take {
            Take::Word => self.words.len() + 1,
            Take::Weekday => 8,
            Take::Month => 13,
            Take::Number | Take::Since(_) => 0,
        }
    }

    /// What the feature is, for a model's card.
    pub(super) fn kind(&self) -> String {
        match &self.take {
            Take::Number => "number".to_owned(),
            Take::Word => format!("category of {}", self.words.len()),
            Take::Weekday => "day of the week".to_owned(),
            Take::Month => "month".to_owned(),
            Take::Since(other) => format!("days since {other}"),
        }
    }

    fn of(&self, frame: &Frame) -> Track {
        let Some(column) = frame.column(&self.source) else {
            return self.nothing(frame.rows());
        };
        match &self.take {
            Take::Number => Track::Numbers(numbers(&column.values)),
            Take::Word => {
                let codes: BTreeMap<&str, u32> = self.words.iter().map(String::as_str).zip(1..).collect();
                let code = |word: Option<String>| {
                    word.map_or(0, |word| *codes.get(word.as_str()).unwrap_or(&UNSEEN))
                };
                Track::Codes(
                    (0..frame.rows())
                        .map(|row| code(text(&column.values, row)))
                        .collect(),
                )
            }
            Take::Weekday => self.of_days(column, |day| (floor(day) + 3.0).rem_euclid(7.0) as u32),
            Take::Month => self.of_days(column, month),
            Take::Since(other) => match (&column.values, frame.column(other).map(|other| &other.values)) {
                (Values::Days(later), Some(Values::Days(earlier))) => {
                    let pairs = later.iter().zip(earlier);
                    let days = pairs.map(|(later, earlier)| Some(later.as_ref()? - earlier.as_ref()?));
                    Track::Numbers(days.map(|days| days.unwrap_or(f64::NAN)).collect())
                }
                _ => self.nothing(frame.rows()),
            },
        }
    }

    fn of_days(&self, column: &Column, of: impl Fn(f64) -> u32) -> Track {
        let Values::Days(cells) = &column.values else {
            return self.nothing(column.values.len());
        };
        Track::Codes(cells.iter().map(|day| day.map_or(0, |day| of(day) + 1)).collect())
    }

    fn nothing(&self, rows: usize) -> Track {
        if self.codes() > 0 {
            Track::Codes(vec![0; rows])
        } else {
            Track::Numbers(vec![f64::NAN; rows])
        }
    }
}

fn plain(column: &Column, take: Take) -> Feature {
    Feature {
        source: column.name.clone(),
        take,
        words: Vec::new(),
    }
}

fn distinct(cells: &[Option<String>]) -> Vec<String> {
    let words: BTreeSet<&String> = cells.iter().flatten().collect();
    words.into_iter().cloned().collect()
}

fn span(cells: &[Option<f64>]) -> f64 {
    let known = || cells.iter().flatten().copied();
    let last = known().fold(f64::NEG_INFINITY, f64::max);
    let first = known().fold(f64::INFINITY, f64::min);
    // Of nothing, this is minus infinity, which spans less than anything.
    last - first
}

fn numbers(values: &Values) -> Vec<f64> {
    match values {
        Values::Numbers(cells) | Values::Days(cells) => {
            cells.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect()
        }
        // A column that held numbers where it was learned, and now has text around them.
        Values::Words(cells) => {
            let read = |cell: &Option<String>| cell.as_deref().and_then(number).unwrap_or(f64::NAN);
            cells.iter().map(read).collect()
        }
    }
}

/// A cell as a word.
pub(super) fn text(values: &Values, row: usize) -> Option<String> {
    match values {
        Values::Numbers(cells) => cells[row].map(|number| number.to_string()),
        Values::Days(cells) => cells[row].map(date),
        Values::Words(cells) => cells[row].clone(),
    }
}

fn date(day: f64) -> String {
    civil(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

fn civil(day: f64) -> Option<jiff::civil::Date> {
    // Years that no calendar of a company has are not dates.
    let day = (day.abs() < 3e6).then(|| floor(day) as i64)?;
    let span = jiff::Span::new().try_days(day).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(span).ok()
}

fn month(day: f64) -> u32 {
    civil(day).map_or(0, |date| u32::from(date.month().unsigned_abs()) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(names: &[(&str, Values)]) -> Frame {
        let column = |(name, values): &(&str, Values)| Column {
            name: (*name).to_owned(),
            values: values.clone(),
        };
        Frame::new(names.iter().map(column).collect()).unwrap()
    }

    fn word(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn dates_become_weekdays_and_distances() {
        // 2017-03-01 was a Wednesday.
        let made = Values::Days(vec![Some(17_226.4), None]);
        let due = Values::Days(vec![Some(17_236.4), Some(17_236.0)]);
        let frame = frame(&[("made", made), ("due", due)]);
        let recipe = Recipe::learn(&frame, true);
        let grid = recipe.apply(&frame);
        assert_eq!(grid.tracks[0], Track::Codes(vec![3, 0]));
        assert!(matches!(&grid.tracks[2], Track::Numbers(days) if days[0] == 10.0 && days[1].is_nan()));
        assert_eq!(recipe.features[2].kind(), "days since made");
        assert_eq!(Recipe::learn(&frame, false).features.len(), 5);
        assert_eq!((month(17_226.0), month(1e300)), (2, 0));
    }

    #[test]
    fn words_not_seen_and_columns_not_there_are_told_apart() {
        let known = frame(&[
            ("w", Values::Words(vec![word("b"), word("a"), None])),
            ("n", Values::Numbers(vec![Some(1.0), None, Some(2.0)])),
        ]);
        let recipe = Recipe::learn(&known, false);
        assert_eq!(recipe.apply(&known).tracks[0], Track::Codes(vec![2, 1, 0]));
        let later = frame(&[("n", Values::Words(vec![word("$3"), word("x")]))]);
        let grid = recipe.apply(&later);
        assert_eq!(grid.tracks[0], Track::Codes(vec![0, 0]));
        assert!(matches!(&grid.tracks[1], Track::Numbers(n) if n[0] == 3.0 && n[1].is_nan()));
        let other = frame(&[("w", Values::Words(vec![word("c")]))]);
        assert_eq!(recipe.apply(&other).tracks[0], Track::Codes(vec![UNSEEN]));
    }
}
