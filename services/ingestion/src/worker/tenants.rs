//! The tenants that this process has met: the head that followers watch, the settings that records are checked with,
//! and the committer, started by the first write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bellwether_domain::settings::Settings;
use bellwether_domain::{Clock, Result, TenantId};
use bellwether_runtime::{Host, Shutdown};
use tokio::sync::watch;

use super::committer::Committer;
use super::meter::Meter;
use super::queue::{self, Gather, Sender};
use crate::config::Config;
use crate::store::Store;

/// The settings of a moment, and the change that holds them.
#[derive(Debug)]
pub(super) struct Edition {
    /// 0 = none were declared.
    pub(super) seq: u64,
    pub(super) settings: Settings,
}

/// A tenant, as this process knows it.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) id: TenantId,
    /// The last sequence number that this process knows of; wakes followers.
    pub(super) head: watch::Sender<u64>,
    edition: Mutex<Option<Arc<Edition>>>,
    sender: OnceLock<Sender>,
}

impl Tenant {
    /// Says that the log has come so far, and wakes followers if that is news.
    pub(super) fn reached(&self, seq: u64) {
        self.head.send_if_modified(|head| {
            let moved = seq > *head;
            *head = (*head).max(seq);
            moved
        });
    }

    /// Forgets the settings if they are not of this edition.
    pub(super) fn settings_are_of(&self, seq: u64) {
        let mut edition = self.edition.lock().unwrap_or_else(PoisonError::into_inner);
        if edition.as_ref().is_some_and(|edition| edition.seq != seq) {
            *edition = None;
        }
    }

    /// Forgets the settings, so that they are read again.
    pub(super) fn forget_settings(&self) {
        *self.edition.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// All of them, and what their committers need.
#[derive(Debug)]
pub(super) struct Tenants {
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    gather: Gather,
    meter: Meter,
    met: Mutex<HashMap<TenantId, Arc<Tenant>>>,
}

impl Tenants {
    pub(super) fn new(store: Store, host: &Host, config: &Config) -> Self {
        Self {
            store,
            clock: Arc::clone(&host.clock),
            shutdown: host.shutdown.clone(),
            meter: Meter::new(&host.metrics),
            gather: Gather {
                wait: config.gather(),
                rows: config.gather_rows.max(1),
            },
            met: Mutex::default(),
        }
    }

    /// The tenant of an id, whether it has a log yet or not.
    pub(super) fn tenant(&self, id: &TenantId) -> Arc<Tenant> {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = met.get(id) {
            return Arc::clone(tenant);
        }
        let tenant = Arc::new(Tenant {
            id: id.clone(),
            head: watch::Sender::new(0),
            edition: Mutex::default(),
            sender: OnceLock::new(),
        });
        met.insert(id.clone(), Arc::clone(&tenant));
        tenant
    }

    /// The tenants that somebody follows.
    pub(super) fn followed(&self) -> Vec<Arc<Tenant>> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = met.values().filter(|tenant| tenant.head.receiver_count() > 0);
        followed.map(Arc::clone).collect()
    }

    /// The queue of the tenant's committer.
    pub(super) fn queue(&self, tenant: &Arc<Tenant>) -> Sender {
        let start = || {
            let (sender, queue) = queue::queue();
            let committer = Committer {
                tenant: Arc::clone(tenant),
                store: self.store.clone(),
                clock: Arc::clone(&self.clock),
                gather: self.gather,
                meter: self.meter.clone(),
                stop: self.shutdown.workers().clone(),
            };
            self.shutdown.spawn(committer.run(queue));
            sender
        };
        tenant.sender.get_or_init(start).clone()
    }

    /// The settings to check records with. They may be replaced meanwhile: the transaction looks again.
    pub(super) async fn edition(&self, tenant: &Tenant) -> Result<Arc<Edition>> {
        let cached = tenant
            .edition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(edition) = cached {
            return Ok(edition);
        }
        let (seq, settings) = self.store.settings(&tenant.id).await?;
        let edition = Arc::new(Edition { seq, settings });
        *tenant.edition.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&edition));
        Ok(edition)
    }
}
