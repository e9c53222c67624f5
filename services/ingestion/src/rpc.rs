//! The door of the service: each handler checks the caller, reads the request, asks the log and answers.

mod change_feed_service;
mod import_service;
mod record_service;
mod tenant_service;

use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorReason, Result, TenantId};
use tonic::{Response, Status};

pub(crate) use change_feed_service::ChangeFeed;
pub(crate) use import_service::ImportDesk;
pub(crate) use record_service::Records;
pub(crate) use tenant_service::TenantDesk;

/// Rows of a page when the caller does not say, and at most.
const PAGE: (usize, usize) = (100, 1_000);

/// What a handler found, as the wire has it.
fn answer<T>(found: Result<T>) -> std::result::Result<Response<T>, Status> {
    found.map(Response::new).map_err(|error| to_status(&error))
}

fn unknown_tenant(tenant: &TenantId) -> Error {
    Error::not_found(
        ErrorReason::UnknownTenant,
        format!("there is no tenant `{tenant}`: a tenant is made by its first write"),
    )
}

/// A name that something may have: no stored text holds a NUL, which not every database could be asked for.
fn check_name(field: &str, name: &str) -> Result<()> {
    if name.contains('\0') {
        let message = "holds a NUL character: no name does";
        return Err(Error::invalid(ErrorReason::InvalidField, field, message));
    }
    Ok(())
}
