//! `target`: what KPIs are to reach, and where they stand beside it.

use std::collections::BTreeMap;

use bellwether_contracts::convert::{settings_from_proto, when_to_proto};
use bellwether_contracts::ingestion::GetSettingsRequest;
use bellwether_contracts::kpi::{
    CreateTargetRequest, DeleteTargetRequest, GetAttainmentRequest, GetKpiRequest, GetTargetRequest,
    ListTargetVersionsRequest, ListTargetsRequest, TargetEntry, Unit, UpdateTargetRequest,
};
use bellwether_contracts::sales::{Target, TargetShape, target};
use bellwether_domain::{Currency, Money};

use crate::cli::{
    FilterArg, ListTargetsArgs, SetTargetArgs, ShapeArg, ShapeName, ShowTargetArgs, TargetArgs, TargetCommand,
};
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::Printer;

mod view;

pub(crate) use view::attainment_json;
use view::{Pursued, Targets};

/// Sets, lists, shows or removes targets.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: TargetCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        TargetCommand::Set(args) => printer.show(&Targets::of(vec![set(*args).await?]))?,
        TargetCommand::List(args) => printer.show(&Targets::of(list(args).await?))?,
        TargetCommand::Show(args) => printer.show(&show(args).await?)?,
        TargetCommand::History(args) => printer.show(&Targets::of(history(args).await?).by_version())?,
        TargetCommand::Remove(args) => remove(args, printer).await?,
    }
    Ok(Code::Ok)
}

async fn set(args: SetTargetArgs) -> Result<TargetEntry, Failure> {
    let client = Client::find(&args.connection).await?;
    let target = wire(&client, &args).await?;
    let found = match &args.id {
        Some(id) => there(&client, &args.tenant, id).await?.then(|| id.clone()),
        None => same(&client, &args.tenant, &target).await?,
    };
    let entry = if let Some(id) = found {
        let request = UpdateTargetRequest {
            tenant: args.tenant,
            id,
            target: Some(target),
            ..UpdateTargetRequest::default()
        };
        client.targets().update_target(request).await?.into_inner().target
    } else {
        let request = CreateTargetRequest {
            tenant: args.tenant,
            id: args.id.unwrap_or_default(),
            target: Some(target),
            ..CreateTargetRequest::default()
        };
        client.targets().create_target(request).await?.into_inner().target
    };
    entry.ok_or_else(|| Failure::unavailable("the server sent no target"))
}

/// Whether there is a target of an id.
async fn there(client: &Client, tenant: &str, id: &str) -> Result<bool, Failure> {
    let asked = GetTargetRequest {
        tenant: tenant.to_owned(),
        id: id.to_owned(),
        min_position: Some(head()),
        ..GetTargetRequest::default()
    };
    match client.targets().get_target(asked).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == tonic::Code::NotFound => Ok(false),
        Err(status) => Err(status.into()),
    }
}

/// The id of the target of the same KPI, period and holder, whatever it is called: of several the one changed last, which
/// is the one that holds.
async fn same(client: &Client, tenant: &str, target: &Target) -> Result<Option<String>, Failure> {
    let request = ListTargetsRequest {
        tenant: tenant.to_owned(),
        kpi: target.kpi.clone(),
        on_day: target.period_start.clone(),
        ..ListTargetsRequest::default()
    };
    let of = |target: &Target| {
        let [start, end] = [&target.period_start, &target.period_end].map(Clone::clone);
        (start, end, target.holder.clone())
    };
    let wanted = of(target);
    let listed = listed(client, request).await?.into_iter();
    let same = listed.filter(|entry| entry.target.as_ref().is_some_and(|one| of(one) == wanted));
    let last = same.max_by_key(|entry| entry.position.map(|position| position.seq));
    Ok(last.map(|entry| entry.id))
}

/// The target of the arguments.
async fn wire(client: &Client, args: &SetTargetArgs) -> Result<Target, Failure> {
    let request = GetKpiRequest {
        tenant: args.tenant.clone(),
        id: args.kpi.clone(),
        ..GetKpiRequest::default()
    };
    let kpi = client
        .catalog()
        .get_kpi(request)
        .await?
        .into_inner()
        .kpi
        .unwrap_or_default();
    let money = matches!(kpi.unit(), Unit::Money | Unit::MoneyPerDay | Unit::MoneyPerUnit);
    let goal = if money {
        let currency = currency(client, &args.tenant).await?;
        let amount = Money::from_major(&args.value, currency).map_err(Failure::invalid)?;
        target::Goal::Amount(bellwether_contracts::types::Money {
            minor_units: amount.minor,
            currency_code: currency.code().to_owned(),
        })
    } else {
        target::Goal::Value(fraction(&args.value)?)
    };
    let (shape, weights) = match &args.shape {
        ShapeArg::Named(ShapeName::Linear) => (TargetShape::Linear, &[][..]),
        ShapeArg::Named(ShapeName::Working) => (TargetShape::BusinessDays, &[][..]),
        ShapeArg::Named(ShapeName::Seasonal) => (TargetShape::Seasonal, &[][..]),
        ShapeArg::Weights(weights) => (TargetShape::Weights, weights.as_slice()),
    };
    Ok(Target {
        kpi: args.kpi.clone(),
        holder: values(&args.holder)?,
        period_start: args.from.to_string(),
        period_end: args.to.to_string(),
        goal: Some(goal),
        shape: shape.into(),
        weights: weights.to_vec(),
        owner: args.owner.clone(),
        warn_below: args.warn.clone(),
        bad_below: args.bad.clone(),
        hysteresis: args.hysteresis.clone(),
        note: args.note.clone(),
    })
}

