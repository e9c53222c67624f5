//! Arguments of `scorecard` and `scorecards`.

use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, FilterArg, KnownAtArg, WhenArg};

/// Arguments of `scorecard`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each KPI stands beside as much of the period before, its target, and the end that the period is likely to come to (95 %).
What grows with its period (deals, bookings) is expected to have come so far by now as the target's shape says; rates,
means and what is open are compared as they are. A status is given only where all of the likely range is on one side of
the target; else it is too early to tell. Below are what the KPI was in the last closed periods, and what others reach.

Without a name it is the tenant's first scorecard, of a tenant without any the preset `field`; the others are saas, inside
and transactional. A KPI that comes in parts, such as loss_reason_mix, has no place here: `kpi query` shows it.

Examples:
  bellwether scorecard --tenant demo
  bellwether scorecard --name inside --tenant demo --period month --as-of 2026-06-30
  bellwether scorecard win_rate bookings --tenant demo --filter region=Europe")]
pub(crate) struct ScorecardArgs {
    /// KPIs to show in place of a scorecard, at most 20
    #[arg(value_name = "KPI", num_args = 0..=20)]
    pub(crate) kpis: Vec<String>,
    /// The scorecard or preset
    #[arg(long, value_name = "ID", conflicts_with = "kpis")]
    pub(crate) name: Option<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period: the tenant's fiscal month, quarter or year that holds as-of; without it the scorecard's own
    #[arg(long, value_enum)]
    pub(crate) period: Option<PeriodArg>,
    /// Only where a dimension has a value, in place of the scorecard's own; repeat for more dimensions
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// The last day that counts; without it today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// What was known at this instant, at the end of this day, or up to this sequence number
    #[arg(long, value_name = "DATE|seq:N")]
    pub(crate) known_at: Option<KnownAtArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// The period of a scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PeriodArg {
    /// A fiscal month
    Month,
    /// A fiscal quarter
    Quarter,
    /// A fiscal year
    Year,
}

/// Commands about the scorecards that a tenant keeps.
#[derive(Debug, Subcommand)]
pub(crate) enum ScorecardsCommand {
    /// Which scorecards there are, the presets included
    List(ListScorecardsArgs),
    /// Keep a scorecard under a name
    Set(SetScorecardArgs),
    /// Take a scorecard back; its versions are kept
    Remove(RemoveScorecardArgs),
}

/// Arguments of `scorecards list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether scorecards list --tenant demo")]
pub(crate) struct ListScorecardsArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `scorecards set`.
#[derive(Debug, Args)]
#[command(after_help = "\
Three to five KPIs are a scorecard, some that move early and some that report results; what is unwise about it is said.

Example:
  bellwether scorecards set west win_rate bookings open_deals --tenant acme --filter region=West")]
pub(crate) struct SetScorecardArgs {
    /// Its id: up to 63 of a-z, 0-9, `-` and `_`
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Its KPIs, the most important first; KPI=N gives one a weight
    #[arg(value_name = "KPI", required = true, num_args = 1..=20)]
    pub(crate) kpis: Vec<String>,
    /// Its name for people; without one the id
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period that it shows
    #[arg(long, value_enum, default_value_t = PeriodArg::Quarter)]
    pub(crate) period: PeriodArg,
    /// Only where a dimension has a value; repeat for more dimensions
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// Who looks at it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) owner: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `scorecards remove`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether scorecards remove west --tenant acme")]
pub(crate) struct RemoveScorecardArgs {
    /// Its id
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_says_what_a_status_stands_on() {
        let mut command = ScorecardArgs::augment_args(clap::Command::new("scorecard"));
        let help = command.render_long_help().to_string();
        // Lines are broken by the width of the terminal.
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            help.contains("only where all of the likely range is on one side of the target"),
            "{help}"
        );
        assert!(help.contains("beside as much of the period before"), "{help}");
    }
}
