//! The tables, brought up to date when the database is opened. A migration that was released is never edited.

mod imports;
mod log;

use sea_orm_migration::prelude::*;

/// The migrations of the service, oldest first.
pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(log::Log), Box::new(imports::Imports)]
    }
}
