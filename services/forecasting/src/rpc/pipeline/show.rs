//! Forecasts of the pipeline as messages and as they are kept.

use bellwether_contracts::forecasting::{
    Basis, CategorySum, ForecastPipelineRequest, ForecastPipelineResponse, ListStageProbabilitiesResponse,
    OpenDeal, PipelineCorrection, PipelineGroups, PipelineSum, StageProbability, StageWeighted,
};
use bellwether_domain::CivilDate;

use super::concerns::{gravest, words};
use super::{Looked, group};
use crate::pipeline::{Concern, Correction, Forecast, Line, Part, Refusal, Spread};
use crate::rpc::write::{basis, estimate, refusal};
use crate::source::Stands;
use crate::store::{Interval, Point};

/// The most deals that somebody should look at in one answer.
const MOST_CONCERNS: usize = 1_000;

/// The answer to a question about the pipeline.
pub(super) fn forecast(
    message: &ForecastPipelineRequest,
    looked: &Looked,
    basis: Basis,
) -> ForecastPipelineResponse {
    let unit = looked.unit();
    let day = |day: i64| CivilDate::from_days(i32::try_from(day).unwrap_or(i32::MAX)).to_string();
    let known = ForecastPipelineResponse {
        start: day(looked.question.day),
        end: day(looked.question.day + looked.question.days),
        currency: looked.stands.currency.clone(),
        stage_weighted: looked.outlook.stages.as_ref().ok().map(|stages| StageWeighted {
            in_time: stages.in_time,
            ever_count: stages.ever_count,
            ever_value: stages.ever_value / unit,
            count: Some(estimate(&stages.count, 1.0)),
            value: Some(estimate(&stages.value, unit)),
        }),
        basis: Some(basis),
        ..ForecastPipelineResponse::default()
    };
    match &looked.outlook.forecast {
        Ok(forecast) => told(message, looked, forecast, known),
        Err(why) => {
            let (absence, reason) = refusal(why);
            ForecastPipelineResponse {
                absence: absence.into(),
                reason,
                ..known
            }
        }
    }
}

fn told(
    message: &ForecastPipelineRequest,
    looked: &Looked,
    forecast: &Forecast,
    known: ForecastPipelineResponse,
) -> ForecastPipelineResponse {
    let unit = looked.unit();
    let group = |name: &String| PipelineGroups {
        dimension: name.clone(),
        members: looked
            .outlook
            .parts(&group(name))
            .iter()
            .map(|part| sum(part, unit))
            .collect(),
    };
    let category = |total: &crate::pipeline::CategoryTotal| CategorySum {
        category: total.category.clone(),
        deals: total.deals as u64,
        amount: total.amount / unit,
        count: total.count,
        value: total.value / unit,
    };
    let mut lines: Vec<&Line> = forecast.lines.iter().collect();
    lines.sort_by(|one, other| {
        other
            .expected()
            .total_cmp(&one.expected())
            .then_with(|| one.id.cmp(&other.id))
    });
    let most = match (message.concerns, message.deals as usize) {
        (false, _) => 0,
        (true, 0) => MOST_CONCERNS,
        (true, deals) => deals.min(MOST_CONCERNS),
    };
    let concerned = gravest(&looked.outlook.attention).into_iter().take(most);
    ForecastPipelineResponse {
        open: Some(sum(&forecast.open, unit)),
        newcomers: Some(sum(&forecast.newcomers, unit)),
        total: Some(sum(&forecast.total, unit)),
        to_be_created: forecast.to_be_created,
        groups: message.group_by.iter().map(group).collect(),
        categories: looked.outlook.categories.iter().map(category).collect(),
        deals: lines
            .into_iter()
            .take(message.deals as usize)
            .map(|line| deal(line, unit, &[]))
            .collect(),
        concerns: concerned
            .map(|one| deal(&one.line, unit, &one.concerns))
            .collect(),
        correction: Some(correction(&forecast.correction)),
        notes: forecast.notes.clone(),
        ..known
    }
}

