//! `forecast`: what is likely to come, and how well that is said.

mod accuracy;
mod ahead;
mod anomalies;
mod attainment;
mod evaluate;
mod kpi;
mod operations;
mod overrides;
mod patience;
mod pipeline;
mod retention;
mod score;
mod scores;
mod waterfall;
mod what_if;
mod words;
mod written;

use crate::cli::ForecastCommand;
use crate::exit::{Code, Failure};
use crate::output::Printer;

/// Runs a command on forecasts.
///
/// # Errors
/// Why it failed.
pub(super) async fn run(command: ForecastCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        ForecastCommand::Kpi(args) => kpi::run(args, printer).await,
        ForecastCommand::Pipeline(args) => ahead::run(args, printer).await,
        ForecastCommand::Attainment(args) => attainment::run(args, printer).await,
        ForecastCommand::WhatIf(args) => what_if::run(args, printer).await,
        ForecastCommand::Waterfall(args) => waterfall::run(args, printer).await,
        ForecastCommand::Override(command) => overrides::run(command, printer).await,
        ForecastCommand::Stages(args) => ahead::stages(args, printer).await,
        ForecastCommand::Score(args) => score::run(args, printer).await,
        ForecastCommand::Anomalies(args) => anomalies::run(args, printer).await,
        ForecastCommand::Retention(args) => retention::run(args, printer).await,
        ForecastCommand::Accuracy(args) => accuracy::run(args, printer).await,
        ForecastCommand::Operations(args) => operations::run(args, printer).await,
        ForecastCommand::Evaluate(args) => evaluate::run(&args, printer),
        ForecastCommand::EvaluateScores(args) => scores::run(args, printer),
        ForecastCommand::BacktestPipeline(args) => pipeline::run(args, printer).await,
    }
}
