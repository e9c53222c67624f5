//! Nested measures: a formula for each entity, then an aggregate over the entities of a cell.

use std::collections::HashMap;

use bellwether_domain::exact::Exact;

use super::{Reading, Way, quantile, round};
use crate::catalogue::{Aggregate, Entities};
use crate::formula::{Number, Quick};
use crate::scan::{Acc, CellMap};

/// The value of an entity in a cell, numbered as the scan did: entity times cells plus cell.
pub(in crate::query) type Entity = (u64, Quick);

/// Reads a nested measure from the readings of its own measures, of which each entity has `space` cells; the values of
/// the entities, in order, when they are wanted.
pub(in crate::query) fn read(
    entities: &Entities,
    own: &[Reading],
    (space, periods): (u64, u64),
    way: Way<'_>,
    wanted: bool,
) -> (Reading, Vec<Entity>) {
    // Entity 0 stands for rows that have none. What counts all of an entity's rows does not tell in which groups it is.
    let telling = own.iter().zip(&entities.measures).filter(|(_, rows)| !rows.whole);
    let mut keys: Vec<u64> = telling
        .flat_map(|(reading, _)| reading.cells())
        .filter(|key| *key >= space)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let units: Vec<Quick> = own.iter().map(|reading| Quick::of(&reading.unit)).collect();
    let mut kept = Vec::new();
    let mut found: CellMap<Found> = CellMap::default();
    let mut values = Vec::with_capacity(own.len());
    for key in keys {
        values.clear();
        values.extend(
            own.iter()
                .zip(&units)
                .zip(&entities.measures)
                .map(|((reading, unit), rows)| {
                    let whole = key / space * periods + key % periods;
                    reading.quick(if rows.whole { whole } else { key }, unit)
                }),
        );
        let counts = entities
            .only
            .as_ref()
            .is_none_or(|only| only.evaluate(&values).is_ok_and(|holds| !holds.is_zero()));
        if !counts {
            continue;
        }
        let found = found.entry(key % space).or_default();
        match entities.formula.evaluate(&values) {
            Ok(value) => {
                found.take(&value, entities.aggregate);
                if wanted {
                    kept.push((key, value));
                }
            }
            // An entity of which nothing can be told is none that lacks the condition.
            Err(_) if entities.aggregate == Aggregate::Count => {}
            Err(_) => found.acc.items += 1,
        }
    }
    let mut reading = Reading::empty(entities.aggregate, Exact::one(), None);
    for (cell, found) in found {
        reading.take(cell, found, entities, way);
    }
    (reading, kept)
}

/// What the entities of a cell come to.
#[derive(Debug)]
struct Found {
    acc: Acc,
    total: Quick,
    values: Vec<Exact>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            acc: Acc::default(),
            total: Quick::ratio(0, 1),
            values: Vec::new(),
        }
    }
}

impl Found {
    fn take(&mut self, value: &Quick, aggregate: Aggregate) {
        if aggregate == Aggregate::Count && value.is_zero() {
            return;
        }
        self.acc.items += 1;
        self.acc.seen += 1;
        match aggregate {
            Aggregate::Count => {}
            Aggregate::Share => self.acc.sum += i128::from(!value.is_zero()),
            Aggregate::Median | Aggregate::Quantile => self.values.push(value.exact()),
            _ => self.total = self.total.plus(&value.clone().shortened()).shortened(),
        }
    }
}

impl Reading {
    fn take(&mut self, cell: u64, mut found: Found, entities: &Entities, way: Way<'_>) {
        self.cells.insert(cell, found.acc);
        match entities.aggregate {
            Aggregate::Median | Aggregate::Quantile => {
                self.put(cell, quantile(&mut found.values, &entities.q, way.intervals));
            }
            Aggregate::Sum | Aggregate::Mean => {
                let total = found.total.exact();
                let minor = Exact::from_scaled(1, way.exponent);
                let total = match total.checked_div(&minor) {
                    Some(units) if entities.money && way.rounded => round(&units) * minor,
                    _ => total,
                };
                self.values.insert(cell, total);
            }
            _ => {}
        }
    }
}

/// Sums of the products of the values that two measures have for the same entities, by cell.
pub(in crate::query) fn products(one: &[Entity], two: &[Entity], space: u64) -> HashMap<u64, Exact> {
    let mut sums: CellMap<Quick> = CellMap::default();
    let mut rest = two.iter().peekable();
    for (key, value) in one {
        while rest.next_if(|(other, _)| other < key).is_some() {}
        if let Some((_, other)) = rest.peek().filter(|(other, _)| other == key) {
            let sum = sums.entry(key % space).or_insert_with(|| Quick::ratio(0, 1));
            *sum = sum.plus(&value.times(other).shortened()).shortened();
        }
    }
    sums.into_iter().map(|(cell, sum)| (cell, sum.exact())).collect()
}
