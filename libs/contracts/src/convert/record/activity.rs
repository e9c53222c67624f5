//! Activities and the evidence in them.

use bellwether_domain::record::{Activity, ActivityOutcome, ActivityType, Direction, MethodologyEvidence};

use super::stand_in::some_day;
use crate::convert::fields::{Fields, known, plain};
use crate::convert::time::when_to_proto;
use crate::sales;

pub(super) fn activity(activity: &sales::Activity, fields: &mut Fields) -> Activity {
    let activity_type = fields.choice("activity.type", activity.r#type, |value| match value {
        sales::ActivityType::Unspecified => None,
        sales::ActivityType::Call => Some(ActivityType::Call),
        sales::ActivityType::Email => Some(ActivityType::Email),
        sales::ActivityType::Meeting => Some(ActivityType::Meeting),
        sales::ActivityType::Demo => Some(ActivityType::Demo),
        sales::ActivityType::Task => Some(ActivityType::Task),
    });
    if activity.r#type == 0 {
        fields.add(
            "activity.type",
            "is missing: give call, email, meeting, demo or task",
        );
    }
    let at = fields.required_when("activity.at", activity.at.as_ref());
    let direction = fields.choice("activity.direction", activity.direction, |value| match value {
        sales::ActivityDirection::Unspecified => None,
        sales::ActivityDirection::Inbound => Some(Direction::Inbound),
        sales::ActivityDirection::Outbound => Some(Direction::Outbound),
    });
    let outcome = fields.choice("activity.outcome", activity.outcome, outcome_from_proto);
    Activity {
        activity_type: activity_type.unwrap_or(ActivityType::Task),
        rep_id: known(&activity.rep_id),
        lead_id: known(&activity.lead_id),
        opportunity_id: known(&activity.opportunity_id),
        account_id: known(&activity.account_id),
        at: at.unwrap_or_else(some_day),
        duration_seconds: activity.duration_seconds,
        completed: activity.completed,
        direction,
        automatic: activity.automatic,
        outcome,
        evidence: activity.evidence.iter().map(evidence).collect(),
    }
}

fn evidence(one: &sales::MethodologyEvidence) -> MethodologyEvidence {
    MethodologyEvidence {
        methodology: known(&one.methodology),
        step: one.step.clone(),
        score: one.score,
    }
}

fn evidence_to_proto(one: &MethodologyEvidence) -> sales::MethodologyEvidence {
    sales::MethodologyEvidence {
        methodology: plain(one.methodology.as_ref()),
        step: one.step.clone(),
        score: one.score,
    }
}

fn outcome_from_proto(value: sales::ActivityOutcome) -> Option<ActivityOutcome> {
    match value {
        sales::ActivityOutcome::Unspecified => None,
        sales::ActivityOutcome::Connected => Some(ActivityOutcome::Connected),
        sales::ActivityOutcome::Replied => Some(ActivityOutcome::Replied),
        sales::ActivityOutcome::Bounced => Some(ActivityOutcome::Bounced),
        sales::ActivityOutcome::OpenedByMachine => Some(ActivityOutcome::OpenedByMachine),
        sales::ActivityOutcome::OpenedByHuman => Some(ActivityOutcome::OpenedByHuman),
        sales::ActivityOutcome::Clicked => Some(ActivityOutcome::Clicked),
        sales::ActivityOutcome::NoAnswer => Some(ActivityOutcome::NoAnswer),
    }
}

fn outcome_to_proto(value: ActivityOutcome) -> sales::ActivityOutcome {
    match value {
        ActivityOutcome::Connected => sales::ActivityOutcome::Connected,
        ActivityOutcome::Replied => sales::ActivityOutcome::Replied,
        ActivityOutcome::Bounced => sales::ActivityOutcome::Bounced,
        ActivityOutcome::OpenedByMachine => sales::ActivityOutcome::OpenedByMachine,
        ActivityOutcome::OpenedByHuman => sales::ActivityOutcome::OpenedByHuman,
        ActivityOutcome::Clicked => sales::ActivityOutcome::Clicked,
        ActivityOutcome::NoAnswer => sales::ActivityOutcome::NoAnswer,
    }
}

pub(super) fn activity_to_proto(activity: &Activity) -> sales::Activity {
    let activity_type = match activity.activity_type {
        ActivityType::Call => sales::ActivityType::Call,
        ActivityType::Email => sales::ActivityType::Email,
        ActivityType::Meeting => sales::ActivityType::Meeting,
        ActivityType::Demo => sales::ActivityType::Demo,
        ActivityType::Task => sales::ActivityType::Task,
    };
    let direction = match activity.direction {
        None => sales::ActivityDirection::Unspecified,
        Some(Direction::Inbound) => sales::ActivityDirection::Inbound,
        Some(Direction::Outbound) => sales::ActivityDirection::Outbound,
    };
    sales::Activity {
        r#type: activity_type.into(),
        rep_id: plain(activity.rep_id.as_ref()),
        lead_id: plain(activity.lead_id.as_ref()),
        opportunity_id: plain(activity.opportunity_id.as_ref()),
        account_id: plain(activity.account_id.as_ref()),
        at: Some(when_to_proto(activity.at)),
        duration_seconds: activity.duration_seconds,
        completed: activity.completed,
        direction: direction.into(),
        automatic: activity.automatic,
        outcome: activity.outcome.map_or(0, |value| outcome_to_proto(value).into()),
        evidence: activity.evidence.iter().map(evidence_to_proto).collect(),
    }
}
