//! The real CRM export goes in, and every cut of every KPI equals the oracle's.

use std::collections::HashMap;

use bellwether_tests::oracle::answer::{KPIS, Question, Row, rows};
use bellwether_tests::oracle::dates;
use bellwether_tests::oracle::export::{Deal, deals, folder};
use bellwether_tests::oracle::kinds::KINDS;
use bellwether_tests::product::{Server, import_export};
use serde_json::Value;

const DIMENSIONS: [&[&str]; 9] = [
    &[],
    &["owner"],
    &["region"],
    &["manager"],
    &["product"],
    &["account"],
    &["account_industry"],
    &["account_region"],
    &["region", "product"],
];

/// Asks the product.
fn ask(server: &Server, question: &Question<'_>, kpis: &[&str]) -> Value {
    let days = [question.from, question.to, question.as_of].map(dates::write);
    let mut args = vec!["kpi", "query"];
    args.extend(kpis);
    args.extend([
        "--tenant", "crm", "--from", &days[0], "--to", &days[1], "--as-of", &days[2], "--output", "json",
    ]);
    for dimension in question.by {
        args.extend(["--by", dimension]);
    }
    if let Some(grain) = question.grain {
        args.extend(["--grain", grain]);
    }
    server.run(&args).exits(0).json()
}

/// Asks the product and compares every row with the oracle's; how many there were.
fn compare(server: &Server, deals: &[Deal], question: &Question<'_>, kpis: &[&str]) -> usize {
    let answer = ask(server, question, kpis);
    let answer = answer.as_array().expect("an array");
    for kpi in kpis {
        let got: Vec<&Value> = answer.iter().filter(|row| row["kpi"] == *kpi).collect();
        let key = |row: &Row| (dates::write(row.start), dates::write(row.end), row.group.clone());
        let expected: HashMap<_, Row> = rows(kpi, deals, question)
            .into_iter()
            .map(|row| (key(&row), row))
            .collect();
        assert_eq!(
            got.len(),
            expected.len(),
            "{kpi} {question:?}: another number of rows"
        );
        for row in got {
            same(row, &expected, kpi, question);
        }
    }
    answer.len()
}

/// Compares all KPIs, as many at a time as fit a question; the later ones by coarse grains only.
fn every(server: &Server, deals: &[Deal], question: &Question<'_>) -> usize {
    let coarse = matches!(question.grain, None | Some("quarter" | "year"));
    let more = if coarse { &KINDS[..] } else { &[] };
    [&KPIS[..]]
        .into_iter()
        .chain(more.chunks(32))
        .map(|kpis| compare(server, deals, question, kpis))
        .sum()
}

type Key = (String, String, Vec<Option<String>>);

fn same(row: &Value, expected: &HashMap<Key, Row>, kpi: &str, question: &Question<'_>) {
    let group = row["group"].as_object().expect("an object");
    let group: Vec<Option<String>> = group
        .values()
        .map(|name| name.as_str().map(str::to_owned))
        .collect();
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let key = (text("period_start"), text("period_end"), group);
    let expected = expected
        .get(&key)
        .unwrap_or_else(|| panic!("{kpi} {question:?}: no such row: {key:?}"));
    let got = row["value"]
        .as_str()
        .ok_or(row["absent_reason"].as_str().unwrap_or("no reason"));
    assert_eq!(
        got.map(str::to_owned),
        expected.value,
        "{kpi} {question:?} {key:?}"
    );
    assert_eq!(
        row["n"].as_u64(),
        Some(expected.n as u64),
        "{kpi} {question:?} {key:?}: n"
    );
}

/// Cuts of 2017 by every dimension and calendar grain.
fn year_by_every_dimension(server: &Server, deals: &[Deal]) -> usize {
    let (from, to) = (dates::read("2017-01-01"), dates::read("2018-01-01"));
    let as_of = dates::read("2018-06-30");
    let mut seen = 0;
    for by in DIMENSIONS {
        for grain in [None, Some("month"), Some("quarter"), Some("year")] {
            let question = Question {
                from,
                to,
                grain,
                as_of,
                by,
            };
            seen += every(server, deals, &question);
        }
    }
    seen
}

/// Days and weeks, and the year as it stood on five days.
fn year_as_of_several_days(server: &Server, deals: &[Deal]) -> usize {
    let (from, to) = (dates::read("2017-01-01"), dates::read("2018-01-01"));
    let mut seen = 0;
    for by in [&[][..], &["region"][..]] {
        for day in [
            "2016-12-31",
            "2017-02-14",
            "2017-03-01",
            "2017-08-31",
            "2017-12-31",
            "2018-06-30",
        ] {
            for grain in [None, Some("month"), Some("week"), Some("day")] {
                let question = Question {
                    from,
                    to,
                    grain,
                    as_of: dates::read(day),
                    by,
                };
                seen += every(server, deals, &question);
            }
        }
    }
    seen
}

/// Edges that are no calendar edges.
fn odd_edges(server: &Server, deals: &[Deal]) -> usize {
    let (from, to) = (dates::read("2017-03-08"), dates::read("2017-11-20"));
    let as_of = dates::read("2018-06-30");
    let mut seen = 0;
    for grain in [None, Some("month"), Some("quarter"), Some("week")] {
        let question = Question {
            from,
            to,
            grain,
            as_of,
            by: &["manager"],
        };
        seen += every(server, deals, &question);
    }
    seen
}

#[test]
fn every_cut_equals_an_independent_recomputation() {
    let Some(folder) = folder() else {
        eprintln!("skipped: ../shared/data/crm is not there");
        return;
    };
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let done = import_export(&server, &folder, "crm").exits(0).json();
    let changed = |kind: &str| done["records"][kind]["changed"].as_u64();
    let counts = (
        done["rejected"].as_u64(),
        changed("opportunity"),
        changed("account"),
        changed("rep"),
    );
    assert_eq!(counts, (Some(0), Some(8800), Some(85), Some(35)), "{done}");
    let again = import_export(&server, &folder, "crm").exits(0).json();
    for kind in again["records"].as_object().expect("an object").values() {
        assert_eq!(
            kind["changed"].as_u64(),
            Some(0),
            "a second import changes nothing: {again}"
        );
    }
    let deals = deals(&folder);
    let seen = year_by_every_dimension(&server, &deals)
        + year_as_of_several_days(&server, &deals)
        + odd_edges(&server, &deals);
    assert!(seen > 20_000, "only {seen} rows were compared");
    assert_eq!(server.stop(), Some(0));
}
