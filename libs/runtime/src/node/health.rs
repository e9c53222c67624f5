//! The health service of a node, in step with readiness: SERVING when every gate is open, NOT_SERVING from the moment
//! the process drains.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as Probes, HealthServer};
use tonic_health::server::HealthReporter;

use crate::host::Host;

/// Reports the health of a node's services.
pub(crate) struct Health {
    host: Host,
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Health {
    /// The health of `names` and of the whole node, NOT_SERVING at first, and the service that tells it.
    pub(crate) async fn of(host: &Host, names: &[&'static str]) -> (Self, HealthServer<impl Probes>) {
        let (reporter, probes) = tonic_health::server::health_reporter();
        let health = Self {
            host: host.clone(),
            reporter,
            names: names.to_vec(),
        };
        health.report(false).await;
        (health, probes)
    }

    /// Follows readiness; returns when NOT_SERVING was said for good.
    pub(crate) async fn follow_until_draining(&self) {
        let draining = self.host.shutdown.draining();
        let mut changes = self.host.readiness.subscribe();
        while !draining.is_cancelled() {
            let ready = *changes.borrow_and_update();
            self.report(ready).await;
            tokio::select! {
                () = draining.cancelled() => {}
                // The other end lives in the host, so that only changes can end the wait.
                _ = changes.changed() => {}
            }
        }
        self.report(false).await;
    }

    async fn report(&self, ready: bool) {
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        // The empty name is the whole node's.
        for name in self.names.iter().chain([&""]) {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
