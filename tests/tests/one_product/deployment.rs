//! Where the product runs, and whose turn it is to be asked.

use std::cell::Cell;
use std::path::PathBuf;

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
    /// Of the token that opens every tenant.
    pub(crate) token_file: PathBuf,
    _processes: Processes,
}

/// What ends with the deployment.
enum Processes {
    Embedded(Server, tempfile::TempDir),
}

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
            token_file: dir.path().join("token"),
            _processes: Processes::Embedded(server, dir),
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
