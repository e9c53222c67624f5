//! What would change if things were otherwise: the part of `PipelineService` about what-ifs.

use std::collections::BTreeSet;

use bellwether_contracts::forecasting::{
    ChangedDeal, PipelineChange, WhatIfPipelineRequest, WhatIfPipelineResponse, pipeline_change,
};
use bellwether_domain::{CivilDate, Error, ErrorReason, Result};
use bellwether_runtime::authorize;
use tonic::Request;

use super::PipelineRpc;
use crate::pipeline::{Book, Change, Deal, Difference, Forecast, Refusal, Rehearsal, what_if};
use crate::rpc::looked::Looked;
use crate::rpc::outlook::SEED;
use crate::rpc::read::{self, Wrong};
use crate::rpc::write::{self, estimate};

/// The most changes in one question.
const MOST_CHANGES: usize = 1_000;
/// The most deals that an answer names.
const MOST_DEALS: usize = 1_000;
/// Days that a ramp may take.
const MOST_RAMP: f64 = 1_095.0;

impl PipelineRpc {
    pub(super) async fn what_if(
        &self,
        request: Request<WhatIfPipelineRequest>,
    ) -> Result<WhatIfPipelineResponse> {
        let asked = request.get_ref().pipeline.clone().unwrap_or_default();
        authorize(&request, &asked.tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let ahead = read::ahead(&asked, &mut wrong);
        let changes = changes(&message.changes, &mut wrong);
        wrong.or(())?;
        let looked = self.0.look(&ahead).await?;
        to_come(&changes, looked.question.day - 1)?;
        let day = |day: i64| CivilDate::from_days(i32::try_from(day).unwrap_or(i32::MAX)).to_string();
        let known = WhatIfPipelineResponse {
            start: day(looked.question.day),
            end: day(looked.question.day + looked.question.days),
            currency: looked.stands.currency.clone(),
            basis: Some(write::basis(&looked.stands, "", looked.cached)),
            ..WhatIfPipelineResponse::default()
        };
        if let Err(why) = &looked.outlook.forecast {
            let (absence, reason) = write::refusal(why);
            return Ok(WhatIfPipelineResponse {
                absence: absence.into(),
                reason,
                ..known
            });
        }
        let deals = self.0.source.deals(&ahead.at.pinned(&looked.stands)).await?.says;
        let told = tokio::task::spawn_blocking(move || told(deals, &looked, &changes, known)).await;
        told.map_err(|error| Error::internal(format!("the difference cannot be computed: {error}")))?
    }
}

fn told(
    deals: Vec<Deal>,
    looked: &Looked,
    changes: &[Change],
    known: WhatIfPipelineResponse,
) -> Result<WhatIfPipelineResponse> {
    let Ok(forecast) = &looked.outlook.forecast else {
        return Ok(known);
    };
    stages_are_there(forecast, changes)?;
    let book = Book::new(deals, &looked.stands.zone);
    let mut rehearsal = Rehearsal::new(&book, looked.question.days).map_err(|why| refused(&why))?;
    let difference = what_if(&mut rehearsal, forecast, changes, SEED).map_err(|why| refused(&why))?;
    let unit = looked.unit();
    let total = &forecast.total;
    Ok(WhatIfPipelineResponse {
        count_before: total.count.mean,
        value_before: total.value.as_ref().map_or(0.0, |value| value.mean / unit),
        count_difference: Some(estimate(&difference.count, 1.0)),
        value_difference: Some(estimate(&difference.value, unit)),
        deals: changed(forecast, &difference, unit),
        ..known
    })
}

/// The deals whose chances change, those that change most first.
fn changed(forecast: &Forecast, difference: &Difference, unit: f64) -> Vec<ChangedDeal> {
    let mut deals: Vec<ChangedDeal> = difference
        .deals
        .iter()
        .map(|(id, before, after)| {
            let place = forecast.lines.binary_search_by(|line| line.id.cmp(id)).ok();
            let line = place.and_then(|place| forecast.lines.get(place));
            ChangedDeal {
                id: id.clone(),
                chance_before: *before,
                chance_after: *after,
                worth: line.and_then(|line| line.worth).map(|worth| worth / unit),
            }
        })
        .collect();
    let size =
        |deal: &ChangedDeal| (deal.chance_after - deal.chance_before).abs() * deal.worth.unwrap_or(0.0);
    deals.sort_by(|one, other| {
        size(other)
            .total_cmp(&size(one))
            .then_with(|| one.id.cmp(&other.id))
    });
    deals.truncate(MOST_DEALS);
    deals
}

fn refused(why: &Refusal) -> Error {
    match why {
        Refusal::UnknownDeal { .. } => Error::not_found(ErrorReason::RecordNotFound, why.to_string()),
        _ => Error::invalid(ErrorReason::InvalidField, "changes", why.to_string()),
    }
}

/// A deal that is open does not close on a day that is over: `today` is the last day that counts.
fn to_come(changes: &[Change], today: i64) -> Result<()> {
    let mut wrong = Wrong::none();
    for (at, change) in changes.iter().enumerate() {
        if let Change::MoveClose { day, .. } = change
            && *day < today
        {
            let name = |day: i64| CivilDate::from_days(i32::try_from(day).unwrap_or(i32::MAX));
            let text = format!("{} is over: give {} or a later day", name(*day), name(today));
            wrong.add(&format!("changes[{at}].move_close.expected_close"), text);
        }
    }
    wrong.or(())
}

/// A stage that no open deal is in would change nothing: that is a slip, and no answer.
fn stages_are_there(forecast: &Forecast, changes: &[Change]) -> Result<()> {
    let stages: BTreeSet<&str> = forecast.lines.iter().map(|line| line.stage.as_str()).collect();
    for change in changes {
        if let Change::StageRate { stage, .. } = change
            && !stages.contains(stage.as_str())
        {
            let known: Vec<&str> = stages.into_iter().filter(|stage| !stage.is_empty()).collect();
            let message = format!(
                "no open deal is in a stage `{stage}`: deals are in {}",
                known.join(", ")
            );
            return Err(Error::invalid(
                ErrorReason::InvalidField,
                "changes.stage_rate.stage",
                message,
            ));
        }
    }
    Ok(())
}

fn changes(messages: &[PipelineChange], wrong: &mut Wrong) -> Vec<Change> {
    if messages.is_empty() || messages.len() > MOST_CHANGES {
        wrong.add(
            "changes",
            format!("say 1 to {MOST_CHANGES} things that could be otherwise"),
        );
    }
    let changes = messages.iter().enumerate();
    changes
        .filter_map(|(at, message)| change(at, message, wrong))
        .collect()
}

fn change(at: usize, message: &PipelineChange, wrong: &mut Wrong) -> Option<Change> {
    let field = |name: &str| format!("changes[{at}].{name}");
    match message.change.as_ref() {
        None => {
            wrong.add(&field("change"), "say what could be otherwise");
            None
        }
        Some(pipeline_change::Change::DropDeal(drop)) => Some(Change::Drop {
            id: drop.deal.clone(),
        }),
        Some(pipeline_change::Change::MoveClose(moved)) => match moved.expected_close.parse::<CivilDate>() {
            Ok(day) => Some(Change::MoveClose {
                id: moved.deal.clone(),
                day: day.days().into(),
            }),
            Err(error) => {
                wrong.add(&field("move_close.expected_close"), error);
                None
            }
        },
        Some(pipeline_change::Change::StageRate(rate)) => {
            if !(0.0..=100.0).contains(&rate.factor) {
                let text = format!("a rate is multiplied by 0 to 100, not {}", rate.factor);
                wrong.add(&field("stage_rate.factor"), text);
            }
            Some(Change::StageRate {
                stage: rate.stage.clone(),
                factor: rate.factor,
            })
        }
        Some(pipeline_change::Change::AddRep(rep)) => {
            if !(0.0..=MOST_RAMP).contains(&rep.ramp_days) {
                let text = format!("a ramp takes 0 to {MOST_RAMP} days, not {}", rep.ramp_days);
                wrong.add(&field("add_rep.ramp_days"), text);
            }
            Some(Change::AddRep {
                ramp_days: rep.ramp_days,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::forecasting::{AddRep, MoveClose, StageRate};

    #[test]
    fn an_open_deal_moves_to_no_day_that_is_over() {
        let moved = |day: i64| Change::MoveClose {
            id: "d1".to_owned(),
            day,
        };
        assert!(to_come(&[moved(100), moved(101)], 100).is_ok());
        let error = to_come(&[moved(100), moved(99)], 100).unwrap_err();
        let told = error.violations[0].to_string();
        let said = "changes[1].move_close.expected_close: 1970-04-10 is over: give 1970-04-11 or a later day";
        assert_eq!(told, said);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let mut wrong = Wrong::none();
        let message = |change| PipelineChange { change };
        let all = [
            message(None),
            message(Some(pipeline_change::Change::MoveClose(MoveClose {
                deal: "d1".to_owned(),
                expected_close: "soon".to_owned(),
            }))),
            message(Some(pipeline_change::Change::StageRate(StageRate {
                stage: "a".to_owned(),
                factor: f64::NAN,
            }))),
            message(Some(pipeline_change::Change::AddRep(AddRep { ramp_days: -1.0 }))),
        ];
        changes(&all, &mut wrong);
        changes(&[], &mut wrong);
        let error = wrong.or(()).unwrap_err();
        let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "changes[0].change",
            "changes[1].move_close.expected_close",
            "changes[2].stage_rate.factor",
            "changes[3].add_rep.ramp_days",
            "changes",
        ];
        assert_eq!(fields, expected);
    }
}
