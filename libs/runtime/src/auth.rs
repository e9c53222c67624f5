//! Who calls, and for which tenants: bearer tokens and what they may do.

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, TenantId};

mod tokens;

pub use tokens::TokenSet;

/// The tenants that a caller may act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant.
    All,
    /// One tenant.
    One(TenantId),
}

/// The rows that a caller may see within a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every row.
    All,
    /// The rows of a rep (by id) and of everyone who reports to that rep.
    Subtree(String),
    /// The rows of a rep (by id).
    Own(String),
}

/// A caller that has shown who it is. Every request that reaches a handler carries one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenants it may act for.
    pub tenants: Tenants,
    /// The rows it may see.
    pub scope: Scope,
}

impl Principal {
    /// Another service of this house: every tenant, every row.
    #[must_use]
    pub fn service() -> Self {
        Self {
            tenants: Tenants::All,
            scope: Scope::All,
        }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when the request did not come through a node or a near link.
    pub fn from_extensions(extensions: &tonic::Extensions) -> Result<&Self> {
        extensions.get::<Self>().ok_or_else(|| {
            Error::new(
                ErrorCode::Unauthenticated,
                ErrorReason::TokenMissing,
                "the call carries no caller",
            )
        })
    }

    /// Whether the caller may act for `tenant`.
    ///
    /// # Errors
    /// `PERMISSION_DENIED` (`TENANT_MISMATCH`), in the same words whether the tenant exists or not.
    pub fn check_tenant(&self, tenant: &TenantId) -> Result<()> {
        match &self.tenants {
            Tenants::All => Ok(()),
            Tenants::One(own) if own == tenant => Ok(()),
            Tenants::One(_) => Err(Error::new(
                ErrorCode::PermissionDenied,
                ErrorReason::TenantMismatch,
                "the token is not of the tenant in the request",
            )),
        }
    }
}

/// The tenant of a request whose caller may act for it and see all of its rows; `tenant` is the field of that name in the
/// message.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is no tenant id; `PERMISSION_DENIED` when the token is of another tenant
/// (`TENANT_MISMATCH`) or sees only some rows (`SCOPE_MISMATCH`).
pub fn authorize<T>(request: &tonic::Request<T>, tenant: &str) -> Result<TenantId> {
    let tenant = authorize_scoped(request, tenant)?;
    match Principal::from_extensions(request.extensions())?.scope {
        Scope::All => Ok(tenant),
        Scope::Subtree(_) | Scope::Own(_) => Err(Error::new(
            ErrorCode::PermissionDenied,
            ErrorReason::ScopeMismatch,
            "this is about all records of the tenant, the token sees only some: use one with the scope `all`",
        )),
    }
}

/// The tenant of a request whose caller may act for it, whichever rows the caller may see: for what is not about rows,
/// and for handlers that narrow rows to [`Principal::scope`].
///
/// # Errors
/// `INVALID_ARGUMENT` when it is no tenant id; `PERMISSION_DENIED` when the token is of another tenant.
pub fn authorize_scoped<T>(request: &tonic::Request<T>, tenant: &str) -> Result<TenantId> {
    let tenant: TenantId = tenant.parse()?;
    Principal::from_extensions(request.extensions())?.check_tenant(&tenant)?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_one_tenant_acts_for_no_other() {
        let mut request = tonic::Request::new(());
        assert_eq!(
            authorize(&request, "acme").unwrap_err().code,
            ErrorCode::Unauthenticated
        );
        let acme = Principal {
            tenants: Tenants::One("acme".parse().unwrap()),
            scope: Scope::All,
        };
        request.extensions_mut().insert(acme);
        assert_eq!(authorize(&request, "acme").unwrap().as_str(), "acme");
        let error = authorize(&request, "globex").unwrap_err();
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::PermissionDenied, ErrorReason::TenantMismatch)
        );
        assert!(!error.message.contains("globex"));
        assert_eq!(
            authorize(&request, "No Tenant").unwrap_err().code,
            ErrorCode::InvalidArgument
        );
        request.extensions_mut().insert(Principal::service());
        assert!(authorize(&request, "globex").is_ok());
    }

    #[test]
    fn who_sees_some_rows_is_let_in_only_where_rows_are_narrowed() {
        for scope in [Scope::Own("ann".to_owned()), Scope::Subtree("ann".to_owned())] {
            let mut request = tonic::Request::new(());
            request.extensions_mut().insert(Principal {
                tenants: Tenants::One("acme".parse().unwrap()),
                scope,
            });
            let reason = |tenant| authorize(&request, tenant).unwrap_err().reason;
            assert_eq!(reason("acme"), ErrorReason::ScopeMismatch);
            assert_eq!(reason("globex"), ErrorReason::TenantMismatch);
            assert_eq!(authorize_scoped(&request, "acme").unwrap().as_str(), "acme");
            assert!(authorize_scoped(&request, "globex").is_err());
        }
    }
}
