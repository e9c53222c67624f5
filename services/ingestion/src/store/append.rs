//! Rows that are added to one tenant's tables, many at a time: the statements of each database are made here.

use bellwether_domain::{RecordKey, Result};
use bellwether_storage::storage_error;
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::postgres;
use super::scoped::Scoped;
use super::signed;
use super::sql::{batch, values};
use crate::log::{Change, Head, RequestName};

/// A table, its columns after `tenant`, and what to do with rows that are there.
struct Table<const N: usize> {
    name: &'static str,
    columns: [(&'static str, ArrayType); N],
    conflict: &'static str,
}

const CHANGE: Table<9> = Table {
    name: "change",
    columns: [
        ("seq", ArrayType::BigInt),
        ("kind", ArrayType::Int),
        ("id", ArrayType::String),
        ("prev_seq", ArrayType::BigInt),
        ("effective_at", ArrayType::BigInt),
        ("recorded_at", ArrayType::BigInt),
        ("source_version", ArrayType::BigInt),
        ("explicit_key", ArrayType::Bool),
        ("payload", ArrayType::Bytes),
    ],
    conflict: "",
};

const HEAD: Table<7> = Table {
    name: "head",
    columns: [
        ("kind", ArrayType::Int),
        ("id", ArrayType::String),
        ("seq", ArrayType::BigInt),
        ("last_seq", ArrayType::BigInt),
        ("hash", ArrayType::Bytes),
        ("effective_at", ArrayType::BigInt),
        ("source_version", ArrayType::BigInt),
    ],
    conflict: "",
};

/// Rows that are there already. PostgreSQL takes more than twice as long for these, so rows that cannot be there are
/// not written this way.
const MOVED_HEAD: Table<7> = Table {
    conflict: " ON CONFLICT (tenant, kind, id) DO UPDATE SET seq = excluded.seq, last_seq = excluded.last_seq, \
               hash = excluded.hash, effective_at = excluded.effective_at, \
               source_version = excluded.source_version",
    ..HEAD
};

const REQUEST: Table<3> = Table {
    name: "request",
    columns: [
        ("key", ArrayType::String),
        ("hash", ArrayType::Bytes),
        ("reply", ArrayType::Bytes),
    ],
    conflict: "",
};

const MERGED: Table<4> = Table {
    name: "merged",
    columns: [
        ("seq", ArrayType::BigInt),
        ("kind", ArrayType::Int),
        ("id", ArrayType::String),
        ("survivor", ArrayType::String),
    ],
    conflict: "",
};

impl<C: ConnectionTrait> Scoped<'_, C> {
    /// Appends changes.
    pub(super) async fn insert_changes(&self, changes: Vec<Change>) -> Result<()> {
        let merged = |change: &Change| {
            let survivor = change.merged_into.clone()?;
            let (kind, id) = (change.key.kind.number(), change.key.id.clone());
            Some([signed(change.seq).into(), kind.into(), id.into(), survivor.into()])
        };
        let merges: Vec<[Value; 4]> = changes.iter().filter_map(merged).collect();
        self.insert(&MERGED, merges.into_iter()).await?;
        let rows = changes.into_iter().map(|change| {
            [
                signed(change.seq).into(),
                change.key.kind.number().into(),
                change.key.id.into(),
                signed(change.prev_seq).into(),
                change.version.effective_at.as_micros().into(),
                change.recorded_at.as_micros().into(),
                signed(change.version.source_version).into(),
                change.explicit.into(),
                Value::Bytes(change.payload),
            ]
        });
        self.insert(&CHANGE, rows).await
    }

    /// Adds the heads of records that have none.
    pub(super) async fn insert_heads(&self, heads: Vec<(RecordKey, Head)>) -> Result<()> {
        self.insert(&HEAD, heads.into_iter().map(head_row)).await
    }

    /// Moves heads.
    pub(super) async fn move_heads(&self, heads: Vec<(RecordKey, Head)>) -> Result<()> {
        self.insert(&MOVED_HEAD, heads.into_iter().map(head_row)).await
    }

    /// Keeps the replies of named requests.
    pub(super) async fn insert_requests(&self, replies: Vec<(RequestName, Vec<u8>)>) -> Result<()> {
        let rows = replies
            .into_iter()
            .map(|(name, reply)| [name.id.into(), name.hash.to_vec().into(), reply.into()]);
        self.insert(&REQUEST, rows).await
    }

    async fn insert<const N: usize>(
        &self,
        table: &Table<N>,
        mut rows: impl ExactSizeIterator<Item = [Value; N]>,
    ) -> Result<()> {
        let backend = self.connection.get_database_backend();
        while rows.len() > 0 {
            let (text, binds) = match backend {
                DbBackend::Postgres => arrays(table, self.tenant, &mut rows),
                _ => listed(table, self.tenant, &mut rows),
            };
            let statement = Statement::from_sql_and_values(backend, text, binds);
            let done = self.connection.execute_raw(statement).await;
            done.map_err(storage_error)?;
        }
        Ok(())
    }
}

fn head_row((key, head): (RecordKey, Head)) -> [Value; 7] {
    [
        key.kind.number().into(),
        key.id.into(),
        signed(head.seq).into(),
        signed(head.last_seq).into(),
        Value::Bytes(head.hash.map(|hash| hash.to_vec())),
        head.version.effective_at.as_micros().into(),
        signed(head.version.source_version).into(),
    ]
}

/// The next statement for SQLite: all values one by one.
fn listed<const N: usize>(
    table: &Table<N>,
    tenant: i64,
    rows: &mut impl ExactSizeIterator<Item = [Value; N]>,
) -> (String, Vec<Value>) {
    let take = batch(rows.len());
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let text = format!(
        "INSERT INTO {} (tenant, {}) VALUES {}{}",
        table.name,
        names.join(", "),
        values(take, N + 1),
        table.conflict
    );
    let mut binds = Vec::with_capacity(take * (N + 1));
    for row in rows.take(take) {
        binds.push(tenant.into());
        binds.extend(row);
    }
    (text, binds)
}

/// The next statement for PostgreSQL: an array a column.
fn arrays<const N: usize>(
    table: &Table<N>,
    tenant: i64,
    rows: &mut impl ExactSizeIterator<Item = [Value; N]>,
) -> (String, Vec<Value>) {
    let take = rows.len().min(postgres::BATCH);
    let mut columns: [Vec<Value>; N] = std::array::from_fn(|_| Vec::with_capacity(take));
    for row in rows.take(take) {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(match value {
                Value::Bytes(None) => Value::Bytes(Some(Vec::new())),
                value => value,
            });
        }
    }
    let text = postgres::insert_text(table.name, &table.columns) + table.conflict;
    let of = table.columns.iter().map(|(_, of)| of.clone());
    let arrays = of.zip(columns).map(|(of, values)| postgres::array(of, values));
    (text, std::iter::once(tenant.into()).chain(arrays).collect())
}
