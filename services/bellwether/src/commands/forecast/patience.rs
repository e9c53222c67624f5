//! Waiting for models: a call that cannot wait for them any longer is made again, and a terminal is shown how far they are.

use std::time::{Duration, Instant};

use bellwether_contracts::forecasting::{ListOperationsRequest, Operation, OperationKind};
use bellwether_contracts::status::from_status;
use bellwether_domain::ErrorReason;
use indicatif::ProgressBar;
use tonic::{Response, Status};

use super::operations::phase;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::Printer;

/// How long is waited altogether.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often it is looked how far models are.
const LOOK: Duration = Duration::from_millis(500);
const BAR: &str = "{msg:40!} [{bar:30}] {percent:>3} % {elapsed}";

/// Whose models are waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting<'a> {
    pub(super) client: &'a Client,
    pub(super) printer: &'a Printer,
    pub(super) tenant: &'a str,
    pub(super) kind: OperationKind,
}

impl Waiting<'_> {
    /// Makes a call until it does not end because models are still being fitted for it.
    ///
    /// # Errors
    /// What the server says; that models were not fitted within the hour.
    pub(super) async fn until<T, F>(self, mut call: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let bar = self.printer.bar(100, BAR);
        let begun = Instant::now();
        let watched = async {
            loop {
                match call().await {
                    Ok(answer) => return Ok(answer.into_inner()),
                    Err(status) if goes_on(&status) && begun.elapsed() < LONGEST => {}
                    Err(status) => return Err(Failure::from(status)),
                }
            }
        };
        let ended = tokio::select! {
            biased;
            ended = watched => ended,
            never = self.show(&bar) => match never {},
        };
        bar.finish_and_clear();
        ended
    }

    /// Shows how far the models are, as long as somebody looks.
    async fn show(self, bar: &ProgressBar) -> std::convert::Infallible {
        if bar.is_hidden() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK).await;
            let request = ListOperationsRequest {
                tenant: self.tenant.to_owned(),
                kind: self.kind.into(),
                running: true,
            };
            // Whether the call comes to an end does not hang on this.
            if let Ok(answer) = self.client.operations().list_operations(request).await
                && let Some(one) = answer.into_inner().operations.first()
            {
                bar.set_message(words(one));
                bar.set_position((one.progress * 100.0) as u64);
            }
        }
    }
}

fn words(operation: &Operation) -> String {
    format!("{}: {}", phase(operation), operation.purpose)
}

fn goes_on(status: &Status) -> bool {
    from_status(status).reason == ErrorReason::OperationRunning
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::status::to_status;
    use bellwether_domain::Error;

    #[test]
    fn only_models_are_waited_for() {
        assert!(goes_on(&to_status(&Error::running("a", "fitting"))));
        let away = Error::unavailable(ErrorReason::PeerUnavailable, "away");
        assert!(!goes_on(&to_status(&away)) && !goes_on(&Status::unavailable("broken")));
    }
}
