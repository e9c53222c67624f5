//! Bad input: each case is refused with the place and the reason, and nothing beside it is lost.

use super::{Outcome, file, import, refusal, run, text_of};
use bellwether_domain::settings::Settings;
use bellwether_domain::{ErrorCode, ErrorReason};

const MAPPING: &str = r"
sources:
  deals: {files: deals.csv}
settings:
  pipelines:
    - {id: p, stages: [{name: Open, class: open}, {name: Won, class: won}]}
records:
  - kind: opportunity
    source: deals
    id: id
    fields:
      stage: stage
      amount: {column: amount, currency: {column: currency}}
      created_at: created
      closed_at: closed
";
const HEADER: &str = "id,stage,amount,currency,created,closed\n";

fn deals(rows: &[u8]) -> Outcome {
    let bytes = [HEADER.as_bytes(), b"good,Open,5,USD,2017-01-01,\n", rows].concat();
    let outcome = import(MAPPING, vec![file("deals.csv", bytes)]).unwrap();
    assert!(outcome.records.iter().any(|record| record.record.id == "good"));
    outcome
}

#[test]
fn each_bad_cell_is_named_by_line_and_column() {
    let cases: [(&str, &[(&str, &str)]); 9] = [
        (
            ",Open,1,USD,2017-01-01,",
            &[("id", "is missing: give the record's id in the source")],
        ),
        (
            "a,Open,1,USD,2017-02-30,",
            &[("created", "`2017-02-30` is not a day of the calendar")],
        ),
        (
            "a,Won,1,USD,2017-03-01,2017-02-01",
            &[("closed", "2017-02-01 is before created_at 2017-03-01")],
        ),
        (
            "a,Open,-1,USD,2017-01-01,",
            &[("amount", "-1.00 USD is negative: amounts are 0 or more")],
        ),
        (
            "a,Open,one,USD,2017-01-01,",
            &[("amount", "`one` is not a number such as 1234.50")],
        ),
        (
            "a,Open,1.001,USD,2017-01-01,",
            &[("amount", "`1.001` has more than the 2 decimals of USD")],
        ),
        (
            "a,Open,1,XXQ,2017-01-01,",
            &[("currency", "`XXQ` is not an ISO 4217 currency code such as USD")],
        ),
        (
            "a,Opne,1,USD,2017-01-01,",
            &[(
                "stage",
                "`Opne` is not a stage of pipeline `p`: use one of Open, Won",
            )],
        ),
        (
            ",Open,x,EUR,2017-02-30,soon",
            &[
                ("amount", "`x` is not a number such as 1234.50"),
                ("created", "`2017-02-30` is not a day of the calendar"),
                (
                    "closed",
                    "`soon` is neither a date such as 2017-03-01 nor an instant such as 2017-03-01T09:30:00Z",
                ),
                ("id", "is missing: give the record's id in the source"),
            ],
        ),
    ];
    for (row, expected) in cases {
        let outcome = deals(row.as_bytes());
        let expected: Vec<(u64, &str, &str)> = expected
            .iter()
            .map(|(field, reason)| (3, *field, *reason))
            .collect();
        assert_eq!(outcome.told(), expected, "{row}");
        assert_eq!((outcome.rows, outcome.refused_rows), (2, 1), "{row}");
    }
}

#[test]
fn rows_that_are_broken_as_a_whole_are_named_by_line() {
    let open = "the file ends inside the row: a quote that is opened here is never closed: everything up to line 5 was read as one cell";
    let cases: [(&[u8], u64, &str, &str); 6] = [
        (
            b"a,Open,1",
            3,
            "currency",
            "the row ends after 3 of 6 columns: the file may be cut off here",
        ),
        (
            b"a,Open,1,USD,2017-01-01,,,",
            3,
            "row",
            "the row has 8 columns, the header 6: quote cells that hold the delimiter",
        ),
        (b"a,\"Open,1,USD\nb,Open,1,USD,,\nc", 3, "row", open),
        (
            b"a,Op\xffen,1,USD,2017-01-01,",
            3,
            "stage",
            "byte 3 of the cell is 0xFF, which is not UTF-8: convert the file to utf-8",
        ),
        (
            b"\"a\nb\",Open,1,USD,x,\n",
            3,
            "created",
            "`x` is neither a date such as 2017-03-01 nor an instant such as 2017-03-01T09:30:00Z",
        ),
        (
            b"\n\n\na,Open,1,USD,x,\n",
            6,
            "created",
            "`x` is neither a date such as 2017-03-01 nor an instant such as 2017-03-01T09:30:00Z",
        ),
    ];
    for (rows, line, field, reason) in cases {
        assert_eq!(deals(rows).told(), [(line, field, reason)]);
    }
}

