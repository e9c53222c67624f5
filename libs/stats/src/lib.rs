//! Statistics that KPIs, forecasts and feedback share: intervals, quantiles, survival curves, rankings, the split of a
//! change into its causes, and rounding that loses nothing.
//!
//! Pure: exact arithmetic on exact numbers, so that the same counts give the same digits everywhere. Where a root or a
//! logarithm is needed, it is computed in whole numbers or by `libm`, a port to Rust that is the same on every machine.

pub mod decompose;
pub mod interval;
pub mod normal;
pub mod quantile;
pub mod ranking;
pub mod rounding;
pub mod survival;

#[cfg(test)]
mod simulation;

pub use interval::{
    Interval, Level, Nps, OrderInterval, OrderRanks, SMALL_N, covariance_of_means, difference_interval,
    garwood, next_value_interval, nps, order_ranks, quantile_interval, ratio_delta, small_n, smooth_delta,
    t_interval, total_interval, wilson,
};
pub use normal::{normal_quantile, normal_share, normal_two_sided};
pub use quantile::{median, median_of, quantile_type7, quantile_type7_of};
pub use ranking::{Best, Rank, rank_with_ties, rank_with_ties_by};
pub use rounding::largest_remainder;
pub use survival::{AalenJohansen, Ending, Estimate, KaplanMeier, LagInterval};
