//! Curves worked out by hand, forecasts against known futures, and no look ahead.

use super::company::{Company, known, simulate};
use super::*;

fn customer(id: &str, start: i32, end: Option<i32>) -> Customer {
    Customer {
        id: id.to_owned(),
        group: String::new(),
        start,
        end,
        paid: Vec::new(),
    }
}

fn ask(as_of: i32, months: u32) -> Ask {
    Ask {
        as_of,
        months,
        levels: vec![0.8, 0.95],
    }
}

#[test]
fn a_curve_by_hand_counts_the_censored_while_they_are_seen() {
    // After 31 days one of four leaves; two of the others have been there for 50 days only; the last leaves after 100.
    let all = [
        customer("a", 0, Some(31)),
        customer("b", 150, None),
        customer("c", 150, None),
        customer("d", 0, Some(100)),
        customer("not yet", 200, None),
    ];
    let curve = survival(&all, 200).unwrap();
    assert_eq!((curve.n, curve.ended, curve.median), (4, 2, Some(100)));
    let shares: Vec<(u32, f64, u64)> = curve
        .points
        .iter()
        .map(|one| (one.month, one.share, one.at_risk))
        .collect();
    assert_eq!(shares, [(0, 1.0, 4), (1, 1.0, 4), (2, 0.75, 1), (3, 0.75, 1)]);
    assert!(curve.points[2].low.unwrap() < 0.75 && curve.points[2].high.unwrap() > 0.75);
    // Known on day 60: nobody but two had come, one had left.
    let early = survival(&all, 60).unwrap();
    assert_eq!((early.n, early.ended), (2, 1));
}

#[test]
fn life_by_hand() {
    // Ten leave after 100 days, ten after 200.
    let all: Vec<Customer> = (0..20)
        .map(|at| customer("x", 0, Some(if at < 10 { 100 } else { 200 })))
        .collect();
    let life = survival(&all, 1_000).unwrap().life;
    assert!((life.observed * MONTH - 150.0).abs() < 1e-9, "{life:?}");
    assert_eq!(life.expected, Some(life.observed), "nobody is left");
    // The variance is 50² · 10 / (20 · 10).
    assert!(((life.observed - life.observed_low) * MONTH - 1.959_964 * 125.0_f64.sqrt()).abs() < 1e-3);
    let nobody_left: Vec<Customer> = (0..20).map(|at| customer("x", at, None)).collect();
    let life = survival(&nobody_left, 300).unwrap().life;
    assert_eq!((life.expected, life.expected_high), (None, None));
    assert!(life.expected_low > life.observed, "{life:?}");
}

#[test]
fn life_of_an_exponential_company() {
    let company = Company {
        arrivals: 40,
        churn: 0.04,
        shock: 0.0,
        growth: 0.0,
    };
    let all = simulate(&company, 60, 1);
    let life = survival(&all, (60.0 * MONTH) as i32).unwrap().life;
    // Three months at .12 a month, then a mean of 25 months for the .7 that are left.
    let truth = (1.0 - libm::exp(-0.36)) / 0.12 + libm::exp(-0.36) / 0.04;
    let expected = life.expected.unwrap();
    assert!((expected / truth - 1.0).abs() < 0.1, "{life:?} {truth}");
    assert!(
        life.expected_low < truth && life.expected_high.unwrap() > truth,
        "{life:?} {truth}"
    );
}

#[test]
fn ramp_by_hand_with_one_on_the_way_and_one_gone() {
    let rep = |start, ramped, left| Rep {
        id: "r".to_owned(),
        start,
        ramped,
        left,
    };
    let all = [
        rep(0, Some(90), None),
        rep(0, None, Some(40)),
        rep(300, None, None),
        rep(0, Some(120), Some(200)),
        rep(0, Some(500), None),
    ];
    let found = ramp(&all, 365).unwrap();
    assert_eq!((found.n, found.ramped, found.left), (5, 2, 1));
    // 40: 4 of 5 wait on. 65: one is censored. 90: 1 of 3, so .8/3; 120: another of .8.
    let at = |month: usize| found.points[month].share;
    assert!(
        (at(2) - 0.0).abs() < 1e-12 && (at(3) - 0.8 / 3.0).abs() < 1e-9 && (at(4) - 1.6 / 3.0).abs() < 1e-9
    );
    assert_eq!(found.quartiles, [Some(90), Some(120), None]);
    assert_eq!(ramp(&[], 365), Err(Refusal::Nobody));
    assert!(matches!(
        ramp(&[rep(10, Some(9), None)], 365),
        Err(Refusal::Backwards { .. })
    ));
}

