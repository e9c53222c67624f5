//! Writing a version of what somebody said, and what was answered before.

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use bellwether_storage::{Txn, storage_error};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::super::entity::said;
use super::super::keep::Written;
use super::super::{Served, rows};
use super::{Said, Saying, read};

pub(super) fn named(tenant: &str, request: &str) -> Select<said::Entity> {
    said::Entity::find()
        .filter(said::Column::Tenant.eq(tenant))
        .filter(said::Column::Request.eq(request))
}

/// Writes a version and the forecast beside it.
pub(super) async fn said_in<B>(txn: Txn, tenant: String, saying: Saying, beside: B) -> Result<Said>
where
    B: Fn(&Said) -> Result<Option<Served>>,
{
    let said = version_in(&txn, &tenant, saying).await?;
    let written = beside(&said)?.map(|served| Written::of(&tenant, &served));
    if let Some(written) = written.transpose()? {
        written.add(&txn).await?;
    }
    Ok(said)
}

async fn version_in(txn: &Txn, tenant: &str, saying: Saying) -> Result<Said> {
    if !saying.request.is_empty() {
        let query = named(tenant, &saying.request);
        let before = query.one(&**txn).await.map_err(storage_error)?;
        if let Some(model) = before {
            return answered_before(model, &saying);
        }
    }
    let last = said::Entity::find()
        .filter(said::Column::Tenant.eq(tenant))
        .filter(said::Column::Id.eq(saying.id.as_str()))
        .order_by_desc(said::Column::Version)
        .one(&**txn)
        .await
        .map_err(storage_error)?;
    let standing = last.as_ref().filter(|last| last.withdrawn == 0);
    if saying.call.is_none() && standing.is_none() {
        return Err(missing(&saying.id));
    }
    if saying.replaces.is_some() && saying.replaces != standing.map(|standing| standing.version) {
        return Err(conflict(&saying.id));
    }
    let payload = saying.payload()?;
    let call = saying.call.as_ref().map(rows::json).transpose()?;
    let told = call.or_else(|| standing.map(|standing| standing.says.clone()));
    let model = said::Model {
        tenant: tenant.to_owned(),
        id: saying.id.clone(),
        version: last.as_ref().map_or(1, |last| last.version + 1),
        holds: i32::from(saying.call.is_some()),
        withdrawn: i32::from(saying.call.is_none()),
        says: told.unwrap_or_default(),
        author: saying.author,
        reason: saying.reason,
        made_at: saying.made_at.as_micros(),
        request: Some(saying.request).filter(|request| !request.is_empty()),
        payload,
    };
    let over = said::Entity::update_many()
        .col_expr(said::Column::Holds, Expr::value(0))
        .filter(said::Column::Tenant.eq(tenant))
        .filter(said::Column::Id.eq(saying.id.as_str()))
        .filter(said::Column::Holds.eq(1))
        .exec(&**txn)
        .await;
    over.map_err(storage_error)?;
    let added = said::Entity::insert_many([active(model.clone())])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&**txn)
        .await
        .map_err(storage_error)?;
    // Somebody else wrote that version meanwhile.
    if added == 0 {
        return Err(conflict(&model.id));
    }
    read(model)
}

pub(super) fn answered_before(model: said::Model, saying: &Saying) -> Result<Said> {
    if model.payload == saying.payload()? {
        return read(model);
    }
    let message = format!(
        "request id `{}` was used before for another request: give a new request a new id",
        saying.request
    );
    Err(Error::new(
        ErrorCode::AlreadyExists,
        ErrorReason::IdempotencyKeyReused,
        message,
    ))
}

fn missing(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    let message = format!("nothing is said under `{id}` that could be taken back");
    Error::not_found(ErrorReason::RecordNotFound, message)
}

fn conflict(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    let message = format!("`{id}` was changed meanwhile: read it again and repeat the change");
    Error::new(ErrorCode::Aborted, ErrorReason::EditConflict, message)
}

fn active(model: said::Model) -> said::ActiveModel {
    said::ActiveModel {
        tenant: Set(model.tenant),
        id: Set(model.id),
        version: Set(model.version),
        holds: Set(model.holds),
        withdrawn: Set(model.withdrawn),
        says: Set(model.says),
        author: Set(model.author),
        reason: Set(model.reason),
        made_at: Set(model.made_at),
        request: Set(model.request),
        payload: Set(model.payload),
    }
}
