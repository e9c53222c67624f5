//! The configuration of `serve`: every key, where it comes from, and what the roles of the process need of it.

use std::path::PathBuf;

use bellwether_domain::{Error, ErrorReason, Result as Checked, Violation};
use bellwether_runtime::config::{Environment, Sources, load};
use bellwether_runtime::process::{self, Home};
use bellwether_runtime::{LinkConfig, NodeConfig, Secret, TelemetryConfig};
use bellwether_storage::{Place, SharedCache, SharedCacheOptions};
use serde::{Deserialize, Serialize};

use super::roles::Roles;
use crate::cli::ServeArgs;
use crate::exit::{Code, Failure};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    pub(super) roles: Roles,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) database_url: Option<Secret<String>>,
    pub(super) ingestion_url: Option<String>,
    pub(super) kpi_url: Option<String>,
    pub(super) redis_url: Option<Secret<String>>,
    pub(super) node: NodeConfig,
    pub(super) telemetry: TelemetryConfig,
    pub(super) link: LinkConfig,
    pub(super) ingestion: bellwether_ingestion::Config,
    pub(super) kpi: bellwether_kpi::Config,
    pub(super) forecasting: bellwether_forecasting::Config,
}

/// What the command line says of the configuration.
#[derive(Serialize)]
struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingestion_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kpi_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_url: Option<String>,
    #[serde(
        serialize_with = "process::as_listen",
        skip_serializing_if = "Option::is_none"
    )]
    node: Option<String>,
}

impl Config {
    /// The configuration in all its sources.
    ///
    /// # Errors
    /// Usage, naming every key at fault.
    pub(super) fn read(args: ServeArgs, environment: Environment) -> Result<Self, Failure> {
        let sources = Sources::of_process(args.config, environment);
        let flags = Flags {
            roles: args.roles,
            data_dir: args.data_dir,
            token_file: args.token_file,
            database_url: args.database_url,
            ingestion_url: args.ingestion_url,
            kpi_url: args.kpi_url,
            redis_url: args.redis_url,
            node: args.listen,
        };
        let mut read: Self = load(&sources, &flags).map_err(usage)?;
        // An empty variable is how compose files leave something out.
        read.database_url = read.database_url.filter(|url| !url.expose().trim().is_empty());
        read.redis_url = read.redis_url.filter(|url| !url.expose().trim().is_empty());
        read.ingestion_url = read.ingestion_url.filter(|url| !url.trim().is_empty());
        read.kpi_url = read.kpi_url.filter(|url| !url.trim().is_empty());
        Ok(read)
    }

    /// The folder and the token.
    pub(super) fn home(&self) -> Home {
        Home {
            data_dir: self.data_dir.clone(),
            token_file: self.token_file.clone(),
        }
    }

    /// What the roles need, once it has been seen that all of it is there.
    ///
    /// # Errors
    /// Usage, naming everything that is missing and how to give it.
    pub(super) fn needs(&self, demo: bool) -> Result<Needs, Failure> {
        let mut missing = Vec::new();
        let mut lacks = |key: &str, message: &str| missing.push(Violation::new(key, message));
        let (place, forecasts) = (self.place("ingestion.db"), self.place("forecasting.db"));
        if (self.roles.ingestion || self.roles.forecasting) && place.is_none() {
            lacks(
                "data_dir",
                "where is the data? Give --data-dir DIR or set BELLWETHER_DATA_DIR; with --database-url URL it is in PostgreSQL",
            );
        } else if self.data_dir.is_none() && self.token_file.is_none() {
            lacks(
                "token_file",
                "which token? Give --token-file FILE (the same for all processes), or --data-dir DIR to have one made there",
            );
        }
        if self.roles.kpi && !self.roles.ingestion && self.ingestion_url.is_none() {
            lacks(
                "ingestion_url",
                "where is ingestion? Role kpi needs --ingestion-url URL, or ingestion in the same process: --roles ingestion,kpi",
            );
        }
        if self.roles.forecasting && !self.roles.kpi && self.kpi_url.is_none() {
            lacks(
                "kpi_url",
                "where is kpi? Role forecasting needs --kpi-url URL, or kpi in the same process: --roles kpi,forecasting",
            );
        }
        if demo && !(self.roles.ingestion && self.roles.kpi) {
            lacks(
                "roles",
                "--demo needs both in this process: --roles ingestion,kpi",
            );
        }
        if !missing.is_empty() {
            return Err(usage(Error::violations(ErrorReason::InvalidField, missing)));
        }
        let near = Some(Peer::Near).filter(|_| self.roles.ingestion);
        let far = || self.ingestion_url.clone().map(Peer::Far);
        let near_kpi = Some(Peer::Near).filter(|_| self.roles.kpi);
        let far_kpi = || self.kpi_url.clone().map(Peer::Far);
        Ok(Needs {
            place: place.filter(|_| self.roles.ingestion),
            peer: near.or_else(far).filter(|_| self.roles.kpi),
            forecasts: forecasts.filter(|_| self.roles.forecasting),
            kpi: near_kpi.or_else(far_kpi).filter(|_| self.roles.forecasting),
            redis_url: self.redis_url.clone().filter(|_| self.roles.kpi),
        })
    }

    fn place(&self, file: &str) -> Option<Place> {
        let server = self.database_url.as_ref();
        let server = server.map(|url| Place::Server(url.expose().clone()));
        let in_folder = || Some(Place::File(self.data_dir.as_ref()?.join(file)));
        server.or_else(in_folder)
    }
}

/// What the roles of a process need.
#[derive(Debug)]
pub(super) struct Needs {
    /// The records, when ingestion runs here.
    pub(super) place: Option<Place>,
    /// Ingestion, when kpi runs here.
    pub(super) peer: Option<Peer>,
    /// What was forecast, when forecasting runs here.
    pub(super) forecasts: Option<Place>,
    /// Kpi, when forecasting runs here.
    pub(super) kpi: Option<Peer>,
    redis_url: Option<Secret<String>>,
}

/// Where kpi finds ingestion, and forecasting kpi.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// In this process.
    Near,
    /// At these addresses.
    Far(String),
}

impl Needs {
    /// The cache that kpi processes share, where one is named.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when its URL is malformed or the certificates cannot be read.
    pub(super) fn cache(&self, link: &LinkConfig) -> Checked<Option<SharedCache>> {
        let Some(url) = &self.redis_url else {
            return Ok(None);
        };
        let options = SharedCacheOptions {
            ca_pem: link.ca_pem()?,
            ..SharedCacheOptions::default()
        };
        SharedCache::open(url.expose(), options).map(Some)
    }
}

fn usage(error: Error) -> Failure {
    Failure::from(error).with_code(Code::Usage)
}
