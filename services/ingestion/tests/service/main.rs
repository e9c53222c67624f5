//! The service over a file, as its callers meet it: through a socket. The same tests run over PostgreSQL, next door.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod door;
mod faults;
mod feed;
mod imports;
mod kinds;
mod merges;
mod place;
mod records;
mod snapshots;
mod tenants;
mod uploads;
