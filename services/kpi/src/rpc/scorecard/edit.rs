//! `CreateScorecard`, `UpdateScorecard` and `DeleteScorecard`.

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::kpi::{
    CreateScorecardRequest, CreateScorecardResponse, DeleteScorecardRequest, DeleteScorecardResponse,
    ScorecardEntry, UpdateScorecardRequest, UpdateScorecardResponse,
};
use bellwether_contracts::sales;
use bellwether_domain::record::{Body, Record, Scorecard};
use bellwether_domain::{Error, ErrorReason, RecordKind, Result, TenantId, Violation};
use bellwether_runtime::auth::authorize;
use tonic::Request;

use super::super::plan::{Newest, again, record_of, taken, wrong};
use super::{ScorecardRpc, told, wire};
use crate::query::dimension;
use crate::tenant::TenantFacts;
use crate::worker::Written;

/// What an update may change.
const PATHS: [&str; 6] = ["name", "items", "filters", "period", "owner", "note"];
/// The longest id of a scorecard.
const MOST_ID: usize = 63;

impl ScorecardRpc {
    pub(super) async fn create(
        &self,
        request: Request<CreateScorecardRequest>,
    ) -> Result<CreateScorecardResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        check_id(&asked.id)?;
        let (newest, ()) = self.plan.newest(&tenant, |_| ()).await?;
        if newest
            .catalogue
            .presets()
            .iter()
            .any(|preset| preset.id == asked.id)
        {
            return Err(taken("preset", &asked.id));
        }
        let record = checked(&newest, &asked.id, asked.scorecard.unwrap_or_default())?;
        let written = self.plan.write(&tenant, &record, 0, &asked.request_id).await;
        let written = written.map_err(|error| match error.reason {
            ErrorReason::EditConflict => taken("scorecard", &asked.id),
            _ => error,
        })?;
        Ok(CreateScorecardResponse {
            scorecard: Some(self.written(&tenant, &newest, &record, written).await?),
        })
    }

    pub(super) async fn update(
        &self,
        request: Request<UpdateScorecardRequest>,
    ) -> Result<UpdateScorecardResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let (newest, record, written) = again(&asked.etag, || self.update_once(&tenant, &asked)).await?;
        Ok(UpdateScorecardResponse {
            scorecard: Some(self.written(&tenant, &newest, &record, written).await?),
        })
    }

    async fn update_once(
        &self,
        tenant: &TenantId,
        asked: &UpdateScorecardRequest,
    ) -> Result<(Newest, Record, Written)> {
        let id = asked.id.clone();
        let find = move |facts: &TenantFacts, seq| version_of(facts, &id, seq);
        let of = ("scorecard", asked.id.as_str());
        let (newest, (seq, before)) = self.plan.ground(tenant, of, &asked.etag, find).await?;
        let after = asked.scorecard.clone().unwrap_or_default();
        let scorecard = match &asked.update_mask {
            None => after,
            Some(mask) => merged(wire(&asked.id, &before), &after, &mask.paths)?,
        };
        let record = checked(&newest, &asked.id, scorecard)?;
        let written = self.plan.write(tenant, &record, seq, &asked.request_id).await?;
        Ok((newest, record, written))
    }

    pub(super) async fn delete(
        &self,
        request: Request<DeleteScorecardRequest>,
    ) -> Result<DeleteScorecardResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let key = (RecordKind::Scorecard, asked.id.as_str());
        let position = self
            .plan
            .take_back(&tenant, key, (&asked.etag, &asked.request_id))
            .await?;
        Ok(DeleteScorecardResponse {
            position: Some(position_to_proto(position)),
        })
    }

    async fn written(
        &self,
        tenant: &TenantId,
        newest: &Newest,
        record: &Record,
        written: Written,
    ) -> Result<ScorecardEntry> {
        let stamp = self.plan.stamp(tenant, written).await?;
        match &record.body {
            Body::Scorecard(scorecard) => Ok(told(&record.id, scorecard, &newest.catalogue, stamp)),
            _ => Err(Error::internal("a scorecard is no scorecard")),
        }
    }
}

