//! ImportService: files in, records and rejects out, and what becomes of imports that break off.

use bellwether_contracts::ingestion::import_file_request::Part;
use bellwether_contracts::ingestion::import_service_client::ImportServiceClient;
use bellwether_contracts::ingestion::{
    GetImportRequest, GetSettingsRequest, ImportBegin, ImportEnd, ImportFileHeader, ImportFileRequest,
    ImportState, ListTenantsRequest, Reject, UpdateSettingsRequest,
};
use bellwether_contracts::status::from_status;
use bellwether_domain::{ErrorCode, ErrorReason};
use bellwether_ingestion::Config;
use bellwether_testkit::TestNode;

use crate::door::{Door, configured, ingestion, node};
use crate::place;
use crate::uploads::{DEALS, begin, counts, import, rejects, send, spooled, stands, upload};

#[tokio::test]
async fn an_import_writes_what_is_new_and_nothing_twice() {
    let node = node().await;
    let first = import(&node, "one", DEALS).await.unwrap();
    assert_eq!(
        (first.state, first.rows, first.rejected),
        (ImportState::Done as i32, 2, 0)
    );
    assert_eq!(counts(&first), (2, 0));
    assert!(first.position.unwrap().seq >= 2 && first.ended_at.is_some());
    let again = import(&node, "one", DEALS).await.unwrap();
    assert_eq!((counts(&again), again.position), ((0, 2), first.position));
    let other = import(&node, "", &DEALS.replace("Open", "Won")).await.unwrap();
    assert_eq!(counts(&other), (1, 1));
    assert_eq!(other.import_id.len(), 16);
    let back = import(&node, "one", DEALS).await.unwrap();
    assert_eq!(counts(&back), (1, 1));
    assert_eq!(stands(&node, "one").await.unwrap(), back);
    assert_eq!(spooled(&node), 0);
    let unknown = stands(&node, "none").await.unwrap_err();
    assert_eq!(
        (unknown.code, unknown.reason),
        (ErrorCode::NotFound, ErrorReason::ImportNotFound)
    );
}

#[tokio::test]
async fn where_chunks_are_cut_does_not_matter() {
    let node = node().await;
    let deals = DEALS.replace("b,", "\"\u{e9}\r\nb\",");
    for (index, chunk) in [1, 2, 3, 7, 1000].into_iter().enumerate() {
        let parts = upload(begin(""), &[("some/folder/deals.csv", deals.as_bytes())], chunk);
        let done = send(&node, parts).await.unwrap();
        let expected = if index == 0 { (2, 0) } else { (0, 2) };
        assert_eq!((counts(&done), done.rejected), (expected, 0), "chunks of {chunk}");
    }
}

#[tokio::test]
async fn refused_rows_are_listed_page_by_page() {
    let node = node().await;
    let bad: String = (0..5).map(|row| format!("r{row},Opne,-1,2017-02-30\n")).collect();
    let done = import(&node, "bad", &format!("{DEALS}{bad}")).await.unwrap();
    assert_eq!((done.rows, done.rejected, counts(&done)), (7, 5, (2, 0)));
    let (all, token) = rejects(&node, "bad", 0, "").await.unwrap();
    assert!(token.is_empty());
    let place = |reject: &Reject| (reject.file.clone(), reject.line, reject.field.clone());
    let expected: Vec<_> = (4..9)
        .flat_map(|line| {
            ["amount", "created", "stage"].map(|field| ("deals.csv".to_owned(), line, field.to_owned()))
        })
        .collect();
    assert_eq!(all.iter().map(place).collect::<Vec<_>>(), expected);
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let page = rejects(&node, "bad", 4, &token).await.unwrap();
        paged.extend(page.0);
        token = page.1;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all);
    let (_, token) = rejects(&node, "bad", 1, "").await.unwrap();
    import(&node, "other", DEALS).await.unwrap();
    let foreign = rejects(&node, "other", 1, &token).await.unwrap_err();
    assert_eq!(foreign.reason, ErrorReason::InvalidPageToken);
    import(&node, "bad", DEALS).await.unwrap();
    assert_eq!(rejects(&node, "bad", 1, "").await.unwrap().0, []);
    assert_eq!(
        rejects(&node, "bad", 1, &token).await.unwrap_err().reason,
        ErrorReason::InvalidPageToken
    );
}

#[tokio::test]
async fn a_stream_that_ends_early_leaves_nothing() {
    let node = node().await;
    let mut parts = upload(begin("cut"), &[("deals.csv", DEALS.as_bytes())], 10);
    parts.pop();
    let error = from_status(&send(&node, parts).await.unwrap_err());
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::Aborted, ErrorReason::ImportIncomplete)
    );
    assert_eq!(stands(&node, "cut").await.unwrap_err().code, ErrorCode::NotFound);
    let tenants = Door::new(node.channel())
        .tenants
        .clone()
        .list_tenants(ListTenantsRequest::default())
        .await
        .unwrap();
    assert_eq!(tenants.into_inner().tenants, Vec::<String>::new());
    assert_eq!(spooled(&node), 0);
}

