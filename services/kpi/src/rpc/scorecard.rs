//! `ScorecardService`.

mod edit;
mod render;

use bellwether_contracts::convert::record_to_proto;
use bellwether_contracts::kpi::scorecard_service_server::ScorecardService;
use bellwether_contracts::kpi::{
    self, CreateScorecardRequest, CreateScorecardResponse, DeleteScorecardRequest, DeleteScorecardResponse,
    GetScorecardRequest, GetScorecardResponse, ListScorecardsRequest, ListScorecardsResponse,
    RenderScorecardRequest, RenderScorecardResponse, ScorecardEntry, ScorecardWarningKind,
    UpdateScorecardRequest, UpdateScorecardResponse,
};
use bellwether_contracts::sales;
use bellwether_contracts::status::to_status;
use bellwether_domain::Result;
use bellwether_domain::record::{Body, Scorecard, ScorecardItem};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use tonic::{Request, Response, Status};

use super::plan::{At, Plan, Stamp, missing, record};
use crate::answers::Direct;
use crate::catalogue::{Catalogue, Preset};
use crate::query::Caller;
use crate::scorecard::{Card, Kind, Warning, balance};
use crate::tenant::Planned;

/// Answers `ScorecardService`.
#[derive(Debug)]
pub(super) struct ScorecardRpc {
    plan: Plan,
}

impl ScorecardRpc {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan }
    }

    async fn get(&self, request: Request<GetScorecardRequest>) -> Result<GetScorecardResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let id = asked.id;
        let read = move |direct: &Direct<'_>| {
            let plans = direct.facts.plans(direct.facts.position().seq);
            if let Some(found) = plans.scorecard(&id) {
                return Ok(entry(direct, found));
            }
            let preset = direct.catalogue.presets().iter().find(|preset| preset.id == id);
            preset.map(preset_entry).ok_or_else(|| missing("scorecard", &id))
        };
        Ok(GetScorecardResponse {
            scorecard: Some(self.plan.read((&tenant, &scope), At::default(), read).await?),
        })
    }

    async fn list(&self, request: Request<ListScorecardsRequest>) -> Result<ListScorecardsResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let read = |direct: &Direct<'_>| {
            let plans = direct.facts.plans(direct.facts.position().seq);
            let own = plans.scorecards().map(|found| entry(direct, found));
            let presets = direct.catalogue.presets().iter();
            let free = presets.filter(|preset| plans.scorecard(&preset.id).is_none());
            Ok(own.chain(free.map(preset_entry)).collect())
        };
        Ok(ListScorecardsResponse {
            scorecards: self.plan.read((&tenant, &scope), At::default(), read).await?,
        })
    }
}

/// A version of a scorecard as a message.
fn entry(direct: &Direct<'_>, planned: &Planned<Scorecard>) -> ScorecardEntry {
    told(
        &planned.id,
        &planned.says,
        direct.catalogue,
        Stamp::at(direct.facts, planned),
    )
}

fn told(id: &str, scorecard: &Scorecard, catalogue: &Catalogue, stamp: Stamp) -> ScorecardEntry {
    let card = Card::of_tenant(id, scorecard);
    let (_, warnings) = balance(&card, catalogue, &Caller::All);
    ScorecardEntry {
        id: id.to_owned(),
        scorecard: Some(wire(id, scorecard)),
        etag: stamp.etag,
        position: stamp.position,
        recorded_at: stamp.recorded_at,
        preset: false,
        warnings: warnings.iter().map(warning_of).collect(),
    }
}

fn wire(id: &str, scorecard: &Scorecard) -> sales::Scorecard {
    match record_to_proto(&record(id, Body::Scorecard(scorecard.clone()))).body {
        Some(sales::record::Body::Scorecard(wire)) => wire,
        _ => sales::Scorecard::default(),
    }
}

fn preset_entry(preset: &Preset) -> ScorecardEntry {
    let card = Card::of_preset(preset);
    let scorecard = Scorecard {
        name: card.name,
        items: card
            .items
            .into_iter()
            .map(|(kpi, weight)| ScorecardItem { kpi, weight })
            .collect(),
        filters: card.filters,
        period: card.period,
        owner: None,
        note: Some(preset.description.clone()),
    };
    ScorecardEntry {
        id: preset.id.clone(),
        scorecard: Some(wire(&preset.id, &scorecard)),
        preset: true,
        ..ScorecardEntry::default()
    }
}

fn warning_of(warning: &Warning) -> kpi::ScorecardWarning {
    let kind = match warning.kind {
        Kind::TooMany => ScorecardWarningKind::TooMany,
        Kind::TooFew => ScorecardWarningKind::TooFew,
        Kind::OnlyLeading => ScorecardWarningKind::OnlyLeading,
        Kind::OnlyLagging => ScorecardWarningKind::OnlyLagging,
        Kind::Deprecated => ScorecardWarningKind::Deprecated,
        Kind::Uncertified => ScorecardWarningKind::Uncertified,
        Kind::Unknown => ScorecardWarningKind::Unknown,
        Kind::Grouped => ScorecardWarningKind::Grouped,
        Kind::NotYours => ScorecardWarningKind::NotYours,
        Kind::TargetTwice => ScorecardWarningKind::TargetTwice,
    };
    kpi::ScorecardWarning {
        kind: kind.into(),
        kpi: warning.kpi.clone(),
        message: warning.message.clone(),
    }
}

fn answer<T>(found: Result<T>) -> std::result::Result<Response<T>, Status> {
    found.map(Response::new).map_err(|error| to_status(&error))
}

#[tonic::async_trait]
impl ScorecardService for ScorecardRpc {
    async fn create_scorecard(
        &self,
        request: Request<CreateScorecardRequest>,
    ) -> std::result::Result<Response<CreateScorecardResponse>, Status> {
        answer(self.create(request).await)
    }

    async fn update_scorecard(
        &self,
        request: Request<UpdateScorecardRequest>,
    ) -> std::result::Result<Response<UpdateScorecardResponse>, Status> {
        answer(self.update(request).await)
    }

    async fn get_scorecard(
        &self,
        request: Request<GetScorecardRequest>,
    ) -> std::result::Result<Response<GetScorecardResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn list_scorecards(
        &self,
        request: Request<ListScorecardsRequest>,
    ) -> std::result::Result<Response<ListScorecardsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn delete_scorecard(
        &self,
        request: Request<DeleteScorecardRequest>,
    ) -> std::result::Result<Response<DeleteScorecardResponse>, Status> {
        answer(self.delete(request).await)
    }

    async fn render_scorecard(
        &self,
        request: Request<RenderScorecardRequest>,
    ) -> std::result::Result<Response<RenderScorecardResponse>, Status> {
        answer(self.render(request).await)
    }
}
