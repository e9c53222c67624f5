//! The life of a process: configuration, telemetry, tokens, links to peers, the server, and its orderly end.
//!
//! A process opens its [`DataDir`], makes a [`Host`] of parts, hands it to the services it runs, gives their
//! [`ServiceSet`]s to a [`Node`] and calls [`run`].

pub mod auth;
pub mod config;
pub mod data_dir;
pub mod deadline;
pub mod host;
pub mod link;
pub mod metrics;
pub mod node;
pub mod process;
pub mod readiness;
pub mod secret;
pub mod services;
pub mod shutdown;
pub mod telemetry;

mod jitter;
mod ops;
mod rpc;

pub use auth::{Principal, Scope, Tenants, TokenSet, authorize, authorize_scoped};
pub use config::{Config, DrainConfig, LimitsConfig, LinkConfig, NodeConfig, TelemetryConfig};
pub use data_dir::DataDir;
pub use host::Host;
pub use link::{PeerChannel, PeerLink};
pub use metrics::Metrics;
pub use node::{BoundNode, Node, run};
pub use process::Process;
pub use readiness::{Gate, Readiness};
pub use secret::Secret;
pub use services::{MAX_MESSAGE_BYTES, ServiceSet};
pub use shutdown::Shutdown;
