//! Simulated companies: deals whose hazards are known, with stages, dead deals, products and months that are good or
//! bad for all deals together.

use std::collections::BTreeMap;

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{Book, Closing, Deal, Outcome, Spell, day_number};
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
    pub(crate) fn deals(&self) -> Vec<Deal> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let months = (self.days / 30 + 2) as usize;
        let shocks: Vec<f64> = (0..months)
            .map(|_| (self.shock * normal(&mut random) - self.shock * self.shock / 2.0).exp())
            .collect();
        let mut deals = Vec::new();
        for day in 0..self.days {
            let mut expected = self.pace;
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
            let won =
                won * ease * STAGES[if self.stages { stage } else { 1 }].1 * shocks[(day / 30) as usize];
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
