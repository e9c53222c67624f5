//! Cuts a stretch of a deal's life where something that its hazard depends on changes: its age, the month, how its
//! expected close lies, and how old the knowledge about it is.

use super::calendar::{month_start, next_month, phase};

/// From when on a day counts as how far from the expected close, in days after it.
const DUE_EDGES: [f64; 6] = [-60.0, -30.0, -7.0, 7.0, 30.0, 90.0];
/// From when on knowledge of a deal counts as old, in days.
const STALE_EDGES: [f64; 2] = [30.0, 90.0];
/// How many codes a due date has: none, and one for each stretch between edges.
pub(super) const DUE_CODES: usize = DUE_EDGES.len() + 2;
/// How many codes the age of knowledge has.
pub(super) const STALE_CODES: usize = STALE_EDGES.len() + 1;
/// How many months a quarter has.
pub(super) const PHASES: usize = 3;
/// Shorter stretches than this, in days, are none.
const SLIVER: f64 = 1e-9;

/// A stretch of days in which nothing that matters changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    pub from: f64,
    pub to: f64,
    pub bin: usize,
    pub phase: usize,
    pub due: usize,
    pub stale: usize,
}

/// Whose life is cut: all in civil days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub created: f64,
    /// When what is known of the deal was known.
    pub seen: f64,
    pub due: Option<f64>,
}

/// The starts of months in a range, with the phase of each, for quick cutting.
#[derive(Clone, Debug)]
pub(super) struct Months {
    starts: Vec<f64>,
    first_phase: usize,
}

impl Months {
    /// Covers `from..to`.
    pub(super) fn covering(from: f64, to: f64) -> Self {
        let mut day = month_start(libm::floor(from) as i64);
        let first_phase = phase(day as f64);
        let mut starts = Vec::new();
        while (day as f64) < to {
            starts.push(day as f64);
            day = next_month(day);
        }
        Self { starts, first_phase }
    }

    /// The index of the month that holds the day.
    pub(super) fn index(&self, day: f64) -> usize {
        self.starts
            .partition_point(|start| *start <= day)
            .saturating_sub(1)
    }

    /// The month of the quarter of an index: 0, 1 or 2.
    pub(super) fn phase(&self, index: usize) -> usize {
        (self.first_phase + index) % PHASES
    }

    /// How many months there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    fn after(&self, index: usize) -> f64 {
        self.starts.get(index + 1).copied().unwrap_or(f64::INFINITY)
    }
}

/// Where a day lies among edges: the code of its stretch, and when the next one begins.
fn place(day: f64, origin: f64, edges: &[f64]) -> (usize, f64) {
    let passed = edges.partition_point(|edge| origin + edge <= day + SLIVER);
    (
        passed,
        edges.get(passed).map_or(f64::INFINITY, |edge| origin + edge),
    )
}

/// Cuts `from..to` of a life and shows each piece, in order. `edges` are the ages at which hazards change, rising.
pub(super) fn cut(
    edges: &[f64],
    months: &Months,
    life: Life,
    from: f64,
    to: f64,
    mut visit: impl FnMut(Segment),
) {
    let mut now = from;
    let mut month = months.index(now);
    let mut bin = place(now, life.created, edges).0;
    while to - now > SLIVER {
        let (due, due_ends) = life.due.map_or((0, f64::INFINITY), |due| {
            let (code, ends) = place(now, due, &DUE_EDGES);
            (code + 1, ends)
        });
        let (stale, stale_ends) = place(now, life.seen, &STALE_EDGES);
        let bin_ends = edges.get(bin).map_or(f64::INFINITY, |edge| life.created + edge);
        let next = to
            .min(due_ends)
            .min(stale_ends)
            .min(bin_ends)
            .min(months.after(month));
        visit(Segment {
            from: now,
            to: next,
            bin,
            phase: months.phase(month),
            due,
            stale,
        });
        now = next;
        while edges
            .get(bin)
            .is_some_and(|edge| life.created + edge <= now + SLIVER)
        {
            bin += 1;
        }
        while months.after(month) <= now + SLIVER {
            month += 1;
        }
    }
}

/// The codes that hold at one instant of a life, as a piece without length.
pub(super) fn moment(edges: &[f64], months: &Months, life: Life, at: f64) -> Segment {
    Segment {
        from: at,
        to: at,
        // What happens at an edge ends the stretch before it.
        bin: edges.partition_point(|edge| life.created + edge < at),
        phase: months.phase(months.index(at)),
        due: life.due.map_or(0, |due| place(at, due, &DUE_EDGES).0 + 1),
        stale: place(at, life.seen, &STALE_EDGES).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::calendar::day_number;

    #[test]
    fn pieces_join_without_gap_and_change_where_they_should() {
        let start = day_number(2017, 1, 15) as f64;
        let months = Months::covering(start, start + 200.0);
        let life = Life {
            created: start - 3.5,
            seen: start,
            due: Some(start + 20.0),
        };
        let edges = [5.0, 40.0, 100.0];
        let mut pieces = Vec::new();
        cut(&edges, &months, life, start, start + 120.0, |piece| {
            pieces.push(piece)
        });
        assert_eq!(pieces.first().map(|piece| piece.from), Some(start));
        assert_eq!(pieces.last().map(|piece| piece.to), Some(start + 120.0));
        assert!(
            pieces
                .windows(2)
                .all(|pair| pair[0].to == pair[1].from && pair[0].to > pair[0].from)
        );
        for piece in &pieces {
            let middle = (piece.from + piece.to) / 2.0;
            let same = moment(&edges, &months, life, middle);
            assert_eq!(
                (same.bin, same.phase, same.due, same.stale),
                (piece.bin, piece.phase, piece.due, piece.stale)
            );
        }
        assert_eq!(pieces[0].phase, 0);
        assert!(pieces.iter().any(|piece| piece.phase == 2));
    }

    #[test]
    fn an_empty_stretch_has_no_pieces() {
        let months = Months::covering(0.0, 10.0);
        let life = Life {
            created: 0.0,
            seen: 0.0,
            due: None,
        };
        cut(&[], &months, life, 5.0, 5.0, |_| panic!("nothing to see"));
        cut(&[], &months, life, 7.0, 5.0, |_| panic!("nothing to see"));
    }
}
