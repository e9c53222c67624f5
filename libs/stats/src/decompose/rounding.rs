//! Decompositions in whole minor units: rounded so that everything shown sums to what is shown.

use bellwether_domain::exact::Exact;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

use super::{Decomposition, Part};

impl<K: Clone> Decomposition<K> {
    /// The same with `decimals` decimals (0 when values are in minor units already): the KPI is rounded half-even, and
    /// the effects so that they sum to the rounded change, by segment and by effect, without a residual.
    ///
    /// The change of each segment and each effect is off by less than one unit (the largest remainders are rounded up),
    /// the cells where they meet by less than two: a unit is moved between two effects of the segment where that does
    /// least harm. Swapping the periods turns every sign; the order of the segments does not matter.
    #[must_use]
    pub fn rounded(&self, decimals: u32) -> Self {
        let unit = Exact::from(BigInt::from(10).pow(decimals));
        let cells: Vec<Vec<Exact>> = self
            .parts
            .iter()
            .map(|part| part.effects.iter().map(|effect| effect * &unit).collect())
            .collect();
        let totals: Vec<Exact> = self.effects.iter().map(|(_, effect)| effect * &unit).collect();
        let whole = |value: &Exact| (value * &unit).round_half_even_to_integer();
        let (before, after) = (whole(&self.before), whole(&self.after));

        // Ties go to the earlier one; so that they go the same way when the periods are swapped, the first effect that
        // is not 0 is made positive first: of all segments together, so that the names of segments do not tell.
        let first = totals
            .iter()
            .chain(cells.iter().flatten())
            .find(|cell| !cell.is_zero());
        let turn = BigInt::from(if first.is_some_and(Exact::is_negative) {
            -1
        } else {
            1
        });
        let turned = Exact::from(turn.clone());
        let cells: Vec<Vec<Exact>> = cells
            .into_iter()
            .map(|row| row.into_iter().map(|cell| cell * &turned).collect())
            .collect();
        let totals: Vec<Exact> = totals.into_iter().map(|total| total * &turned).collect();
        let (columns, rows) = fitted(&cells, &totals, &((&after - &before) * &turn));

        let shown = |units: BigInt| Exact::from_scaled(units * &turn, decimals);
        let effects = self.effects.iter().zip(columns);
        let parts = self.parts.iter().zip(rows);
        let own = |value: &Option<Exact>| {
            value
                .as_ref()
                .map(|value| Exact::from_scaled(whole(value), decimals))
        };
        Self {
            effects: effects
                .map(|((effect, _), units)| (*effect, shown(units)))
                .collect(),
            parts: parts
                .map(|(part, row)| Part {
                    key: part.key.clone(),
                    before: own(&part.before),
                    after: own(&part.after),
                    effects: row.into_iter().map(shown).collect(),
                })
                .collect(),
            before: Exact::from_scaled(before, decimals),
            after: Exact::from_scaled(after, decimals),
        }
    }
}

/// Whole columns that sum to `change`, and whole rows that sum to the columns and, each, to their own change.
fn fitted(cells: &[Vec<Exact>], totals: &[Exact], change: &BigInt) -> (Vec<BigInt>, Vec<Vec<BigInt>>) {
    let columns = summing_to(totals, change);
    let changes: Vec<Exact> = cells.iter().map(|row| row.iter().sum()).collect();
    let changes = summing_to(&changes, change);
    let mut rows: Vec<Vec<BigInt>> = cells
        .iter()
        .zip(&changes)
        .map(|(row, change)| summing_to(row, change))
        .collect();
    if rows.is_empty() {
        return (columns, rows);
    }
    let mut surplus: Vec<BigInt> = (0..columns.len())
        .map(|column| rows.iter().map(|row| &row[column]).sum::<BigInt>() - &columns[column])
        .collect();
    // How far each cell is off. Floats do: they only choose which cell bears a unit, from exact numbers each time.
    let mut off: Vec<Vec<f64>> = cells
        .iter()
        .zip(&rows)
        .map(|(row, whole)| {
            let pairs = row.iter().zip(whole);
            pairs
                .map(|(cell, whole)| (Exact::from(whole.clone()) - cell).to_f64())
                .collect()
        })
        .collect();
    loop {
        let over: Vec<usize> = (0..columns.len())
            .filter(|&column| surplus[column] > BigInt::zero())
            .collect();
        let under: Vec<usize> = (0..columns.len())
            .filter(|&column| surplus[column] < BigInt::zero())
            .collect();
        let moves = over
            .iter()
            .flat_map(|&from| under.iter().map(move |&to| (from, to)));
        let Some((row, from, to)) = gentlest(&off, moves) else {
            return (columns, rows);
        };
        for (column, step) in [(from, -1), (to, 1)] {
            rows[row][column] += step;
            surplus[column] += step;
            off[row][column] += f64::from(step);
        }
    }
}

/// The row and the move of one unit between two of its cells that brings them closest to what they were; the earliest
/// of equals.
fn gentlest(off: &[Vec<f64>], moves: impl Iterator<Item = (usize, usize)>) -> Option<(usize, usize, usize)> {
    let mut best: Option<(f64, (usize, usize, usize))> = None;
    for (from, to) in moves {
        for (row, cells) in off.iter().enumerate() {
            let gain = cells[from] - cells[to];
            if best.is_none_or(|(most, _)| gain > most) {
                best = Some((gain, (row, from, to)));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// Whole numbers that sum to `total`, each the value rounded down or up: up where the remainder is largest, the earlier
/// one of equals. If `total` is further from the sum of the values than that reaches, all are moved by the same number.
#[must_use]
pub fn summing_to(values: &[Exact], total: &BigInt) -> Vec<BigInt> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut wholes: Vec<BigInt> = values.iter().map(Exact::floor).collect();
    let left = total - wholes.iter().sum::<BigInt>();
    let (each, up) = left.div_mod_floor(&BigInt::from(values.len()));
    let remainder = |index: &usize| Exact::from(wholes[*index].clone()) - &values[*index];
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_cached_key(remainder);
    let up = up.to_usize().unwrap_or(0);
    for whole in &mut wholes {
        *whole += &each;
    }
    for index in order.into_iter().take(up) {
        wholes[index] += 1;
    }
    wholes
}
