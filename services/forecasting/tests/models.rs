//! Single models on public series that are not in the repository: each must be better than Naive2, none slower than a
//! few milliseconds. Skipped, saying so, where the data are not there.

use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

use bellwether_forecasting::evaluate::series::{Row, read};
use bellwether_forecasting::measure::series::{mase, mean, owa, scale, smape};
use bellwether_forecasting::series::gaps::fill;
use bellwether_forecasting::trend::Model;
use bellwether_forecasting::trend::ces::Ces;
use bellwether_forecasting::trend::ets::Ets;
use bellwether_forecasting::trend::naive::{Naive2, SeasonalNaive};
use bellwether_forecasting::trend::theta::Theta;

fn rows(name: &str) -> Option<Vec<Row>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/series")
        .join(name);
    let Ok(file) = File::open(&path) else {
        eprintln!("skipped: {name} is not in the folder of shared data");
        return None;
    };
    Some(read(file).expect("a file of series"))
}

/// What a method did on a file.
#[derive(Debug, Clone, Copy)]
struct Score {
    smape: f64,
    mase: f64,
    /// Milliseconds a series.
    took: f64,
}

/// Holds out the end of each series and compares the plain mean of `models` with it.
fn score(rows: &[Row], horizon: usize, season: usize, models: &[&dyn Model]) -> Score {
    let (mut smapes, mut mases, mut took) = (Vec::new(), Vec::new(), 0.0);
    for row in rows {
        let (past, came) = row.values.split_at(row.values.len() - horizon);
        let y = fill(past, season);
        let began = Instant::now();
        let fits: Vec<_> = models
            .iter()
            .map(|model| {
                model
                    .fit(&y, season, horizon)
                    .unwrap_or_else(|unfit| panic!("{}: {unfit}", row.id))
            })
            .collect();
        took += began.elapsed().as_secs_f64() * 1e3;
        let said: Vec<f64> = (0..horizon)
            .map(|step| fits.iter().map(|fitted| fitted.mean[step]).sum::<f64>() / fits.len() as f64)
            .collect();
        smapes.extend(smape(came, &said));
        mases.extend(scale(past, season).and_then(|scale| mase(came, &said, scale)));
    }
    Score {
        smape: mean(smapes.into_iter()).expect("a score"),
        mase: mean(mases.into_iter()).expect("a score"),
        took: took / rows.len() as f64,
    }
}

fn compare(name: &str, horizon: usize, season: usize) -> Vec<(&'static str, f64)> {
    let Some(rows) = rows(name) else {
        return Vec::new();
    };
    let base = score(&rows, horizon, season, &[&Naive2]);
    let (standard, optimised) = (Theta::Standard, Theta::Optimised);
    let (dynamic, both, theta) = (Theta::Dynamic, Theta::DynamicOptimised, Theta::Automatic);
    let (ets, damped, ces) = (Ets::auto(), Ets::damped(), Ces::auto());
    let methods: [(&str, Vec<&dyn Model>); 13] = [
        ("naive2", vec![&Naive2]),
        ("seasonal naive", vec![&SeasonalNaive]),
        ("standard theta", vec![&standard]),
        ("optimised theta", vec![&optimised]),
        ("dynamic theta", vec![&dynamic]),
        ("dynamic optimised theta", vec![&both]),
        ("theta", vec![&theta]),
        ("ets", vec![&ets]),
        ("damped ets", vec![&damped]),
        ("ces", vec![&ces]),
        ("mean of theta and ets", vec![&theta, &ets]),
        ("mean of theta, ets and ces", vec![&theta, &ets, &ces]),
        (
            "mean of two thetas and two ets",
            vec![&standard, &both, &ets, &damped],
        ),
    ];
    methods
        .iter()
        .map(|(method, models)| {
            let found = score(&rows, horizon, season, models);
            let owa = owa(found.smape, found.mase, base.smape, base.mase).expect("a score");
            eprintln!(
                "{name} {method:32} sMAPE {:6.3} MASE {:.4} OWA {owa:.4} {:.3} ms",
                found.smape, found.mase, found.took
            );
            (*method, owa)
        })
        .collect()
}

#[test]
fn monthly_series_of_business_are_forecast_better_than_by_naive2() {
    for (method, owa) in compare("nn3.csv", 18, 12) {
        if !method.contains("naive") {
            assert!(owa < 1.0, "{method}: {owa}");
        }
    }
}

#[test]
fn daily_series_of_cash_are_forecast_better_than_by_naive2() {
    for (method, owa) in compare("nn5.csv", 56, 7) {
        if !method.contains("naive") {
            assert!(owa < 1.0, "{method}: {owa}");
        }
    }
}
