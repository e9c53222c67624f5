//! `PipelineService`.

mod chances;
mod concerns;
mod groups;
mod moved;
mod said;
mod show;
mod suppose;

use bellwether_contracts::forecasting::pipeline_service_server::PipelineService;
use bellwether_contracts::forecasting::{
    DeleteForecastOverrideRequest, DeleteForecastOverrideResponse, ForecastPipelineRequest,
    ForecastPipelineResponse, GetForecastWaterfallRequest, GetForecastWaterfallResponse,
    ListForecastOverridesRequest, ListForecastOverridesResponse, ListStageProbabilitiesRequest,
    ListStageProbabilitiesResponse, ScoreLeadsRequest, ScoreLeadsResponse, ScoreOpportunitiesRequest,
    ScoreOpportunitiesResponse, SetForecastOverrideRequest, SetForecastOverrideResponse,
    WhatIfPipelineRequest, WhatIfPipelineResponse,
};
use bellwether_domain::{Error, Result, TenantId};
use bellwether_runtime::authorize;
use tonic::{Request, Response, Status};

use super::looked::{Looked, question};
use super::outlook::stages;
use super::overrides::applied::Applied;
use super::read::{self, Wrong};
use super::scores::{self, Whose};
use super::{Desk, answer, write};
use crate::pipeline::Part;
use crate::store::{Kind, Point, Served};

use groups::group;

pub(super) use show::intervals;

/// The most dimensions by which open deals are told apart.
const MOST_GROUPS: usize = 4;
/// The most open deals that an answer names.
const MOST_DEALS: u32 = 10_000;

/// `forecasting.v1.PipelineService`.
#[derive(Debug, Clone)]
pub(super) struct PipelineRpc(pub(super) Desk);

impl PipelineRpc {
    async fn forecast(&self, request: Request<ForecastPipelineRequest>) -> Result<ForecastPipelineResponse> {
        let asked = request.get_ref().pipeline.clone().unwrap_or_default();
        let tenant = authorize(&request, &asked.tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let ahead = read::ahead(&asked, &mut wrong);
        if message.group_by.len() > MOST_GROUPS {
            wrong.add("group_by", format!("at most {MOST_GROUPS} dimensions"));
        }
        groups::refuse_unknown(&message.group_by, &mut wrong);
        if message.deals > MOST_DEALS {
            wrong.add("deals", format!("at most {MOST_DEALS} deals"));
        }
        wrong.or(())?;
        let looked = self.0.look(&ahead).await?;
        let id = self.keep(&tenant, &looked).await?;
        let basis = write::basis(&looked.stands, &id, looked.cached);
        let over = self.overridden(&tenant, &looked).await?;
        // Groups are drawn for each answer: not on the threads that calls run on.
        let shown = tokio::task::spawn_blocking(move || {
            let mut shown = show::forecast(&message, &looked, basis);
            if let Some((applied, total, id)) = over {
                said::add(&mut shown, &message, &looked, applied, (&total, id));
            }
            shown
        });
        let broken = |error| Error::internal(format!("the forecast cannot be summed up: {error}"));
        shown.await.map_err(broken)
    }

    /// What overrides that held as of the forecast make of it, its total, and under which that is kept.
    async fn overridden(
        &self,
        tenant: &TenantId,
        looked: &Looked,
    ) -> Result<Option<(Applied, Part, String)>> {
        let held = self.0.store.held(tenant, looked.stands.as_of).await?;
        let Ok(forecast) = &looked.outlook.forecast else {
            return Ok(None);
        };
        let Some(applied) = Applied::of(forecast, &held, looked.unit())? else {
            return Ok(None);
        };
        let total = applied.total(forecast);
        let mut digest = looked.digest.clone();
        digest.text("overrides");
        for (id, version) in &applied.versions {
            digest.text(id).signed(*version);
        }
        let mut id = String::new();
        if !applied.deals.is_empty() {
            id = digest.id();
            let points = show::points(looked, &total, "overrides");
            self.put(tenant, looked, (Kind::Override, id.clone()), points)
                .await?;
        }
        Ok(Some((applied, total, id)))
    }

    async fn stages(
        &self,
        request: Request<ListStageProbabilitiesRequest>,
    ) -> Result<ListStageProbabilitiesResponse> {
        let asked = request.get_ref().pipeline.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let mut wrong = Wrong::none();
        let ahead = read::ahead(&asked, &mut wrong);
        wrong.or(())?;
        let stands = self.0.stands("pipeline.as_of", &ahead.at).await?;
        let question = question(&ahead, &stands);
        let deals = self.0.source.deals(&ahead.at.pinned(&stands)).await?.says;
        let zone = stands.zone.clone();
        let found = tokio::task::spawn_blocking(move || stages(deals, &zone, &question)).await;
        let found = found.map_err(|error| Error::internal(format!("stages cannot be looked at: {error}")))?;
        Ok(show::stages(&found, &stands))
    }

    async fn opportunities(
        &self,
        request: Request<ScoreOpportunitiesRequest>,
    ) -> Result<ScoreOpportunitiesResponse> {
        let asked = request.get_ref().question.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let told = scores::told(&self.0, &asked, Whose::Opportunities, Wrong::none()).await?;
        Ok(ScoreOpportunitiesResponse {
            scores: told.scores,
            card: told.card,
            absence: told.absence,
            reason: told.reason,
            basis: told.basis,
        })
    }

    async fn leads(&self, request: Request<ScoreLeadsRequest>) -> Result<ScoreLeadsResponse> {
        let asked = request.get_ref().question.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let told = scores::told(&self.0, &asked, Whose::Leads, Wrong::none()).await?;
        Ok(ScoreLeadsResponse {
            scores: told.scores,
            card: told.card,
            absence: told.absence,
            reason: told.reason,
            basis: told.basis,
        })
    }

    /// Keeps what is served; its id, empty where nothing was said.
    async fn keep(&self, tenant: &TenantId, looked: &Looked) -> Result<String> {
        let Ok(forecast) = &looked.outlook.forecast else {
            return Ok(String::new());
        };
        let points = show::points(looked, &forecast.total, "pipeline");
        let id = looked.digest.id();
        self.put(tenant, looked, (Kind::Pipeline, id.clone()), points)
            .await?;
        Ok(id)
    }

    async fn put(
        &self,
        tenant: &TenantId,
        looked: &Looked,
        (kind, id): (Kind, String),
        points: Vec<Point>,
    ) -> Result<()> {
        let served = Served {
            id,
            kind,
            filters: Vec::new(),
            made_at: self.0.clock.now(),
            as_of: looked.stands.as_of,
            position: looked.stands.position,
            model_version: super::model_version(),
            points,
        };
        if kind == Kind::Pipeline {
            chances::keep(&self.0, tenant, looked, &served).await?;
        }
        self.0.store.keep(tenant, &served).await
    }
}

#[tonic::async_trait]
impl PipelineService for PipelineRpc {
    async fn forecast_pipeline(
        &self,
        request: Request<ForecastPipelineRequest>,
    ) -> std::result::Result<Response<ForecastPipelineResponse>, Status> {
        answer(self.forecast(request).await)
    }

