//! `ExplainChange`: what is asked, and the split of a change as a message.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, when_to_proto};
use bellwether_contracts::kpi::{
    self, EffectPart, ExplainChangeRequest, ExplainChangeResponse, ExplainedPeriod, Explanation, GroupValue,
    Mover,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_stats::decompose::{Effect, Part};

use super::ask::in_query;
use super::compare::{base_of, in_asked, watermark};
use crate::answers::{Answers, Pending};
use crate::explain::{Explained, Key, Shape};
use crate::query::{Items, Levels, levels};

/// Movers that are named when nothing is said.
const TOP: usize = 5;
/// Movers that may be asked for.
const MOST_TOP: usize = 1_000;

/// Explains a change.
pub(super) async fn run(
    answers: &Answers,
    pending: Pending,
    asked: &ExplainChangeRequest,
) -> Result<ExplainChangeResponse> {
    let top = top(asked.top)?;
    let base = base_of(asked.base.as_ref())?;
    let id = only(asked)?;
    let (id, shape, catalogue, read) = answers
        .direct(&pending, move |direct| {
            let shape = Shape::find(direct.catalogue, &id).map_err(in_query)?;
            let read = levels(
                direct.facts,
                direct.catalogue,
                (&direct.ask, &base),
                shape.chain,
                direct.now,
                direct.threads,
            );
            Ok((id, shape, Arc::clone(direct.catalogue), read.map_err(in_asked)?))
        })
        .await?;
    // Outside of the lock of the facts: exact fractions of many groups take their time.
    let split = tokio::task::spawn_blocking(move || {
        let explained = shape.explain(catalogue.kpi(&id)?, &read)?;
        Ok::<_, Error>(response(&id, &shape, &read, &explained, top))
    });
    split
        .await
        .map_err(|error| Error::internal(format!("the question failed: {error}")))?
}

fn top(asked: u32) -> Result<usize> {
    match usize::try_from(asked).unwrap_or(usize::MAX) {
        0 => Ok(TOP),
        most if most <= MOST_TOP => Ok(most),
        _ => {
            let message = format!("at most {MOST_TOP} movers are named");
            Err(Error::invalid(ErrorReason::InvalidField, "top", message))
        }
    }
}

/// The one KPI that is asked about.
fn only(asked: &ExplainChangeRequest) -> Result<String> {
    let query = asked.query.clone().unwrap_or_default();
    let wrong = |field: &str, message: &str| {
        let error = Error::invalid(ErrorReason::InvalidField, field, message);
        Err(in_query(error))
    };
    if query.grain != 0 {
        return wrong("grain", "one change is explained at a time: leave the grain out");
    }
    if query.group_by.len() != 1 {
        return wrong("group_by", "name the one dimension to split the change by");
    }
    match query.kpis.as_slice() {
        [id] => Ok(id.clone()),
        _ => wrong("kpis", "name the one KPI whose change is explained"),
    }
}

fn response(
    id: &str,
    shape: &Shape,
    levels: &Levels,
    explained: &Explained,
    top: usize,
) -> ExplainChangeResponse {
    let split = &explained.split;
    let movers = split.movers(top);
    let parts = |values: &[Exact]| -> Vec<EffectPart> {
        let part = |index: &usize| EffectPart {
            effect: effect(split.effects[*index].0).into(),
            value: values[*index].to_exact_string(),
        };
        explained.effects.iter().map(part).collect()
    };
    let totals: Vec<Exact> = split.effects.iter().map(|(_, value)| value.clone()).collect();
    let [before, after] = [(0, &split.before), (1, &split.after)].map(|(side, value)| {
        let (start, end) = levels.bounds[side];
        ExplainedPeriod {
            start: start.map(when_to_proto),
            end: end.map(when_to_proto),
            value: value.to_exact_string(),
            n: levels.n[side],
        }
    });
    let mover = |part: &&Part<Key>| mover(part, shape, levels, parts(&part.effects));
    let explanation = Explanation {
        kpi: id.to_owned(),
        dimension: levels.dimension.name().to_owned(),
        unit: levels.unit.clone(),
        after: Some(after),
        before: Some(before),
        change: split.change().to_exact_string(),
        effects: parts(&totals),
        movers: movers.parts.iter().map(mover).collect(),
        others: u32::try_from(movers.others).unwrap_or(u32::MAX),
        rest_change: movers.rest.iter().sum::<Exact>().to_exact_string(),
        rest_effects: parts(&movers.rest),
    };
    ExplainChangeResponse {
        explanation: Some(explanation),
        as_of: Some(instant_to_proto(levels.as_of)),
        watermark: Some(watermark(levels.position, levels.recorded_at)),
        ..ExplainChangeResponse::default()
    }
}

fn mover(part: &Part<Key>, shape: &Shape, levels: &Levels, effects: Vec<EffectPart>) -> Mover {
    let (_, name) = &part.key;
    let group = levels.groups.iter().find(|group| group.name == *name);
    let items = |levels: Option<&Vec<Exact>>| levels.and_then(|one| one.first()).cloned().unwrap_or_default();
    let text = |items: Exact| match shape.chain.items {
        Items::Seen(_) => items.to_exact_string(),
        Items::Value(_) => items.to_decimal_string(),
    };
    Mover {
        group: Some(GroupValue {
            dimension: levels.dimension.name().to_owned(),
            name: name.as_ref().map(ToString::to_string),
            rest: false,
        }),
        before: part.before.as_ref().map(Exact::to_exact_string),
        after: part.after.as_ref().map(Exact::to_exact_string),
        items_before: text(items(group.map(|group| &group.before))),
        items_after: text(items(group.map(|group| &group.after))),
        change: part.change().to_exact_string(),
        effects,
    }
}

fn effect(effect: Effect) -> kpi::Effect {
    match effect {
        Effect::Volume => kpi::Effect::Volume,
        Effect::Mix => kpi::Effect::Mix,
        Effect::Rate | Effect::Factor(_) => kpi::Effect::Rate,
        Effect::Price => kpi::Effect::Price,
        Effect::Fx => kpi::Effect::Fx,
    }
}
