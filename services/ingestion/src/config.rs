//! The settings of the service; every field has a default and unknown keys are refused.

use std::time::Duration;

use bellwether_storage::{DatabaseOptions, PostgresOptions};
use serde::Deserialize;

/// The section `ingestion` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long a committer waits for more writers when several wrote lately, in milliseconds.
    pub gather_ms: u64,
    /// How many records a committer gathers into one transaction; a larger batch is committed by itself.
    pub gather_rows: usize,
    /// How often a follower of the log looks for changes by itself, in milliseconds; commits wake it earlier.
    pub feed_poll_ms: u64,
    /// How often a process asks a database that others write to as well where the followed logs stand, in milliseconds.
    pub tail_poll_ms: u64,
    /// How long a follower waits for a database that is away before its stream ends, in milliseconds.
    pub feed_patience_ms: u64,
    /// How often a follower with nothing to read is sent a sign of life, in milliseconds.
    pub feed_idle_ms: u64,
    /// Connections that read at the same time.
    pub readers: u32,
    /// Connections to a database server that write at the same time; one tenant is written by one of them at a time. A file
    /// has one.
    pub writers: u32,
    /// How many bytes the files of one import may have together; they are kept on disk while it runs.
    pub import_max_bytes: u64,
    /// How long an import is believed to run without a word of its process, in milliseconds, where several processes
    /// share a database. Their clocks must agree to a third of it.
    pub import_lease_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gather_ms: 2,
            gather_rows: 2_000,
            feed_poll_ms: 500,
            tail_poll_ms: 40,
            feed_patience_ms: 5_000,
            feed_idle_ms: 10_000,
            readers: 4,
            writers: 4,
            import_max_bytes: 4 * 1024 * 1024 * 1024,
            import_lease_ms: 30_000,
        }
    }
}

impl Config {
    pub(crate) fn gather(&self) -> Duration {
        Duration::from_millis(self.gather_ms)
    }

    pub(crate) fn feed_poll(&self) -> Duration {
        Duration::from_millis(self.feed_poll_ms.max(1))
    }

    pub(crate) fn feed_idle(&self) -> Duration {
        Duration::from_millis(self.feed_idle_ms.max(1))
    }

    pub(crate) fn tail_poll(&self) -> Duration {
        Duration::from_millis(self.tail_poll_ms.max(1))
    }

    pub(crate) fn feed_patience(&self) -> Duration {
        Duration::from_millis(self.feed_patience_ms)
    }

    pub(crate) fn import_lease(&self) -> Duration {
        Duration::from_millis(self.import_lease_ms.max(3))
    }

    pub(crate) fn database(&self) -> DatabaseOptions {
        DatabaseOptions {
            readers: self.readers.max(1),
            postgres: PostgresOptions {
                // The process itself tries again, says so, and can be told to end meanwhile.
                start_timeout: Duration::from_secs(2),
                writers: self.writers.max(1),
                ..PostgresOptions::default()
            },
            ..DatabaseOptions::default()
        }
    }
}
