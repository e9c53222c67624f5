//! Where the product runs, and whose turn it is to be asked.

use std::any::Any;
use std::cell::Cell;
use std::path::PathBuf;

use bellwether_tests::fleet::{Fleet, FleetOptions, Replica};
use bellwether_tests::product::Server;

/// The tokens beside the token file: one that opens one tenant only.
const TOKENS: &str = "tokens:\n  - token: north-0123456789abcdef\n    tenant: north\n    scope: all\n";
/// The token of tenant `north`.
pub(crate) const NORTH: &str = "north-0123456789abcdef";

/// A running product.
pub(crate) struct Deployment {
    name: &'static str,
    ingestions: Replicas,
    kpis: Replicas,
    forecastings: Replicas,
    /// Of the token that opens every tenant.
    pub(crate) token_file: PathBuf,
    /// What ends with the deployment.
    _processes: Box<dyn Any>,
}

/// Every answer goes to the cache that kpi processes share, however cheap it was.
const SHARE_ALL: &str = "kpi: {shared_min_micros: 0}\n";

impl Deployment {
    /// Everything in one process, on SQLite.
    pub(crate) fn embedded() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let tokens = dir.path().join("tokens.yaml");
        std::fs::write(&tokens, TOKENS).expect("writable");
        private(&tokens);
        let server = Server::start(dir.path());
        Self {
            name: "embedded",
            ingestions: Replicas::of(vec![server.url.clone()]),
            kpis: Replicas::of(vec![server.url.clone()]),
            forecastings: Replicas::of(vec![server.url.clone()]),
            token_file: dir.path().join("token"),
            _processes: Box::new((server, dir)),
        }
    }

    /// Processes of their own for each service, so many of each, over PostgreSQL and Redis.
    pub(crate) fn fleet(name: &'static str, replicas: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("kpi.yaml");
        std::fs::write(&config, SHARE_ALL).expect("writable");
        let fleet = Fleet::start(FleetOptions {
            ingestions: replicas,
            kpis: replicas,
            forecastings: replicas,
            tokens_yaml: Some(TOKENS.to_owned()),
            kpi_args: vec!["--config".to_owned(), config.display().to_string()],
            ..FleetOptions::default()
        });
        let urls = |urls: Vec<&str>| Replicas::of(urls.into_iter().map(str::to_owned).collect());
        let ingestions = urls((0..replicas).map(|index| fleet.ingestion(index).url()).collect());
        let kpis = urls((0..replicas).map(|index| fleet.kpi(index).url()).collect());
        let forecastings = urls(fleet.forecastings().iter().map(Replica::url).collect());
        Self {
            name,
            ingestions,
            kpis,
            forecastings,
            token_file: fleet.token_file(),
            _processes: Box::new((fleet, folder)),
        }
    }

    /// What to call it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The next ingestion replica.
    pub(crate) fn ingestion(&self) -> &str {
        self.ingestions.next()
    }

    /// The next kpi replica.
    pub(crate) fn kpi(&self) -> &str {
        self.kpis.next()
    }

    /// The next forecasting replica.
    pub(crate) fn forecasting(&self) -> &str {
        self.forecastings.next()
    }

    /// Every process, for clients that need several services: they ask each one what it serves.
    pub(crate) fn everywhere(&self) -> String {
        let mut urls: Vec<&str> = [&self.ingestions, &self.kpis, &self.forecastings]
            .into_iter()
            .flat_map(|replicas| replicas.urls.iter().map(String::as_str))
            .collect();
        urls.dedup();
        urls.join(",")
    }

    /// The token that opens every tenant.
    pub(crate) fn token(&self) -> String {
        let text = std::fs::read_to_string(&self.token_file).expect("a token");
        text.trim().to_owned()
    }
}

fn private(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("ours");
}

/// Addresses of equals.
struct Replicas {
    urls: Vec<String>,
    turn: Cell<usize>,
}

impl Replicas {
    fn of(urls: Vec<String>) -> Self {
        Self {
            urls,
            turn: Cell::new(0),
        }
    }

    fn next(&self) -> &str {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        &self.urls[turn % self.urls.len()]
    }
}
