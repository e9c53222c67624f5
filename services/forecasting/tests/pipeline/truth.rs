//! Intervals and chances against companies whose truth is known.

use bellwether_forecasting::pipeline::{Ask, Rehearsal, forecast, month_starts};

use crate::company::{Company, start};

#[derive(Default)]
struct Held {
    forecasts: usize,
    held80: usize,
    held95: usize,
    value80: usize,
    value95: usize,
    said: f64,
    came: f64,
    chances: Vec<(f64, bool)>,
}

/// Forecasts of the next 30 days at the month starts of a company's last year.
fn run(companies: impl Iterator<Item = Company>, days: i64) -> Held {
    let mut held = Held::default();
    for company in companies {
        let deals = company.deals();
        let book = company.book();
        let mut rehearsal = Rehearsal::new(&book, days).expect("a horizon");
        let end = start() + company.days;
        for day in month_starts(end - 366, end - days)
            .into_iter()
            .step_by((days as usize).div_ceil(31))
        {
            let ask = Ask {
                day,
                groups: Vec::new(),
                seed: 7,
            };
            let made = forecast(&mut rehearsal, &ask).expect("a forecast");
            let (from, to) = (day * 86_400_000, (day + days) * 86_400_000);
            let (mut won, mut value) = (0.0, 0.0);
            for line in &made.lines {
                let place = deals
                    .binary_search_by(|deal| deal.id.cmp(&line.id))
                    .expect("a deal");
                let amount = deals[place]
                    .closing
                    .as_ref()
                    .filter(|end| end.at >= from && end.at < to);
                let amount = amount.and_then(|end| end.amount);
                held.chances.push((line.chance, amount.is_some()));
                won += f64::from(u8::from(amount.is_some()));
                value += amount.unwrap_or(0) as f64;
            }
            let inside = |spread: &bellwether_forecasting::pipeline::Spread, level, came| {
                let band = spread.band(level).expect("a level");
                usize::from((band.low..=band.high).contains(&came))
            };
            let worth = made.open.value.as_ref().expect("a value");
            held.forecasts += 1;
            held.held80 += inside(&made.open.count, 0.8, won);
            held.held95 += inside(&made.open.count, 0.95, won);
            held.value80 += inside(worth, 0.8, value);
            held.value95 += inside(worth, 0.95, value);
            held.said += worth.mean;
            held.came += value;
        }
    }
    held
}

impl Held {
    fn add(&mut self, other: Self) {
        self.forecasts += other.forecasts;
        self.held80 += other.held80;
        self.held95 += other.held95;
        self.value80 += other.value80;
        self.value95 += other.value95;
        self.said += other.said;
        self.came += other.came;
        self.chances.extend(other.chances);
    }

    fn share(&self, count: usize) -> f64 {
        count as f64 / self.forecasts as f64
    }

    /// Expected calibration error over ten bins of equal width.
    fn ece(&self) -> f64 {
        let mut bins = [(0.0, 0.0); 10];
        for (chance, won) in &self.chances {
            let bin = &mut bins[((chance * 10.0) as usize).min(9)];
            bin.0 += chance;
            bin.1 += f64::from(u8::from(*won));
        }
        bins.iter()
            .map(|(said, came): &(f64, f64)| (said - came).abs())
            .sum::<f64>()
            / self.chances.len() as f64
    }

    fn print(&self, what: &str) {
        eprintln!(
            "{what}: {} forecasts, count {:.3} {:.3}, value {:.3} {:.3}, bias {:+.3}, ece {:.4}",
            self.forecasts,
            self.share(self.held80),
            self.share(self.held95),
            self.share(self.value80),
            self.share(self.value95),
            self.said / self.came - 1.0,
            self.ece(),
        );
    }

