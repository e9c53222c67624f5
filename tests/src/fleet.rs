//! The product as a fleet: any number of ingestion, kpi and forecasting processes over one PostgreSQL and one Redis.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bellwether_testkit::servers::{Postgres, Redis, free_port};
use tempfile::TempDir;

use crate::product::Done;
use crate::proxy::Proxy;

mod replica;

pub use replica::Replica;
use replica::{address, run_at, start_each, url};

/// What a fleet consists of.
#[derive(Clone, Debug)]
pub struct FleetOptions {
    /// How many ingestion processes.
    pub ingestions: usize,
    /// How many kpi processes.
    pub kpis: usize,
    /// How many forecasting processes.
    pub forecastings: usize,
    /// Whether each ingestion process has the role kpi as well.
    pub both_roles: bool,
    /// Puts a [`Proxy`] before PostgreSQL, before Redis and before each ingestion process.
    pub proxied: bool,
    /// The database; a fresh one of [`Postgres::shared`] when it is not named.
    pub database_url: Option<String>,
    /// The Redis; [`Redis::shared`] when it is not named.
    pub redis_url: Option<String>,
    /// What `tokens.yaml` beside the token file says, when there is to be one.
    pub tokens_yaml: Option<String>,
    /// Further arguments of each ingestion process.
    pub ingestion_args: Vec<String>,
    /// Further arguments of each kpi process.
    pub kpi_args: Vec<String>,
}

impl Default for FleetOptions {
    /// Two ingestion and two kpi processes, nothing in between.
    fn default() -> Self {
        Self {
            ingestions: 2,
            kpis: 2,
            forecastings: 0,
            both_roles: false,
            proxied: false,
            database_url: None,
            redis_url: None,
            tokens_yaml: None,
            ingestion_args: Vec::new(),
            kpi_args: Vec::new(),
        }
    }
}

/// What stands between the processes of a fleet.
pub struct Proxies {
    /// Between ingestion and PostgreSQL.
    pub database: Proxy,
    /// Between kpi and Redis.
    pub redis: Proxy,
    /// Between kpi and each ingestion process.
    pub ingestions: Vec<Proxy>,
}

/// A running fleet; ends with the value.
pub struct Fleet {
    // Ended before what they lean on: forecasting before kpi, kpi before ingestion, all before the proxies and the folder.
    forecastings: Vec<Replica>,
    kpis: Vec<Replica>,
    ingestions: Vec<Replica>,
    proxies: Option<Proxies>,
    database_url: String,
    redis_url: String,
    folder: TempDir,
}

impl Fleet {
    /// Starts all and waits until they are ready.
    ///
    /// # Panics
    /// When PostgreSQL, Redis or a process of the fleet does not start.
    #[must_use]
    pub fn start(options: FleetOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_private(&folder.path().join("token"), "fleet-token-of-this-test\n");
        if let Some(tokens) = &options.tokens_yaml {
            write_private(&folder.path().join("tokens.yaml"), tokens);
        }
        let database_url = options
            .database_url
            .unwrap_or_else(|| Postgres::shared().database());
        let redis_url = options.redis_url.unwrap_or_else(|| Redis::shared().url());
        let ports: Vec<u16> = (0..options.ingestions).map(|_| free_port()).collect();
        let proxies = options
            .proxied
            .then(|| Proxies::before(&database_url, &redis_url, &ports));
        let (database, redis, ingestion) = match &proxies {
            Some(proxies) => proxies.seen_urls(&database_url, &redis_url),
            None => (
                database_url.clone(),
                redis_url.clone(),
                ports.iter().map(|port| url(*port)).collect(),
            ),
        };
        let own = if options.both_roles {
            let roles = ["--roles", "ingestion,kpi", "--database-url", &database];
            [&roles[..], &["--redis-url", &redis]].concat()
        } else {
            vec!["--roles", "ingestion", "--database-url", &database]
        };
        let args = words(&own, &options.ingestion_args);
        let ingestions = start_each("ingestion", &ports, folder.path(), &args);
        let ports: Vec<u16> = (0..options.kpis).map(|_| free_port()).collect();
        let ingestion = ingestion.join(",");
        let own = [
            "--roles",
            "kpi",
            "--ingestion-url",
            &ingestion,
            "--redis-url",
            &redis,
        ];
        let args = words(&own, &options.kpi_args);
        let kpis = start_each("kpi", &ports, folder.path(), &args);
        let forecastings = start_forecastings(options.forecastings, &kpis, &database, folder.path());
        Self {
            forecastings,
            kpis,
            ingestions,
            proxies,
            database_url,
            redis_url,
            folder,
        }
    }

