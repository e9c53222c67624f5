//! Journeys through the whole product: a power cut in an import, a zone change, a correction, two tenants.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bellwether_tests::oracle::export::folder;
use bellwether_tests::product::{Server, binary, import_export};
use serde_json::Value;

fn query(server: &Server, tenant: &str, args: &[&str]) -> Value {
    let mut all = vec!["kpi", "query"];
    all.extend(args);
    all.extend(["--tenant", tenant, "--output", "json"]);
    server.run(&all).exits(0).json()
}

/// What an answer says, without how fresh it is and where it came from.
fn said(answer: &Value) -> Vec<Value> {
    let strip = |row: &Value| {
        let mut row = row.clone();
        let fields = row.as_object_mut().expect("an object");
        for field in ["watermark", "path", "path_reason"] {
            fields.remove(field);
        }
        row
    };
    answer.as_array().expect("an array").iter().map(strip).collect()
}

fn lines(server: &Server, tenant: &str, lines: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("records.jsonl");
    fs::write(&file, lines.join("\n")).expect("a writable folder");
    let _ = server
        .run(&["import", "--tenant", tenant, &file.display().to_string()])
        .exits(0);
}

#[test]
fn an_import_survives_kill_9_and_a_second_try() {
    let Some(folder) = folder() else {
        eprintln!("skipped: ../shared/data/crm is not there");
        return;
    };
    let range = [
        "--from",
        "2017-01-01",
        "--to",
        "2018-01-01",
        "--as-of",
        "2018-06-30",
    ];
    let mut cuts = vec![
        "win_rate",
        "bookings",
        "pipeline_created",
        "--by",
        "owner",
        "--grain",
        "month",
    ];
    cuts.extend(range);
    let clean = tempfile::tempdir().expect("a folder");
    let server = Server::start(clean.path());
    assert_eq!(import_export(&server, &folder, "crm").code, 0);
    let expected = said(&query(&server, "crm", &cuts));
    assert_eq!(server.stop(), Some(0));

    let dir = tempfile::tempdir().expect("a folder");
    for wait in [30, 120, 300, 600] {
        let server = Server::start(dir.path());
        let mut client = begin_import(dir.path(), &folder);
        std::thread::sleep(Duration::from_millis(wait));
        server.kill();
        let _ = client.wait();
    }
    let server = Server::start(dir.path());
    let done = import_export(&server, &folder, "crm").exits(0).json();
    assert_eq!(
        (done["rows"].as_u64(), done["rejected"].as_u64()),
        (Some(8920), Some(0)),
        "{done}"
    );
    assert_eq!(said(&query(&server, "crm", &cuts)), expected);
    let list = server
        .run(&[
            "records",
            "list",
            "opportunity",
            "--tenant",
            "crm",
            "--output",
            "json",
        ])
        .exits(0)
        .json();
    assert_eq!(list.as_array().map(Vec::len), Some(8800));
}