/// `30%` is 0.3; anything else is as given.
fn fraction(text: &str) -> Result<String, Failure> {
    let Some(percent) = text.trim().strip_suffix('%') else {
        return Ok(text.to_owned());
    };
    let number: bellwether_domain::exact::Exact = percent
        .trim()
        .parse()
        .map_err(|_| Failure::invalid(format!("`{text}` is no percentage such as 30%")))?;
    let share = number.checked_div(&bellwether_domain::exact::Exact::from(100));
    Ok(share.unwrap_or_default().to_exact_string())
}

/// Values by dimension.
///
/// # Errors
/// Invalid for a dimension without a value, and for one that is named twice.
pub(super) fn values(filters: &[FilterArg]) -> Result<BTreeMap<String, String>, Failure> {
    let mut out = BTreeMap::new();
    for filter in filters {
        let dimension = &filter.dimension;
        let Some(value) = filter.value.clone() else {
            return Err(Failure::invalid(format!(
                "give {dimension} a value: {dimension}=VALUE"
            )));
        };
        if out.insert(dimension.clone(), value).is_some() {
            return Err(Failure::invalid(format!(
                "{dimension} is named twice: name it once"
            )));
        }
    }
    Ok(out)
}

async fn currency(client: &Client, tenant: &str) -> Result<Currency, Failure> {
    let request = GetSettingsRequest {
        tenant: tenant.to_owned(),
    };
    let settings = client
        .tenants()
        .get_settings(request)
        .await?
        .into_inner()
        .settings;
    settings_from_proto(&settings.unwrap_or_default())
        .map(|settings| settings.currency)
        .map_err(|_| Failure::unavailable("the server's settings of this tenant cannot be read"))
}

async fn list(args: ListTargetsArgs) -> Result<Vec<TargetEntry>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListTargetsRequest {
        tenant: args.tenant,
        kpi: args.kpi.unwrap_or_default(),
        on_day: args.on.map(|day| day.to_string()).unwrap_or_default(),
        ..ListTargetsRequest::default()
    };
    listed(&client, request).await
}

/// All pages of a list.
async fn listed(client: &Client, mut request: ListTargetsRequest) -> Result<Vec<TargetEntry>, Failure> {
    request.page_size = 1_000;
    request.min_position = Some(head());
    let mut found = Vec::new();
    loop {
        let page = client.targets().list_targets(request.clone()).await?.into_inner();
        found.extend(page.targets);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

async fn show(args: ShowTargetArgs) -> Result<Pursued, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetAttainmentRequest {
        tenant: args.tenant,
        id: args.id,
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        min_position: Some(head()),
        ..GetAttainmentRequest::default()
    };
    Ok(Pursued(
        client.targets().get_attainment(request).await?.into_inner(),
    ))
}

async fn history(args: TargetArgs) -> Result<Vec<TargetEntry>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListTargetVersionsRequest {
        tenant: args.tenant,
        id: args.id,
        min_position: Some(head()),
    };
    Ok(client
        .targets()
        .list_target_versions(request)
        .await?
        .into_inner()
        .versions)
}

async fn remove(args: TargetArgs, printer: &Printer) -> Result<(), Failure> {
    let client = Client::find(&args.connection).await?;
    let request = DeleteTargetRequest {
        tenant: args.tenant,
        id: args.id.clone(),
        ..DeleteTargetRequest::default()
    };
    client.targets().delete_target(request).await?;
    printer.remark(&format!("target {} is taken back", args.id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_a_fraction() {
        let read = |text: &str| fraction(text).map_err(|failure| failure.lines().join(" "));
        assert_eq!(read("30%"), Ok("0.3".to_owned()));
        assert_eq!(read("12.5 %"), Ok("0.125".to_owned()));
        assert_eq!(read("90"), Ok("90".to_owned()));
        assert!(read("a%").is_err());
    }

    #[test]
    fn a_holder_has_one_value_a_dimension() {
        let read = |texts: &[&str]| {
            let filters: Vec<FilterArg> = texts.iter().map(|text| text.parse().unwrap()).collect();
            values(&filters).ok()
        };
        assert_eq!(read(&["team=A", "region=West"]).map(|one| one.len()), Some(2));
        assert_eq!(read(&["team=A", "team=B"]), None);
        assert_eq!(read(&["team="]), None);
    }
}
