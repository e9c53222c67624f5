//! KPIs of a tenant's own, at the command line and over the wire: tried, made, wrong, edited by two at once, promoted,
//! deprecated; seen by nobody else, written by nobody who sees only some rows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::LazyLock;

use bellwether_tests::caller::Caller;
use bellwether_tests::product::{Done, Server, import_export};
use bellwether_tests::workspace_root;
use serde_json::{Value, json};

const CATALOG: &str = "kpi.v1.CatalogService";
/// Tokens of another tenant, and of a rep.
const TOKENS: &str = "tokens:\n  - token: other-0123456789abcdef\n    tenant: other\n    scope: all\n  \
    - token: rep-0123456789abcdef\n    tenant: acme\n    scope: {own: ann}\n";
const OTHER: &str = "other-0123456789abcdef";
const REP: &str = "rep-0123456789abcdef";

static PLACE: LazyLock<(tempfile::TempDir, Server)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder");
    let tokens = dir.path().join("tokens.yaml");
    fs::write(&tokens, TOKENS).expect("writable");
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).expect("ours");
    let server = Server::shared(&dir);
    let export = dir.path().join("export");
    fs::create_dir(&export).expect("writable");
    let files = [
        (
            "accounts.csv",
            "account,sector,year_established,revenue,employees,office_location,subsidiary_of\nAcme,retail,1990,1.0,10,Kenya,\n",
        ),
        ("products.csv", "product,series,sales_price\nGTX Basic,GTX,550\n"),
        (
            "sales_teams.csv",
            "sales_agent,manager,regional_office\nAnn,Bo,West\n",
        ),
        (
            "sales_pipeline.csv",
            "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n\
             A,Ann,GTX Basic,Acme,Won,2017-01-01,2017-01-15,500\nB,Ann,GTX Basic,Acme,Won,2017-01-01,2017-03-01,500\n\
             C,Ann,GTX Basic,Acme,Won,2017-02-01,2017-03-02,900\nD,Ann,GTX Basic,Acme,Lost,2017-01-01,2017-01-20,0\n",
        ),
    ];
    for (name, text) in files {
        fs::write(export.join(name), text).expect("writable");
    }
    import_export(&server, &export, "acme").exits(0);
    (dir, server)
});

fn sample() -> String {
    fs::read_to_string(workspace_root().join("deploy/kpis/fast_win_share.yaml")).expect("the sample")
}

/// The sample under another id, in a file.
fn file(dir: &Path, id: &str, change: (&str, &str)) -> String {
    let text = sample().replace("id: fast_win_share", &format!("id: {id}"));
    assert!(text.contains(change.0), "{}", change.0);
    let path = dir.join(format!("{id}.yaml"));
    fs::write(&path, text.replace(change.0, change.1)).expect("writable");
    path.display().to_string()
}

fn call(token: &str, method: &str, message: &Value) -> Result<Value, Value> {
    Caller::new().call(&PLACE.1.url, token, &format!("{CATALOG}/{method}"), message)
}

fn admin() -> String {
    let text = fs::read_to_string(PLACE.0.path().join("token")).expect("a token");
    text.trim().to_owned()
}

fn values(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = answer.as_array().expect("rows");
    rows.iter()
        .map(|row| (text(&row["period_start"]), text(&row["value"])))
        .collect()
}

const RANGE: [&str; 6] = ["--from", "2017-01-01", "--to", "2017-04-01", "--grain", "month"];

/// What the sample says of the first months of 2017.
fn expected() -> [(String, String); 3] {
    let expected = [("2017-01-01", "1"), ("2017-02-01", "-"), ("2017-03-01", "0.5")];
    expected.map(|(period, value)| (period.to_owned(), value.to_owned()))
}

/// Asks for these months of a KPI.
fn asked(kpi: &str) -> Done {
    let args = ["kpi", "query", kpi, "--tenant", "acme", "--output", "json"];
    PLACE.1.run(&[&args[..], &RANGE[..]].concat())
}