#[tokio::test]
async fn parts_out_of_order_are_refused() {
    let node = node().await;
    let part = |part| ImportFileRequest { part: Some(part) };
    let file = || {
        part(Part::File(ImportFileHeader {
            name: "deals.csv".into(),
        }))
    };
    let end = || part(Part::End(ImportEnd {}));
    let start = || part(Part::Begin(begin("x")));
    let cases = [
        (vec![file()], "begin"),
        (vec![], "begin"),
        (vec![start(), end()], "file"),
        (vec![start(), start()], "begin"),
        (vec![start(), part(Part::Chunk(vec![1]))], "chunk"),
        (vec![start(), file(), file(), end()], "file.name"),
        (vec![start(), ImportFileRequest { part: None }], "part"),
        (
            vec![
                start(),
                part(Part::File(ImportFileHeader { name: "a/..".into() })),
            ],
            "file.name",
        ),
    ];
    for (parts, field) in cases {
        let error = from_status(&send(&node, parts).await.unwrap_err());
        assert_eq!(
            (error.code, error.violations[0].field.as_str()),
            (ErrorCode::InvalidArgument, field)
        );
    }
    let large = upload(begin("x"), &[("deals.csv", &vec![b'x'; 2 << 20])], 2 << 20);
    let error = from_status(&send(&node, large).await.unwrap_err());
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::ResourceExhausted, ErrorReason::MessageTooLarge)
    );
}

#[tokio::test]
async fn more_bytes_than_allowed_are_refused() {
    let config = || Config {
        import_max_bytes: 50,
        ..Config::default()
    };
    let node = TestNode::start(|host| configured(host, config())).await;
    let error = import(&node, "large", DEALS).await.unwrap_err();
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::ResourceExhausted, ErrorReason::MessageTooLarge)
    );
}

#[tokio::test]
async fn an_import_that_cannot_run_says_everything_and_writes_nothing() {
    let node = node().await;
    let wrong = import(&node, "wrong", "id,stage,amonut,created\n")
        .await
        .unwrap_err();
    assert_eq!(
        (wrong.code, wrong.reason),
        (ErrorCode::InvalidArgument, ErrorReason::InvalidMapping)
    );
    assert!(
        wrong.message.contains("did you mean `amonut`?"),
        "{}",
        wrong.message
    );
    let row = stands(&node, "wrong").await.unwrap();
    assert_eq!(
        (row.state, row.error),
        (ImportState::Failed as i32, wrong.message)
    );
    let mapping = ImportBegin {
        mapping: "sauces: 1\n".into(),
        ..begin("mapping")
    };
    let parts = upload(mapping, &[("deals.csv", DEALS.as_bytes())], 100);
    let error = from_status(&send(&node, parts).await.unwrap_err());
    assert_eq!(error.violations[0].field, "sauces");
    let settings = GetSettingsRequest {
        tenant: "acme".into(),
    };
    let settings = Door::new(node.channel())
        .tenants
        .clone()
        .get_settings(settings)
        .await
        .unwrap()
        .into_inner();
    assert!(!settings.declared);
}

#[tokio::test]
async fn settings_are_written_where_there_are_none_and_must_agree_afterwards() {
    let node = node().await;
    import(&node, "first", DEALS).await.unwrap();
    let door = Door::new(node.channel());
    let ask = || GetSettingsRequest {
        tenant: "acme".into(),
    };
    let read = door
        .tenants
        .clone()
        .get_settings(ask())
        .await
        .unwrap()
        .into_inner();
    let mut settings = read.settings.unwrap();
    assert!(read.declared);
    assert_eq!((settings.currency.as_str(), settings.pipelines.len()), ("EUR", 1));
    settings.zone = "Asia/Tokyo".into();
    let update = |settings| UpdateSettingsRequest {
        tenant: "acme".into(),
        settings: Some(settings),
        etag: String::new(),
        request_id: String::new(),
    };
    door.tenants
        .clone()
        .update_settings(update(settings.clone()))
        .await
        .unwrap();
    assert_eq!(counts(&import(&node, "zone", DEALS).await.unwrap()), (0, 2));
    settings.currency = "USD".into();
    door.tenants
        .clone()
        .update_settings(update(settings.clone()))
        .await
        .unwrap();
    let error = import(&node, "currency", &DEALS.replace("a,", "c,"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::FailedPrecondition, ErrorReason::SettingsConflict)
    );
    assert!(
        error.message.contains("the mapping says EUR, the tenant has USD"),
        "{}",
        error.message
    );
    let kept = door
        .tenants
        .clone()
        .get_settings(ask())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (kept.settings.unwrap().zone.as_str(), kept.declared),
        ("Asia/Tokyo", true)
    );
}

