//! Logs to stderr; spans to an OpenTelemetry collector when one is configured.

use std::io::IsTerminal;
use std::time::Duration;

use bellwether_domain::{Error, ErrorReason, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::config::TelemetryConfig;

const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Telemetry that is running. Shut it down as the last thing a process does.
#[derive(Debug)]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// Starts logs and, with an endpoint, spans; once per process, within a tokio runtime.
///
/// Calls never wait for a collector: spans queue up to a limit and are dropped beyond it.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the key at fault; `INTERNAL` when telemetry was started before.
pub fn init(config: &TelemetryConfig) -> Result<Telemetry> {
    let provider = config
        .otlp_endpoint
        .as_deref()
        .map(|endpoint| exporting(config, endpoint))
        .transpose()?;
    let spans = provider.as_ref().map(|provider| {
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let tracer = provider.tracer("bellwether");
        // The exporter's own connection must not make spans that are exported in turn.
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(filter_fn(|at| is_ours(at.target())))
    });
    let logs = logs(config)?;
    let started = tracing_subscriber::registry().with(logs).with(spans).try_init();
    started.map_err(|_| Error::internal("telemetry was started before"))?;
    Ok(Telemetry { provider })
}

fn is_ours(target: &str) -> bool {
    target.starts_with("bellwether")
}

fn logs(config: &TelemetryConfig) -> Result<Box<dyn Layer<Registry> + Send + Sync>> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| refused("telemetry.filter", format!("`{}`: {error}", config.filter)))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(if config.json {
        layer.json().flatten_event(true).with_filter(filter).boxed()
    } else {
        layer
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter)
            .boxed()
    })
}

fn exporting(config: &TelemetryConfig, endpoint: &str) -> Result<SdkTracerProvider> {
    let uri: Option<http::Uri> = endpoint.parse().ok();
    if uri.is_none_or(|uri| uri.scheme_str() != Some("http") || uri.host().is_none()) {
        let message = format!("`{endpoint}` is not an address such as http://127.0.0.1:4317");
        return Err(refused("telemetry.otlp_endpoint", message));
    }
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT);
    let exporter = exporter
        .build()
        .map_err(|error| refused("telemetry.otlp_endpoint", error.to_string()))?;
    let queue = BatchConfigBuilder::default()
        .with_max_queue_size(config.queue.max(1))
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(queue)
        .build();
    let ratio = config.sample_ratio.clamp(0.0, 1.0);
    let resource = Resource::builder()
        .with_service_name(config.service_name.clone())
        .build();
    Ok(SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))))
        .with_resource(resource)
        .build())
}

fn refused(key: &str, message: String) -> Error {
    Error::invalid(ErrorReason::InvalidField, key, message)
}

impl Telemetry {
    /// Sends what is queued, for a few seconds at most.
    pub async fn shutdown(self) {
        let Some(provider) = self.provider else { return };
        let flush = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(tokio::time::timeout(FLUSH_TIMEOUT, flush).await, Ok(Ok(Ok(())))) {
            tracing::warn!("the last spans did not reach the collector");
        }
    }
}
