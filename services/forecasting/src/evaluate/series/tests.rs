//! Files that can and cannot be read, and reports of series whose end is known.

use super::*;
use crate::series::simulate::simulate;

fn question(horizon: usize, season: usize) -> Question {
    Question {
        horizon,
        season,
        levels: vec![0.8, 0.95],
    }
}

fn asked(rows: &[Row], question: &Question) -> Report {
    let mut now = 0.0;
    let mut clock = || {
        now += 12.0;
        now
    };
    evaluate(rows, question, &mut clock).0
}

fn made(count: u64, n: usize, season: usize, horizon: usize) -> Vec<Row> {
    (0..count)
        .map(|seed| {
            let made = simulate(7_000 + seed, n, season, horizon);
            let values = made.past.iter().chain(&made.future).copied().map(Some).collect();
            Row {
                id: format!("s{seed}"),
                values,
            }
        })
        .collect()
}

#[test]
fn files_are_read() {
    let text = "\u{feff}id,index0,values\na,1,1.5 NA 2\nb,,\n\"c, d\",x,-3e2\n";
    let rows = read(text.as_bytes()).unwrap();
    assert_eq!(rows[0].values, [Some(1.5), None, Some(2.0)]);
    assert!(rows[1].values.is_empty());
    assert_eq!(
        (rows[2].id.as_str(), rows[2].values.as_slice()),
        ("c, d", &[Some(-300.0)][..])
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let told = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        told("name,values\na,1\n"),
        "there is no column `id`; there are `name`, `values`"
    );
    assert_eq!(
        told("id,value\na,1\n"),
        "there is no column `values`; there are `id`, `value`"
    );
    let line = told("id,values\na,1 2\nb,1 two 3\n");
    assert_eq!(
        line,
        "line 3: value 2 of `b` is `two`, which is neither a number nor NA"
    );
    let comma = told("id,values\na,\"1 2,5\"\n");
    assert_eq!(
        comma,
        "line 2: value 2 of `a` is `2,5`, which is neither a number nor NA; decimals are written with a point"
    );
    // Without quotes the rest of the line would be lost.
    let torn = told("id,values\na,1 2\nb,1,5 2,5 3,5\n");
    assert!(
        torn.starts_with("line 3 has more cells than the 2 columns"),
        "{torn}"
    );
    assert!(read("id,values\na,1 2,,\n".as_bytes()).is_ok());
}

#[test]
fn files_without_a_series_and_names_that_stand_twice_are_told() {
    let told = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        told(""),
        "the file is empty: its first line should name the columns"
    );
    assert_eq!(told("id,values\n"), "there is no series below the header");
    assert_eq!(told("id,values\n\n  \n"), "there is no series below the header");
    assert_eq!(
        told("id,values\na,1\nb,2\na,3\n"),
        "lines 2 and 4 are both called `a`: each series needs a name of its own"
    );
    assert_eq!(
        told("id,values,values\na,1,2\n"),
        "two columns are called `values`"
    );
    assert_eq!(
        told("id,Values,VALUES\na,1,2\n"),
        "two columns are called `values`"
    );
}

#[test]
fn separators_and_the_case_of_the_header_are_those_of_other_files() {
    let plain = read("id,values\na,1 2.5\nb,NA 3\n".as_bytes()).unwrap();
    for text in [
        "id;values\na;1 2.5\nb;NA 3\n",
        "ID\tValues\r\na\t1 2.5\r\nb\tNA 3\r\n",
        "sep=;\n Id ;VALUES\na;1 2.5\n\nb;NA 3\n",
        "VALUES,other,ID,values,id\n7,x,y,1 2.5,a\n8,,,NA 3,b\n",
    ] {
        assert_eq!(read(text.as_bytes()).unwrap(), plain, "{text}");
    }
    let line = read("sep=;\nid;values\na;two\n".as_bytes())
        .unwrap_err()
        .to_string();
    assert!(line.starts_with("line 3: value 1 of `a`"), "{line}");
}

