//! A kpi in memory: every value is 8 USD, and of groups only `ann` is told.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bellwether_contracts::kpi::catalog_service_server::{CatalogService, CatalogServiceServer};
use bellwether_contracts::kpi::kpi_service_server::{KpiService, KpiServiceServer};
use bellwether_contracts::kpi::*;
use bellwether_domain::{Instant, ManualClock};
use bellwether_runtime::{DataDir, Host, PeerLink, ServiceSet};
use tonic::codegen::BoxStream;
use tonic::{Code, Request, Response, Status};

/// Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Kpi(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By tenant and KPI.
    fails: BTreeMap<(String, String), Code>,
    /// Questions by tenant.
    asked: BTreeMap<String, usize>,
}

impl Kpi {
    pub(super) fn link(&self, folder: &Path) -> PeerLink {
        let clock = Arc::new(ManualClock::at(Instant::from_micros(0)));
        let host = Host::new(clock, DataDir::open(folder.join("host")).unwrap());
        let services = ServiceSet::new()
            .add(KpiServiceServer::new(self.clone()))
            .add(CatalogServiceServer::new(self.clone()));
        PeerLink::near(&host, &services)
    }

    /// A question about a KPI of a tenant fails from now on.
    pub(super) fn fails(&self, tenant: &str, kpi: &str, code: Code) {
        let key = (tenant.to_owned(), kpi.to_owned());
        self.0.lock().unwrap().fails.insert(key, code);
    }

    /// Nothing fails any more.
    pub(super) fn heals(&self) {
        self.0.lock().unwrap().fails.clear();
    }

    /// How often a tenant was asked about.
    pub(super) fn asked(&self, tenant: &str) -> usize {
        self.0.lock().unwrap().asked.get(tenant).copied().unwrap_or(0)
    }
}

/// Calls that nobody makes, in the words of `async_trait`, which does not look into macros.
macro_rules! unheard_of {
    ($($name:ident: $asked:ty => $told:ty),* $(,)?) => {
        $(fn $name<'a, 'b>(
            &'a self,
            _: Request<$asked>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<$told>, Status>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($name))) })
        })*
    };
}

#[tonic::async_trait]
impl KpiService for Kpi {
    type WatchKpisStream = BoxStream<WatchKpisResponse>;
    type StreamFactsStream = BoxStream<StreamFactsResponse>;

    async fn query_kpis(
        &self,
        request: Request<QueryKpisRequest>,
    ) -> Result<Response<QueryKpisResponse>, Status> {
        let request = request.into_inner();
        let mut state = self.0.lock().unwrap();
        *state.asked.entry(request.tenant.clone()).or_default() += 1;
        if let Some(code) = state.fails.get(&(request.tenant, request.kpis[0].clone())) {
            return Err(Status::new(*code, "as it was told to"));
        }
        let group = |dimension: &String| GroupValue {
            dimension: dimension.clone(),
            name: Some("ann".to_owned()),
            rest: false,
        };
        let value = KpiValue {
            group: request.group_by.iter().map(group).collect(),
            value: Some("8".to_owned()),
            unit: "USD".to_owned(),
            ..KpiValue::default()
        };
        Ok(Response::new(QueryKpisResponse {
            values: vec![value],
            ..QueryKpisResponse::default()
        }))
    }

    unheard_of! {
        watch_kpis: WatchKpisRequest => Self::WatchKpisStream,
        verify_receipt: VerifyReceiptRequest => VerifyReceiptResponse,
        list_contributors: ListContributorsRequest => ListContributorsResponse,
        compare_kpis: CompareKpisRequest => CompareKpisResponse,
        explain_change: ExplainChangeRequest => ExplainChangeResponse,
        get_waterfall: GetWaterfallRequest => GetWaterfallResponse,
        stream_facts: StreamFactsRequest => Self::StreamFactsStream,
    }
}

#[tonic::async_trait]
impl CatalogService for Kpi {
    /// Sums, but for averages.
    async fn get_kpi(&self, request: Request<GetKpiRequest>) -> Result<Response<GetKpiResponse>, Status> {
        let id = request.into_inner().id;
        let sum = MeasureDefinition {
            name: "m".to_owned(),
            class: "flow".to_owned(),
            aggregate: if id.starts_with("average") { "avg" } else { "sum" }.to_owned(),
            ..MeasureDefinition::default()
        };
        let kpi = KpiDefinition {
            id,
            measures: vec![sum],
            expression: "m".to_owned(),
            ..KpiDefinition::default()
        };
        Ok(Response::new(GetKpiResponse { kpi: Some(kpi) }))
    }

    unheard_of! {
        list_kpis: ListKpisRequest => ListKpisResponse,
        list_presets: ListPresetsRequest => ListPresetsResponse,
        list_versions: ListVersionsRequest => ListVersionsResponse,
        dry_run_kpi: DryRunKpiRequest => DryRunKpiResponse,
        create_kpi: CreateKpiRequest => CreateKpiResponse,
        update_kpi: UpdateKpiRequest => UpdateKpiResponse,
        promote_kpi: PromoteKpiRequest => PromoteKpiResponse,
        deprecate_kpi: DeprecateKpiRequest => DeprecateKpiResponse,
    }
}
