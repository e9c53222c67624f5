//! Arguments of `kpi watch`.

use clap::Args;

use super::QueryArgs;

/// Arguments of `kpi watch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows the values at once, and then those that changed: because records did, or because the day ended. What happens while
the last values are shown is told at once when they are: only the newest state counts. With --output json each message
is a line, and from time to time one says that nothing changed. It goes on where it was when the server comes back
within moments. Ctrl-C ends it.

Examples:
  bellwether kpi watch open_deals pipeline_value --tenant acme --by owner --count 1
  bellwether kpi watch win_rate --tenant acme --from 2017-01-01 --output json --count 1")]
pub(crate) struct WatchArgs {
    /// Show all values whenever one changed, not only those that did
    #[arg(long)]
    pub(crate) full: bool,
    /// The least time between two messages, in milliseconds; the server has one of its own
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) min_interval: u32,
    /// End after so many messages with values
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// What is asked.
    #[command(flatten)]
    pub(crate) query: QueryArgs,
}
