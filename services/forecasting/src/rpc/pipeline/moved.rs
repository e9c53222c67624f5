//! What moved a forecast since an earlier one: the part of `PipelineService` about waterfalls.

use std::collections::BTreeMap;

use bellwether_contracts::forecasting::{
    ForecastEnd, ForecastStep, ForecastStepDeal, ForecastStepKind, GetForecastWaterfallRequest,
    GetForecastWaterfallResponse,
};
use bellwether_domain::{CivilDate, Error, ErrorReason, Result, TenantId, When};
use bellwether_runtime::authorize;
use tonic::Request;

use super::PipelineRpc;
use crate::pipeline::{
    Book, Closing, Deal, Forecast, Outcome, Rehearsal, Step, StepKind, hindsight, waterfall,
};
use crate::rpc::looked::Looked;
use crate::rpc::read::{self, Ahead, Wrong};
use crate::rpc::write;
use crate::source::{At, Least};
use crate::store::{Kind, Point, Served};

impl PipelineRpc {
    pub(super) async fn waterfall(
        &self,
        request: Request<GetForecastWaterfallRequest>,
    ) -> Result<GetForecastWaterfallResponse> {
        let asked = request.get_ref().pipeline.clone().unwrap_or_default();
        let tenant = authorize(&request, &asked.tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let ahead = read::ahead(&asked, &mut wrong);
        if message.from_forecast_id.contains('\0') {
            wrong.add("from_forecast_id", "holds a NUL character: no id does");
        }
        wrong.or(())?;
        let later = self.0.look(&ahead).await?;
        let served = self.earlier(&tenant, &message.from_forecast_id, &later).await?;
        let id = self.keep(&tenant, &later).await?;
        let known = GetForecastWaterfallResponse {
            currency: later.stands.currency.clone(),
            basis: Some(write::basis(&later.stands, &id, later.cached)),
            ..GetForecastWaterfallResponse::default()
        };
        let earlier = self.0.look(&as_it_was(&tenant, &served)).await?;
        for one in [&later, &earlier] {
            if let Err(why) = &one.outlook.forecast {
                let (absence, reason) = write::refusal(why);
                return Ok(GetForecastWaterfallResponse {
                    absence: absence.into(),
                    reason,
                    ..known
                });
            }
        }
        let deals = self.0.source.deals(&ahead.at.pinned(&later.stands)).await?.says;
        let way = Way {
            served,
            earlier,
            later,
            id,
        };
        let told = tokio::task::spawn_blocking(move || way.told(deals, known)).await;
        told.map_err(|error| Error::internal(format!("the waterfall cannot be computed: {error}")))
    }

    /// The forecast from which the way leads.
    async fn earlier(&self, tenant: &TenantId, id: &str, later: &Looked) -> Result<Served> {
        let question = &later.question;
        if !id.is_empty() {
            let found = self.0.store.forecast(tenant, id).await?;
            let found = found.filter(|served| served.kind == Kind::Pipeline && !served.points.is_empty());
            let id: String = id.chars().take(80).collect();
            let message = format!("no forecast of the pipeline is kept under `{id}`");
            let found = found.ok_or_else(|| Error::not_found(ErrorReason::RecordNotFound, message))?;
            if found
                .points
                .iter()
                .all(|point| i64::from(point.start) <= question.day)
            {
                return Ok(found);
            }
            let message = "it looks ahead from a later day: name an earlier forecast";
            return Err(Error::invalid(
                ErrorReason::InvalidField,
                "from_forecast_id",
                message,
            ));
        }
        let last = self
            .0
            .store
            .last_before(tenant, Kind::Pipeline, later.stands.as_of)
            .await?;
        let fits = |point: &Point| {
            i64::from(point.start) < question.day && i64::from(point.end - point.start) == question.days
        };
        let found = last
            .into_iter()
            .find(|served| served.points.first().is_some_and(fits));
        found.ok_or_else(|| {
            let message = format!(
                "no forecast of the pipeline over {0} days is kept as of an earlier day: make one (`forecast pipeline --days {0} \
                 --as-of DATE`), then ask again",
                question.days
            );
            Error::not_found(ErrorReason::RecordNotFound, message)
        })
    }
}

/// The question that a forecast answered, of the facts as they were known then.
fn as_it_was(tenant: &TenantId, served: &Served) -> Ahead {
    let days = served.points.first().map_or(1, |point| point.end - point.start);
    Ahead {
        at: At {
            tenant: tenant.to_string(),
            as_of: Some(When::At(served.as_of)),
            known_at: Some(served.position.seq),
            least: Least::Position(served.position),
        },
        days: u32::try_from(days).unwrap_or(1),
    }
}

/// Two forecasts.
struct Way {
    /// What was served.
    served: Served,
    /// The same, computed again.
    earlier: Looked,
    later: Looked,
    /// Under which the later one is kept.
    id: String,
}

impl Way {
    fn told(&self, deals: Vec<Deal>, known: GetForecastWaterfallResponse) -> GetForecastWaterfallResponse {
        let (Ok(earlier), Ok(later)) = (&self.earlier.outlook.forecast, &self.later.outlook.forecast) else {
            return known;
        };
        let unit = self.later.unit();
        let ends: BTreeMap<String, Closing> = deals
            .iter()
            .filter_map(|deal| Some((deal.id.clone(), deal.closing.clone()?)))
            .collect();
        let won = |id: &str| ends.get(id).map(|end| end.outcome == Outcome::Won);
        let book = Book::new(deals, &self.later.stands.zone);
        let then = Rehearsal::new(&book, self.later.question.days)
            .and_then(|mut rehearsal| hindsight(&mut rehearsal, later, earlier))
            .unwrap_or_default();
        let way = waterfall(earlier, later, won, |id| then.get(id).copied());
        let (count, value) = self.as_served(way.from.0, way.from.1 / unit);
        let mut steps: Vec<ForecastStep> = way.steps.iter().map(|step| shown(step, unit)).collect();
        // What today's program says of the same facts, and what was served.
        models(&mut steps, way.from.0 - count, way.from.1 / unit - value);
        let (won_since, won_value_since) = won_of(earlier, &ends);
        let day = |day: i64| CivilDate::from_days(i32::try_from(day).unwrap_or(i32::MAX)).to_string();
        let end = |forecast: &Forecast, (count, value): (f64, f64), id: &str| ForecastEnd {
            start: day(forecast.day),
            end: day(forecast.until),
            count,
            value,
            forecast_id: id.to_owned(),
        };
        GetForecastWaterfallResponse {
            from: Some(end(earlier, (count, value), &self.served.id)),
            to: Some(end(later, (way.to.0, way.to.1 / unit), &self.id)),
            steps,
            won_since,
            won_value_since: won_value_since / unit,
            notes: self.notes(),
            ..known
        }
    }

