//! `TargetService`.

mod attainment;
mod edit;
mod list;

use bellwether_contracts::convert::record_to_proto;
use bellwether_contracts::kpi::target_service_server::TargetService;
use bellwether_contracts::kpi::{
    CreateTargetRequest, CreateTargetResponse, DeleteTargetRequest, DeleteTargetResponse,
    GetAttainmentRequest, GetAttainmentResponse, GetTargetRequest, GetTargetResponse,
    ListTargetVersionsRequest, ListTargetVersionsResponse, ListTargetsRequest, ListTargetsResponse,
    TargetEntry, UpdateTargetRequest, UpdateTargetResponse,
};
use bellwether_contracts::sales;
use bellwether_contracts::status::to_status;
use bellwether_domain::Result;
use bellwether_domain::record::{Body, Target};
use bellwether_storage::paging::PageSigner;
use tonic::{Request, Response, Status};

use super::plan::{Plan, Stamp, record};
use crate::answers::Direct;
use crate::scorecard::{Whose, visible};
use crate::target::Desk;
use crate::tenant::Planned;

pub(super) use attainment::attainment_of;

/// Answers `TargetService`.
#[derive(Debug)]
pub(super) struct TargetRpc {
    plan: Plan,
    pages: PageSigner,
}

impl TargetRpc {
    pub(super) fn new(plan: Plan, pages: PageSigner) -> Self {
        Self { plan, pages }
    }
}

/// A version of a target as a message.
fn entry(direct: &Direct<'_>, planned: &Planned<Target>) -> TargetEntry {
    let stamp = Stamp::at(direct.facts, planned);
    TargetEntry {
        id: planned.id.to_string(),
        target: Some(wire(&planned.id, &planned.says)),
        etag: stamp.etag,
        position: stamp.position,
        recorded_at: stamp.recorded_at,
    }
}

fn wire(id: &str, target: &Target) -> sales::Target {
    match record_to_proto(&record(id, Body::Target(Box::new(target.clone())))).body {
        Some(sales::record::Body::Target(wire)) => wire,
        _ => sales::Target::default(),
    }
}

/// A desk of the question's caller, and whose targets that caller may see.
fn desk_of<'a>(direct: &'a Direct<'_>) -> Result<(Desk<'a>, Whose)> {
    let desk = Desk::new(
        direct.facts,
        direct.catalogue,
        direct.ask.clone(),
        direct.now,
        direct.threads,
    )?;
    let whose = Whose::of(direct.facts, &direct.ask.caller, desk.as_of, desk.seq);
    Ok((desk, whose))
}

/// The target of an id, when the caller may see it.
fn seen<'a>(direct: &Direct<'a>, seq: u64, whose: &Whose, id: &str) -> Option<&'a Planned<Target>> {
    let found = direct.facts.plans(seq).target(id)?;
    visible(whose, &found.says.holder).then_some(found)
}

fn answer<T>(found: Result<T>) -> std::result::Result<Response<T>, Status> {
    found.map(Response::new).map_err(|error| to_status(&error))
}

#[tonic::async_trait]
impl TargetService for TargetRpc {
    async fn create_target(
        &self,
        request: Request<CreateTargetRequest>,
    ) -> std::result::Result<Response<CreateTargetResponse>, Status> {
        answer(self.create(request).await)
    }

    async fn update_target(
        &self,
        request: Request<UpdateTargetRequest>,
    ) -> std::result::Result<Response<UpdateTargetResponse>, Status> {
        answer(self.update(request).await)
    }

    async fn get_target(
        &self,
        request: Request<GetTargetRequest>,
    ) -> std::result::Result<Response<GetTargetResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn list_targets(
        &self,
        request: Request<ListTargetsRequest>,
    ) -> std::result::Result<Response<ListTargetsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn delete_target(
        &self,
        request: Request<DeleteTargetRequest>,
    ) -> std::result::Result<Response<DeleteTargetResponse>, Status> {
        answer(self.delete(request).await)
    }

    async fn list_target_versions(
        &self,
        request: Request<ListTargetVersionsRequest>,
    ) -> std::result::Result<Response<ListTargetVersionsResponse>, Status> {
        answer(self.versions(request).await)
    }

    async fn get_attainment(
        &self,
        request: Request<GetAttainmentRequest>,
    ) -> std::result::Result<Response<GetAttainmentResponse>, Status> {
        answer(self.attainment(request).await)
    }
}
