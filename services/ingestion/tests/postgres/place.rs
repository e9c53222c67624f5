//! Where the tables of a test node lie here: in a database of its own on a server of this test process.

use std::path::Path;

use bellwether_storage::Place;
use bellwether_testkit::servers::Postgres;

/// The place that belongs to a node's folder, made at the first asking.
pub(crate) fn of(folder: &Path) -> Place {
    Place::Server(url(folder))
}

/// Changes the tables of a node.
#[allow(clippy::unused_async, reason = "its twin over files needs to be")]
pub(crate) async fn execute(folder: &Path, statement: &str) {
    sql(&url(folder), statement);
}

/// What the tables say.
pub(crate) fn sql(url: &str, statement: &str) -> String {
    Postgres::shared().sql_in(url, &format!("SET search_path = ingestion; {statement}"))
}

fn url(folder: &Path) -> String {
    let note = folder.join("database-url");
    if let Ok(url) = std::fs::read_to_string(&note) {
        return url;
    }
    let url = Postgres::shared().database();
    std::fs::write(note, &url).unwrap();
    url
}
