//! What kpi's fact tables say, as plain values: deals for [`crate::pipeline`], leads and subscriptions, and the values of a
//! KPI by period for [`crate::trend`]. Pure: [`crate::source`] fetches the tables, this room makes sense of them.
//!
//! Nothing here looks ahead. A row tells what held from its beginning on; what was not told when a deal began is no trait
//! of it, and what came at or after the as-of of a table is not in it.

mod customers;
mod deals;
mod leads;
mod people;
mod series;
mod subscriptions;
mod table;

pub use customers::{Stay, stays};
pub use deals::{DIMENSIONS as DEAL_DIMENSIONS, TRAITS as DEAL_TRAITS, deals};
pub use leads::{Lead, leads};
pub use people::ramping;
pub use series::{Additivity, Group, History, Nature, Period, Share, Value, histories, seasons};
pub use subscriptions::{DIMENSIONS as SUBSCRIPTION_DIMENSIONS, Paid, Subscription, subscriptions};
pub use table::{Column, Table};

/// Milliseconds since 1970 of microseconds since 1970.
fn millis(micros: i64) -> i64 {
    micros.div_euclid(1_000)
}
