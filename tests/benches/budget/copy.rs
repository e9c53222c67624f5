//! P7's anchor: binary COPY of the same deals into one PostgreSQL table, as fast as one connection takes them.

use anyhow::Result;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{Connection as _, raw_sql};

use crate::deals::{CURRENCY, Deal};

/// Rows that go to the server in one message.
const ROWS_A_MESSAGE: usize = 1000;
const COLUMNS: i16 = 15;
/// The signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: i16 = -1;

const TABLE: &str = "CREATE TABLE opportunity (
    tenant TEXT COLLATE \"C\" NOT NULL, id TEXT COLLATE \"C\" NOT NULL, name TEXT NOT NULL, account_id TEXT NOT NULL,
    owner_id TEXT NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL, kind INTEGER NOT NULL, product TEXT NOT NULL,
    stage TEXT NOT NULL, amount_minor BIGINT NOT NULL, currency TEXT NOT NULL, created_us BIGINT NOT NULL,
    closed_us BIGINT, loss_reason TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
)";

/// The table in a database of its own.
pub(crate) struct Copy {
    connection: PgConnection,
}

impl Copy {
    /// Makes the table.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let mut connection = PgConnection::connect(url).await?;
        raw_sql(TABLE).execute(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Copies the deals in one statement.
    pub(crate) async fn insert(&mut self, tenant: &str, deals: &[Deal]) -> Result<()> {
        let mut copy = self
            .connection
            .copy_in_raw("COPY opportunity FROM STDIN (FORMAT binary)")
            .await?;
        let mut bytes = HEAD.to_vec();
        for part in deals.chunks(ROWS_A_MESSAGE) {
            for deal in part {
                row(tenant, deal, &mut bytes);
            }
            copy.send(bytes.as_slice()).await?;
            bytes.clear();
        }
        copy.send(END.to_be_bytes().as_slice()).await?;
        copy.finish().await?;
        Ok(())
    }
}

fn row(tenant: &str, deal: &Deal, out: &mut Vec<u8>) {
    out.extend(COLUMNS.to_be_bytes());
    let mut field = |bytes: &[u8]| {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        out.extend(length.to_be_bytes());
        out.extend(bytes);
    };
    for text in [
        tenant,
        &deal.id,
        &deal.name,
        &deal.account_id,
        &deal.owner_id,
        &deal.source,
        &deal.campaign,
    ] {
        field(text.as_bytes());
    }
    field(&deal.kind.to_be_bytes());
    field(deal.product.as_bytes());
    field(deal.stage.as_bytes());
    field(&deal.amount_minor.to_be_bytes());
    field(CURRENCY.as_bytes());
    field(&deal.created_us.to_be_bytes());
    match deal.closed_us {
        Some(closed) => field(&closed.to_be_bytes()),
        // A length of -1 is NULL.
        None => out.extend((-1_i32).to_be_bytes()),
    }
    let length = i32::try_from(deal.loss_reason.len()).unwrap_or(i32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(deal.loss_reason.as_bytes());
}
