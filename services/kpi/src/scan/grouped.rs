//! Single values by cell, in no order within a cell: who wants a quantile selects it.

use std::thread;

use super::ROWS_FOR_THREADS;
use super::cells::ALWAYS_DENSE;

/// Single values and their cells.
#[derive(Debug, Clone, Default)]
pub struct Grouped {
    parts: Vec<Part>,
}

/// Values of some rows, cell after cell.
#[derive(Debug, Clone, Default)]
struct Part {
    /// The cells, rising, and where the values of each end.
    ends: Vec<(u64, usize)>,
    values: Vec<i64>,
}

/// Single values while they are collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    list: Vec<(u64, i64)>,
    grouped: Grouped,
}

impl Collected {
    #[inline]
    pub(super) fn push(&mut self, cell: u64, value: i64) {
        self.list.push((cell, value));
    }

    /// Puts what was collected to its cells.
    pub(super) fn settle(&mut self) {
        if !self.list.is_empty() {
            self.grouped.parts.push(Part::of(std::mem::take(&mut self.list)));
        }
    }

    /// Takes in what another part of the rows had; both are settled.
    pub(super) fn merge(&mut self, other: Self) {
        self.grouped.parts.extend(other.grouped.parts);
    }

    pub(super) fn finish(mut self) -> Grouped {
        self.settle();
        self.grouped
    }
}

impl Grouped {
    /// The cells, rising.
    fn cells(&self) -> Vec<u64> {
        let all = self.parts.iter().flat_map(|part| &part.ends);
        let mut cells: Vec<u64> = all.map(|(cell, _)| *cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }

    /// The values of a cell.
    fn of(&self, cell: u64) -> Vec<i64> {
        let of_parts: Vec<&[i64]> = self.parts.iter().map(|part| part.of_cell(cell)).collect();
        of_parts.concat()
    }

    /// Works off every cell, on as many threads as found the values; in order of cells.
    pub fn map<T: Send>(&self, work: impl Fn(u64, Vec<i64>) -> T + Sync) -> Vec<T> {
        let cells = self.cells();
        let many = self.parts.iter().map(|part| part.values.len()).sum::<usize>() >= ROWS_FOR_THREADS;
        let threads = if many { self.parts.len() } else { 1 };
        let share = |first: usize| -> Vec<T> {
            let mine = cells.iter().skip(first).step_by(threads);
            mine.map(|cell| work(*cell, self.of(*cell))).collect()
        };
        let shares = thread::scope(|scope| {
            let share = &share;
            let others: Vec<_> = (1..threads)
                .map(|first| scope.spawn(move || share(first)))
                .collect();
            let mut shares = vec![share(0).into_iter()];
            for other in others {
                match other.join() {
                    Ok(done) => shares.push(done.into_iter()),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            shares
        });
        in_turn(shares)
    }
}

/// One of each, again and again.
fn in_turn<T>(mut shares: Vec<impl Iterator<Item = T>>) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(shares.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

impl Part {
    fn of(mut list: Vec<(u64, i64)>) -> Self {
        let most = list.iter().map(|(cell, _)| *cell).max().unwrap_or(0);
        if most >= ALWAYS_DENSE || list.len() < 64 {
            list.sort_unstable_by_key(|(cell, _)| *cell);
            let mut end = 0;
            let runs = list.chunk_by(|one, other| one.0 == other.0);
            let ends = runs.map(|run| {
                end += run.len();
                (run[0].0, end)
            });
            return Self {
                ends: ends.collect(),
                values: list.iter().map(|(_, value)| *value).collect(),
            };
        }
        let mut places = vec![0_usize; most as usize + 2];
        for (cell, _) in &list {
            places[*cell as usize + 1] += 1;
        }
        for cell in 1..places.len() {
            places[cell] += places[cell - 1];
        }
        let ends = (0_u64..)
            .zip(places.windows(2))
            .filter(|(_, ends)| ends[0] < ends[1]);
        let ends = ends.map(|(cell, ends)| (cell, ends[1])).collect();
        let mut values = vec![0_i64; list.len()];
        for (cell, value) in &list {
            let place = &mut places[*cell as usize];
            values[*place] = *value;
            *place += 1;
        }
        Self { ends, values }
    }

    fn of_cell(&self, cell: u64) -> &[i64] {
        match self.ends.binary_search_by_key(&cell, |(cell, _)| *cell) {
            Err(_) => &[],
            Ok(place) => {
                let start = place.checked_sub(1).map_or(0, |before| self.ends[before].1);
                &self.values[start..self.ends[place].1]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_is_found_in_its_cell(
            parts in proptest::collection::vec(proptest::collection::vec((0_u64..9, any::<i64>()), 0..200), 1..4),
            stride in prop_oneof![Just(1_u64), Just(1 << 20)],
        ) {
            let mut expected: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
            let mut whole = Collected::default();
            for part in parts {
                let mut own = Collected::default();
                for (cell, value) in part {
                    own.push(cell * stride, value);
                    expected.entry(cell * stride).or_default().push(value);
                }
                own.settle();
                whole.merge(own);
            }
            let mut found = whole.finish().map(|cell, values| (cell, values));
            let sorted = |mut values: Vec<i64>| { values.sort_unstable(); values };
            found.iter_mut().for_each(|(_, values)| values.sort_unstable());
            let expected: Vec<_> = expected.into_iter().map(|(cell, values)| (cell, sorted(values))).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn many_values_are_worked_off_together_in_order_of_cells() {
        let mut whole = Collected::default();
        for _ in 0..3 {
            let mut own = Collected::default();
            (0..ROWS_FOR_THREADS as u64).for_each(|row| own.push(row % 7, 1));
            own.settle();
            whole.merge(own);
        }
        let counts = whole.finish().map(|cell, values| (cell, values.len()));
        assert!(counts.iter().map(|(cell, _)| *cell).eq(0..7), "{counts:?}");
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        assert_eq!(all, 3 * ROWS_FOR_THREADS);
    }
}
