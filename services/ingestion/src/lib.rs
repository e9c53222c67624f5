//! The record log: a durable, deduplicated, ordered log of typed sales records, one a tenant.
//!
//! - `log` is the pure meaning of the log: what a version is, which one is current, what an incoming record changes.
//! - `import` takes files and runs them through a mapping into the log.
//! - `store` keeps it in tables; every read and write of a tenant goes through one scoped handle.
//! - `mapping` is the pure meaning of an import: mappings, and how rows of files become records.
//! - `worker` holds the committers, one task a tenant, behind the [`Writer`] handle.
//! - `rpc` is the door: records, change feed, tenants, imports.

mod config;
mod import;
mod log;
pub mod mapping;
mod rpc;
mod service;
mod store;
mod worker;

pub use config::Config;
pub use log::{UpsertReply, Written};
pub use service::Ingestion;
pub use worker::{CurrentSettings, Priority, UpsertBatch, Writer};
