//! The rows of one tenant: every statement about them is made here.

use std::collections::HashMap;

use bellwether_domain::{Error, Instant, RecordKey, RecordKind, Result};
use bellwether_storage::storage_error;
use sea_orm::sea_query::ArrayType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    Statement, Value,
};

use super::entity::{change, head, request};
use super::postgres;
use super::sql::{batches, values};
use super::{signed, unsigned};
use crate::log::{Head, Version, VersionKey};

/// A connection or transaction with the tenant that its statements are about.
#[derive(Debug)]
pub(super) struct Scoped<'c, C> {
    pub(super) connection: &'c C,
    pub(super) tenant: i64,
}

impl<'c, C: ConnectionTrait> Scoped<'c, C> {
    pub(super) fn new(connection: &'c C, tenant: i64) -> Self {
        Self { connection, tenant }
    }

    /// One change.
    pub(super) async fn change(&self, seq: u64) -> Result<Option<change::Model>> {
        let found = change::Entity::find_by_id((self.tenant, signed(seq))).one(self.connection);
        found.await.map_err(storage_error)
    }

    /// Some changes, in no particular order.
    pub(super) async fn changes(&self, seqs: &[u64]) -> Result<Vec<change::Model>> {
        if self.is_postgres() {
            let seqs = postgres::numbers(seqs.iter().map(|seq| signed(*seq)));
            let asked = self.statement(postgres::CHANGES, vec![self.tenant.into(), seqs]);
            let rows = change::Entity::find().from_raw_sql(asked).all(self.connection);
            return rows.await.map_err(storage_error);
        }
        let mut found = Vec::with_capacity(seqs.len());
        for batch in batches(seqs) {
            let rows = change::Entity::find()
                .filter(change::Column::Tenant.eq(self.tenant))
                .filter(change::Column::Seq.is_in(batch.iter().map(|seq| signed(*seq))))
                .all(self.connection);
            found.extend(rows.await.map_err(storage_error)?);
        }
        Ok(found)
    }

    /// The sizes of the changes after one, in order.
    pub(super) async fn sizes(&self, after: u64, limit: u64) -> Result<Vec<(i64, i64)>> {
        let size = sea_orm::sea_query::Expr::cust("CAST(COALESCE(length(payload), 0) AS BIGINT)");
        let rows = change::Entity::find()
            .select_only()
            .column(change::Column::Seq)
            .expr(size)
            .filter(change::Column::Tenant.eq(self.tenant))
            .filter(change::Column::Seq.gt(signed(after)))
            .order_by_asc(change::Column::Seq)
            .limit(limit)
            .into_tuple()
            .all(self.connection);
        rows.await.map_err(storage_error)
    }

    /// The changes after one, up to and including another, in order.
    pub(super) async fn range(&self, after: u64, to: i64) -> Result<Vec<change::Model>> {
        let rows = change::Entity::find()
            .filter(change::Column::Tenant.eq(self.tenant))
            .filter(change::Column::Seq.gt(signed(after)))
            .filter(change::Column::Seq.lte(to))
            .order_by_asc(change::Column::Seq)
            .all(self.connection);
        rows.await.map_err(storage_error)
    }

    /// Where a record stands.
    pub(super) async fn head(&self, key: &RecordKey) -> Result<Option<head::Model>> {
        let id = (self.tenant, key.kind.number(), key.id.clone());
        head::Entity::find_by_id(id)
            .one(self.connection)
            .await
            .map_err(storage_error)
    }

    /// Where the records of a kind stand whose ids come after one, by id.
    pub(super) async fn heads_after(
        &self,
        kind: RecordKind,
        id: &str,
        limit: u64,
    ) -> Result<Vec<head::Model>> {
        let rows = head::Entity::find()
            .filter(head::Column::Tenant.eq(self.tenant))
            .filter(head::Column::Kind.eq(kind.number()))
            .filter(head::Column::Id.gt(id))
            .order_by_asc(head::Column::Id)
            .limit(limit)
            .all(self.connection);
        rows.await.map_err(storage_error)
    }

