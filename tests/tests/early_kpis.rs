//! Made-up leads and activities go in as records, and every cut of every KPI of them equals the oracle's.

use std::collections::HashMap;
use std::fs;

use bellwether_tests::oracle::answer::Row;
use bellwether_tests::oracle::dates;
use bellwether_tests::oracle::early::{Company, KPIS, Question};
use bellwether_tests::product::Server;
use serde_json::Value;

fn ask(server: &Server, question: &Question) -> Value {
    let days = [question.from, question.to, question.as_of].map(dates::write);
    let mut args = vec!["kpi", "query"];
    args.extend(KPIS);
    args.extend([
        "--tenant", "early", "--from", &days[0], "--to", &days[1], "--as-of", &days[2], "--output", "json",
    ]);
    if question.monthly {
        args.extend(["--grain", "month"]);
    }
    if question.by_owner {
        args.extend(["--by", "owner"]);
    }
    server.run(&args).exits(0).json()
}

/// Compares every row with the oracle's; how many tell more than nothing.
fn compare(server: &Server, company: &Company, question: &Question) -> usize {
    let answer = ask(server, question);
    let answer = answer.as_array().expect("an array");
    for kpi in KPIS {
        let got: Vec<&Value> = answer.iter().filter(|row| row["kpi"] == kpi).collect();
        let key = |row: &Row| (dates::write(row.start), row.group.clone());
        let expected: HashMap<_, Row> = company
            .rows(kpi, question)
            .into_iter()
            .map(|row| (key(&row), row))
            .collect();
        assert_eq!(
            got.len(),
            expected.len(),
            "{kpi} {question:?}: another number of rows"
        );
        for row in got {
            let group = row["group"].as_object().expect("an object").values();
            let group: Vec<Option<String>> = group.map(|name| name.as_str().map(str::to_owned)).collect();
            let start = row["period_start"].as_str().unwrap_or_default().to_owned();
            let expected = expected.get(&(start, group)).expect("a row of the oracle");
            let reason = row["absent_reason"].as_str().unwrap_or("no reason");
            let value = row["value"].as_str().map(str::to_owned).ok_or(reason);
            assert_eq!(value, expected.value, "{kpi} {question:?} {row}");
            assert_eq!(
                row["n"].as_u64(),
                Some(expected.n as u64),
                "{kpi} {question:?} {row}"
            );
        }
    }
    let tells = |row: &&Value| row["value"].as_str().is_some_and(|value| value != "0");
    answer.iter().filter(tells).count()
}

#[test]
fn every_cut_of_leads_and_activities_equals_an_independent_recomputation() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path());
    let company = Company::new(20_240_101);
    let file = dir.path().join("records.jsonl");
    fs::write(&file, company.lines().join("\n")).expect("a writable folder");
    let done = server
        .run(&["import", "--tenant", "early", &file.display().to_string()])
        .exits(0);
    let (from, to) = (dates::read("2024-01-01"), dates::read("2024-08-01"));
    let mut seen = 0;
    for as_of in [
        "2023-12-31",
        "2024-02-14",
        "2024-04-30",
        "2024-06-09",
        "2025-06-30",
    ] {
        for monthly in [false, true] {
            for by_owner in [false, true] {
                let question = Question {
                    from,
                    to,
                    monthly,
                    as_of: dates::read(as_of),
                    by_owner,
                };
                seen += compare(&server, &company, &question);
            }
        }
    }
    assert!(seen > 2_000, "only {seen} rows tell anything; {}", done.out);
    assert_eq!(server.stop(), Some(0));
}
