//! How well scores do on records that they have not seen: a table is split, the scorer learns from one part and is
//! measured on the other.
//!
//! With a column of times, the earlier rows are learned from. Without, rows are split by chance, by their places in the
//! table as numpy's `default_rng(seed).permutation` gives them: the same rows can then be given to any other scorer. What
//! is learned from the rows of one part does not depend on their order.

use crate::frame::{Frame, Note, Table, Unreadable, infer};
use crate::measure::scores::score as measured;
use crate::score::{Plan, Sample, Score, Unfit, fit};

mod outcome;
mod report;
mod shuffle;
mod split;
mod times;

pub use outcome::Undecidable;
use outcome::outcomes;
pub use report::Report;
use split::{Split, Whole};
pub use times::NoTimes;
use times::instants;

/// What to measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The column that says how records ended.
    pub target: String,
    /// What it says of those that ended well; when absent, it is told by common words.
    pub positive: Option<String>,
    /// Columns not to look at.
    pub ignore: Vec<String>,
    /// The column that says when each record was; when absent, rows are split by chance.
    pub time: Option<String>,
    /// The share of rows to measure on, above 0 and below 1.
    pub test_share: f64,
    /// Where chance starts from.
    pub seed: u64,
}

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The file is no table.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A column is not there.
    #[error("there is no column {name:?}: there are {}", known.join(", "))]
    NoColumn {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// There is a header and nothing else.
    #[error("the table has no rows")]
    NoRows,
    /// The target does not say who ended well.
    #[error(transparent)]
    Target(#[from] Undecidable),
    /// The share of rows to measure on is no share.
    #[error("the share of rows to measure on must be above 0 and below 1, not {0}")]
    Share(f64),
    /// There are too few rows for two parts.
    #[error("{0} rows are too few for a part to learn from and a part to measure on")]
    TooFew(usize),
    /// The column of times has neither dates nor numbers.
    #[error(transparent)]
    NoTimes(#[from] NoTimes),
    /// All rows are of the same time.
    #[error(
        "the column {0:?} says the same of every row, so none is later than another: leave it out, and rows are split by \
         chance"
    )]
    OneTime(String),
    /// Nothing can be learned.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// A row that was measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Which row of the table, from 1.
    pub row: usize,
    /// Whether it ended well.
    pub ended_well: bool,
    /// What was said of it.
    pub score: Score,
}

/// Splits a table, learns from one part and measures on the other; `elapsed` tells the milliseconds since any instant.
///
/// # Errors
/// When the table, the columns or the shares asked for do not allow it.
pub fn evaluate(
    table: &Table,
    ask: &Ask,
    elapsed: &mut dyn FnMut() -> f64,
) -> Result<(Report, Vec<Told>), Refused> {
    if !(ask.test_share > 0.0 && ask.test_share < 1.0) {
        return Err(Refused::Share(ask.test_share));
    }
    let mut data = Data::of(table, ask)?;
    let split = Split::of(
        &data.frame,
        &data.outcomes,
        data.times.as_deref(),
        ask.test_share,
        ask.seed,
    );
    let split = split.map_err(|whole| match (whole, &ask.time) {
        (Whole::OneTime, Some(name)) => Refused::OneTime(name.clone()),
        _ => Refused::TooFew(data.rows.len()),
    })?;
    let pick = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|row| data.outcomes[*row]).collect() };
    let (learned, seen) = (pick(&split.train), pick(&split.test));
    let train = data.frame.take(&split.train);
    let test = data.frame.take(&split.test);
    let times: Option<Vec<f64>> = data
        .times
        .as_ref()
        .map(|times| split.train.iter().map(|row| times[*row]).collect());
    let sample = Sample {
        frame: &train,
        outcomes: &learned,
        times: times.as_deref(),
    };
    let plan = Plan {
        seed: ask.seed,
        ahead: test.rows() as f64 / train.rows() as f64,
    };
    let begun = elapsed();
    let model = fit(&sample, &plan)?;
    let learnt = elapsed();
    let scores = model.score(&test);
    let scored = elapsed();
    let said: Vec<f64> = scores.iter().map(|score| score.probability).collect();
    let Some(measured) = measured(&said, &seen) else {
        return Err(Refused::TooFew(data.rows.len()));
    };
    data.notes.extend(model.card().notes.iter().cloned());
    let mut report = Report::of(&model, &measured, &learned, &seen, &data);
    report.fit_ms = learnt - begun;
    report.score_us_per_row = (scored - learnt) * 1e3 / test.rows() as f64;
    report.split = split.words;
    let told = split
        .test
        .iter()
        .zip(scores)
        .zip(seen)
        .map(|((row, score), ended_well)| Told {
            row: data.rows[*row] + 1,
            ended_well,
            score,
        });
    Ok((report, told.collect()))
}

/// Rows that have ended, and when they were.
struct Data {
    frame: Frame,
    outcomes: Vec<bool>,
    times: Option<Vec<f64>>,
    /// Which row of the table each is.
    rows: Vec<usize>,
    positive: String,
    notes: Vec<Note>,
}

impl Data {
    fn of(table: &Table, ask: &Ask) -> Result<Self, Refused> {
        let target = place(table, &ask.target)?;
        let mut ignored = vec![target];
        for name in &ask.ignore {
            ignored.push(place(table, name)?);
        }
        let time = ask.time.as_ref().map(|name| place(table, name)).transpose()?;
        if table.columns[target].is_empty() {
            return Err(Refused::NoRows);
        }
        let ended = outcomes(&ask.target, &table.columns[target], ask.positive.as_deref())?;
        let mut notes = ended.notes;
        let (whole, found) = infer(table).map_err(|error| Unreadable::Broken(error.to_string()))?;
        let ignored: Vec<String> = ignored.into_iter().map(|at| table.header[at].clone()).collect();
        let told = |note: &Note| {
            note.column
                .as_ref()
                .is_none_or(|column| !ignored.contains(column))
        };
        notes.extend(found.into_iter().filter(told));
        let mut rows: Vec<usize> = (0..whole.rows())
            .filter(|row| ended.ended_well[*row].is_some())
            .collect();
        let mut frame = whole.without(&ignored);
        let mut times = None;
        if let Some(time) = time {
            let name = &table.header[time];
            let column = whole.column(name).map(|column| &column.values);
            let (of_rows, numbers) = column
                .and_then(instants)
                .ok_or_else(|| NoTimes::of(name, &table.columns[time]))?;
            let all = rows.len();
            rows.retain(|row| of_rows[*row].is_some());
            if rows.len() < all {
                let text = format!("{} rows without it were left out", all - rows.len());
                notes.push(Note::of(name, text));
            }
            times = Some(rows.iter().filter_map(|row| of_rows[*row]).collect());
            // A number that orders rows tells nothing about later ones.
            if numbers {
                frame = frame.without(std::slice::from_ref(name));
            }
        }
        let outcomes = rows.iter().filter_map(|row| ended.ended_well[*row]).collect();
        Ok(Self {
            frame: frame.take(&rows),
            outcomes,
            times,
            rows,
            positive: ended.positive,
            notes,
        })
    }
}

/// Where a column is, by its name as written or, failing that, without regard to case.
fn place(table: &Table, name: &str) -> Result<usize, Refused> {
    let name = name.trim();
    let exact = table.header.iter().position(|known| known == name);
    let loose = || {
        table
            .header
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
    };
    exact.or_else(loose).ok_or_else(|| Refused::NoColumn {
        name: name.to_owned(),
        known: table.header.clone(),
    })
}

#[cfg(test)]
mod tests;
