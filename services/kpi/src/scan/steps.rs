//! How many of some instants lie at or before another: found by slicing time, not by searching.

/// Slices an instant: enough that a slice seldom holds more than one.
const SLICES_EACH: usize = 4;
const MOST_SLICES: usize = 1 << 16;

/// Rising instants, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    instants: Vec<i64>,
    slices: Vec<Slice>,
    /// How long a slice is, as a power of two of microseconds.
    shift: u32,
}

/// A slice of time.
#[derive(Debug, Clone, Copy)]
struct Slice {
    /// The first instant after the slice's start; `i64::MAX` = there is none.
    next: i64,
    /// How many lie at or before its start.
    before: u32,
    /// Whether more than `next` lie within it.
    crowded: bool,
}

impl Steps {
    /// Of instants that rise; repeats are dropped.
    pub(super) fn new(instants: impl IntoIterator<Item = i64>) -> Self {
        let mut instants: Vec<i64> = instants.into_iter().collect();
        instants.dedup();
        let (Some(first), Some(last)) = (instants.first().copied(), instants.last().copied()) else {
            return Self::default();
        };
        let span = last.wrapping_sub(first) as u64;
        let most = (instants.len() * SLICES_EACH).min(MOST_SLICES) as u64;
        let mut shift = 0;
        while span >> shift >= most {
            shift += 1;
        }
        let mut slices = Vec::new();
        let mut before = 0;
        for slice in 0..=span >> shift {
            let start = first.wrapping_add((slice << shift) as i64);
            while instants.get(before).is_some_and(|instant| *instant <= start) {
                before += 1;
            }
            let last = (slice << shift) | ((1_u64 << shift) - 1);
            let end = first.wrapping_add(last.min(span) as i64);
            slices.push(Slice {
                next: instants.get(before).copied().unwrap_or(i64::MAX),
                before: u32::try_from(before).unwrap_or(u32::MAX),
                crowded: instants.get(before + 1).is_some_and(|instant| *instant <= end),
            });
        }
        Self {
            instants,
            slices,
            shift,
        }
    }

    /// The instants.
    pub(super) fn instants(&self) -> &[i64] {
        &self.instants
    }

    /// What a loop needs to count, at hand.
    pub(super) fn view(&self) -> View<'_> {
        View {
            first: self.instants.first().copied().unwrap_or(i64::MAX),
            shift: self.shift,
            slices: &self.slices,
            instants: &self.instants,
        }
    }
}

/// [`Steps`] as a loop keeps them at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    first: i64,
    shift: u32,
    slices: &'a [Slice],
    instants: &'a [i64],
}

impl View<'_> {
    /// How many instants lie at or before `at`.
    #[inline]
    pub(super) fn rank(self, at: i64) -> usize {
        if at < self.first {
            return 0;
        }
        let slice = (at.wrapping_sub(self.first) as u64 >> self.shift) as usize;
        let Some(slice) = self.slices.get(slice) else {
            return self.instants.len();
        };
        let mut rank = slice.before as usize + usize::from(at >= slice.next);
        if slice.crowded {
            while self.instants.get(rank).is_some_and(|instant| *instant <= at) {
                rank += 1;
            }
        }
        rank.min(self.instants.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_time_are_instants_too() {
        let steps = Steps::new([i64::MIN, 0, i64::MAX]);
        assert_eq!(
            [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX].map(|at| steps.view().rank(at)),
            [1, 1, 2, 2, 3]
        );
        assert_eq!(Steps::new([]).view().rank(5), 0);
        assert_eq!([4, 5, 6].map(|at| Steps::new([5, 5]).view().rank(at)), [0, 1, 1]);
    }

    proptest! {
        #[test]
        fn it_counts_as_a_search_does(
            steps in proptest::collection::vec(0_i64..40_000, 0..80), crowd in 1_i64..1000, at in -10_i64..3_500_000,
        ) {
            let mut instants = vec![0];
            for (place, step) in steps.iter().enumerate() {
                let step = if place % 5 == 0 { step / crowd } else { *step };
                instants.push(instants[place] + step);
            }
            instants.dedup();
            let expected = instants.partition_point(|instant| *instant <= at);
            prop_assert_eq!(Steps::new(instants.iter().copied()).view().rank(at), expected);
        }
    }
}
