//! What people said in place of the models. A version is written once and never changed, but for whether it holds.

mod write;

use std::collections::BTreeMap;

use bellwether_domain::{ErrorCode, Instant, Result, TenantId};
use bellwether_storage::storage_error;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::entity::said;
use super::{ATTEMPTS, Served, Store, rows};
use write::{answered_before, named, said_in};

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Call {
    /// About a deal; at least one of it.
    Deal {
        /// The deal.
        deal: String,
        /// The chance to be won, 0 to 1.
        chance: Option<f64>,
        /// What it is worth, in major units.
        amount: Option<f64>,
        /// The day on which it will close, days since 1970-01-01.
        close: Option<i32>,
        /// What it is called.
        category: Option<String>,
    },
    /// About all that is won in a period.
    Period {
        /// Its first day, days since 1970-01-01.
        start: i32,
        /// The day after its last one.
        end: i32,
        /// Whose; nothing = the whole company's.
        member: Option<(String, String)>,
        /// For how much, in major units.
        value: Option<f64>,
        /// How many deals.
        count: Option<f64>,
    },
}

/// A version of what somebody said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) call: Call,
    pub(crate) author: String,
    pub(crate) reason: String,
    pub(crate) made_at: Instant,
    /// Whether it is the last version and not withdrawn.
    pub(crate) holds: bool,
    /// Whether it takes back what was said.
    pub(crate) withdrawn: bool,
}

/// Something to be said, or taken back.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    pub(crate) id: String,
    /// Nothing takes back what is said.
    pub(crate) call: Option<Call>,
    pub(crate) author: String,
    pub(crate) reason: String,
    pub(crate) made_at: Instant,
    /// The version that it replaces; nothing = whichever there is.
    pub(crate) replaces: Option<i64>,
    /// The name of the request; empty = none.
    pub(crate) request: String,
}

impl Saying {
    /// What the request asks for, so that one name stands for one request.
    fn payload(&self) -> Result<String> {
        let asked = (&self.id, &self.call, &self.author, &self.reason, self.replaces);
        Ok(blake3::hash(rows::json(&asked)?.as_bytes()).to_hex().to_string())
    }
}

/// The place of a version in the list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SaidCursor {
    made_at: i64,
    id: String,
    version: i64,
}

impl SaidCursor {
    /// The place of a version.
    pub(crate) fn of(said: &Said) -> Self {
        Self {
            made_at: said.made_at.as_micros(),
            id: said.id.clone(),
            version: said.version,
        }
    }
}

impl Store {
    /// Says something, and keeps the forecast that stands `beside` it, or neither. A named request that was answered before
    /// gets that answer.
    ///
    /// # Errors
    /// `ABORTED` when another version holds than the one that is replaced, `NOT_FOUND` when what is to be taken back does
    /// not hold, `ALREADY_EXISTS` when another request had the name; as storage has it.
    pub(crate) async fn say<B>(&self, tenant: &TenantId, saying: Saying, beside: B) -> Result<Said>
    where
        B: Fn(&Said) -> Result<Option<Served>> + Clone + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            let (tenant, saying, beside) = (tenant.to_string(), saying.clone(), beside.clone());
            let named = !saying.request.is_empty();
            let written = self
                .db
                .write(move |txn| said_in(txn, tenant, saying, beside))
                .await;
            let failed = match written {
                Ok(said) => return Ok(said),
                Err(failed) => failed,
            };
            // What may have been written is written again only under a name by which it is known.
            let again = failed.is_transient() || (named && failed.error.code == ErrorCode::Unavailable);
            if !again || attempt == ATTEMPTS {
                return Err(failed.error);
            }
            attempt += 1;
        }
    }

    /// What a named request said when it was made before.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` when another request had the name; as storage has it.
    pub(crate) async fn said_before(&self, tenant: &TenantId, saying: &Saying) -> Result<Option<Said>> {
        if saying.request.is_empty() {
            return Ok(None);
        }
        let query = named(tenant.as_str(), &saying.request);
        let before = query.one(self.db.read()).await.map_err(storage_error)?;
        before.map(|model| answered_before(model, saying)).transpose()
    }

    /// What held at an instant, by id.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn held(&self, tenant: &TenantId, at: Instant) -> Result<Vec<Said>> {
        let found = said::Entity::find()
            .filter(said::Column::Tenant.eq(tenant.as_str()))
            .filter(said::Column::MadeAt.lt(at.as_micros()))
            .order_by_asc(said::Column::Id)
            .order_by_asc(said::Column::Version)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        let mut last: BTreeMap<String, said::Model> = BTreeMap::new();
        for model in found {
            last.insert(model.id.clone(), model);
        }
        let standing = last.into_values().filter(|model| model.withdrawn == 0);
        standing.map(read).collect()
    }

    /// Versions after a place, newest first: those that hold, or all; of one id, or all.
    ///
    /// # Errors
    /// As storage has it.
    pub(crate) async fn said(
        &self,
        tenant: &TenantId,
        (id, versions): (&str, bool),
        after: Option<SaidCursor>,
        limit: u64,
    ) -> Result<Vec<Said>> {
        let mut query = said::Entity::find().filter(said::Column::Tenant.eq(tenant.as_str()));
        if !id.is_empty() {
            query = query.filter(said::Column::Id.eq(id));
        }
        if !versions {
            query = query.filter(said::Column::Holds.eq(1));
        }
        if let Some(after) = after {
            let later_id = Condition::all()
                .add(said::Column::MadeAt.eq(after.made_at))
                .add(said::Column::Id.gt(after.id.as_str()));
            let earlier_version = Condition::all()
                .add(said::Column::MadeAt.eq(after.made_at))
                .add(said::Column::Id.eq(after.id.as_str()))
                .add(said::Column::Version.lt(after.version));
            let before = said::Column::MadeAt.lt(after.made_at);
            query = query.filter(Condition::any().add(before).add(later_id).add(earlier_version));
        }
        let found = query
            .order_by_desc(said::Column::MadeAt)
            .order_by_asc(said::Column::Id)
            .order_by_desc(said::Column::Version)
            .limit(limit)
            .all(self.db.read())
            .await
            .map_err(storage_error)?;
        found.into_iter().map(read).collect()
    }
}

fn read(model: said::Model) -> Result<Said> {
    Ok(Said {
        id: model.id,
        version: model.version,
        call: rows::read(&model.says)?,
        author: model.author,
        reason: model.reason,
        made_at: Instant::from_micros(model.made_at),
        holds: model.holds == 1,
        withdrawn: model.withdrawn == 1,
    })
}

#[cfg(test)]
mod tests;
