//! Arguments of `kpi waterfall`.

use clap::Args;

use super::{Connection, FilterArg, KnownAtArg, WhenArg};

/// Arguments of `kpi waterfall`.
#[derive(Debug, Args)]
#[command(after_help = "\
The steps sum from what the open pipeline was worth at the start to what it is worth at the end, to the cent. The start is
as it was known then (--restated: as it is known now). A deal that was raised and then won is in both steps. Between groups
deals are transferred; other exchange rates are a step of their own.

Examples:
  bellwether kpi waterfall --tenant demo --from 2026-07-01 --to 2026-10-01
  bellwether kpi waterfall --tenant demo --from 2026-07-01 --to 2026-10-01 --due --by region
  bellwether kpi waterfall --tenant acme --from 2017-02-01 --to 2017-03-01 --by owner --restated")]
pub(crate) struct WaterfallArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period's first day or instant
    #[arg(long, value_name = "DATE")]
    pub(crate) from: WhenArg,
    /// The period's end, exclusive; without it up to as-of
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<WhenArg>,
    /// Only deals that are due in the period: expected to close before it ends, also overdue and undated ones
    #[arg(long)]
    pub(crate) due: bool,
    /// Take the start as it is known now, not as it was known then
    #[arg(long)]
    pub(crate) restated: bool,
    /// Also by the values of a dimension; repeat for more
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Vec<String>,
    /// Only where a dimension has a value (`DIM=` is: none); repeat for more: same dimension OR, others AND
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
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