#[test]
fn a_line_of_ten_megabytes_is_refused_and_the_next_one_read() {
    let rows = format!("a,{},1,USD,,\nb,Open,1,USD,,\n", "x".repeat(10 << 20));
    let outcome = deals(rows.as_bytes());
    assert_eq!(
        outcome.told(),
        [(3, "row", "the row is longer than 1048576 bytes")]
    );
    assert_eq!(outcome.records.len(), 2);
}

#[test]
fn files_that_cannot_be_read_fail_the_import() {
    let cases = [
        (
            "",
            "deals.csv line 1: the file is empty: its first line must name the columns",
        ),
        (
            "id,stage,amount,currency,created,closed,id\n",
            "deals.csv line 1: column `id` stands twice",
        ),
        (
            "id,stage,amount,currency,created,close\n",
            "deals.csv line 1: there is no column `closed` (mapping line 15, records[0].fields.closed_at): did you mean `close`?",
        ),
    ];
    for (text, expected) in cases {
        let error = refusal(MAPPING, vec![file("deals.csv", text)]);
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::InvalidArgument, ErrorReason::InvalidMapping)
        );
        assert_eq!(error.message, expected);
    }
    let error = refusal(MAPPING, vec![file("other.csv", HEADER)]);
    assert_eq!(
        error.message,
        "sources: no file of the import fits a source that makes records"
    );
    assert_eq!(import(MAPPING, vec![file("deals.csv", HEADER)]).unwrap().rows, 0);
}

#[test]
fn contradicting_rows_are_refused_whatever_their_order() {
    let (first, second) = ("a,Open,1,USD,2017-01-01,\n", "a,Open,2,USD,2017-01-01,\n");
    for rows in [[first, second], [second, first]] {
        let outcome = deals(rows.concat().as_bytes());
        let reason = |line| {
            format!(
                "`a` stands in deals.csv line {line} too, with other values: which of them counts cannot be told"
            )
        };
        assert_eq!(
            outcome.told(),
            [(3, "id", reason(4).as_str()), (4, "id", reason(3).as_str())]
        );
        assert_eq!(outcome.records.len(), 1);
    }
    let same = deals([first, first].concat().as_bytes());
    assert_eq!((same.told().len(), same.records.len()), (0, 3));
}

#[test]
fn lines_of_records_need_no_mapping() {
    let deal = |id: &str, code: &str| {
        format!(
            r#"{{"id":"{id}","opportunity":{{"stage":"Open","amount":{{"minor_units":5,"currency_code":"{code}"}}}}}}"#
        )
    };
    let lines = [
        deal("a", "USD"),
        deal("b", "XXQ"),
        r#"{"id":"c","oportunity":{}}"#.to_owned(),
        r#"{"id":"d","opport"#.to_owned(),
        "x".repeat(2 << 20),
    ];
    let mut bytes = lines.join("\n").into_bytes();
    bytes.extend(b"\n\xff\n\n");
    let outcome = run(None, vec![file("deals.jsonl", bytes)], Settings::default(), false).unwrap();
    assert_eq!(
        (outcome.rows, outcome.records.len(), outcome.refused_rows),
        (6, 1, 5)
    );
    let told = outcome.told();
    assert_eq!(
        told[0],
        (
            2,
            "opportunity.amount.currency_code",
            "`XXQ` is not an ISO 4217 currency code such as USD"
        )
    );
    assert!(
        told[1].0 == 3 && told[1].2.contains("oportunity"),
        "{:?}",
        told[1]
    );
    assert!(
        told[2].0 == 4 && told[2].2.starts_with("is no record in JSON"),
        "{:?}",
        told[2]
    );
    assert_eq!(told[3], (5, "row", "the line is longer than 1048576 bytes"));
    assert_eq!(
        told[4],
        (
            6,
            "row",
            "byte 1 of the line is 0xFF, which is not UTF-8: convert the file to utf-8"
        )
    );
    let error = run(
        None,
        vec![file("a.csv", "id\n"), file("b.jsonl", "\n")],
        Settings::default(),
        false,
    )
    .err()
    .unwrap();
    assert_eq!(
        error.message,
        "a.csv: is a CSV file: an import of it needs a mapping; b.jsonl: the file is empty"
    );
}

