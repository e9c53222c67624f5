//! How often the intervals of curves hold the truth, simulated.

use bellwether_domain::exact::Exact;

use super::*;
use crate::simulation::{Coverage, Draws, millionths};

/// Waits of mean 1, observed for a time between 0.5 and 2.5.
fn observed(draws: &mut Draws, n: usize) -> Vec<(i64, bool)> {
    let one = |_| {
        let (wait, window) = (draws.waiting(), 0.5 + 2.0 * draws.uniform());
        (millionths(wait.min(window)), wait <= window)
    };
    (0..n).map(one).collect()
}

#[test]
fn greenwood_on_the_log_log_scale() {
    let mut draws = Draws::new(11);
    let mut coverage = Coverage::new("Greenwood's interval of a survival curve");
    for (n, t) in [(30, 0.5), (60, 0.3), (60, 1.0), (120, 0.7), (120, 1.5)] {
        let truth = fifteen(libm::exp(-t));
        coverage.simulate(1_000, || {
            let curve = KaplanMeier::new(&observed(&mut draws, n)).expect("records");
            let found = curve.at(millionths(t)).and_then(|found| found.interval);
            found.is_some_and(|interval| interval.contains(&truth))
        });
    }
    coverage.assert_nominal();
}

#[test]
fn quantiles_of_lags() {
    let mut draws = Draws::new(12);
    let mut coverage = Coverage::new("the interval of a quantile of lags");
    for (n, q) in [(50, 5), (100, 5), (100, 3), (200, 7)] {
        let q = Exact::from_scaled(q, 1);
        let truth = millionths(-libm::log(1.0 - q.to_f64()));
        coverage.simulate(1_000, || {
            let curve = KaplanMeier::new(&observed(&mut draws, n)).expect("records");
            let found = curve.quantile_interval(&q);
            found.low.is_none_or(|low| low <= truth) && found.high.is_none_or(|high| truth <= high)
        });
    }
    coverage.assert_nominal();
}

#[test]
fn incidence_while_another_ending_competes() {
    let mut draws = Draws::new(13);
    let mut coverage = Coverage::new("the interval of a cumulative incidence");
    for (n, t, share) in [(60, 0.7, 0.5), (120, 0.5, 0.3), (120, 1.2, 0.7), (200, 1.0, 0.2)] {
        let truth = fifteen(share * (1.0 - libm::exp(-t)));
        coverage.simulate(1_000, || {
            let records = observed(&mut draws, n).into_iter().map(|(lag, ended)| {
                let ending = match (ended, draws.happens(share)) {
                    (false, _) => Ending::Open,
                    (true, true) => Ending::Event,
                    (true, false) => Ending::Competing,
                };
                (lag, ending)
            });
            let curve = AalenJohansen::new(&records.collect::<Vec<_>>()).expect("records");
            let found = curve.at(millionths(t)).and_then(|found| found.interval);
            found.is_some_and(|interval| interval.contains(&truth))
        });
    }
    coverage.assert_nominal();
}
