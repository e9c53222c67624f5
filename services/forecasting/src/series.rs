//! A series of values by period, with its gaps, and what it is like.

pub mod gaps;
pub mod outliers;
pub mod ready;
pub mod season;
pub mod shift;
pub mod simulate;
pub mod stl;
pub mod zeros;

/// Values by period, oldest first, at equal distances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The values; `None` where the period has none.
    pub values: Vec<Option<f64>>,
    /// After how many periods patterns come back, as far as the caller knows: `[12]` for months, `[7, 365]` for days.
    /// Lengths of 0 and 1 mean nothing. More are looked for where the history is long (see [`season::detect`]).
    pub seasons: Vec<usize>,
}

impl Series {
    /// A series without gaps and with one season (1: none).
    pub fn full(values: &[f64], season: usize) -> Self {
        Self {
            values: values.iter().copied().map(Some).collect(),
            seasons: vec![season],
        }
    }

    /// The values that are there, in order.
    pub fn observed(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().flatten()
    }
}
