//! For tests only: a throw-away node around the services it is handed, and sample records.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

pub mod node;
pub mod sample;
pub mod servers;

pub use node::{TestNode, TestNodeBuilder};