    /// Count and value that were served; what is not kept is as computed.
    fn as_served(&self, count: f64, value: f64) -> (f64, f64) {
        let mean = |kpi: &str| {
            let mut points = self.served.points.iter();
            points.find(|point| point.kpi == kpi).map(|point| point.mean)
        };
        (
            mean("deals_won").unwrap_or(count),
            mean("bookings").unwrap_or(value),
        )
    }

    fn notes(&self) -> Vec<String> {
        let same = self.served.model_version == crate::rpc::model_version();
        let text = "the earlier forecast was made by an earlier version of the models";
        (!same).then(|| text.to_owned()).into_iter().collect()
    }
}

/// How many deals of a forecast were won since, and for how much.
fn won_of(earlier: &Forecast, ends: &BTreeMap<String, Closing>) -> (u64, f64) {
    let won = earlier.lines.iter().filter_map(|line| {
        let end = ends.get(&line.id).filter(|end| end.outcome == Outcome::Won)?;
        Some(
            end.amount
                .map(|amount| amount as f64)
                .or(line.amount)
                .unwrap_or(0.0),
        )
    });
    won.fold((0, 0.0), |(count, value), amount| (count + 1, value + amount))
}

fn shown(step: &Step, unit: f64) -> ForecastStep {
    let kind = match step.kind {
        StepKind::Won => ForecastStepKind::Won,
        StepKind::Lost => ForecastStepKind::Lost,
        StepKind::Created => ForecastStepKind::Created,
        StepKind::Gone => ForecastStepKind::Gone,
        StepKind::Pushed => ForecastStepKind::Pushed,
        StepKind::Chance => ForecastStepKind::Chance,
        StepKind::Amount => ForecastStepKind::Amount,
        StepKind::Model => ForecastStepKind::Model,
        StepKind::Newcomers => ForecastStepKind::Newcomers,
    };
    let deal = |(id, value): &(String, f64)| ForecastStepDeal {
        id: id.clone(),
        value: value / unit,
    };
    ForecastStep {
        kind: kind.into(),
        deals: step.deals as u64,
        count: step.count,
        value: step.value / unit,
        largest: step.largest.iter().map(deal).collect(),
    }
}

/// Adds what is due to other models.
fn models(steps: &mut Vec<ForecastStep>, count: f64, value: f64) {
    if count == 0.0 && value == 0.0 {
        return;
    }
    let kind = ForecastStepKind::Model;
    if let Some(step) = steps.iter_mut().find(|step| step.kind() == kind) {
        step.count += count;
        step.value += value;
        return;
    }
    steps.push(ForecastStep {
        kind: kind.into(),
        count,
        value,
        ..ForecastStep::default()
    });
}
