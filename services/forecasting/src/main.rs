//! `bellwether-forecasting`: forecasts in a process of their own, as `bellwether serve --roles forecasting` runs it.

use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_forecasting::Forecasting;
use bellwether_runtime::config::{Environment, Sources, load};
use bellwether_runtime::process::{self, Home, Process};
use bellwether_runtime::{LinkConfig, NodeConfig, PeerLink, Secret, TelemetryConfig};
use bellwether_storage::Place;
use clap::Parser;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "\
Prints `ready URL` once it answers; SIGTERM drains it. Every key of deploy/config/forecasting.yaml can stand in the
environment too: BELLWETHER_DATABASE_URL is the place for a password.

Examples:
  bellwether-forecasting --kpi-url http://127.0.0.1:4721 --data-dir ./data --token-file ./token
  bellwether-forecasting --kpi-url http://a:80,http://b:80 --database-url postgres://me@db/sales --token-file token";

/// Says what is likely to come, and how well it said so before.
#[derive(Debug, Parser, Serialize)]
#[command(name = "bellwether-forecasting", version, after_help = EXAMPLES, max_term_width = 110)]
struct Args {
    /// Where kpi is; several replicas separated by commas
    #[arg(long, value_name = "URL,...")]
    #[serde(skip_serializing_if = "Option::is_none")]
    kpi_url: Option<String>,
    /// The folder of the database and the address; with --database-url and --token-file it may be left out
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// A PostgreSQL database instead of a file in the folder; replicas share it
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    /// Taken and left alone, so that every process of a fleet may be given the same flags
    #[arg(long = "ingestion-url", value_name = "URL", hide = true)]
    #[serde(skip)]
    _ingestion_url: Option<String>,
    /// Likewise
    #[arg(long = "redis-url", value_name = "URL", hide = true)]
    #[serde(skip)]
    _redis_url: Option<String>,
    /// A file with the token that all processes share
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:0]
    #[arg(long, value_name = "ADDR:PORT")]
    #[serde(
        rename = "node",
        serialize_with = "process::as_listen",
        skip_serializing_if = "Option::is_none"
    )]
    listen: Option<String>,
    /// A configuration file (YAML)
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    #[serde(skip)]
    config: Option<PathBuf>,
}

/// What can be configured. Keys of other services are taken and left alone: one file may serve a whole fleet.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    data_dir: Option<PathBuf>,
    token_file: Option<PathBuf>,
    database_url: Option<Secret<String>>,
    kpi_url: Option<String>,
    node: NodeConfig,
    telemetry: TelemetryConfig,
    link: LinkConfig,
    forecasting: bellwether_forecasting::Config,
    #[serde(rename = "roles")]
    _roles: IgnoredAny,
    #[serde(rename = "ingestion_url")]
    _ingestion_url: IgnoredAny,
    #[serde(rename = "redis_url")]
    _redis_url: IgnoredAny,
    #[serde(rename = "ingestion")]
    _ingestion: IgnoredAny,
    #[serde(rename = "kpi")]
    _kpi: IgnoredAny,
}

fn main() -> ExitCode {
    let args = Args::parse();
    process::main(async {
        let config = read(args, Environment::of_process())?;
        let telemetry = config.telemetry.clone();
        process::observed(&telemetry, serve(config)).await
    })
}

fn read(args: Args, environment: Environment) -> Result<Config> {
    load(&Sources::of_process(args.config.clone(), environment), &args)
}

async fn serve(config: Config) -> Result<()> {
    let place = place(&config)?;
    let urls = config.kpi_url.filter(|urls| !urls.trim().is_empty());
    let urls = urls.ok_or_else(|| {
        let message = "where is kpi? Give --kpi-url URL";
        Error::invalid(ErrorReason::InvalidField, "kpi_url", message)
    })?;
    let home = Home {
        data_dir: config.data_dir,
        token_file: config.token_file,
    };
    let process = Process::open(home, config.node).await?;
    let host = process.host();
    let kpi = PeerLink::far(&urls, &host.token()?, &config.link)?;
    let start = || Forecasting::start(host, &place, kpi.clone(), config.forecasting.clone());
    let Some(forecasting) = process.start(start).await? else {
        return Ok(());
    };
    let served = process.run(forecasting.services(), process::say_ready).await;
    let closed = process::close(forecasting.close()).await;
    served.and(closed)
}

fn place(config: &Config) -> Result<Place> {
    let server = config.database_url.as_ref().map(|url| url.expose().clone());
    let server = server.filter(|url| !url.trim().is_empty()).map(Place::Server);
    let file = || Some(Place::File(config.data_dir.as_ref()?.join("forecasting.db")));
    server.or_else(file).ok_or_else(|| {
        let message = "where are the forecasts to be kept? Give --data-dir DIR, or --database-url URL";
        Error::invalid(ErrorReason::InvalidField, "data_dir", message)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn given(line: &str) -> Result<Config> {
        read(
            Args::parse_from(line.split_whitespace()),
            Environment::of(&[("BELLWETHER_REDIS_URL", "redis://h")]),
        )
    }

    #[test]
    fn examples_in_the_help_are_true() {
        let examples = EXAMPLES.lines().map(str::trim);
        let examples: Vec<_> = examples.filter(|line| line.starts_with("bellwether-")).collect();
        assert_eq!(examples.len(), 2);
        let [own, shared] = [examples[0], examples[1]].map(|line| given(line).unwrap());
        assert_eq!(place(&own).unwrap(), Place::File("./data/forecasting.db".into()));
        assert!(matches!(place(&shared).unwrap(), Place::Server(_)));
        assert!(own.kpi_url.is_some() && shared.token_file.is_some());
        assert!(place(&given("bellwether-forecasting").unwrap()).is_err());
    }

    #[test]
    fn the_samples_are_read() {
        for name in ["forecasting", "ingestion", "kpi", "embedded"] {
            let file = format!("{}/../../deploy/config/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let config = given(&format!("bellwether-forecasting --config {file}"));
            assert!(config.is_ok(), "{name}: {config:?}");
        }
    }
}
