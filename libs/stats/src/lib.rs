//! Statistics that KPIs, forecasts and feedback share: intervals, quantiles, and rounding that loses nothing.
//!
//! Pure: exact arithmetic on exact numbers, so that the same counts give the same digits everywhere.

pub mod interval;
pub mod quantile;
pub mod rounding;

pub use interval::{Interval, SMALL_N, small_n, wilson};
pub use quantile::{median, median_of, quantile_type7, quantile_type7_of};
pub use rounding::largest_remainder;