#[test]
fn series_that_end_before_the_horizon_are_told_by_their_length() {
    let row = |values: &[f64]| Row {
        id: String::new(),
        values: values.iter().copied().map(Some).collect(),
    };
    let told = |values: &[f64]| {
        let rows = [row(values)];
        let (_, answers) = evaluate(&rows, &question(6, 1), &mut || 0.0);
        answers[0].said.as_ref().unwrap_err().to_string()
    };
    assert_eq!(
        told(&[1.0; 4]),
        "4 values: a horizon of 6 leaves none to learn from"
    );
    assert_eq!(
        told(&[1.0; 6]),
        "6 values: a horizon of 6 leaves none to learn from"
    );
    assert_eq!(told(&[1.0]), "1 value: a horizon of 6 leaves none to learn from");
    assert_eq!(told(&[1.0; 8]), "2 values are too few; 3 are needed");
    assert_eq!(told(&[]), "the series is empty");
    // Values are counted from 1, as in the file.
    assert_eq!(
        told(&[1.0, f64::INFINITY, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]),
        "value 2 is not a finite number"
    );
}

#[test]
fn a_file_is_scored() {
    let rows = made(12, 60, 12, 12);
    let report = asked(&rows, &question(12, 12));
    assert_eq!((report.series, report.failures), (12, 0));
    assert!(report.owa.is_some_and(|owa| owa < 1.1), "{report:?}");
    assert_eq!(report.ms_per_series, Some(1.0));
    assert_eq!(report.levels.len(), 2);
    let mut turned = rows.clone();
    turned.reverse();
    let again = asked(&turned, &question(12, 12));
    assert!(
        (again.mase.unwrap() - report.mase.unwrap()).abs() < 1e-12,
        "the order of series does not matter"
    );
}

#[test]
fn what_is_held_out_changes_no_forecast() {
    let rows = made(10, 50, 4, 8);
    let mut other = rows.clone();
    for row in &mut other {
        let n = row.values.len();
        row.values[n - 8..]
            .iter_mut()
            .for_each(|value| *value = value.map(|value| value * 3.0 + 7.0));
    }
    let mut clock = || 0.0;
    let (_, one) = evaluate(&rows, &question(8, 4), &mut clock);
    let (_, two) = evaluate(&other, &question(8, 4), &mut clock);
    assert!(one.iter().zip(&two).all(|(one, two)| one.said == two.said));
}

#[test]
fn series_that_cannot_be_forecast_are_counted() {
    let mut rows = made(2, 40, 4, 4);
    let odd = |values: &[Option<f64>]| Row {
        id: String::new(),
        values: values.to_vec(),
    };
    rows.push(odd(&[]));
    rows.push(odd(&[Some(1.0), Some(2.0)]));
    rows.push(odd(&[None; 30]));
    rows.push(odd(&[Some(f64::INFINITY); 30]));
    rows.push(odd(&[Some(5.0); 30]));
    let report = asked(&rows, &question(4, 4));
    assert_eq!((report.series, report.failures), (3, 4));
    let nothing = asked(&[], &question(4, 4));
    assert_eq!((nothing.series, nothing.smape, nothing.owa), (0, None, None));
}

#[test]
fn what_came_and_is_no_number_is_a_failure_of_its_own() {
    let rows = made(6, 40, 4, 4);
    let mut other = rows.clone();
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX] {
        let mut odd = rows[0].clone();
        odd.values[42] = Some(value);
        other.push(odd);
    }
    // Where values are small, such an error is no number.
    let mut small = other[9].clone();
    let values = small.values.iter_mut().take(40).flatten();
    values.for_each(|value| *value *= 1e-6);
    other.push(small);
    let mut clock = || 0.0;
    let (report, answers) = evaluate(&other, &question(4, 4), &mut clock);
    assert_eq!((report.series, report.failures), (7, 4));
    assert!(report.mase.is_some_and(f64::is_finite) && report.owa.is_some_and(f64::is_finite));
    assert!(report.smape.is_some() && report.levels[1].msis.is_some_and(f64::is_finite));
    let reason = |at: usize| answers[at].said.as_ref().unwrap_err().to_string();
    assert_eq!(
        reason(6),
        "value 43, which is held out, is inf: nothing can be compared with it"
    );
    assert_eq!(reason(10), "its errors are too large to be numbers");
    let file = read("id,values\na,1 2 inf 1e999 -nan\n".as_bytes()).unwrap();
    assert!(!file[0].values[4].unwrap().is_finite());
}
