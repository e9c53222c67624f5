//! Values that replicas share through Redis: always optional, never wrong, never an error, never slow.
//!
//! Redis may be away, hung, full, empty or failing over: then a get is a miss and a set does nothing, each within
//! [`SharedCacheOptions::call_timeout`], and after a few failures at once, until Redis answers again. One background
//! task connects and watches (`keeper`); callers share its multiplexed connection, one round trip a call.

mod address;
mod breaker;
mod frame;
mod keeper;
mod limiter;
mod link;
mod sentinel;
mod slot;
mod state;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bellwether_domain::{Error, Result};
use rand::TryRngCore as _;
use redis::{Cmd, Value};
use tokio::task::AbortHandle;

use address::Address;
use link::Connector;
use state::{Kind, State};

/// Every key starts with this, so that a server can be shared and watched.
const VALUES: &[u8] = b"bw:v:";
const LEASES: &[u8] = b"bw:l:";

/// Redis refuses times to live that overflow; nothing here is worth keeping longer.
const MAX_TTL: Duration = Duration::from_hours(24 * 365);

/// Deletes a lease only if it is still the caller's own.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

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
pub struct LeaseToken([u8; 24]);

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

/// A handle to Redis; clones share one connection, which ends with the last of them.
#[derive(Clone)]
pub struct SharedCache(Arc<Inner>);

struct Inner {
    address: Address,
    state: Arc<State>,
    keeper: AbortHandle,
    /// Tokens are a random name of this process's cache and a count: distinct without asking for chance each time.
    name: [u8; 16],
    leases: AtomicU64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl fmt::Debug for SharedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedCache").field(&self.0.address).finish()
    }
}

impl SharedCache {
    /// A cache on the Redis at `url`; returns at once and connects in the background. Must be called inside a tokio
    /// runtime.
    ///
    /// `redis://[user:password@]host[:port][/database]`, `redis+sentinel://[user:password@]host[:port],.../MASTER[/database]`
    /// or `redis+cluster://[user:password@]host[:port],...`; `rediss` in place of `redis` for TLS.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `redis_url` when the URL is malformed or the certificates cannot be read. A Redis
    /// that is away is no error.
    pub fn open(url: &str, options: SharedCacheOptions) -> Result<Self> {
        let address = Address::parse(url)?;
        let connector = Connector::new(address.clone(), &options)?;
        let mut name = [0; 16];
        rand::rngs::OsRng
            .try_fill_bytes(&mut name)
            .map_err(|error| Error::internal(format!("the system gives no random bytes: {error}")))?;
        let state = Arc::new(State::new(options, &address.topology));
        let keeper = tokio::spawn(keeper::keep(Arc::clone(&state), connector)).abort_handle();
        Ok(Self(Arc::new(Inner {
            address,
            state,
            keeper,
            name,
            leases: AtomicU64::new(0),
        })))
    }

    /// The value under `key`, or none: not there, damaged, or Redis did not answer in time.
    pub async fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let state = &self.0.state;
        let place = place(VALUES, key);
        let mut command = Cmd::with_capacity(2, place.len() + 16);
        command.arg("GET").arg(&place);
        let value = match state.call(Kind::Read, &place, &command).await? {
            Value::BulkString(frame) => {
                let value = frame::unseal(key, frame);
                if value.is_none() {
                    state.warn("a damaged value");
                }
                value
            }
            _ => None,
        };
        let counter = if value.is_some() {
            &state.hits
        } else {
            &state.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        value
    }

    /// Stores `value` under `key` for `ttl` at most; best effort, and nothing for a value above
    /// [`SharedCacheOptions::max_value_bytes`]. `ttl` only bounds memory: what is right is decided by the key.
    pub async fn set(&self, key: &[u8], value: &[u8], ttl: Duration) {
        if value.len() > self.0.state.options.max_value_bytes {
            return;
        }
        let place = place(VALUES, key);
        let mut command = Cmd::with_capacity(5, place.len() + value.len() + 64);
        command
            .arg("SET")
            .arg(&place)
            .arg(frame::seal(key, value))
            .arg("PX")
            .arg(milliseconds(ttl));
        self.0.state.call(Kind::Write, &place, &command).await;
    }

    /// Asks to be the only one that works on `key` for `ttl`, across all processes.
    ///
    /// A lease saves work and guards nothing: it can expire while its holder still works.
    pub async fn lease(&self, key: &[u8], ttl: Duration) -> Lease {
        let token = self.next_token();
        let place = place(LEASES, key);
        let mut command = Cmd::with_capacity(6, place.len() + 64);
        command
            .arg("SET")
            .arg(&place)
            .arg(&token.0[..])
            .arg("NX")
            .arg("PX")
            .arg(milliseconds(ttl));
        match self.0.state.call(Kind::Write, &place, &command).await {
            Some(Value::Okay) => Lease::Granted(token),
            Some(Value::Nil) => Lease::Held,
            _ => Lease::Unknown,
        }
    }

    /// Gives a lease back, unless it expired and belongs to somebody else by now; best effort: where scripts are
    /// forbidden, it expires.
    pub async fn release(&self, key: &[u8], token: &LeaseToken) {
        let place = place(LEASES, key);
        let mut command = Cmd::with_capacity(5, RELEASE.len() + place.len() + 64);
        command
            .arg("EVAL")
            .arg(RELEASE)
            .arg(1)
            .arg(&place)
            .arg(&token.0[..]);
        self.0.state.call(Kind::Read, &place, &command).await;
    }

    /// Waits until Redis is connected, `within` at most; whether it is.
    pub async fn connected(&self, within: Duration) -> bool {
        self.0.state.wait_connected(within).await
    }

    /// Counters for metrics and tests.
    #[must_use]
    pub fn stats(&self) -> SharedCacheStats {
        self.0.state.stats()
    }

    fn next_token(&self) -> LeaseToken {
        let mut token = [0; 24];
        let count = self.0.leases.fetch_add(1, Ordering::Relaxed);
        token[..16].copy_from_slice(&self.0.name);
        token[16..].copy_from_slice(&count.to_le_bytes());
        LeaseToken(token)
    }
}

fn place(prefix: &[u8], key: &[u8]) -> Vec<u8> {
    [prefix, key].concat()
}

fn milliseconds(ttl: Duration) -> u64 {
    let ms = ttl.min(MAX_TTL).as_millis();
    u64::try_from(ms).unwrap_or(u64::MAX).max(1)
}
