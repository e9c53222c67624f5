//! `KpiService`.

use bellwether_contracts::kpi::kpi_service_server::KpiService;
use bellwether_contracts::kpi::list_contributors_request::Of;
use bellwether_contracts::kpi::{
    CompareKpisRequest, CompareKpisResponse, ExplainChangeRequest, ExplainChangeResponse,
    GetWaterfallRequest, GetWaterfallResponse, ListContributorsRequest, ListContributorsResponse,
    QueryKpisRequest, QueryKpisResponse, StreamFactsRequest, VerifyReceiptRequest, VerifyReceiptResponse,
    WatchKpisRequest,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorReason, Result, TenantId};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use tonic::{Request, Response, Status};

use super::ask::{Wait, ask_of, in_query, once_each, wait_for, wait_of, without_extras};
use super::watch::{After, Messages, Watches};
use super::{compare, explain, facts, rank, restate, waterfall};
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
        let ranks = rank::wanted(&message)?;
        let wait = wait_of(&message)?;
        if wait.is_some() {
            // What is malformed is said before anything is waited for.
            ask_of(&message)?;
        }
        let pending = Pending::new(tenant.clone(), principal.scope.clone(), message);
        let asked = pending.kpis();
        self.wait(&tenant, wait).await?;
        let mut found = self.answers.query(pending).await?;
        found.deprecated = self.answers.deprecated(&tenant, &asked).await?;
        if ranks {
            let best = self.answers.best(&tenant, &found.values).await?;
            rank::give(&mut found.values, &best);
        }
        Ok(found)
    }

    async fn watch(&self, request: Request<WatchKpisRequest>) -> Result<Messages> {
        let query = request.get_ref().query.clone().unwrap_or_default();
        let tenant = authorize_scoped(&request, &query.tenant).map_err(in_query)?;
        let (_, extensions, asked) = request.into_parts();
        let principal = Principal::from_extensions(&extensions)?;
        let wait = wait_of(&query).map_err(in_query)?;
        ask_of(&query)
            .and_then(|_| once_each(&query))
            .and_then(|()| without_extras(&query))
            .map_err(in_query)?;
        let after = asked.after.as_ref().map(After::read).transpose()?;
        let seat = self.watches.enter(&tenant)?;
        let pending = Pending::new(tenant, principal.scope.clone(), query);
        self.wait(pending.tenant(), wait).await?;
        let begun = self.watches.begin(seat, pending, &asked, after).await;
        begun.map_err(in_query)
    }

    async fn contributors(
        &self,
        request: Request<ListContributorsRequest>,
    ) -> Result<ListContributorsResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let (_, extensions, message) = request.into_parts();
        let scope = Principal::from_extensions(&extensions)?.scope.clone();
        if let Some(Of::Query(query)) = &message.of {
            if !query.tenant.is_empty() && query.tenant != tenant.as_str() {
                let text = "leave it out, or give the tenant of the request";
                return Err(Error::invalid(ErrorReason::InvalidField, "query.tenant", text));
            }
            let wait = wait_of(query).map_err(in_query)?;
            ask_of(query)
                .and_then(|_| without_extras(query))
                .map_err(in_query)?;
            self.wait(&tenant, wait).await?;
        }
        self.answers.contributors(tenant, scope, &message).await
    }

    async fn verify(&self, request: Request<VerifyReceiptRequest>) -> Result<VerifyReceiptResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let (_, extensions, message) = request.into_parts();
        let scope = Principal::from_extensions(&extensions)?.scope.clone();
        self.answers.verify(tenant, scope, &message.receipt).await
    }

    async fn compare(&self, request: Request<CompareKpisRequest>) -> Result<CompareKpisResponse> {
        let query = request.get_ref().query.clone().unwrap_or_default();
        let (pending, asked) = self.beside(request, query).await?;
        compare::run(&self.answers, pending, &asked).await
    }

    async fn explain(&self, request: Request<ExplainChangeRequest>) -> Result<ExplainChangeResponse> {
        if let Some(pair) = request.get_ref().receipts.clone() {
            let tenant = authorize_scoped(&request, &pair.tenant).map_err(restate::in_receipts)?;
            let (_, extensions, asked) = request.into_parts();
            let scope = Principal::from_extensions(&extensions)?.scope.clone();
            restate::alone(&asked)?;
            self.wait(&tenant, wait_for(asked.min_position.as_ref())?).await?;
            return self.answers.restate(tenant, scope, &asked, &pair).await;
        }
        let query = request.get_ref().query.clone().unwrap_or_default();
        let (pending, asked) = self.beside(request, query).await?;
        explain::run(&self.answers, pending, &asked).await
    }

    async fn waterfall(&self, request: Request<GetWaterfallRequest>) -> Result<GetWaterfallResponse> {
        let query = request.get_ref().query.clone().unwrap_or_default();
        let (pending, asked) = self.beside(request, query).await?;
        waterfall::run(&self.answers, pending, &asked).await
    }

    async fn facts(&self, request: Request<StreamFactsRequest>) -> Result<facts::Messages> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let (_, extensions, message) = request.into_parts();
        let scope = &Principal::from_extensions(&extensions)?.scope;
        let wait = wait_for(message.min_position.as_ref())?;
        let asked = facts::read(&message, scope)?;
        self.wait(&tenant, wait).await?;
        facts::begin(&self.tenants, self.answers.clock(), tenant, asked).await
    }

    /// The question in a message about two periods, once what it waits for is there.
    async fn beside<T>(&self, request: Request<T>, query: QueryKpisRequest) -> Result<(Pending, T)> {
        let tenant = authorize_scoped(&request, &query.tenant).map_err(in_query)?;
        let (_, extensions, asked) = request.into_parts();
        let principal = Principal::from_extensions(&extensions)?;
        let wait = wait_of(&query).map_err(in_query)?;
        ask_of(&query)
            .and_then(|_| without_extras(&query))
            .map_err(in_query)?;
        let pending = Pending::new(tenant, principal.scope.clone(), query);
        self.wait(pending.tenant(), wait).await?;
        Ok((pending, asked))
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

    async fn list_contributors(
        &self,
        request: Request<ListContributorsRequest>,
    ) -> std::result::Result<Response<ListContributorsResponse>, Status> {
        self.contributors(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn verify_receipt(
        &self,
        request: Request<VerifyReceiptRequest>,
    ) -> std::result::Result<Response<VerifyReceiptResponse>, Status> {
        self.verify(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn compare_kpis(
        &self,
        request: Request<CompareKpisRequest>,
    ) -> std::result::Result<Response<CompareKpisResponse>, Status> {
        self.compare(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn explain_change(
        &self,
        request: Request<ExplainChangeRequest>,
    ) -> std::result::Result<Response<ExplainChangeResponse>, Status> {
        self.explain(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn get_waterfall(
        &self,
        request: Request<GetWaterfallRequest>,
    ) -> std::result::Result<Response<GetWaterfallResponse>, Status> {
        self.waterfall(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    type StreamFactsStream = facts::Messages;

    async fn stream_facts(
        &self,
        request: Request<StreamFactsRequest>,
    ) -> std::result::Result<Response<Self::StreamFactsStream>, Status> {
        self.facts(request)
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
