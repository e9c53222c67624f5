//! How many of today's customers, and how much of what they pay, will be there in the coming months.

use std::collections::BTreeMap;

use super::customer::check;
use super::hazard::{Hazards, NEWEST, months_known};
use super::money::{Kept, Payments};
use super::spread::{Mixture, factors, shared};
use super::{Band, Customer, MONTH, Refusal};

/// How many months of history are needed.
const NEEDED: u32 = 3;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The first day that is not known yet.
    pub as_of: i32,
    /// How many months ahead, 1 to [`Ask::MOST`].
    pub months: u32,
    /// How much of the future each interval is to hold, as shares: 0.8 for 80 %.
    pub levels: Vec<f64>,
}

impl Ask {
    /// The most months that are forecast.
    pub const MOST: u32 = 60;
}

/// What today's customers will be.
#[derive(Clone, Debug, PartialEq)]
pub struct Retention {
    /// How many customers there are.
    pub customers: u64,
    /// What they pay a month, in minor units.
    pub monthly: f64,
    /// The forecast, one month after the other.
    pub points: Vec<Point>,
    /// By how much the share that leaves in a month is better or worse than chance explains, as a standard deviation of
    /// its ratio to what is usual: what makes the intervals wide for large companies too.
    pub shared: f64,
}

/// The forecast for one month.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// How many months ahead.
    pub month: u32,
    /// How many of today's customers are still there.
    pub customers: f64,
    /// The share of them: logo retention.
    pub logo: Estimate,
    /// What they pay then and did today, over what they pay today (gross revenue retention, at most 1); absent when
    /// nothing is known of payments.
    pub gross: Option<Estimate>,
    /// What they pay then, over what they pay today (net revenue retention). Who comes back later is not counted.
    pub net: Option<Estimate>,
}

/// A forecast of a share.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its intervals, as asked for.
    pub bands: Vec<Band>,
}

/// Customers of one age and group.
struct Cell {
    group: String,
    /// In whole months.
    age: u32,
    n: f64,
    /// What they pay, and the sum of the squares of it; over what all pay.
    money: f64,
    squares: f64,
}

/// Forecasts the retention of the customers of a day from what was known when it began.
///
/// Hazards by age and group, drawn towards the mean and to the level of the newest months; all customers share the luck
/// of a time, as much as months differed before beyond chance.
///
/// # Errors
/// Nobody is there, the history is shorter than three months, or the question or a customer makes no sense.
pub fn forecast(customers: &[Customer], ask: &Ask) -> Result<Retention, Refusal> {
    check(customers)?;
    if ask.months == 0 || ask.months > Ask::MOST {
        return Err(Refusal::Horizon {
            months: ask.months,
            most: Ask::MOST,
        });
    }
    if !ask.levels.iter().all(|level| *level > 0.0 && *level < 1.0) {
        return Err(Refusal::Level);
    }
    let known = months_known(customers, ask.as_of);
    enough(customers, ask.as_of, known)?;
    // The order of customers must not change a digit.
    let mut customers: Vec<Customer> = customers
        .iter()
        .filter(|one| one.start < ask.as_of)
        .cloned()
        .collect();
    customers.sort_by(|one, other| (&one.id, one.start, one.end).cmp(&(&other.id, other.start, other.end)));
    let hazards = Hazards::learn(&customers, ask.as_of);
    let monthly: f64 = customers.iter().map(|one| one.monthly(ask.as_of)).sum();
    let cells = cells(&customers, ask.as_of, monthly);
    let kept = if monthly > 0.0 {
        Payments::of(&customers, ask.as_of, known).kept(ask.months)
    } else {
        None
    };
    let point = |month: u32| {
        let kept = kept.as_ref().map(|kept| &kept[month as usize - 1]);
        Outlook::new(&cells, &hazards, month).point(kept, &ask.levels)
    };
    Ok(Retention {
        customers: cells.iter().map(|cell| cell.n).sum::<f64>() as u64,
        monthly,
        points: (1..=ask.months).map(point).collect(),
        shared: shared(&hazards.months, 1).unwrap_or(0.0).sqrt(),
    })
}

fn enough(customers: &[Customer], as_of: i32, known: u32) -> Result<(), Refusal> {
    let first = customers
        .iter()
        .map(|one| one.start)
        .filter(|start| *start < as_of)
        .min();
    let first = first.ok_or(Refusal::Nobody)?;
    if known < NEEDED {
        return Err(Refusal::TooShort {
            have: i64::from(as_of) - i64::from(first),
            need: (f64::from(NEEDED) * MONTH).ceil() as i64,
        });
    }
    if customers.iter().any(|one| one.there(as_of)) {
        Ok(())
    } else {
        Err(Refusal::NobodyLeft)
    }
}

