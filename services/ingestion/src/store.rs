//! The tables of the log. A tenant's rows are reached only through [`Scoped`], which adds the tenant to every statement.

mod commit;
mod entity;
mod imports;
mod migration;
mod read;
mod scoped;
mod sql;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, Instant, Position, Result, TenantId};
use bellwether_storage::{Database, SqliteOptions, storage_error};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::log;
use entity::{life, tenant_head};
use migration::Migrator;
use scoped::Scoped;

pub(crate) use commit::Committed;
pub(crate) use imports::{ImportCounts, ImportRow, ImportState, RejectCursor, RejectRow};
pub(crate) use read::Reader;

/// The database of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    db: Database,
    epoch: u64,
}

impl Store {
    /// Closes the database; what was written lies in its file then.
    pub(crate) async fn close(&self) -> Result<()> {
        self.db.close().await
    }

    /// Opens the database at `path`. A new one begins its life, and with it the epoch of its logs, at `now`.
    ///
    /// # Errors
    /// As [`Database::open_sqlite`].
    pub(crate) async fn open(path: &Path, readers: u32, now: Instant) -> Result<Self> {
        let options = SqliteOptions {
            readers: readers.max(1),
            busy_timeout: Duration::from_secs(5),
            ..SqliteOptions::default()
        };
        let db = Database::open_sqlite::<Migrator>(path, options).await?;
        let begun = life::Entity::find().one(db.read()).await.map_err(storage_error)?;
        let epoch = match begun {
            Some(life) => life.epoch,
            None => begin(&db, now).await?,
        };
        Ok(Self {
            db,
            epoch: unsigned(epoch),
        })
    }

    /// The epoch of every log in this database.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// A reader of a tenant's log as it stands now; `None` when the tenant does not exist.
    pub(crate) async fn reader(&self, tenant: &TenantId) -> Result<Option<Reader>> {
        let head = tenant_head_of(self.db.read(), tenant).await?;
        Ok(head.map(|head| Reader::new(self.db.clone(), head)))
    }

    /// The log's last position; `seq` 0 for a tenant that does not exist.
    pub(crate) async fn position(&self, tenant: &TenantId) -> Result<(Position, Option<Instant>)> {
        let reader = self.reader(tenant).await?;
        let nothing = Position {
            epoch: self.epoch,
            seq: 0,
        };
        Ok(reader.map_or((nothing, None), |reader| {
            (reader.position(), Some(reader.recorded_at()))
        }))
    }

    /// The settings that hold and the change that holds them; the defaults and 0 when none were declared.
    pub(crate) async fn settings(&self, tenant: &TenantId) -> Result<(u64, Settings)> {
        match tenant_head_of(self.db.read(), tenant).await? {
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

    /// Whether a commit of unknown outcome took place: whether the log holds its last change.
    pub(crate) async fn holds(&self, tenant: &TenantId, committed: &Committed) -> Result<bool> {
        if !committed.wrote {
            return Ok(false);
        }
        let Some(head) = tenant_head_of(self.db.read(), tenant).await? else {
            return Ok(false);
        };
        let last = Scoped::new(self.db.read(), head.tenant)
            .change(committed.seq)
            .await?;
        Ok(last.is_some_and(|change| change.recorded_at == committed.recorded_at.as_micros()))
    }
}

/// Begins the life of a new database.
async fn begin(db: &Database, now: Instant) -> Result<i64> {
    let epoch = (now.as_micros() / 1_000_000).max(1);
    let row = life::ActiveModel {
        id: Set(1),
        epoch: Set(epoch),
    };
    let insert = |txn: bellwether_storage::Txn| async move {
        life::Entity::insert(row)
            .exec_without_returning(&*txn)
            .await
            .map_err(storage_error)
    };
    db.write(insert).await.map_err(Error::from)?;
    Ok(epoch)
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
