//! Arguments of the `kpi` commands that write: `create`, `update`, `promote`, `deprecate`; and of `versions`.

use std::path::PathBuf;

use bellwether_domain::CivilDate;
use bellwether_domain::period::Grain;
use clap::{Args, ValueEnum};

use super::{Connection, FilterArg, WhenArg};

/// What every command that writes a KPI takes.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Who writes it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) author: String,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    /// Names the request: the same one sent again gets the same answer
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) request_id: String,
    /// Check everything and write nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `kpi create`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file has the keys of one KPI of the built-in catalogue. A mistake is shown where it is. With --dry-run nothing is
written: the values that the definition has on past data are shown. A draft answers like any other KPI; a certified one
says who owns it, what counts, what does not, and has a caveat.

Examples:
  bellwether kpi create deploy/kpis/fast_win_share.yaml --tenant demo --dry-run --grain month \\
    --from 2026-01-01 --to 2026-07-01
  bellwether kpi create deploy/kpis/fast_win_share.yaml --tenant demo --certified --author Ann")]
pub(crate) struct CreateArgs {
    /// The YAML of the KPI; - reads it from standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The KPI's id; without it as the file says
    #[arg(long, value_name = "KPI", default_value = "", hide_default_value = true)]
    pub(crate) id: String,
    /// Make it certified at once, not a draft
    #[arg(long)]
    pub(crate) certified: bool,
    /// What is tried.
    #[command(flatten)]
    pub(crate) trial: TrialArgs,
    /// How it is written.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// A definition tried on past data.
#[derive(Debug, Args)]
pub(crate) struct TrialArgs {
    /// Show what it says of past data, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: the range's first day or instant
    #[arg(long, value_name = "DATE", requires = "dry_run")]
    pub(crate) from: Option<WhenArg>,
    /// With --dry-run: the range's end, exclusive
    #[arg(long, value_name = "DATE", requires = "dry_run")]
    pub(crate) to: Option<WhenArg>,
    /// With --dry-run: cut the range into periods
    #[arg(long, value_parser = super::kpi::grains(), requires = "dry_run")]
    pub(crate) grain: Option<Grain>,
    /// With --dry-run: group by a dimension; repeat for more
    #[arg(long, value_name = "DIM", requires = "dry_run")]
    pub(crate) by: Vec<String>,
    /// With --dry-run: only where a dimension has a value; repeat for more
    #[arg(long, value_name = "DIM=VALUE", requires = "dry_run")]
    pub(crate) filter: Vec<FilterArg>,
}

/// Arguments of `kpi update`.
#[derive(Debug, Args)]
#[command(after_help = "\
A certified KPI with another definition is a draft again, unless --status certified says that it was looked at.
--etag, as `kpi show --output json` gives it, refuses the update when somebody else was first.

Examples:
  bellwether kpi update fast_win_share deploy/kpis/fast_win_share.yaml --tenant demo --note words
  bellwether kpi update fast_win_share --status certified --tenant demo")]
pub(crate) struct UpdateArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) id: String,
    /// The new YAML; - reads it from standard input; without it the definition stays
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Whether it may be relied on; also takes a deprecation back
    #[arg(long, value_enum)]
    pub(crate) status: Option<StatusArg>,
    /// Take a promotion back
    #[arg(long)]
    pub(crate) demote: bool,
    /// The edition that the update is of
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    pub(crate) etag: String,
    /// How it is written.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// Whether a definition may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusArg {
    /// Still being worked out
    Draft,
    /// Checked, and somebody answers for it
    Certified,
}

/// Arguments of `kpi promote`.
#[derive(Debug, Args)]
#[command(after_help = "\
A KPI is something to steer by once somebody owns a target of it with a value, a period and a deadline, it is clear which
way is good, what it is measured by, how often it is looked at, and what is done when it is off. All that is missing is
listed. The target is named by its id, as `target list` shows it.

Examples:
  bellwether target set fast_win_share 60% --tenant demo --from 2026-01-01 --to 2100-01-01 --id fast
  bellwether kpi promote fast_win_share --tenant demo --owner Ann --target fast \\
    --deadline 2099-12-31 --benchmark own --cadence monthly --action coaching")]
pub(crate) struct PromoteArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) id: String,
    /// Who answers for reaching the target
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) owner: String,
    /// The id of the target
    #[arg(long, value_name = "TARGET", default_value = "", hide_default_value = true)]
    pub(crate) target: String,
    /// The day by which it is to be reached
    #[arg(long, value_name = "DATE")]
    pub(crate) deadline: Option<CivilDate>,
    /// What one does about it when it is off
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) action: String,
    /// What the target is measured by: a source in words, or `own` for the KPI's own past
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) benchmark: String,
    /// How often it is looked at
    #[arg(long, value_enum)]
    pub(crate) cadence: Option<CadenceArg>,
    /// The edition that is promoted
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    pub(crate) etag: String,
    /// How it is written.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// How often something is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CadenceArg {
    /// Every week
    Weekly,
    /// Every month
    Monthly,
    /// Every quarter
    Quarterly,
}

/// Arguments of `kpi deprecate`.
#[derive(Debug, Args)]
#[command(after_help = "\
It still answers, and says that it is deprecated.

Example:
  bellwether kpi deprecate fast_win_share --use-instead win_rate --tenant demo")]
pub(crate) struct DeprecateArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) id: String,
    /// The KPI to use instead
    #[arg(long, value_name = "KPI", default_value = "", hide_default_value = true)]
    pub(crate) use_instead: String,
    /// The edition that is deprecated
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    pub(crate) etag: String,
    /// How it is written.
    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// Arguments of `kpi versions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether kpi versions fast_win_share --tenant demo")]
pub(crate) struct VersionsArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}
