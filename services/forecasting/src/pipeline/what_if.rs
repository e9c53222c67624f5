//! What would change if: the difference to the forecast, with its own interval. Deals that stay as they are cancel out,
//! and both sides share their shocks, so the interval is that of the change and not of the forecast.

use super::{
    deal::Refusal,
    encode::View,
    forecast::Forecast,
    lines::{Line, on_calendar},
    rehearsal::{Adjust, Rehearsal},
    segments::Months,
    spread::{Extra, Item, Shock, Spread, draws},
    training::identity,
};

/// Draws what would be lost apart from what would be gained: what chance does to other deals does not cancel out.
const APART: u64 = 0xd1b5_4a32_d192_ed03;
/// Days in which somebody who sells has created a deal.
const ACTIVE_DAYS: f64 = 90.0;

/// One thing that could be otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A deal would not be there.
    Drop {
        /// The deal.
        id: String,
    },
    /// A deal would be expected to close on another day.
    MoveClose {
        /// The deal.
        id: String,
        /// The civil day number.
        day: i64,
    },
    /// Deals in a stage would be won at another pace.
    StageRate {
        /// The stage.
        stage: String,
        /// What their hazard to be won is multiplied by, 0 to 100.
        factor: f64,
    },
    /// One more would sell, as the average of those who do, from the first day of the forecast on.
    AddRep {
        /// Days until they bring as much as the others; until then evenly more each day.
        ramp_days: f64,
    },
}

/// What would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// How many more (or fewer) deals would be won.
    pub count: Spread,
    /// How much more or less, in minor units.
    pub value: Spread,
    /// Deals whose chance would change: id, chance before, chance after.
    pub deals: Vec<(String, f64, f64)>,
}

/// The difference that changes make to a forecast, all of them together.
///
/// # Errors
/// [`Refusal::UnknownDeal`]; [`Refusal::Number`] for a day, a factor or a ramp that cannot be.
pub fn what_if(
    rehearsal: &mut Rehearsal<'_>,
    forecast: &Forecast,
    changes: &[Change],
    seed: u64,
) -> Result<Difference, Refusal> {
    let mut after: Vec<f64> = forecast.lines.iter().map(|line| line.chance).collect();
    let mut extra = [Extra::default(); 2];
    for change in changes {
        apply(rehearsal, forecast, change, &mut after, &mut extra)?;
    }
    let moved = || {
        forecast
            .lines
            .iter()
            .zip(&after)
            .filter(|(line, after)| line.chance != **after)
    };
    let part = |adjust: &Adjust, size: fn(&Line) -> (f64, f64), extra: Extra| {
        let side = |sign: f64| -> Vec<Item> {
            let gains = moved().filter(|(line, after)| sign * (*after - line.chance) > 0.0);
            let item = |(line, after): (&Line, &f64)| {
                let (size, variation) = size(line);
                Item {
                    key: identity(&line.id),
                    chance: (after - line.chance).abs(),
                    size,
                    variation,
                }
            };
            gains.map(item).collect()
        };
        let (more, less) = (side(1.0), side(-1.0));
        let mean = |items: &[Item]| items.iter().map(|item| item.chance * item.size).sum::<f64>();
        let expected = mean(&more) - mean(&less) + extra.mean;
        let drawn = difference([&more, &less], adjust.shock, extra, seed);
        Spread::of(drawn, expected, f64::NEG_INFINITY)
    };
    let correction = &forecast.correction;
    Ok(Difference {
        count: part(&correction.count, |_| (1.0, 0.0), extra[0]),
        value: part(
            &correction.value,
            |line| (line.worth.unwrap_or(0.0), line.variation),
            extra[1],
        ),
        deals: moved()
            .map(|(line, after)| (line.id.clone(), line.chance, *after))
            .collect(),
    })
}

/// Draws of what would be gained less what would be lost, which share their shock and nothing else. Neither is ever
/// less than nothing.
fn difference([more, less]: [&[Item]; 2], shock: Shock, extra: Extra, seed: u64) -> Vec<f64> {
    let more = draws(more, shock, extra, seed);
    let less = draws(less, shock, Extra::default(), seed ^ APART);
    let pairs = more.into_iter().zip(less);
    pairs.map(|(more, less)| more.max(0.0) - less.max(0.0)).collect()
}

fn apply(
    rehearsal: &mut Rehearsal<'_>,
    forecast: &Forecast,
    change: &Change,
    after: &mut [f64],
    extra: &mut [Extra; 2],
) -> Result<(), Refusal> {
    match change {
        Change::Drop { id } => after[place(forecast, id)?] = 0.0,
        Change::MoveClose { id, day } => {
            let place = place(forecast, id)?;
            after[place] = moved_chance(rehearsal, forecast, id, *day, after[place])?;
        }
        Change::StageRate { stage, factor } => {
            if !(0.0..=100.0).contains(factor) {
                return Err(Refusal::Number {
                    what: format!("a stage's rate is multiplied by 0 to 100, not {factor}"),
                });
            }
            for (line, chance) in forecast
                .lines
                .iter()
                .zip(after.iter_mut())
                .filter(|(line, _)| line.stage == *stage)
            {
                debug_assert!(line.chance <= 1.0, "chances are at most 1");
                *chance = if *chance >= 1.0 {
                    1.0
                } else {
                    -libm::expm1(factor * libm::log1p(-*chance))
                };
            }
        }
        Change::AddRep { ramp_days } => {
            if !(ramp_days.is_finite() && *ramp_days >= 0.0) {
                return Err(Refusal::Number {
                    what: format!("a ramp takes 0 days or more, not {ramp_days}"),
                });
            }
            let share = one_more(rehearsal, forecast, *ramp_days);
            let (count, value) = (&forecast.newcomers.count, &forecast.newcomers.value);
            add(
                &mut extra[0],
                count.mean * share,
                1.0,
                forecast.correction.new_count.spread,
            );
            let value = value.as_ref().map_or(0.0, |value| value.mean);
            add(
                &mut extra[1],
                value * share,
                value / count.mean.max(1e-9),
                forecast.correction.new_value.spread,
            );
        }
    }
    Ok(())
}