    /// An ingestion process, counted from 0.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn ingestion(&self, index: usize) -> &Replica {
        &self.ingestions[index]
    }

    /// A kpi process, counted from 0.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn kpi(&self, index: usize) -> &Replica {
        &self.kpis[index]
    }

    /// The ingestion processes.
    #[must_use]
    pub fn ingestions(&self) -> &[Replica] {
        &self.ingestions
    }

    /// The kpi processes.
    #[must_use]
    pub fn kpis(&self) -> &[Replica] {
        &self.kpis
    }

    /// The forecasting processes.
    #[must_use]
    pub fn forecastings(&self) -> &[Replica] {
        &self.forecastings
    }

    /// All processes, ingestion first.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.ingestions.iter().chain(&self.kpis).chain(&self.forecastings)
    }

    /// What stands in between.
    ///
    /// # Panics
    /// When the options did not ask for it.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        self.proxies.as_ref().expect("FleetOptions::proxied")
    }

    /// The file with the token that all processes and clients share.
    #[must_use]
    pub fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// The database itself, whatever stands before it.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The Redis itself, whatever stands before it.
    #[must_use]
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// Runs a client command: questions (`kpi`, `scorecard`, `target`) against all kpi processes, others against all ingestion
    /// processes. A client with several addresses takes the first that answers.
    ///
    /// # Panics
    /// When the binary cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Done {
        let asks = args
            .iter()
            .any(|word| matches!(*word, "kpi" | "scorecard" | "scorecards" | "target"));
        let replicas = if asks { &self.kpis } else { &self.ingestions };
        let urls: Vec<&str> = replicas.iter().map(Replica::url).collect();
        run_at(&urls.join(","), &self.token_file(), args)
    }
}

/// Forecasting processes that ask any of the kpi processes.
fn start_forecastings(count: usize, kpis: &[Replica], database: &str, folder: &Path) -> Vec<Replica> {
    let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
    let kpis: Vec<&str> = kpis.iter().map(Replica::url).collect();
    let kpis = kpis.join(",");
    let own = [
        "--roles",
        "forecasting",
        "--kpi-url",
        &kpis,
        "--database-url",
        database,
    ];
    start_each("forecasting", &ports, folder, &words(&own, &[]))
}

impl Proxies {
    fn before(database_url: &str, redis_url: &str, ingestions: &[u16]) -> Self {
        let ingestion = |port: &u16| Proxy::to(&format!("127.0.0.1:{port}"));
        Self {
            database: Proxy::to(address(database_url)),
            redis: Proxy::to(address(redis_url)),
            ingestions: ingestions.iter().map(ingestion).collect(),
        }
    }

    /// The URLs through the proxies: of PostgreSQL, of Redis, of each ingestion process.
    fn seen_urls(&self, database_url: &str, redis_url: &str) -> (String, String, Vec<String>) {
        let ingestion = |proxy: &Proxy| url(proxy.addr().port());
        (
            self.database.instead(database_url),
            self.redis.instead(redis_url),
            self.ingestions.iter().map(ingestion).collect(),
        )
    }
}

/// A file that only its owner can read, as files with tokens have to be.
fn write_private(file: &Path, text: &str) {
    std::fs::write(file, text).expect("the folder is writable");
    std::fs::set_permissions(file, Permissions::from_mode(0o600)).expect("the file is ours");
}

fn words(own: &[&str], more: &[String]) -> Vec<String> {
    own.iter()
        .map(|word| (*word).to_owned())
        .chain(more.iter().cloned())
        .collect()
}
