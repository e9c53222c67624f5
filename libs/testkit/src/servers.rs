//! Real servers for tests: installed programs as throw-away processes on free loopback ports.
//!
//! Blocking calls that need no runtime, which panic when they cannot do what they say. Whatever is started ends with its
//! value; the [`watchman`] ends what a test process left behind, also when that was killed. A program that is missing is
//! named together with the script that installs it.

mod daemon;
mod envoy;
mod pgbouncer;
mod ports;
mod postgres;
mod programs;
mod redis;
pub mod watchman;

pub use envoy::Envoy;
pub use pgbouncer::PgBouncer;
pub use ports::free_port;
pub use postgres::Postgres;
pub use redis::Redis;
pub use redis::cluster::RedisCluster;
pub use redis::sentinel::Sentinel;
