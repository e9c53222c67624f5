//! Arguments of `kpi verify`.

use std::path::PathBuf;

use clap::Args;

use super::Connection;

/// Arguments of `kpi verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each value is computed again from the records as they were known when it was given, past every cache. The verdict is
match, mismatch, derivation_changed (the definition or the program is another one now) or expired (the log has begun a
new life). A receipt is good for callers of the same tenant and scope; one that was changed or cut is refused. The exit
code is 1 when a value is no match.

Examples:
  bellwether kpi query bookings --tenant acme --by owner --receipts --output json > answer.json
  bellwether kpi verify --file answer.json --tenant acme")]
pub(crate) struct VerifyArgs {
    /// The receipt of a value; - reads what --file would from standard input
    #[arg(
        value_name = "RECEIPT",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    pub(crate) receipt: Option<String>,
    /// A file with the JSON of `kpi query --receipts`, or with receipts, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
