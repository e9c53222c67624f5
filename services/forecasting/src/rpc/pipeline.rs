//! `PipelineService`.

mod show;

use std::sync::Arc;

use bellwether_contracts::forecasting::pipeline_service_server::PipelineService;
use bellwether_contracts::forecasting::{
    ForecastPipelineRequest, ForecastPipelineResponse, ListStageProbabilitiesRequest,
    ListStageProbabilitiesResponse, ScoreLeadsRequest, ScoreLeadsResponse, ScoreOpportunitiesRequest,
    ScoreOpportunitiesResponse,
};
use bellwether_domain::{Error, Result, TenantId};
use bellwether_runtime::authorize;
use tonic::{Request, Response, Status};

use super::digest::Digest;
use super::outlook::{Outlook, Question, stages};
use super::read::{self, Ahead, Wrong};
use super::scores::{self, Whose};
use super::{Desk, answer, write};
use crate::pipeline::Group;
use crate::source::Stands;
use crate::store::{Kind, Served};

/// The most dimensions by which open deals are told apart.
const MOST_GROUPS: usize = 4;
/// The most open deals that an answer names.
const MOST_DEALS: u32 = 10_000;

/// `forecasting.v1.PipelineService`.
#[derive(Debug, Clone)]
pub(super) struct PipelineRpc(pub(super) Desk);

/// What was fitted, and to what.
struct Looked {
    outlook: Arc<Outlook>,
    stands: Stands,
    cached: bool,
    question: Question,
    /// The name of question and facts.
    digest: Digest,
}

impl PipelineRpc {
    async fn look(&self, ahead: &Ahead) -> Result<Looked> {
        // Where the facts stand is quick to tell: who asks again need not read them again.
        let stands = self.0.source.stands(&ahead.at).await?;
        let question = Question {
            day: stands.zone.date_of(stands.as_of).days().into(),
            days: ahead.days.into(),
        };
        let mut digest = Digest::of("pipeline");
        digest
            .text(&ahead.at.tenant)
            .number(stands.position.epoch)
            .number(stands.position.seq);
        digest
            .signed(stands.as_of.as_micros())
            .signed(question.days)
            .text(stands.zone.name());
        let key = digest.key();
        if let Some(outlook) = self.0.pipelines.kept(&key) {
            return Ok(Looked {
                outlook,
                stands,
                cached: true,
                question,
                digest,
            });
        }
        let deals = self.0.source.deals(&ahead.at.pinned(&stands)).await?.says;
        let (asked, zone) = (question.clone(), stands.zone.clone());
        let fit = move || Outlook::of(deals, &zone, &asked);
        let (outlook, cached) = self.0.pipelines.fit(key, fit).await?;
        Ok(Looked {
            outlook,
            stands,
            cached,
            question,
            digest,
        })
    }

    async fn forecast(&self, request: Request<ForecastPipelineRequest>) -> Result<ForecastPipelineResponse> {
        let asked = request.get_ref().pipeline.clone().unwrap_or_default();
        let tenant = authorize(&request, &asked.tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let ahead = read::ahead(&asked, &mut wrong);
        if message.group_by.len() > MOST_GROUPS {
            wrong.add("group_by", format!("at most {MOST_GROUPS} dimensions"));
        }
        if message.deals > MOST_DEALS {
            wrong.add("deals", format!("at most {MOST_DEALS} deals"));
        }
        wrong.or(())?;
        let looked = self.look(&ahead).await?;
        let id = self.keep(&tenant, &looked).await?;
        let basis = write::basis(&looked.stands, &id, looked.cached);
        // Groups are drawn for each answer: not on the threads that calls run on.
        let shown = tokio::task::spawn_blocking(move || show::forecast(&message, &looked, basis)).await;
        shown.map_err(|error| Error::internal(format!("the forecast cannot be summed up: {error}")))
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
        let stands = self.0.source.stands(&ahead.at).await?;
        let question = Question {
            day: stands.zone.date_of(stands.as_of).days().into(),
            days: ahead.days.into(),
        };
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
        let points = show::points(looked);
        if points.is_empty() {
            return Ok(String::new());
        }
        let served = Served {
            id: looked.digest.id(),
            kind: Kind::Pipeline,
            filters: Vec::new(),
            made_at: self.0.clock.now(),
            as_of: looked.stands.as_of,
            position: looked.stands.position,
            model_version: super::model_version(),
            points,
        };
        self.0.store.keep(tenant, &served).await?;
        Ok(served.id)
    }
}

/// What a dimension is called among the models.
pub(super) fn group(name: &str) -> Group {
    match name {
        "stage" => Group::Stage,
        "owner" => Group::Owner,
        "team" => Group::Team,
        "category" | "forecast_category" => Group::Category,
        other => Group::Trait(other.to_owned()),
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
}