/// How often intervals held what came, at 80 and at 95 %.
#[derive(Default, Debug)]
struct Held {
    n: f64,
    at80: f64,
    at95: f64,
    off: f64,
}

impl Held {
    fn add(&mut self, estimate: &Estimate, came: f64) {
        let holds = |band: &Band| f64::from(u8::from(band.low <= came && came <= band.high));
        self.n += 1.0;
        self.at80 += holds(&estimate.bands[0]);
        self.at95 += holds(&estimate.bands[1]);
        self.off += estimate.mean - came;
    }
}

#[test]
fn intervals_hold_what_they_promise_in_companies_with_good_and_bad_months() {
    let (mut logo, mut net, mut gross) = (Held::default(), Held::default(), Held::default());
    for seed in 0..60 {
        let company = Company {
            arrivals: 25,
            churn: 0.02 + 0.0005 * seed as f64,
            shock: 0.4,
            growth: 0.004,
        };
        let all = simulate(&company, 60, seed);
        let today = (48.0 * MONTH) as i32;
        let found = forecast(&all, &ask(today, 12)).unwrap();
        for months in [3, 6, 12] {
            let point = &found.points[months - 1];
            let then = today + (months as f64 * MONTH) as i32;
            let (mut n, mut stayed, mut start, mut end, mut least) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for one in all.iter().filter(|one| one.there(today)) {
                let (before, after) = (one.monthly(today), one.monthly(then));
                n += 1.0;
                stayed += f64::from(u8::from(one.there(then)));
                start += before;
                end += after;
                least += after.min(before);
            }
            logo.add(&point.logo, stayed / n);
            net.add(point.net.as_ref().unwrap(), end / start);
            gross.add(point.gross.as_ref().unwrap(), least / start);
        }
    }
    println!("{logo:?} {net:?} {gross:?}");
    for (name, held) in [("logo", logo), ("net", net), ("gross", gross)] {
        let (at80, at95) = (held.at80 / held.n, held.at95 / held.n);
        assert!(
            (0.72..=0.9).contains(&at80) && at95 >= 0.9,
            "{name}: {at80} {at95}"
        );
        assert!((held.off / held.n).abs() < 0.015, "{name}: {}", held.off / held.n);
    }
}

#[test]
fn the_future_changes_no_digit_and_neither_does_the_order() {
    let company = Company {
        arrivals: 10,
        churn: 0.03,
        shock: 0.3,
        growth: 0.01,
    };
    let mut all = simulate(&company, 40, 7);
    let today = 800;
    let found = forecast(&all, &ask(today, 12)).unwrap();
    assert_eq!(forecast(&known(&all, today), &ask(today, 12)).unwrap(), found);
    assert_eq!(survival(&known(&all, today), today), survival(&all, today));
    all.reverse();
    assert_eq!(forecast(&all, &ask(today, 12)).unwrap(), found);
}

#[test]
fn shares_fall_month_by_month_and_keep_to_their_bounds() {
    let company = Company {
        arrivals: 8,
        churn: 0.05,
        shock: 0.2,
        growth: 0.0,
    };
    let all = simulate(&company, 10, 3);
    // Longer than the history.
    let found = forecast(&all, &ask(300, 60)).unwrap();
    assert_eq!(found.points.len(), 60);
    for pair in found.points.windows(2) {
        assert!(pair[1].logo.mean <= pair[0].logo.mean);
    }
    for point in &found.points {
        for estimate in [&point.logo, point.gross.as_ref().unwrap()] {
            assert!(
                estimate
                    .bands
                    .iter()
                    .all(|band| 0.0 <= band.low && band.low <= band.high && band.high <= 1.0)
            );
            assert!((0.0..=1.0).contains(&estimate.mean));
        }
        let (gross, net) = (point.gross.as_ref().unwrap(), point.net.as_ref().unwrap());
        assert!(gross.mean <= net.mean + 1e-9 && net.bands.iter().all(|band| band.high.is_finite()));
    }
}

