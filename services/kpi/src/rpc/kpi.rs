//! `KpiService`.

use std::sync::Arc;

use bellwether_contracts::kpi::kpi_service_server::KpiService;
use bellwether_contracts::kpi::{QueryKpisRequest, QueryKpisResponse};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Clock, Error, ErrorCode, ErrorReason, Result, TenantId};
use bellwether_runtime::auth::{Principal, Scope, authorize};
use tonic::{Request, Response, Status};

use super::ask::{Wait, ask_of, wait_of};
use super::values::response_of;
use crate::catalogue::Catalogue;
use crate::query::answer;
use crate::worker::Tenants;

/// Answers `KpiService`.
///
/// Rows are not narrowed to a caller's scope: a caller that may not see all of a tenant's rows is refused
/// (`PERMISSION_DENIED`, `SCOPE_MISMATCH`), so that nobody sees more than allowed.
#[derive(Debug)]
pub struct KpiRpc {
    tenants: Tenants,
    clock: Arc<dyn Clock>,
    catalogue: Arc<Catalogue>,
    threads: usize,
}

impl KpiRpc {
    /// Answers from these tenants' facts by this catalogue, on at most so many threads a question.
    #[must_use]
    pub fn new(tenants: Tenants, clock: Arc<dyn Clock>, catalogue: Arc<Catalogue>, threads: usize) -> Self {
        Self {
            tenants,
            clock,
            catalogue,
            threads,
        }
    }

    async fn query(&self, request: Request<QueryKpisRequest>) -> Result<QueryKpisResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        check_scope(Principal::from_extensions(request.extensions())?)?;
        let message = request.into_inner();
        let ask = ask_of(&message)?;
        self.wait(&tenant, wait_of(&message)?).await?;
        let now = self.clock.now();
        let (catalogue, threads) = (Arc::clone(&self.catalogue), self.threads);
        let found = self
            .tenants
            .read(&tenant, move |facts| {
                answer(facts, &catalogue, &ask, now, threads)
            })
            .await??;
        Ok(response_of(&found))
    }

    async fn wait(&self, tenant: &TenantId, wait: Option<Wait>) -> Result<()> {
        let position = match wait {
            None => return Ok(()),
            Some(Wait::Position(position)) => position,
            Some(Wait::Head) => self.tenants.head(tenant).await?,
        };
        self.tenants.wait_for(tenant, position).await
    }
}

fn check_scope(principal: &Principal) -> Result<()> {
    if principal.scope == Scope::All {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::PermissionDenied,
        ErrorReason::ScopeMismatch,
        "KPIs stand on all rows of a tenant, the token sees only some: use a token with the scope `all`",
    ))
}

#[tonic::async_trait]
impl KpiService for KpiRpc {
    async fn query_kpis(
        &self,
        request: Request<QueryKpisRequest>,
    ) -> std::result::Result<Response<QueryKpisResponse>, Status> {
        self.query(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }
}
