//! Arguments of `health`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `health`.
#[derive(Debug, Args)]
#[command(after_help = "\
Asks grpc.health.v1, which needs no token: exits with 0 when the server says SERVING, else with 6. Made for the health
checks of containers, whose image has no shell and no curl.

Example:
  bellwether health --data-dir ./data")]
pub(crate) struct HealthArgs {
    /// The server's data folder: its address is in DIR/endpoint
    #[arg(
        long,
        value_name = "DIR",
        env = "BELLWETHER_DATA_DIR",
        help_heading = "Server"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    /// The server's address, such as http://127.0.0.1:4711
    #[arg(long, value_name = "URL", env = "BELLWETHER_SERVER", help_heading = "Server")]
    pub(crate) server: Option<String>,
    /// How long to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
}
