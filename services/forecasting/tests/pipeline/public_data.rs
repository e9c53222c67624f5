//! The backtest on public data, and on a larger made-up company in the shape of bench data; skipped where the data is
//! not there.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    time::Instant,
};

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{
    Ask, Backtest, BacktestAsk, Book, Closing, Deal, Outcome, Rehearsal, Scores, Spell, backtest, day_number,
    forecast,
};
use jiff::civil::Date;
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::company::{DAY_MS, normal};

fn ms(date: &str) -> Option<i64> {
    let date: Date = date.parse().ok()?;
    Some(day_number(date.year().into(), date.month().into(), date.day().into()) * DAY_MS)
}

fn spell(from: i64, amount: Option<i64>, owner: &str) -> Spell {
    Spell {
        from,
        to: None,
        stage: "Engaging".into(),
        stage_probability: None,
        amount,
        expected_close: None,
        owner: owner.into(),
        team: String::new(),
        category: String::new(),
        pushes: 0,
    }
}

/// The CRM export as the product's mapping reads it: the list price until a deal is won.
fn crm(folder: &Path) -> Vec<Deal> {
    let read = |name: &str| csv::Reader::from_path(folder.join(name)).expect("a file of the export");
    let mut products = read("products.csv");
    let prices: BTreeMap<String, i64> = products
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (row[0].to_owned(), row[2].parse::<i64>().expect("a price") * 100))
        .collect();
    let mut pipeline = read("sales_pipeline.csv");
    let mut deals = Vec::new();
    for row in pipeline.records() {
        let row = row.expect("a row");
        let Some(created) = ms(&row[5]) else { continue };
        let product = if &row[2] == "GTXPro" { "GTX Pro" } else { &row[2] };
        let won = &row[4] == "Won";
        let closing = ms(&row[6]).map(|at| Closing {
            at,
            outcome: if won { Outcome::Won } else { Outcome::Lost },
            amount: row[7]
                .parse::<i64>()
                .ok()
                .filter(|_| won)
                .map(|amount| amount * 100),
            owner: row[1].to_owned(),
            team: String::new(),
        });
        let mut traits = BTreeMap::from([("product".to_owned(), product.to_owned())]);
        if !row[3].is_empty() {
            traits.insert("account".into(), row[3].to_owned());
        }
        let spells = vec![spell(created, prices.get(product).copied(), &row[1])];
        deals.push(Deal {
            id: row[0].to_owned(),
            created,
            spells,
            closing,
            undone: Vec::new(),
            traits,
        });
    }
    deals
}

/// Made as `gen_opportunities.py` makes them; `dead` of them are never closed.
fn made_up(count: usize, dead: f64, seed: u64) -> Vec<Deal> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (start, end) = (day_number(2022, 1, 1) as f64, day_number(2026, 1, 1) as f64);
    let medians = [12.0, 28.0, 55.0, 95.0, 140.0];
    let amounts = [90_000.0, 400_000.0, 1_600_000.0, 7_500_000.0, 5_000_000.0];
    let mut deals = Vec::new();
    for place in 0..count {
        let share = (place as f64 + random.random::<f64>()) / count as f64;
        let created = start + share.powf(0.85) * (end - start - 1.0);
        let (owner, source): (usize, usize) = (random.random_range(0..50), random.random_range(0..8));
        let region = owner % 10;
        let pick: f64 = random.random();
        let segment = [0.3, 0.6, 0.8, 0.95].iter().filter(|edge| pick >= **edge).count();
        let cycle = medians[segment] * (1.0 + 0.03 * region as f64) * (0.6 * normal(&mut random)).exp();
        let chance = 0.32 - 0.03 * segment as f64 + 0.015 * (region % 4) as f64 + 0.01 * (source % 3) as f64;
        let won = random.random::<f64>() < chance;
        let amount = (amounts[segment] * (0.7 * normal(&mut random)).exp()) as i64;
        let closes = created + cycle;
        let at = |day: f64| (day * DAY_MS as f64) as i64;
        let open = closes >= end || random.random::<f64>() < dead;
        let closing = (!open).then(|| Closing {
            at: at(closes),
            outcome: if won { Outcome::Won } else { Outcome::Lost },
            amount: won.then_some(amount),
            owner: String::new(),
            team: String::new(),
        });
        let traits = BTreeMap::from([
            ("source".to_owned(), format!("source-{source}")),
            ("segment".to_owned(), format!("segment-{segment}")),
        ]);
        let spells = vec![spell(at(created), Some(amount), &format!("rep-{owner}"))];
        deals.push(Deal {
            id: format!("o{place:07}"),
            created: at(created),
            spells,
            closing,
            undone: Vec::new(),
            traits,
        });
    }
    deals
}

