//! `CatalogService`.

mod dry_run;
mod edit;
mod edition;
mod promote;
mod write;

use std::sync::Arc;

use bellwether_contracts::convert::position_from_proto;
use bellwether_contracts::kpi::catalog_service_server::CatalogService;
use bellwether_contracts::kpi::{
    CreateKpiRequest, CreateKpiResponse, DeprecateKpiRequest, DeprecateKpiResponse, DryRunKpiRequest,
    DryRunKpiResponse, GetKpiRequest, GetKpiResponse, ListKpisRequest, ListKpisResponse, ListPresetsRequest,
    ListPresetsResponse, ListVersionsRequest, ListVersionsResponse, PromoteKpiRequest, PromoteKpiResponse,
    UpdateKpiRequest, UpdateKpiResponse,
};
use bellwether_contracts::status::to_status;
use bellwether_contracts::types;
use bellwether_domain::{Error, ErrorReason, Position, Result, TenantId};
use bellwether_runtime::auth::authorize_scoped;
use tonic::{Request, Response, Status};

use super::definition::preset_of;
use crate::answers::Answers;
use crate::catalogue::{Catalogue, FunnelStage, nearest};
use crate::worker::Tenants;

/// Answers `CatalogService`.
#[derive(Debug)]
pub struct CatalogRpc {
    tenants: Tenants,
    answers: Answers,
}

/// What KPIs a tenant has at a position; epoch 0 = the built-in ones, which are everybody's.
#[derive(Debug)]
struct Known {
    position: Position,
    catalogue: Arc<Catalogue>,
}

impl CatalogRpc {
    /// Answers from these tenants' catalogues.
    pub(crate) fn new(tenants: Tenants, answers: Answers) -> Self {
        Self { tenants, answers }
    }

    /// A tenant that is named must exist and be the caller's; none is the built-in catalogue.
    async fn listed<T>(
        &self,
        request: &Request<T>,
        tenant: &str,
        wait: Option<&types::Position>,
    ) -> Result<Known> {
        if tenant.is_empty() {
            return Ok(Known {
                position: Position::default(),
                catalogue: Arc::clone(self.answers.library().built_in()),
            });
        }
        let tenant = authorize_scoped(request, tenant)?;
        if let Some(position) = wait {
            self.tenants
                .wait_for(&tenant, position_from_proto(position))
                .await?;
        }
        self.known(&tenant, None).await
    }

    /// The KPIs of a tenant as its facts stand, or as they stood.
    async fn known(&self, tenant: &TenantId, at: Option<Position>) -> Result<Known> {
        let library = self.answers.library().clone();
        let read = move |facts: &crate::tenant::TenantFacts| {
            let position = at.unwrap_or_else(|| facts.position());
            Known {
                position,
                catalogue: library.at(facts, position.seq),
            }
        };
        self.tenants.read(tenant, read).await
    }

    async fn list(&self, request: Request<ListKpisRequest>) -> Result<ListKpisResponse> {
        let asked = request.get_ref();
        let wait = asked.min_position.as_ref();
        let known = self.listed(&request, &asked.tenant, wait).await?;
        let ids = chosen(&known.catalogue, asked)?;
        Ok(ListKpisResponse {
            kpis: ids
                .iter()
                .map(|id| edition::shown(&known, id))
                .collect::<Result<_>>()?,
        })
    }

    async fn get(&self, request: Request<GetKpiRequest>) -> Result<GetKpiResponse> {
        let asked = request.get_ref();
        let wait = asked.min_position.as_ref();
        let known = self.listed(&request, &asked.tenant, wait).await?;
        Ok(GetKpiResponse {
            kpi: Some(edition::shown(&known, &asked.id)?),
        })
    }

    async fn presets(&self, request: Request<ListPresetsRequest>) -> Result<ListPresetsResponse> {
        let known = self.listed(&request, &request.get_ref().tenant, None).await?;
        Ok(ListPresetsResponse {
            presets: known.catalogue.presets().iter().map(preset_of).collect(),
        })
    }
}

