//! Arguments of `forecast evaluate`.

use std::path::PathBuf;

use clap::Args;

use super::levels::percent;

/// Arguments of `forecast evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "\
FILE is CSV with the columns id and values (numbers separated by blanks, NA for a gap); other columns are ignored. The
last values of each series are held out from the models, forecast, and compared. No server is needed.

smape is in percent; mase is in units of the mean absolute difference between values a season apart; owa is half the sum
of both over those of Naive2, so that below 1 is better than it. Coverage is the share of values within the interval,
msis its score (narrow is good, missing is dear). Gaps are not scored. ms_per_series is on one thread.

Examples:
  bellwether forecast evaluate series.csv --horizon 18 --season 12 --output json
  bellwether forecast evaluate series.csv --horizon 14 --season 7 --levels 50,80,95 \\
    --per-series forecasts.csv")]
pub(crate) struct EvaluateArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many values at the end of each series are held out and forecast
    #[arg(long, value_name = "H", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub(crate) horizon: u32,
    /// After how many values patterns come back: 12 for months, 4 for quarters, 7 for days; 1 when not known
    #[arg(long, value_name = "M", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) season: u32,
    /// How much of the future the intervals are to hold, in percent
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', default_values_t = [80.0, 95.0], value_parser = percent)]
    pub(crate) levels: Vec<f64>,
    /// Write every forecast with its bounds to this file, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) per_series: Option<PathBuf>,
}