/// The version that a change made; `None` = the one that holds.
fn version_of(facts: &TenantFacts, id: &str, seq: Option<u64>) -> Option<(u64, Scorecard)> {
    let plans = facts.plans(facts.position().seq);
    let found = match seq {
        None => plans.scorecard(id)?,
        Some(seq) => plans
            .scorecard_versions(id)
            .into_iter()
            .find(|one| one.seq == seq)?,
    };
    Some((found.seq, (*found.says).clone()))
}

fn check_id(id: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if (1..=MOST_ID).contains(&id.len()) && id.bytes().all(plain) {
        return Ok(());
    }
    Err(wrong(
        "id",
        format!("give 1 to {MOST_ID} of a-z, 0-9, `-` and `_`, such as west"),
    ))
}

/// The record of a scorecard that can be shown: its KPIs are there, single numbers, and can be narrowed so.
fn checked(newest: &Newest, id: &str, scorecard: sales::Scorecard) -> Result<Record> {
    let record = record_of(id, sales::record::Body::Scorecard(scorecard), &newest.settings)?;
    let Body::Scorecard(scorecard) = &record.body else {
        return Err(wrong("scorecard", "is missing"));
    };
    let (mut violations, mut kpis) = (Vec::new(), Vec::new());
    for (index, item) in scorecard.items.iter().enumerate() {
        let mut add = |message: String| {
            violations.push(Violation::new(format!("scorecard.items[{index}].kpi"), message));
        };
        let kpi = match newest.catalogue.kpi(&item.kpi) {
            Ok(kpi) => kpi,
            Err(error) => {
                add(error.message);
                continue;
            }
        };
        if let Some(dimension) = &kpi.always_by {
            add(format!(
                "`{}` is not a single number but one for each {}",
                item.kpi,
                dimension.name()
            ));
        }
        kpis.push(kpi);
    }
    for name in scorecard.filters.keys() {
        if let Err(error) = dimension(name, "scorecard.filters", &kpis, &newest.settings) {
            violations.extend(error.violations);
        }
    }
    if violations.is_empty() {
        Ok(record)
    } else {
        Err(Error::violations(ErrorReason::InvalidField, violations))
    }
}

/// A scorecard with the fields of a mask taken from another one.
fn merged(
    mut scorecard: sales::Scorecard,
    from: &sales::Scorecard,
    paths: &[String],
) -> Result<sales::Scorecard> {
    for path in paths {
        match path.as_str() {
            "name" => scorecard.name.clone_from(&from.name),
            "items" => scorecard.items.clone_from(&from.items),
            "filters" => scorecard.filters.clone_from(&from.filters),
            "period" => scorecard.period = from.period,
            "owner" => scorecard.owner.clone_from(&from.owner),
            "note" => scorecard.note.clone_from(&from.note),
            other => {
                let shown: String = other.chars().take(80).collect();
                let message = format!("`{shown}` is no field that changes: use {}", PATHS.join(", "));
                return Err(wrong("update_mask", message));
            }
        }
    }
    Ok(scorecard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_typed() {
        assert!(check_id("west-2026").is_ok());
        for id in ["", "West", "the west", "a/b", &"a".repeat(64)] {
            assert!(check_id(id).is_err(), "{id}");
        }
    }

    #[test]
    fn a_mask_changes_what_it_names_alone() {
        let named = |name: &str, owner: &str| sales::Scorecard {
            name: name.to_owned(),
            owner: owner.to_owned(),
            ..sales::Scorecard::default()
        };
        let (before, after) = (named("old", "Ann"), named("new", "Bob"));
        let found = merged(before.clone(), &after, &["name".to_owned()]).unwrap();
        assert_eq!((found.name.as_str(), found.owner.as_str()), ("new", "Ann"));
        for path in PATHS {
            assert!(
                merged(before.clone(), &after, &[path.to_owned()]).is_ok(),
                "{path}"
            );
        }
        assert!(merged(before, &after, &["colour".to_owned()]).is_err());
    }
}
