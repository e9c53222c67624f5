//! Editions of KPIs: what the tenant's records say of one, as messages; and the names of editions.

use bellwether_contracts::convert::{instant_to_proto, position_from_proto, record_to_proto};
use bellwether_contracts::kpi::{
    self, DefinitionClass, DefinitionStatus, KpiVersion, ListVersionsRequest, ListVersionsResponse,
};
use bellwether_contracts::sales;
use bellwether_domain::record::{Body, KpiDefinition, KpiStatus, Record};
use bellwether_domain::{Error, ErrorReason, Position, Result};
use bellwether_runtime::auth::authorize_scoped;
use tonic::Request;

use super::{CatalogRpc, Known};
use crate::catalogue::{Kpi, Status};
use crate::rpc::{definition_of, etag};
use crate::tenant::TenantFacts;

/// Editions of a list.
const MOST_VERSIONS: usize = 1_000;

/// A KPI as the tenant has it, also one that cannot be computed.
pub(super) fn shown(known: &Known, id: &str) -> Result<kpi::KpiDefinition> {
    let catalogue = &known.catalogue;
    let own = catalogue.own_of(id);
    let kpi = match (catalogue.kpi(id), own) {
        (Ok(kpi), _) => Some(kpi),
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error),
    };
    let epoch = known.position.epoch;
    let Some(own) = own else {
        let mut message = kpi.map(definition_of).unwrap_or_default();
        if epoch != 0 {
            message.etag = etag::of(Position { epoch, seq: 0 });
        }
        return Ok(message);
    };
    let error = own.error.as_ref().map(|error| error.message.clone());
    let mut message = told((id, own.planned.version), kpi, &own.planned.says);
    message.error = error.unwrap_or_default();
    message.etag = etag::of(Position {
        epoch,
        seq: own.planned.seq,
    });
    Ok(message)
}

/// A KPI by what its record says; `None` = it cannot be computed.
pub(super) fn told(
    (id, version): (&str, u32),
    kpi: Option<&Kpi>,
    says: &KpiDefinition,
) -> kpi::KpiDefinition {
    let wire = wire_of(says);
    let built_in = says.definition.is_empty();
    let mut message = match kpi {
        Some(kpi) => definition_of(kpi),
        None => kpi::KpiDefinition {
            id: id.to_owned(),
            name: id.to_owned(),
            version,
            ..kpi::KpiDefinition::default()
        },
    };
    let status = match says.status {
        KpiStatus::Deprecated => DefinitionStatus::Deprecated,
        _ if built_in => message.status(),
        KpiStatus::Draft => DefinitionStatus::Draft,
        KpiStatus::Certified => DefinitionStatus::Certified,
    };
    let steered = wire.promotion.is_some() && status == DefinitionStatus::Certified;
    message.status = status.into();
    if !built_in || wire.promotion.is_some() {
        let class = if steered {
            DefinitionClass::Kpi
        } else {
            DefinitionClass::Metric
        };
        message.class = class.into();
    }
    kpi::KpiDefinition {
        source: wire.definition,
        deprecated_for: wire.deprecated_for,
        promotion: wire.promotion,
        author: wire.author,
        note: wire.note,
        ..message
    }
}

/// Whether it is certified: by the tenant, or as it is built in.
pub(super) fn is_certified(kpi: &Kpi, says: &KpiDefinition) -> bool {
    match says.status {
        KpiStatus::Deprecated => false,
        _ if says.definition.is_empty() => kpi.definition.status == Status::Certified,
        status => status == KpiStatus::Certified,
    }
}

/// The record of a KPI.
pub(super) fn record_of(id: &str, says: KpiDefinition) -> Record {
    Record {
        id: id.to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: Default::default(),
        body: Body::KpiDefinition(Box::new(says)),
    }
}

fn wire_of(says: &KpiDefinition) -> sales::KpiDefinition {
    match record_to_proto(&record_of("", says.clone())).body {
        Some(sales::record::Body::KpiDefinition(wire)) => wire,
        _ => sales::KpiDefinition::default(),
    }
}

impl CatalogRpc {
    pub(super) async fn versions(
        &self,
        request: Request<ListVersionsRequest>,
    ) -> Result<ListVersionsResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        if let Some(position) = &asked.min_position {
            self.tenants
                .wait_for(&tenant, position_from_proto(position))
                .await?;
        }
        let id = asked.id.clone();
        let read = move |facts: &TenantFacts| versions_of(facts, &id);
        let versions = self.tenants.read(&tenant, read).await?;
        if versions.is_empty() {
            let shown: String = asked.id.chars().take(80).collect();
            let message = format!("the tenant never wrote a definition of `{shown}`");
            return Err(Error::not_found(ErrorReason::UnknownKpi, message));
        }
        Ok(ListVersionsResponse { versions })
    }
}

fn versions_of(facts: &TenantFacts, id: &str) -> Vec<KpiVersion> {
    let at = facts.position();
    let plans = facts.plans(at.seq);
    let current = plans.kpi(id).map(|one| one.seq);
    let versions = plans.kpi_versions(id);
    let version = |one: &&crate::tenant::Planned<KpiDefinition>| {
        let wire = wire_of(&one.says);
        let status = match one.says.status {
            KpiStatus::Draft => DefinitionStatus::Draft,
            KpiStatus::Certified => DefinitionStatus::Certified,
            KpiStatus::Deprecated => DefinitionStatus::Deprecated,
        };
        KpiVersion {
            version: one.version,
            etag: etag::of(Position {
                epoch: at.epoch,
                seq: one.seq,
            }),
            recorded_at: facts.recorded_at(one.seq).map(instant_to_proto),
            status: status.into(),
            source: wire.definition,
            deprecated_for: wire.deprecated_for,
            promotion: wire.promotion,
            author: wire.author,
            note: wire.note,
            current: current == Some(one.seq),
        }
    };
    versions.iter().rev().take(MOST_VERSIONS).map(version).collect()
}
