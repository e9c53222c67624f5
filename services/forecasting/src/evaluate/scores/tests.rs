//! The whole way from a file to its measures.

use std::fmt::Write as _;

use super::*;
use crate::frame::{mix, read};

fn ask(target: &str) -> Ask {
    Ask {
        target: target.to_owned(),
        positive: None,
        ignore: Vec::new(),
        time: None,
        test_share: 0.3,
        seed: 7,
    }
}

fn chance(row: usize, salt: u64) -> f64 {
    mix(row as u64 * 31 + salt) as f64 / u64::MAX as f64
}

fn evaluate(table: &Table, ask: &Ask) -> Result<(Report, Vec<Told>), Refused> {
    super::evaluate(table, ask, &mut || 0.0)
}

/// Deals whose chance follows from stage and amount; `leak` knows the end, `code` says nothing.
fn deals(rows: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for row in 0..rows {
        let stage = ["lead", "demo", "offer"][row % 3];
        let amount = (chance(row, 1) * 8.0).exp();
        let p = [0.15, 0.45, 0.8][row % 3] - if amount > 300.0 { 0.1 } else { 0.0 };
        let won = chance(row, 2) < p;
        let day = row % 28 + 1;
        let month = row * 24 / rows;
        let mut line = format!("{}-{:02}-{day:02}", 2020 + month / 12, month % 12 + 1);
        let end = if won { "Won" } else { "Lost" };
        write!(
            line,
            ",{stage},{amount:.2},same,{},id{row},{end}",
            if won { 1.0 + amount } else { 0.0 }
        )
        .unwrap();
        lines.push(line);
    }
    lines
}

const HEADER: &str = "\u{feff}created,stage,\"amount, in EUR\",constant,closed_value,id,end";

fn table(lines: &[String]) -> Table {
    read(format!("{HEADER}\n{}\n", lines.join("\n")).as_bytes()).unwrap()
}

#[test]
fn a_leak_is_left_out_and_the_rest_is_learned() {
    let (report, told) = evaluate(&table(&deals(3000)), &ask("end")).unwrap();
    assert_eq!((report.n_train, report.n_test), (2100, 900));
    assert_eq!(told.len(), 900);
    assert!(
        report.leaks[0].starts_with("closed_value: explains"),
        "{:?}",
        report.leaks
    );
    assert!(
        report.signal && report.log_loss < report.base_log_loss - 0.05,
        "{report:?}"
    );
    assert!((0.7..0.9).contains(&report.auc.unwrap()) && report.ece10 < 0.06);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.starts_with("constant: the same in every row"))
    );
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.starts_with("id: a word of its own"))
    );
    assert_eq!(report.features[0].column, "stage");
    for one in told.iter().take(20) {
        let sum = one
            .score
            .reasons
            .iter()
            .fold(one.score.base, |sum, reason| sum + reason.contribution);
        assert_eq!(sum, one.score.logit);
    }
}

#[test]
fn a_leak_of_few_rows_is_left_out_as_well() {
    for rows in [60, 100, 300] {
        let mut text = "z,size,end\n".to_owned();
        for row in 0..rows {
            let won = chance(row, 8) < 0.5;
            let z = chance(row, 9) * 50.0 + if won { 100.0 } else { 0.0 };
            let end = if won { "Won" } else { "Lost" };
            writeln!(text, "{z:.2},{:.2},{end}", chance(row, 10)).unwrap();
        }
        let (report, _) = evaluate(&read(text.as_bytes()).unwrap(), &ask("end")).unwrap();
        assert!(
            report.leaks.len() == 1 && report.leaks[0].starts_with("z: explains"),
            "{rows}: {report:?}"
        );
        assert!(report.auc.unwrap() < 0.8, "{rows}: {report:?}");
    }
}

#[test]
fn by_time_the_order_of_rows_does_not_matter() {
    let lines = deals(900);
    let turned: Vec<String> = (0..900).map(|row| lines[row * 7 % 900].clone()).collect();
    let ask = Ask {
        time: Some("created".to_owned()),
        ..ask("end")
    };
    let (a, _) = evaluate(&table(&lines), &ask).unwrap();
    let (b, _) = evaluate(&table(&turned), &ask).unwrap();
    let figures = |report: &Report| (report.auc, report.log_loss, report.brier, report.model.clone());
    assert_eq!(figures(&a), figures(&b));
}

#[test]
fn by_time_the_latest_rows_are_measured_on() {
    let ask = Ask {
        time: Some("Created".to_owned()),
        ignore: vec!["closed_value".to_owned()],
        ..ask("end")
    };
    let (report, told) = evaluate(&table(&deals(2000)), &ask).unwrap();
    // Rows are made in the order of months.
    assert!(told.iter().all(|one| one.row > 1300));
    assert!(report.signal && report.leaks.is_empty());
    assert!(report.count_error.unwrap() < 0.15, "{report:?}");
}

