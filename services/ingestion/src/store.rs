//! The tables of the log. A tenant's rows are reached only through [`Scoped`], which adds the tenant to every statement.

mod again;
mod append;
mod commit;
mod entity;
mod imports;
mod life;
mod merges;
mod migration;
mod postgres;
mod read;
mod scoped;
mod settle;
mod sql;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, Instant, Position, Result, TenantId};
use bellwether_storage::{Database, DatabaseOptions, Place, storage_error};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};

use crate::log;
use entity::tenant_head;
use migration::Migrator;
use scoped::Scoped;

pub(crate) use again::Pauses;
pub(crate) use commit::Committed;
pub(crate) use imports::{ImportCounts, ImportRow, ImportState, Lease, RejectCursor, RejectRow, under_way};
pub(crate) use read::Reader;

/// The schema of the service in a database that several services share.
const SCHEMA: &str = "ingestion";

/// The database of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    db: Database,
    /// Rises when the database turns out to have been restored or failed over.
    epoch: Arc<AtomicU64>,
}

/// Where a tenant's log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) tenant: String,
    pub(crate) seq: u64,
    /// The change that holds the settings; 0 = none.
    pub(crate) settings_seq: u64,
}

impl Store {
    /// Closes the database; what was written to a file lies in it then.
    pub(crate) async fn close(&self) -> Result<()> {
        self.db.close().await
    }

    /// Opens the database at `place`. A new one begins its life, and with it the epoch of its logs, at `now`.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(crate) async fn open(place: &Place, options: &DatabaseOptions, now: Instant) -> Result<Self> {
        let db = Database::open::<Migrator>(place, SCHEMA, options).await?;
        let epoch = life::epoch(&db, now).await?;
        Ok(Self {
            db,
            epoch: Arc::new(AtomicU64::new(unsigned(epoch))),
        })
    }

    /// Whether other processes may write to the same database.
    pub(crate) fn is_shared(&self) -> bool {
        self.db.backend() == DbBackend::Postgres
    }

    /// The epoch of every log in this database.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Looks whether the database is still the one that it was, and begins a new epoch if not.
    pub(crate) async fn renew_epoch(&self, now: Instant) -> Result<()> {
        self.saw_epoch(unsigned(life::epoch(&self.db, now).await?));
        Ok(())
    }

    fn saw_epoch(&self, epoch: u64) {
        self.epoch.fetch_max(epoch, Ordering::AcqRel);
    }

    /// Where the logs of some tenants stand; those without a log are left out.
    pub(crate) async fn standings(&self, tenants: &[&TenantId]) -> Result<Vec<Standing>> {
        let names = postgres::texts(tenants.iter().map(|tenant| tenant.as_str()));
        let asked = Statement::from_sql_and_values(self.db.backend(), postgres::STANDINGS, [names]);
        let rows = tenant_head::Entity::find()
            .from_raw_sql(asked)
            .all(self.db.read());
        let standing = |head: tenant_head::Model| {
            self.saw_epoch(unsigned(head.epoch));
            Standing {
                tenant: head.name,
                seq: unsigned(head.seq),
                settings_seq: unsigned(head.settings_seq),
            }
        };
        Ok(rows
            .await
            .map_err(storage_error)?
            .into_iter()
            .map(standing)
            .collect())
    }

    /// A reader of a tenant's log as it stands now; `None` when the tenant does not exist.
    pub(crate) async fn reader(&self, tenant: &TenantId) -> Result<Option<Reader>> {
        let head = self.head(tenant).await?;
        Ok(head.map(|head| Reader::new(self.db.clone(), head)))
    }

    async fn head(&self, tenant: &TenantId) -> Result<Option<tenant_head::Model>> {
        let head = tenant_head_of(self.db.read(), tenant).await?;
        if let Some(head) = &head {
            self.saw_epoch(unsigned(head.epoch));
        }
        Ok(head)
    }

    /// The log's last position; `seq` 0 for a tenant that does not exist.
    pub(crate) async fn position(&self, tenant: &TenantId) -> Result<(Position, Option<Instant>)> {
        let reader = self.reader(tenant).await?;
        let nothing = Position {
            epoch: self.epoch(),
            seq: 0,
        };
        Ok(reader.map_or((nothing, None), |reader| {
            (reader.position(), Some(reader.recorded_at()))
        }))
    }

    /// The settings that hold and the change that holds them; the defaults and 0 when none were declared.
    pub(crate) async fn settings(&self, tenant: &TenantId) -> Result<(u64, Settings)> {
        match self.head(tenant).await? {
            Some(head) => settings_at(&Scoped::new(self.db.read(), head.tenant), head.settings_seq).await,
            None => Ok((0, Settings::default())),
        }
    }

    /// The tenants after one, by name.
    pub(crate) async fn tenants(&self, after: &str, limit: u64) -> Result<Vec<String>> {
        let found = tenant_head::Entity::find()
            .select_only()
            .column(tenant_head::Column::Name)
            .filter(tenant_head::Column::Name.gt(after))
            .order_by_asc(tenant_head::Column::Name)
            .limit(limit)
            .into_tuple()
            .all(self.db.read())
            .await;
        found.map_err(storage_error)
    }
}

/// The end of a tenant's log, held so that nobody else moves it before the transaction ends. Where there is none yet,
/// nobody else makes it.
async fn locked_head<C: ConnectionTrait>(txn: &C, tenant: &TenantId) -> Result<Option<tenant_head::Model>> {
    let find = || async {
        let named = tenant_head::Entity::find().filter(tenant_head::Column::Name.eq(tenant.as_str()));
        named.lock_exclusive().one(txn).await.map_err(storage_error)
    };
    let found = find().await?;
    if found.is_some() || txn.get_database_backend() != DbBackend::Postgres {
        return Ok(found);
    }
    postgres::lock_name(txn, &format!("tenant {tenant}")).await?;
    find().await
}

async fn tenant_head_of<C: ConnectionTrait>(
    connection: &C,
    tenant: &TenantId,
) -> Result<Option<tenant_head::Model>> {
    let named = tenant_head::Entity::find().filter(tenant_head::Column::Name.eq(tenant.as_str()));
    named.one(connection).await.map_err(storage_error)
}

async fn settings_at<C: ConnectionTrait>(scope: &Scoped<'_, C>, seq: i64) -> Result<(u64, Settings)> {
    if seq == 0 {
        return Ok((0, Settings::default()));
    }
    let change = scope.change(unsigned(seq)).await?;
    let payload = change.and_then(|change| change.payload);
    let payload = payload.ok_or_else(|| Error::internal("the settings that hold are not in the log"))?;
    Ok((unsigned(seq), log::settings_of(&payload)?))
}

/// A number that is stored signed and never negative.
fn unsigned(stored: i64) -> u64 {
    stored.unsigned_abs()
}

/// A number as it is stored; it was checked where it came in.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
