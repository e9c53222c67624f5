//! Merges as the tables have them: who answers for a record that was taken back.

use std::collections::HashMap;

use bellwether_domain::{RecordKind, Result};
use bellwether_storage::storage_error;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::entity::merged;
use super::postgres;
use super::scoped::Scoped;
use super::sql::batches;
use super::{signed, unsigned};

impl<C: ConnectionTrait> Scoped<'_, C> {
    /// The survivors that some tombstones name, by sequence number; other changes are left out.
    pub(super) async fn survivors(&self, seqs: &[u64]) -> Result<HashMap<u64, String>> {
        if seqs.is_empty() {
            return Ok(HashMap::new());
        }
        let mut rows: Vec<merged::Model> = Vec::new();
        if self.is_postgres() {
            let seqs = postgres::numbers(seqs.iter().map(|seq| signed(*seq)));
            let asked = self.statement(postgres::SURVIVORS, vec![self.tenant.into(), seqs]);
            let found = merged::Entity::find().from_raw_sql(asked).all(self.connection);
            rows = found.await.map_err(storage_error)?;
        } else {
            for batch in batches(seqs) {
                let found = merged::Entity::find()
                    .filter(merged::Column::Tenant.eq(self.tenant))
                    .filter(merged::Column::Seq.is_in(batch.iter().map(|seq| signed(*seq))))
                    .all(self.connection);
                rows.extend(found.await.map_err(storage_error)?);
            }
        }
        let named = rows.into_iter().map(|row| (unsigned(row.seq), row.survivor));
        Ok(named.collect())
    }

    /// The ids of records that were ever merged into one of some survivors, each once.
    pub(super) async fn followers(&self, kind: RecordKind, survivors: &[&str]) -> Result<Vec<String>> {
        let mut found: Vec<String> = Vec::new();
        for batch in batches(survivors) {
            let ids = merged::Entity::find()
                .select_only()
                .column(merged::Column::Id)
                .distinct()
                .filter(merged::Column::Tenant.eq(self.tenant))
                .filter(merged::Column::Kind.eq(kind.number()))
                .filter(merged::Column::Survivor.is_in(batch.iter().copied()))
                .into_tuple::<String>()
                .all(self.connection);
            found.extend(ids.await.map_err(storage_error)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