    /// Where some records of a kind stand; those that are not in the log are left out.
    pub(super) async fn heads(&self, kind: RecordKind, ids: &[&str]) -> Result<Vec<(RecordKey, Head)>> {
        let rows = if self.is_postgres() {
            let binds = vec![
                self.tenant.into(),
                kind.number().into(),
                postgres::texts(ids.iter().copied()),
            ];
            let asked = self.statement(postgres::HEADS, binds);
            let rows = head::Entity::find().from_raw_sql(asked).all(self.connection);
            rows.await.map_err(storage_error)?
        } else {
            self.heads_listed(kind, ids).await?
        };
        let known = |row: head::Model| {
            let head = head_of(&row)?;
            Ok((RecordKey { kind, id: row.id }, head))
        };
        rows.into_iter().map(known).collect()
    }

    async fn heads_listed(&self, kind: RecordKind, ids: &[&str]) -> Result<Vec<head::Model>> {
        let mut found = Vec::with_capacity(ids.len());
        for batch in batches(ids) {
            let rows = head::Entity::find()
                .filter(head::Column::Tenant.eq(self.tenant))
                .filter(head::Column::Kind.eq(kind.number()))
                .filter(head::Column::Id.is_in(batch.iter().copied()))
                .all(self.connection);
            found.extend(rows.await.map_err(storage_error)?);
        }
        Ok(found)
    }

    /// The latest content of some versions that their sources named.
    pub(super) async fn versions(
        &self,
        wanted: &[(&RecordKey, VersionKey)],
    ) -> Result<HashMap<(RecordKey, VersionKey), Vec<u8>>> {
        let mut latest: HashMap<(RecordKey, VersionKey), (i64, Vec<u8>)> = HashMap::new();
        for row in self.version_rows(wanted).await? {
            let (name, seq, payload) = named_version(&row)?;
            let newest = latest.get(&name).is_none_or(|(known, _)| *known < seq);
            if newest {
                latest.insert(name, (seq, payload));
            }
        }
        Ok(latest
            .into_iter()
            .map(|(name, (_, payload))| (name, payload))
            .collect())
    }

    async fn version_rows(&self, wanted: &[(&RecordKey, VersionKey)]) -> Result<Vec<QueryResult>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_postgres() {
            let kinds = wanted.iter().map(|(key, _)| key.kind.number().into());
            let binds = vec![
                self.tenant.into(),
                postgres::array(ArrayType::Int, kinds.collect()),
                postgres::texts(wanted.iter().map(|(key, _)| key.id.as_str())),
                postgres::numbers(wanted.iter().map(|(_, version)| version.effective_at.as_micros())),
                postgres::numbers(wanted.iter().map(|(_, version)| signed(version.source_version))),
            ];
            return self.query(postgres::VERSIONS, binds).await;
        }
        let mut found = Vec::new();
        for batch in batches(wanted) {
            let mut binds = Vec::with_capacity(batch.len() * 4 + 1);
            for (key, version) in batch {
                binds.push(key.kind.number().into());
                binds.push(key.id.as_str().into());
                binds.push(version.effective_at.as_micros().into());
                binds.push(signed(version.source_version).into());
            }
            binds.push(self.tenant.into());
            let text = format!(
                "WITH wanted (kind, id, effective_at, source_version) AS (VALUES {})
                 SELECT c.kind, c.id, c.effective_at, c.source_version, c.seq, c.payload
                 FROM wanted AS w CROSS JOIN change AS c
                 WHERE c.tenant = ? AND c.kind = w.kind AND c.id = w.id AND c.effective_at = w.effective_at
                   AND c.source_version = w.source_version AND c.explicit_key",
                values(batch.len(), 4)
            );
            found.extend(self.query(&text, binds).await?);
        }
        Ok(found)
    }

    /// All changes of some records of a kind, given by their latest ones, by id.
    pub(super) async fn chains(&self, last_seqs: &[u64]) -> Result<HashMap<String, Vec<Version>>> {
        let mut chains: HashMap<String, Vec<Version>> = HashMap::new();
        for row in self.chain_rows(last_seqs).await? {
            let (id, version) = chained(&row).map_err(storage_error)?;
            chains.entry(id).or_default().push(version);
        }
        Ok(chains)
    }

    async fn chain_rows(&self, last_seqs: &[u64]) -> Result<Vec<QueryResult>> {
        if last_seqs.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_postgres() {
            let seqs = postgres::numbers(last_seqs.iter().map(|seq| signed(*seq)));
            return self.query(postgres::CHAINS, vec![self.tenant.into(), seqs]).await;
        }
        let mut found = Vec::new();
        for batch in batches(last_seqs) {
            let mut binds: Vec<Value> = vec![self.tenant.into()];
            binds.extend(batch.iter().map(|seq| Value::from(signed(*seq))));
            binds.push(self.tenant.into());
            let text = format!(
                "WITH RECURSIVE chain (id, seq, prev_seq, effective_at, source_version, gone) AS (
                     SELECT id, seq, prev_seq, effective_at, source_version, payload IS NULL
                     FROM change WHERE tenant = ? AND seq IN ({})
                     UNION ALL
                     SELECT c.id, c.seq, c.prev_seq, c.effective_at, c.source_version, c.payload IS NULL
                     FROM chain CROSS JOIN change AS c WHERE c.tenant = ? AND c.seq = chain.prev_seq)
                 SELECT id, seq, effective_at, source_version, gone FROM chain",
                values(1, batch.len()).trim_matches(['(', ')'])
            );
            found.extend(self.query(&text, binds).await?);
        }
        Ok(found)
    }

    /// The hashes and replies of named requests.
    pub(super) async fn requests(&self, ids: &[&str]) -> Result<Vec<request::Model>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_postgres() {
            let binds = vec![self.tenant.into(), postgres::texts(ids.iter().copied())];
            let asked = self.statement(postgres::REQUESTS, binds);
            let rows = request::Entity::find().from_raw_sql(asked).all(self.connection);
            return rows.await.map_err(storage_error);
        }
        let mut found = Vec::new();
        for batch in batches(ids) {
            let rows = request::Entity::find()
                .filter(request::Column::Tenant.eq(self.tenant))
                .filter(request::Column::Key.is_in(batch.iter().copied()))
                .all(self.connection);
            found.extend(rows.await.map_err(storage_error)?);
        }
        Ok(found)
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.connection.get_database_backend() == DbBackend::Postgres
    }

    pub(super) fn statement(&self, text: &str, binds: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.connection.get_database_backend(), text, binds)
    }

    async fn query(&self, text: &str, binds: Vec<Value>) -> Result<Vec<QueryResult>> {
        let rows = self.connection.query_all_raw(self.statement(text, binds));
        rows.await.map_err(storage_error)
    }
}

