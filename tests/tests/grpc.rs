//! What a gRPC client sees: codes with details, reflection, health, and what standard tools make of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::import_service_client::ImportServiceClient;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::ingestion::tenant_service_client::TenantServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::types::date_or_time::Value;
use bellwether_contracts::{ingestion, kpi, sales, types};
use bellwether_tests::product::{Done, Server, done};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

/// The token of tenant `other`.
const OTHER: &str = "other-0123456789abcdef";
/// The token of a rep of tenant `scoped`.
const REP: &str = "rep-0123456789abcdef";

static PLACE: LazyLock<(tempfile::TempDir, Server)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let tokens = dir.path().join("tokens.yaml");
    fs::write(
        &tokens,
        "tokens:\n  - token: other-0123456789abcdef\n    tenant: other\n    scope: all\n  \
         - token: rep-0123456789abcdef\n    tenant: scoped\n    scope: {own: ann}\n",
    )
    .expect("writable");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("ours");
    let server = Server::shared(&dir);
    (dir, server)
});

fn token() -> String {
    fs::read_to_string(PLACE.0.path().join("token"))
        .expect("a token")
        .trim()
        .to_owned()
}

async fn channel() -> Channel {
    Channel::from_shared(PLACE.1.url.clone())
        .expect("a URL")
        .connect()
        .await
        .expect("it listens")
}

fn with<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

fn record(id: &str, stage: &str) -> sales::Record {
    let deal = sales::Opportunity {
        stage: stage.to_owned(),
        ..Default::default()
    };
    sales::Record {
        id: id.to_owned(),
        body: Some(sales::record::Body::Opportunity(deal)),
        ..Default::default()
    }
}

async fn upsert(
    request: ingestion::UpsertRecordsRequest,
    token: &str,
) -> Result<ingestion::UpsertRecordsResponse, Status> {
    let reply = RecordServiceClient::new(channel().await)
        .upsert_records(with(request, token))
        .await;
    reply.map(tonic::Response::into_inner)
}

async fn ask(request: kpi::QueryKpisRequest, token: &str) -> Result<kpi::QueryKpisResponse, Status> {
    let reply = KpiServiceClient::new(channel().await)
        .query_kpis(with(request, token))
        .await;
    reply.map(tonic::Response::into_inner)
}

