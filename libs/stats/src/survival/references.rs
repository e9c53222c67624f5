//! Curves against textbook tables and by hand.

use bellwether_domain::exact::Exact;

use super::*;

fn exact(text: &str) -> Exact {
    text.parse().expect("a test writes decimals")
}

/// Lags as textbooks write them, `+` behind those that were censored.
fn lags(text: &str) -> Vec<(i64, bool)> {
    let one = |lag: &str| {
        let time = lag
            .trim_end_matches('+')
            .parse()
            .expect("a test writes whole lags");
        (time, !lag.ends_with('+'))
    };
    text.split_whitespace().map(one).collect()
}

/// The weeks of remission of 21 patients on 6-mercaptopurine: E. J. Freireich et al. (1963), Blood 21:699-716.
fn remissions() -> KaplanMeier {
    let records = lags("6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+");
    KaplanMeier::new(&records).expect("records")
}

#[test]
fn remissions_as_textbooks_print_them() {
    // S and its standard error: Klein and Moeschberger (2003), table 4.1; the log-log interval: Stata's sts list.
    let curve = remissions();
    for (t, survival, low, high) in [
        (6, "0.8571", "0.6197", "0.9516"),
        (7, "0.8067", "0.5631", "0.9228"),
        (10, "0.7529", "0.5032", "0.8894"),
        (13, "0.6902", "0.4316", "0.8491"),
        (16, "0.6275", "0.3675", "0.8049"),
        (22, "0.5378", "0.2678", "0.7468"),
        (23, "0.4482", "0.1881", "0.6801"),
    ] {
        let found = curve.at(t).expect("observed so long");
        let interval = found.interval.expect("someone ended");
        let printed =
            [found.share, interval.low(), interval.high()].map(|value| format!("{:.4}", value.to_f64()));
        assert_eq!(printed, [survival, low, high], "{t}");
    }
    // Between two lags the curve stays, and before the first one nobody has ended.
    assert_eq!(
        curve.at(12).map(|found| found.share),
        curve.at(10).map(|found| found.share)
    );
    let first = curve.at(5).expect("observed so long");
    assert_eq!(
        (first.share, first.interval, first.at_risk),
        (Exact::one(), None, 21)
    );
    assert_eq!((curve.n(), curve.observed_to()), (21, 35));
}

#[test]
fn censored_at_the_lag_of_an_event_is_at_risk_there() {
    // 21 at risk at 6, where 3 end and one is censored: 18/21, then 17 at risk at 7.
    let curve = remissions();
    assert_eq!(
        curve.at(6).map(|found| (found.share, found.at_risk)),
        Some((exact("0.857142857142857142857142857143"), 21))
    );
    assert_eq!(curve.at(7).map(|found| found.at_risk), Some(17));
    let both = KaplanMeier::new(&lags("5 5+ 5+ 5+")).expect("records");
    assert_eq!(both.at(5).map(|found| found.share), Some(exact("0.75")));
}

#[test]
fn quantiles_of_remissions() {
    // The median is 23 weeks, from 13 to not reached, as every package on the log-log scale says.
    let curve = remissions();
    assert_eq!(curve.quantile(&exact("0.5")), Some(23));
    let found = curve.quantile_interval(&exact("0.5"));
    assert_eq!(
        found,
        LagInterval {
            low: Some(13),
            high: None
        }
    );
    assert_eq!(curve.quantile(&exact("0.25")), Some(13));
    let found = curve.quantile_interval(&exact("0.25"));
    assert_eq!(
        found,
        LagInterval {
            low: Some(6),
            high: Some(22)
        }
    );
    assert_eq!(curve.quantile(&exact("0.6")), None, "not reached");
    assert_eq!(curve.quantile(&exact("1.5")), None);
    let wider = remissions()
        .with_level(Level::P99)
        .quantile_interval(&exact("0.25"));
    assert!(wider.low <= found.low && (wider.high.is_none() || wider.high >= found.high));
}

#[test]
fn a_share_of_exactly_one_half_is_reached() {
    // Two of four: S(2) is 1/2 to the last digit, so the median is 2; and after a censoring, 2/3 · 3/4.
    let median = |text| KaplanMeier::new(&lags(text)).and_then(|curve| curve.quantile(&exact("0.5")));
    assert_eq!(median("1 2 3 4"), Some(2));
    assert_eq!(median("1 1 2+ 3 4 5 6"), Some(4));
    assert_eq!(median("1 3+ 4+ 5+"), None);
    let thirds = KaplanMeier::new(&lags("1 1 1 2+ 3 3 4+ 5")).expect("records");
    // 5/8, then 2/4 of it, then nobody.
    assert_eq!(thirds.at(3).map(|found| found.share), Some(exact("0.3125")));
    assert_eq!(thirds.quantile(&exact("0.6875")), Some(3));
    assert_eq!(thirds.quantile(&exact("1")), Some(5));
}

#[test]
fn beyond_what_was_observed_nothing_is_said() {
    let open = KaplanMeier::new(&lags("1 2 3+")).expect("records");
    assert_eq!(open.at(4), None);
    assert!(open.at(3).is_some());
    let ended = KaplanMeier::new(&lags("1 2 3")).expect("records");
    let last = ended.at(4).expect("all had ended");
    assert_eq!(
        (last.share, last.interval, last.at_risk),
        (Exact::zero(), None, 0)
    );
    assert_eq!(KaplanMeier::new(&[]).map(|curve| curve.n()), None);
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
