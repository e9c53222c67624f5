//! `serve`: any set of roles in one process, the whole platform by default.

use bellwether_runtime::config::Environment;
use bellwether_runtime::{Host, Process, process};
use tokio::sync::oneshot;

use crate::cli::ServeArgs;
use crate::client::Client;
use crate::demo;
use crate::exit::{Code, Failure};
use crate::output::Printer;

mod config;
mod roles;

use config::Config;
use roles::Running;

/// Serves until the process is told to stop.
///
/// # Errors
/// Usage for a wrong configuration, else why it could not start or go on.
pub(crate) async fn run(args: ServeArgs, printer: &Printer) -> Result<Code, Failure> {
    let demo = args.demo;
    let config = Config::read(args, Environment::of_process())?;
    let telemetry = config.telemetry.clone();
    process::observed(&telemetry, serve(config, demo, printer)).await?;
    Ok(Code::Ok)
}

async fn serve(config: Config, demo: bool, printer: &Printer) -> Result<(), Failure> {
    let needs = config.needs(demo)?;
    // What is wrong with the address or the tokens is said before any database is touched.
    let process = Process::open(config.home(), config.node.clone()).await?;
    let Some(running) = Running::start(&process, &config, needs).await? else {
        return Ok(());
    };
    let host = process.host();
    let (tell, told) = oneshot::channel();
    let announced = async {
        let ready = announce(host, told, demo, printer).await;
        if ready.is_err() {
            host.shutdown.trigger();
        }
        ready
    };
    let on_ready = |url: &str| {
        // Nobody listens only when the process is ending already.
        tell.send(url.to_owned()).ok();
    };
    let (ran, announced) = tokio::join!(process.run(running.services(), on_ready), announced);
    let closed = process::close(running.close()).await;
    announced?;
    ran?;
    Ok(closed?)
}

/// Says `ready URL` once the server is, and with `--demo` once the demo's records are in.
async fn announce(
    host: &Host,
    url: oneshot::Receiver<String>,
    demo: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let Ok(url) = url.await else { return Ok(()) };
    if demo {
        let client = Client::at(&url, &host.token()?)?;
        tokio::select! {
            loaded = demo::load(&client, host.clock.as_ref(), printer) => loaded?,
            () = host.shutdown.draining().cancelled() => return Ok(()),
        }
    }
    printer.data(&format!("ready {url}"))
}

#[cfg(test)]
mod tests;
