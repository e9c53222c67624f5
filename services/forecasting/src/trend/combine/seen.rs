//! What of a series was seen, and what was only filled in.

use std::borrow::Cow;

use crate::series::gaps;

/// A series for models: finite, without gaps, its last value one that was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// The values.
    pub y: &'a [f64],
    /// Which of them are filled gaps; as long as `y`.
    pub filled: &'a [bool],
    /// The season that gaps are filled by; 0 and 1 for none.
    pub season: usize,
}

impl<'a> Seen<'a> {
    /// The value at `at`, if it was seen.
    pub(super) fn at(&self, at: usize) -> Option<f64> {
        (!self.filled[at]).then_some(self.y[at])
    }

    /// How many values were seen.
    pub fn count(&self) -> usize {
        self.filled.iter().filter(|filled| !**filled).count()
    }

    /// What was known before value `origin`: up to the last value that had been seen, gaps filled by what was seen until
    /// then, as nobody knew then on what the gap would end.
    pub(super) fn until(&self, origin: usize) -> Cow<'a, [f64]> {
        let gaps = &self.filled[..origin];
        if !gaps.contains(&true) {
            return Cow::Borrowed(&self.y[..origin]);
        }
        let end = gaps.iter().rposition(|filled| !filled).map_or(0, |last| last + 1);
        Cow::Owned(self.without(end, |_| false))
    }

    /// The first `end` values, those that are `hidden` filled as gaps are.
    pub(super) fn without(&self, end: usize, hidden: impl Fn(usize) -> bool) -> Vec<f64> {
        let kept: Vec<Option<f64>> = (0..end).map(|at| self.at(at).filter(|_| !hidden(at))).collect();
        gaps::fill(&kept, self.season)
    }
}
