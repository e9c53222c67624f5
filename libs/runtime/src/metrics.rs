//! The numbers at `/metrics`, in OpenMetrics text.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The registry of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    calls: Family<CallLabels, Counter>,
    seconds: Family<MethodLabels, Histogram>,
    active: Gauge,
    panics: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    method: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    method: &'static str,
}

// From 0.2 ms (a hot answer) to 30 s (the cap of a call), in seconds.
const BUCKETS: [f64; 16] = [
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

impl Metrics {
    /// A registry with the numbers of the RPC server.
    #[must_use]
    pub fn new() -> Self {
        let calls = Family::<CallLabels, Counter>::default();
        let seconds = Family::<MethodLabels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (active, panics) = (Gauge::default(), Counter::default());
        let mut registry = Registry::default();
        registry.register(
            "rpc_server_calls",
            "Calls answered, by method and status code",
            calls.clone(),
        );
        registry.register(
            "rpc_server_call_duration_seconds",
            "Time until a call was answered",
            seconds.clone(),
        );
        registry.register("rpc_server_active", "Calls being served now", active.clone());
        registry.register("rpc_server_panics", "Handlers that panicked", panics.clone());
        Self {
            registry: Arc::new(Mutex::new(registry)),
            calls,
            seconds,
            active,
            panics,
        }
    }

    /// Lets a room register numbers of its own.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All numbers as OpenMetrics text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a string cannot fail.
        prometheus_client::encoding::text::encode(&mut text, &registry).ok();
        text
    }

    pub(crate) fn answered(&self, method: &'static str, code: &'static str, took: Duration) {
        self.calls.get_or_create(&CallLabels { method, code }).inc();
        self.seconds
            .get_or_create(&MethodLabels { method })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn active(&self) -> &Gauge {
        &self.active
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_method_and_code() {
        let metrics = Metrics::new();
        metrics.answered("a.v1.S/Get", "OK", Duration::from_millis(3));
        metrics.answered("a.v1.S/Get", "NOT_FOUND", Duration::from_millis(3));
        let text = metrics.encode();
        assert!(
            text.contains(r#"rpc_server_calls_total{method="a.v1.S/Get",code="OK"} 1"#),
            "{text}"
        );
        assert!(
            text.contains(r#"rpc_server_call_duration_seconds_count{method="a.v1.S/Get"} 2"#),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
