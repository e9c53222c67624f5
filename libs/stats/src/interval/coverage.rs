//! How often each interval holds the truth: summed over all outcomes where they can be counted, simulated elsewhere.

use bellwether_domain::exact::Exact;

use super::*;
use crate::simulation::{Coverage, Draws, millionths, products, sums};

/// The probabilities of 0 to n successes.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let first = libm::pow(1.0 - p, n as f64);
    let mut all = vec![first];
    for k in 0..n {
        all.push(all[k as usize] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p));
    }
    all
}

fn ends(interval: &Interval) -> (f64, f64) {
    (interval.low().to_f64(), interval.high().to_f64())
}

#[test]
fn wilson_over_all_outcomes() {
    let mut coverage = Coverage::new("Wilson's interval of a rate");
    for n in [10, 20, 50, 100] {
        let intervals: Vec<_> = (0..=n).map(|k| ends(&wilson(k, n).expect("a rate"))).collect();
        for percent in 2..=98 {
            let p = f64::from(percent) / 100.0;
            let held = binomial(n, p).into_iter().zip(&intervals);
            coverage.point(
                held.filter(|(_, (low, high))| (*low..=*high).contains(&p))
                    .map(|held| held.0)
                    .sum(),
            );
        }
    }
    coverage.assert_nominal();
}

#[test]
fn garwood_over_all_outcomes() {
    let mut coverage = Coverage::new("Garwood's interval of a count (conservative)");
    let intervals: Vec<_> = (0..140).map(|count| ends(&garwood(count))).collect();
    for quarter in 1..=240 {
        let mean = f64::from(quarter) / 4.0;
        let mut chance = libm::exp(-mean);
        let mut held = 0.0;
        for (count, &(low, high)) in intervals.iter().enumerate() {
            held += if (low..=high).contains(&mean) { chance } else { 0.0 };
            chance *= mean / (count + 1) as f64;
        }
        coverage.point(held);
    }
    coverage.assert_at_least_nominal();
}

#[test]
fn nps_over_all_outcomes() {
    let mut coverage = Coverage::new("the adjusted Wald interval of the NPS");
    for n in [15_u64, 40] {
        let mut intervals = Vec::new();
        for promoters in 0..=n {
            for detractors in 0..=n - promoters {
                let nps = nps(promoters, detractors, n).expect("answers");
                intervals.push((promoters, detractors, ends(&nps.interval)));
            }
        }
        for (p, d) in
            (1..10).flat_map(|p| (1..10 - p).map(move |d| (f64::from(p) / 10.0, f64::from(d) / 10.0)))
        {
            let truth = 100.0 * (p - d);
            let of_promoters = binomial(n, p);
            let mut held = 0.0;
            let of_detractors: Vec<_> = (0..=n).map(|rest| binomial(rest, d / (1.0 - p))).collect();
            for &(promoters, detractors, (low, high)) in &intervals {
                if (low - 1e-9..=high + 1e-9).contains(&truth) {
                    let rest = (n - promoters) as usize;
                    held += of_promoters[promoters as usize] * of_detractors[rest][detractors as usize];
                }
            }
            coverage.point(held);
        }
    }
    coverage.assert_nominal();
}

#[test]
fn student_for_normal_values() {
    let mut draws = Draws::new(1);
    let mut coverage = Coverage::new("Student's interval of a mean");
    for n in [2_u64, 3, 5, 10, 30] {
        coverage.simulate(2_000, || {
            let rows: Vec<[i64; 1]> = (0..n).map(|_| [millionths(draws.normal()) + 5_000_000]).collect();
            let interval = t_interval(n, &sums(&rows)[0], &products(&rows)[0][0]).expect("values");
            interval.contains(&Exact::from(5_000_000))
        });
    }
    coverage.assert_nominal();
}

#[test]
fn order_statistics_hold_what_they_state() {
    let mut draws = Draws::new(2);
    let mut coverage = Coverage::new("the order-statistic interval of a quantile (conservative)");
    for (n, q, stated) in [(25, 5, 1), (60, 5, 1), (60, 9, 1), (200, 9, 1), (200, 25, 2)] {
        let q = Exact::from_scaled(q, stated);
        let truth = Exact::from(millionths(-libm::log(1.0 - q.to_f64())));
        let ranks = order_ranks(n, &q).expect("enough values");
        let exact = ranks.coverage.to_f64();
        let mut simulated = Coverage::new("one point of it");
        simulated.simulate(2_000, || {
            let mut values: Vec<i64> = (0..n).map(|_| millionths(draws.waiting())).collect();
            values.sort_unstable();
            let found = quantile_interval(&values, &q).expect("enough values");
            found.interval.contains(&truth)
        });
        // Four standard errors of 2,000 runs.
        assert!((simulated.report().0 - exact).abs() < 0.02, "{n} {q}");
        coverage.point(exact);
    }
    coverage.assert_at_least_nominal();
}

