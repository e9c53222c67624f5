//! The kinds after the deal, and fields that tenants declare: written, corrected, late, taken back, refused, imported.

use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::ingestion::{
    DeleteRecordRequest, GetRecordRequest, GetSettingsRequest, ListRecordsRequest, UpdateSettingsRequest,
    UpsertOutcome, UpsertRecordsRequest,
};
use bellwether_contracts::json::{record_from_json, settings_from_json};
use bellwether_contracts::sales::{self, RecordKind};
use bellwether_domain::{ErrorCode, ErrorReason};

use crate::door::{Door, batch, node, refusal};
use crate::uploads::{import_with, lines};

const CREATED: i32 = UpsertOutcome::Created as i32;
const CHANGED: i32 = UpsertOutcome::Changed as i32;
const UNCHANGED: i32 = UpsertOutcome::Unchanged as i32;

/// Each new kind: two bodies that differ.
const KINDS: [(RecordKind, &str, &str); 5] = [
    (
        RecordKind::Subscription,
        r#""subscription":{"account_id":"a","mrr":{"minor_units":9900,"currency_code":"EUR"},"started_at":{"date":"2024-01-01"}}"#,
        r#""subscription":{"account_id":"a","mrr":{"minor_units":14900,"currency_code":"EUR"},"started_at":{"date":"2024-01-01"}}"#,
    ),
    (
        RecordKind::Contract,
        r#""contract":{"account_id":"a","signed_at":{"date":"2024-01-01"},"compliance_checks":[{"name":"credit","due_date":"2024-02-01"}]}"#,
        r#""contract":{"account_id":"a","signed_at":{"date":"2024-01-01"},"document_present":true}"#,
    ),
    (
        RecordKind::Order,
        r#""order":{"account_id":"a","at":{"date":"2024-01-01"},"lines":[{"product":"P","units":"2"}]}"#,
        r#""order":{"account_id":"a","at":{"date":"2024-01-01"},"type":"ORDER_TYPE_CREDIT_NOTE","revenue":{"minor_units":5,"currency_code":"USD"}}"#,
    ),
    (
        RecordKind::Spend,
        r#""spend":{"category":"SPEND_CATEGORY_TOOLS","amount":{"minor_units":5,"currency_code":"USD"},"period_start":"2024-01-01","period_end":"2024-02-01"}"#,
        r#""spend":{"category":"SPEND_CATEGORY_TOOLS","amount":{"minor_units":6,"currency_code":"USD"},"period_start":"2024-01-01","period_end":"2024-02-01"}"#,
    ),
    (
        RecordKind::MetricSample,
        r#""metric_sample":{"name":"tickets.closed","at":{"date":"2024-01-01"},"value":"42"}"#,
        r#""metric_sample":{"name":"tickets.closed","dimensions":{"site":"oslo"},"at":{"date":"2024-01-01"},"value":"-4.2","weight":"3"}"#,
    ),
];

/// Each kind of the plan: an id and two bodies that differ.
const PLAN: [(RecordKind, &str, &str, &str); 3] = [
    (
        RecordKind::KpiDefinition,
        "fast_wins",
        r#""kpi_definition":{"definition":"name: Fast wins","author":"Ann"}"#,
        r#""kpi_definition":{"definition":"name: Fast wins","status":"KPI_STATUS_CERTIFIED"}"#,
    ),
    (
        RecordKind::Target,
        "2024/west",
        r#""target":{"kpi":"win_rate","holder":{"team":"West"},"period_start":"2024-01-01","period_end":"2025-01-01","value":"0.3"}"#,
        r#""target":{"kpi":"bookings","period_start":"2024-01-01","period_end":"2025-01-01","amount":{"minor_units":5,"currency_code":"USD"}}"#,
    ),
    (
        RecordKind::Scorecard,
        "monday",
        r#""scorecard":{"name":"Monday","items":[{"kpi":"win_rate"},{"kpi":"bookings"}]}"#,
        r#""scorecard":{"name":"Monday","items":[{"kpi":"win_rate"}],"period":"SCORECARD_PERIOD_QUARTER"}"#,
    ),
];

