//! `KpiService`.

use bellwether_contracts::kpi::kpi_service_server::KpiService;
use bellwether_contracts::kpi::{QueryKpisRequest, QueryKpisResponse, WatchKpisRequest};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Result, TenantId};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use tonic::{Request, Response, Status};

use super::ask::{Wait, ask_of, in_query, once_each, wait_of};
use super::watch::{After, Messages, Watches};
use crate::answers::{Answers, Pending};
use crate::worker::Tenants;

/// Answers `KpiService`: to each caller from the rows of the caller's scope.
#[derive(Debug)]
pub struct KpiRpc {
    tenants: Tenants,
    answers: Answers,
    watches: Watches,
}

impl KpiRpc {
    /// Answers about these tenants.
    pub(crate) fn new(tenants: Tenants, answers: Answers, watches: Watches) -> Self {
        Self {
            tenants,
            answers,
            watches,
        }
    }

    async fn query(&self, request: Request<QueryKpisRequest>) -> Result<QueryKpisResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let (_, extensions, message) = request.into_parts();
        let principal = Principal::from_extensions(&extensions)?;
        let wait = wait_of(&message)?;
        if wait.is_some() {
            // What is malformed is said before anything is waited for.
            ask_of(&message)?;
        }
        let pending = Pending::new(tenant, principal.scope.clone(), message);
        self.wait(pending.tenant(), wait).await?;
        self.answers.query(pending).await
    }

    async fn watch(&self, request: Request<WatchKpisRequest>) -> Result<Messages> {
        let query = request.get_ref().query.clone().unwrap_or_default();
        let tenant = authorize_scoped(&request, &query.tenant).map_err(in_query)?;
        let (_, extensions, asked) = request.into_parts();
        let principal = Principal::from_extensions(&extensions)?;
        let wait = wait_of(&query).map_err(in_query)?;
        ask_of(&query).and_then(|_| once_each(&query)).map_err(in_query)?;
        let after = asked.after.as_ref().map(After::read).transpose()?;
        let seat = self.watches.enter(&tenant)?;
        let pending = Pending::new(tenant, principal.scope.clone(), query);
        self.wait(pending.tenant(), wait).await?;
        let begun = self.watches.begin(seat, pending, &asked, after).await;
        begun.map_err(in_query)
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

    type WatchKpisStream = Messages;

    async fn watch_kpis(
        &self,
        request: Request<WatchKpisRequest>,
    ) -> std::result::Result<Response<Self::WatchKpisStream>, Status> {
        self.watch(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }
}
