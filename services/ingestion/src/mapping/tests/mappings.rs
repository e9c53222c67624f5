//! What a mapping can say, and what is told of one that says it wrong.

use super::{Settings, file, import, refusal, run};
use crate::mapping::Mapping;
use bellwether_domain::{ErrorCode, ErrorReason, Zone};
use serde_json::json;

fn problems(mapping: &str) -> Vec<String> {
    let error = Mapping::parse(mapping).expect_err("the mapping is wrong");
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::InvalidArgument, ErrorReason::InvalidMapping)
    );
    error.violations.iter().map(ToString::to_string).collect()
}

#[test]
fn everything_wrong_is_told_with_its_line() {
    let mapping = r#"
sources:
  deals: {files: deals.csv, delimter: ";"}
  unused: {files: u.csv}
settings:
  currency: XXQ
  pipelines: [{id: p, stages: [{name: A, class: opened}]}]
records:
  - kind: oportunity
    source: deals
  - kind: opportunity
    source: deal
  - kind: opportunity
    source: deals
    fields:
      amout: amount
      type: {constant: newish}
      amount: {column: a, constant: 1}
      stage: [{column: a}, {column: b}]
      created_at: {column: c, format: "%H"}
      closed_at: {column: c, currency: USD}
      lines:
        - {produkt: p}
      name: {join: nothing, column: x}
      owner_id: {template: plain}
      account_id: {column: a, when: {column: b, is: x}}
"#;
    let expected = [
        "sources.deals.delimter: line 3: `delimter` is not a key here: did you mean `delimiter`?",
        "sources.unused: line 4: is used by no record and no join",
        "settings.currency: line 6: `XXQ` is not an ISO 4217 currency code such as USD",
        "settings.pipelines[0].stages[0].class: line 7: `opened` is not a class: did you mean `open`?",
        "records[0].kind: line 9: `oportunity` is not a kind of record: did you mean `opportunity`?",
        "records[1].source: line 12: `deal` is not one of the sources: did you mean `deals`?",
        "records[2].id: line 13: `id` is missing: say which column names the record",
        "records[2].fields.amout: line 16: `amout` is not a field of opportunity: did you mean `amount`?",
        "records[2].fields.type: line 17: `newish` is not one of its values: did you mean `new`?",
        "records[2].fields.amount: line 18: give one of `column`, `constant` and `template`",
        "records[2].fields.stage[0]: line 19: has no `when`: what follows it never counts",
        "records[2].fields.created_at.format: line 20: `%H` does not tell year, month and day, as %Y-%m-%d does",
        "records[2].fields.closed_at.currency: line 21: `currency` has a meaning for amounts of money only",
        "records[2].fields.lines[0].produkt: line 23: `produkt` is not a field of an entry: did you mean `product`?",
        "records[2].fields.name.join: line 24: `nothing` is not a join of this record: nothing is allowed here",
        "records[2].fields.owner_id.template: line 25: `plain` names no {column}: use `constant`",
        "records[2].fields.account_id.when.is: line 26: `is` is not a key here: did you mean `in`?",
        "records[2].fields.account_id.when: line 26: give one of equals, not, in, empty, present, any",
    ];
    let found = problems(mapping);
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn text_that_is_no_mapping_is_named_by_line() {
    assert!(problems("sources: [\n")[0].starts_with("mapping: line "));
    assert!(problems("a: 1\na: 2\n")[0].contains("line 2"));
    assert_eq!(problems("- x")[0], ": line 1: is a list, where a table is meant");
}

const WAYS: &str = r#"
sources:
  deals:
    files: ["deal*.csv"]
    delimiter: ";"
    trim: true
    nulls: [n/a]
    date_format: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]
    zone: Europe/Berlin
    decimal: ","
    thousands: "."
    ignore: [note]
    columns:
      stage: {rename: {gewonnen: Won}, nulls: ["-"]}
