//! Ports that nobody listens on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that the system gives to outgoing connections (32768 on Linux): a client that tries again and again to
/// reach a server that is down must not be handed the server's port for its own end.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// A loopback port that is free now, each time another one.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test processes that run beside each other begin at different places.
    let first = std::process::id().wrapping_mul(613);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + first.wrapping_add(step) % COUNT;
        let port = u16::try_from(port).expect("FIRST + COUNT is a port");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port of 127.0.0.1 from {FIRST} on is free")
}

/// Starts what listens on a port; somebody may be quicker to take it, so that a few are tried.
pub(super) fn on_free_port<T>(start: impl Fn(u16) -> Result<T, String>) -> T {
    let mut said = String::new();
    for _ in 0..4 {
        match start(free_port()) {
            Ok(server) => return server,
            Err(why) => said = why,
        }
    }
    panic!("{said}")
}