fn run(deals: Vec<Deal>) -> Backtest {
    let book = Book::new(deals, &Zone::utc());
    let mut rehearsal = Rehearsal::new(&book, 90).expect("a horizon");
    backtest(&mut rehearsal, &BacktestAsk::default()).expect("a backtest")
}

fn print(what: &str, result: &Backtest) {
    for snapshot in &result.snapshots {
        let said = &snapshot.calibrated;
        let (value, band) = (said.value.expect("a value"), said.value80.expect("a band"));
        eprintln!(
            "{what} day {}: open {} won {} said {:.0} [{:.0}, {:.0}], value {:.0} said {:.0} [{:.0}, {:.0}] ({:+.1} %)",
            snapshot.day,
            snapshot.open,
            snapshot.won,
            said.count,
            said.count80.low,
            said.count80.high,
            snapshot.won_value / 100.0,
            value / 100.0,
            band.low / 100.0,
            band.high / 100.0,
            100.0 * (value / snapshot.won_value - 1.0),
        );
    }
    eprintln!("{what} static {:?}", result.static_view);
    eprintln!("{what} calibrated {:?}", result.calibrated);
}

fn meets(scores: &Scores, value_mape: f64, coverage: std::ops::RangeInclusive<f64>) {
    assert!(scores.value_mape.expect("wins") <= value_mape, "value {scores:?}");
    assert!(scores.value_bias.expect("wins").abs() <= 0.10, "bias {scores:?}");
    assert!(scores.count_bias.expect("wins").abs() <= 0.10, "bias {scores:?}");
    assert!(
        coverage.contains(&scores.coverage80.expect("values")),
        "coverage {scores:?}"
    );
}

#[test]
fn the_crm_export_is_forecast_better_than_by_stage() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crm");
    if File::open(folder.join("sales_pipeline.csv")).is_err() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let result = run(crm(&folder));
    print("crm", &result);
    assert_eq!(result.snapshots.len(), 7);
    meets(&result.calibrated, 0.20, 0.70..=0.90);
    assert!(result.calibrated.brier <= 0.23, "{}", result.calibrated.brier);
    assert!(result.static_view.count_mape.expect("wins") > 0.3);
}

/// A company of bench data's shape; a few large deals make its value noisy, so that smaller ones are judged by count.
#[test]
fn a_made_up_company_is_forecast_within_a_tenth() {
    let result = run(made_up(12_000, 0.0, 20_260_101));
    print("made up", &result);
    assert!(
        result.calibrated.count_mape.expect("wins") <= 0.105,
        "{:?}",
        result.calibrated
    );
    meets(&result.calibrated, 0.20, 0.70..=0.90);
}

#[test]
fn dead_deals_do_not_mislead() {
    let result = run(made_up(12_000, 0.3, 5));
    print("dead", &result);
    assert!(
        result.calibrated.count_mape.expect("wins") <= 0.105,
        "{:?}",
        result.calibrated
    );
    meets(&result.calibrated, 0.25, 0.70..=0.90);
    assert!(result.static_view.count_mape.expect("wins") > 3.0);
}

#[test]
fn a_large_made_up_company_is_forecast_within_a_tenth_by_value_too() {
    let result = run(made_up(100_000, 0.1, 11));
    print("large", &result);
    meets(&result.calibrated, 0.105, 0.70..=0.90);
}

#[test]
fn a_hundred_thousand_open_deals_are_summed_up_quickly() {
    let mut deals = made_up(20_000, 0.0, 3);
    let open: Vec<Deal> = deals
        .iter()
        .filter(|deal| deal.closing.is_none())
        .cloned()
        .collect();
    let copies = (0..100_000).map(|copy| (copy, &open[copy % open.len()]));
    deals.extend(copies.map(|(copy, deal)| Deal {
        id: format!("copy {copy:06}"),
        ..deal.clone()
    }));
    let book = Book::new(deals, &Zone::utc());
    let mut rehearsal = Rehearsal::new(&book, 90).expect("a horizon");
    let ask = Ask {
        day: day_number(2026, 1, 1),
        groups: Vec::new(),
        seed: 1,
    };
    let begun = Instant::now();
    let made = forecast(&mut rehearsal, &ask).expect("a forecast");
    let learned = begun.elapsed();
    let begun = Instant::now();
    let again = forecast(&mut rehearsal, &ask).expect("a forecast");
    eprintln!(
        "{} open deals: {learned:?} with learning, {:?} without",
        made.open.open,
        begun.elapsed()
    );
    assert_eq!(made, again);
    assert!(made.open.open >= 100_000, "{}", made.open.open);
}
