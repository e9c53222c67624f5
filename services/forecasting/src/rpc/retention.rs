//! `RetentionService`.

use bellwether_contracts::forecasting::retention_service_server::RetentionService;
use bellwether_contracts::forecasting::{
    Absence, Band, CustomerLife, ForecastRetentionRequest, ForecastRetentionResponse, GetSurvivalRequest,
    GetSurvivalResponse, RetentionPoint, RetentionQuestion, ScoreChurnRequest, ScoreChurnResponse, Share,
    SurvivalPoint,
};
use bellwether_domain::{Currency, Error, Result};
use bellwether_runtime::authorize;
use tonic::{Request, Response, Status};

use super::read::{self, Wrong};
use super::{Desk, answer, scores, write};
use crate::cases::customers;
use crate::retention::{Ask, Curve, Customer, Estimate, Refusal, Retention, forecast, survival};
use crate::source::Stands;

/// The months of a forecast, unless others are asked for.
const MONTHS: u32 = 12;

/// `forecasting.v1.RetentionService`.
#[derive(Debug, Clone)]
pub(super) struct RetentionRpc(pub(super) Desk);

/// What was computed off the runtime's threads.
async fn computed<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(compute).await;
    done.map_err(|error| Error::internal(format!("the models broke on these customers: {error}")))
}

impl RetentionRpc {
    async fn look(&self, asked: &RetentionQuestion, mut wrong: Wrong) -> Result<(Vec<Customer>, Stands)> {
        let at = read::retained(asked, &mut wrong);
        wrong.or(())?;
        let told = self.0.source.subscriptions(&at).await?;
        let (says, zone) = (told.says, told.stands.zone.clone());
        let found = computed(move || customers(&says, &zone).all).await?;
        Ok((found, told.stands))
    }

    async fn forecast(
        &self,
        request: Request<ForecastRetentionRequest>,
    ) -> Result<ForecastRetentionResponse> {
        let asked = request.get_ref().retention.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let mut wrong = Wrong::none();
        let months = match request.get_ref().months {
            0 => MONTHS,
            months if months <= Ask::MOST => months,
            months => {
                wrong.add("months", format!("{months} are too many: at most {}", Ask::MOST));
                MONTHS
            }
        };
        let levels = read::levels(&request.get_ref().levels, &mut wrong);
        let (customers, stands) = self.look(&asked, wrong).await?;
        let as_of = stands.zone.date_of(stands.as_of).days();
        let ask = Ask {
            as_of,
            months,
            levels,
        };
        let said = computed(move || forecast(&customers, &ask)).await?;
        let known = ForecastRetentionResponse {
            currency: stands.currency.clone(),
            basis: Some(write::basis(&stands, "", false)),
            ..ForecastRetentionResponse::default()
        };
        Ok(match said {
            Ok(said) => told(&said, &stands, known),
            Err(why) => {
                let (absence, reason) = silent(&why);
                ForecastRetentionResponse {
                    absence: absence.into(),
                    reason,
                    ..known
                }
            }
        })
    }

    async fn survival(&self, request: Request<GetSurvivalRequest>) -> Result<GetSurvivalResponse> {
        let asked = request.get_ref().retention.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let (customers, stands) = self.look(&asked, Wrong::none()).await?;
        let as_of = stands.zone.date_of(stands.as_of).days();
        let found = computed(move || survival(&customers, as_of)).await?;
        let known = GetSurvivalResponse {
            basis: Some(write::basis(&stands, "", false)),
            ..GetSurvivalResponse::default()
        };
        Ok(match found {
            Ok(curve) => curved(&curve, known),
            Err(why) => {
                let (absence, reason) = silent(&why);
                GetSurvivalResponse {
                    absence: absence.into(),
                    reason,
                    ..known
                }
            }
        })
    }

    async fn churn(&self, request: Request<ScoreChurnRequest>) -> Result<ScoreChurnResponse> {
        let asked = request.get_ref().question.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let mut wrong = Wrong::none();
        let days = scores::days(request.get_ref().horizon_days, &mut wrong);
        let told = scores::told(&self.0, &asked, scores::Whose::Customers(days), wrong).await?;
        Ok(ScoreChurnResponse {
            scores: told.scores,
            card: told.card,
            absence: told.absence,
            reason: told.reason,
            basis: told.basis,
        })
    }
}

fn silent(why: &Refusal) -> (Absence, String) {
    let absence = match why {
        Refusal::Nobody => Absence::NoHistory,
        Refusal::NobodyLeft => Absence::NothingOpen,
        Refusal::TooShort { .. } => Absence::TooLittleHistory,
        _ => Absence::NoModel,
    };
    (absence, why.to_string())
}

fn told(said: &Retention, stands: &Stands, known: ForecastRetentionResponse) -> ForecastRetentionResponse {
    let exponent = Currency::from_code(&stands.currency).map_or(2, Currency::exponent);
    let point = |point: &crate::retention::Point| RetentionPoint {
        month: point.month,
        customers: point.customers,
        logo: Some(share(&point.logo)),
        gross: point.gross.as_ref().map(share),
        net: point.net.as_ref().map(share),
    };
    ForecastRetentionResponse {
        customers: said.customers,
        monthly: said.monthly / f64::from(10_u32.pow(exponent.min(9))),
        points: said.points.iter().map(point).collect(),
        ..known
    }
}

fn share(estimate: &Estimate) -> Share {
    let band = |band: &crate::retention::Band| Band {
        level: band.level,
        low: band.low,
        high: band.high,
    };
    Share {
        mean: estimate.mean,
        bands: estimate.bands.iter().map(band).collect(),
    }
}

fn curved(curve: &Curve, known: GetSurvivalResponse) -> GetSurvivalResponse {
    let point = |point: &crate::retention::CurvePoint| SurvivalPoint {
        month: point.month,
        share: point.share,
        low: point.low,
        high: point.high,
        at_risk: point.at_risk,
    };
    let life = &curve.life;
    GetSurvivalResponse {
        customers: curve.n,
        left: curve.ended,
        points: curve.points.iter().map(point).collect(),
        median_days: curve.median,
        life: Some(CustomerLife {
            until: life.until,
            observed: life.observed,
            observed_low: life.observed_low,
            observed_high: life.observed_high,
            expected: life.expected,
            expected_low: life.expected_low,
            expected_high: life.expected_high,
        }),
        ..known
    }
}

#[tonic::async_trait]
impl RetentionService for RetentionRpc {
    async fn forecast_retention(
        &self,
        request: Request<ForecastRetentionRequest>,
    ) -> std::result::Result<Response<ForecastRetentionResponse>, Status> {
        answer(self.forecast(request).await)
    }

    async fn get_survival(
        &self,
        request: Request<GetSurvivalRequest>,
    ) -> std::result::Result<Response<GetSurvivalResponse>, Status> {
        answer(self.survival(request).await)
    }

    async fn score_churn(
        &self,
        request: Request<ScoreChurnRequest>,
    ) -> std::result::Result<Response<ScoreChurnResponse>, Status> {
        answer(self.churn(request).await)
    }
}
