//! The service as its callers meet it: through a socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod door;
mod faults;
mod feed;
mod imports;
mod records;
mod tenants;
