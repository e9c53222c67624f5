//! Simulated companies: deals whose hazards are known, with stages, dead deals, products and months that are good or
//! bad for all deals together.

use std::collections::BTreeMap;

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{Book, Closing, Deal, Outcome, Spell, day_number, quarter_of};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

pub(crate) const DAY_MS: i64 = 86_400_000;

/// What a company is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Company {
    pub seed: u64,
    /// New deals a day.
    pub pace: f64,
    /// Days of history.
    pub(crate) days: i64,
    /// Standard deviation of the log of a month's common factor.
    pub shock: f64,
    /// The share of deals that nobody ever closes.
    pub dead: f64,
    /// Whether stages move.
    pub stages: bool,
    /// By how much more (or less) new deals come a year later, as a share.
    pub growth: f64,
    /// By how much more deals come at the height of the year than on average, as a share.
    pub season: f64,
    /// By how much more are won in the last month of a quarter, as a share; the other two months have half of it less.
    pub quarter: f64,
    /// What the hazard to be won is multiplied by in the last [`Company::CHANGED`] days.
    pub change: f64,
}

impl Default for Company {
    fn default() -> Self {
        Self {
            seed: 1,
            pace: 3.0,
            days: 1_096,
            shock: 0.0,
            dead: 0.1,
            stages: true,
            growth: 0.0,
            season: 0.0,
            quarter: 0.0,
            change: 1.0,
        }
    }
}

const PRODUCTS: [(&str, f64, f64); 4] = [
    ("anvil", 1.6, 80_000.0),
    ("bellows", 1.0, 400_000.0),
    ("chisel", 0.7, 1_500_000.0),
    ("drill", 0.9, 250_000.0),
];
const STAGES: [(&str, f64, f64); 3] = [
    ("qualify", 0.3, 0.1),
    ("propose", 1.0, 0.3),
    ("negotiate", 2.5, 0.6),
];

pub(crate) fn start() -> i64 {
    day_number(2021, 1, 1)
}

pub(crate) fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (one, other): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

impl Company {
    /// For how many days deals are won at another pace at last.
    const CHANGED: i64 = 450;

    pub(crate) fn deals(&self) -> Vec<Deal> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let months = (self.days / 30 + 2) as usize;
        let shocks: Vec<f64> = (0..months)
            .map(|_| (self.shock * normal(&mut random) - self.shock * self.shock / 2.0).exp())
            .collect();
        let mut deals = Vec::new();
        for day in 0..self.days {
            let year = day as f64 / 365.25;
            let height = 1.0 + self.season * (std::f64::consts::TAU * year).sin();
            let mut expected = self.pace * (1.0 + self.growth).powf(year) * height;
            while expected > 0.0 {
                if random.random::<f64>() < expected.min(0.5) {
                    let id = format!("deal-{:06}", deals.len());
                    deals.push(self.deal(id, day, &shocks, &mut random));
                }
                expected -= 0.5;
            }
        }
        deals
    }

    pub(crate) fn book(&self) -> Book {
        Book::new(self.deals(), &Zone::utc())
    }

    /// What the hazard to be won is multiplied by on a day.
    fn times(&self, day: i64) -> f64 {
        let today = start() + day;
        let left = quarter_of(today).1 - today;
        let quarter = if left <= 30 {
            1.0 + self.quarter
        } else {
            1.0 - self.quarter / 2.0
        };
        let change = if day >= self.days - Self::CHANGED {
            self.change
        } else {
            1.0
        };
        quarter * change
    }

    fn deal(&self, id: String, created: i64, shocks: &[f64], random: &mut ChaCha8Rng) -> Deal {
        let (product, ease, price) = PRODUCTS[random.random_range(0..PRODUCTS.len())];
        let owner = random.random_range(0..8_u32);
        let amount = (price * (0.5 * normal(random)).exp()) as i64;
        let dead = random.random::<f64>() < self.dead;
        let due = (start() + created) as i32 + random.random_range(30..120);
        let mut stage = 0;
        let mut spells = vec![spell(created, stage, amount, owner, due)];
        let mut closing = None;
        for day in created..self.days {
            let age = (day - created) as f64;
            if self.stages && day > created && !dead && stage < 2 && random.random::<f64>() < 0.03 {
                stage += 1;
                spells.push(spell(day, stage, amount, owner, due));
            }
            if dead {
                continue;
            }
            let (won, lost) = hazards(age);
            let of_stage = STAGES[if self.stages { stage } else { 1 }].1;
            let won = won * ease * of_stage * shocks[(day / 30) as usize] * self.times(day);
            let draw: f64 = random.random();
            if draw < won + lost {
                let outcome = match (draw < won, random.random::<f64>() < 0.2) {
                    (true, _) => Outcome::Won,
                    (false, true) => Outcome::NoDecision,
                    (false, false) => Outcome::Lost,
                };
                let at = (start() + day) * DAY_MS + random.random_range(1..DAY_MS);
                let paid = (amount as f64 * (0.2 * normal(random)).exp()) as i64;
                let amount = (outcome == Outcome::Won).then_some(paid);
                closing = Some(Closing {
                    at,
                    outcome,
                    amount,
                    owner: format!("rep-{owner}"),
                    team: String::new(),
                });
                break;
            }
        }
        let traits = BTreeMap::from([("product".to_owned(), product.to_owned())]);
        Deal {
            id,
            created: (start() + created) * DAY_MS,
            spells,
            closing,
            undone: Vec::new(),
            traits,
        }
    }
}

fn spell(day: i64, stage: usize, amount: i64, owner: u32, due: i32) -> Spell {
    Spell {
        from: (start() + day) * DAY_MS,
        to: None,
        stage: STAGES[stage].0.to_owned(),
        stage_probability: Some(STAGES[stage].2),
        amount: Some(amount),
        expected_close: Some(due),
        owner: format!("rep-{owner}"),
        team: format!("team-{}", owner % 2),
        category: ["pipeline", "best case", "commit"][stage].to_owned(),
        pushes: 0,
    }
}

/// Daily hazards to be won and lost by age.
fn hazards(age: f64) -> (f64, f64) {
    match age {
        ..10.0 => (0.003, 0.008),
        10.0..60.0 => (0.010, 0.008),
        60.0..120.0 => (0.007, 0.012),
        _ => (0.003, 0.010),
    }
}
