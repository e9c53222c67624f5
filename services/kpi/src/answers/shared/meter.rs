//! What operators see of the shared cache: whether it is used at present, and what became of calls to it.

use std::fmt;

use bellwether_runtime::metrics::Metrics;
use bellwether_storage::cache::SharedCache;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// The cache's own counters, read when somebody asks.
#[derive(Debug)]
struct Numbers(SharedCache);

/// Shows the counters of `cache` at `/metrics`.
pub(super) fn register(metrics: &Metrics, cache: &SharedCache) {
    let numbers = Box::new(Numbers(cache.clone()));
    metrics.register(|registry| registry.register_collector(numbers));
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let stats = self.0.stats();
        let counters = [
            ("hits", "Looks that found an answer", stats.hits),
            ("misses", "Looks that found none", stats.misses),
            ("skipped", "Calls not made, because it is away", stats.skipped),
            ("errors", "Calls that failed or took too long", stats.errors),
            (
                "breaker_opens",
                "How often its breaker opened",
                stats.breaker_opens,
            ),
        ];
        for (name, help, count) in counters {
            let (name, counter) = (format!("kpi_shared_cache_{name}"), ConstCounter::new(count));
            let metric = encoder.encode_descriptor(&name, help, None, counter.metric_type())?;
            counter.encode(metric)?;
        }
        let open = ConstGauge::new(i64::from(stats.open));
        let help = "1 while no calls are made: not connected, or the breaker is open";
        let metric = encoder.encode_descriptor("kpi_shared_cache_open", help, None, open.metric_type())?;
        open.encode(metric)
    }
}
