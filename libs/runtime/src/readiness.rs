//! What must be true before a process takes calls from a load balancer.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The gates of a process. It is ready when all are open; readiness never depends on a peer after that.
#[derive(Debug, Clone)]
pub struct Readiness {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    closed: Mutex<Vec<&'static str>>,
    ready: watch::Sender<bool>,
}

impl Readiness {
    /// A process without gates: ready.
    #[must_use]
    pub fn new() -> Self {
        let inner = Inner {
            closed: Mutex::new(Vec::new()),
            ready: watch::Sender::new(true),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Adds a closed gate. `name` tells operators what is waited for.
    #[must_use]
    pub fn gate(&self, name: &'static str) -> Gate {
        self.change(|closed| closed.push(name));
        Gate {
            readiness: self.clone(),
            name,
        }
    }

    /// Whether every gate is open.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.inner.ready.borrow()
    }

    /// The names of the gates that are still closed.
    #[must_use]
    pub fn waiting_for(&self) -> Vec<&'static str> {
        self.inner
            .closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until every gate is open.
    pub async fn wait(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        self.inner.ready.subscribe().wait_for(|ready| *ready).await.ok();
    }

    /// Follows the changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<bool> {
        self.inner.ready.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<&'static str>)) {
        let mut closed = self.inner.closed.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut closed);
        self.inner.ready.send_replace(closed.is_empty());
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

/// One condition of readiness: closed until opened, then open for good.
#[derive(Debug, Clone)]
pub struct Gate {
    readiness: Readiness,
    name: &'static str,
}

impl Gate {
    /// Declares the condition met. Again has no effect.
    pub fn open(&self) {
        self.readiness.change(|closed| {
            if let Some(place) = closed.iter().position(|name| *name == self.name) {
                closed.swap_remove(place);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_when_the_last_gate_opens() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let (feed, disk) = (readiness.gate("feed"), readiness.gate("disk"));
        assert_eq!(readiness.waiting_for(), ["feed", "disk"]);
        feed.open();
        feed.open();
        assert!(!readiness.is_ready());
        let waiting = tokio::spawn({
            let readiness = readiness.clone();
            async move { readiness.wait().await }
        });
        disk.open();
        waiting.await.unwrap();
        assert!(readiness.is_ready());
    }
}