    async fn list_stage_probabilities(
        &self,
        request: Request<ListStageProbabilitiesRequest>,
    ) -> std::result::Result<Response<ListStageProbabilitiesResponse>, Status> {
        answer(self.stages(request).await)
    }

    async fn score_opportunities(
        &self,
        request: Request<ScoreOpportunitiesRequest>,
    ) -> std::result::Result<Response<ScoreOpportunitiesResponse>, Status> {
        answer(self.opportunities(request).await)
    }

    async fn score_leads(
        &self,
        request: Request<ScoreLeadsRequest>,
    ) -> std::result::Result<Response<ScoreLeadsResponse>, Status> {
        answer(self.leads(request).await)
    }

    async fn what_if_pipeline(
        &self,
        request: Request<WhatIfPipelineRequest>,
    ) -> std::result::Result<Response<WhatIfPipelineResponse>, Status> {
        answer(self.what_if(request).await)
    }

    async fn get_forecast_waterfall(
        &self,
        request: Request<GetForecastWaterfallRequest>,
    ) -> std::result::Result<Response<GetForecastWaterfallResponse>, Status> {
        answer(self.waterfall(request).await)
    }

    async fn set_forecast_override(
        &self,
        request: Request<SetForecastOverrideRequest>,
    ) -> std::result::Result<Response<SetForecastOverrideResponse>, Status> {
        answer(self.0.say(request).await)
    }

    async fn list_forecast_overrides(
        &self,
        request: Request<ListForecastOverridesRequest>,
    ) -> std::result::Result<Response<ListForecastOverridesResponse>, Status> {
        answer(self.0.sayings(request).await)
    }

    async fn delete_forecast_override(
        &self,
        request: Request<DeleteForecastOverrideRequest>,
    ) -> std::result::Result<Response<DeleteForecastOverrideResponse>, Status> {
        answer(self.0.take_back(request).await)
    }
}
