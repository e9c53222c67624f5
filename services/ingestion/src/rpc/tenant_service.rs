//! Tenants and their settings.

use bellwether_contracts::convert::{settings_from_proto, settings_to_proto};
use bellwether_contracts::ingestion::tenant_service_server::TenantService;
use bellwether_contracts::ingestion::{
    GetSettingsRequest, GetSettingsResponse, ListTenantsRequest, ListTenantsResponse, UpdateSettingsRequest,
    UpdateSettingsResponse,
};
use bellwether_domain::{Error, ErrorReason, Position, Result};
use bellwether_runtime::{Principal, Tenants, authorize, authorize_scoped};
use bellwether_storage::{PageSigner, QueryHash, page_size};
use tonic::{Request, Response, Status};

use super::{PAGE, answer};
use crate::store::Store;
use crate::worker::Writer;

/// `ingestion.v1.TenantService`.
#[derive(Debug, Clone)]
pub(crate) struct TenantDesk {
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    pub(crate) pages: PageSigner,
}

impl TenantDesk {
    async fn list(&self, request: Request<ListTenantsRequest>) -> Result<ListTenantsResponse> {
        let message = request.get_ref();
        let rows = page_size(message.page_size, PAGE.0, PAGE.1)?;
        let principal = Principal::from_extensions(request.extensions())?;
        let own = match &principal.tenants {
            Tenants::All => "",
            Tenants::One(own) => own.as_str(),
        };
        let query = QueryHash::of("ListTenants", &[own.as_bytes()]);
        let page = self.pages.open(&query, &message.page_token)?;
        if let Tenants::One(own) = &principal.tenants {
            let (position, _) = self.store.position(own).await?;
            let seen = (position.seq > 0).then(|| own.to_string());
            return Ok(ListTenantsResponse {
                tenants: seen.into_iter().collect(),
                next_page_token: String::new(),
            });
        }
        let cursor = page.map(|page| page.cursor).unwrap_or_default();
        let after =
            String::from_utf8(cursor).map_err(|_| Error::internal("a signed page token names no tenant"))?;
        let mut tenants = self.store.tenants(&after, rows as u64 + 1).await?;
        let more = tenants.len() > rows;
        tenants.truncate(rows);
        let last = tenants.last().filter(|_| more);
        let at = Position {
            epoch: self.store.epoch(),
            seq: 0,
        };
        let token = last.map(|last| self.pages.issue(&query, at, last.as_bytes()));
        Ok(ListTenantsResponse {
            next_page_token: token.unwrap_or_default(),
            tenants,
        })
    }

    async fn get(&self, request: Request<GetSettingsRequest>) -> Result<GetSettingsResponse> {
        // No rows: whoever asks about KPIs needs zone, currency and calendar.
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let current = self.writer.settings(&tenant).await?;
        Ok(GetSettingsResponse {
            settings: Some(settings_to_proto(&current.settings)),
            etag: current.etag,
            declared: current.declared,
        })
    }

    async fn update(&self, request: Request<UpdateSettingsRequest>) -> Result<UpdateSettingsResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let settings = message.settings.ok_or_else(|| {
            let message = "is missing: give all of the settings; an empty message means the defaults";
            Error::invalid(ErrorReason::InvalidSettings, "settings", message)
        })?;
        let settings = settings_from_proto(&settings)
            .map_err(|violations| Error::violations(ErrorReason::InvalidSettings, violations))?;
        let etag = Some(message.etag).filter(|etag| !etag.is_empty());
        let request_id = Some(message.request_id);
        self.writer
            .update_settings(&tenant, &settings, etag, request_id)
            .await
    }
}

#[tonic::async_trait]
impl TenantService for TenantDesk {
    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> std::result::Result<Response<ListTenantsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn get_settings(
        &self,
        request: Request<GetSettingsRequest>,
    ) -> std::result::Result<Response<GetSettingsResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn update_settings(
        &self,
        request: Request<UpdateSettingsRequest>,
    ) -> std::result::Result<Response<UpdateSettingsResponse>, Status> {
        answer(self.update(request).await)
    }
}
