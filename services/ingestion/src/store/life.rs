//! The life of this database, and with it the epoch of its logs.
//!
//! A server that was restored or failed over may have lost the end of its logs; positions that were given out before
//! would then name other changes. On PostgreSQL the identity of the server and its timeline tell: both stand beside the
//! epoch, and where they differ a new epoch begins. A SQLite file lives as long as it lies there.

use bellwether_domain::{Error, ErrorCode, Instant, Result};
use bellwether_storage::{Database, Txn, storage_error};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, QuerySelect, Statement,
};

use super::entity::{life, tenant_head};
use super::postgres;

/// Which server, and which of its histories.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    system: String,
    timeline: String,
}

/// The epoch of a database: the one that was begun, or a new one where its life begins at `now` or began again.
pub(super) async fn epoch(db: &Database, now: Instant) -> Result<i64> {
    let identity = identity(db).await?;
    let work = move |txn: Txn| async move {
        if txn.get_database_backend() == DbBackend::Postgres {
            postgres::lock_name(&*txn, "life").await?;
        }
        let begun = life::Entity::find().lock_exclusive().one(&*txn).await;
        match begun.map_err(storage_error)? {
            None => begin(&*txn, identity, now).await,
            Some(known) => go_on(&*txn, known, identity, now).await,
        }
    };
    db.write(work).await.map_err(Into::into)
}

/// The epoch that holds now, and for as long as the transaction lasts: whoever begins a new one waits for its end, and
/// so does this for them.
pub(super) async fn current<C: ConnectionTrait>(txn: &C) -> Result<i64> {
    let life = life::Entity::find().lock_shared().one(txn).await;
    let life = life.map_err(storage_error)?;
    let life = life.ok_or_else(|| Error::internal("the database has no epoch"))?;
    Ok(life.epoch)
}

async fn begin<C: ConnectionTrait>(txn: &C, identity: Option<Identity>, now: Instant) -> Result<i64> {
    let epoch = seconds(now).max(1);
    let identity = identity.unwrap_or_else(nameless);
    let row = life::ActiveModel {
        id: Set(1),
        epoch: Set(epoch),
        system: Set(identity.system),
        timeline: Set(identity.timeline),
    };
    let inserted = life::Entity::insert(row).exec_without_returning(txn).await;
    inserted.map_err(storage_error)?;
    Ok(epoch)
}

async fn go_on<C: ConnectionTrait>(
    txn: &C,
    known: life::Model,
    identity: Option<Identity>,
    now: Instant,
) -> Result<i64> {
    let stored = Identity {
        system: known.system,
        timeline: known.timeline,
    };
    let Some(identity) = identity.filter(|identity| *identity != stored) else {
        return Ok(known.epoch);
    };
    let other_life = stored != nameless();
    let epoch = if other_life {
        seconds(now).max(known.epoch + 1)
    } else {
        known.epoch
    };
    let row = life::ActiveModel {
        id: Set(known.id),
        epoch: Set(epoch),
        system: Set(identity.system),
        timeline: Set(identity.timeline),
    };
    row.update(txn).await.map_err(storage_error)?;
    if other_life {
        let renewed = tenant_head::Entity::update_many()
            .col_expr(tenant_head::Column::Epoch, Expr::value(epoch))
            .exec(txn)
            .await;
        renewed.map_err(storage_error)?;
        tracing::warn!(
            epoch,
            was = known.epoch,
            "the database was restored or failed over: a new epoch of the log begins"
        );
    }
    Ok(epoch)
}

/// Who the server is; `None` for a file, and where the server does not tell.
async fn identity(db: &Database) -> Result<Option<Identity>> {
    if db.backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let ask = Statement::from_string(DbBackend::Postgres, postgres::IDENTITY);
    match db.read().query_one_raw(ask).await.map_err(storage_error) {
        Ok(Some(row)) => Ok(Some(Identity {
            system: row.try_get_by_index(0).map_err(storage_error)?,
            timeline: row.try_get_by_index(1).map_err(storage_error)?,
        })),
        Ok(None) => Ok(None),
        Err(error) if error.code == ErrorCode::Unavailable => Err(error),
        Err(error) => {
            tracing::warn!(
                error = %error,
                "the database does not say who it is: after a restore or failover the epoch of the log must be renewed by hand"
            );
            Ok(None)
        }
    }
}

fn nameless() -> Identity {
    Identity {
        system: String::new(),
        timeline: String::new(),
    }
}

fn seconds(now: Instant) -> i64 {
    now.as_micros() / 1_000_000
}
