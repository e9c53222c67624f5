//! `kpi versions`: what a KPI meant, since when, and who said so.

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::{DefinitionStatus, KpiVersion, ListVersionsRequest};
use serde_json::{Value, json};

use crate::cli::VersionsArgs;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::{Page, Sheet, View};

/// The editions of a KPI, the newest first.
#[derive(Debug)]
pub(super) struct Versions(Vec<KpiVersion>);

/// Lists the editions of a KPI.
pub(super) async fn list(args: VersionsArgs) -> Result<Versions, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListVersionsRequest {
        tenant: args.tenant,
        id: args.id,
        min_position: None,
    };
    let found = client.catalog().list_versions(request).await?.into_inner();
    Ok(Versions(found.versions))
}

fn status(version: &KpiVersion) -> String {
    let status = match version.status() {
        DefinitionStatus::Unspecified => "",
        DefinitionStatus::Draft => "draft",
        DefinitionStatus::Certified => "certified",
        DefinitionStatus::Deprecated => "deprecated",
    };
    let promoted = version.promotion.is_some() && version.status() == DefinitionStatus::Certified;
    match version.deprecated_for.as_str() {
        "" if promoted => format!("{status}, promoted"),
        "" => status.to_owned(),
        successor => format!("{status}, use {successor}"),
    }
}

fn recorded(version: &KpiVersion) -> String {
    let at = version.recorded_at.as_ref();
    at.and_then(|at| instant_from_proto(at).ok())
        .map_or_else(String::new, |at| at.to_string())
}

impl View for Versions {
    fn json(&self) -> Value {
        let one = |one: &KpiVersion| {
            json!({
                "version": one.version, "etag": one.etag, "recorded_at": recorded(one), "status": status(one),
                "author": one.author, "note": one.note, "current": one.current, "source": one.source,
            })
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new([">version", "status", "since", "by", "why", "etag"]);
        for one in &self.0 {
            let current = if one.current { "now" } else { "" };
            let status = match (status(one).as_str(), current) {
                (status, "") => status.to_owned(),
                (status, current) => format!("{status} ({current})"),
            };
            sheet.push(vec![
                one.version.to_string().into(),
                status.into(),
                recorded(one).into(),
                one.author.clone().into(),
                one.note.clone().into(),
                one.etag.clone().into(),
            ]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "version",
            "etag",
            "recorded_at",
            "status",
            "author",
            "note",
            "current",
        ];
        let row = |one: &KpiVersion| {
            vec![
                one.version.to_string(),
                one.etag.clone(),
                recorded(one),
                status(one),
                one.author.clone(),
                one.note.clone(),
                one.current.to_string(),
            ]
        };
        std::iter::once(header.map(String::from).to_vec())
            .chain(self.0.iter().map(row))
            .collect()
    }
}
