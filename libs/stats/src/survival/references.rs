//! Curves against textbook tables and by hand.

use bellwether_domain::exact::Exact;

use super::*;

pub(super) fn exact(text: &str) -> Exact {
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

/// How many of the 163 fruit flies of the data set `waltons` of lifelines died at each lag, and were censored there.
const WALTONS: [(i64, usize, usize); 32] = [
    (6, 1, 0),
    (7, 1, 1),
    (9, 3, 0),
    (13, 3, 0),
    (15, 2, 0),
    (17, 1, 0),
    (19, 3, 0),
    (22, 4, 0),
    (26, 5, 0),
    (29, 5, 0),
    (32, 1, 0),
    (33, 3, 0),
    (36, 2, 0),
    (38, 2, 0),
    (41, 7, 0),
    (43, 1, 0),
    (45, 9, 1),
    (47, 1, 0),
    (48, 8, 0),
    (51, 3, 0),
    (53, 7, 0),
    (54, 2, 0),
    (56, 18, 0),
    (58, 4, 0),
    (60, 15, 1),
    (61, 9, 2),
    (62, 2, 0),
    (63, 9, 0),
    (66, 3, 0),
    (68, 9, 1),
    (69, 12, 1),
    (75, 1, 0),
];

#[test]
fn fruit_flies_as_lifelines_prints_them() {
    let records: Vec<(i64, bool)> = WALTONS
        .iter()
        .flat_map(|&(lag, died, censored)| {
            let of = |ended, count| std::iter::repeat_n((lag, ended), count);
            of(true, died).chain(of(false, censored))
        })
        .collect();
    let curve = KaplanMeier::new(&records).expect("records");
    assert_eq!(curve.n(), 163);
    // lifelines 0.30: KaplanMeierFitter().fit(T, E), the quick start's example: median 56, from 53 to 58.
    assert_eq!(curve.quantile(&exact("0.5")), Some(56));
    let found = curve.quantile_interval(&exact("0.5"));
    assert_eq!((found.low, found.high), (Some(53), Some(58)));
    assert_eq!(
        [exact("0.25"), exact("0.75")].map(|q| curve.quantile(&q)),
        [Some(41), Some(62)]
    );
    for (t, survival, low, high) in [
        (9, "0.96921012", "0.92761279", "0.98706808"),
        (25, "0.88895706", "0.82954673", "0.92854263"),
        (45, "0.67289110", "0.59482494", "0.73924321"),
        (56, "0.42990265", "0.35268900", "0.50467961"),
        (60, "0.31152366", "0.24165949", "0.38375862"),
        (66, "0.16061370", "0.10792858", "0.22263862"),
    ] {
        let found = curve.at(t).expect("observed so long");
        let interval = found.interval.expect("some died");
        let printed =
            [found.share, interval.low(), interval.high()].map(|value| format!("{:.8}", value.to_f64()));
        assert_eq!(printed, [survival, low, high], "{t}");
    }
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

#[test]
fn the_digits_are_those_of_every_machine() {
    // What this crate gave when it was written: a machine that gives other digits computes otherwise.
    let found = [10, 23].map(|t| {
        remissions()
            .at(t)
            .and_then(|found| found.interval)
            .map(|interval| interval.to_strings(15))
    });
    let digits = [
        ("0.503199510799956", "0.889361835169266"),
        ("0.188052005959232", "0.680142628495241"),
    ];
    assert_eq!(
        found,
        digits.map(|(low, high)| Some((low.to_owned(), high.to_owned())))
    );
}
