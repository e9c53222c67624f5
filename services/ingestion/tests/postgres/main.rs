//! The service over PostgreSQL: everything that it does over a file, and what only several processes can do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../service/door.rs"]
mod door;
#[path = "../service/faults.rs"]
mod faults;
#[path = "../service/feed.rs"]
mod feed;
#[path = "../service/imports.rs"]
mod imports;
#[path = "../service/kinds.rs"]
mod kinds;
mod leases;
mod lives;
#[path = "../service/merges.rs"]
mod merges;
mod outages;
mod place;
#[path = "../service/records.rs"]
mod records;
mod replicas;
#[path = "../service/snapshots.rs"]
mod snapshots;
#[path = "../service/tenants.rs"]
mod tenants;
#[path = "../service/uploads.rs"]
mod uploads;
