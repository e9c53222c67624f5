//! How many may watch at the same time, and what operators see of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwether_contracts::kpi::WatchKind;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, TenantId};
use bellwether_runtime::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::config::Config;

/// When a caller may try again, in milliseconds: watches are long.
const RETRY_MS: u64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
}

/// The places for watches of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    most: usize,
    most_of_tenant: usize,
    taken: Mutex<HashMap<TenantId, usize>>,
    open: Gauge,
    messages: Family<Labels, Counter>,
}

impl Inner {
    fn taken(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    pub(super) fn new(config: &Config, metrics: &Metrics) -> Self {
        let inner = Inner {
            most: config.max_watches,
            most_of_tenant: config.max_watches_per_tenant,
            taken: Mutex::default(),
            open: Gauge::default(),
            messages: Family::default(),
        };
        metrics.register(|registry| {
            registry.register("kpi_watches", "Watches that are open", inner.open.clone());
            registry.register(
                "kpi_watch_messages",
                "Messages of watches, by kind",
                inner.messages.clone(),
            );
        });
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A place among the watches of a tenant, until it is dropped.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` naming the limit.
    pub(super) fn enter(&self, tenant: &TenantId) -> Result<Seat> {
        let inner = &self.inner;
        let mut taken = inner.taken();
        let all: usize = taken.values().sum();
        if all >= inner.most {
            let most = inner.most;
            return Err(full(format!(
                "{most} watches are open here, which is kpi.max_watches"
            )));
        }
        if taken.get(tenant).is_some_and(|own| *own >= inner.most_of_tenant) || inner.most_of_tenant == 0 {
            let most = inner.most_of_tenant;
            return Err(full(format!(
                "{most} watches of this tenant are open here, which is kpi.max_watches_per_tenant"
            )));
        }
        *taken.entry(tenant.clone()).or_default() += 1;
        inner.open.inc();
        Ok(Seat {
            inner: Arc::clone(inner),
            tenant: tenant.clone(),
        })
    }
}

fn full(message: String) -> Error {
    let message = format!("{message}: end one, or ask another replica");
    Error::new(ErrorCode::ResourceExhausted, ErrorReason::Overloaded, message).with_retry_after_ms(RETRY_MS)
}

/// A place for a watch.
#[derive(Debug)]
pub(crate) struct Seat {
    inner: Arc<Inner>,
    tenant: TenantId,
}

impl Seat {
    /// A message was handed out.
    pub(super) fn spoke(&self, kind: WatchKind) {
        let kind = match kind {
            WatchKind::Complete => "complete",
            WatchKind::Changes => "changes",
            WatchKind::Heartbeat | WatchKind::Unspecified => "heartbeat",
        };
        self.inner.messages.get_or_create(&Labels { kind }).inc();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.inner.taken();
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.tenant);
            }
        }
        self.inner.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_tenant_and_in_all_and_given_back() {
        let config = Config {
            max_watches: 3,
            max_watches_per_tenant: 2,
            ..Config::default()
        };
        let seats = Seats::new(&config, &Metrics::default());
        let tenant = |name: &str| name.parse::<TenantId>().unwrap();
        let told = |name: &str| {
            let error = seats.enter(&tenant(name)).unwrap_err();
            assert_eq!(error.code, ErrorCode::ResourceExhausted);
            assert!(error.retry_after_ms.is_some());
            error.message
        };
        let first = seats.enter(&tenant("acme")).unwrap();
        let second = seats.enter(&tenant("acme")).unwrap();
        assert!(told("acme").contains("kpi.max_watches_per_tenant"));
        let other = seats.enter(&tenant("globex")).unwrap();
        assert!(told("globex").contains("kpi.max_watches:"));
        assert!(!told("globex").contains("acme"));
        assert_eq!(seats.inner.open.get(), 3);
        drop(first);
        let third = seats.enter(&tenant("acme")).unwrap();
        drop((second, other, third));
        assert_eq!((seats.inner.open.get(), seats.inner.taken().len()), (0, 0));
    }
}
