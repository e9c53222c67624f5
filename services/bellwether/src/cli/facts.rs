//! Arguments of `kpi facts`.

use clap::Args;

use super::{Connection, KnownAtArg, WhenArg};

/// Arguments of `kpi facts`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows the rows of a fact table: closings, open_deals, created_deals, stage_spells, leads, activities, quotas,
subscriptions and others. Nothing at or after as-of is told: a row that ends later holds, what came of it later is
missing. Money is in minor units (cents); home_amount is in the tenant's currency, at the rate of the row's day.

With --output json the first line tells what the rows stand on, and each line after it holds some of them.

Examples:
  bellwether kpi facts open_deals --tenant acme --standing --limit 20
  bellwether kpi facts closings --tenant acme --columns deal,outcome,home_amount --output csv
  bellwether kpi facts leads --tenant acme --by team --as-of 2017-06-30 --output json")]
pub(crate) struct FactsArgs {
    /// The fact table
    #[arg(value_name = "TABLE")]
    pub(crate) table: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only these columns, separated by commas; all of them without the flag
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Also tell a dimension that is no column, such as team, region or attr.NAME; repeat for more
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Vec<String>,
    /// Only rows that hold as of as-of, not those that ended before
    #[arg(long)]
    pub(crate) standing: bool,
    /// Events count up to the END of this day, or up to this instant; without it the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// What was known at this instant, at the end of this day, or up to this sequence number
    #[arg(long, value_name = "DATE|seq:N")]
    pub(crate) known_at: Option<KnownAtArg>,
    /// At most so many rows; all of them without the flag
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