#[test]
fn an_author_sees_past_values_before_anybody_else_does() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "tried", ("name: Fast win share", "name: Tried"));
    let create = ["kpi", "create", &mine, "--tenant", "acme"];
    let tried = [&create[..], &["--dry-run", "--output", "json"], &RANGE[..]].concat();
    assert_eq!(values(&server.run(&tried).exits(0).json()), expected());
    let told = server
        .run(&[&create[..], &["--dry-run"], &RANGE[..]].concat())
        .exits(0);
    assert!(
        told.out.contains("up to change ") && !told.out.contains("up to change 0"),
        "{}",
        told.out
    );
    asked("tried").exits(4);
    server.run(&[&create[..], &["--check"]].concat()).exits(0);
    asked("tried").exits(4);
    server.run(&[&create[..], &["--author", "Ann"]].concat()).exits(0);
    assert_eq!(values(&asked("tried").exits(0).json()), expected());
    let shown = server.run(&["kpi", "show", "tried", "--tenant", "acme"]).exits(0);
    assert!(
        shown.out.contains("version 1, draft by Sales operations"),
        "{}",
        shown.out
    );
    let listed = server
        .run(&["kpi", "list", "--tenant", "acme", "--output", "json"])
        .exits(0);
    assert!(listed.out.contains("\"tried\"") && listed.out.contains("\"win_rate\""));
}

#[test]
fn another_meaning_from_now_on_is_no_other_meaning_of_then() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "meant", ("name: Fast win share", "name: Meant"));
    server.run(&["kpi", "create", &mine, "--tenant", "acme"]).exits(0);
    let compared = ["--from", "2017-03-01", "--to", "2017-04-01"];
    let compare = ["kpi", "compare", "meant", "--tenant", "acme"];
    server.run(&[&compare[..], &compared[..]].concat()).exits(0);
    let query = ["kpi", "query", "meant", "--tenant", "acme", "--receipts"];
    let given = dir.path().join("receipts.json");
    let receipts = server.run(&[&query[..], &["--output", "json"]].concat()).exits(0);
    fs::write(&given, receipts.out).expect("writable");
    let verify = ["kpi", "verify", "--tenant", "acme", "--file"];
    let verify = [&verify[..], &[given.to_str().expect("UTF-8")]].concat();
    server.run(&verify).exits(0);
    let other = file(dir.path(), "meant", ("2592000000000", "8640000000000"));
    server
        .run(&["kpi", "update", "meant", &other, "--tenant", "acme"])
        .exits(0);
    assert_ne!(values(&asked("meant").exits(0).json()), expected());
    server.run(&verify).exits(0);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let (dir, server) = &*PLACE;
    let cases = [
        (
            ("formula: fast / won", "formula: fast / wonn"),
            "definition.formula: column 8: there is no measure `wonn`; there are fast, won: did you mean `won`?\n  fast / wonn\n         ^",
        ),
        (
            ("AND cycle <=", "AND cycel <="),
            "definition.measures.fast.filter: column 21: No field named cycel: did you mean `cycle`?",
        ),
        (
            ("unit: ratio", "unit: percent"),
            "`percent` is none of ratio, count",
        ),
        (
            ("cadence: monthly", "cadense: monthly"),
            "there is no key `cadense`: did you mean `cadence`?",
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mine = file(dir.path(), &format!("wrong{number}"), change);
        for flag in ["--dry-run", "--check", "--certified"] {
            let refused = server
                .run(&["kpi", "create", &mine, "--tenant", "acme", flag])
                .exits(3);
            assert!(refused.err.contains(expected), "{}\n{expected}", refused.err);
        }
    }
    let built_in = file(dir.path(), "win_rate", ("name: Fast win share", "name: Mine"));
    let refused = server
        .run(&["kpi", "create", &built_in, "--tenant", "acme"])
        .exits(3);
    assert!(
        refused.err.contains("formula cannot be replaced"),
        "{}",
        refused.err
    );
}

