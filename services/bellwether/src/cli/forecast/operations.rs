//! Arguments of `forecast operations`.

use clap::Args;

use crate::cli::Connection;

/// Arguments of `forecast operations`.
#[derive(Debug, Args)]
#[command(after_help = "\
Models that take long are fitted by operations: whoever asks the same waits for the same one, and what it made is kept until
the facts change. Commands wait by themselves and show on a terminal how far it is. Of a fleet only the process that is asked
is told.

Examples:
  bellwether forecast operations --tenant demo
  bellwether forecast operations --tenant demo --running --output json")]
pub(crate) struct OperationsArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only those that go on
    #[arg(long)]
    pub(crate) running: bool,
    /// End the operation of this id, for all who wait for it
    #[arg(long, value_name = "ID", conflicts_with = "running")]
    pub(crate) cancel: Option<String>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
