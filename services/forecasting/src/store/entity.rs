//! The tables as sea-orm knows them; `migration` makes them.
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "sea-orm's derive writes public items; the columns are described in the migration"
)]

pub(super) mod chance;
pub(super) mod forecast;
pub(super) mod point;
pub(super) mod said;