#[test]
fn of_two_who_edit_at_once_one_is_told() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "shared", ("name: Fast win share", "name: Shared"));
    server.run(&["kpi", "create", &mine, "--tenant", "acme"]).exits(0);
    let show = ["kpi", "show", "shared", "--tenant", "acme", "--output", "json"];
    let etag = server.run(&show).exits(0).json()["etag"]
        .as_str()
        .expect("an etag")
        .to_owned();
    let edit = |note: &str| {
        let text = sample()
            .replace("id: fast_win_share", "id: shared")
            .replace("Small deals", note);
        let message =
            json!({"tenant": "acme", "id": "shared", "definition": text, "etag": etag, "note": note});
        call(&admin(), "UpdateKpi", &message)
    };
    let both = std::thread::scope(|scope| {
        let edits = ["one", "other"].map(|note| scope.spawn(move || edit(note)));
        edits.map(|edit| edit.join().expect("an answer"))
    });
    let refused: Vec<&Value> = both.iter().filter_map(|answer| answer.as_ref().err()).collect();
    assert_eq!(refused.len(), 1, "{both:?}");
    assert!(refused[0].to_string().contains("EDIT_CONFLICT"), "{refused:?}");
    let versions = server
        .run(&[
            "kpi", "versions", "shared", "--tenant", "acme", "--output", "json",
        ])
        .exits(0)
        .json();
    assert_eq!(versions.as_array().map(Vec::len), Some(2), "{versions}");
    assert_eq!(
        (&versions[0]["version"], &versions[0]["current"]),
        (&json!(2), &json!(true))
    );
    // Without an etag whatever holds is edited, and nothing of it is lost.
    server
        .run(&[
            "kpi",
            "update",
            "shared",
            "--status",
            "certified",
            "--tenant",
            "acme",
        ])
        .exits(0);
    let shown = server.run(&show).exits(0).json();
    assert_eq!(
        (&shown["status"], &shown["version"]),
        (&json!("certified"), &json!(2))
    );
}

/// Promotes the KPI that is steered by.
fn promote(target: &str, deadline: &str, benchmark: &str) -> Done {
    let who = ["kpi", "promote", "steered", "--tenant", "acme", "--owner", "Ann"];
    let how = ["--action", "call", "--cadence", "weekly"];
    let what = [
        "--target",
        target,
        "--deadline",
        deadline,
        "--benchmark",
        benchmark,
    ];
    PLACE.1.run(&[&who[..], &how[..], &what[..]].concat())
}

#[test]
fn nobody_steers_by_what_is_not_all_there() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "steered", ("name: Fast win share", "name: Steered"));
    server.run(&["kpi", "create", &mine, "--tenant", "acme"]).exits(0);
    let refused = server
        .run(&["kpi", "promote", "steered", "--tenant", "acme"])
        .exits(3);
    let parts = [
        "status",
        "owner",
        "target_id",
        "deadline",
        "benchmark",
        "cadence",
        "action",
    ];
    for part in parts {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    let update = ["kpi", "update", "steered", "--tenant", "acme"];
    server
        .run(&[&update[..], &["--status", "certified"]].concat())
        .exits(0);
    let target = [
        "target",
        "set",
        "steered",
        "0.6",
        "--id",
        "steered-goal",
        "--tenant",
        "acme",
    ];
    let period = ["--from", "2017-01-01", "--to", "2100-01-01"];
    server.run(&[&target[..], &period[..]].concat()).exits(0);
    let late = promote("steered-goal", "2020-01-01", "own").exits(3).err;
    assert!(
        late.contains("has passed") && late.contains("had no value in the past year"),
        "{late}"
    );
    let none = promote("nothing", "2099-01-01", "a study").exits(3).err;
    assert!(none.contains("there is no target `nothing`"), "{none}");
    promote("steered-goal", "2099-01-01", "a study").exits(0);
    let show = ["kpi", "show", "steered", "--tenant", "acme", "--output", "json"];
    let shown = server.run(&show).exits(0).json();
    assert_eq!(
        (&shown["class"], &shown["promotion"]["owner"]),
        (&json!("kpi"), &json!("Ann"))
    );
    server.run(&[&update[..], &["--demote"]].concat()).exits(0);
    let shown = server.run(&show).exits(0).json();
    assert_eq!(
        (&shown["class"], &shown["promotion"]),
        (&json!("metric"), &Value::Null)
    );
}

