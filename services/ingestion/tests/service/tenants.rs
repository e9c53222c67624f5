//! TenantService, and the walls between tenants.

use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::ingestion::{
    GetSettingsRequest, GetSettingsResponse, ListTenantsRequest, ListTenantsResponse, Pipeline, Stage,
    StageClass, TenantSettings, UpdateSettingsRequest, UpdateSettingsResponse, UpsertOutcome,
    UpsertRecordsRequest,
};
use bellwether_domain::{ErrorCode, ErrorReason};
use bellwether_testkit::{TestNode, sample};
use tonic::Status;

use crate::door::{Door, batch, deal, ingestion, node, refusal};

async fn settings(door: &Door, tenant: &str) -> GetSettingsResponse {
    let request = GetSettingsRequest {
        tenant: tenant.into(),
    };
    door.tenants
        .clone()
        .get_settings(request)
        .await
        .unwrap()
        .into_inner()
}

async fn update(door: &Door, request: UpdateSettingsRequest) -> Result<UpdateSettingsResponse, Status> {
    door.tenants
        .clone()
        .update_settings(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn tenants(door: &Door, size: i32, token: &str) -> ListTenantsResponse {
    let request = ListTenantsRequest {
        page_size: size,
        page_token: token.into(),
    };
    door.tenants
        .clone()
        .list_tenants(request)
        .await
        .unwrap()
        .into_inner()
}

fn in_zone(zone: &str) -> UpdateSettingsRequest {
    let settings = TenantSettings {
        zone: zone.into(),
        ..Default::default()
    };
    UpdateSettingsRequest {
        tenant: "acme".into(),
        settings: Some(settings),
        ..Default::default()
    }
}

#[tokio::test]
async fn settings_are_defaults_until_declared_and_change_by_edition() {
    let node = node().await;
    let door = Door::new(node.channel());
    let before = settings(&door, "acme").await;
    assert!(!before.declared);
    let defaults = before.settings.unwrap();
    assert_eq!(
        (defaults.currency.as_str(), defaults.zone.as_str()),
        ("USD", "UTC")
    );
    assert!(
        tenants(&door, 0, "").await.tenants.is_empty(),
        "reading makes no tenant"
    );
    let mut first = in_zone("Europe/Berlin");
    first.etag.clone_from(&before.etag);
    first.request_id = "s1".into();
    let done = update(&door, first.clone()).await.unwrap();
    assert_eq!(done.position.unwrap().seq, 1);
    assert_eq!(
        update(&door, first.clone()).await.unwrap(),
        done,
        "the same request again"
    );
    let now = settings(&door, "acme").await;
    assert_eq!(
        (now.settings, now.etag.clone(), now.declared),
        (done.settings, done.etag, true)
    );
    first.request_id.clear();
    assert_eq!(refusal(update(&door, first).await).0, ErrorCode::Aborted);
    let mut second = in_zone("Asia/Tokyo");
    second.etag = now.etag;
    assert_eq!(update(&door, second).await.unwrap().position.unwrap().seq, 2);
    assert_eq!(
        update(&door, in_zone("Asia/Tokyo"))
            .await
            .unwrap()
            .position
            .unwrap()
            .seq,
        2,
        "nothing new"
    );
    let changes = door.changes("acme", 0).await;
    assert!(matches!(&changes[1].payload, Some(Payload::Settings(said)) if said.zone == "Asia/Tokyo"));
    assert_eq!(tenants(&door, 0, "").await.tenants, ["acme"]);
}

#[tokio::test]
async fn bad_settings_are_refused_with_every_violation() {
    let node = node().await;
    let door = Door::new(node.channel());
    let mut request = in_zone("Mars/Olympus");
    request.settings.as_mut().unwrap().currency = "XXQ".into();
    request.settings.as_mut().unwrap().holidays = vec!["2017-02-30".into()];
    let (code, reason, error) = refusal(update(&door, request).await);
    assert_eq!(
        (code, reason),
        (ErrorCode::InvalidArgument, ErrorReason::InvalidSettings)
    );
    assert_eq!(error.violations.len(), 3, "{error:?}");
    let nothing = UpdateSettingsRequest {
        tenant: "acme".into(),
        ..Default::default()
    };
    assert_eq!(
        refusal(update(&door, nothing).await).0,
        ErrorCode::InvalidArgument
    );
    assert_eq!(door.head("acme").await.seq, 0);
}

#[tokio::test]
async fn records_are_checked_with_the_settings_that_hold() {
    let node = node().await;
    let door = Door::new(node.channel());
    door.write(vec![deal("before", 1)]).await;
    let stage = |name: &str, class: StageClass| Stage {
        name: name.into(),
        class: class.into(),
        ..Default::default()
    };
    let stages = vec![stage("Talks", StageClass::Open), stage("Signed", StageClass::Won)];
    let pipelines = vec![Pipeline {
        id: "main".into(),
        stages,
    }];
    let declared = TenantSettings {
        pipelines,
        zone: "America/New_York".into(),
        ..Default::default()
    };
    let request = UpdateSettingsRequest {
        tenant: "acme".into(),
        settings: Some(declared),
        ..Default::default()
    };
    update(&door, request).await.unwrap();
    let talks = sample::deal("after")
        .created("2017-01-02")
        .with(|deal| {
            deal.stage = "Talks".into();
            deal.stage_history.clear();
        })
        .proto();
    let reply = door
        .upsert(batch(vec![deal("unknown-stage", 1), talks]))
        .await
        .unwrap();
    let outcomes: Vec<i32> = reply.results.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [UpsertOutcome::Rejected as i32, UpsertOutcome::Created as i32]
    );
    let changes = door.changes("acme", 2).await;
    assert_eq!(
        changes[0].effective_at.unwrap().seconds,
        1_483_333_200,
        "the day begins in the tenant's zone"
    );
}

#[tokio::test]
async fn a_tenant_sees_itself_only() {
    let tokens = "\
- {token: acme-token-0123456789abcdef, tenant: acme, scope: {all: {}}}
- {token: ghost-token-0123456789abcdef, tenant: ghost, scope: {all: {}}}
";
    let node = TestNode::builder().tokens_yaml(tokens).start(ingestion).await;
    let all = Door::new(node.channel());
    let acme = Door::new(node.channel_as("acme-token-0123456789abcdef"));
    let ghost = Door::new(node.channel_as("ghost-token-0123456789abcdef"));
    acme.write(vec![deal("d", 1)]).await;
    let theirs = |tenant: &str| UpsertRecordsRequest {
        tenant: tenant.into(),
        records: vec![deal("d", 9)],
        ..Default::default()
    };
    all.upsert(theirs("globex")).await.unwrap();
    for tenant in ["globex", "nobody"] {
        let (code, reason, _) = refusal(acme.upsert(theirs(tenant)).await);
        assert_eq!(
            (code, reason),
            (ErrorCode::PermissionDenied, ErrorReason::TenantMismatch)
        );
    }
    assert_eq!(acme.amount("d").await.unwrap(), 100);
    assert_eq!(refusal(ghost.amount("d").await).0, ErrorCode::PermissionDenied);
    let request = GetSettingsRequest {
        tenant: "globex".into(),
    };
    assert_eq!(
        refusal(acme.tenants.clone().get_settings(request).await).0,
        ErrorCode::PermissionDenied
    );
    assert_eq!(tenants(&acme, 0, "").await.tenants, ["acme"]);
    assert!(tenants(&ghost, 0, "").await.tenants.is_empty());
    let first = tenants(&all, 1, "").await;
    assert_eq!(first.tenants, ["acme"]);
    let second = tenants(&all, 1, &first.next_page_token).await;
    assert_eq!(
        (second.tenants, second.next_page_token.as_str()),
        (vec!["globex".to_owned()], "")
    );
    assert_eq!(all.changes("globex", 0).await.len(), 1);
}