fn question(tenant: &str) -> kpi::QueryKpisRequest {
    kpi::QueryKpisRequest {
        tenant: tenant.to_owned(),
        kpis: vec!["win_rate".to_owned()],
        ..Default::default()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: &str, field: Option<&str>) {
    let status = answer.expect_err("it must be refused");
    let details = status.get_error_details();
    let named = details
        .error_info()
        .map(|info| (info.reason.clone(), info.domain.clone()));
    assert_eq!(
        (status.code(), named),
        (code, Some((reason.to_owned(), "bellwether".to_owned()))),
        "{status:?}"
    );
    if let Some(field) = field {
        let fields = details
            .bad_request()
            .map(|bad| bad.field_violations.clone())
            .unwrap_or_default();
        assert!(
            fields.iter().any(|one| one.field.contains(field)),
            "no violation names `{field}`: {fields:?}"
        );
    }
}

fn write(tenant: &str, id: &str) -> ingestion::UpsertRecordsRequest {
    ingestion::UpsertRecordsRequest {
        tenant: tenant.to_owned(),
        records: vec![record(id, "Open")],
        request_id: format!("first-{tenant}"),
        ..Default::default()
    }
}

#[tokio::test]
async fn every_refused_write_has_its_code_and_reason() {
    let own = token();
    upsert(write("writes", "A"), &own).await.expect("a good record");
    refused(
        upsert(write("writes", "B"), &own).await,
        Code::AlreadyExists,
        "IDEMPOTENCY_KEY_REUSED",
        None,
    );
    refused(
        upsert(write("Writes!", "B"), &own).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
        Some("tenant"),
    );
    refused(
        upsert(write("writes", "A"), "wrong").await,
        Code::Unauthenticated,
        "TOKEN_INVALID",
        None,
    );
    refused(
        upsert(write("writes", "A"), OTHER).await,
        Code::PermissionDenied,
        "TENANT_MISMATCH",
        None,
    );
    let bare = RecordServiceClient::new(channel().await)
        .upsert_records(write("writes", "A"))
        .await;
    refused(bare, Code::Unauthenticated, "TOKEN_MISSING", None);
}

#[tokio::test]
async fn every_refused_question_has_its_code_reason_and_field() {
    let own = token();
    upsert(write("asks", "A"), &own).await.expect("a good record");
    refused(
        ask(question("other"), OTHER).await,
        Code::NotFound,
        "UNKNOWN_TENANT",
        None,
    );
    refused(
        ask(question("asks"), OTHER).await,
        Code::PermissionDenied,
        "TENANT_MISMATCH",
        None,
    );
    let nearest = kpi::QueryKpisRequest {
        kpis: vec!["winrate".to_owned()],
        ..question("asks")
    };
    refused(ask(nearest, &own).await, Code::NotFound, "UNKNOWN_KPI", None);
    let dimension = kpi::QueryKpisRequest {
        group_by: vec!["ownr".to_owned()],
        ..question("asks")
    };
    refused(
        ask(dimension, &own).await,
        Code::InvalidArgument,
        "UNKNOWN_DIMENSION",
        Some("group_by"),
    );
    let date = |text: &str| {
        Some(types::DateOrTime {
            value: Some(Value::Date(text.to_owned())),
        })
    };
    let (from, to) = (date("2018-01-01"), date("2017-01-01"));
    let inverted = kpi::QueryKpisRequest {
        from,
        to,
        ..question("asks")
    };
    refused(
        ask(inverted, &own).await,
        Code::InvalidArgument,
        "INVALID_RANGE",
        Some("to"),
    );
    let impossible = kpi::QueryKpisRequest {
        as_of: date("2017-02-30"),
        ..question("asks")
    };
    refused(
        ask(impossible, &own).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
        Some("as_of"),
    );
}

/// A rep's token is for KPIs and what explains them; records, with all that is in them, are for those who may see all.
#[tokio::test]
async fn a_reps_token_reads_and_writes_no_records() {
    upsert(write("scoped", "A"), &token())
        .await
        .expect("a good record");
    let mismatch = |status: Status| {
        refused(
            Err::<(), _>(status),
            Code::PermissionDenied,
            "SCOPE_MISMATCH",
            None,
        )
    };
    mismatch(upsert(write("scoped", "B"), REP).await.unwrap_err());
    let tenant = || "scoped".to_owned();
    let mut records = RecordServiceClient::new(channel().await);
    let get = ingestion::GetRecordRequest {
        tenant: tenant(),
        id: "A".to_owned(),
        ..Default::default()
    };
    mismatch(records.get_record(with(get, REP)).await.unwrap_err());
    let list = ingestion::ListRecordsRequest {
        tenant: tenant(),
        ..Default::default()
    };
    mismatch(records.list_records(with(list, REP)).await.unwrap_err());
    let mut feed = ChangeFeedServiceClient::new(channel().await);
    let subscribe = ingestion::SubscribeRequest {
        tenant: tenant(),
        after: None,
    };
    mismatch(feed.subscribe(with(subscribe, REP)).await.unwrap_err());
    let snapshot = ingestion::StreamSnapshotRequest { tenant: tenant() };
    mismatch(feed.stream_snapshot(with(snapshot, REP)).await.unwrap_err());
    let imports = ingestion::GetImportRequest {
        tenant: tenant(),
        ..Default::default()
    };
    let mut importer = ImportServiceClient::new(channel().await);
    mismatch(importer.get_import(with(imports, REP)).await.unwrap_err());
    let mut tenants = TenantServiceClient::new(channel().await);
    let update = ingestion::UpdateSettingsRequest {
        tenant: tenant(),
        ..Default::default()
    };
    mismatch(tenants.update_settings(with(update, REP)).await.unwrap_err());
    let settings = ingestion::GetSettingsRequest { tenant: tenant() };
    tenants.get_settings(with(settings, REP)).await.expect("no rows");
    ask(question("scoped"), REP).await.expect("of the rep's own rows");
}

#[tokio::test]
async fn a_batch_tells_every_violation_and_writes_the_good_ones() {
    let mut bad = record("", "");
    bad.effective_at = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let request = ingestion::UpsertRecordsRequest {
        tenant: "batch".to_owned(),
        records: vec![record("A", "Open"), bad, record("B", ""), record("A", "Open")],
        ..Default::default()
    };
    let all = ingestion::UpsertRecordsRequest {
        all_or_nothing: true,
        ..request.clone()
    };
    let reply = upsert(all, &token()).await.expect("a reply a record");
    assert_eq!(
        reply.position.map(|position| position.seq),
        Some(0),
        "nothing was written"
    );
    let reply = upsert(request, &token()).await.expect("a reply a record");
    let outcomes: Vec<i32> = reply.results.iter().map(|result| result.outcome).collect();
    use ingestion::UpsertOutcome::{Created, Rejected, Unchanged};
    assert_eq!(outcomes, [Created, Rejected, Rejected, Unchanged].map(i32::from));
    assert!(
        reply.results[2]
            .violations
            .iter()
            .any(|one| one.field == "opportunity.stage")
    );
}

#[tokio::test]
async fn a_retried_request_gets_the_first_reply_again_byte_for_byte() {
    let request = ingestion::UpsertRecordsRequest {
        tenant: "retry".to_owned(),
        records: vec![record("A", "Open"), record("B", "")],
        request_id: "once".to_owned(),
        ..Default::default()
    };
    let first = upsert(request.clone(), &token()).await.expect("a reply");
    let other = ingestion::UpsertRecordsRequest {
        records: vec![record("C", "Open")],
        request_id: "between".to_owned(),
        ..request.clone()
    };
    upsert(other, &token()).await.expect("a reply");
    let again = upsert(request, &token()).await.expect("a reply");
    assert_eq!(
        prost::Message::encode_to_vec(&first),
        prost::Message::encode_to_vec(&again)
    );
}

fn tool(name: &str, args: &[&str]) -> Done {
    let output = Command::new(name).args(args).stdin(Stdio::null()).output();
    done(&output.unwrap_or_else(|e| panic!("{name} does not start ({e}): `make test` installs it")))
}

#[test]
fn grpcurl_lists_and_calls_through_reflection() {
    let address = PLACE.1.url.trim_start_matches("http://").to_owned();
    let token = format!("authorization: Bearer {}", token());
    let list = tool("grpcurl", &["-plaintext", "-H", &token, &address, "list"]).exits(0);
    for service in [
        "bellwether.ingestion.v1.RecordService",
        "bellwether.kpi.v1.KpiService",
        "grpc.health.v1.Health",
    ] {
        assert!(list.out.contains(service), "{}", list.out);
    }
    let call = [
        "-plaintext",
        "-H",
        &token,
        "-d",
        "{}",
        &address,
        "bellwether.kpi.v1.CatalogService/ListKpis",
    ];
    assert!(tool("grpcurl", &call).exits(0).out.contains("sales_velocity"));
    let health = tool(
        "grpcurl",
        &[
            "-plaintext",
            "-H",
            &token,
            &address,
            "grpc.health.v1.Health/Check",
        ],
    )
    .exits(0);
    assert!(health.out.contains("SERVING"), "{}", health.out);
}

#[test]
fn buf_curl_calls_through_reflection() {
    let token = format!("authorization: Bearer {}", token());
    let url = format!("{}/bellwether.kpi.v1.CatalogService/GetKpi", PLACE.1.url);
    let call = [
        "curl",
        "--protocol",
        "grpc",
        "--http2-prior-knowledge",
        "--header",
        &token,
        "--reflect-header",
        &token,
        "--data",
        r#"{"id":"bookings"}"#,
        &url,
    ];
    let reply = tool("buf", &call).exits(0);
    assert!(reply.out.contains("Bookings"), "{}\n{}", reply.out, reply.err);
}