/// A closed deal: what it would bring, what it brought, whether it was won, and for how long it was open when won.
fn deals(draws: &mut Draws, n: u64, rate: f64) -> Vec<[i64; 4]> {
    let deal = |_| {
        let amount = millionths(draws.amount(0.6));
        let won = draws.happens(rate);
        let cycle = millionths(draws.amount(0.4));
        let kept = |value: i64| if won { value } else { 0 };
        [amount, kept(amount), i64::from(won), kept(cycle)]
    };
    (0..n).map(deal).collect()
}

#[test]
fn ratios_of_sums_over_deals() {
    let mut draws = Draws::new(3);
    let mut coverage = Coverage::new("the delta interval of a value win rate");
    for (n, rate) in [(150, 0.5), (200, 0.3), (200, 0.7), (300, 0.2), (300, 0.6)] {
        let truth = Exact::from_scaled((rate * 10.0) as i64, 1);
        coverage.simulate(800, || {
            let rows = deals(&mut draws, n, rate);
            let (s, p) = (sums(&rows), products(&rows));
            let interval = ratio_delta(n, &s[1], &s[0], &p[1][1], &p[1][0], &p[0][0]);
            interval.expect("deals").contains(&truth)
        });
    }
    coverage.assert_nominal();
}

#[test]
fn growth_between_two_periods() {
    let mut draws = Draws::new(4);
    let mut coverage = Coverage::new("the delta interval of growth");
    for (before, after) in [(60.0, 60.0), (100.0, 150.0), (150.0, 100.0)] {
        let truth = Exact::ratio(after as i64, before as i64).expect("not 0");
        coverage.simulate(1_000, || {
            let mut rows = Vec::new();
            for (time, place) in [(before, 1), (after, 0)] {
                for _ in 0..draws.events(time) {
                    let mut row = [0, 0];
                    row[place] = millionths(draws.amount(0.5));
                    rows.push(row);
                }
            }
            let (s, p) = (sums(&rows), products(&rows));
            let interval = ratio_delta(rows.len() as u64, &s[0], &s[1], &p[0][0], &p[0][1], &p[1][1]);
            interval.expect("won deals").contains(&truth)
        });
    }
    coverage.assert_nominal();
}

#[test]
fn totals_over_a_number_left_to_chance() {
    let mut draws = Draws::new(5);
    let mut coverage = Coverage::new("the interval of a total");
    for time in [60.0, 120.0, 240.0] {
        // The mean of an amount is e^(spread²/2).
        let truth = Exact::from(millionths(time * libm::exp(0.125)));
        coverage.simulate(1_000, || {
            let rows: Vec<[i64; 1]> = (0..draws.events(time))
                .map(|_| [millionths(draws.amount(0.5))])
                .collect();
            let interval = total_interval(&sums(&rows)[0], &products(&rows)[0][0]);
            interval.expect("items").contains(&truth)
        });
    }
    coverage.assert_nominal();
}

#[test]
fn velocity_over_deals() {
    let mut draws = Draws::new(6);
    let mut coverage = Coverage::new("the delta interval of velocity");
    for (n, rate) in [(100, 0.4), (150, 0.3), (150, 0.6)] {
        // 30 open deals times the win rate, times an amount e^0.18, by a cycle of e^0.08.
        let truth = Exact::from(millionths(30.0 * rate * libm::exp(0.18 - 0.08)));
        coverage.simulate(400, || {
            let rows = deals(&mut draws, n, rate);
            velocity(n, &rows).contains(&truth)
        });
    }
    coverage.assert_nominal();
}

/// Millionths a day: open deals · won/n · amount/won ÷ cycle/won, as `open x̄ ȳ / z̄` of won, amount and cycle.
fn velocity(n: u64, rows: &[[i64; 4]]) -> Interval {
    let (s, p) = (sums(rows), products(rows));
    let of = [2, 1, 3];
    let totals: Vec<Exact> = of.iter().map(|&i| s[i].clone()).collect();
    let squares: Vec<Vec<Exact>> = of
        .iter()
        .map(|&i| of.iter().map(|&j| p[i][j].clone()).collect())
        .collect();
    let covariance = covariance_of_means(n, &totals, &squares).expect("deals");
    let count = Exact::from(n);
    let mean = |i: usize| totals[i].checked_div(&count).expect("deals");
    let open = Exact::from(30_000_000_i64);
    let value = (open * mean(0) * mean(1)).checked_div(&mean(2)).expect("a cycle");
    let slope = |i: usize| value.checked_div(&mean(i)).expect("won deals");
    let gradient = [slope(0), slope(1), -slope(2)];
    smooth_delta(n, &value, &gradient, &covariance).expect("deals")
}
