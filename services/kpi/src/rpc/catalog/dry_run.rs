//! `DryRunKpi`: what a definition would say of past data, before anybody else sees it.

use bellwether_contracts::kpi::{DryRunKpiRequest, DryRunKpiResponse};
use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_runtime::auth::{Scope, authorize};
use tonic::Request;

use super::CatalogRpc;
use super::edit::id_of;
use crate::answers::Pending;
use crate::catalogue::shadows;
use crate::library::Library;
use crate::query::answer;
use crate::rpc::ask::{Wait, ask_of, in_query, wait_of, without_extras};
use crate::rpc::compare::watermark;
use crate::rpc::{definition_of, response_of};

impl CatalogRpc {
    pub(super) async fn dry_run(&self, request: Request<DryRunKpiRequest>) -> Result<DryRunKpiResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let id = id_of(&asked.id, &asked.definition)?;
        if self.answers.library().built_in().kpi(&id).is_ok() {
            return Err(shadows(&id));
        }
        let mut query = asked.query.unwrap_or_default();
        let wrong = |field: &str, text: &str| Err(Error::invalid(ErrorReason::InvalidField, field, text));
        if !query.kpis.is_empty() {
            return wrong("query.kpis", "leave KPIs out: it is the definition that is asked");
        }
        if !query.tenant.is_empty() && query.tenant != tenant.as_str() {
            return wrong("query.tenant", "leave it out, or give the tenant of the request");
        }
        query.tenant = tenant.to_string();
        query.kpis.push(id.clone());
        let wait = wait_of(&query).map_err(in_query)?;
        ask_of(&query)
            .and_then(|_| without_extras(&query))
            .map_err(in_query)?;
        match wait {
            None => {}
            Some(Wait::Position(position)) => self.tenants.wait_for(&tenant, position).await?,
            Some(Wait::Head) => {
                let head = self.tenants.head(&tenant).await?;
                self.tenants.wait_for(&tenant, head).await?;
            }
        }
        let pending = Pending::new(tenant, Scope::All, query);
        let text = asked.definition;
        let run = self.answers.direct(&pending, move |direct| {
            let version = direct
                .catalogue
                .own_of(&id)
                .map_or(1, |own| own.planned.version + 1);
            let kpi = Library::compile(&text, &id, version, false)?;
            let message = definition_of(&kpi);
            let catalogue = direct.catalogue.with_draft(kpi);
            let found = answer(direct.facts, &catalogue, &direct.ask, direct.now, direct.threads);
            let found = found.map_err(in_query)?;
            let known = Some(watermark(found.position, found.recorded_at));
            let mut values = response_of(&found).values;
            values.iter_mut().for_each(|value| value.watermark = known);
            Ok(DryRunKpiResponse {
                kpi: Some(message),
                values,
            })
        });
        run.await
    }
}