records:
  - kind: opportunity
    source: deals
    when: {column: kind, not: [test]}
    id: {template: "{region}-{nr}"}
    effective_at: changed
    source_version: version
    attributes:
      score: {column: score, type: number}
      since: {column: created, type: date}
      note: region
    fields:
      stage: {column: stage, default: Open}
      type: kind
      amount: {column: amount, currency: {column: currency, rename: {€: EUR}}}
      created_at: created
      term_months: term
      source:
        - when: [{column: region, equals: N}, {any: [{column: kind, in: [new]}, {column: kind, empty: true}]}]
          constant: north
        - {column: region, rename: {S: south}, nulls: [X]}
"#;

#[test]
fn cells_are_read_as_the_mapping_says() {
    let text = "nr;region;kind;stage;amount;currency;created;changed;version;score;term;note\n\
                1;N;new;gewonnen;1.234,50;€;01.07.2017 09:30;02.07.2017;3;1,5;12;x\n\
                2; S ;Cross-Sell;-;n/a;;01.07.2017;;;;;\n\
                3;X;test;;;;;;;;;\n";
    let outcome = import(WAYS, vec![file("deals1.csv", text)]).unwrap();
    assert_eq!(outcome.told(), []);
    assert_eq!(outcome.rows, 3);
    let expected = json!([
        {"id": "N-1", "effective_at": "2017-07-01T22:00:00Z", "source_version": 3, "attributes": {
            "note": {"text": "N"}, "score": {"number": "1.5"}, "since": {"date": "2017-07-01"}},
         "opportunity": {"source": "north", "type": "OPPORTUNITY_TYPE_NEW", "amount": {"minor_units": 123_450, "currency_code": "EUR"},
            "stage": "Won", "term_months": 12, "created_at": {"instant": "2017-07-01T07:30:00Z"}}},
        {"id": "S-2", "attributes": {"note": {"text": "S"}, "since": {"date": "2017-07-01"}},
         "opportunity": {"source": "south", "type": "OPPORTUNITY_TYPE_CROSS_SELL", "stage": "Open", "created_at": {"date": "2017-07-01"}}},
    ]);
    assert_eq!(json!(outcome.json("opportunity")), expected);
}

#[test]
fn unknown_columns_and_files_warn_and_strict_refuses_them() {
    let mapping = "sources: {a: {files: a.csv}}\nrecords: [{kind: account, source: a, id: id}]\n";
    let files = || vec![file("a.csv", "id,x,y\n1,2,3\n"), file("b.csv", "q\n")];
    let outcome = import(mapping, files()).unwrap();
    let expected = [
        "a.csv: the mapping does not name column `x`, `y`",
        "b.csv: the file fits no source of the mapping and is not read",
    ];
    assert_eq!(outcome.warnings, expected);
    let strict = run(
        Some(Mapping::parse(mapping).unwrap()),
        files(),
        Settings::default(),
        true,
    );
    assert_eq!(strict.err().unwrap().message, expected.join("; "));
}

const MERGED: &str = r"
sources:
  deals: {files: deals.csv}
  lines: {files: lines.csv}
  stages: {files: stages.csv}
records:
  - kind: opportunity
    from:
      - source: deals
        id: id
        fields: {name: name, stage: stage, created_at: created}
      - source: lines
        id: deal
        fields:
          name: name
          lines: [{product: product, units: units}]
      - source: stages
        id: deal
        fields:
          stage_history: [{at: at, stage: stage}]
";

#[test]
fn rows_of_several_files_make_one_record_in_any_order() {
    let deals = ["1,First,Won,2017-01-01", "2,,Open,2017-01-01"];
    let lines = ["1,x,B,2", "1,x,A,1", "2,Second,C,1"];
    let stages = ["1,2017-02-01,Won", "1,2017-01-01,Open"];
    let read = |turn: bool| {
        let text = |header: &str, rows: &[&str]| {
            let mut rows = rows.to_vec();
            if turn {
                rows.reverse();
            }
            format!("{header}\n{}\n", rows.join("\n"))
        };
        let mut files = vec![
            file("deals.csv", text("id,name,stage,created", &deals)),
            file("lines.csv", text("deal,name,product,units", &lines)),
            file("stages.csv", text("deal,at,stage", &stages)),
        ];
        if turn {
            files.reverse();
        }
        import(MERGED, files).unwrap()
    };
    let outcome = read(false);
    assert_eq!(outcome.told(), []);
    assert_eq!(outcome.rows, 7);
    let expected = json!([
        {"id": "1", "opportunity": {"name": "First", "lines": [{"product": "A", "units": "1"}, {"product": "B", "units": "2"}],
            "stage": "Won", "created_at": {"date": "2017-01-01"},
            "stage_history": [{"at": {"date": "2017-01-01"}, "stage": "Open"}, {"at": {"date": "2017-02-01"}, "stage": "Won"}]}},
        {"id": "2", "opportunity": {"name": "Second", "lines": [{"product": "C", "units": "1"}], "stage": "Open", "created_at": {"date": "2017-01-01"}}},
    ]);
    assert_eq!(json!(outcome.json("opportunity")), expected);
    assert_eq!(json!(read(true).json("opportunity")), expected);
}

