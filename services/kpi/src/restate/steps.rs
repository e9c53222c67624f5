//! The way from one state of the facts to another, one cause at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Result, When};

use super::blend::Blend;
use super::{End, Moved, Part};
use crate::catalogue::Catalogue;
use crate::query::{Ask, Contributor, Named, Row, cell, contributors};
use crate::table::Dict;
use crate::tenant::TenantFacts;

/// Changes of settings that are walked one by one; of more, the steps of records hold what the settings did to them.
const MOST_SETTINGS: usize = 16;

/// Why a value is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Records were written, corrected or taken back.
    Records,
    /// The settings are others.
    Settings,
    /// Reps, teams or accounts say otherwise where rows belong.
    Dimensions,
    /// Exchange rates were written or corrected.
    Rates,
    /// Events are counted up to another as-of.
    Time,
    /// The definition is another one.
    Derivation,
}

/// A state that an answer may stand on.
#[derive(Clone, Copy)]
struct State<'a> {
    rows: u64,
    settings: u64,
    people: u64,
    rates: u64,
    end: End<'a>,
}

impl PartialEq for State<'_> {
    fn eq(&self, other: &Self) -> bool {
        let of = |one: &Self| (one.rows, one.settings, one.people, one.rates, one.end.as_of);
        of(self) == of(other) && std::ptr::eq(self.end.catalogue, other.end.catalogue)
    }
}

/// What a state says.
struct Said {
    row: Option<Row>,
    value: Option<Exact>,
    list: BTreeMap<(Dict, Arc<str>), Contributor>,
}

/// What a walk found.
pub(super) struct Walk {
    pub(super) rows: [Option<Row>; 2],
    /// The values at both ends.
    pub(super) ends: [Option<Exact>; 2],
    pub(super) parts: Vec<Part>,
    /// In no order, without edits.
    pub(super) moved: Vec<Moved>,
}

/// Walks from one end to the other.
///
/// # Errors
/// As [`crate::query::answer()`].
pub(super) fn walk(
    facts: &TenantFacts,
    ask: &Ask,
    group: &[Named],
    (before, after): (End<'_>, End<'_>),
    threads: usize,
) -> Result<Walk> {
    let says = |state: &State<'_>| said(facts, ask, group, state, threads);
    let start = State {
        rows: before.seq,
        settings: before.seq,
        people: before.seq,
        rates: before.seq,
        end: before,
    };
    let first = says(&start)?;
    let mut causes: BTreeMap<(Dict, Arc<str>), Vec<Cause>> = BTreeMap::new();
    let mut parts: BTreeMap<Cause, (Option<Exact>, u64)> = BTreeMap::new();
    let (mut state, mut now) = (start, None::<Said>);
    for (cause, next) in steps(facts, start, after) {
        if next == state {
            continue;
        }
        let then = says(&next)?;
        let was = now.as_ref().unwrap_or(&first);
        let change = was
            .value
            .as_ref()
            .zip(then.value.as_ref())
            .map(|(was, then)| then - was);
        let both_absent = was.value.is_none() && then.value.is_none();
        let (sum, records) = parts.entry(cause).or_insert_with(|| (Some(Exact::default()), 0));
        *sum = match (sum.take(), change) {
            (Some(sum), Some(change)) => Some(sum + change),
            (Some(sum), None) if both_absent => Some(sum),
            _ => None,
        };
        for key in differing(&was.list, &then.list) {
            let of_record = causes.entry(key).or_default();
            if !of_record.contains(&cause) {
                of_record.push(cause);
                *records += 1;
            }
        }
        (state, now) = (next, Some(then));
    }
    let last = now.as_ref().unwrap_or(&first);
    let moved = causes
        .into_iter()
        .map(|(key, causes)| moved(&key, causes, first.list.get(&key), last.list.get(&key)));
    Ok(Walk {
        moved: moved.collect(),
        rows: [first.row.clone(), last.row.clone()],
        ends: [first.value.clone(), last.value.clone()],
        parts: parts
            .into_iter()
            .map(|(cause, (value, records))| Part {
                cause,
                value,
                records,
            })
            .filter(|part| part.records > 0 || part.value.as_ref().is_none_or(|value| !value.is_zero()))
            .collect(),
    })
}

