//! Targets: what a KPI is to be in a period, how much of that is expected by a day of it, where the KPI is going, and what
//! to think of it. Pure: what a status is follows from the records and the target alone.
//!
//! A value is judged by the range that it leaves for the end of the period, never by the value itself: while that range
//! reaches both sides of what is wanted, it is too early to tell.

mod aim;
mod course;
mod desk;
mod likely;
mod nature;
mod outlook;
mod pursuit;
mod shape;
mod status;

#[cfg(test)]
mod tests;

pub use aim::{Aim, Thresholds};
pub use course::{Course, Daily};
pub use desk::{Desk, Filters, if_priced, number};
pub use likely::{Bounds, PAST_PERIODS, Rest, rest};
pub use nature::{growth, is_state};
pub use outlook::{Facts, Method, Outlook, outlook};
pub use pursuit::{Standing, part_of, pursue};
pub use shape::{Expected, Followed, Rules, elapsed, expected, instant_at};
pub use status::{Reason, Status, Verdict, judge, settle};