#[test]
fn a_deprecated_kpi_answers_and_says_so() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "outdated", ("name: Fast win share", "name: Outdated"));
    server.run(&["kpi", "create", &mine, "--tenant", "acme"]).exits(0);
    server
        .run(&[
            "kpi",
            "deprecate",
            "outdated",
            "--tenant",
            "acme",
            "--use-instead",
            "nothing",
        ])
        .exits(3);
    server
        .run(&[
            "kpi",
            "deprecate",
            "outdated",
            "--tenant",
            "acme",
            "--use-instead",
            "win_rate",
        ])
        .exits(0);
    let asked = server
        .run(&["kpi", "query", "outdated", "--tenant", "acme"])
        .exits(0);
    assert!(
        asked.err.contains("outdated is deprecated: use win_rate instead"),
        "{}",
        asked.err
    );
    let shown = server
        .run(&["kpi", "show", "outdated", "--tenant", "acme"])
        .exits(0);
    assert!(shown.out.contains("use win_rate instead"), "{}", shown.out);
}

#[test]
fn others_neither_see_nor_write() {
    let (dir, server) = &*PLACE;
    let mine = file(dir.path(), "private", ("name: Fast win share", "name: Private"));
    server.run(&["kpi", "create", &mine, "--tenant", "acme"]).exits(0);
    let text = sample().replace("id: fast_win_share", "id: private");
    // A tenant of its own may use the same id for something else, and is told of no other.
    let other = json!({"tenant": "other", "id": "private", "min_position": null});
    let message = json!({"tenant": "other", "definition": text, "note": "ours"});
    call(OTHER, "CreateKpi", &message).expect("it is free");
    let theirs = call(OTHER, "GetKpi", &other).expect("theirs");
    assert_eq!(theirs["kpi"]["note"], "ours");
    for (method, message) in [
        ("GetKpi", json!({"tenant": "acme", "id": "private"})),
        ("CreateKpi", json!({"tenant": "acme", "definition": text})),
        ("DryRunKpi", json!({"tenant": "acme", "definition": text})),
    ] {
        let refused = call(OTHER, method, &message).expect_err("not theirs");
        assert!(
            refused.to_string().contains("TENANT_MISMATCH"),
            "{method}: {refused}"
        );
    }
    // Who sees only some rows reads definitions and asks for own values, and defines nothing.
    let read = call(REP, "GetKpi", &json!({"tenant": "acme", "id": "private"}))
        .expect("a definition is not about rows");
    assert_eq!(read["kpi"]["name"], "Private");
    for (method, message) in [
        ("CreateKpi", json!({"tenant": "acme", "definition": text})),
        (
            "UpdateKpi",
            json!({"tenant": "acme", "id": "private", "definition": text}),
        ),
        ("PromoteKpi", json!({"tenant": "acme", "id": "private"})),
        ("DeprecateKpi", json!({"tenant": "acme", "id": "private"})),
        ("DryRunKpi", json!({"tenant": "acme", "definition": text})),
    ] {
        let refused = call(REP, method, &message).expect_err("not for a rep");
        assert!(
            refused.to_string().contains("SCOPE_MISMATCH"),
            "{method}: {refused}"
        );
    }
}

#[test]
fn a_definition_that_does_not_hold_any_more_is_listed_and_refused() {
    let (_, server) = &*PLACE;
    // As another release left it: the log takes any text, the catalogue only what it can compute.
    let record =
        json!({"id": "from_the_future", "kpi_definition": {"definition": "name: Tomorrow\nmagic: true\n"}});
    let message = json!({"tenant": "acme", "records": [record]});
    let caller = Caller::new();
    let method = "ingestion.v1.RecordService/UpsertRecords";
    let written = caller
        .call(&server.url, &admin(), method, &message)
        .expect("it is a record");
    let get = json!({"tenant": "acme", "id": "from_the_future", "min_position": written["position"]});
    let shown = call(&admin(), "GetKpi", &get).expect("it is listed");
    assert!(
        shown["kpi"]["error"]
            .as_str()
            .is_some_and(|error| error.contains("`magic`")),
        "{shown}"
    );
    let listed = call(&admin(), "ListKpis", &json!({"tenant": "acme"})).expect("a list");
    assert!(listed.to_string().contains("from_the_future"));
    let refused = server
        .run(&["kpi", "query", "from_the_future", "--tenant", "acme"])
        .exits(3);
    assert!(
        refused.err.contains("`from_the_future` cannot be computed"),
        "{}",
        refused.err
    );
    server
        .run(&["kpi", "query", "win_rate", "--tenant", "acme"])
        .exits(0);
    server
        .run(&["kpi", "deprecate", "from_the_future", "--tenant", "acme"])
        .exits(0);
}
