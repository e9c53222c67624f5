//! The one binary: `bellwether serve` runs the platform in one process, every other command is a client of it.

// An optimised build lays out the nested futures of `serve` as one type, which is deeper than the default of 128.
#![recursion_limit = "256"]

use std::process::ExitCode;

use clap::Parser as _;

mod cli;
mod client;
mod commands;
mod demo;
mod exit;
mod output;
mod scorecard;
mod serve;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let printer = output::Printer::new(&cli.look);
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| exit::Failure::unavailable(format!("cannot start threads: {error}")))
        .and_then(|runtime| runtime.block_on(commands::run(cli.command, &printer)));
    match done {
        Ok(code) => code.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.code().into()
        }
    }
}