fn record(id: &str, body: &str) -> sales::Record {
    record_from_json(&format!(r#"{{"id":"{id}",{body}}}"#)).unwrap()
}

fn version(id: &str, body: &str, effective_at: &str) -> sales::Record {
    record_from_json(&format!(
        r#"{{"id":"{id}","effective_at":"{effective_at}T00:00:00Z",{body}}}"#
    ))
    .unwrap()
}

async fn body(door: &Door, kind: RecordKind, id: &str) -> Option<sales::record::Body> {
    let request = GetRecordRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        id: id.into(),
    };
    match door.records.clone().get_record(request).await {
        Ok(answer) => answer.into_inner().record?.record?.body,
        Err(refused) => {
            assert_eq!(refusal::<()>(Err(refused)).1, ErrorReason::RecordNotFound);
            None
        }
    }
}

async fn delete(door: &Door, kind: RecordKind, id: &str) {
    let request = DeleteRecordRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        id: id.into(),
        request_id: String::new(),
        expected_seq: None,
    };
    door.records.clone().delete_record(request).await.unwrap();
}

async fn listed(door: &Door, kind: RecordKind) -> Vec<String> {
    let request = ListRecordsRequest {
        tenant: "acme".into(),
        kind: kind.into(),
        ..Default::default()
    };
    let page = door.records.clone().list_records(request).await.unwrap();
    let records = page.into_inner().records.into_iter();
    records.map(|one| one.record.unwrap().id).collect()
}

#[tokio::test]
async fn each_kind_is_written_read_listed_and_followed() {
    let node = node().await;
    let door = Door::new(node.channel());
    for (kind, first, second) in KINDS {
        let at = door.head("acme").await.seq;
        let (first, second) = (record("x", first), record("x", second));
        assert_eq!(
            door.write(vec![first.clone()]).await,
            [(CREATED, at + 1)],
            "{kind:?}"
        );
        assert_eq!(door.write(vec![first.clone()]).await, [(UNCHANGED, at + 1)]);
        assert_eq!(door.write(vec![second.clone()]).await, [(CHANGED, at + 2)]);
        assert_eq!(body(&door, kind, "x").await, second.body);
        assert_eq!(listed(&door, kind).await, ["x"]);
        delete(&door, kind, "x").await;
        assert_eq!(body(&door, kind, "x").await, None);
        assert_eq!(listed(&door, kind).await, Vec::<String>::new());
        let changes = door.changes("acme", at).await;
        let told: Vec<(u64, i32)> = changes.iter().map(|change| (change.seq, change.kind)).collect();
        assert_eq!(told, [at + 1, at + 2, at + 3].map(|seq| (seq, kind.into())));
        // What came first holds from the day that it speaks of, the rest from its arrival.
        let from: Vec<(i64, i32)> = changes
            .iter()
            .map(|change| change.effective_at.unwrap())
            .map(|at| (at.seconds, at.nanos))
            .collect();
        assert_eq!(from[0], (1_704_067_200, 0), "{kind:?}");
        assert!(from[0] < from[1] && from[1] < from[2], "{from:?}");
        assert_eq!(changes[0].payload, Some(Payload::Record(first)));
        assert!(matches!(changes[2].payload, Some(Payload::Tombstone(_))));
    }
}

#[tokio::test]
async fn records_of_the_plan_are_written_read_listed_and_followed() {
    let node = node().await;
    let door = Door::new(node.channel());
    for (kind, id, first, second) in PLAN {
        let at = door.head("acme").await.seq;
        let (first, second) = (record(id, first), record(id, second));
        assert_eq!(door.write(vec![first.clone()]).await, [(CREATED, at + 1)]);
        assert_eq!(door.write(vec![first.clone()]).await, [(UNCHANGED, at + 1)]);
        assert_eq!(door.write(vec![second.clone()]).await, [(CHANGED, at + 2)]);
        assert_eq!(body(&door, kind, id).await, second.body, "{kind:?}");
        assert_eq!(listed(&door, kind).await, [id]);
        delete(&door, kind, id).await;
        assert_eq!(body(&door, kind, id).await, None);
        let changes = door.changes("acme", at).await;
        let told: Vec<(u64, i32)> = changes.iter().map(|change| (change.seq, change.kind)).collect();
        assert_eq!(told, [at + 1, at + 2, at + 3].map(|seq| (seq, kind.into())));
        assert_eq!(changes[0].payload, Some(Payload::Record(first)));
    }
}

