//! `CatalogService`.

use std::sync::Arc;

use bellwether_contracts::kpi::catalog_service_server::CatalogService;
use bellwether_contracts::kpi::{
    self, GetKpiRequest, GetKpiResponse, KpiDefinition, ListKpisRequest, ListKpisResponse, MeasureDefinition,
};
use bellwether_contracts::status::to_status;
use bellwether_domain::Result;
use bellwether_runtime::auth::authorize;
use tonic::{Request, Response, Status};

use crate::catalogue::{Cadence, Catalogue, CurrencyPolicy, Dimension, Direction, Kpi, MeasureSource, Unit};
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
        let tenant = authorize(request, tenant)?;
        self.tenants.read(&tenant, |_| ()).await
    }

    async fn list(&self, request: Request<ListKpisRequest>) -> Result<ListKpisResponse> {
        self.check(&request, &request.get_ref().tenant).await?;
        Ok(ListKpisResponse {
            kpis: self.catalogue.all().iter().map(definition_of).collect(),
        })
    }

    async fn get(&self, request: Request<GetKpiRequest>) -> Result<GetKpiResponse> {
        self.check(&request, &request.get_ref().tenant).await?;
        let kpi = self.catalogue.kpi(&request.get_ref().id)?;
        Ok(GetKpiResponse {
            kpi: Some(definition_of(kpi)),
        })
    }
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
}

fn definition_of(kpi: &Kpi) -> KpiDefinition {
    let definition = &kpi.definition;
    let benchmark = |one: &crate::catalogue::Benchmark| kpi::Benchmark {
        value: one.value.clone(),
        source: one.source.clone(),
        date: one.date.clone(),
        segment: one.segment.clone(),
    };
    KpiDefinition {
        id: definition.id.clone(),
        name: definition.name.clone(),
        description: definition.description.clone(),
        unit: unit_of(definition.unit).into(),
        direction: direction_of(definition.direction).into(),
        leading: definition.leading,
        cadence: cadence_of(definition.cadence).into(),
        funnel_stage: definition.funnel_stage.clone(),
        dimensions: kpi
            .dimensions
            .iter()
            .map(|one| Dimension::name(*one).to_owned())
            .collect(),
        version: definition.version,
        formula: format!("{} = {}", definition.in_words, definition.formula),
        measures: definition.measures.iter().map(measure_of).collect(),
        caveats: definition.caveats.clone(),
        benchmarks: definition.benchmarks.iter().map(benchmark).collect(),
        items: definition.items.what.clone(),
        absent_reason: definition
            .absent_reason
            .map(|reason| reason.name().to_owned())
            .unwrap_or_default(),
        currency_policy: policy_of(definition.currency).into(),
    }
}

fn measure_of(measure: &MeasureSource) -> MeasureDefinition {
    MeasureDefinition {
        name: measure.name.clone(),
        table: measure.table.clone(),
        class: measure.class.name().to_owned(),
        aggregate: measure.aggregate.name().to_owned(),
        expression: measure.expression.clone(),
        filter: measure.filter.clone(),
    }
}

fn unit_of(unit: Unit) -> kpi::Unit {
    match unit {
        Unit::Ratio => kpi::Unit::Ratio,
        Unit::Count => kpi::Unit::Count,
        Unit::Money => kpi::Unit::Money,
        Unit::MoneyPerDay => kpi::Unit::MoneyPerDay,
        Unit::MoneyPerUnit => kpi::Unit::MoneyPerUnit,
        Unit::Days => kpi::Unit::Days,
    }
}

fn direction_of(direction: Direction) -> kpi::Direction {
    match direction {
        Direction::Up => kpi::Direction::Up,
        Direction::Down => kpi::Direction::Down,
        Direction::Neutral => kpi::Direction::Neutral,
    }
}

fn cadence_of(cadence: Cadence) -> kpi::Cadence {
    match cadence {
        Cadence::Weekly => kpi::Cadence::Weekly,
        Cadence::Monthly => kpi::Cadence::Monthly,
        Cadence::Quarterly => kpi::Cadence::Quarterly,
    }
}

fn policy_of(policy: CurrencyPolicy) -> kpi::CurrencyPolicy {
    match policy {
        CurrencyPolicy::None => kpi::CurrencyPolicy::Unspecified,
        CurrencyPolicy::Booked => kpi::CurrencyPolicy::Booked,
        CurrencyPolicy::Spot => kpi::CurrencyPolicy::Spot,
        CurrencyPolicy::Constant => kpi::CurrencyPolicy::Constant,
    }
}
