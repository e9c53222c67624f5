//! `health`: whether a server is ready for calls.

use std::time::Duration;

use serde_json::{Value, json};
use tonic::transport::{ClientTlsConfig, Endpoint, Uri};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::cli::HealthArgs;
use crate::client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, View};

/// Asks the server once.
///
/// # Errors
/// Unavailable unless it says SERVING within the time given.
pub(super) async fn run(args: HealthArgs, printer: &Printer) -> Result<Code, Failure> {
    let url = client::address(args.server.as_deref(), args.data_dir.as_deref())?;
    let wait = Duration::from_secs(args.timeout);
    let status = tokio::time::timeout(wait, ask(&url)).await.map_err(|_| {
        let seconds = args.timeout;
        Failure::unavailable(format!("{url} did not answer within {seconds} s"))
    })??;
    if status != ServingStatus::Serving {
        return Err(Failure::unavailable(format!("{url} is {}", status.as_str_name())));
    }
    printer.show(&Serving(url))?;
    Ok(Code::Ok)
}

// Not through a `PeerLink`: a probe carries no token and must not be retried.
async fn ask(url: &str) -> Result<ServingStatus, Failure> {
    let refused = || Failure::usage(format!("`{url}` is not an address such as http://127.0.0.1:4711"));
    let uri: Uri = url.parse().map_err(|_| refused())?;
    let mut endpoint = Endpoint::from(uri.clone());
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => {
            let tls = ClientTlsConfig::new().with_enabled_roots();
            endpoint = endpoint.tls_config(tls).map_err(|_| refused())?;
        }
        _ => return Err(refused()),
    }
    let away = |error: tonic::transport::Error| {
        // tonic says "transport error"; what the system said lies below.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(below) = cause.source() {
            cause = below;
        }
        Failure::unavailable(format!("{url} cannot be reached: {cause}"))
    };
    let channel = endpoint.connect().await.map_err(away)?;
    // The empty name is the whole server's.
    let request = HealthCheckRequest::default();
    let answer = HealthClient::new(channel).check(request).await?;
    Ok(answer.into_inner().status())
}

struct Serving(String);

impl View for Serving {
    fn json(&self) -> Value {
        json!({"url": self.0, "status": "SERVING"})
    }

    fn text(&self, _: &Page) -> String {
        format!("SERVING {}", self.0)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        vec![row(["url", "status"]), row([&self.0, "SERVING"])]
    }
}
