//! Chances are decided: what became of the records is noted beside them.

use bellwether_domain::{Instant, Result, TenantId};
use bellwether_storage::{Txn, storage_error};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{End, Series, series, waiting};
use crate::store::entity::chance;
use crate::store::{Kind, Store};

/// Chances that are looked at, and decided, in one go.
const AT_ONCE: u64 = 50_000;

impl Store {
    /// Decides chances of a kind by what became of records: of those decided in the end the ones that have ended, of the
    /// others all whose horizon ended on `day` or before. How many there were.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn decide(
        &self,
        tenant: &TenantId,
        kind: Kind,
        day: i32,
        at: Instant,
        end: &(dyn Fn(&Series, &str) -> Option<End> + Sync),
    ) -> Result<usize> {
        self.decide_by(tenant, kind, (day, at), AT_ONCE, end).await
    }

    /// The same with so many chances in one go. Those that go on stay behind: they may be more than that, so that every go
    /// begins after the last one that the go before looked at.
    async fn decide_by(
        &self,
        tenant: &TenantId,
        kind: Kind,
        (day, at): (i32, Instant),
        at_once: u64,
        end: &(dyn Fn(&Series, &str) -> Option<End> + Sync),
    ) -> Result<usize> {
        let (mut count, mut after) = (0, None);
        loop {
            let found = self.waiting_after(tenant, kind, day, after, at_once).await?;
            let Some(last) = found.last() else {
                return Ok(count);
            };
            after = Some((series(last), last.record.clone()));
            count += self.note_ends(found, at, end).await?;
        }
    }

    /// Undecided chances of a kind after one of them, in the order of their keys.
    async fn waiting_after(
        &self,
        tenant: &TenantId,
        kind: Kind,
        day: i32,
        after: Option<(Series, String)>,
        limit: u64,
    ) -> Result<Vec<chance::Model>> {
        use chance::Column::{Days, Kind as OfKind, Made, Record, Tenant};
        let mut query = waiting(day)
            .filter(Tenant.eq(tenant.as_str()))
            .filter(OfKind.eq(kind as i32));
        if let Some((of, record)) = after {
            let same_day = Condition::all().add(Made.eq(of.made)).add(Days.gt(of.days));
            let same = Condition::all().add(Made.eq(of.made)).add(Days.eq(of.days));
            query = query.filter(
                Condition::any()
                    .add(Made.gt(of.made))
                    .add(same_day)
                    .add(same.add(Record.gt(record))),
            );
        }
        let found = query
            .order_by_asc(Made)
            .order_by_asc(Days)
            .order_by_asc(Record)
            .limit(limit)
            .all(self.db.read())
            .await;
        found.map_err(storage_error)
    }

    /// Notes what became of those that have ended; how many there were.
    async fn note_ends(
        &self,
        found: Vec<chance::Model>,
        at: Instant,
        end: &(dyn Fn(&Series, &str) -> Option<End> + Sync),
    ) -> Result<usize> {
        let ended = found.into_iter().filter_map(|row| {
            let end = end(&series(&row), &row.record)?;
            Some(chance::ActiveModel {
                tenant: Set(row.tenant),
                kind: Set(row.kind),
                made: Set(row.made),
                days: Set(row.days),
                record: Set(row.record),
                came: Set(end.came.map(i32::from)),
                came_amount: Set(end.amount),
                decided: Set(Some(end.day)),
                scored_at: Set(Some(at.as_micros())),
                ..chance::ActiveModel::default()
            })
        });
        let ended: Vec<chance::ActiveModel> = ended.collect();
        let count = ended.len();
        if count == 0 {
            return Ok(0);
        }
        let note = || {
            let ended = ended.clone();
            move |txn: Txn| async move {
                for row in ended {
                    chance::Entity::update(row)
                        .exec(&*txn)
                        .await
                        .map_err(storage_error)?;
                }
                Ok(())
            }
        };
        self.write(note).await?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Chance, Served};
    use bellwether_domain::Position;
    use bellwether_storage::{DatabaseOptions, Place};

    async fn said(store: &Store, tenant: &TenantId, made: i32, records: &[&str]) {
        let at = Instant::from_micros(1_000);
        let served = Served {
            id: format!("f{made}"),
            kind: Kind::OpportunityScores,
            filters: Vec::new(),
            made_at: at,
            as_of: at,
            position: Position { epoch: 1, seq: 1 },
            model_version: "1".to_owned(),
            points: Vec::new(),
        };
        let of = Series {
            kind: Kind::OpportunityScores as i32,
            made,
            days: 0,
        };
        let chance = |record: &&str| Chance {
            record: (*record).to_owned(),
            chance: 0.5,
            ..Chance::default()
        };
        let said: Vec<Chance> = records.iter().map(chance).collect();
        store.keep_chances(tenant, &served, &of, &said).await.unwrap();
    }

    #[tokio::test]
    async fn what_never_ends_does_not_hold_up_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("forecasting.db"));
        let store = Store::open(&place, &DatabaseOptions::default()).await.unwrap();
        let acme: TenantId = "acme".parse().unwrap();
        said(&store, &acme, 10, &["a", "b", "c", "d", "e"]).await;
        said(&store, &acme, 20, &["a", "b", "x", "y"]).await;
        // All but these go on for ever: more than are looked at in one go.
        let end = |of: &Series, record: &str| {
            let end = End {
                came: Some(true),
                amount: None,
                day: 30,
            };
            (matches!(record, "x" | "y") && of.made == 20).then_some(end)
        };
        let at = Instant::from_micros(9_000);
        let kind = Kind::OpportunityScores;
        let decide = || store.decide_by(&acme, kind, (40, at), 2, &end);
        assert_eq!(decide().await.unwrap(), 2);
        assert_eq!(decide().await.unwrap(), 0, "they are decided once");
        let decided = store.decided(&acme, Some(kind)).await.unwrap();
        assert_eq!(decided.len(), 2);
        let left = store.undecided(&acme, Some(kind)).await.unwrap();
        assert_eq!(left.values().copied().collect::<Vec<_>>(), [7]);
    }
}
