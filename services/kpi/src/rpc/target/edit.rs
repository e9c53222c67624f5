//! `CreateTarget`, `UpdateTarget` and `DeleteTarget`.

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::kpi::{
    CreateTargetRequest, CreateTargetResponse, DeleteTargetRequest, DeleteTargetResponse, TargetEntry,
    UpdateTargetRequest, UpdateTargetResponse,
};
use bellwether_contracts::sales;
use bellwether_domain::record::{Body, Record, Target};
use bellwether_domain::{ErrorReason, RecordKind, Result, TenantId};
use bellwether_runtime::auth::authorize;
use tonic::Request;

use super::super::plan::{Newest, again, record_of, taken, wrong};
use super::{TargetRpc, wire};
use crate::query::dimension;
use crate::target::Aim;
use crate::tenant::TenantFacts;
use crate::worker::Written;

/// What an update may change.
const PATHS: [&str; 12] = [
    "holder",
    "period_start",
    "period_end",
    "goal",
    "value",
    "amount",
    "shape",
    "weights",
    "owner",
    "warn_below",
    "bad_below",
    "hysteresis",
];
/// Likewise; what remains.
const NOTE: &str = "note";

impl TargetRpc {
    pub(super) async fn create(&self, request: Request<CreateTargetRequest>) -> Result<CreateTargetResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let target = asked.target.unwrap_or_default();
        let id = match asked.id.as_str() {
            "" => Target::id_of(
                &target.kpi,
                &target.period_start,
                &target.period_end,
                &target.holder,
            ),
            id => id.to_owned(),
        };
        let (newest, ()) = self.plan.newest(&tenant, |_| ()).await?;
        let record = checked(&newest, &id, target)?;
        // Whether there is one already is decided where it is written, so that a request that is sent again is no second one.
        let written = self.plan.write(&tenant, &record, 0, &asked.request_id).await;
        let written = written.map_err(|error| match error.reason {
            ErrorReason::EditConflict => taken("target", &id),
            _ => error,
        })?;
        Ok(CreateTargetResponse {
            target: Some(self.written(&tenant, &record, written).await?),
        })
    }

    pub(super) async fn update(&self, request: Request<UpdateTargetRequest>) -> Result<UpdateTargetResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let (record, written) = again(&asked.etag, || self.update_once(&tenant, &asked)).await?;
        Ok(UpdateTargetResponse {
            target: Some(self.written(&tenant, &record, written).await?),
        })
    }

    async fn update_once(&self, tenant: &TenantId, asked: &UpdateTargetRequest) -> Result<(Record, Written)> {
        let id = asked.id.clone();
        let find = move |facts: &TenantFacts, seq| version_of(facts, &id, seq);
        let of = ("target", asked.id.as_str());
        let (newest, (seq, before)) = self.plan.ground(tenant, of, &asked.etag, find).await?;
        let before = wire(&asked.id, &before);
        let after = asked.target.clone().unwrap_or_default();
        let target = match &asked.update_mask {
            None => after,
            Some(mask) => merged(before.clone(), &after, &mask.paths)?,
        };
        if target.kpi != before.kpi {
            let message = format!(
                "it is a target of `{}`: make another one for another KPI",
                before.kpi
            );
            return Err(wrong("target.kpi", message));
        }
        let record = checked(&newest, &asked.id, target)?;
        let written = self.plan.write(tenant, &record, seq, &asked.request_id).await?;
        Ok((record, written))
    }

    pub(super) async fn delete(&self, request: Request<DeleteTargetRequest>) -> Result<DeleteTargetResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let key = (RecordKind::Target, asked.id.as_str());
        let position = self
            .plan
            .take_back(&tenant, key, (&asked.etag, &asked.request_id))
            .await?;
        Ok(DeleteTargetResponse {
            position: Some(position_to_proto(position)),
        })
    }

    async fn written(&self, tenant: &TenantId, record: &Record, written: Written) -> Result<TargetEntry> {
        let stamp = self.plan.stamp(tenant, written).await?;
        let target = match &record.body {
            Body::Target(target) => Some(wire(&record.id, target)),
            _ => None,
        };
        Ok(TargetEntry {
            id: record.id.clone(),
            target,
            etag: stamp.etag,
            position: stamp.position,
            recorded_at: stamp.recorded_at,
        })
    }
}

/// The version that a change made; `None` = the one that holds.
fn version_of(facts: &TenantFacts, id: &str, seq: Option<u64>) -> Option<(u64, Target)> {
    let plans = facts.plans(facts.position().seq);
    let found = match seq {
        None => plans.target(id)?,
        Some(seq) => plans.target_versions(id).into_iter().find(|one| one.seq == seq)?,
    };
    Some((found.seq, (*found.says).clone()))
}

/// The record of a target that makes sense: its KPI is there, counted as the goal is, and knows the dimensions of the holder.
fn checked(newest: &Newest, id: &str, target: sales::Target) -> Result<Record> {
    let record = record_of(id, sales::record::Body::Target(target), &newest.settings)?;
    let Body::Target(target) = &record.body else {
        return Err(wrong("target", "is missing"));
    };
    let kpi = newest
        .catalogue
        .kpi(&target.kpi)
        .map_err(|error| wrong("target.kpi", error.message))?;
    Aim::of(id, target, kpi, newest.settings.currency)
        .map_err(|(field, message)| wrong(&format!("target.{field}"), message))?;
    for name in target.holder.keys() {
        dimension(name, "target.holder", &[kpi], &newest.settings)?;
    }
    Ok(record)
}

/// A target with the fields of a mask taken from another one.
fn merged(mut target: sales::Target, from: &sales::Target, paths: &[String]) -> Result<sales::Target> {
    for path in paths {
        match path.as_str() {
            "kpi" => target.kpi.clone_from(&from.kpi),
            "holder" => target.holder.clone_from(&from.holder),
            "period_start" => target.period_start.clone_from(&from.period_start),
            "period_end" => target.period_end.clone_from(&from.period_end),
            "goal" | "value" | "amount" => target.goal.clone_from(&from.goal),
            "shape" => target.shape = from.shape,
            "weights" => target.weights.clone_from(&from.weights),
            "owner" => target.owner.clone_from(&from.owner),
            "warn_below" => target.warn_below.clone_from(&from.warn_below),
            "bad_below" => target.bad_below.clone_from(&from.bad_below),
            "hysteresis" => target.hysteresis.clone_from(&from.hysteresis),
            NOTE => target.note.clone_from(&from.note),
            other => {
                let shown: String = other.chars().take(80).collect();
                let all = PATHS.join(", ");
                let message = format!("`{shown}` is no field that changes: use {all} and {NOTE}");
                return Err(wrong("update_mask", message));
            }
        }
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_changes_what_it_names_alone() {
        let before = sales::Target {
            owner: "Ann".to_owned(),
            note: "first".to_owned(),
            ..sales::Target::default()
        };
        let after = sales::Target {
            owner: "Bob".to_owned(),
            note: "second".to_owned(),
            ..sales::Target::default()
        };
        let found = merged(before.clone(), &after, &["note".to_owned()]).unwrap();
        assert_eq!((found.owner.as_str(), found.note.as_str()), ("Ann", "second"));
        for path in PATHS {
            assert!(
                merged(before.clone(), &after, &[path.to_owned()]).is_ok(),
                "{path}"
            );
        }
        let refused = merged(before, &after, &["colour".to_owned()]).unwrap_err();
        assert_eq!(refused.violations[0].field, "update_mask");
    }
}