fn named_version(row: &QueryResult) -> Result<((RecordKey, VersionKey), i64, Vec<u8>)> {
    let kind: i32 = row.try_get_by_index(0).map_err(storage_error)?;
    let id: String = row.try_get_by_index(1).map_err(storage_error)?;
    let effective_at: i64 = row.try_get_by_index(2).map_err(storage_error)?;
    let source_version: i64 = row.try_get_by_index(3).map_err(storage_error)?;
    let seq: i64 = row.try_get_by_index(4).map_err(storage_error)?;
    let payload: Option<Vec<u8>> = row.try_get_by_index(5).map_err(storage_error)?;
    let kind =
        RecordKind::from_number(kind).ok_or_else(|| Error::internal("a change is of an unknown kind"))?;
    let version = VersionKey {
        effective_at: Instant::from_micros(effective_at),
        source_version: unsigned(source_version),
    };
    Ok((
        (RecordKey { kind, id }, version),
        seq,
        payload.unwrap_or_default(),
    ))
}

fn chained(row: &QueryResult) -> std::result::Result<(String, Version), sea_orm::DbErr> {
    let seq: i64 = row.try_get_by_index(1)?;
    let effective_at: i64 = row.try_get_by_index(2)?;
    let source_version: i64 = row.try_get_by_index(3)?;
    let version = Version {
        seq: unsigned(seq),
        version: VersionKey {
            effective_at: Instant::from_micros(effective_at),
            source_version: unsigned(source_version),
        },
        tombstone: row.try_get_by_index(4)?,
    };
    Ok((row.try_get_by_index(0)?, version))
}

fn head_of(row: &head::Model) -> Result<Head> {
    let hash = row.hash.as_deref().map(<[u8; 16]>::try_from).transpose();
    Ok(Head {
        seq: unsigned(row.seq),
        last_seq: unsigned(row.last_seq),
        hash: hash.map_err(|_| Error::internal("a stored hash has a wrong length"))?,
        version: VersionKey {
            effective_at: Instant::from_micros(row.effective_at),
            source_version: unsigned(row.source_version),
        },
    })
}