#[test]
fn merged_rows_that_contradict_are_refused_together_and_named_by_their_own_place() {
    let files = vec![
        file("deals.csv", "id,name,stage,created\n1,,Open,2017-01-01\n"),
        file("lines.csv", "deal,name,product,units\n1,x,A,1\n1,y,B,-2\n"),
        file("stages.csv", "deal,at,stage\n"),
    ];
    let outcome = import(MERGED, files).unwrap();
    let told: Vec<(u32, u64, &str)> = outcome
        .rejects
        .iter()
        .map(|r| (r.file, r.line, r.field.as_str()))
        .collect();
    assert_eq!(told, [(1, 3, "name"), (1, 3, "units")], "{:?}", outcome.rejects);
    assert_eq!((outcome.refused_rows, outcome.records.len()), (3, 0));
}

#[test]
fn dimensions_of_several_rows_are_told_apart_by_name() {
    let mapping = "sources: {a: {files: a.csv}, b: {files: b.csv}}\nrecords:\n  - kind: metric_sample\n    from:\n      \
         - source: a\n        id: id\n        \
           fields: {name: {constant: n}, at: at, value: value, dimensions: {site: site, channel: channel}}\n      \
         - {source: b, id: id, fields: {dimensions: {site: place, team: team}}}\n";
    let long = "x".repeat(1_025);
    let files = vec![
        file(
            "a.csv",
            format!(
                "id,at,value,site,channel\n1,2024-01-01,1,oslo,\n2,2024-01-01,2,,web\n3,2024-01-01,3,oslo,\n4,2024-01-01,4,{long},\n"
            ),
        ),
        file(
            "b.csv",
            "id,place,team\n1,berlin,x\n2,berlin,\n3,oslo,x\n3,oslo,y\n",
        ),
    ];
    let outcome = import(mapping, files).unwrap();
    let dimensions = |at: usize| outcome.json("metric_sample")[at]["metric_sample"]["dimensions"].clone();
    assert_eq!(dimensions(0), json!({"site": "oslo", "team": "x"}));
    assert_eq!(dimensions(1), json!({"site": "berlin", "channel": "web"}));
    let told: Vec<(u32, u64, &str)> = outcome
        .rejects
        .iter()
        .map(|r| (r.file, r.line, r.field.as_str()))
        .collect();
    assert_eq!(told, [(1, 5, "team"), (0, 5, "site")], "{:?}", outcome.rejects);
    assert_eq!((outcome.refused_rows, outcome.records.len()), (4, 2));
}