#[tokio::test]
async fn late_versions_and_corrections_end_at_the_same_record() {
    let node = node().await;
    let door = Door::new(node.channel());
    for (kind, first, second) in KINDS {
        let (old, new) = (
            version("x", first, "2024-03-01"),
            version("x", second, "2024-06-01"),
        );
        // Out of order: what holds later is current, whenever it came.
        door.write(vec![new.clone(), old.clone()]).await;
        door.write(vec![old.clone(), new.clone()]).await;
        assert_eq!(body(&door, kind, "x").await, new.body, "{kind:?}");
        // A correction has the same key, and the later change counts.
        let corrected = version("x", first, "2024-06-01");
        door.write(vec![corrected.clone()]).await;
        assert_eq!(body(&door, kind, "x").await, corrected.body);
        // What was true before the deletion does not undo it; what is written after it does.
        delete(&door, kind, "x").await;
        door.write(vec![version("x", second, "2024-04-01")]).await;
        assert_eq!(body(&door, kind, "x").await, None);
        door.write(vec![record("x", second)]).await;
        assert_eq!(body(&door, kind, "x").await, record("x", second).body);
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_and_the_others_are_written() {
    let node = node().await;
    let door = Door::new(node.channel());
    let bad = [
        r#"{"id":"Fast wins","kpi_definition":{"deprecated_for":"win_rate","promotion":{"deadline":"soon"}}}"#,
        r#"{"id":"g","target":{"kpi":"win_rate","period_start":"2024-01-01","period_end":"2024-01-01","value":"30 %"}}"#,
        r#"{"id":"b","scorecard":{"items":[{"kpi":"win_rate"},{"kpi":"win_rate"}]}}"#,
        r#"{"id":"s","subscription":{"mrr":{"minor_units":-1,"currency_code":"EUR"}}}"#,
        r#"{"id":"k","contract":{"start_date":"2024-01-01","end_date":"2024-01-01","compliance_checks":[{"name":"a"}]}}"#,
        r#"{"id":"o","order":{"revenue":{"minor_units":1,"currency_code":"?"},"lines":[{}]}}"#,
        r#"{"id":"p","spend":{"category":9,"period_start":"2024-02-30"}}"#,
        r#"{"id":"m","metric_sample":{"value":"many","weight":"0"}}"#,
        r#"{"id":"d","opportunity":{"stage":"Open","credits":[{"rep_id":"a","share":"0.7"},{"rep_id":"b","share":"0.2"}]}}"#,
        r#"{"id":"t","activity":{"rep_id":"r","evidence":[{"score":9}]}}"#,
    ];
    let mut records: Vec<sales::Record> = bad.iter().map(|text| record_from_json(text).unwrap()).collect();
    records.push(record("good", KINDS[4].1));
    let reply = door.upsert(batch(records)).await.unwrap();
    let told: Vec<Vec<&str>> = reply
        .results
        .iter()
        .map(|one| one.violations.iter().map(|one| one.field.as_str()).collect())
        .collect();
    let expected = [
        vec![
            "kpi_definition.promotion.deadline",
            "id",
            "kpi_definition.deprecated_for",
        ],
        vec!["target.period_end", "target.value"],
        vec!["scorecard.name", "scorecard.items[1].kpi"],
        vec![
            "subscription.account_id",
            "subscription.started_at",
            "subscription.mrr",
        ],
        vec![
            "contract.compliance_checks[0].due_date",
            "contract",
            "contract.end_date",
        ],
        vec![
            "order.at",
            "order.revenue.currency_code",
            "order",
            "order.lines[0].product",
        ],
        vec![
            "spend.category",
            "spend.amount",
            "spend.period_start",
            "spend.period_end",
        ],
        vec![
            "metric_sample.at",
            "metric_sample.name",
            "metric_sample.value",
            "metric_sample.weight",
        ],
        vec!["opportunity.credits"],
        vec![
            "activity.type",
            "activity.at",
            "activity.evidence[0].step",
            "activity.evidence[0].score",
        ],
        vec![],
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (reply.results[bad.len()].outcome, reply.position.unwrap().seq),
        (CREATED, 1)
    );
}

#[tokio::test]
async fn declared_fields_are_kept_and_others_refused() {
    let node = node().await;
    let door = Door::new(node.channel());
    let account = |attributes: &str| {
        let text = format!(r#"{{"id":"a","account":{{}},"attributes":{{{attributes}}}}}"#);
        record_from_json(&text).unwrap()
    };
    let wrong = |reply: bellwether_contracts::ingestion::UpsertRecordsResponse| {
        let violations = reply.results.into_iter().flat_map(|one| one.violations);
        violations
            .map(|one| format!("{}: {}", one.field, one.message))
            .collect::<Vec<_>>()
    };
    let tier = r#""tier":{"text":"gold"}"#;
    let refused = wrong(door.upsert(batch(vec![account(tier)])).await.unwrap());
    let none = "attributes.tier: is not declared for account: the tenant's settings declare no field for it";
    assert_eq!(refused, [none]);
    let settings = r#"{"attributes":[{"kind":"account","name":"tier","type":"ATTRIBUTE_TYPE_TEXT"},
        {"kind":"account","name":"since","type":"ATTRIBUTE_TYPE_DATE"}]}"#;
    let update = UpdateSettingsRequest {
        tenant: "acme".into(),
        settings: Some(settings_from_json(settings).unwrap()),
        ..Default::default()
    };
    door.tenants.clone().update_settings(update).await.unwrap();
    assert_eq!(door.write(vec![account(tier)]).await, [(CREATED, 2)]);
    let several = r#""tier":{"number":"1"},"since":{"text":"x"},"size":{"number":"2"}"#;
    let refused = wrong(door.upsert(batch(vec![account(several)])).await.unwrap());
    let expected = [
        "attributes.since: is given as text, but declared as date for account",
        "attributes.size: is not declared for account: declared are tier (text), since (date)",
        "attributes.tier: is given as number, but declared as text for account",
    ];
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn a_mapping_declares_the_fields_that_it_fills() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mapping = |holds: &str| {
        format!(
            "sources: {{n: {{files: n.csv}}}}\nrecords:\n  - kind: metric_sample\n    source: n\n    id: id\n    \
             attributes: {{score: {{column: score, type: {holds}}}}}\n    \
             fields: {{name: name, at: at, value: value, dimensions: {{site: site}}}}\n"
        )
    };
    let rows = "id,name,at,value,site,score\n1,traffic,2024-01-01,5,oslo,1.5\n2,Traffic,2024-01-01,x,berlin,2\n3,traffic,2024-01-02,-7.25,,\n";
    let done = import_with(&node, &mapping("number"), "n.csv", rows)
        .await
        .unwrap();
    assert_eq!((done.rows, done.rejected), (3, 1));
    let request = GetSettingsRequest {
        tenant: "acme".into(),
    };
    let settings = door
        .tenants
        .clone()
        .get_settings(request)
        .await
        .unwrap()
        .into_inner();
    let declared = settings.settings.unwrap().attributes;
    assert_eq!(
        (
            declared.len(),
            declared[0].kind.as_str(),
            declared[0].name.as_str()
        ),
        (1, "metric_sample", "score")
    );
    let Some(sales::record::Body::MetricSample(sample)) = body(&door, RecordKind::MetricSample, "3").await
    else {
        panic!("no sample")
    };
    assert_eq!((sample.value.as_str(), sample.dimensions.len()), ("-7.25", 0));
    let refused = import_with(&node, &mapping("text"), "n.csv", rows)
        .await
        .unwrap_err();
    assert_eq!(refused.reason, ErrorReason::SettingsConflict);
    assert!(
        refused.message.contains("attributes.metric_sample.score"),
        "{refused}"
    );
}

#[tokio::test]
async fn lines_of_each_kind_are_imported() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut text = String::new();
    for (number, (_, first, second)) in KINDS.into_iter().enumerate() {
        text.push_str(&format!(
            "{{\"id\":\"x{number}\",{first}}}\n{{\"id\":\"y{number}\",{second}}}\n"
        ));
    }
    text.push_str("{\"id\":\"bad\",\"spend\":{}}\n");
    let done = lines(&node, &text).await.unwrap();
    assert_eq!((done.rows, done.rejected), (11, 1));
    for (number, (kind, ..)) in KINDS.into_iter().enumerate() {
        assert_eq!(
            listed(&door, kind).await,
            [format!("x{number}"), format!("y{number}")]
        );
    }
}

