//! Why a series cannot be forecast.

/// Why there is no forecast. Fields count values from 0; people are told them from 1, as files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The series has no values at all.
    #[error("the series is empty")]
    Empty,
    /// There are periods, but no value in any of them.
    #[error("all values are missing")]
    AllMissing,
    /// What is held out leaves nothing to learn from.
    #[error("{given} value{}: a horizon of {horizon} leaves none to learn from", if *.given == 1 { "" } else { "s" })]
    NoneLeft {
        /// How many values there are.
        given: usize,
        /// How many are held out at most.
        horizon: usize,
    },
    /// The newest value is too old to say anything.
    #[error("there was no value for {behind} periods; at most {most} are looked across")]
    LongAgo {
        /// How many periods had none in the end.
        behind: usize,
        /// How many may have none.
        most: usize,
    },
    /// Too few values for this model, or for any.
    #[error("{given} values are too few; {needed} are needed")]
    TooShort {
        /// How many values would do.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// A value is not a number, or infinite.
    #[error("value {} is not a finite number", .at.saturating_add(1))]
    NotFinite {
        /// Which value, counted from 0.
        at: usize,
    },
    /// A model with a multiplicative part was given values that are not above zero.
    #[error("value {} is not above zero, which this model needs", .at.saturating_add(1))]
    NotPositive {
        /// Which value, counted from 0.
        at: usize,
    },
    /// A value lies outside of the bounds that were named.
    #[error("value {} is outside of the bounds", .at.saturating_add(1))]
    OutOfBounds {
        /// Which value, counted from 0.
        at: usize,
    },
    /// Nothing was asked: the horizon is 0.
    #[error("the horizon is 0")]
    NoHorizon,
    /// More steps than there is any sense in.
    #[error("the horizon is {given}; at most {most} steps are forecast")]
    HorizonTooLong {
        /// How many steps were asked for.
        given: usize,
        /// How many are forecast at most.
        most: usize,
    },
    /// A level that is not between 0 and 1, both excluded.
    #[error("a level is a share between 0 and 1")]
    BadLevel,
    /// The model does not know this length of season.
    #[error("a season of {season} is not one that this model knows")]
    BadSeason {
        /// The length of the season.
        season: usize,
    },
    /// The numbers ran away: no finite forecast came out.
    #[error("no finite forecast was found")]
    NotFound,
}
