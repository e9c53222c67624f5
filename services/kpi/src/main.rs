//! `bellwether-kpi`: KPI answers in a process of its own, as `bellwether serve --roles kpi` runs it.

use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_kpi::Kpi;
use bellwether_runtime::config::{Environment, Sources, load};
use bellwether_runtime::process::{self, Home, Process};
use bellwether_runtime::{LinkConfig, NodeConfig, PeerLink, Secret, TelemetryConfig};
use bellwether_storage::{SharedCache, SharedCacheOptions};
use clap::Parser;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "\
Prints `ready URL` once it answers; SIGTERM drains it. Every key of deploy/config/kpi.yaml can stand
in the environment too: BELLWETHER_REDIS_URL is the place for a password.

Examples:
  bellwether-kpi --ingestion-url http://127.0.0.1:4711 --token-file ./token
  bellwether-kpi --ingestion-url http://a:80,http://b:80 --redis-url redis://r --token-file token";

/// Answers questions about KPIs from a copy of the records in memory.
#[derive(Debug, Parser, Serialize)]
#[command(name = "bellwether-kpi", version, after_help = EXAMPLES, max_term_width = 110)]
struct Args {
    /// Where ingestion is; several replicas separated by commas
    #[arg(long, value_name = "URL,...")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ingestion_url: Option<String>,
    /// The Redis through which processes share answers: redis://, rediss://, redis+sentinel://, redis+cluster://
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_url: Option<String>,
    /// Taken and left alone, so that every process of a fleet may be given the same flags: kpi keeps no tables
    #[arg(long = "database-url", value_name = "URL", hide = true)]
    #[serde(skip)]
    _database_url: Option<String>,
    /// The folder of checkpoints, so that a start need not read the whole log again; with --token-file it may be left out
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// Likewise
    #[arg(long = "kpi-url", value_name = "URL", hide = true)]
    #[serde(skip)]
    _kpi_url: Option<String>,
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
    ingestion_url: Option<String>,
    redis_url: Option<Secret<String>>,
    node: NodeConfig,
    telemetry: TelemetryConfig,
    link: LinkConfig,
    kpi: bellwether_kpi::Config,
    #[serde(rename = "roles")]
    _roles: IgnoredAny,
    #[serde(rename = "database_url")]
    _database_url: IgnoredAny,
    #[serde(rename = "ingestion")]
    _ingestion: IgnoredAny,
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
    let urls = config.ingestion_url.filter(|urls| !urls.trim().is_empty());
    let urls = urls.ok_or_else(|| {
        let message = "where is ingestion? Give --ingestion-url URL";
        Error::invalid(ErrorReason::InvalidField, "ingestion_url", message)
    })?;
    let home = Home {
        data_dir: config.data_dir,
        token_file: config.token_file,
    };
    let process = Process::open(home, config.node).await?;
    let host = process.host();
    let peer = PeerLink::far(&urls, &host.token()?, &config.link)?;
    let cache = cache(config.redis_url, &config.link)?;
    let kpi = Kpi::start(host, peer, cache, config.kpi).await?;
    process.run(kpi.services(), process::say_ready).await
}

fn cache(url: Option<Secret<String>>, link: &LinkConfig) -> Result<Option<SharedCache>> {
    let url = url.filter(|url| !url.expose().trim().is_empty());
    let Some(url) = url else { return Ok(None) };
    let options = SharedCacheOptions {
        ca_pem: link.ca_pem()?,
        ..SharedCacheOptions::default()
    };
    SharedCache::open(url.expose(), options).map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn given(line: &str) -> Result<Config> {
        read(
            Args::parse_from(line.split_whitespace()),
            Environment::of(&[("BELLWETHER_DATABASE_URL", "postgres://h/d")]),
        )
    }

    #[test]
    fn examples_in_the_help_are_true() {
        let examples = EXAMPLES.lines().map(str::trim);
        let examples: Vec<_> = examples
            .filter(|line| line.starts_with("bellwether-"))
            .map(|line| given(line).unwrap())
            .collect();
        assert_eq!(examples.len(), 2);
        assert!(examples.iter().all(|one| one.ingestion_url.is_some()));
        assert!(examples[0].redis_url.is_none() && examples[1].redis_url.is_some());
    }

    #[test]
    fn the_database_of_others_is_left_alone() {
        let config =
            given("bellwether-kpi --ingestion-url http://h:1 --database-url postgres://h/d").unwrap();
        assert_eq!(config.ingestion_url.as_deref(), Some("http://h:1"));
    }

    #[test]
    fn the_samples_are_read() {
        for name in ["kpi", "ingestion", "embedded"] {
            let file = format!("{}/../../deploy/config/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let config = given(&format!("bellwether-kpi --config {file}"));
            assert!(config.is_ok(), "{name}: {config:?}");
        }
    }
}
