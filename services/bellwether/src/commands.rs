//! What the commands do: each asks the server and shows what it says.

mod compare;
mod contributors;
mod explain;
mod facts;
mod forecast;
mod health;
mod import;
mod kpi;
mod query;
mod records;
mod restate;
mod scorecards;
mod settings;
mod target;
mod uploads;
mod verify;
mod watch;
mod waterfall;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::exit::{Code, Failure};
use crate::output::Printer;
use crate::{scorecard, serve};

pub(crate) use query::{ValueRow, head, reason, resolve};
pub(crate) use target::attainment_json;

/// Runs a command to its end.
///
/// # Errors
/// Why it failed; the failure knows its exit code.
pub(crate) async fn run(command: Command, printer: &Printer) -> Result<Code, Failure> {
    match command {
        Command::Serve(args) => serve::run(args, printer).await,
        Command::Import(args) => import::run(args, printer).await,
        Command::Kpi(command) => kpi::run(command, printer).await,
        Command::Scorecard(args) => scorecard::run(args, printer).await,
        Command::Scorecards(command) => scorecards::run(command, printer).await,
        Command::Target(command) => target::run(command, printer).await,
        Command::Forecast(command) => forecast::run(command, printer).await,
        Command::Records(command) => records::run(command, printer).await,
        Command::Settings(command) => settings::run(command, printer).await,
        Command::Health(args) => health::run(args, printer).await,
        Command::Completions { shell } => completions(shell, printer),
    }
}

fn completions(shell: clap_complete::Shell, printer: &Printer) -> Result<Code, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bellwether", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(Code::Ok)
}
