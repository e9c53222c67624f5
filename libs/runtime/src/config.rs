//! The typed configuration of a process: one struct a section, a default for every key, unknown keys refused.
//!
//! Later sources win: a YAML file, then the environment, then the command line. This is the only room that reads the
//! environment.

use std::path::PathBuf;
use std::time::Duration;

use bellwether_domain::{Error, ErrorReason, Result};
use serde::{Deserialize, Serialize};

mod load;

pub use load::{Environment, Sources, load};

/// The sections of a process that runs no service of its own; a binary puts the same sections beside those of its
/// services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of this process: databases, checkpoints, token, endpoint.
    pub data_dir: Option<PathBuf>,
    /// The token that all processes of a deployment share.
    pub token_file: Option<PathBuf>,
    /// The server.
    pub node: NodeConfig,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    /// Connections to other processes.
    pub link: LinkConfig,
}

/// Where a node listens and what it bears.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// Whether an address other than loopback is allowed. Tokens then cross the network: put TLS in front.
    pub allow_remote: bool,
    /// How long a process tries at its start to reach what it cannot do without (its database), in milliseconds.
    pub startup_wait_ms: u64,
    /// What a node refuses.
    pub limits: LimitsConfig,
    /// How a node ends.
    pub drain: DrainConfig,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            allow_remote: false,
            startup_wait_ms: 60_000,
            limits: LimitsConfig::default(),
            drain: DrainConfig::default(),
        }
    }
}

/// What a node refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The longest a unary call may take, in milliseconds; a client's own deadline may be shorter.
    pub call_timeout_ms: u64,
    /// Unary calls being served at the same time; one more is RESOURCE_EXHAUSTED.
    pub max_calls: usize,
    /// Streaming calls being served at the same time; one more is RESOURCE_EXHAUSTED.
    pub max_streams: usize,
    /// Streams that one HTTP/2 connection may have open.
    pub max_streams_per_connection: u32,
    /// Bytes of request headers.
    pub max_header_bytes: u32,
    /// Silence after which a connection is probed, in milliseconds.
    pub keepalive_interval_ms: u64,
    /// How long a probe may go unanswered before the connection is closed, in milliseconds.
    pub keepalive_timeout_ms: u64,
    /// The age at which a connection is asked to end, in milliseconds, so that clients spread over replicas; calls and
    /// streams on it are finished. Each process takes up to a tenth less or more. 0 = never.
    pub max_connection_age_ms: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            call_timeout_ms: 30_000,
            max_calls: 256,
            max_streams: 1_024,
            max_streams_per_connection: 256,
            max_header_bytes: 16 * 1_024,
            keepalive_interval_ms: 30_000,
            keepalive_timeout_ms: 20_000,
            max_connection_age_ms: 0,
        }
    }
}

/// How a node ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrainConfig {
    /// How long a node says NOT_SERVING and still takes calls, in milliseconds: time for load balancers to look away.
    pub lame_duck_ms: u64,
    /// How long calls and workers may take after that, in milliseconds, before they are cut off.
    pub hard_ms: u64,
}

impl Default for DrainConfig {
    fn default() -> Self {
        Self {
            lame_duck_ms: 0,
            hard_ms: 20_000,
        }
    }
}

/// Logs and traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// What is logged to stderr, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
    /// Where spans go by OTLP over gRPC, for example `http://127.0.0.1:4317`; nowhere when absent.
    pub otlp_endpoint: Option<String>,
    /// The `service.name` that spans carry.
    pub service_name: String,
    /// The share of traces that start here and are kept, from 0 to 1.
    pub sample_ratio: f64,
    /// Spans that wait for the collector; further ones are dropped, never waited for.
    pub queue: usize,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            json: false,
            otlp_endpoint: None,
            service_name: "bellwether".to_owned(),
            sample_ratio: 1.0,
            queue: 2_048,
        }
    }
}

/// Connections to other processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkConfig {
    /// How long connecting to one address may take, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long a unary call may take that has no deadline of its own, in milliseconds.
    pub call_timeout_ms: u64,
    /// Silence after which a connection is probed, in milliseconds.
    pub keepalive_interval_ms: u64,
    /// How long a probe may go unanswered before the connection is given up, in milliseconds.
    pub keepalive_timeout_ms: u64,
    /// Certificates (PEM) that alone are trusted at `https://` addresses; without it those that the public and this
    /// machine trust.
    pub ca_file: Option<PathBuf>,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 3_000,
            call_timeout_ms: 60_000,
            keepalive_interval_ms: 10_000,
            keepalive_timeout_ms: 5_000,
            ca_file: None,
        }
    }
}

impl LinkConfig {
    /// The text of `ca_file`, for connections that are not links.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when the file cannot be read.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>> {
        let Some(file) = &self.ca_file else {
            return Ok(None);
        };
        let refused = |error| format!("{}: {error}", file.display());
        let read = std::fs::read(file).map_err(refused);
        read.map(Some)
            .map_err(|why| Error::invalid(ErrorReason::InvalidField, "link.ca_file", why))
    }
}

/// A duration of a key that ends in `_ms`.
pub(crate) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
