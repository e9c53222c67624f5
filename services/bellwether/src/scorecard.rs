//! `scorecard`: a few KPIs at a glance, each beside the period before and its target.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::kpi::{Filter, Grain, RenderScorecardRequest};

use crate::cli::{FilterArg, PeriodArg, ScorecardArgs};
use crate::client::Client;
use crate::commands::{head, resolve};
use crate::exit::{Code, Failure};
use crate::output::Printer;

mod card;
mod change;
mod spark;
mod words;

pub(crate) use words::{range, status, told};

/// Makes a scorecard.
///
/// # Errors
/// What the server says.
pub(crate) async fn run(args: ScorecardArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let known_at = match args.known_at {
        None => None,
        Some(known_at) => Some(resolve(&client, &args.tenant, known_at).await?),
    };
    let request = RenderScorecardRequest {
        tenant: args.tenant.clone(),
        id: args.name.unwrap_or_default(),
        kpis: args.kpis,
        period: args.period.map_or(Grain::Unspecified, grain).into(),
        filters: args.filter.into_iter().map(filter).collect(),
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at,
        min_position: Some(head()),
    };
    let answer = client.scorecards().render_scorecard(request).await?.into_inner();
    printer.show(&card::Card::of(args.tenant, answer)?)?;
    Ok(Code::Ok)
}

/// A fiscal period on the wire.
pub(crate) fn grain(period: PeriodArg) -> Grain {
    match period {
        PeriodArg::Month => Grain::FiscalMonth,
        PeriodArg::Quarter => Grain::FiscalQuarter,
        PeriodArg::Year => Grain::FiscalYear,
    }
}

fn filter(filter: FilterArg) -> Filter {
    Filter {
        dimension: filter.dimension,
        value: filter.value,
    }
}
