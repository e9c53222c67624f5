//! What the followers measure: how far the facts have come and what they weigh.

use bellwether_runtime::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::tenant::TenantFacts;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    tenant: String,
}

/// How large the facts of a tenant are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    /// All of their memory.
    bytes: usize,
    /// Rows that stand now.
    rows: usize,
    /// The memory of rows and dictionaries.
    row_bytes: usize,
}

impl Weight {
    pub(super) fn of(facts: &TenantFacts) -> Self {
        let (rows, row_bytes) = facts.rows();
        Self {
            bytes: facts.bytes(),
            rows,
            row_bytes,
        }
    }
}

/// Numbers by tenant. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    head: Family<Labels, Gauge>,
    seq: Family<Labels, Gauge>,
    bytes: Family<Labels, Gauge>,
    rows: Family<Labels, Gauge>,
    row_bytes: Family<Labels, Gauge>,
    failures: Family<Labels, Counter>,
}

impl Meter {
    pub(super) fn register(metrics: &Metrics) -> Self {
        let meter = Self {
            head: Family::default(),
            seq: Family::default(),
            bytes: Family::default(),
            rows: Family::default(),
            row_bytes: Family::default(),
            failures: Family::default(),
        };
        metrics.register(|registry| {
            registry.register(
                "kpi_feed_head_seq",
                "The log's head as last heard of, by tenant",
                meter.head.clone(),
            );
            registry.register(
                "kpi_facts_seq",
                "Where the facts stand in the log, by tenant",
                meter.seq.clone(),
            );
            registry.register(
                "kpi_facts_bytes",
                "Memory that the facts hold, by tenant",
                meter.bytes.clone(),
            );
            registry.register(
                "kpi_fact_rows",
                "Fact rows that stand now, by tenant",
                meter.rows.clone(),
            );
            registry.register(
                "kpi_fact_rows_bytes",
                "Memory that fact rows and their dictionaries hold, by tenant",
                meter.row_bytes.clone(),
            );
            registry.register(
                "kpi_facts_failures",
                "How often changes could not be taken in, by tenant",
                meter.failures.clone(),
            );
        });
        meter
    }

    /// A message of the feed was taken in.
    pub(super) fn note(&self, tenant: &str, head: u64, seq: u64, weight: Weight) {
        let labels = Labels {
            tenant: tenant.to_owned(),
        };
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.head.get_or_create(&labels).set(whole(head));
        self.seq.get_or_create(&labels).set(whole(seq));
        let sizes = [
            (&self.bytes, weight.bytes),
            (&self.rows, weight.rows),
            (&self.row_bytes, weight.row_bytes),
        ];
        for (gauge, size) in sizes {
            gauge.get_or_create(&labels).set(whole(size as u64));
        }
    }

    /// Changes could not be taken in.
    pub(super) fn failed(&self, tenant: &str) {
        let labels = Labels {
            tenant: tenant.to_owned(),
        };
        self.failures.get_or_create(&labels).inc();
    }
}
