//! The KPI service: follows the record log, keeps its facts in memory and answers questions about them.
//!
//! The data side turns changes into facts ([`facts`], [`tenant`], [`checkpoint`], [`worker`]); the question side turns
//! a question into scans of [`tenant::TenantFacts`] and a number that can defend itself.

pub mod answers;
pub mod catalogue;
pub mod checkpoint;
pub mod compare;
pub mod config;
pub mod explain;
pub mod expr;
pub mod facts;
pub mod formula;
mod library;
pub mod query;
mod receipt;
pub mod restate;
pub mod rpc;
pub mod scan;
pub mod scorecard;
pub mod service;
pub mod table;
pub mod target;
pub mod tenant;
pub mod watch;
pub mod waterfall;
pub mod worker;

pub use config::Config;
pub use service::Kpi;
