//! `kpi list`, `presets`, `show` and `docs`: which KPIs there are and what they mean; and the commands that write them.

use bellwether_contracts::kpi::{GetKpiRequest, KpiDefinition, ListKpisRequest, ListPresetsRequest, Preset};
use bellwether_kpi::catalogue::Catalogue;
use bellwether_kpi::rpc::definition_of;

use super::{compare, contributors, explain, facts, query, verify, watch, waterfall};
use crate::cli::{KpiCommand, ListArgs, PresetsArgs, ShowArgs};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::Printer;

mod author;
mod docs;
mod list;
mod page;
mod presets;
mod show;
mod versions;
mod words;

#[cfg(test)]
mod tests;

use list::List;
use presets::Presets;
use show::Show;

/// Lists, shows or queries KPIs.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: KpiCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        KpiCommand::List(args) => printer.show(&list(args).await?)?,
        KpiCommand::Presets(args) => printer.show(&Presets(presets(args).await?))?,
        KpiCommand::Show(args) => printer.show(&Show(show(args).await?))?,
        KpiCommand::Docs => printer.data(&built_in_docs()?)?,
        KpiCommand::Query(args) => return query::run(args, printer).await,
        KpiCommand::Compare(args) => return compare::run(args, printer).await,
        KpiCommand::Explain(args) => return explain::run(args, printer).await,
        KpiCommand::Waterfall(args) => return waterfall::run(args, printer).await,
        KpiCommand::Watch(args) => return watch::run(args, printer).await,
        KpiCommand::Records(args) => return contributors::run(args, printer).await,
        KpiCommand::Facts(args) => return facts::run(args, printer).await,
        KpiCommand::Verify(args) => return verify::run(args, printer).await,
        KpiCommand::Create(args) => return author::create(args, printer).await,
        KpiCommand::Update(args) => return author::update(args, printer).await,
        KpiCommand::Promote(args) => return author::promote(args, printer).await,
        KpiCommand::Deprecate(args) => return author::deprecate(args, printer).await,
        KpiCommand::Versions(args) => printer.show(&versions::list(args).await?)?,
    }
    Ok(Code::Ok)
}

async fn list(args: ListArgs) -> Result<List, Failure> {
    let client = Client::find(&args.connection).await?;
    let tenant = args.tenant.unwrap_or_default();
    let request = ListKpisRequest {
        tenant: tenant.clone(),
        funnel_stage: args.stage.unwrap_or_default(),
        preset: args.preset.clone().unwrap_or_default(),
        leading: (args.leading || args.lagging).then_some(args.leading),
        min_position: None,
    };
    let kpis = client.catalog().list_kpis(request).await?.into_inner().kpis;
    let Some(id) = args.preset else {
        return Ok(List { kpis, preset: None });
    };
    let answer = client
        .catalog()
        .list_presets(ListPresetsRequest { tenant })
        .await?;
    let mut known = answer.into_inner().presets.into_iter();
    Ok(List {
        kpis,
        preset: known.find(|preset| preset.id == id),
    })
}

async fn presets(args: PresetsArgs) -> Result<Vec<Preset>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListPresetsRequest {
        tenant: args.tenant.unwrap_or_default(),
    };
    Ok(client.catalog().list_presets(request).await?.into_inner().presets)
}

async fn show(args: ShowArgs) -> Result<KpiDefinition, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetKpiRequest {
        tenant: args.tenant.unwrap_or_default(),
        id: args.id,
        min_position: None,
    };
    let answer = client.catalog().get_kpi(request).await?.into_inner();
    answer
        .kpi
        .ok_or_else(|| Failure::unavailable("the server sent no definition"))
}

/// The page of the catalogue that this binary has in it: no server is asked.
fn built_in_docs() -> Result<String, Failure> {
    let catalogue = Catalogue::built_in()?;
    let kpis: Vec<KpiDefinition> = catalogue.all().iter().map(|kpi| definition_of(kpi)).collect();
    Ok(docs::page(&kpis, catalogue.presets()))
}
