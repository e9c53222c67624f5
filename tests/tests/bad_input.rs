//! Bad input gets a clear error that names the place, the right code, and leaves nothing half-written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bellwether_tests::product::{Done, Server};
use bellwether_tests::workspace_root;

const HEADER: &str =
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value";
const GOOD: &str = "G00D,Ann,GTX Basic,Acme,Won,2017-01-01,2017-02-01,500";

/// One server for all cases; each case has a tenant of its own.
static PLACE: LazyLock<(tempfile::TempDir, Server)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::shared(&dir);
    (dir, server)
});

fn server() -> &'static Server {
    &PLACE.1
}

/// A small export with the given rows of opportunities, in the shape of the shipped mapping.
fn export(folder: &Path, pipeline: &[u8]) -> Vec<PathBuf> {
    let files: [(&str, &[u8]); 4] = [
        ("accounts.csv", b"account,sector,year_established,revenue,employees,office_location,subsidiary_of\nAcme,retail,1990,1.0,10,Kenya,\n"),
        ("products.csv", b"product,series,sales_price\nGTX Basic,GTX,550\n"),
        ("sales_teams.csv", b"sales_agent,manager,regional_office\nAnn,Bo,West\n"),
        ("sales_pipeline.csv", pipeline),
    ];
    let write = |(name, bytes): (&str, &[u8])| {
        fs::write(folder.join(name), bytes).expect("a writable folder");
        folder.join(name)
    };
    files.into_iter().map(write).collect()
}

struct Import {
    done: Done,
    /// The rejects file: line, field and reason of each.
    rejects: Vec<(u64, String, String)>,
}

fn import_bytes(tenant: &str, pipeline: &[u8]) -> Import {
    let folder = tempfile::tempdir().expect("a folder");
    let files = export(folder.path(), pipeline);
    let mapping = workspace_root()
        .join("deploy/mappings/crm_sales_opportunities.yaml")
        .display()
        .to_string();
    let rejects = folder.path().join("rejects.csv");
    let rejects_arg = rejects.display().to_string();
    let mut args = vec![
        "import",
        "--tenant",
        tenant,
        "--mapping",
        &mapping,
        "--rejects",
        &rejects_arg,
        "--output",
        "json",
    ];
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    args.extend(files.iter().map(String::as_str));
    let done = server().run(&args);
    let read = |row: csv::StringRecord| {
        (
            row[1].parse().expect("a line number"),
            row[2].to_owned(),
            row[3].to_owned(),
        )
    };
    let rejects = csv::Reader::from_path(&rejects)
        .map(|mut reader| reader.records().map(|row| read(row.expect("a table"))).collect())
        .unwrap_or_default();
    Import { done, rejects }
}

fn import(tenant: &str, rows: &[&str]) -> Import {
    import_bytes(tenant, format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes())
}

/// Ids of the opportunities that were stored.
fn stored(tenant: &str) -> Vec<String> {
    let done = server()
        .run(&[
            "records",
            "list",
            "opportunity",
            "--tenant",
            tenant,
            "--output",
            "json",
        ])
        .exits(0);
    let list = done.json();
    list.as_array()
        .expect("an array")
        .iter()
        .map(|one| id(one).to_owned())
        .collect()
}

fn id(stored: &serde_json::Value) -> &str {
    stored["id"]
        .as_str()
        .or_else(|| stored["record"]["id"].as_str())
        .expect("an id")
}

/// A row beside a good one is refused for a field, and only the good one is stored.
#[track_caller]
fn refused(tenant: &str, row: &str, field: &str, says: &str) {
    let import = import(tenant, &[GOOD, row]);
    assert_eq!(import.done.code, 1, "{}\n{}", import.done.out, import.done.err);
    assert_eq!(import.done.json()["rejected"], 1, "{}", import.done.out);
    let found = import
        .rejects
        .iter()
        .any(|(line, at, reason)| *line == 3 && at.contains(field) && reason.contains(says));
    assert!(
        found,
        "no reject of line 3 names `{field}` and says `{says}`: {:?}",
        import.rejects
    );
    assert_eq!(stored(tenant), ["G00D"]);
}

#[test]
fn a_row_without_key_is_refused() {
    refused(
        "bad-key",
        ",Ann,GTX Basic,Acme,Won,2017-01-01,2017-02-01,500",
        "opportunity_id",
        "missing",
    );
}

#[test]
fn an_impossible_date_is_refused() {
    refused(
        "bad-date",
        "X1,Ann,GTX Basic,Acme,Engaging,2017-02-30,,",
        "engage_date",
        "2017-02-30",
    );
}

#[test]
fn a_deal_closed_before_it_was_created_is_refused() {
    refused(
        "bad-order",
        "X1,Ann,GTX Basic,Acme,Won,2017-03-01,2017-02-01,5",
        "close_date",
        "before",
    );
}

