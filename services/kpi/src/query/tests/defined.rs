//! Measure classes by definitions made for tests: aggregates, nested and two-date measures, lags, windows, intervals and
//! the rows that a caller may see.

mod ages;
mod aggregates;
mod customers;
mod entities;
mod intervals;
mod lags;
mod nested;
mod scope;
mod spans;
mod weights;
mod windows;

use super::*;

/// The answer to a question about the KPI `tested`, which a definition makes: its keys but those that only people read.
fn tried_with(fixture: &Fixture, keys: &str, ask: &Ask) -> Result<Answer> {
    let text = format!(
        "
kpis:
  - id: tested
    version: 1
    name: Tested
    description: A test.
    in_words: as tested
    direction: up
    leading: false
    cadence: monthly
    funnel_stage: close
{}",
        keys.trim_start_matches('\n')
    );
    answer(fixture, &Catalogue::read(&text)?, ask, now(), 2)
}

fn rows_with(fixture: &Fixture, keys: &str, ask: &Ask) -> Vec<Row> {
    tried_with(fixture, keys, ask).unwrap().rows
}

/// `group value n`, a line a row.
fn told(fixture: &Fixture, keys: &str, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let mut words: Vec<String> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null").to_owned())
            .collect();
        words.push(text(row));
        words.push(row.n.to_string());
        words.join(" ")
    };
    rows_with(fixture, keys, ask).iter().map(line).collect()
}

fn spring() -> Ask {
    ranged("tested", "2017-01-01", "2017-06-01")
}
