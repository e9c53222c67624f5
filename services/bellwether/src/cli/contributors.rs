//! Arguments of `kpi records`.

use clap::Args;

use super::{Connection, FilterArg, KnownAtArg, WhenArg};

/// Arguments of `kpi records`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows the largest first: what each record adds to a count or sum, and what it is of each number that the formula names.
A KPI that comes in parts, such as loss_reason_mix, needs the receipt of one of them (kpi query --receipts).

Examples:
  bellwether kpi records bookings --tenant acme --from 2017-01-01 --to 2018-01-01
  bellwether kpi records win_rate --tenant acme --filter owner=Ann --limit 20 --output csv")]
pub(crate) struct ContributorsArgs {
    /// The KPI
    #[arg(value_name = "KPI", required_unless_present = "receipt")]
    pub(crate) kpi: Option<String>,
    /// The receipt of the value, in place of a question
    #[arg(long, value_name = "RECEIPT", conflicts_with_all = ["kpi", "from", "to", "filter", "as_of", "known_at", "now"])]
    pub(crate) receipt: Option<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The range's first day or instant; without it from the beginning
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<WhenArg>,
    /// The range's end, exclusive; without it up to as-of
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<WhenArg>,
    /// Only where a dimension has a value, as in `kpi query`
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// Events count up to the END of this day, or up to this instant; without it the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// What was known at this instant, at the end of this day, or up to this sequence number
    #[arg(long, value_name = "DATE|seq:N")]
    pub(crate) known_at: Option<KnownAtArg>,
    /// By the owner, team and attributes of now (as-of), not by those at each event
    #[arg(long)]
    pub(crate) now: bool,
    /// At most so many records; all of them without the flag
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