/// The steps, each with the state that it ends in.
fn steps<'a>(facts: &TenantFacts, start: State<'a>, after: End<'a>) -> Vec<(Cause, State<'a>)> {
    let mut steps = Vec::new();
    let mut state = start;
    let changes = facts.settings_changes(start.rows, after.seq);
    if changes.len() <= MOST_SETTINGS {
        for seq in changes {
            state.rows = seq - 1;
            steps.push((Cause::Records, state));
            (state.rows, state.settings) = (seq, seq);
            steps.push((Cause::Settings, state));
        }
    }
    state.rows = after.seq;
    steps.push((Cause::Records, state));
    state.settings = after.seq;
    steps.push((Cause::Settings, state));
    state.people = after.seq;
    steps.push((Cause::Dimensions, state));
    state.rates = after.seq;
    steps.push((Cause::Rates, state));
    state.end.as_of = after.as_of;
    steps.push((Cause::Time, state));
    state.end.catalogue = after.catalogue;
    steps.push((Cause::Derivation, state));
    steps
}

fn said(facts: &TenantFacts, ask: &Ask, group: &[Named], state: &State<'_>, threads: usize) -> Result<Said> {
    let source = Blend {
        source: facts,
        rows: state.rows,
        settings: state.settings,
        people: state.people,
        rates: state.rates,
    };
    let ask = Ask {
        as_of: Some(When::At(state.end.as_of)),
        known_at: None,
        ..ask.clone()
    };
    let catalogue: &Catalogue = state.end.catalogue;
    // The present decides nothing where as-of is given.
    let now = state.end.as_of;
    let row = cell(&source, catalogue, &ask, group, now, threads)?;
    let found = contributors(&source, catalogue, &ask, group, now, threads)?;
    let value = row.as_ref().and_then(|row| row.value.as_ref().ok()?.parse().ok());
    let list = found.map(|found| found.list).unwrap_or_default();
    Ok(Said {
        row,
        value,
        list: list
            .into_iter()
            .map(|one| ((one.kind, Arc::clone(&one.id)), one))
            .collect(),
    })
}

/// Those of which two lists say different things.
fn differing<'a>(
    was: &'a BTreeMap<(Dict, Arc<str>), Contributor>,
    then: &'a BTreeMap<(Dict, Arc<str>), Contributor>,
) -> Vec<(Dict, Arc<str>)> {
    let gone = was.keys().filter(|key| !then.contains_key(*key));
    let other = then.iter().filter(|(key, one)| {
        let before = was.get(*key);
        before.is_none_or(|before| before.parts != one.parts)
    });
    gone.chain(other.map(|(key, _)| key)).cloned().collect()
}

/// A record that moved, with what it is at both ends.
fn moved(
    (kind, id): &(Dict, Arc<str>),
    causes: Vec<Cause>,
    first: Option<&Contributor>,
    last: Option<&Contributor>,
) -> Moved {
    let ends = [first, last];
    let contributions = ends.map(|end| end.and_then(|one| one.contribution.clone()));
    let mut numbers: Vec<(Arc<str>, [Option<Exact>; 2])> = Vec::new();
    for (place, end) in ends.into_iter().enumerate() {
        for (measure, value) in end.iter().flat_map(|one| &one.parts) {
            match numbers.iter_mut().find(|(known, _)| known == measure) {
                Some((_, both)) => both[place].clone_from(value),
                None => {
                    let mut both = [None, None];
                    both[place].clone_from(value);
                    numbers.push((Arc::clone(measure), both));
                }
            }
        }
    }
    Moved {
        kind: *kind,
        id: Arc::clone(id),
        name: last.or(first).and_then(|one| one.name.clone()),
        contributions,
        change: None,
        numbers,
        causes,
        edits: Vec::new(),
    }
}
