//! Values that replicas share through Redis: always optional, never wrong, never an error, never slow.

use std::time::Duration;

use bellwether_domain::Result;

/// How a [`SharedCache`] behaves; the defaults are what services run with.
#[derive(Debug, Clone)]
pub struct SharedCacheOptions {
    /// The longest that any one call may take. Default 100 ms.
    pub call_timeout: Duration,
    /// The longest that one attempt to connect may take. Default 500 ms.
    pub connect_timeout: Duration,
    /// Failures in a row after which calls are skipped. Default 3.
    pub failures_to_open: u32,
    /// How often a skipped Redis is tried again, and how often a healthy one is pinged. Default 500 ms.
    pub probe_every: Duration,
    /// Values longer than this many bytes are not stored. Default 1 MiB.
    pub max_value_bytes: usize,
    /// Certificates (PEM) to trust instead of the public ones, for `rediss` URLs. Default none.
    pub ca_pem: Option<Vec<u8>>,
}

impl Default for SharedCacheOptions {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_millis(100),
            connect_timeout: Duration::from_millis(500),
            failures_to_open: 3,
            probe_every: Duration::from_millis(500),
            max_value_bytes: 1 << 20,
            ca_pem: None,
        }
    }
}

/// Proof of a granted lease; [`SharedCache::release`] takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseToken(String);

/// The answer to [`SharedCache::lease`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// The caller alone holds it until released or expired.
    Granted(LeaseToken),
    /// Somebody else holds it.
    Held,
    /// Redis did not say in time: nobody is kept from working.
    Unknown,
}

/// What happened since [`SharedCache::open`]; counts only rise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedCacheStats {
    /// Gets answered with a value.
    pub hits: u64,
    /// Gets answered without one, damaged values included.
    pub misses: u64,
    /// Calls that were not sent, because Redis was known to be away.
    pub skipped: u64,
    /// Calls that failed or took too long.
    pub errors: u64,
    /// Times that the breaker opened.
    pub breaker_opens: u64,
    /// Whether a call would be skipped now: not connected, or the breaker is open.
    pub open: bool,
}

/// A handle to Redis; clones share one connection. Redis may vanish or lie empty at any time.
#[derive(Debug, Clone)]
pub struct SharedCache {}

impl SharedCache {
    /// A cache on the Redis at `url`; returns at once and connects in the background. Must be called inside a tokio
    /// runtime.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `redis_url` when the URL is malformed. A Redis that is away is no error.
    pub fn open(_url: &str, _options: SharedCacheOptions) -> Result<Self> {
        Ok(Self {})
    }

    /// The value under `key`, or none: not there, damaged, or Redis did not answer in time.
    pub async fn get(&self, _key: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Stores `value` under `key` for `ttl` at most; best effort. `ttl` only bounds memory: what is right is decided
    /// by the key.
    pub async fn set(&self, _key: &[u8], _value: &[u8], _ttl: Duration) {}

    /// Asks to be the only one that works on `key` for `ttl`.
    pub async fn lease(&self, _key: &[u8], _ttl: Duration) -> Lease {
        Lease::Unknown
    }

    /// Gives a lease back, unless it expired and belongs to somebody else by now; best effort.
    pub async fn release(&self, _key: &[u8], _token: &LeaseToken) {}

    /// Waits until Redis is connected, `within` at most; whether it is.
    pub async fn connected(&self, _within: Duration) -> bool {
        false
    }

    /// Counters for metrics and tests.
    #[must_use]
    pub fn stats(&self) -> SharedCacheStats {
        SharedCacheStats::default()
    }
}