#[test]
fn months_order_rows_and_broken_dates_are_counted() {
    let months: Vec<String> = deals(600)
        .iter()
        .map(|line| format!("{}{}", &line[..7], &line[10..]))
        .collect();
    let by_month = Ask {
        time: Some("created".to_owned()),
        ..ask("end")
    };
    let (report, told) = evaluate(&table(&months), &by_month).unwrap();
    assert!(told.iter().all(|one| one.row > 350), "{report:?}");
    let broken: Vec<String> = months
        .iter()
        .enumerate()
        .map(|(row, line)| {
            if row % 3 == 1 {
                format!("week {row}{}", &line[7..])
            } else {
                line.clone()
            }
        })
        .collect();
    let refused = evaluate(&table(&broken), &by_month).unwrap_err().to_string();
    assert!(
        refused.contains("of its 600 cells 400 are dates") && refused.contains("row 2 has \"week 1\""),
        "{refused}"
    );
}

#[test]
fn noise_has_no_signal_and_gets_the_base_rate() {
    let mut text = "day,rep,size,end\n".to_owned();
    for row in 0..1500 {
        let end = if chance(row, 5) < 0.63 { "Won" } else { "Lost" };
        let (rep, size) = (mix(row as u64) % 30, mix(row as u64 + 77) % 1000);
        writeln!(
            text,
            "2021-{:02}-{:02},r{rep},{size},{end}",
            row * 12 / 1500 + 1,
            row % 28 + 1
        )
        .unwrap();
    }
    let noise = read(text.as_bytes()).unwrap();
    for time in [None, Some("day".to_owned())] {
        let (report, told) = evaluate(&noise, &Ask { time, ..ask("end") }).unwrap();
        assert!(
            !report.signal && report.reason.starts_with("no signal"),
            "{report:?}"
        );
        assert!(
            (report.log_loss - report.base_log_loss).abs() < 0.003,
            "{report:?}"
        );
        assert!(told.iter().all(|one| one.score.reasons.is_empty()));
    }
}

#[test]
fn what_cannot_be_measured_is_refused_with_its_reason() {
    let refused = |text: &str, ask: &Ask| match read(text.as_bytes()) {
        Ok(table) => evaluate(&table, ask).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(refused("", &ask("end")).contains("empty"));
    assert_eq!(refused("a,end\n", &ask("end")), "the table has no rows");
    assert!(refused("a,b\n1,2\n", &ask("end")).contains("there are a, b"));
    assert!(refused("a,end\n1,yes\n2,yes\n", &ask("end")).contains("nothing to tell apart"));
    assert!(
        refused(
            "a,end\n1,yes\n2,no\n",
            &Ask {
                test_share: 1.5,
                ..ask("end")
            }
        )
        .contains("below 1")
    );
    assert!(
        refused(
            "a,end\n1,yes\n2,no\n",
            &Ask {
                test_share: f64::NAN,
                ..ask("end")
            }
        )
        .contains("below 1")
    );
    assert!(
        refused(
            "a,end\nx,yes\ny,no\n",
            &Ask {
                time: Some("a".into()),
                ..ask("end")
            }
        )
        .contains("orders nothing")
    );
    let same = Ask {
        time: Some("t".into()),
        ..ask("end")
    };
    assert!(
        refused(
            "a,t,end\n1,2020-01-01,yes\n2,2020-01-01,no\n3,2020-01-01,no\n",
            &same
        )
        .contains("none is later than another")
    );
    let ignore = Ask {
        ignore: vec!["z".to_owned()],
        ..ask("end")
    };
    assert!(refused("a,end\nx,yes\ny,no\n", &ignore).contains("no column \"z\""));
}

#[test]
fn few_rows_huge_numbers_and_one_class_to_learn_from_give_the_base_rate() {
    let (report, _) = evaluate(&read(&b"a,end\n1,yes\n2,no\n3,no\n"[..]).unwrap(), &ask("end")).unwrap();
    assert!(!report.signal && report.reason.contains("no signal"));
    let mut text = "a,b,t,end\n".to_owned();
    for row in 0..300 {
        let huge = ["1e300", "-1e300", "NaN", "1e-300", "inf", ""][row % 6];
        let end = if !(3..250).contains(&row) { "yes" } else { "no" };
        writeln!(text, "{huge},{},{row},{end}", chance(row, 3)).unwrap();
    }
    let table = read(text.as_bytes()).unwrap();
    for time in [None, Some("t".to_owned())] {
        let (report, told) = evaluate(&table, &Ask { time, ..ask("end") }).unwrap();
        assert!(report.log_loss.is_finite() && report.brier <= 1.0);
        assert!(
            told.iter()
                .all(|one| one.score.probability > 0.0 && one.score.probability < 1.0)
        );
        serde_json::to_string(&report).unwrap();
    }
}
