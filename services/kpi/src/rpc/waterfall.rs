//! `GetWaterfall`: what is asked, and waterfalls as messages.

use bellwether_contracts::convert::{instant_to_proto, when_to_proto};
use bellwether_contracts::kpi::{
    self, GetWaterfallRequest, GetWaterfallResponse, GroupValue, WaterfallBucket, WaterfallEnd,
    WaterfallForm, WaterfallPeriod, WaterfallStep,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};

use super::ask::in_query;
use super::compare::watermark;
use crate::answers::{Answers, Pending};
use crate::query::{Form, Waterfalls, waterfall};
use crate::waterfall::{Bucket, Side, Waterfall};

/// Answers what became of the pipeline.
pub(super) async fn run(
    answers: &Answers,
    pending: Pending,
    asked: &GetWaterfallRequest,
) -> Result<GetWaterfallResponse> {
    let due = match WaterfallForm::try_from(asked.form) {
        Ok(WaterfallForm::Unspecified | WaterfallForm::Pipeline) => false,
        Ok(WaterfallForm::Due) => true,
        Err(_) => {
            let message = "use WATERFALL_FORM_PIPELINE or WATERFALL_FORM_DUE";
            return Err(Error::invalid(ErrorReason::InvalidField, "form", message));
        }
    };
    let form = Form {
        due,
        restated: asked.restated,
    };
    let found = answers
        .direct(&pending, move |direct| {
            waterfall(direct.facts, direct.catalogue, &direct.ask, form, direct.now)
        })
        .await
        .map_err(in_query)?;
    Ok(response(&found))
}

fn response(found: &Waterfalls) -> GetWaterfallResponse {
    let named = |(dimension, name): &(crate::catalogue::Dimension, Option<std::sync::Arc<str>>)| GroupValue {
        dimension: dimension.name().to_owned(),
        name: name.as_ref().map(ToString::to_string),
        rest: false,
    };
    let groups = found.groups.iter().map(|(names, one)| kpi::Waterfall {
        group: names.iter().map(named).collect(),
        ..message(one, found.exponent)
    });
    let [start, end] = [0, 1].map(|side| watermark(found.positions[side], found.recorded_at[side]));
    GetWaterfallResponse {
        period: Some(WaterfallPeriod {
            start: found.bounds.0.map(when_to_proto),
            end: found.bounds.1.map(when_to_proto),
        }),
        total: Some(message(&found.total, found.exponent)),
        groups: groups.collect(),
        unit: found.unit.clone(),
        as_of: Some(instant_to_proto(found.as_of)),
        start_watermark: Some(start),
        watermark: Some(end),
    }
}

fn message(one: &Waterfall, exponent: u32) -> kpi::Waterfall {
    let money = |minor: &Exact| (minor * &Exact::from_scaled(1, exponent)).to_exact_string();
    let side = |side: &Side| WaterfallEnd {
        value: money(&side.value),
        n: side.n,
        missing: side.missing,
    };
    let steps = one.steps.iter().map(|step| WaterfallStep {
        bucket: bucket(step.bucket).into(),
        value: money(&step.value),
        n: step.n,
    });
    kpi::Waterfall {
        group: Vec::new(),
        start: Some(side(&one.start)),
        steps: steps.collect(),
        end: Some(side(&one.end)),
    }
}

fn bucket(bucket: Bucket) -> WaterfallBucket {
    match bucket {
        Bucket::Created => WaterfallBucket::Created,
        Bucket::PulledIn => WaterfallBucket::PulledIn,
        Bucket::Up => WaterfallBucket::Up,
        Bucket::Reopened => WaterfallBucket::Reopened,
        Bucket::TransferredIn => WaterfallBucket::TransferredIn,
        Bucket::Fx => WaterfallBucket::Fx,
        Bucket::Down => WaterfallBucket::Down,
        Bucket::Pushed => WaterfallBucket::Pushed,
        Bucket::Won => WaterfallBucket::Won,
        Bucket::Lost => WaterfallBucket::Lost,
        Bucket::NoDecision => WaterfallBucket::NoDecision,
        Bucket::TransferredOut => WaterfallBucket::TransferredOut,
        Bucket::Deleted => WaterfallBucket::Deleted,
    }
}
