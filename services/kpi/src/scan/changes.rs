//! Stocks at many instants by what comes and goes: a row counts where it first stands and is taken off where it stands no
//! more, instead of once an instant. Summed up along the instants that is the same.

use bellwether_domain::{Error, Result};

use super::axis::Stands;
use super::cut::Cut;
use super::selection::{Selection, recorded};
use crate::scan::Axis;
use crate::table::{Morsel, NULL, Slice};

/// Whether what a cut counts of a row depends on the instant in no other way.
pub(super) fn tell_all(cut: &Cut) -> bool {
    let many = matches!(&cut.axis, Axis::Points(points) if points.len() > 1);
    let mut dimensions = cut.dimensions.iter().map(|(lookup, _)| lookup);
    many && cut.due.is_none()
        && dimensions.all(|lookup| lookup.is_steady())
        && cut.filters.iter().all(|filter| filter.is_steady())
}

/// Selects the rows of a morsel where they first stand, and where they stand no more.
pub(super) fn select(
    [coming, going]: [&mut Selection; 2],
    stands: &Stands,
    points: u32,
    since: Option<usize>,
    morsel: &Morsel<'_>,
    (valid_from, valid_to): (&[i64], &[i64]),
) -> Result<()> {
    let since = match since.map(|column| &morsel.columns[column]) {
        None => None,
        Some(Slice::I64(since)) => Some(since),
        Some(_) => return Err(Error::internal("`since` is no number of microseconds")),
    };
    for selection in [&mut *coming, &mut *going] {
        selection.rows.resize(morsel.rows, 0);
        selection.periods.resize(morsel.rows, 0);
    }
    let counter = stands.counter();
    let (mut come, mut gone) = (0, 0);
    for row in 0..morsel.rows {
        let mut first = counter.up_to(valid_from[row]);
        // What is told of the row later does not count at earlier instants.
        if let Some(since) = since
            && since[row] != NULL
        {
            first = first.max(counter.up_to(since[row]));
        }
        let last = counter.up_to(valid_to[row]);
        let holds = first < last && recorded(morsel, row);
        // Written whether it counts or not: a branch that nobody can foretell costs more.
        let place = u32::try_from(row).unwrap_or(u32::MAX);
        (coming.rows[come], coming.periods[come]) = (place, first);
        come += usize::from(holds);
        (going.rows[gone], going.periods[gone]) = (place, last);
        gone += usize::from(holds && last < points);
    }
    for (selection, kept) in [(coming, come), (going, gone)] {
        selection.rows.truncate(kept);
        selection.periods.truncate(kept);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cut::CutState;
    use super::super::{CellMap, Counted, Keep, Lookup, Quantity, Task};
    use super::*;
    use crate::expr::BoundValue;

    /// Rows from an instant to another, told since a third, with a code and a number.
    #[derive(Debug, Default)]
    struct Rows {
        columns: [Vec<i64>; 4],
        codes: Vec<u32>,
        recorded: Vec<bool>,
    }

    impl Rows {
        fn counted(&self, points: &[i64]) -> Vec<Counted> {
            let lookup = Lookup::Same { column: 4, groups: 3 };
            let task = |quantity| Task {
                filters: Vec::new(),
                quantity,
                keep: Keep::Sum,
                money: None,
            };
            let cut = Cut {
                axis: Axis::Points(points.to_vec()),
                periods: points.len() as u64,
                dimensions: vec![(lookup, 3)],
                filters: Vec::new(),
                due: None,
                valid: (0, 1),
                since: Some(2),
                tasks: vec![
                    task(Quantity::Rows),
                    task(Quantity::Number(BoundValue::Column(3))),
                ],
            };
            let [from, to, since, amounts] = &self.columns;
            let morsel = Morsel {
                rows: from.len(),
                columns: vec![
                    Slice::I64(from),
                    Slice::I64(to),
                    Slice::I64(since),
                    Slice::I64(amounts),
                    Slice::Code(&self.codes),
                ],
                recorded: Some(&self.recorded),
            };
            let mut parts = [CutState::new(&cut, 9), CutState::new(&cut, 9)];
            for part in &mut parts {
                part.take(&morsel, i64::MAX).unwrap();
                part.settle();
            }
            let [mut one, two] = parts;
            one.merge(two);
            one.finish()
        }
    }

    fn rows() -> impl Strategy<Value = Rows> {
        let told = prop_oneof![Just(NULL), 0..40_i64];
        let amount = prop_oneof![
            Just(NULL),
            any::<i32>().prop_map(|amount| i64::from(amount) << 20)
        ];
        let row = (0..40_i64, 0..40_i64, told, amount, 0..3_u32, any::<bool>());
        proptest::collection::vec(row, 0..30).prop_map(|all| {
            let mut rows = Rows::default();
            for (from, long, told, amount, code, recorded) in all {
                for (column, value) in rows.columns.iter_mut().zip([from, from + long, told, amount]) {
                    column.push(value);
                }
                rows.codes.push(code);
                rows.recorded.push(recorded);
            }
            rows
        })
    }

    proptest! {
        #[test]
        fn every_instant_holds_what_it_holds_alone(
            rows in rows(), points in proptest::collection::vec(-1..60_i64, 2..9),
        ) {
            let mut points = points;
            points.sort_unstable();
            let together = rows.counted(&points);
            for (place, point) in (0_u64..).zip(&points) {
                let alone = rows.counted(&[*point]);
                for (together, alone) in together.iter().zip(&alone) {
                    let cells = together.cells.iter().filter(|(cell, _)| **cell % points.len() as u64 == place);
                    let cells = cells.map(|(cell, acc)| (*cell / points.len() as u64, *acc));
                    prop_assert_eq!(&cells.collect::<CellMap<_>>(), &alone.cells);
                }
            }
        }
    }
}
