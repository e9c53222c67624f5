//! Curves of one ending while another competes, against published ones and by hand.

use super::references::exact;
use super::*;

#[test]
fn incidence_and_its_variance_as_lifelines_prints_them() {
    // lifelines 0.30: AalenJohansenFitter(calculate_variance=True) of lags 1 to 12.
    let endings = [1, 2, 0, 1, 1, 2, 0, 1, 2, 1, 0, 1].map(|code| match code {
        0 => Ending::Open,
        1 => Ending::Event,
        _ => Ending::Competing,
    });
    let records: Vec<_> = (1..).zip(endings).collect();
    let curve = AalenJohansen::new(&records).expect("records");
    for (t, share, variance) in [
        (1, "0.083333", "0.006366"),
        (3, "0.083333", "0.006366"),
        (4, "0.175926", "0.012843"),
        (5, "0.268519", "0.017702"),
        (8, "0.379630", "0.023040"),
        (11, "0.490741", "0.025223"),
    ] {
        let found = curve.at(t).expect("observed so long");
        assert_eq!(
            format!("{:.6} {:.6}", found.share.to_f64(), curve.variance_at(t)),
            format!("{share} {variance}")
        );
    }
}

/// The first nine of 305 breast cancer patients, the others followed longer.
fn patients() -> Vec<(i64, Ending)> {
    let (open, event, other) = (Ending::Open, Ending::Event, Ending::Competing);
    let first = [
        (7, open),
        (10, event),
        (14, open),
        (16, event),
        (18, other),
        (23, event),
        (24, open),
        (26, other),
        (27, event),
    ];
    first
        .into_iter()
        .chain((0..296).map(|more| (28 + more, open)))
        .collect()
}

#[test]
fn cumulative_incidence_as_published() {
    // British Journal of Cancer (2004) 91:1229-1235, table 2: the incidence at each lag is 0.3 %, and 99.7, 99.3, 99.0,
    // 98.7, 98.3, 98.0 % have not died at all.
    let curve = AalenJohansen::new(&patients()).expect("records");
    let mut last = Exact::zero();
    for (t, at_risk) in [(10, 304), (16, 302), (23, 300), (27, 297)] {
        let found = curve.at(t).expect("observed so long");
        let step = (&found.share - &last).to_f64() * 100.0;
        assert_eq!((format!("{step:.1}"), found.at_risk), ("0.3".into(), at_risk));
        last = found.share;
    }
    let share = |t| curve.at(t).map(|found| found.share);
    assert_eq!(share(26), share(23), "another ending adds nothing");
    let either: Vec<_> = patients()
        .iter()
        .map(|record| (record.0, record.1 != Ending::Open))
        .collect();
    let waiting = KaplanMeier::new(&either).expect("records");
    let percent = |t| {
        waiting
            .at(t)
            .map(|found| format!("{:.1}", found.share.to_f64() * 100.0))
            .unwrap_or_default()
    };
    assert_eq!(
        [10, 16, 18, 23, 26, 27].map(percent),
        ["99.7", "99.3", "99.0", "98.7", "98.3", "98.0"]
    );
}

#[test]
fn quantiles_of_incidence() {
    let (event, other) = (Ending::Event, Ending::Competing);
    let curve = AalenJohansen::new(&[(1, event), (2, other), (3, event), (4, other)]).expect("records");
    assert_eq!(curve.quantile(&exact("0.25")), Some(1));
    assert_eq!(curve.quantile(&exact("0.5")), Some(3));
    assert_eq!(curve.quantile(&exact("0.51")), None);
    assert_eq!(
        curve.at(9).map(|found| found.share),
        Some(exact("0.5")),
        "all had ended"
    );
    assert_eq!((curve.n(), curve.observed_to()), (4, 4));
    let wider = curve.clone().with_level(Level::P99);
    let low = |curve: &AalenJohansen| {
        curve
            .at(3)
            .and_then(|found| found.interval)
            .map(|interval| interval.low())
    };
    assert!(low(&wider) < low(&curve));
    assert!(AalenJohansen::new(&[]).is_none());
}
