//! Arguments of `records` and `settings`.

use std::path::PathBuf;

use bellwether_domain::RecordKind;
use clap::{Args, Subcommand};

use super::Connection;

/// Commands about records.
#[derive(Debug, Subcommand)]
pub(crate) enum RecordsCommand {
    /// One record
    Get(GetRecordArgs),
    /// The records of a kind, by id
    List(ListRecordsArgs),
    /// Merge accounts or leads that stand for the same thing into one of them
    Merge(MergeRecordsArgs),
}

/// Arguments of `records get`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether records get opportunity 1C1I7A6R --tenant acme --output json")]
pub(crate) struct GetRecordArgs {
    /// The kind: account, rep, team, lead, opportunity, activity, quota, fx_rate, subscription, contract, order, spend,
    /// metric_sample, kpi_definition, target or scorecard
    #[arg(value_parser = kind)]
    pub(crate) kind: RecordKind,
    /// The id
    pub(crate) id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `records list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether records list rep --tenant demo --limit 20")]
pub(crate) struct ListRecordsArgs {
    /// The kind: account, rep, team, lead, opportunity, activity, quota, fx_rate, subscription, contract, order, spend,
    /// metric_sample, kpi_definition, target or scorecard
    #[arg(value_parser = kind)]
    pub(crate) kind: RecordKind,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// At most so many; all of them without the flag
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `records merge`.
#[derive(Debug, Args)]
#[command(after_help = "\
The losers are taken back, each naming the survivor, which answers for them; the survivor itself is not changed. All of
them are merged or none. A loser that is written again is there again: that is how a merge is undone.

Example:
  bellwether records merge account A1 --into Acme --tenant acme")]
pub(crate) struct MergeRecordsArgs {
    /// The kind: account or lead
    #[arg(value_parser = mergeable)]
    pub(crate) kind: RecordKind,
    /// The ids of the records that go
    #[arg(required = true, value_name = "LOSER")]
    pub(crate) losers: Vec<String>,
    /// The id of the record that stays
    #[arg(long, value_name = "SURVIVOR")]
    pub(crate) into: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Names the request: sent again with the same name it is done once
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) request_id: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

fn mergeable(text: &str) -> Result<RecordKind, String> {
    let kinds = || RecordKind::ALL.into_iter().filter(|kind| kind.can_merge());
    let names = || kinds().map(RecordKind::name).collect::<Vec<_>>().join(" or ");
    kinds()
        .find(|kind| kind.name() == text)
        .ok_or_else(|| format!("use {}", names()))
}

fn kind(text: &str) -> Result<RecordKind, String> {
    let kinds = || {
        RecordKind::ALL
            .into_iter()
            .filter(|kind| *kind != RecordKind::Settings)
    };
    let names = || kinds().map(RecordKind::name).collect::<Vec<_>>().join(", ");
    kinds()
        .find(|kind| kind.name() == text.replace('-', "_"))
        .ok_or_else(|| format!("use one of {}", names()))
}

/// Commands about settings.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show a tenant's settings, defaults included
    Get(SettingsArgs),
    /// Change a tenant's settings to what a file says
    Apply(ApplyArgs),
}

/// Arguments of `settings get`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether settings get --tenant acme --output json")]
pub(crate) struct SettingsArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `settings apply`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is YAML or JSON with the fields of TenantSettings:

  currency: EUR
  zone: Europe/Berlin
  fiscal_calendar: {start_month: 4, pattern: calendar}        # or 4-4-5, 4-5-4, 5-4-4
  business_hours:
    - {weekday: 1, opens: \"08:30\", closes: \"17:00\"}           # 1 = Monday
  holidays: [2026-12-25]
  pipelines:
    - id: sales
      stages:
        - {name: Talking, class: open}                        # open, won, lost or no_decision
        - {name: Offer, class: open, qualified: true, probability: 0.5}
        - {name: Won, class: won}
        - {name: Lost, class: lost}
  attributes:
    - {kind: opportunity, name: channel, type: text}          # or number, date

A field that the file names is replaced as a whole; what it leaves out stays as it is (with --replace: goes back to its
default). Unknown fields are refused.

Example:
  bellwether settings apply settings.yaml --tenant acme")]
pub(crate) struct ApplyArgs {
    /// The file
    pub(crate) file: PathBuf,
    /// The tenant; made when it is new
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Take the file as all of the settings: what it leaves out goes back to its default
    #[arg(long)]
    pub(crate) replace: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
