//! `forecast accuracy`: how good forecasts were, and what they said.

mod listed;
mod page;
mod people;
mod reliability;

use bellwether_contracts::forecasting::{
    ForecastKind, GetAccuracyRequest, ListForecastsRequest, ServedForecast,
};

use crate::cli::{AccuracyArgs, AccuracyBy};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::Printer;

use listed::Served;
use page::Scores;

/// The most forecasts that are listed.
const MOST: usize = 1_000;

/// Shows how good forecasts were.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: AccuracyArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let kpi = args.kpi.unwrap_or_default();
    if args.list {
        printer.show(&Served(listed(&client, args.tenant, kpi).await?))?;
        return Ok(Code::Ok);
    }
    let by = |what: AccuracyBy| args.by.contains(&what);
    let request = GetAccuracyRequest {
        tenant: args.tenant,
        kpi,
        kind: ForecastKind::Unspecified.into(),
        by_model: by(AccuracyBy::Model),
        by_step: by(AccuracyBy::Step),
        by_group: by(AccuracyBy::Group),
        by_owner: by(AccuracyBy::Owner),
    };
    printer.show(&Scores(
        client.accuracies().get_accuracy(request).await?.into_inner(),
    ))?;
    Ok(Code::Ok)
}

async fn listed(client: &Client, tenant: String, kpi: String) -> Result<Vec<ServedForecast>, Failure> {
    let mut request = ListForecastsRequest {
        tenant,
        kpi,
        page_size: 100,
        ..ListForecastsRequest::default()
    };
    let mut found = Vec::new();
    while found.len() < MOST {
        let page = client
            .accuracies()
            .list_forecasts(request.clone())
            .await?
            .into_inner();
        found.extend(page.forecasts);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(found)
}

/// The name of a kind; empty of none.
fn kind(kind: ForecastKind) -> String {
    let name = kind.as_str_name().trim_start_matches("FORECAST_KIND_");
    let name = if kind == ForecastKind::Unspecified {
        ""
    } else {
        name
    };
    name.to_lowercase()
}

fn number(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