#[test]
fn a_negative_amount_is_refused() {
    refused(
        "bad-sign",
        "X1,Ann,GTX Basic,Acme,Won,2017-01-01,2017-02-01,-5",
        "close_value",
        "negative",
    );
}

#[test]
fn an_amount_that_is_no_number_is_refused() {
    refused(
        "bad-number",
        "X1,Ann,GTX Basic,Acme,Won,2017-01-01,2017-02-01,five",
        "close_value",
        "five",
    );
}

#[test]
fn an_unknown_stage_is_refused_with_the_known_ones() {
    refused(
        "bad-stage",
        "X1,Ann,GTX Basic,Acme,Wonn,2017-01-01,2017-02-01,5",
        "deal_stage",
        "Engaging",
    );
}

#[test]
fn a_row_cut_short_is_refused() {
    refused("bad-cut", "X1,Ann,GTX Ba", "", "8");
}

#[test]
fn every_violation_of_a_row_is_told_at_once() {
    let import = import(
        "bad-all",
        &[GOOD, ",Ann,GTX Basic,Acme,Won,2017-02-30,2017-13-01,-5"],
    );
    let fields: Vec<&str> = import
        .rejects
        .iter()
        .map(|(_, field, _)| field.as_str())
        .collect();
    for field in ["opportunity_id", "engage_date", "close_date", "close_value"] {
        assert!(
            fields.iter().any(|at| at.contains(field)),
            "{field} is not among {fields:?}"
        );
    }
    assert_eq!(import.done.json()["rejected"], 1);
}

#[test]
fn a_line_of_ten_megabytes_is_refused_by_number() {
    let long = format!("X1,Ann,GTX Basic,{},Engaging,2017-01-01,,", "x".repeat(10 << 20));
    refused("bad-long", &long, "", "long");
}

#[test]
fn bytes_that_are_no_utf8_are_refused_by_line() {
    let mut bytes = format!("{HEADER}\n{GOOD}\n").into_bytes();
    bytes.extend(b"X1,Ann,GTX Basic,Ac\xff\xfeme,Engaging,2017-01-01,,\n");
    let import = import_bytes("bad-utf8", &bytes);
    assert_eq!(import.done.code, 1, "{}", import.done.err);
    let (line, field, reason) = &import.rejects[0];
    assert!(
        *line == 3 && field.contains("account") && reason.contains("UTF-8"),
        "{:?}",
        import.rejects
    );
    assert_eq!(stored("bad-utf8"), ["G00D"]);
}

#[test]
fn a_file_that_ends_inside_a_quote_is_told() {
    let import = import(
        "bad-quote",
        &[GOOD, "X1,Ann,\"GTX Basic,Acme,Engaging,2017-01-01,,"],
    );
    assert_eq!(import.done.code, 1, "{}", import.done.err);
    assert!(
        import.rejects.iter().any(|(line, ..)| *line == 3),
        "{:?}",
        import.rejects
    );
    assert_eq!(stored("bad-quote"), ["G00D"]);
}

#[test]
fn an_unknown_currency_is_refused_with_its_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deals.jsonl");
    let line = |id: &str, code: &str| {
        format!(
            r#"{{"id":"{id}","opportunity":{{"stage":"Open","amount":{{"minor_units":5,"currency_code":"{code}"}}}}}}"#
        )
    };
    fs::write(&file, format!("{}\n{}\n", line("A", "USD"), line("B", "XXQ"))).expect("a writable folder");
    let rejects = folder.path().join("r.csv").display().to_string();
    let path = file.display().to_string();
    let done = server()
        .run(&["import", "--tenant", "bad-currency", "--rejects", &rejects, &path])
        .exits(1);
    let text = fs::read_to_string(&rejects).expect("a rejects file");
    assert!(
        text.contains("deals.jsonl,2,") && text.contains("currency") && text.contains("XXQ"),
        "{text}\n{}",
        done.err
    );
    assert_eq!(stored("bad-currency"), ["A"]);
}

#[test]
fn a_mapping_with_an_unknown_key_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml");
    let text =
        fs::read_to_string(shipped)
            .expect("the mapping")
            .replacen("sources:", "sauces: 1\nsources:", 1);
    let mapping = folder.path().join("mapping.yaml");
    fs::write(&mapping, text).expect("a writable folder");
    let files = export(folder.path(), format!("{HEADER}\n{GOOD}\n").as_bytes());
    let mapping = mapping.display().to_string();
    let file = files[3].display().to_string();
    let done = server()
        .run(&["import", "--tenant", "bad-mapping", "--mapping", &mapping, &file])
        .exits(3);
    assert!(done.err.contains("sauces"), "{}", done.err);
    server()
        .run(&["records", "list", "opportunity", "--tenant", "bad-mapping"])
        .exits(4);
}