/// The ids of the KPIs that a request asks for, those that cannot be computed among them.
fn chosen(catalogue: &Catalogue, request: &ListKpisRequest) -> Result<Vec<String>> {
    let stage = match request.funnel_stage.as_str() {
        "" => None,
        name => Some(FunnelStage::from_name(name).ok_or_else(|| unknown_stage(name))?),
    };
    let wanted = |id: &String| match catalogue.kpi(id) {
        Ok(kpi) => {
            stage.is_none_or(|stage| kpi.definition.funnel_stage == stage)
                && request
                    .leading
                    .is_none_or(|leading| kpi.definition.leading == leading)
        }
        Err(_) => stage.is_none() && request.leading.is_none(),
    };
    let mut ids: Vec<String> = match request.preset.as_str() {
        "" => {
            let usable = catalogue.all().iter().map(|kpi| kpi.definition.id.clone());
            let broken = catalogue
                .own()
                .iter()
                .filter(|own| own.error.is_some() && !own.built_in);
            usable
                .chain(broken.map(|own| own.planned.id.to_string()))
                .collect()
        }
        preset => {
            let picks = catalogue.preset(preset)?.kpis.iter();
            picks.map(|pick| pick.id.clone()).collect()
        }
    };
    if request.preset.is_empty() {
        ids.sort();
    }
    ids.retain(wanted);
    Ok(ids)
}

fn unknown_stage(name: &str) -> Error {
    let shown: String = name.chars().take(80).collect();
    let near = nearest(name, FunnelStage::ALL.into_iter().map(FunnelStage::name)).unwrap_or_default();
    let message = format!("there is no funnel stage `{shown}`: did you mean `{near}`?");
    Error::invalid(ErrorReason::InvalidField, "funnel_stage", message)
}

/// What a handler found, as tonic has it.
fn answer<T>(found: Result<T>) -> std::result::Result<Response<T>, Status> {
    found.map(Response::new).map_err(|error| to_status(&error))
}

#[tonic::async_trait]
impl CatalogService for CatalogRpc {
    async fn list_kpis(
        &self,
        request: Request<ListKpisRequest>,
    ) -> std::result::Result<Response<ListKpisResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn get_kpi(
        &self,
        request: Request<GetKpiRequest>,
    ) -> std::result::Result<Response<GetKpiResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn list_presets(
        &self,
        request: Request<ListPresetsRequest>,
    ) -> std::result::Result<Response<ListPresetsResponse>, Status> {
        answer(self.presets(request).await)
    }

    async fn list_versions(
        &self,
        request: Request<ListVersionsRequest>,
    ) -> std::result::Result<Response<ListVersionsResponse>, Status> {
        answer(self.versions(request).await)
    }

    async fn dry_run_kpi(
        &self,
        request: Request<DryRunKpiRequest>,
    ) -> std::result::Result<Response<DryRunKpiResponse>, Status> {
        answer(self.dry_run(request).await)
    }

    async fn create_kpi(
        &self,
        request: Request<CreateKpiRequest>,
    ) -> std::result::Result<Response<CreateKpiResponse>, Status> {
        answer(self.create(request).await)
    }

    async fn update_kpi(
        &self,
        request: Request<UpdateKpiRequest>,
    ) -> std::result::Result<Response<UpdateKpiResponse>, Status> {
        answer(self.update(request).await)
    }

    async fn promote_kpi(
        &self,
        request: Request<PromoteKpiRequest>,
    ) -> std::result::Result<Response<PromoteKpiResponse>, Status> {
        answer(self.promote(request).await)
    }

    async fn deprecate_kpi(
        &self,
        request: Request<DeprecateKpiRequest>,
    ) -> std::result::Result<Response<DeprecateKpiResponse>, Status> {
        answer(self.deprecate(request).await)
    }
}

#[cfg(test)]
mod tests;