#[test]
fn names_that_cannot_be_declared_and_types_that_differ_are_wrong_in_the_mapping() {
    let mapping = "sources: {a: {files: a.csv}}\nrecords:\n  - {kind: account, source: a, id: id, attributes: {Tier: t, score: {column: s, type: number}}}\n  \
         - {kind: account, source: a, id: id, attributes: {score: s}}\n  \
         - {kind: metric_sample, source: a, id: id, fields: {dimensions: {The Site: s}}}\n";
    let told = problems(mapping).join("\n");
    for part in [
        "`Tier` is not a name",
        "`The Site` is not a name",
        "`score` of account is both number and text",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_join_says_what_becomes_of_a_key_without_partner() {
    let mapping = |missing: &str| {
        format!(
            "sources: {{a: {{files: a.csv}}, b: {{files: b.csv}}}}\nrecords:\n  - kind: account\n    source: a\n    id: id\n    \
             joins: {{b: {{source: b, on: key, key: k{missing}}}}}\n    fields:\n      segment: {{join: b, column: s}}\n      \
             name: {{template: \"{{b.s}}/{{{{id}}}}\"}}\n"
        )
    };
    let files = || {
        vec![
            file("a.csv", "id,key\n1,x\n2,\n3,y\n"),
            file("b.csv", "k,s\nx,big\n,none\n"),
        ]
    };
    let outcome = import(&mapping(", missing: \"null\""), files()).unwrap();
    let expected = json!([{"id": "1", "account": {"segment": "big", "name": "big/{id}"}}, {"id": "2", "account": {}}, {"id": "3", "account": {}}]);
    assert_eq!(
        (json!(outcome.json("account")), outcome.told().len()),
        (expected, 0)
    );
    let outcome = import(&mapping(""), files()).unwrap();
    assert_eq!(outcome.told(), [(4, "key", "`y` is not in column `k` of b")]);
}

#[test]
fn objects_of_a_jsonl_file_have_columns_too() {
    let mapping = "sources: {a: {files: a.jsonl}}\nrecords: [{kind: account, source: a, id: id, fields: {employees: size.staff, name: name}}]\n";
    let text =
        "{\"id\": 7, \"size\": {\"staff\": 12}, \"name\": null, \"more\": 1}\n{\"id\": [1]}\nnonsense\n";
    let error = refusal(mapping, vec![file("a.jsonl", "{\"id\": 1, \"name\": \"x\"}\n")]);
    assert!(
        error
            .message
            .starts_with("a.jsonl: no line has `size.staff` (mapping line 2, "),
        "{}",
        error.message
    );
    let outcome = import(mapping, vec![file("a.jsonl", text)]).unwrap();
    assert_eq!(
        json!(outcome.json("account")),
        json!([{"id": "7", "account": {"employees": 12}}])
    );
    assert_eq!(outcome.warnings, ["a.jsonl: the mapping does not name `more`"]);
    assert_eq!(outcome.told()[0], (2, "id", "is an array, where a text is meant"));
    assert_eq!(outcome.told()[1].0, 3);
}

#[test]
fn declared_settings_are_taken_or_must_be_equal() {
    let declare = |text: &str| {
        let records = "sources: {a: {files: a.csv}}\nrecords: [{kind: account, source: a, id: id}]\n";
        Mapping::parse(&format!("{records}settings: {text}\n"))
            .unwrap()
            .settings()
            .clone()
    };
    let declared = declare(
        "{currency: EUR, fiscal_calendar: {start_month: 4}, pipelines: [{id: p, stages: [{name: A, class: open}]}]}",
    );
    let fresh = declared.onto(&Settings::default(), false).unwrap();
    assert_eq!(
        (fresh.currency.code(), fresh.zone.name(), fresh.pipelines.len()),
        ("EUR", "UTC", 1)
    );
    assert_eq!(declared.onto(&fresh, true).unwrap(), fresh);
    let moved = Settings {
        zone: Zone::named("Asia/Tokyo").unwrap(),
        ..fresh.clone()
    };
    assert_eq!(declared.onto(&moved, true).unwrap(), moved);
    let other = declare(
        "{currency: USD, zone: UTC, pipelines: [{id: p, stages: [{name: A, class: won}]}, {id: q, stages: [{name: B, class: open}]}]}",
    );
    let error = other.onto(&moved, true).unwrap_err();
    assert_eq!(
        (error.code, error.reason),
        (ErrorCode::FailedPrecondition, ErrorReason::SettingsConflict)
    );
    let expected = "settings.currency: the mapping says USD, the tenant has EUR; \
                    settings.zone: the mapping says UTC, the tenant has Asia/Tokyo; \
                    settings.pipelines.p: the mapping says A (won), the tenant has A (open): \
                    change the mapping or the tenant's settings first";
    assert_eq!(error.message, expected);
    let more = declare("{pipelines: [{id: q, stages: [{name: B, class: open}]}]}")
        .onto(&fresh, true)
        .unwrap();
    assert_eq!(more.pipelines.len(), 2);
}
