//! Arguments of `import`.

use std::path::PathBuf;

use clap::Args;

use super::Connection;

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "\
A mapping (YAML, docs/mapping.md; examples in deploy/mappings) names the columns; its `sources` match the base names of
the files. Without a mapping every line of every file is one Record in proto JSON, such as
  {\"id\":\"a1\",\"account\":{\"name\":\"Acme\",\"industry\":\"retail\"}}

Rows that cannot be taken are left out and written, with file, line, field and reason, to the rejects file (CSV); the
others are committed and the exit code is 1. What is in the log already changes nothing: an import that broke off can
be run again.

Examples:
  bellwether import --tenant acme --mapping deploy/mappings/crm_sales_opportunities.yaml *.csv
  bellwether import --tenant acme --output json --rejects bad.csv records.jsonl")]
pub(crate) struct ImportArgs {
    /// The tenant; made when it is new
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The mapping (YAML); without one the files are JSONL of records
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Refuse columns that the mapping does not name, instead of warning
    #[arg(long)]
    pub(crate) strict: bool,
    /// Where refused rows are listed, in place of what the file held; without the flag, and only when there are any, in
    /// ./rejects.csv, or in the first of ./rejects-2.csv, ./rejects-3.csv, ... when that exists
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// CSV or JSONL files
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
