//! What somebody who watches a question is told: what differs between two answers, and when it may be said. Pure:
//! answers and times are handed in.

mod course;
mod difference;

#[cfg(test)]
mod tests;

pub use course::{Course, Pace, Point};
pub use difference::{Difference, difference, state_of};
