//! P8's anchor: bare multi-row inserts of the same deals into one SQLite table, as a user of SeaORM would write them.

use std::path::Path;

use anyhow::Result;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, TransactionTrait};

use crate::deals::{CURRENCY, Deal};

const ROWS_A_STATEMENT: usize = 1000;
const STATEMENTS_A_TRANSACTION: usize = 10;

const TABLE: &str = "CREATE TABLE opportunity (
    tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, account_id TEXT NOT NULL, owner_id TEXT NOT NULL,
    source TEXT NOT NULL, campaign TEXT NOT NULL, kind INTEGER NOT NULL, product TEXT NOT NULL, stage TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, created_us INTEGER NOT NULL, closed_us INTEGER,
    loss_reason TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "opportunity")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) owner_id: String,
    pub(crate) source: String,
    pub(crate) campaign: String,
    pub(crate) kind: i32,
    pub(crate) product: String,
    pub(crate) stage: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) created_us: i64,
    pub(crate) closed_us: Option<i64>,
    pub(crate) loss_reason: String,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table in a file of its own.
pub(crate) struct Bare {
    database: DatabaseConnection,
}

impl Bare {
    /// Makes the file and the table.
    pub(crate) async fn open(file: &Path) -> Result<Self> {
        let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", file.display()));
        options.max_connections(1).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
        });
        let database = Database::connect(options).await?;
        database.execute_unprepared(TABLE).await?;
        Ok(Self { database })
    }

    /// Inserts the deals.
    #[expect(
        clippy::disallowed_methods,
        reason = "what a user would write, and no caller of it is ever cancelled"
    )]
    pub(crate) async fn insert(&self, tenant: &str, deals: &[Deal]) -> Result<()> {
        for part in deals.chunks(ROWS_A_STATEMENT * STATEMENTS_A_TRANSACTION) {
            let transaction = self.database.begin().await?;
            for rows in part.chunks(ROWS_A_STATEMENT) {
                let rows = rows.iter().map(|deal| row(tenant, deal));
                Entity::insert_many(rows)
                    .exec_without_returning(&transaction)
                    .await?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }
}

fn row(tenant: &str, deal: &Deal) -> ActiveModel {
    ActiveModel {
        tenant: Set(tenant.to_owned()),
        id: Set(deal.id.clone()),
        name: Set(deal.name.clone()),
        account_id: Set(deal.account_id.clone()),
        owner_id: Set(deal.owner_id.clone()),
        source: Set(deal.source.clone()),
        campaign: Set(deal.campaign.clone()),
        kind: Set(deal.kind),
        product: Set(deal.product.clone()),
        stage: Set(deal.stage.clone()),
        amount_minor: Set(deal.amount_minor),
        currency: Set(CURRENCY.to_owned()),
        created_us: Set(deal.created_us),
        closed_us: Set(deal.closed_us),
        loss_reason: Set(deal.loss_reason.clone()),
    }
}
