//! Numbers about the committers, for `/metrics`.

use std::time::Duration;

use bellwether_runtime::Metrics;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// What the committers of all tenants did.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    groups: Counter,
    failed: Counter,
    requests: Counter,
    records: Counter,
    seconds: Histogram,
}

impl Meter {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let meter = Self {
            groups: Counter::default(),
            failed: Counter::default(),
            requests: Counter::default(),
            records: Counter::default(),
            // 0.5 ms to about 8 s.
            seconds: Histogram::new(exponential_buckets(0.0005, 2.0, 15)),
        };
        let shown = meter.clone();
        metrics.register(move |registry| {
            let registry = registry.sub_registry_with_prefix("bellwether_ingestion");
            registry.register("groups", "Transactions of the record log", shown.groups);
            registry.register(
                "groups_failed",
                "Transactions of the record log that failed",
                shown.failed,
            );
            registry.register("requests", "Write requests that were answered", shown.requests);
            registry.register("records", "Records in those requests", shown.records);
            registry.register(
                "commit_seconds",
                "Time of a transaction, from queue to commit",
                shown.seconds,
            );
        });
        meter
    }

    /// Counts a group.
    pub(super) fn count(&self, requests: usize, records: usize, took: Duration, committed: bool) {
        self.groups.inc();
        self.seconds.observe(took.as_secs_f64());
        if committed {
            self.requests.inc_by(requests as u64);
            self.records.inc_by(records as u64);
        } else {
            self.failed.inc();
        }
    }
}