#[tokio::test]
async fn lines_of_records_are_imported_without_a_mapping() {
    let node = node().await;
    let lines = b"{\"id\":\"a\",\"account\":{\"name\":\"A\"}}\n\n{\"id\":\"b\",\"acount\":{}}\n{\"id\":\"\",\"account\":{}}\n";
    let begin = ImportBegin {
        mapping: String::new(),
        ..begin("lines")
    };
    let done = send(&node, upload(begin, &[("records.jsonl", lines)], 5))
        .await
        .unwrap();
    assert_eq!((done.rows, done.rejected), (3, 2));
    let (rejects, _) = rejects(&node, "lines", 0, "").await.unwrap();
    let places: Vec<(u64, &str)> = rejects
        .iter()
        .map(|reject| (reject.line, reject.field.as_str()))
        .collect();
    assert_eq!(places, [(3, "row"), (4, "id")]);
}

#[tokio::test]
async fn nul_characters_are_shown_and_never_stored() {
    let node = node().await;
    let done = import(
        &node,
        "nul",
        &format!("{DEALS}c,O\0pen,1,2017-01-01\n\0d,Open,1,2017-01-01\n"),
    )
    .await
    .unwrap();
    assert_eq!((done.rows, done.rejected, counts(&done)), (4, 2, (2, 0)));
    let (rejects, _) = rejects(&node, "nul", 0, "").await.unwrap();
    assert_eq!(
        rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(),
        [4, 5]
    );
    assert!(
        rejects.iter().all(|reject| !reject.reason.contains('\0')),
        "{rejects:?}"
    );
    let error = stands(&node, "n\0l").await.unwrap_err();
    assert_eq!(error.violations[0].field, "import_id");
    let error = import(&node, "n\0l", DEALS).await.unwrap_err();
    assert_eq!(error.violations[0].field, "import_id");
}

#[tokio::test]
async fn an_import_that_a_dead_process_left_behind_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let start = || TestNode::builder().dir(folder.path()).start(ingestion);
    let node = start().await;
    import(&node, "left", DEALS).await.unwrap();
    node.stop().await;
    // What a killed process leaves: an import that runs, and its files.
    let spool = folder.path().join("imports/1-0");
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("0"), "id").unwrap();
    place::execute(
        folder.path(),
        "UPDATE import SET state = 1, ended_at = NULL, lease_until = 0",
    )
    .await;
    let node = start().await;
    let row = stands(&node, "left").await.unwrap();
    assert_eq!(row.state, ImportState::Failed as i32);
    assert!(
        row.error.contains("the process ended before the import did"),
        "{}",
        row.error
    );
    assert_eq!(spooled(&node), 0);
    assert_eq!(counts(&import(&node, "left", DEALS).await.unwrap()), (0, 2));
}

#[tokio::test]
async fn tenants_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = "- {token: other-token-of-sixteen, tenant: other, scope: {all: {}}}\n";
    let node = TestNode::builder()
        .dir(folder.path())
        .tokens_yaml(tokens)
        .start(ingestion)
        .await;
    import(&node, "mine", DEALS).await.unwrap();
    let mut other = ImportServiceClient::new(node.channel_as("other-token-of-sixteen"));
    let parts = upload(begin("theirs"), &[("deals.csv", DEALS.as_bytes())], 100);
    let error = from_status(&other.import_file(tokio_stream::iter(parts)).await.unwrap_err());
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::PermissionDenied, ErrorReason::TenantMismatch)
    );
    let request = GetImportRequest {
        tenant: "acme".into(),
        import_id: "mine".into(),
    };
    assert_eq!(
        from_status(&other.get_import(request).await.unwrap_err()).reason,
        ErrorReason::TenantMismatch
    );
    let request = GetImportRequest {
        tenant: "other".into(),
        import_id: "mine".into(),
    };
    assert_eq!(
        from_status(&other.get_import(request).await.unwrap_err()).code,
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn the_real_export_changes_nothing_the_second_time() {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("../shared/data/crm");
    let names = [
        "sales_pipeline.csv",
        "sales_teams.csv",
        "products.csv",
        "accounts.csv",
    ];
    let files: Option<Vec<(&str, Vec<u8>)>> = names
        .iter()
        .map(|name| std::fs::read(folder.join(name)).ok().map(|bytes| (*name, bytes)))
        .collect();
    let Some(files) = files else {
        eprintln!("skipped: {} is absent", folder.display());
        return;
    };
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    let mapping = std::fs::read_to_string(root.join("deploy/mappings/crm_sales_opportunities.yaml")).unwrap();
    let node = node().await;
    for changed in [true, false] {
        let begin = ImportBegin {
            mapping: mapping.clone(),
            strict: true,
            ..begin("")
        };
        let done = send(&node, upload(begin, &files, 1 << 20)).await.unwrap();
        assert_eq!((done.rows, done.rejected, done.warnings.len()), (8_920, 0, 0));
        let counts = |kind: &str| {
            let of = done.records.iter().find(|one| one.kind == kind).unwrap();
            if changed {
                (of.changed, of.unchanged)
            } else {
                (of.unchanged, of.changed)
            }
        };
        assert_eq!(
            [counts("opportunity"), counts("account"), counts("rep")],
            [(8_800, 0), (85, 0), (35, 0)]
        );
    }
}
