//! Arguments of `forecast score`, `forecast anomalies` and `forecast retention`.

use bellwether_domain::period::Grain;
use clap::{Args, ValueEnum};

use crate::cli::kpi::grains;
use crate::cli::{Connection, FilterArg, WhenArg};

/// Arguments of `forecast score`.
#[derive(Debug, Args)]
#[command(after_help = "\
Scores are learned from records that have ended: deals that were won or not, leads that were converted or disqualified,
customers who left within the days of a horizon or not. Reasons say what moves the odds of each. Where what is known tells
no more than the base rate does, the answer is the base rate and says so.

Examples:
  bellwether forecast score opportunities --tenant demo
  bellwether forecast score leads --tenant demo --most 20 --output json
  bellwether forecast score opportunities --tenant demo --card
  bellwether forecast score customers --tenant demo --days 180")]
pub(crate) struct ScoreArgs {
    /// What is scored
    #[arg(value_name = "WHAT", value_enum)]
    pub(crate) what: ScoreWhat,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only the records of these ids; repeat for more
    #[arg(long = "id", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// How many at most, the most likely first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) most: u32,
    /// Within how many days a customer may leave, of customers only; without it 90
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(7..=365))]
    pub(crate) days: Option<u32>,
    /// Show what the scorer was made of: its features, how it did on rows held out, and how well calibrated it was
    #[arg(long)]
    pub(crate) card: bool,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreWhat {
    /// Open deals: how likely each is to be won in the end
    Opportunities,
    /// Open leads: how likely each is to be converted in the end
    Leads,
    /// Customers: how likely each is to have left within --days
    Customers,
}

/// Arguments of `forecast anomalies`.
#[derive(Debug, Args)]
#[command(after_help = "\
Only periods that are over are looked at, and the season is taken out. A spike is a value, or a few in a row, that have
nothing to do with those before and after; a shift is a new level that stayed for a while.

Examples:
  bellwether forecast anomalies bookings --tenant demo --grain week
  bellwether forecast anomalies deals_won --tenant demo --drivers owner")]
pub(crate) struct AnomaliesArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) kpi: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How the history is cut
    #[arg(long, value_parser = grains(), default_value = "week")]
    pub(crate) grain: Grain,
    /// Look at each group of a dimension
    #[arg(long, value_name = "DIM", conflicts_with = "drivers")]
    pub(crate) by: Option<String>,
    /// Say which groups of a dimension drove what is found
    #[arg(long, value_name = "DIM")]
    pub(crate) drivers: Option<String>,
    /// Only where a dimension has a value (`DIM=` is: none); repeat for more: same dimension OR, others AND
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// The first day of the history; without it as far back as is of use
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<WhenArg>,
    /// What had happened by the END of this day, or by this instant; without it now
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast retention`.
#[derive(Debug, Args)]
#[command(after_help = "\
A customer is an account with subscriptions, from the first of them until none runs. Revenue retention is what today's
customers pay then over what they pay today: gross without what they pay more, net with it.

Examples:
  bellwether forecast retention --tenant demo
  bellwether forecast retention --tenant demo --months 24 --output json
  bellwether forecast retention --tenant demo --survival")]
pub(crate) struct RetentionArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How many months ahead
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) months: u32,
    /// Show how long customers stayed so far in place of the forecast
    #[arg(long)]
    pub(crate) survival: bool,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
