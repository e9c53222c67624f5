//! `TrendService`.

mod anomalies;
mod look;
mod season;
mod show;

use std::sync::Arc;

use bellwether_contracts::forecasting::trend_service_server::TrendService;
use bellwether_contracts::forecasting::{
    DetectAnomaliesRequest, DetectAnomaliesResponse, ForecastKpiRequest, ForecastKpiResponse,
    ForecastQuotaAttainmentRequest, ForecastQuotaAttainmentResponse, GetSeasonalityRequest,
    GetSeasonalityResponse,
};
use bellwether_domain::{Error, ErrorReason, Result, TenantId};
use bellwether_runtime::authorize;
use tonic::{Request, Response, Status};

use super::digest::Digest;
use super::read::{self, Past, Wrong};
use super::{Desk, answer, write};
use crate::anomaly::Watch;
use crate::course::{Course, Question, courses, sums_to_whole};
use crate::facts::History;
use crate::trend::Unfit;
use crate::worker::{self, Asked, Key, Task, Weigh};

use look::Looked;

/// `forecasting.v1.TrendService`.
#[derive(Debug, Clone)]
pub(super) struct TrendRpc(pub(super) Desk);

/// What the models said about a KPI and its groups.
#[derive(Debug)]
pub(super) struct Fitted(Vec<std::result::Result<Course, Unfit>>);

impl Weigh for Fitted {
    fn bytes(&self) -> usize {
        let course = |course: &Course| {
            let forecast = &course.forecast;
            let bands: usize = forecast.bands.iter().map(|band| 2 * band.low.len() + 1).sum();
            8 * (forecast.mean.len() * 2 + bands) + 512
        };
        let known = self.0.iter().filter_map(|one| one.as_ref().ok());
        known.map(course).sum::<usize>() + 64 * self.0.len()
    }
}

impl TrendRpc {
    async fn forecast(&self, request: Request<ForecastKpiRequest>) -> Result<ForecastKpiResponse> {
        let asked = request.get_ref().history.clone().unwrap_or_default();
        let tenant = authorize(&request, &asked.tenant)?;
        let mut wrong = Wrong::none();
        let past = read::past(&asked, &mut wrong);
        let horizon = read::horizon(request.get_ref().horizon, past.grain, &mut wrong);
        let levels = read::levels(&request.get_ref().levels, &mut wrong);
        wrong.or(())?;
        let looked = look::look(&self.0, &past, true).await?;
        let coming = look::coming(&self.0, &past, &looked, horizon).await?;
        let question = Question {
            histories: looked.histories.clone(),
            whole_first: looked
                .histories
                .first()
                .is_some_and(|first| first.group.is_empty()),
            // Fewer where the calendar ends.
            horizon: coming.len().max(1),
            levels,
        };
        let key = key(&tenant, &question);
        let asked = Asked {
            key,
            tenant: tenant.clone(),
            kind: worker::Kind::Trend,
            purpose: purpose(&past, &looked),
        };
        let fit = async move |task: Task| task.compute(move |_| Fitted(courses(&question))).await;
        let (fitted, cached) = self.0.trends.fit(asked, fit).await?;
        let id = self.keep(&tenant, &past, &looked, &coming, &key, &fitted).await?;
        Ok(ForecastKpiResponse {
            forecasts: show::forecasts(&past, &looked, &coming, &fitted.0),
            unit: looked.unit(),
            basis: Some(write::basis(&looked.stands, &id, cached)),
        })
    }

