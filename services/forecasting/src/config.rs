//! What can be set about the service; every field has a default and unknown keys are refused.

use std::time::Duration;

use bellwether_storage::{DatabaseOptions, PostgresOptions};
use serde::Deserialize;

/// The section `forecasting` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Models that are fitted at the same time, of series beside all others; 0 = one for every two processors of the machine.
    pub fits: usize,
    /// Bytes of fitted models that are kept in memory; of each kind the newest is kept though it is larger.
    pub cache_bytes: u64,
    /// How often it is looked for forecasts whose periods are over, in seconds.
    pub score_interval_seconds: u64,
    /// How many days after its end a period is taken to be told in full; at least 1, as days end later in the west.
    pub score_after_days: u32,
    /// Connections to the database that read at the same time.
    pub readers: u32,
    /// Connections to a database server that write at the same time. A file has one.
    pub writers: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            fits: 0,
            cache_bytes: 64 << 20,
            score_interval_seconds: 300,
            score_after_days: 1,
            readers: 2,
            writers: 2,
        }
    }
}

impl Config {
    /// Models that are fitted at the same time.
    pub(crate) fn fits(&self) -> usize {
        match self.fits {
            0 => std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2)),
            fits => fits,
        }
    }

    pub(crate) fn score_interval(&self) -> Duration {
        Duration::from_secs(self.score_interval_seconds.max(1))
    }

    /// Days, at least 1: by UTC a period is over while it goes on in zones of the west.
    pub(crate) fn score_after(&self) -> i32 {
        i32::try_from(self.score_after_days)
            .unwrap_or(i32::MAX)
            .clamp(1, i32::MAX / 2)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_period_is_scored_on_the_day_on_which_it_ends() {
        let after = |days: u32| {
            let config = Config {
                score_after_days: days,
                ..Config::default()
            };
            config.score_after()
        };
        assert_eq!(
            (after(0), after(1), after(7), after(u32::MAX)),
            (1, 1, 7, i32::MAX / 2)
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"fits": 2}"#).is_ok_and(|config| config.fits() == 2));
        assert!(serde_json::from_str::<Config>(r#"{"fit": 2}"#).is_err());
        assert!(Config::default().fits() >= 1);
    }
}