    fn holds(&self, within80: f64, within95: f64) {
        for held in [self.held80, self.value80] {
            assert!(
                (self.share(held) - 0.8).abs() <= within80,
                "80 %: {}",
                self.share(held)
            );
        }
        for held in [self.held95, self.value95] {
            assert!(
                (self.share(held) - 0.95).abs() <= within95,
                "95 %: {}",
                self.share(held)
            );
        }
        assert!(self.ece() <= 0.03, "ece {}", self.ece());
        assert!(
            (self.said / self.came - 1.0).abs() <= 0.05,
            "bias {}",
            self.said / self.came - 1.0
        );
    }
}

#[test]
fn intervals_hold_where_months_are_good_or_bad_together() {
    let companies = (0..12).map(|seed| Company {
        seed,
        shock: 0.25,
        ..Company::default()
    });
    let held = run(companies, 30);
    held.print("shocks");
    // 144 forecasts: chance alone makes 3.3 points; the ignored test below looks closer.
    held.holds(0.08, 0.05);
}

#[test]
fn intervals_hold_where_deals_know_nothing_of_each_other() {
    let companies = (100..112).map(|seed| Company {
        seed,
        shock: 0.0,
        ..Company::default()
    });
    let held = run(companies, 30);
    held.print("calm");
    // A shock that is not there cannot be told from a small one: rather too wide than too narrow. (144 forecasts:
    // chance alone makes 3.3 points.)
    held.holds(0.09, 0.05);
}

#[test]
fn quarters_hold_too() {
    let companies = (200..212).map(|seed| Company {
        seed,
        shock: 0.2,
        stages: false,
        dead: 0.2,
        ..Company::default()
    });
    let held = run(companies, 90);
    held.print("quarters");
    // Eight horizons of history are little to learn the width of a ninth from: it is rather too wide than too narrow.
    assert!(held.share(held.held80) >= 0.72 && held.share(held.value80) >= 0.72);
    assert!(held.share(held.held95) >= 0.90 && held.share(held.value95) >= 0.90);
    assert!(held.ece() <= 0.03, "ece {}", held.ece());
}

/// Enough forecasts that what is promised can be told from chance: 80 +- 3 and 95 +- 2 %.
#[test]
#[ignore = "many minutes: 100 companies"]
fn intervals_hold_within_three_and_two_points() {
    let companies = (300..400).map(|seed| Company {
        seed,
        shock: 0.02 * (seed % 15) as f64,
        ..Company::default()
    });
    let held = run(companies, 30);
    held.print("many");
    held.holds(0.03, 0.02);
}

/// What companies may be like besides: each is judged for itself, all together by their coverage.
fn kinds() -> Vec<(&'static str, Company)> {
    let usual = Company {
        shock: 0.12,
        ..Company::default()
    };
    vec![
        ("dead", Company { dead: 0.4, ..usual }),
        (
            "no stages",
            Company {
                stages: false,
                ..usual
            },
        ),
        ("seasonal", Company { season: 0.5, ..usual }),
        (
            "quarter ends",
            Company {
                quarter: 0.5,
                ..usual
            },
        ),
        (
            "growing",
            Company {
                growth: 0.8,
                pace: 1.5,
                ..usual
            },
        ),
        ("worse", Company { change: 0.7, ..usual }),
        ("better", Company { change: 1.4, ..usual }),
        ("small", Company { pace: 0.8, ..usual }),
        ("young", Company { days: 600, ..usual }),
    ]
}

fn all_kinds(companies: u64) -> Held {
    let mut all = Held::default();
    for (name, kind) in kinds() {
        let held = run(
            (0..companies).map(|seed| Company {
                seed: 500 + seed,
                ..kind
            }),
            30,
        );
        held.print(name);
        assert!(held.ece() <= 0.03, "{name}: ece {}", held.ece());
        all.add(held);
    }
    all.print("all kinds");
    all
}

#[test]
fn intervals_hold_in_companies_of_all_kinds() {
    // 214 forecasts: chance alone makes 2.7 and 1.5 points.
    all_kinds(2).holds(0.07, 0.04);
}

#[test]
#[ignore = "some minutes: 180 companies"]
fn intervals_hold_within_three_and_two_points_in_companies_of_all_kinds() {
    all_kinds(20).holds(0.03, 0.02);
}
