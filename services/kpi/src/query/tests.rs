//! Every rule of the contract (KPI rules 5.0, 5.1), on facts made by hand.

mod acquisition;
mod ahead;
mod both_times;
mod cell;
mod commerce;
mod contributors;
mod credited;
mod defined;
mod early;
mod export;
mod extract;
mod histories;
mod holders;
mod known;
mod known_bugs;
mod laws;
mod money;
mod numbers;
mod outlook;
mod ramps;
mod rules;
mod saas;
mod scope;
mod shape;
mod time;
mod top;

use std::sync::LazyLock;

use bellwether_domain::period::Grain;
use bellwether_domain::{Error, Instant};

use super::*;
use crate::scan::fixture::Fixture;

/// 2020-01-01.
fn now() -> Instant {
    "2020-01-01T00:00:00Z".parse().unwrap()
}

fn asked(kpis: &[&str]) -> Ask {
    Ask {
        kpis: kpis.iter().map(ToString::to_string).collect(),
        ..Ask::default()
    }
}

/// Asks about a range.
fn ranged(kpi: &str, from: &str, to: &str) -> Ask {
    Ask {
        from: Some(from.parse().unwrap()),
        to: Some(to.parse().unwrap()),
        ..asked(&[kpi])
    }
}

fn by(ask: Ask, dimensions: &[&str]) -> Ask {
    Ask {
        group_by: dimensions.iter().map(ToString::to_string).collect(),
        ..ask
    }
}

fn filtered(mut ask: Ask, dimension: &str, value: &str) -> Ask {
    ask.filters.push((dimension.to_owned(), Some(value.to_owned())));
    ask
}

fn cut(ask: Ask, grain: Grain) -> Ask {
    Ask {
        grain: Some(grain),
        ..ask
    }
}

fn as_of(ask: Ask, when: &str) -> Ask {
    Ask {
        as_of: Some(when.parse().unwrap()),
        ..ask
    }
}

fn tried(fixture: &Fixture, ask: &Ask) -> Result<Answer> {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    answer(fixture, &CATALOGUE, ask, now(), 2)
}

fn rows(fixture: &Fixture, ask: &Ask) -> Vec<Row> {
    tried(fixture, ask).unwrap().rows
}

fn refused(fixture: &Fixture, ask: &Ask) -> Error {
    tried(fixture, ask).unwrap_err()
}

/// Value (or reason) and n.
fn value(fixture: &Fixture, ask: &Ask) -> (String, u64) {
    let rows = rows(fixture, ask);
    assert_eq!(rows.len(), 1, "{rows:?}");
    (text(&rows[0]), rows[0].n)
}

/// The names of a row's group, as a receipt has them.
fn named(row: &Row) -> Vec<Named> {
    let name = |(place, (_, name)): (usize, &(Dimension, Option<Arc<str>>))| match name {
        _ if row.rest && place == 0 => Named::Rest,
        Some(name) => Named::Name(name.to_string()),
        None => Named::Missing,
    };
    row.group.iter().enumerate().map(name).collect()
}

fn text(row: &Row) -> String {
    row.value
        .clone()
        .unwrap_or_else(|reason| reason.name().to_owned())
}

/// `start group value n`, a line a row.
fn table(fixture: &Fixture, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let start = row.start.map_or("-".to_owned(), |start| start.to_string());
        let names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        format!("{start} {} {} {}", names.join("/"), text(row), row.n)
    };
    rows(fixture, ask).iter().map(line).collect()
}
