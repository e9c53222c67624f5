//! Arguments of the `forecast` commands that ask a server.

use bellwether_domain::period::Grain;
use clap::{Args, ValueEnum};

use super::levels::percent;
use crate::cli::kpi::grains;
use crate::cli::{Connection, FilterArg, WhenArg};

/// Arguments of `forecast kpi`.
#[derive(Debug, Args)]
#[command(after_help = "\
The forecast is a combination of models, weighed by how well each would have done at earlier ends of the same history. The
running period is the first that is forecast. What a forecast said is kept, and compared with what came once its periods
are over: `forecast accuracy` shows how good forecasts were.

Examples:
  bellwether forecast kpi bookings --tenant demo
  bellwether forecast kpi deals_won --tenant demo --grain week --horizon 8 --by owner
  bellwether forecast kpi win_rate --tenant demo --filter region=Europe --output json")]
pub(crate) struct KpiForecastArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) kpi: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How the history is cut
    #[arg(long, value_parser = grains(), default_value = "month")]
    pub(crate) grain: Grain,
    /// How many periods; without it a year of them, of days 60
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=400))]
    pub(crate) horizon: Option<u32>,
    /// Tell groups of a dimension apart
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Option<String>,
    /// Only where a dimension has a value (`DIM=` is: none); repeat for more: same dimension OR, others AND
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// How often intervals are to hold, in percent
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', default_values_t = [80.0, 95.0], value_parser = percent)]
    pub(crate) levels: Vec<f64>,
    /// The first day of the history; without it as far back as is of use
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<WhenArg>,
    /// What had happened by the END of this day, or by this instant; without it now
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Show what comes back with the calendar in place of the forecast
    #[arg(long)]
    pub(crate) seasons: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast pipeline`.
#[derive(Debug, Args)]
#[command(after_help = "\
How many deals will be won and for how much: of open deals from how deals of their stage, age and kind ended so far, and of
deals that are not created yet. Intervals are those that held at earlier month starts. The usual stage-weighted view stands
beside. What a forecast said is kept, and compared with what came: `forecast accuracy` shows how good forecasts were.

Examples:
  bellwether forecast pipeline --tenant demo
  bellwether forecast pipeline --tenant demo --days 30 --by owner --by stage
  bellwether forecast pipeline --tenant demo --deals 20 --concerns --output json")]
pub(crate) struct PipelineForecastArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How many days ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_095))]
    pub(crate) days: u32,
    /// Tell open deals apart by stage, owner, team, category or a trait such as product; repeat for more
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Vec<String>,
    /// Name the N open deals that are expected to bring most
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) deals: u32,
    /// Name the deals that somebody should look at, the worst first: that hardly end, stand still, slip; as many as --deals
    #[arg(long)]
    pub(crate) concerns: bool,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast stages`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bellwether forecast stages --tenant demo")]
pub(crate) struct StagesArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast accuracy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every forecast that was served is kept with its intervals, and compared with what came once its periods are over: how far
off it was, whether it tends to be too high, and how often its intervals held. So are the chances of single deals, leads and
customers: were of 100 deals that were given 30 % about 30 won? What people committed to, or put in place of a forecast,
stands beside what the model said of the same. Forecasts that have drifted one way are named.

In JSON wape is the sum of absolute errors over the sum of values, bias the same of signed errors (above 0: too much was
forecast), mase the mean absolute error in units of the mean step of a season of its own history.

Examples:
  bellwether forecast accuracy --tenant demo
  bellwether forecast accuracy --tenant demo --kpi bookings --by step --by model
  bellwether forecast accuracy --tenant demo --by owner
  bellwether forecast accuracy --tenant demo --list --output csv")]
pub(crate) struct AccuracyArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only forecasts of this KPI
    #[arg(long, value_name = "KPI")]
    pub(crate) kpi: Option<String>,
    /// What to tell apart; repeat for more
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) by: Vec<AccuracyBy>,
    /// List the forecasts themselves, the newest first, beside what came
    #[arg(long)]
    pub(crate) list: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What accuracies are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccuracyBy {
    /// How many periods ahead
    Step,
    /// The models
    Model,
    /// Groups of a KPI that was forecast by group
    Group,
    /// Whose deals, leads and customers chances were said of
    Owner,
}
