//! How long reps have been employed.

use bellwether_domain::{CivilDate, Zone};

use super::{Effective, People};
use crate::catalogue::Stretch;

/// Months after the first day at which the bands of [`crate::tenant::TENURES`] begin.
const BANDS: [(u32, i32); 5] = [(1, 0), (2, 3), (3, 6), (4, 12), (5, 24)];

impl People {
    /// The band of each rep's tenure over time, by the first day that the newest version as known at `seq` states.
    pub(super) fn tenures(&self, seq: u64, entities: usize, zone: &Zone) -> Effective {
        let points = |code: usize| {
            let newest = self.reps.get(code).and_then(|rep| rep.newest(seq));
            let Some(start) = newest.and_then(|rep| rep.start) else {
                return Vec::new();
            };
            let begins = |(band, months): (u32, i32)| {
                let day = Stretch::Months(-months).before(CivilDate::from_days(start));
                (zone.start_of_day(day).as_micros(), band)
            };
            // Who is not employed yet has none.
            let before = (i64::MIN, 0);
            std::iter::once(before).chain(BANDS.map(begins)).collect()
        };
        Effective::new((0..entities).map(points))
    }
}
