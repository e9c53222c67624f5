//! Effective-dated arrays: what an entity's attribute was at an instant.

use std::sync::Arc;

/// `(entity code, instant) -> code`. Cheap to clone. An entity's first value holds from the beginning of time.
#[derive(Debug, Clone)]
pub struct Effective {
    parts: Arc<Parts>,
}

#[derive(Debug)]
enum Parts {
    /// No entity ever changes; index = entity code.
    Constant(Vec<u32>),
    /// The points of entity e are `starts[e] .. starts[e + 1]`, in order of their instants.
    Changing {
        starts: Vec<u32>,
        from: Vec<i64>,
        codes: Vec<u32>,
    },
}

impl Effective {
    /// From each entity's points, in order of code and instant; an entity without points is missing.
    #[must_use]
    pub fn new(entities: impl Iterator<Item = Vec<(i64, u32)>>) -> Self {
        let (mut starts, mut from, mut codes) = (vec![0], Vec::new(), Vec::new());
        for points in entities {
            let before = codes.len();
            for (at, code) in points {
                if codes.len() == before || codes.last() != Some(&code) {
                    from.push(at);
                    codes.push(code);
                }
            }
            if codes.len() == before {
                from.push(i64::MIN);
                codes.push(0);
            }
            starts.push(u32::try_from(codes.len()).unwrap_or(u32::MAX));
        }
        let parts = if codes.len() + 1 == starts.len() {
            Parts::Constant(codes)
        } else {
            Parts::Changing { starts, from, codes }
        };
        Self {
            parts: Arc::new(parts),
        }
    }

    /// The code that held at an instant (its own instant included); 0 = missing.
    #[must_use]
    pub fn at(&self, entity: u32, micros: i64) -> u32 {
        match &*self.parts {
            Parts::Constant(codes) => codes.get(entity as usize).copied().unwrap_or(0),
            Parts::Changing { starts, from, codes } => {
                let entity = entity as usize;
                let (Some(start), Some(end)) = (starts.get(entity), starts.get(entity + 1)) else {
                    return 0;
                };
                let (start, end) = (*start as usize, *end as usize);
                let later = from[start + 1..end].partition_point(|at| *at <= micros);
                codes[start + later]
            }
        }
    }

    /// The codes that anything ever has, with repeats.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        match &*self.parts {
            Parts::Constant(codes) | Parts::Changing { codes, .. } => codes,
        }
    }

    /// The code of every entity, index = entity code, when none ever changes. An entity beyond it is missing.
    #[must_use]
    pub fn constant(&self) -> Option<&[u32]> {
        match &*self.parts {
            Parts::Constant(codes) => Some(codes),
            Parts::Changing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_holds_from_the_beginning_and_later_ones_from_their_instant() {
        let points = [vec![], vec![(10, 1), (20, 2), (30, 2)], vec![(10, 3)]];
        let array = Effective::new(points.into_iter());
        assert!(array.constant().is_none());
        let at = |entity| [0, 10, 19, 20, 99].map(|micros| array.at(entity, micros));
        assert_eq!(
            (at(1), at(2), at(0), at(7)),
            ([1, 1, 1, 2, 2], [3; 5], [0; 5], [0; 5])
        );
    }

    #[test]
    fn unchanging_entities_are_a_plain_array() {
        let array = Effective::new([vec![], vec![(10, 4), (20, 4)]].into_iter());
        assert_eq!(array.constant(), Some(&[0, 4][..]));
        assert_eq!((array.at(1, 0), array.at(2, 0)), (4, 0));
    }
}