fn sum(part: &Part, unit: f64) -> PipelineSum {
    PipelineSum {
        name: part.name.clone(),
        open: part.open as u64,
        amount: part.amount / unit,
        count: Some(estimate(&part.count, 1.0)),
        value: part.value.as_ref().map(|value| estimate(value, unit)),
        ..PipelineSum::default()
    }
}

fn correction(correction: &Correction) -> PipelineCorrection {
    PipelineCorrection {
        count_factor: correction.count.factor,
        value_factor: correction.value.factor,
        rehearsals: u32::try_from(correction.rehearsals).unwrap_or(u32::MAX),
        horizons: correction.horizons,
    }
}

fn deal(line: &Line, unit: f64, concerns: &[Concern]) -> OpenDeal {
    let due = line.expected_close.and_then(|day| i32::try_from(day).ok());
    OpenDeal {
        id: line.id.clone(),
        chance: line.chance,
        chance_lost: line.lost,
        worth: line.worth.map(|worth| worth / unit),
        amount: line.amount.map(|amount| amount / unit),
        age_days: line.age,
        stage: line.stage.clone(),
        stage_days: line.stage_days,
        stage_probability: line.stage_probability,
        owner: line.owner.clone(),
        team: line.team.clone(),
        category: line.category.clone(),
        expected_close: due
            .map(|day| CivilDate::from_days(day).to_string())
            .unwrap_or_default(),
        pushes: line.pushes,
        concerns: concerns.iter().map(words).collect(),
    }
}

/// The answer to a question about stages.
pub(super) fn stages(
    found: &Result<crate::pipeline::StageWeighted, Refusal>,
    stands: &Stands,
) -> ListStageProbabilitiesResponse {
    let known = ListStageProbabilitiesResponse {
        basis: Some(basis(stands, "", false)),
        ..ListStageProbabilitiesResponse::default()
    };
    match found {
        Ok(stages) => ListStageProbabilitiesResponse {
            stages: stages.stages.iter().map(stage).collect(),
            ..known
        },
        Err(why) => {
            let (absence, reason) = refusal(why);
            ListStageProbabilitiesResponse {
                absence: absence.into(),
                reason,
                ..known
            }
        }
    }
}

fn stage(rate: &crate::pipeline::StageRate) -> StageProbability {
    StageProbability {
        stage: rate.stage.clone(),
        given: rate.given,
        learned: rate.learned,
        closed: rate.closed as u64,
        open: rate.open as u64,
    }
}

/// What is kept: how many deals will be won and for how much, of open deals and newcomers together. Its truth are the
/// KPIs `deals_won` and `bookings` of the horizon.
pub(super) fn points(looked: &Looked, total: &Part, model: &str) -> Vec<Point> {
    let day = |day: i64| i32::try_from(day).unwrap_or(i32::MAX);
    let question = &looked.question;
    let point = |kpi: &str, name: &str, spread: &Spread, unit: f64| Point {
        kpi: kpi.to_owned(),
        unit: name.to_owned(),
        member: None,
        model: format!("{model}, {} days", question.days),
        step: 1,
        start: day(question.day),
        end: day(question.day + question.days),
        mean: spread.mean / unit,
        intervals: intervals(spread, 0.0, unit),
        scale: None,
        actual: None,
        scored_at: None,
    };
    let count = point("deals_won", "count", &total.count, 1.0);
    let value = total.value.as_ref();
    let value = value.map(|value| point("bookings", &looked.stands.currency, value, looked.unit()));
    std::iter::once(count).chain(value).collect()
}

/// Intervals as they are kept, of a distribution on top of what is there already.
pub(in crate::rpc) fn intervals(spread: &Spread, already: f64, unit: f64) -> Vec<Interval> {
    let interval = |band: &crate::pipeline::Band| Interval {
        level: band.level,
        low: (already + band.low) / unit,
        high: (already + band.high) / unit,
    };
    spread.bands.iter().map(interval).collect()
}