#[tokio::test]
async fn of_two_editors_one_is_told_that_the_other_was_first() {
    let node = node().await;
    let door = Door::new(node.channel());
    let (_, id, first, second) = PLAN[1];
    let edit = |body: &str, expected: Option<u64>, name: &str| UpsertRecordsRequest {
        expected_seq: expected,
        request_id: name.to_owned(),
        ..batch(vec![record(id, body)])
    };
    let made = door.upsert(edit(first, Some(0), "make")).await.unwrap();
    assert_eq!(made.results[0].seq, 1);
    let again = door.upsert(edit(first, Some(0), "make")).await.unwrap();
    assert_eq!(again, made, "a request that is sent again is not late");
    let both = [
        edit(second, Some(1), ""),
        edit(PLAN[1].2.replace("0.3", "0.4").as_str(), Some(1), ""),
    ];
    let (one, other) = tokio::join!(door.upsert(both[0].clone()), door.upsert(both[1].clone()));
    let (kept, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(kept.unwrap().results[0].seq, 2);
    let refused = refusal(refused);
    assert_eq!(
        (refused.0, refused.1),
        (ErrorCode::Aborted, ErrorReason::EditConflict)
    );
    let mut two = edit(second, Some(2), "");
    two.records.push(record("other", second));
    assert_eq!(
        refusal(door.upsert(two).await).2.violations[0].field,
        "expected_seq"
    );
}
