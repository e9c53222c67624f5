//! Who runs an import, and what becomes of imports whose process is gone.

use bellwether_domain::{Instant, Result};
use bellwether_storage::{Txn, storage_error};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::ImportState;
use crate::store::Store;
use crate::store::entity::import;

/// The process that runs an import, and until when it is believed to live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) owner: String,
    pub(crate) until: Instant,
}

impl Store {
    /// Says that a process lives, for all imports that it runs.
    pub(crate) async fn keep_imports(&self, lease: &Lease) -> Result<()> {
        let keep = || {
            let lease = lease.clone();
            move |txn: Txn| async move {
                let kept = import::Entity::update_many()
                    .set(import::ActiveModel {
                        lease_until: Set(lease.until.as_micros()),
                        ..import::ActiveModel::default()
                    })
                    .filter(import::Column::State.eq(ImportState::Running as i32))
                    .filter(import::Column::Owner.eq(lease.owner))
                    .exec(&*txn)
                    .await;
                kept.map(|_| ()).map_err(storage_error)
            }
        };
        self.write_again(keep).await
    }

    /// Marks imports as failed whose process is gone; how many there were. With a database of its own a process knows
    /// that it is alone: then those are all that are running, else those whose lease has passed.
    pub(crate) async fn fail_left_imports(&self, at: Instant, error: &'static str) -> Result<u64> {
        let shared = self.is_shared();
        let fail = || {
            move |txn: Txn| async move {
                let mut left = import::Entity::update_many()
                    .set(import::ActiveModel {
                        state: Set(ImportState::Failed as i32),
                        error: Set(error.to_owned()),
                        ended_at: Set(Some(at.as_micros())),
                        ..import::ActiveModel::default()
                    })
                    .filter(import::Column::State.eq(ImportState::Running as i32));
                if shared {
                    left = left.filter(import::Column::LeaseUntil.lt(at.as_micros()));
                }
                let done = left.exec(&*txn).await;
                done.map(|done| done.rows_affected).map_err(storage_error)
            }
        };
        self.write_again(fail).await
    }
}