    /// Keeps what is served; its id, empty where nothing was said.
    async fn keep(
        &self,
        tenant: &TenantId,
        past: &Past,
        looked: &Looked,
        coming: &[(i32, i32)],
        key: &Key,
        fitted: &Arc<Fitted>,
    ) -> Result<String> {
        let points = show::points(past, looked, coming, &fitted.0);
        if points.is_empty() {
            return Ok(String::new());
        }
        let mut digest = Digest::of("trend");
        digest
            .text(&past.kpi)
            .text(past.grain.name())
            .signed(looked.stands.as_of.as_micros());
        for part in key.chunks_exact(8) {
            digest.number(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        }
        for (dimension, value) in &past.filters {
            digest.text(dimension).maybe(value.as_deref());
        }
        for point in &points {
            let member = point.member.as_ref();
            digest.maybe(member.map(|member| member.dimension.as_str()));
            digest.maybe(member.and_then(|member| member.name.as_deref()));
            digest.signed(point.start.into()).signed(point.end.into());
        }
        let served = crate::store::Served {
            id: digest.id(),
            kind: crate::store::Kind::Trend,
            filters: past.filters.clone(),
            made_at: self.0.clock.now(),
            as_of: looked.stands.as_of,
            position: looked.stands.position,
            model_version: super::model_version(),
            points,
        };
        self.0.store.keep(tenant, &served).await?;
        Ok(served.id)
    }

    async fn seasonality(&self, request: Request<GetSeasonalityRequest>) -> Result<GetSeasonalityResponse> {
        let asked = request.get_ref().history.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let mut wrong = Wrong::none();
        let past = read::past(&asked, &mut wrong);
        wrong.or(())?;
        let looked = look::look(&self.0, &past, past.group_by.is_none()).await?;
        season::seasonality(&past, looked).await
    }

    async fn anomalies(&self, request: Request<DetectAnomaliesRequest>) -> Result<DetectAnomaliesResponse> {
        let asked = request.get_ref().history.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let past = read::past(&asked, &mut wrong);
        let least = message.least_change;
        if !(0.0..10.0).contains(&least) {
            wrong.add("least_change", "give a share such as 0.05, or leave it out");
        }
        if past.group_by.is_some() && !message.drivers_by.is_empty() {
            wrong.add(
                "drivers_by",
                "only of a KPI that is not told apart: leave out one of the two",
            );
        }
        wrong.or(())?;
        let looked = look::look(&self.0, &past, past.group_by.is_none()).await?;
        let parts = self.parts(&past, &looked, message.drivers_by).await?;
        let usual = Watch::default();
        let watch = Watch {
            least: if least > 0.0 { least } else { usual.least },
            ..usual
        };
        anomalies::anomalies(&past, looked, parts, watch).await
    }

    /// The groups that may have driven a whole.
    async fn parts(&self, past: &Past, looked: &Looked, by: String) -> Result<Vec<History>> {
        if by.is_empty() || looked.histories.is_empty() {
            return Ok(Vec::new());
        }
        let mut past = Past {
            group_by: Some(by),
            ..past.clone()
        };
        past.at.known_at = Some(looked.stands.position.seq);
        let mut told = look::look(&self.0, &past, true).await?.histories;
        if !sums_to_whole(&told) {
            let message = format!(
                "the groups of `{}` do not add up to the whole, so none of them drives it",
                past.kpi
            );
            return Err(Error::invalid(ErrorReason::InvalidField, "drivers_by", message));
        }
        Ok(told.split_off(1))
    }
}

/// What a forecast is for, in words.
fn purpose(past: &Past, looked: &Looked) -> String {
    match (&past.group_by, looked.histories.len()) {
        (Some(dimension), series) => format!("{} by {dimension}, {series} series", past.kpi),
        (None, _) => past.kpi.clone(),
    }
}

/// What is asked and of which values.
fn key(tenant: &TenantId, question: &Question) -> Key {
    let mut digest = Digest::of("courses");
    digest
        .text(tenant.as_str())
        .number(question.horizon as u64)
        .number(u64::from(question.whole_first));
    for level in &question.levels {
        digest.fraction(*level);
    }
    for history in &question.histories {
        let History {
            bounds,
            adds,
            series,
            share,
            ..
        } = history;
        digest
            .number(*bounds as u64)
            .number(u64::from(adds.over_groups))
            .series(series);
        digest.number(u64::from(share.is_some()));
        if let Some(share) = share {
            digest.series(&share.numerator).series(&share.denominator);
        }
    }
    digest.key()
}

#[tonic::async_trait]
impl TrendService for TrendRpc {
    async fn forecast_kpi(
        &self,
        request: Request<ForecastKpiRequest>,
    ) -> std::result::Result<Response<ForecastKpiResponse>, Status> {
        answer(self.forecast(request).await)
    }

    async fn get_seasonality(
        &self,
        request: Request<GetSeasonalityRequest>,
    ) -> std::result::Result<Response<GetSeasonalityResponse>, Status> {
        answer(self.seasonality(request).await)
    }

    async fn detect_anomalies(
        &self,
        request: Request<DetectAnomaliesRequest>,
    ) -> std::result::Result<Response<DetectAnomaliesResponse>, Status> {
        answer(self.anomalies(request).await)
    }

    async fn forecast_quota_attainment(
        &self,
        request: Request<ForecastQuotaAttainmentRequest>,
    ) -> std::result::Result<Response<ForecastQuotaAttainmentResponse>, Status> {
        answer(self.0.attainment(request).await)
    }
}