fn begin_import(dir: &Path, folder: &Path) -> std::process::Child {
    let mapping = bellwether_tests::workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let mut command = Command::new(binary());
    command
        .args(["import", "--tenant", "crm", "--mapping"])
        .arg(mapping)
        .env("BELLWETHER_DATA_DIR", dir);
    for file in [
        "accounts.csv",
        "products.csv",
        "sales_teams.csv",
        "sales_pipeline.csv",
    ] {
        command.arg(folder.join(file));
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn files_and_rows_in_any_order_give_the_same_answers() {
    let Some(folder) = folder() else {
        eprintln!("skipped: ../shared/data/crm is not there");
        return;
    };
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    assert_eq!(import_export(&server, &folder, "straight").code, 0);
    let turned = dir.path().join("turned");
    fs::create_dir(&turned).expect("a writable folder");
    for file in [
        "accounts.csv",
        "products.csv",
        "sales_teams.csv",
        "sales_pipeline.csv",
    ] {
        let text = fs::read_to_string(folder.join(file)).expect("the file");
        let mut rows: Vec<&str> = text.lines().collect();
        rows[1..].reverse();
        fs::write(turned.join(file), rows.join("\n")).expect("a writable folder");
    }
    let mapping = bellwether_tests::workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let (mapping, path) = (mapping.display().to_string(), |file: &str| {
        turned.join(file).display().to_string()
    });
    let files = [
        "sales_pipeline.csv",
        "sales_teams.csv",
        "products.csv",
        "accounts.csv",
    ]
    .map(path);
    let mut args = vec!["import", "--tenant", "turned", "--mapping", &mapping];
    args.extend(files.iter().map(String::as_str));
    let _ = server.run(&args).exits(0);
    let kpis = [
        "bookings",
        "win_rate",
        "median_deal_size",
        "pipeline_created",
        "open_deals",
        "--grain",
        "month",
    ];
    for by in ["owner", "product", "account_industry"] {
        let mut args = kpis.to_vec();
        args.extend([
            "--by",
            by,
            "--from",
            "2017-01-01",
            "--to",
            "2018-01-01",
            "--as-of",
            "2017-12-31",
        ]);
        assert_eq!(
            said(&query(&server, "straight", &args)),
            said(&query(&server, "turned", &args)),
            "by {by}"
        );
    }
}

#[test]
fn the_published_answers_hold_and_a_zone_does_not_move_days() {
    let Some(folder) = folder() else {
        eprintln!("skipped: ../shared/data/crm is not there");
        return;
    };
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    assert_eq!(import_export(&server, &folder, "crm").code, 0);
    let now = query(&server, "crm", &["open_deals"]);
    assert_eq!(now[0]["value"], "2089");
    assert_eq!(
        (&now[0]["period_start"], &now[0]["period_end"]),
        (&Value::Null, &Value::Null)
    );
    let year = ["win_rate", "--from", "2017-01-01", "--to", "2018-01-01"];
    let rate = query(&server, "crm", &year);
    assert_eq!(
        (rate[0]["value"].as_str(), rate[0]["n"].as_u64()),
        (Some("0.631500521531813441"), Some(6711))
    );
    assert_eq!(
        (rate[0]["period_start"].as_str(), rate[0]["period_end"].as_str()),
        (Some("2017-01-01"), Some("2018-01-01"))
    );
    // Wilson for 4238 of 6711, computed with 60 digits elsewhere.
    let bounds = (
        rate[0]["interval"]["low"].as_str(),
        rate[0]["interval"]["high"].as_str(),
    );
    assert_eq!(bounds, (Some("0.619886914783114"), Some("0.642963669377957")));
    let mut monthly = year.to_vec();
    monthly.extend(["--grain", "month"]);
    let before = said(&query(&server, "crm", &monthly));
    assert_eq!(
        (before[0]["value"].clone(), before[0]["absent_reason"].as_str()),
        (Value::Null, Some("no_closed_deals"))
    );
    let settings = server
        .run(&["settings", "get", "--tenant", "crm", "--output", "json"])
        .exits(0);
    let zoned = dir.path().join("settings.yaml");
    fs::write(&zoned, settings.out.replace("\"UTC\"", "\"America/New_York\"")).expect("a writable folder");
    let _ = server
        .run(&[
            "settings",
            "apply",
            &zoned.display().to_string(),
            "--tenant",
            "crm",
        ])
        .exits(0);
    let after = said(&query(&server, "crm", &monthly));
    let plain = |rows: &[Value]| -> Vec<Value> {
        rows.iter()
            .map(|row| serde_json::json!([row["value"], row["n"], row["period_start"], row["period_end"]]))
            .collect()
    };
    assert_eq!(plain(&before), plain(&after));
}

#[test]
fn a_correction_changes_last_month_and_the_old_answer_can_still_be_had() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let deal = |closed: &str, stage: &str| {
        let closed = if closed.is_empty() {
            String::new()
        } else {
            format!(r#","closed_at":{{"date":"{closed}"}}"#)
        };
        format!(
            r#"{{"id":"D1","opportunity":{{"stage":"{stage}","created_at":{{"date":"2024-01-10"}},"amount":{{"minor_units":100000,"currency_code":"USD"}}{closed}}}}}"#
        )
    };
    lines(&server, "acme", &[&deal("2024-02-28", "Won")]);
    let ask = [
        "bookings",
        "--from",
        "2024-02-01",
        "--to",
        "2024-04-01",
        "--grain",
        "month",
    ];
    let first = query(&server, "acme", &ask);
    let seq = first[0]["watermark"]["seq"].as_u64().expect("a number");
    assert_eq!(
        (first[0]["value"].as_str(), first[1]["value"].as_str()),
        (Some("1000"), Some("0"))
    );
    lines(&server, "acme", &[&deal("2024-03-02", "Won")]);
    let second = query(&server, "acme", &ask);
    assert_eq!(
        (second[0]["value"].as_str(), second[1]["value"].as_str()),
        (Some("0"), Some("1000"))
    );
    let mut then = ask.to_vec();
    let known = format!("seq:{seq}");
    then.extend(["--known-at", &known]);
    assert_eq!(said(&query(&server, "acme", &then)), said(&first));
}

#[test]
fn what_arrives_while_the_server_restarts_is_not_lost_and_not_doubled() {
    let dir = tempfile::tempdir().expect("a folder");
    let line = |n: usize| {
        format!(
            r#"{{"id":"D{n}","opportunity":{{"stage":"Won","created_at":{{"date":"2024-01-10"}},"closed_at":{{"date":"2024-01-20"}},"amount":{{"minor_units":100,"currency_code":"USD"}}}}}}"#
        )
    };
    for round in 0..3_usize {
        let server = Server::start(dir.path());
        let batch: Vec<String> = (0..(round + 1) * 100).map(line).collect();
        lines(
            &server,
            "acme",
            &batch.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let answer = query(&server, "acme", &["bookings", "deals_won"]);
        let count = ((round + 1) * 100).to_string();
        assert_eq!(answer[0]["value"].as_str(), Some(count.as_str()));
        assert_eq!(answer[1]["value"].as_str(), Some(count.as_str()));
        if round == 1 {
            server.kill()
        } else {
            assert_eq!(server.stop(), Some(0))
        }
    }
    fs::remove_dir_all(dir.path().join("kpi")).expect("kpi's folder");
    let server = Server::start(dir.path());
    assert_eq!(
        query(&server, "acme", &["bookings"])[0]["value"].as_str(),
        Some("300")
    );
}

#[test]
fn a_token_of_one_tenant_opens_no_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let tokens = dir.path().join("tokens.yaml");
    fs::write(
        &tokens,
        "tokens:\n  - token: north-0123456789abcdef\n    tenant: north\n    scope: all\n",
    )
    .expect("writable");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("ours");
    let server = Server::start(dir.path());
    let line = r#"{"id":"A","account":{"name":"Acme"}}"#;
    lines(&server, "north", &[line]);
    lines(&server, "south", &[line]);
    let token = dir.path().join("north.token");
    fs::write(&token, "north-0123456789abcdef\n").expect("writable");
    let token = token.display().to_string();
    let get = |tenant: &str| {
        server.run(&[
            "records",
            "get",
            "account",
            "A",
            "--tenant",
            tenant,
            "--server",
            &server.url,
            "--token-file",
            &token,
        ])
    };
    assert_eq!(get("north").code, 0);
    let (south, nobody) = (get("south").exits(5), get("nobody").exits(5));
    assert_eq!(
        south.err.replace("south", "X"),
        nobody.err.replace("nobody", "X"),
        "a tenant's existence leaks"
    );
}

#[test]
fn files_that_hold_secrets_are_private_and_a_second_server_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let mode = fs::metadata(dir.path().join("token"))
        .expect("a token")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = Command::new(binary())
        .args(["serve", "--data-dir"])
        .arg(dir.path())
        .stdin(Stdio::null())
        .output();
    let second = bellwether_tests::product::done(&second.expect("the binary starts"));
    assert_ne!(second.code, 0);
    assert!(
        second.err.contains("in use") || second.err.contains("lock"),
        "{}",
        second.err
    );
    let database = fs::metadata(dir.path().join("ingestion.db"))
        .expect("a database")
        .permissions()
        .mode();
    assert_eq!(database & 0o777, 0o600);
    lines(&server, "acme", &[r#"{"id":"A","account":{"name":"Acme"}}"#]);
    assert_eq!(server.stop(), Some(0));
    assert!(!dir.path().join("endpoint").exists());
    assert!(
        !dir.path().join("ingestion.db-wal").exists(),
        "the log lies in one file after a drain"
    );
}

#[test]
fn a_name_that_two_accounts_share_means_both_of_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let account = |id: &str| format!(r#"{{"id":"{id}","account":{{"name":"Acme"}}}}"#);
    let deal = |id: &str, cents: u32| {
        format!(
            r#"{{"id":"D{id}","opportunity":{{"stage":"Won","account_id":"{id}","closed_at":{{"date":"2024-01-20"}},"amount":{{"minor_units":{cents},"currency_code":"USD"}}}}}}"#
        )
    };
    lines(
        &server,
        "acme",
        &[&account("1"), &account("2"), &deal("1", 100), &deal("2", 200)],
    );
    let both = query(
        &server,
        "acme",
        &["bookings", "--filter", "account=Acme", "--from", "2024-01-01"],
    );
    assert_eq!(both[0]["value"].as_str(), Some("3"), "{both}");
    let one = query(&server, "acme", &["bookings", "--filter", "account=Acme (1)"]);
    assert_eq!(one[0]["value"].as_str(), Some("1"), "{one}");
    let apart = query(&server, "acme", &["bookings", "--by", "account"]);
    assert_eq!(apart.as_array().map(Vec::len), Some(2), "{apart}");
}