#[test]
fn a_looked_up_file_that_is_missing_or_broken_fails_the_import() {
    let mapping = text_of("deploy/mappings/crm_sales_opportunities.yaml");
    let pipeline =
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n";
    let error = refusal(&mapping, vec![file("sales_pipeline.csv", pipeline)]);
    assert_eq!(
        error.message,
        "sources.products: records look rows up in it, and no file of the import is called products.csv"
    );
    let products = "product,series,sales_price\nA,S,1\nA,S,2\nB,S\n";
    let error = refusal(
        &mapping,
        vec![
            file("sales_pipeline.csv", pipeline),
            file("products.csv", products),
        ],
    );
    let expected = "products.csv line 3: `A` stands with other values in products.csv line 2 too; \
                    products.csv line 4: sales_price: the row ends after 2 of 3 columns: the file may be cut off here";
    assert_eq!(error.message, expected);
    let row = format!("{pipeline}d,Ann,C,,Engaging,2017-01-01,,\n");
    let products = "product,series,sales_price\nA,S,x\n";
    let outcome = import(
        &mapping,
        vec![file("sales_pipeline.csv", row), file("products.csv", products)],
    )
    .unwrap();
    assert_eq!(
        outcome.told(),
        [(2, "product", "`C` is not in column `product` of products")]
    );
    let row = format!("{pipeline}d,Ann,A,,Engaging,2017-01-01,,\n");
    let outcome = import(
        &mapping,
        vec![file("sales_pipeline.csv", row), file("products.csv", products)],
    )
    .unwrap();
    assert_eq!(
        outcome.told(),
        [(
            2,
            "sales_price",
            "`x` is not a number such as 1234.50 (products.csv line 2)"
        )]
    );
}

#[test]
fn everything_wrong_with_a_row_of_the_export_is_told_at_once() {
    let mapping = text_of("deploy/mappings/crm_sales_opportunities.yaml");
    let header = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value";
    let told = |row: &str| -> Vec<String> {
        let pipeline = format!("{header}\n{row}\n");
        let products = file("products.csv", "product,series,sales_price\nA,S,5\n");
        let outcome = import(&mapping, vec![file("sales_pipeline.csv", pipeline), products]).unwrap();
        outcome
            .rejects
            .iter()
            .map(|reject| reject.field.clone())
            .collect()
    };
    let all = told(",Ann,B,Acme,Won,2017-02-30,2017-13-01,-5");
    assert_eq!(
        all,
        [
            "close_value",
            "product",
            "engage_date",
            "close_date",
            "opportunity_id"
        ]
    );
    assert_eq!(told("x,Ann,A,Acme,Won,2017-03-01,2017-02-01,5"), ["close_date"]);
    assert_eq!(
        told("x,Ann,A,Acme,Engaging,2017-03-01,2017-04-01,"),
        ["close_date"]
    );
    assert_eq!(told("x,Ann,A,Acme,Wonn,2017-03-01,,"), ["deal_stage"]);
    assert_eq!(told("x,Ann,A,Acme,Won,2017-03-01,,"), ["close_date"]);
}
