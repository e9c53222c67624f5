//! What can be set about the service.

use serde::{Deserialize, Serialize};

/// Most threads that one question scans with, unless told otherwise.
const MOST_SCAN_THREADS: usize = 8;

/// The service's section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Threads that one question may scan with; 0 = as many as the machine has, at most 8.
    pub scan_threads: usize,
    /// How many changes at least lie between two checkpoints. A large tenant waits for a quarter of its log.
    pub checkpoint_changes: u64,
    /// How often a checkpoint is written when there is anything new, in seconds.
    pub checkpoint_interval_seconds: u64,
    /// Bytes of answers that are kept in memory; 0 = none.
    pub cache_bytes: u64,
    /// Answers that took at least so long to compute, in microseconds, are kept in the cache that processes share; 0 =
    /// all of them.
    pub shared_min_micros: u64,
    /// How long they stay there at most, in seconds. It bounds memory; what is right does not depend on it.
    pub shared_ttl_seconds: u64,
    /// After so long without a sign of life a feed is dropped and opened anew, in milliseconds: three times as long as
    /// ingestion's `feed_idle_ms`. So long the log's end may also be behind the facts before they are read anew.
    pub feed_silence_ms: u64,
    /// How long a read waits for a position when the caller set no deadline, in milliseconds.
    pub wait_ms: u64,
    /// At least so long lies between two messages of a watch, in milliseconds; a client may ask for longer.
    pub watch_min_interval_ms: u64,
    /// After so long without a change a watch says that there was none, in milliseconds. So long a watch also bears facts
    /// that cannot be asked before it ends.
    pub watch_heartbeat_ms: u64,
    /// Watches that may be open at the same time in this process.
    pub max_watches: usize,
    /// Watches that may be open at the same time in this process for one tenant.
    pub max_watches_per_tenant: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            scan_threads: 0,
            checkpoint_changes: 100_000,
            checkpoint_interval_seconds: 300,
            cache_bytes: 64 << 20,
            shared_min_micros: 1_000,
            shared_ttl_seconds: 3_600,
            feed_silence_ms: 30_000,
            wait_ms: 10_000,
            watch_min_interval_ms: 100,
            watch_heartbeat_ms: 10_000,
            max_watches: 1_000,
            max_watches_per_tenant: 250,
        }
    }
}

impl Config {
    /// Threads that one question may scan with.
    pub(crate) fn threads(&self) -> usize {
        match self.scan_threads {
            0 => std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MOST_SCAN_THREADS),
            threads => threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"checkpoint_changes": 5}"#).is_ok());
        assert!(serde_json::from_str::<Config>(r#"{"checkpoint_change": 5}"#).is_err());
    }
}