fn place(forecast: &Forecast, id: &str) -> Result<usize, Refusal> {
    let found = forecast.lines.binary_search_by(|line| line.id.as_str().cmp(id));
    found.map_err(|_| Refusal::UnknownDeal { id: id.to_owned() })
}

fn add(extra: &mut Extra, mean: f64, unit: f64, spread: f64) {
    extra.mean += mean;
    extra.variance += mean * unit + spread * mean * mean;
}

/// The chance of a deal if it were expected to close on another day: the odds move as the model's odds do.
fn moved_chance(
    rehearsal: &mut Rehearsal<'_>,
    forecast: &Forecast,
    id: &str,
    day: i64,
    chance: f64,
) -> Result<f64, Refusal> {
    if !on_calendar(day) {
        return Err(Refusal::Number {
            what: format!("there is no day {day}"),
        });
    }
    let (book, days) = (rehearsal.book(), rehearsal.days() as f64);
    let found = book.entries.binary_search_by(|entry| entry.id.as_str().cmp(id));
    let entry = found.map_err(|_| Refusal::UnknownDeal { id: id.to_owned() })?;
    let at = forecast.day as f64;
    let mut view = View::at(&book.entries[entry], at);
    let months = Months::covering(at, at + days + 1.0);
    let hazards = &rehearsal.learned(forecast.day)?.hazards;
    let before = hazards.chances(&view, at, days, &months)[0];
    view.due = Some(day as f64);
    let moved = hazards.chances(&view, at, days, &months)[0];
    if before <= 0.0 || before >= 1.0 || moved >= 1.0 {
        return Ok(chance);
    }
    let odds = moved / (1.0 - moved) * (1.0 - before) / before;
    Ok(chance * odds / (1.0 - chance + chance * odds))
}

/// What one more brings of what newcomers bring: the share of one among those who sell, less while they learn.
fn one_more(rehearsal: &Rehearsal<'_>, forecast: &Forecast, ramp: f64) -> f64 {
    let (at, days) = (forecast.day as f64, rehearsal.days() as f64);
    let newest = rehearsal
        .book()
        .entries
        .iter()
        .filter(|e| e.created < at && e.created >= at - ACTIVE_DAYS);
    let mut owners: Vec<u32> = newest
        .filter_map(|entry| entry.stints.first())
        .map(|stint| stint.owner)
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let learned = if ramp <= days {
        1.0 - ramp / (2.0 * days)
    } else {
        days / (2.0 * ramp)
    };
    learned / owners.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use super::super::spread::shock_factors;
    use super::*;

    fn items(count: u64, first: u64, chance: f64, size: f64) -> Vec<Item> {
        let item = |key: u64| Item {
            key: identity(&format!("deal-{}", first + key)),
            chance,
            size: size * (1.0 + (key % 5) as f64),
            variation: 0.5,
        };
        (0..count).map(item).collect()
    }

    fn normal(random: &mut ChaCha8Rng) -> f64 {
        let (one, other): (f64, f64) = (random.random(), random.random());
        (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    /// What deals bring, one by one: each wins for itself, under a shock that all share.
    fn brought(items: &[Item], shock: f64, random: &mut ChaCha8Rng) -> f64 {
        let one = |item: &Item| {
            let won = random.random::<f64>() < item.chance * shock;
            let size = item.size * (1.0 + item.variation * normal(random));
            if won { size } else { 0.0 }
        };
        items.iter().map(one).sum()
    }

    #[test]
    fn the_interval_of_a_difference_is_that_of_a_simulation() {
        let sides = [
            // Many deals that are pooled, few that are drawn one by one, and one whose loss is certain.
            (items(200, 0, 0.10, 10.0), items(150, 1_000, 0.12, 10.0), 0.0),
            (items(200, 0, 0.10, 10.0), items(150, 1_000, 0.12, 10.0), 0.3),
            (items(12, 0, 0.4, 1.0), items(9, 1_000, 0.3, 3.0), 0.0),
            (Vec::new(), items(1, 1_000, 1.0, 100.0), 0.0),
        ];
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for (place, (more, less, sd)) in sides.iter().enumerate() {
            let shock = Shock {
                sd: *sd,
                freedom: 30.0,
            };
            let factors = shock_factors(shock);
            let mut once = || {
                let factor = factors[random.random_range(0..factors.len())];
                brought(more, factor, &mut random).max(0.0) - brought(less, factor, &mut random).max(0.0)
            };
            let seen = Spread::of((0..20_000).map(|_| once()).collect(), 0.0, f64::NEG_INFINITY);
            for seed in [1, 2, 3] {
                let drawn = difference([more, less], shock, Extra::default(), seed);
                let said = Spread::of(drawn, 0.0, f64::NEG_INFINITY);
                for (said, seen) in said.bands.iter().zip(&seen.bands) {
                    let (width, truth) = (said.high - said.low, seen.high - seen.low);
                    let off = (said.low - seen.low).abs().max((said.high - seen.high).abs());
                    assert!(
                        (width / truth - 1.0).abs() < 0.1 && off < 0.1 * truth,
                        "{place} {seed}: {said:?}, not {seen:?}"
                    );
                }
            }
        }
    }
}
