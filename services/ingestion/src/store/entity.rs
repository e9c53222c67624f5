//! The tables as sea-orm knows them; `migration` makes them.
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "sea-orm's derive writes public items; the columns are described in the migration"
)]

pub(super) mod change;
pub(super) mod head;
pub(super) mod import;
pub(super) mod life;
pub(super) mod merged;
pub(super) mod reject;
pub(super) mod request;
pub(super) mod tenant_head;
