//! The codes that each cell has, each once.

use super::cells::ALWAYS_DENSE;

/// So many codes are listed before repeats are dropped.
const MANY: usize = 1 << 20;
/// Which codes a cell has is kept in bits while all of them take no more memory than this, in 8 bytes.
const MOST_WORDS: usize = 1 << 22;

/// Codes and their cells.
#[derive(Debug, Default)]
pub(super) struct Singles {
    list: Vec<(u64, i64)>,
    /// Which codes each cell has, while that is small.
    bits: Option<Bits>,
    /// When so many are listed, repeats are dropped.
    drop_at: usize,
}

/// Codes by cell, a bit each.
#[derive(Debug)]
struct Bits {
    cells: Vec<Vec<u64>>,
    words: usize,
}

impl Singles {
    /// Of a space of cells each code once.
    pub(super) fn distinct(space: u64) -> Self {
        let cells = usize::try_from(space).ok().filter(|_| space <= ALWAYS_DENSE);
        Self {
            list: Vec::new(),
            bits: cells.map(|cells| Bits {
                cells: vec![Vec::new(); cells],
                words: 0,
            }),
            drop_at: MANY,
        }
    }

    /// Adds codes, each once.
    pub(super) fn add_codes(&mut self, codes: impl Iterator<Item = (u64, i64)>) {
        for (cell, code) in codes {
            match &mut self.bits {
                Some(bits) => {
                    bits.set(cell, code);
                    if bits.words > MOST_WORDS {
                        self.unfold();
                    }
                }
                None => self.list.push((cell, code)),
            }
        }
        if self.bits.is_none() && self.list.len() >= self.drop_at {
            self.list.sort_unstable();
            self.list.dedup();
            self.drop_at = MANY.max(2 * self.list.len());
        }
    }

    /// From bits to a list.
    fn unfold(&mut self) {
        let Some(bits) = self.bits.take() else { return };
        for (cell, words) in (0_u64..).zip(&bits.cells) {
            for (place, word) in (0_i64..).zip(words) {
                let mut left = *word;
                while left != 0 {
                    self.list
                        .push((cell, place * 64 + i64::from(left.trailing_zeros())));
                    left &= left - 1;
                }
            }
        }
    }

    /// Puts them in order of cells and codes.
    pub(super) fn sort(&mut self) {
        if self.bits.is_none() {
            self.list.sort_unstable();
        }
    }

    /// Takes in those of another part of the rows; both are in order.
    pub(super) fn merge(&mut self, mut other: Self) {
        if let (Some(mine), Some(theirs)) = (&mut self.bits, &other.bits) {
            mine.merge(theirs);
            return;
        }
        // In bits they are in order, so they are as a list.
        self.unfold();
        other.unfold();
        self.list = merged(std::mem::take(&mut self.list), other.list);
    }

    /// The codes in order, each once.
    pub(super) fn finish(mut self) -> Vec<(u64, i64)> {
        self.unfold();
        self.list.dedup();
        self.list
    }
}

impl Bits {
    #[inline]
    fn set(&mut self, cell: u64, code: i64) {
        let words = &mut self.cells[cell as usize];
        let place = (code as u64 / 64) as usize;
        if place >= words.len() {
            // By and by: most cells have few codes.
            let more = place + 1 + place / 4;
            self.words += more - words.len();
            words.resize(more, 0);
        }
        words[place] |= 1 << (code as u64 % 64);
    }

    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            if mine.len() < theirs.len() {
                self.words += theirs.len() - mine.len();
                mine.resize(theirs.len(), 0);
            }
            mine.iter_mut()
                .zip(theirs)
                .for_each(|(mine, theirs)| *mine |= theirs);
        }
    }
}

/// Two lists in order as one.
fn merged(one: Vec<(u64, i64)>, other: Vec<(u64, i64)>) -> Vec<(u64, i64)> {
    if one.is_empty() || other.is_empty() {
        return if one.is_empty() { other } else { one };
    }
    // One number a value, so that which is less is no branch: nobody could foretell it.
    let key = |(cell, value): (u64, i64)| u128::from(cell) << 64 | u128::from(value as u64 ^ (1 << 63));
    let mut out = Vec::with_capacity(one.len() + other.len());
    let (mut mine, mut theirs) = (0, 0);
    while mine < one.len() && theirs < other.len() {
        let (left, right) = (one[mine], other[theirs]);
        let is_mine = key(left) <= key(right);
        out.push(if is_mine { left } else { right });
        mine += usize::from(is_mine);
        theirs += usize::from(!is_mine);
    }
    out.extend_from_slice(&one[mine..]);
    out.extend_from_slice(&other[theirs..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_come_together_in_order(
            one in proptest::collection::vec((0_u64..9, 1_i64..400), 0..300),
            other in proptest::collection::vec((0_u64..9, 0_i64..400), 0..300),
            wide in any::<bool>(),
        ) {
            let mut expected = [one.clone(), other.clone()].concat();
            expected.sort_unstable();
            let distinct = |codes: &[(u64, i64)], space| {
                let mut singles = Singles::distinct(space);
                singles.add_codes(codes.iter().copied());
                singles.sort();
                singles
            };
            let space = if wide { u64::MAX } else { 9 };
            let mut both = distinct(&one, space);
            both.merge(distinct(&other, space));
            expected.dedup();
            prop_assert_eq!(both.finish(), expected);
        }
    }

    #[test]
    fn too_many_bits_become_a_list() {
        let mut singles = Singles::distinct(3);
        let far = i64::try_from(MOST_WORDS * 64).unwrap();
        singles.add_codes([(2, 7), (1, far), (2, 7), (0, 3)].into_iter());
        assert!(singles.bits.is_none());
        singles.sort();
        assert_eq!(singles.finish(), [(0, 3), (1, far), (2, 7)]);
    }
}
