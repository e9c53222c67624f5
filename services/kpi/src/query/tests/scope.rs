//! No number that a caller is told depends on rows of others: without their records every KPI says the same, by every
//! grouping, group names included.

use std::collections::{BTreeMap, HashSet};

use bellwether_contracts::convert::{kind_from_proto, record_from_proto};
use bellwether_contracts::ingestion::Change;
use bellwether_contracts::ingestion::change::Payload;
use bellwether_domain::RecordKind;
use bellwether_domain::record::{Body, QuotaHolder, Record};
use proptest::prelude::*;

use super::*;
use crate::table::Dict;
use crate::tenant::TenantFacts;
use crate::tenant::tests::Log;
use crate::tenant::tests::replay::{log_of, step};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
const REPS: [&str; 3] = ["anna", "ben", "cleo"];

/// The reps who ever had a part in what a version of a record says; `None` = it is nobody's row.
fn parties(record: &Record) -> Option<Vec<String>> {
    let one = |owner: &Option<String>| owner.iter().cloned().collect();
    match &record.body {
        Body::Opportunity(deal) => {
            let mut reps: Vec<String> = one(&deal.owner_id);
            reps.extend(deal.owner_history.iter().map(|change| change.owner_id.clone()));
            reps.extend(deal.credits.iter().map(|credit| credit.rep_id.clone()));
            Some(reps)
        }
        Body::Lead(lead) => Some(one(&lead.owner_id)),
        Body::Activity(activity) => Some(one(&activity.rep_id)),
        Body::Quota(quota) => match &quota.holder {
            QuotaHolder::Rep(rep) => Some(vec![rep.clone()]),
            QuotaHolder::Team(_) => Some(Vec::new()),
        },
        Body::MetricSample(sample) => Some(one(&sample.dimensions.get("owner").cloned())),
        _ => None,
    }
}

fn record_of(change: &Change) -> Option<Record> {
    match change.payload.as_ref()? {
        Payload::Record(record) => record_from_proto(record).ok(),
        _ => None,
    }
}

/// The log without what belongs to others only. What was done about a lead of theirs is part of it, whoever did it.
fn without_others(log: &Log, seen: &HashSet<String>) -> Log {
    let mut kept: BTreeMap<(i32, String), bool> = BTreeMap::new();
    for change in &log.changes {
        let theirs = record_of(change)
            .map(|record| parties(&record).is_none_or(|reps| reps.iter().any(|rep| seen.contains(rep))));
        *kept.entry((change.kind, change.id.clone())).or_default() |= theirs.unwrap_or(false);
    }
    let lead = |id: &String| {
        let mut all = kept.iter();
        all.any(|((kind, one), kept)| *kept && one == id && kind_from_proto(*kind) == Some(RecordKind::Lead))
    };
    let answers = |change: &&Change| {
        let record = record_of(change);
        record.is_some_and(|record| match record.body {
            Body::Activity(activity) => activity.lead_id.as_ref().is_some_and(lead),
            _ => false,
        })
    };
    let answering: HashSet<(i32, String)> = log
        .changes
        .iter()
        .filter(answers)
        .map(|change| (change.kind, change.id.clone()))
        .collect();
    let stays = |change: &&Change| {
        let key = (change.kind, change.id.clone());
        let facts = [
            RecordKind::Opportunity,
            RecordKind::Lead,
            RecordKind::Activity,
            RecordKind::Quota,
            RecordKind::MetricSample,
        ];
        let of_rows = kind_from_proto(change.kind).is_some_and(|kind| facts.contains(&kind));
        !of_rows || kept[&key] || answering.contains(&key)
    };
    renumbered(log.changes.iter().filter(stays).cloned().collect())
}

fn renumbered(mut changes: Vec<Change>) -> Log {
    for (change, seq) in changes.iter_mut().zip(1..) {
        change.seq = seq;
    }
    Log { changes }
}

/// Leads that were merged are one, whoever has them: left out.
fn unmerged(log: Log) -> Log {
    let merges = |change: &Change| match &change.payload {
        Some(Payload::Tombstone(tombstone)) => {
            !tombstone.merged_into.is_empty() && kind_from_proto(change.kind) == Some(RecordKind::Lead)
        }
        _ => false,
    };
    renumbered(log.changes.into_iter().filter(|change| !merges(change)).collect())
}

/// The reps whose rows a caller may see.
fn seen(facts: &TenantFacts, caller: &Caller) -> HashSet<String> {
    let reps = facts.dictionary(Dict::Rep);
    let (Caller::Own(top) | Caller::Subtree(top)) = caller else {
        return REPS.iter().map(ToString::to_string).collect();
    };
    let mut found = HashSet::from([top.clone()]);
    if matches!(caller, Caller::Subtree(_)) {
        let before = i64::MAX - 1;
        let managers = facts.managers(before, facts.position().seq);
        for _ in REPS {
            for (rep, manager) in (0_u32..).zip(&managers) {
                if *manager != 0 && found.contains(reps.name(*manager)) {
                    found.insert(reps.name(rep).to_owned());
                }
            }
        }
    }
    found
}

fn shown(facts: &TenantFacts, ask: &Ask) -> Result<Vec<String>, String> {
    let answer = answer(facts, &CATALOGUE, ask, now(), 1).map_err(|error| error.message)?;
    Ok(answer.rows.iter().map(|row| format!("{row:?}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn without_the_records_of_others_every_kpi_says_the_same(
        steps in prop::collection::vec(step(), 1..60), rep in 0..3_usize, tree in any::<bool>(), at_now in any::<bool>(),
    ) {
        let log = unmerged(log_of(&steps));
        let rep = REPS[rep].to_owned();
        let caller = if tree { Caller::Subtree(rep) } else { Caller::Own(rep) };
        let whole = log.replay(log.changes.len());
        let rest = without_others(&log, &seen(&whole, &caller));
        let only = rest.replay(rest.changes.len());
        for kpi in CATALOGUE.all() {
            let id = &kpi.definition.id;
            for dimension in ["", "owner", "team", "team.1", "account", "product", "territory.1", "attr.score"] {
                let ask = Ask {
                    caller: caller.clone(),
                    now: at_now,
                    group_by: (!dimension.is_empty()).then(|| dimension.to_owned()).into_iter().collect(),
                    ..ranged(id, "2017-01-01", "2017-03-01")
                };
                prop_assert_eq!(shown(&whole, &ask), shown(&only, &ask), "{} by {}", id, dimension);
            }
        }
    }
}
