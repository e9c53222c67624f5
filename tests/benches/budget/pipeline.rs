//! P14: the distribution of what a hundred thousand open deals bring, once the models have learned and from cold.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{
    Ask, Book, Closing, Deal, Forecast, Outcome, Rehearsal, Spell, day_number, forecast,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::row::{Must, Row, median};
use crate::say;

const RUNS: usize = 5;
const COLD_RUNS: usize = 3;
/// Deals of four years, most of them over.
const PAST: usize = 20_000;
const OPEN: usize = 100_000;
const DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;
const SOURCES: usize = 8;
const OWNERS: usize = 50;

/// Measures through the library, as `forecast pipeline` forecasts.
pub(crate) fn measure() -> Result<Vec<Row>> {
    let today = day_number(2026, 1, 1);
    let book = Book::new(deals(today), &Zone::utc());
    let ask = Ask {
        day: today,
        groups: Vec::new(),
        seed: 1,
    };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for run in 0..COLD_RUNS {
        let mut rehearsal = Rehearsal::new(&book, DAYS)?;
        let (made, seconds) = timed(&mut rehearsal, &ask)?;
        say(&format!("P14 run {run}, cold: {seconds:.2} s"));
        cold.push(seconds);
        for _ in 0..RUNS {
            let (again, seconds) = timed(&mut rehearsal, &ask)?;
            ensure!(again == made, "the same question has another answer");
            warm.push(seconds * 1_000.0);
        }
    }
    let about = format!(
        "count and value of {OPEN} open deals of a company with {PAST} deals of four years, {DAYS} days ahead, with \
         50, 80 and 95 % intervals, deals still to come and every deal's chance; one thread"
    );
    Ok(vec![
        Row {
            name: "P14".to_owned(),
            ours: median(&warm),
            anchor: None,
            unit: "ms",
            must: Must::OursAtMost(1_000.0),
            runs: warm.len(),
            note: format!("{about}; the models have learned"),
        },
        Row {
            name: "P14 cold".to_owned(),
            ours: median(&cold),
            anchor: None,
            unit: "s",
            must: Must::Nothing,
            runs: cold.len(),
            note: format!("{about}; with learning, and rehearsals of two years"),
        },
    ])
}

fn timed(rehearsal: &mut Rehearsal<'_>, ask: &Ask) -> Result<(Forecast, f64)> {
    let begun = Instant::now();
    let made = forecast(rehearsal, ask)?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(made.open.open >= OPEN, "only {} deals are open", made.open.open);
    made.open.value.as_ref().context("no value was forecast")?;
    Ok((made, seconds))
}

/// Deals of the four years before a day, and copies of the open ones among them.
fn deals(today: i64) -> Vec<Deal> {
    let mut dice = StdRng::seed_from_u64(14);
    let first = today - 4 * 365;
    let mut deals: Vec<Deal> = (0..PAST)
        .map(|place| deal(place, first, today, &mut dice))
        .collect();
    let open: Vec<Deal> = deals
        .iter()
        .filter(|deal| deal.closing.is_none())
        .cloned()
        .collect();
    let copy = |copy: usize| Deal {
        id: format!("copy-{copy:06}"),
        ..open[copy % open.len()].clone()
    };
    deals.extend((0..OPEN).map(copy));
    deals
}

fn deal(place: usize, first: i64, today: i64, dice: &mut StdRng) -> Deal {
    let created = first as f64 + (today - first) as f64 * (place as f64 / PAST as f64);
    let (owner, source) = (dice.random_range(0..OWNERS), dice.random_range(0..SOURCES));
    // Most end within half a year, later ones of dear sources.
    let closes = created + (20.0 + 10.0 * source as f64) * -f64::ln(dice.random_range(1e-9..1.0));
    let won = dice.random_bool(0.2 + 0.02 * source as f64);
    let amount = dice.random_range(50_000..5_000_000);
    let at = |day: f64| (day * DAY_MS as f64) as i64;
    let closing = (closes < today as f64).then(|| Closing {
        at: at(closes),
        outcome: if won { Outcome::Won } else { Outcome::Lost },
        amount: won.then_some(amount),
        owner: String::new(),
        team: String::new(),
    });
    let spell = Spell {
        from: at(created),
        to: None,
        stage: "open".to_owned(),
        stage_probability: None,
        amount: Some(amount),
        expected_close: None,
        owner: format!("rep-{owner}"),
        team: String::new(),
        category: String::new(),
        pushes: 0,
    };
    Deal {
        id: format!("deal-{place:06}"),
        created: at(created),
        spells: vec![spell],
        closing,
        undone: Vec::new(),
        traits: BTreeMap::from([("source".to_owned(), format!("source-{source}"))]),
    }
}
