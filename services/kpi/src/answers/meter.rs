//! What is measured of answers: how they were come by, and how long they took.

use std::time::Duration;

use bellwether_contracts::kpi::Path;
use bellwether_runtime::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    path: &'static str,
}

const PATHS: [&str; 3] = ["scan", "memory", "shared"];

/// Counters and times, ready at hand by path.
#[derive(Debug)]
pub(super) struct Meter {
    answers: [Counter; PATHS.len()],
    seconds: [Histogram; PATHS.len()],
    computations: Counter,
    computing: Histogram,
}

impl Meter {
    pub(super) fn register(metrics: &Metrics) -> Self {
        let answers = Family::<Labels, Counter>::default();
        let seconds = Family::<Labels, Histogram>::new_with_constructor(times);
        let meter = Self {
            answers: PATHS.map(|path| answers.get_or_create(&Labels { path }).clone()),
            seconds: PATHS.map(|path| seconds.get_or_create(&Labels { path }).clone()),
            computations: Counter::default(),
            computing: times(),
        };
        metrics.register(|registry| {
            registry.register("kpi_answers", "Answers by how they were come by", answers);
            registry.register(
                "kpi_answer_seconds",
                "From question to answer, by how it was come by",
                seconds,
            );
            registry.register(
                "kpi_computations",
                "Answers that no cache had, computed from the facts",
                meter.computations.clone(),
            );
            registry.register(
                "kpi_computation_seconds",
                "How long a computation took",
                meter.computing.clone(),
            );
        });
        meter
    }

    /// An answer was given.
    pub(super) fn answered(&self, path: Path, took: Duration) {
        let at = match path {
            Path::Memory => 1,
            Path::Shared => 2,
            Path::Scan | Path::Unspecified => 0,
        };
        self.answers[at].inc();
        self.seconds[at].observe(took.as_secs_f64());
    }

    /// An answer was computed.
    pub(super) fn computed(&self, took: Duration) {
        self.computations.inc();
        self.computing.observe(took.as_secs_f64());
    }
}

/// From 10 us to 20 s.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(1e-5, 2.0, 22))
}