#[test]
fn money_unknown_and_nobody_lost_are_answers_too() {
    let all: Vec<Customer> = (0..30).map(|at| customer(&at.to_string(), at, None)).collect();
    let found = forecast(&all, &ask(400, 6)).unwrap();
    let last = &found.points[5];
    assert_eq!(
        (found.customers, found.monthly, &last.gross, &last.net),
        (30, 0.0, &None, &None)
    );
    assert!(last.logo.mean < 1.0 && last.logo.mean > 0.97, "{last:?}");
    assert!(last.logo.bands[1].low < last.logo.mean);
}

#[test]
fn senseless_questions_and_customers_are_told() {
    let one = [customer("a", 0, None)];
    let of = |customers: &[Customer], as_of, months| forecast(customers, &ask(as_of, months)).unwrap_err();
    assert_eq!(of(&[], 10, 3), Refusal::Nobody);
    assert_eq!(of(&one, -5, 3), Refusal::Nobody);
    assert_eq!(of(&one, 60, 3), Refusal::TooShort { have: 60, need: 92 });
    assert_eq!(of(&[customer("a", 0, Some(20))], 200, 3), Refusal::NobodyLeft);
    assert_eq!(of(&one, 200, 0), Refusal::Horizon { months: 0, most: 60 });
    assert_eq!(
        of(&[customer("a", 5, Some(4))], 200, 3),
        Refusal::Backwards { id: "a".to_owned() }
    );
    let mut owing = one[0].clone();
    owing.paid.push(Paid {
        from: 0,
        to: None,
        monthly: -1,
    });
    assert_eq!(of(&[owing], 200, 3), Refusal::Negative { id: "a".to_owned() });
    let level = Ask {
        levels: vec![1.0],
        ..ask(200, 3)
    };
    assert_eq!(forecast(&one, &level), Err(Refusal::Level));
    assert_eq!(survival(&[], 5), Err(Refusal::Nobody));
    let extreme = [
        customer("a", i32::MIN, None),
        customer("b", i32::MIN, Some(i32::MAX)),
    ];
    assert!(survival(&extreme, i32::MAX).is_ok());
}

#[test]
fn no_company_is_too_odd() {
    use rand::{Rng as _, SeedableRng as _};
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(2);
    let days = [i32::MIN, -40_000, -1, 0, 1, 30, 31, 400, 20_000, i32::MAX];
    for _ in 0..300 {
        let n = dice.random_range(0..8);
        let day = |dice: &mut rand_chacha::ChaCha8Rng| days[dice.random_range(0..days.len())];
        let all: Vec<Customer> = (0..n)
            .map(|at| Customer {
                id: at.to_string(),
                group: ["", "a", "b"][at % 3].to_owned(),
                start: day(&mut dice),
                end: (at % 2 == 0).then_some(i32::MAX),
                paid: vec![Paid {
                    from: day(&mut dice),
                    to: None,
                    monthly: [0, 1, i64::MAX][at % 3],
                }],
            })
            .collect();
        let as_of = day(&mut dice);
        if let Ok(curve) = survival(&all, as_of) {
            assert!(
                curve.life.observed.is_finite() && curve.life.expected_low.is_finite(),
                "{curve:?}"
            );
        }
        if let Ok(found) = forecast(&all, &ask(as_of, 14)) {
            for point in &found.points {
                for estimate in [Some(&point.logo), point.gross.as_ref(), point.net.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    let finite =
                        |band: &Band| band.low.is_finite() && band.high.is_finite() && band.low <= band.high;
                    assert!(
                        estimate.mean.is_finite() && estimate.bands.iter().all(finite),
                        "{all:?} {as_of} {point:?}"
                    );
                }
            }
        }
    }
}
