//! `CatalogService`.

use std::sync::Arc;

use bellwether_contracts::kpi::catalog_service_server::CatalogService;
use bellwether_contracts::kpi::{
    GetKpiRequest, GetKpiResponse, ListKpisRequest, ListKpisResponse, ListPresetsRequest, ListPresetsResponse,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_runtime::auth::authorize_scoped;
use tonic::{Request, Response, Status};

use super::definition::{definition_of, preset_of};
use crate::catalogue::{Catalogue, FunnelStage, Kpi, nearest};
use crate::worker::Tenants;

/// Answers `CatalogService`.
#[derive(Debug)]
pub struct CatalogRpc {
    tenants: Tenants,
    catalogue: Arc<Catalogue>,
}

impl CatalogRpc {
    /// Answers from this catalogue.
    #[must_use]
    pub fn new(tenants: Tenants, catalogue: Arc<Catalogue>) -> Self {
        Self { tenants, catalogue }
    }

    /// A tenant that is named must exist and be the caller's; none is the built-in catalogue, which is everyone's.
    async fn check<T>(&self, request: &Request<T>, tenant: &str) -> Result<()> {
        if tenant.is_empty() {
            return Ok(());
        }
        let tenant = authorize_scoped(request, tenant)?;
        self.tenants.read(&tenant, |_| ()).await
    }

    async fn list(&self, request: Request<ListKpisRequest>) -> Result<ListKpisResponse> {
        self.check(&request, &request.get_ref().tenant).await?;
        let kpis = chosen(&self.catalogue, request.get_ref())?;
        Ok(ListKpisResponse {
            kpis: kpis.into_iter().map(definition_of).collect(),
        })
    }

    async fn get(&self, request: Request<GetKpiRequest>) -> Result<GetKpiResponse> {
        self.check(&request, &request.get_ref().tenant).await?;
        let kpi = self.catalogue.kpi(&request.get_ref().id)?;
        Ok(GetKpiResponse {
            kpi: Some(definition_of(kpi)),
        })
    }

    async fn presets(&self, request: Request<ListPresetsRequest>) -> Result<ListPresetsResponse> {
        self.check(&request, &request.get_ref().tenant).await?;
        Ok(ListPresetsResponse {
            presets: self.catalogue.presets().iter().map(preset_of).collect(),
        })
    }
}

/// The KPIs that a request asks for.
fn chosen<'a>(catalogue: &'a Catalogue, request: &ListKpisRequest) -> Result<Vec<&'a Kpi>> {
    let stage = match request.funnel_stage.as_str() {
        "" => None,
        name => Some(FunnelStage::from_name(name).ok_or_else(|| unknown_stage(name))?),
    };
    let kpis: Vec<&Kpi> = match request.preset.as_str() {
        "" => catalogue.all().iter().collect(),
        preset => {
            let picks = catalogue.preset(preset)?.kpis.iter();
            picks.map(|pick| catalogue.kpi(&pick.id)).collect::<Result<_>>()?
        }
    };
    let wanted = |kpi: &&Kpi| {
        stage.is_none_or(|stage| kpi.definition.funnel_stage == stage)
            && request
                .leading
                .is_none_or(|leading| kpi.definition.leading == leading)
    };
    Ok(kpis.into_iter().filter(wanted).collect())
}

fn unknown_stage(name: &str) -> Error {
    let shown: String = name.chars().take(80).collect();
    let near = nearest(name, FunnelStage::ALL.into_iter().map(FunnelStage::name)).unwrap_or_default();
    let message = format!("there is no funnel stage `{shown}`: did you mean `{near}`?");
    Error::invalid(ErrorReason::InvalidField, "funnel_stage", message)
}

#[tonic::async_trait]
impl CatalogService for CatalogRpc {
    async fn list_kpis(
        &self,
        request: Request<ListKpisRequest>,
    ) -> std::result::Result<Response<ListKpisResponse>, Status> {
        self.list(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn get_kpi(
        &self,
        request: Request<GetKpiRequest>,
    ) -> std::result::Result<Response<GetKpiResponse>, Status> {
        self.get(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }

    async fn list_presets(
        &self,
        request: Request<ListPresetsRequest>,
    ) -> std::result::Result<Response<ListPresetsResponse>, Status> {
        self.presets(request)
            .await
            .map(Response::new)
            .map_err(|error| to_status(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(request: &ListKpisRequest) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let kpis = chosen(&catalogue, request).unwrap();
        kpis.iter().map(|kpi| kpi.definition.id.clone()).collect()
    }

    #[test]
    fn the_list_is_narrowed_by_stage_preset_and_kind() {
        let catalogue = Catalogue::built_in().unwrap();
        let all = ListKpisRequest::default();
        assert_eq!(ids(&all).len(), catalogue.all().len());
        let stage = |name: &str| {
            ids(&ListKpisRequest {
                funnel_stage: name.to_owned(),
                ..all.clone()
            })
        };
        assert!(stage("close").contains(&"win_rate".to_owned()));
        let of_stages: usize = FunnelStage::ALL.map(|one| stage(one.name()).len()).iter().sum();
        assert_eq!(of_stages, catalogue.all().len());
        let preset = ListKpisRequest {
            preset: "field".to_owned(),
            ..all.clone()
        };
        assert_eq!(
            (ids(&preset)[0].as_str(), ids(&preset).len()),
            ("qualified_pipeline_value", 5)
        );
        let leading = |leading| {
            ids(&ListKpisRequest {
                leading: Some(leading),
                ..preset.clone()
            })
        };
        assert_eq!(leading(true), ["qualified_pipeline_value"]);
        assert_eq!(leading(false).len(), 4);
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        let catalogue = Catalogue::built_in().unwrap();
        let refused = |request: &ListKpisRequest| chosen(&catalogue, request).unwrap_err().message;
        let stage = ListKpisRequest {
            funnel_stage: "closing".to_owned(),
            ..ListKpisRequest::default()
        };
        assert!(refused(&stage).contains("`closing`: did you mean `close`?"));
        let preset = ListKpisRequest {
            preset: "retail".to_owned(),
            ..ListKpisRequest::default()
        };
        let message = refused(&preset);
        assert!(
            message.contains("`retail`; there are saas, inside, field, transactional"),
            "{message}"
        );
    }
}
