//! Where the tables of a test node lie here: in a file in its folder.

use std::path::Path;

use bellwether_storage::Place;
use sea_orm::ConnectionTrait as _;

/// The place that belongs to a node's folder.
pub(crate) fn of(folder: &Path) -> Place {
    Place::File(folder.join("ingestion.db"))
}

/// Changes the tables of a node that does not run.
pub(crate) async fn execute(folder: &Path, statement: &str) {
    let url = format!("sqlite://{}", folder.join("ingestion.db").display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    connection.execute_unprepared(statement).await.unwrap();
    connection.close().await.unwrap();
}
