//! What can be set about the service.

use serde::{Deserialize, Serialize};

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
    /// How long a read waits for a position when the caller set no deadline, in milliseconds.
    pub wait_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            scan_threads: 0,
            checkpoint_changes: 100_000,
            checkpoint_interval_seconds: 300,
            wait_ms: 10_000,
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
