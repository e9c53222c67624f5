//! `RetentionService`.

mod kept;

use std::sync::Arc;

use bellwether_contracts::forecasting::retention_service_server::RetentionService;
use bellwether_contracts::forecasting::{
    Absence, Band, CustomerLife, ForecastRetentionRequest, ForecastRetentionResponse, GetSurvivalRequest,
    GetSurvivalResponse, RetentionPoint, RetentionQuestion, ScoreChurnRequest, ScoreChurnResponse, Share,
    SurvivalPoint,
};
use bellwether_domain::{Currency, Result};
use bellwether_runtime::authorize;
use tonic::{Request, Response, Status};

use super::digest::Digest;
use super::read::{self, Wrong};
use super::{Desk, answer, scores, write};
use crate::cases::customers;
use crate::retention::{Ask, Curve, Customer, Estimate, Refusal, Retention, forecast, survival};
use crate::source::{At, Stands};
use crate::worker::{self, Asked, Task, Weigh};

/// The months of a forecast, unless others are asked for.
const MONTHS: u32 = 12;

/// `forecasting.v1.RetentionService`.
#[derive(Debug, Clone)]
pub(super) struct RetentionRpc(pub(super) Desk);

/// What was made of customers.
#[derive(Debug)]
pub(super) enum Retained {
    /// How many will stay.
    Ahead(std::result::Result<Retention, Refusal>),
    /// How long they stayed.
    SoFar(std::result::Result<Curve, Refusal>),
}

impl Weigh for Retained {
    fn bytes(&self) -> usize {
        let points = match self {
            Self::Ahead(said) => said.as_ref().map_or(0, |said| said.points.len() * 600),
            Self::SoFar(curve) => curve.as_ref().map_or(0, |curve| curve.points.len() * 64),
        };
        points + 512
    }
}

/// What was made, of which facts, and whether it had been made before.
struct Looked {
    made: Arc<Retained>,
    stands: Stands,
    cached: bool,
}

/// What is asked of customers.
#[derive(Debug, Clone)]
enum Question {
    Ahead { months: u32, levels: Vec<f64> },
    SoFar,
}

impl Question {
    fn of(&self, customers: &[Customer], as_of: i32) -> Retained {
        match self {
            Self::Ahead { months, levels } => {
                let ask = Ask {
                    as_of,
                    months: *months,
                    levels: levels.clone(),
                };
                Retained::Ahead(forecast(customers, &ask))
            }
            Self::SoFar => Retained::SoFar(survival(customers, as_of)),
        }
    }

    fn purpose(&self) -> String {
        match self {
            Self::Ahead { months, .. } => format!("retention {months} months ahead"),
            Self::SoFar => "how long customers stayed".to_owned(),
        }
    }

    fn digest(&self, at: &At, stands: &Stands) -> Digest {
        let mut digest = Digest::of("retention");
        digest
            .text(&at.tenant)
            .number(stands.position.epoch)
            .number(stands.position.seq)
            .signed(stands.as_of.as_micros())
            .text(stands.zone.name());
        match self {
            Self::Ahead { months, levels } => {
                digest.text("ahead").number(u64::from(*months));
                for level in levels {
                    digest.fraction(*level);
                }
            }
            Self::SoFar => drop(digest.text("so far").id()),
        }
        digest
    }
}

impl RetentionRpc {
    async fn look(&self, asked: &RetentionQuestion, question: Question, mut wrong: Wrong) -> Result<Looked> {
        let at = read::retained(asked, &mut wrong);
        wrong.or(())?;
        let stands = self.0.stands("retention.as_of", &at).await?;
        let key = question.digest(&at, &stands).key();
        let purpose = question.purpose();
        let asked = Asked {
            key,
            tenant: at.tenant.parse()?,
            kind: worker::Kind::Retention,
            purpose,
        };
        let (source, at, of) = (self.0.source.clone(), at.pinned(&stands), stands.clone());
        let fit = async move |mut task: Task| {
            let told = task.read(source.subscriptions(&at)).await?.says;
            let made = move |at: &dyn Fn(f64)| {
                let found = customers(&told, &of.zone).all;
                at(0.3);
                question.of(&found, of.zone.date_of(of.as_of).days())
            };
            task.compute(made).await
        };
        let (made, cached) = self.0.retentions.fit(asked, fit).await?;
        Ok(Looked { made, stands, cached })
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
        let question = Question::Ahead { months, levels };
        let Looked { made, stands, cached } = self.look(&asked, question, wrong).await?;
        let id = kept::keep(&self.0, &asked.tenant, &made, &stands).await?;
        let known = ForecastRetentionResponse {
            currency: stands.currency.clone(),
            basis: Some(write::basis(&stands, &id, cached)),
            ..ForecastRetentionResponse::default()
        };
        Ok(match made.as_ref() {
            Retained::Ahead(Ok(said)) => told(said, &stands, known),
            Retained::Ahead(Err(why)) | Retained::SoFar(Err(why)) => {
                let (absence, reason) = silent(why);
                ForecastRetentionResponse {
                    absence: absence.into(),
                    reason,
                    ..known
                }
            }
            Retained::SoFar(Ok(_)) => known,
        })
    }

    async fn survival(&self, request: Request<GetSurvivalRequest>) -> Result<GetSurvivalResponse> {
        let asked = request.get_ref().retention.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let Looked { made, stands, cached } = self.look(&asked, Question::SoFar, Wrong::none()).await?;
        let known = GetSurvivalResponse {
            basis: Some(write::basis(&stands, "", cached)),
            ..GetSurvivalResponse::default()
        };
        Ok(match made.as_ref() {
            Retained::SoFar(Ok(curve)) => curved(curve, known),
            Retained::SoFar(Err(why)) | Retained::Ahead(Err(why)) => {
                let (absence, reason) = silent(why);
                GetSurvivalResponse {
                    absence: absence.into(),
                    reason,
                    ..known
                }
            }
            Retained::Ahead(Ok(_)) => known,
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
