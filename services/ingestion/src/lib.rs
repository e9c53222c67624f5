//! The record log: a durable, deduplicated, ordered log of typed sales records, one a tenant.
//!
//! - `log` is the pure meaning of the log: what a version is, which one is current, what an incoming record changes.
//! - `store` keeps it in tables; every read and write of a tenant goes through one scoped handle.
//! - `worker` holds the committers, one task a tenant, behind the [`Writer`] handle.
//! - `rpc` is the door: records, change feed, tenants, imports.

mod config;
mod log;
mod rpc;
mod service;
mod store;
mod worker;

pub use config::Config;
pub use log::{UpsertReply, Written};
pub use service::Ingestion;
pub use worker::{CurrentSettings, Priority, UpsertBatch, Writer};
