//! `GetAttainment`, and where a KPI stands beside its target as a message.

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::kpi::{
    self, Attainment, GetAttainmentRequest, GetAttainmentResponse, KpiValue, ProjectionMethod, ShapeFollowed,
    StatusReason, TargetStatus,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::period::Period;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use tonic::Request;

use super::super::compare::watermark;
use super::super::plan::{At, missing};
use super::super::values::value_of;
use super::{TargetRpc, desk_of, entry, seen};
use crate::answers::Direct;
use crate::target::{Aim, Expected, Filters, Followed, Method, Outlook, Reason, Standing, Status, pursue};

impl TargetRpc {
    pub(super) async fn attainment(
        &self,
        request: Request<GetAttainmentRequest>,
    ) -> Result<GetAttainmentResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let at = At {
            as_of: asked.as_of,
            known_at: asked.known_at,
        };
        let id = asked.id;
        let read = move |direct: &Direct<'_>| attained(direct, &id);
        self.plan.read((&tenant, &scope), at, read).await
    }
}

fn attained(direct: &Direct<'_>, id: &str) -> Result<GetAttainmentResponse> {
    let (desk, whose) = desk_of(direct)?;
    let found = seen(direct, desk.seq, &whose, id).ok_or_else(|| missing("target", id))?;
    let kpi = direct.catalogue.kpi(&found.says.kpi)?;
    let aim = Aim::of(id, &found.says, kpi, desk.settings.currency).map_err(|(field, message)| {
        let message = format!("target.{field}: {message}");
        Error::new(ErrorCode::FailedPrecondition, ErrorReason::InvalidRecord, message)
    })?;
    let holder = aim.holder.iter();
    let filters: Filters = holder
        .map(|(dimension, value)| (dimension.clone(), Some(value.clone())))
        .collect();
    let answer = desk.answer(&desk.question(&[&aim.kpi], aim.period, None, &filters))?;
    let row = answer
        .rows
        .first()
        .ok_or_else(|| Error::internal(format!("`{}` has no value in its period", aim.kpi)))?;
    let standing = pursue(&desk, &aim, &filters, row)?;
    Ok(GetAttainmentResponse {
        target: Some(entry(direct, found)),
        value: Some(KpiValue {
            as_of: Some(instant_to_proto(answer.as_of)),
            watermark: Some(watermark(answer.position, answer.recorded_at)),
            ..value_of(row)
        }),
        attainment: Some(attainment_of(Some(&aim), None, &standing)),
    })
}

/// Where a KPI stands beside what it is aimed at; `whole` = the period of a longer target of which this is a part.
pub(in crate::rpc) fn attainment_of(
    aim: Option<&Aim>,
    whole: Option<Period>,
    standing: &Standing,
) -> Attainment {
    let mut message = Attainment {
        status: standing
            .verdict
            .status
            .map_or(TargetStatus::Unspecified, status_of)
            .into(),
        reason: reason_of(standing.verdict.reason).into(),
        over: standing.over,
        ..Attainment::default()
    };
    if let Some(aim) = aim {
        message.target = aim.value.to_decimal_string();
        message.period_start = aim.period.start.to_string();
        message.period_end = aim.period.end.to_string();
        message.target_id.clone_from(&aim.id);
        message.owner.clone_from(&aim.owner);
        message.warn_below = aim.thresholds.warn.to_decimal_string();
        message.bad_below = aim.thresholds.bad.to_decimal_string();
    }
    if let Some(whole) = whole {
        message.whole_start = whole.start.to_string();
        message.whole_end = whole.end.to_string();
    }
    if let Some(expected) = &standing.expected {
        tell_expected(&mut message, expected);
    }
    if let Some(outlook) = &standing.outlook {
        tell_outlook(&mut message, outlook);
    }
    message
}

fn tell_expected(message: &mut Attainment, expected: &Expected) {
    message.expected_share = Some(expected.share.to_decimal_string());
    let (followed, years) = match expected.by {
        Followed::Days => (ShapeFollowed::Days, 0),
        Followed::WorkingTime => (ShapeFollowed::WorkingTime, 0),
        Followed::Seasons(years) => (ShapeFollowed::Seasons, years),
        Followed::DaysForLackOfYears => (ShapeFollowed::DaysForLackOfYears, 0),
        Followed::Weights => (ShapeFollowed::Weights, 0),
    };
    message.shape_followed = followed.into();
    message.years = years;
}

fn tell_outlook(message: &mut Attainment, outlook: &Outlook) {
    let text = |number: &Exact| number.to_decimal_string();
    message.attainment = Some(text(&outlook.attainment));
    message.pace = Some(text(&outlook.pace));
    message.projection = outlook.projection.as_ref().map(text);
    message.likely = outlook.likely.as_ref().map(|likely| kpi::Range {
        low: likely.low.as_ref().map(text),
        high: likely.high.as_ref().map(text),
    });
    let (method, periods) = match outlook.method {
        Method::Past(periods) => (ProjectionMethod::PastPeriods, periods),
        Method::OwnInterval => (ProjectionMethod::OwnInterval, 0),
        Method::ShareOnly => (ProjectionMethod::ShareOnly, 0),
        Method::AsItIs => (ProjectionMethod::AsItIs, 0),
        Method::Final => (ProjectionMethod::Final, 0),
    };
    message.method = method.into();
    message.past_periods = u32::try_from(periods).unwrap_or(u32::MAX);
}

fn status_of(status: Status) -> TargetStatus {
    match status {
        Status::OnTrack => TargetStatus::OnTrack,
        Status::TooEarly => TargetStatus::TooEarly,
        Status::AtRisk => TargetStatus::AtRisk,
        Status::Off => TargetStatus::Off,
    }
}

fn reason_of(reason: Reason) -> StatusReason {
    match reason {
        Reason::Final => StatusReason::Final,
        Reason::Range => StatusReason::Range,
        Reason::RangeReachesBoth => StatusReason::RangeReachesBoth,
        Reason::NoRange => StatusReason::NoRange,
        Reason::FewItems => StatusReason::FewItems,
        Reason::NotBegun => StatusReason::NotBegun,
        Reason::Held => StatusReason::Held,
        Reason::NoTarget => StatusReason::NoTarget,
        Reason::NoValue => StatusReason::NoValue,
        Reason::NoDirection => StatusReason::NoDirection,
    }
}