fn cells(customers: &[Customer], as_of: i32, monthly: f64) -> Vec<Cell> {
    let mut cells: BTreeMap<(&str, u32), Cell> = BTreeMap::new();
    for one in customers.iter().filter(|one| one.there(as_of)) {
        let age = ((f64::from(as_of) - f64::from(one.start)) / MONTH) as u32;
        let cell = cells.entry((&one.group, age)).or_insert_with(|| Cell {
            group: one.group.clone(),
            age,
            n: 0.0,
            money: 0.0,
            squares: 0.0,
        });
        let share = if monthly > 0.0 {
            one.monthly(as_of) / monthly
        } else {
            0.0
        };
        cell.n += 1.0;
        cell.money += share;
        cell.squares += share * share;
    }
    cells.into_values().collect()
}

/// One month ahead: all cells with their cumulative hazards, and the times that may come.
struct Outlook<'a> {
    month: u32,
    cells: Vec<(&'a Cell, f64)>,
    factors: Vec<f64>,
    of_money: f64,
}

impl<'a> Outlook<'a> {
    fn new(cells: &'a [Cell], hazards: &Hazards, month: u32) -> Self {
        // What windows of this length vary by, of the longest that the history holds three times; never less than single
        // months would, were they independent.
        let one = shared(&hazards.months, 1).unwrap_or(0.0);
        let long = (1..=month as usize)
            .rev()
            .find_map(|months| shared(&hazards.months, months))
            .unwrap_or(0.0);
        // How well the level of the newest months is known, which were good or bad ones too.
        let level = 1.0 / (hazards.newest + 10.0) + one / f64::from(NEWEST);
        // How much months differ is itself known from few of them, and rather too little than too much.
        let unsure = 1.0 + 3.0 / (hazards.months.len().max(1) as f64).sqrt();
        Self {
            month,
            cells: cells
                .iter()
                .map(|cell| (cell, hazards.cumulative(&cell.group, cell.age, month)))
                .collect(),
            factors: factors((((one / f64::from(month)).max(long) + level) * unsure).sqrt()),
            of_money: hazards.of_money,
        }
    }

    fn point(&self, kept: Option<&Kept>, levels: &[f64]) -> Point {
        let n: f64 = self.cells.iter().map(|(cell, _)| cell.n).sum();
        let logo = Mixture::new(
            self.factors.iter().map(|factor| self.logos(*factor, n)),
            (0.0, 1.0),
        );
        let money = |kept: super::money::Ratio, most: f64| {
            let times = self.factors.iter().map(|factor| self.money(*factor, kept));
            estimate(&Mixture::new(times, (0.0, most)), levels)
        };
        Point {
            month: self.month,
            customers: logo.mean() * n,
            logo: estimate(&logo, levels),
            gross: kept.map(|kept| money(kept.gross, 1.0)),
            net: kept.map(|kept| money(kept.net, f64::MAX)),
        }
    }

    /// Mean and variance of the share of customers who stay in such a time.
    fn logos(&self, factor: f64, n: f64) -> (f64, f64) {
        let (mut mean, mut variance) = (0.0, 0.0);
        for (cell, hazard) in &self.cells {
            let stays = libm::exp(-hazard * factor);
            mean += cell.n * stays;
            variance += cell.n * stays * (1.0 - stays);
        }
        (mean / n, variance / (n * n))
    }

    /// Mean and variance of the share of money that stays in such a time.
    fn money(&self, factor: f64, kept: super::money::Ratio) -> (f64, f64) {
        let (mut stayed, mut variance) = (0.0, 0.0);
        for (cell, hazard) in &self.cells {
            let stays = libm::exp(-hazard * factor * self.of_money);
            stayed += cell.money * stays;
            variance += cell.squares * stays * ((1.0 - stays) * kept.mean * kept.mean + kept.single);
        }
        (stayed * kept.mean, variance + stayed * stayed * kept.shared)
    }
}

fn estimate(mixture: &Mixture, levels: &[f64]) -> Estimate {
    Estimate {
        mean: mixture.mean(),
        bands: levels.iter().map(|level| mixture.band(*level)).collect(),
    }
}
