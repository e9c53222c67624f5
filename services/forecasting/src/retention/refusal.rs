//! Why nothing can be said about retention.

use thiserror::Error;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nobody is known by the day asked for.
    #[error("nobody had started by then")]
    Nobody,
    /// All who had started have left.
    #[error("nobody was left by then, so nobody can be kept")]
    NobodyLeft,
    /// Somebody ends before the start.
    #[error("{id:?} ends before it starts")]
    Backwards {
        /// Who.
        id: String,
    },
    /// Somebody pays less than nothing.
    #[error("{id:?} pays less than nothing")]
    Negative {
        /// Who.
        id: String,
    },
    /// The horizon is no length of time.
    #[error("a horizon has from 1 to {most} months, not {months}")]
    Horizon {
        /// What was asked for.
        months: u32,
        /// What can be.
        most: u32,
    },
    /// A level that is not between 0 and 1, both excluded.
    #[error("a level is a share between 0 and 1")]
    Level,
    /// Nobody has been there for long enough.
    #[error("the history is {have} days long, and a forecast needs {need} to learn from")]
    TooShort {
        /// The days since the first start.
        have: i64,
        /// How many are needed.
        need: i64,
    },
}
