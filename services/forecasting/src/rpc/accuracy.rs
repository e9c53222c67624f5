//! `AccuracyService`.

mod chances;
mod measure;
mod people;
mod show;

use bellwether_contracts::forecasting::accuracy_service_server::AccuracyService;
use bellwether_contracts::forecasting::{
    ForecastKind, GetAccuracyRequest, GetAccuracyResponse, ListForecastsRequest, ListForecastsResponse,
};
use bellwether_domain::{Error, ErrorReason, Position, Result};
use bellwether_runtime::authorize;
use bellwether_storage::{QueryHash, page_size};
use tonic::{Request, Response, Status};

use super::{Desk, answer};
use crate::store::{Cursor, Kind, Undecided, Wanted};

/// Forecasts of a page when the caller does not say, and at most.
const PAGE: (usize, usize) = (100, 1_000);
/// Values of a page at most, but for one forecast that has more: a value takes some 300 bytes, and a message 16 MiB.
const MOST_POINTS: u64 = 20_000;

/// `forecasting.v1.AccuracyService`.
#[derive(Debug, Clone)]
pub(super) struct AccuracyRpc(pub(super) Desk);

impl AccuracyRpc {
    async fn list(&self, request: Request<ListForecastsRequest>) -> Result<ListForecastsResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let rows = page_size(message.page_size, PAGE.0, PAGE.1)?;
        let wanted = wanted(&message.kpi, message.kind)?;
        let kind = message.kind.to_le_bytes();
        let query = QueryHash::of(
            "ListForecasts",
            &[tenant.as_str().as_bytes(), message.kpi.as_bytes(), &kind],
        );
        let page = self.0.pages.open(&query, &message.page_token)?;
        let damaged = |_| Error::internal("a signed page token names no forecast");
        let after: Option<Cursor> = page
            .map(|page| serde_json::from_slice(&page.cursor))
            .transpose()
            .map_err(damaged)?;
        let (found, more) = self
            .0
            .store
            .list(&tenant, &wanted, after, (rows, MOST_POINTS))
            .await?;
        if found.is_empty() && message.page_token.is_empty() {
            self.0.is_there(&tenant, &wanted.kpi).await?;
        }
        let last = found.last().filter(|_| more).map(Cursor::of);
        let token = last.map(|last| serde_json::to_vec(&last)).transpose();
        let token = token.map_err(|error| Error::internal(format!("a page cannot be named: {error}")))?;
        let token = token.map(|cursor| self.0.pages.issue(&query, Position::default(), &cursor));
        let ids: Vec<String> = found.iter().map(|one| one.id.clone()).collect();
        let chances = self.0.store.chances_of(&tenant, &ids).await?;
        Ok(ListForecastsResponse {
            forecasts: found.iter().map(|one| show::served(one, &chances)).collect(),
            next_page_token: token.unwrap_or_default(),
        })
    }

    async fn accuracy(&self, request: Request<GetAccuracyRequest>) -> Result<GetAccuracyResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let wanted = wanted(&message.kpi, message.kind)?;
        let scored = self.0.store.scored(&tenant, &wanted).await?;
        let waiting = self.0.store.waiting(&tenant, &wanted).await?;
        if scored.is_empty() && waiting == 0 {
            self.0.is_there(&tenant, &wanted.kpi).await?;
        }
        // Chances are of no KPI.
        let (fates, undecided) = if wanted.kpi.is_empty() {
            let store = &self.0.store;
            let fates = store.decided(&tenant, wanted.kind).await?;
            (fates, store.undecided(&tenant, wanted.kind).await?)
        } else {
            (Vec::new(), Undecided::new())
        };
        let measured = tokio::task::spawn_blocking(move || GetAccuracyResponse {
            waiting,
            calibrations: chances::calibrations(&message, &fates, &undecided),
            people: people::people(&fates, &scored),
            categories: chances::categories(&message, &fates),
            accuracies: measure::measured(&message, scored),
        });
        let broken = |error| Error::internal(format!("the accuracy cannot be computed: {error}"));
        measured.await.map_err(broken)
    }
}

fn wanted(kpi: &str, kind: i32) -> Result<Wanted> {
    let kind = match ForecastKind::try_from(kind) {
        Ok(ForecastKind::Unspecified) => None,
        Ok(ForecastKind::Trend) => Some(Kind::Trend),
        Ok(ForecastKind::Pipeline) => Some(Kind::Pipeline),
        Ok(ForecastKind::Override) => Some(Kind::Override),
        Ok(ForecastKind::OpportunityScores) => Some(Kind::OpportunityScores),
        Ok(ForecastKind::LeadScores) => Some(Kind::LeadScores),
        Ok(ForecastKind::ChurnScores) => Some(Kind::ChurnScores),
        Ok(ForecastKind::Retention) => Some(Kind::Retention),
        Ok(ForecastKind::Attainment) => Some(Kind::Attainment),
        Err(_) => {
            let message = format!("{kind} is no kind: use one of ForecastKind, such as FORECAST_KIND_TREND");
            return Err(Error::invalid(ErrorReason::InvalidField, "kind", message));
        }
    };
    if kpi.contains('\0') {
        let message = "holds a NUL character: no KPI does";
        return Err(Error::invalid(ErrorReason::InvalidField, "kpi", message));
    }
    let kpi = kpi.to_owned();
    Ok(Wanted { kpi, kind })
}

#[tonic::async_trait]
impl AccuracyService for AccuracyRpc {
    async fn list_forecasts(
        &self,
        request: Request<ListForecastsRequest>,
    ) -> std::result::Result<Response<ListForecastsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn get_accuracy(
        &self,
        request: Request<GetAccuracyRequest>,
    ) -> std::result::Result<Response<GetAccuracyResponse>, Status> {
        answer(self.accuracy(request).await)
    }
}
