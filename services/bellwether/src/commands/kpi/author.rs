//! `kpi create`, `update`, `promote` and `deprecate`: KPIs of a tenant's own, and what it steers by.

use std::io::Read as _;
use std::path::Path;

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::kpi::{
    CreateKpiRequest, DefinitionStatus, DeprecateKpiRequest, DryRunKpiRequest, Filter, KpiDefinition,
    PromoteKpiRequest, QueryKpisRequest, UpdateKpiRequest,
};
use bellwether_contracts::sales::{KpiPromotion, ReviewCadence};
use prost_types::FieldMask;

use super::show::Show;
use crate::cli::{
    CadenceArg, CreateArgs, DeprecateArgs, FilterArg, PromoteArgs, StatusArg, TrialArgs, UpdateArgs,
};
use crate::client::Client;
use crate::commands::query::{Answer, head, wire_grain};
use crate::exit::{Code, Failure};
use crate::output::Printer;

/// Creates a KPI, or tries a definition.
pub(super) async fn create(args: CreateArgs, printer: &Printer) -> Result<Code, Failure> {
    let definition = read(&args.file)?;
    let client = Client::find(&args.edit.connection).await?;
    let CreateArgs { id, edit, trial, .. } = args;
    if trial.dry_run {
        let request = DryRunKpiRequest {
            tenant: edit.tenant,
            id,
            definition,
            query: Some(question(trial)),
        };
        let tried = client.catalog().dry_run_kpi(request).await?.into_inner();
        printer.show(&Answer::of(tried.values))?;
        return Ok(Code::Ok);
    }
    let request = CreateKpiRequest {
        tenant: edit.tenant,
        id,
        definition,
        certified: args.certified,
        author: edit.author,
        note: edit.note,
        request_id: edit.request_id,
        validate_only: edit.check,
    };
    let made = client.catalog().create_kpi(request).await?.into_inner();
    shown(made.kpi, edit.check, printer)
}

/// Updates a KPI.
pub(super) async fn update(args: UpdateArgs, printer: &Printer) -> Result<Code, Failure> {
    let definition = args.file.as_deref().map(read).transpose()?;
    let paths = [
        ("definition", definition.is_some()),
        ("status", args.status.is_some()),
        ("promotion", args.demote),
    ];
    let paths: Vec<String> = paths
        .into_iter()
        .filter(|(_, named)| *named)
        .map(|(path, _)| path.to_owned())
        .collect();
    if paths.is_empty() {
        return Err(Failure::usage(
            "say what changes: give FILE, --status or --demote",
        ));
    }
    let status = match args.status {
        None => DefinitionStatus::Unspecified,
        Some(StatusArg::Draft) => DefinitionStatus::Draft,
        Some(StatusArg::Certified) => DefinitionStatus::Certified,
    };
    let client = Client::find(&args.edit.connection).await?;
    let request = UpdateKpiRequest {
        tenant: args.edit.tenant,
        id: args.id,
        definition: definition.unwrap_or_default(),
        status: status.into(),
        update_mask: Some(FieldMask { paths }),
        etag: args.etag,
        author: args.edit.author,
        note: args.edit.note,
        request_id: args.edit.request_id,
        validate_only: args.edit.check,
    };
    let made = client.catalog().update_kpi(request).await?.into_inner();
    shown(made.kpi, args.edit.check, printer)
}

/// Promotes a KPI.
pub(super) async fn promote(args: PromoteArgs, printer: &Printer) -> Result<Code, Failure> {
    let cadence = match args.cadence {
        None => ReviewCadence::Unspecified,
        Some(CadenceArg::Weekly) => ReviewCadence::Weekly,
        Some(CadenceArg::Monthly) => ReviewCadence::Monthly,
        Some(CadenceArg::Quarterly) => ReviewCadence::Quarterly,
    };
    let promotion = KpiPromotion {
        owner: args.owner,
        target_id: args.target,
        deadline: args.deadline.map(|day| day.to_string()).unwrap_or_default(),
        action: args.action,
        benchmark: args.benchmark,
        cadence: cadence.into(),
    };
    let client = Client::find(&args.edit.connection).await?;
    let request = PromoteKpiRequest {
        tenant: args.edit.tenant,
        id: args.id,
        promotion: Some(promotion),
        etag: args.etag,
        author: args.edit.author,
        note: args.edit.note,
        request_id: args.edit.request_id,
        validate_only: args.edit.check,
    };
    let made = client.catalog().promote_kpi(request).await?.into_inner();
    shown(made.kpi, args.edit.check, printer)
}

/// Deprecates a KPI.
pub(super) async fn deprecate(args: DeprecateArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.edit.connection).await?;
    let request = DeprecateKpiRequest {
        tenant: args.edit.tenant,
        id: args.id,
        successor: args.use_instead,
        etag: args.etag,
        author: args.edit.author,
        note: args.edit.note,
        request_id: args.edit.request_id,
        validate_only: args.edit.check,
    };
    let made = client.catalog().deprecate_kpi(request).await?.into_inner();
    shown(made.kpi, args.edit.check, printer)
}

fn question(trial: TrialArgs) -> QueryKpisRequest {
    let filter = |filter: FilterArg| Filter {
        dimension: filter.dimension,
        value: filter.value,
    };
    QueryKpisRequest {
        from: trial.from.map(|at| when_to_proto(at.0)),
        to: trial.to.map(|at| when_to_proto(at.0)),
        grain: trial.grain.map_or(0, |grain| wire_grain(grain).into()),
        group_by: trial.by,
        filters: trial.filter.into_iter().map(filter).collect(),
        min_position: Some(head()),
        ..QueryKpisRequest::default()
    }
}

fn shown(kpi: Option<KpiDefinition>, checked: bool, printer: &Printer) -> Result<Code, Failure> {
    let kpi = kpi.ok_or_else(|| Failure::unavailable("the server sent no definition"))?;
    if checked {
        printer.remark("nothing was written: it would be as follows");
    }
    printer.show(&Show(kpi))?;
    Ok(Code::Ok)
}

fn read(file: &Path) -> Result<String, Failure> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())));
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
    Ok(text)
}
