//! The tables, brought up to date when the database is opened. A migration that was released is never edited.
//!
//! One text for both databases; where their words differ the text has a mark.

mod chances;
mod overrides;
mod served;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The migrations of the service, oldest first.
pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(served::Served),
            Box::new(chances::Chances),
            Box::new(overrides::Overrides),
        ]
    }
}

/// The text of a statement: `{ordered}`, behind a type, stands for text that is compared by its bytes, as SQLite does and
/// as pages are cut.
fn text(statement: &str, backend: DbBackend) -> String {
    let ordered = match backend {
        DbBackend::Postgres => " COLLATE \"C\"",
        _ => "",
    };
    statement.replace("{ordered}", ordered)
}

/// Runs statements one after the other.
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        let text = text(statement, manager.get_database_backend());
        manager.get_connection().execute_unprepared(&text).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_is_left_in_any_text() {
        for statement in served::TABLES
            .into_iter()
            .chain(overrides::TABLES)
            .chain(chances::TABLES)
        {
            for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
                assert!(!text(statement, backend).contains(['{', '}']), "{statement}");
            }
        }
    }
}
