//! `bellwether-ingestion`: the record log in a process of its own, as `bellwether serve --roles ingestion` runs it.

use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_ingestion::Ingestion;
use bellwether_runtime::config::{Environment, Sources, load};
use bellwether_runtime::process::{self, Home, Process};
use bellwether_runtime::{NodeConfig, Secret, TelemetryConfig};
use bellwether_storage::Place;
use clap::Parser;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "\
Prints `ready URL` once it takes calls; SIGTERM drains it. Every key of deploy/config/ingestion.yaml can stand in the
environment too: BELLWETHER_DATABASE_URL is the place for a password.

Examples:
  bellwether-ingestion --data-dir ./data
  bellwether-ingestion --database-url postgres://me@db/sales --token-file token";

/// Keeps sales records: takes them in, hands them on in order.
#[derive(Debug, Parser, Serialize)]
#[command(name = "bellwether-ingestion", version, after_help = EXAMPLES, max_term_width = 110)]
struct Args {
    /// The folder of the database, address and token; with --database-url and --token-file it may be left out
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
    /// Likewise
    #[arg(long = "kpi-url", value_name = "URL", hide = true)]
    #[serde(skip)]
    _kpi_url: Option<String>,
    /// A file with the token that all processes share, instead of one of the folder's own
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
    node: NodeConfig,
    telemetry: TelemetryConfig,
    ingestion: bellwether_ingestion::Config,
    #[serde(rename = "roles")]
    _roles: IgnoredAny,
    #[serde(rename = "ingestion_url")]
    _ingestion_url: IgnoredAny,
    #[serde(rename = "redis_url")]
    _redis_url: IgnoredAny,
    #[serde(rename = "link")]
    _link: IgnoredAny,
    #[serde(rename = "kpi")]
    _kpi: IgnoredAny,
    #[serde(rename = "kpi_url")]
    _kpi_url: IgnoredAny,
    #[serde(rename = "forecasting")]
    _forecasting: IgnoredAny,
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
    let home = Home {
        data_dir: config.data_dir,
        token_file: config.token_file,
    };
    let process = Process::open(home, config.node).await?;
    let start = || Ingestion::start(process.host(), &place, config.ingestion.clone());
    let Some(ingestion) = process.start(start).await? else {
        return Ok(());
    };
    let served = process.run(ingestion.services(), process::say_ready).await;
    let closed = process::close(ingestion.close()).await;
    served.and(closed)
}

fn place(config: &Config) -> Result<Place> {
    let server = config.database_url.as_ref().map(|url| url.expose().clone());
    let server = server.filter(|url| !url.trim().is_empty()).map(Place::Server);
    let file = || Some(Place::File(config.data_dir.as_ref()?.join("ingestion.db")));
    server.or_else(file).ok_or_else(|| {
        let message = "where are the records? Give --data-dir DIR, or --database-url URL";
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
        assert_eq!(place(&own).unwrap(), Place::File("./data/ingestion.db".into()));
        assert!(matches!(place(&shared).unwrap(), Place::Server(_)));
        assert!(shared.token_file.is_some());
        assert!(place(&given("bellwether-ingestion").unwrap()).is_err());
    }

    #[test]
    fn what_is_for_other_roles_is_left_alone() {
        let line = "bellwether-ingestion --data-dir ./d --ingestion-url http://h:1 --redis-url redis://h";
        assert!(place(&given(line).unwrap()).is_ok());
    }

    #[test]
    fn the_samples_are_read() {
        for name in ["ingestion", "kpi", "embedded"] {
            let file = format!("{}/../../deploy/config/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let config = given(&format!("bellwether-ingestion --config {file}"));
            assert!(config.is_ok(), "{name}: {config:?}");
        }
    }
}
