//! Arguments of `forecast backtest-pipeline`.

use clap::Args;

use crate::cli::{Connection, WhenArg};

/// Arguments of `forecast backtest-pipeline`.
#[derive(Debug, Args)]
#[command(after_help = "\
At the start of each month that has at least 200 closed and 20 open deals before it, and whose horizon ends by DATE, the
open deals are forecast from what was known that morning, and compared with those of them that were won by the end of the
horizon. static counts every deal at the share of its stage that is won, times the share that closes within the horizon;
calibrated is the forecast that `forecast pipeline` gives. Errors and coverage are fractions: 0.2 is 20 %.

count_mape and value_mape are mean absolute errors, relative to what came; the biases are signed (above 0: too much was
said); coverage80 says how often the value lay in its 80 % interval; brier is the mean squared error of single deals.

Examples:
  bellwether forecast backtest-pipeline --tenant demo --horizon-days 90
  bellwether forecast backtest-pipeline --tenant demo --horizon-days 30 --until 2026-07-01")]
pub(crate) struct BacktestPipelineArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How many days ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=1095))]
    pub(crate) horizon_days: i64,
    /// The day by which horizons end; without it the day after the last closing
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<WhenArg>,
    /// Where chance starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