#[test]
fn a_join_file_that_is_missing_fails_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = export(folder.path(), format!("{HEADER}\n{GOOD}\n").as_bytes());
    let mapping = workspace_root()
        .join("deploy/mappings/crm_sales_opportunities.yaml")
        .display()
        .to_string();
    let keep: Vec<String> = [0, 2, 3]
        .map(|index: usize| files[index].display().to_string())
        .to_vec();
    let mut args = vec!["import", "--tenant", "bad-join", "--mapping", &mapping];
    args.extend(keep.iter().map(String::as_str));
    let done = server().run(&args).exits(3);
    assert!(done.err.contains("products"), "{}", done.err);
    server()
        .run(&["records", "list", "opportunity", "--tenant", "bad-join"])
        .exits(4);
}

#[test]
fn a_mapped_column_that_is_absent_fails_the_import_by_name() {
    let import = import_bytes(
        "bad-column",
        HEADER.replace("close_value", "closing_value").as_bytes(),
    );
    assert_eq!(import.done.code, 3, "{}", import.done.err);
    assert!(import.done.err.contains("close_value"), "{}", import.done.err);
}

#[test]
fn names_that_do_not_exist_are_answered_with_the_nearest() {
    assert_eq!(import("names", &[GOOD]).done.code, 0);
    let done = server()
        .run(&["kpi", "query", "win_rat", "--tenant", "names"])
        .exits(4);
    assert!(
        done.err.contains("win_rat") && done.err.contains("win_rate"),
        "{}",
        done.err
    );
    let done = server()
        .run(&["kpi", "query", "win_rate", "--tenant", "names", "--by", "ownr"])
        .exits(3);
    assert!(
        done.err.contains("ownr") && done.err.contains("owner"),
        "{}",
        done.err
    );
    let done = server()
        .run(&[
            "kpi",
            "query",
            "open_deals",
            "--tenant",
            "names",
            "--filter",
            "loss_reason=x",
        ])
        .exits(3);
    assert!(done.err.contains("loss_reason"), "{}", done.err);
    server().run(&["kpi", "show", "bokings"]).exits(4);
    server()
        .run(&["records", "get", "opportunity", "nobody", "--tenant", "names"])
        .exits(4);
    server()
        .run(&["kpi", "query", "win_rate", "--tenant", "nobody-here"])
        .exits(4);
}

#[test]
fn ranges_that_cannot_be_are_refused() {
    assert_eq!(import("ranges", &[GOOD]).done.code, 0);
    let query = |args: &[&str]| {
        let mut all = vec!["kpi", "query", "win_rate", "--tenant", "ranges"];
        all.extend(args);
        server().run(&all)
    };
    let done = query(&["--from", "2018-01-01", "--to", "2017-01-01"]).exits(3);
    assert!(
        done.err.contains("from") && done.err.contains("to"),
        "{}",
        done.err
    );
    let done = query(&["--grain", "month"]).exits(3);
    assert!(done.err.contains("range"), "{}", done.err);
    let done = query(&["--from", "0001-01-01", "--to", "9999-01-01", "--grain", "day"]).exits(3);
    assert!(
        done.err.contains("period") || done.err.contains("cells"),
        "{}",
        done.err
    );
    let bad = query(&["--from", "2017-02-30", "--to", "2018-01-01"]);
    assert!(bad.code == 2 || bad.code == 3, "{}", bad.err);
    assert!(bad.err.contains("2017-02-30"), "{}", bad.err);
    query(&["--known-at", "seq:999999"]).exits(3);
    assert_eq!(server().run(&["kpi", "query", "--tenant", "ranges"]).code, 2);
    assert_eq!(
        server()
            .run(&["kpi", "query", "win_rate", "--tenant", "Bad Tenant"])
            .code,
        3
    );
}

#[test]
fn a_wrong_or_missing_token_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("token");
    fs::write(&wrong, "nonsense\n").expect("a writable folder");
    let wrong = wrong.display().to_string();
    let url = &server().url;
    let done = server()
        .run(&["kpi", "list", "--server", url, "--token-file", &wrong])
        .exits(5);
    assert!(done.err.contains("token"), "{}", done.err);
    let missing = folder.path().join("none").display().to_string();
    let done = server().run(&["kpi", "list", "--server", url, "--token-file", &missing]);
    assert!(done.code == 5 || done.code == 2, "{}", done.err);
    assert!(done.err.contains("none"), "{}", done.err);
    let away = server().run(&[
        "kpi",
        "list",
        "--server",
        "http://127.0.0.1:9",
        "--token-file",
        &wrong,
    ]);
    assert_eq!(away.code, 6, "{}", away.err);
}
