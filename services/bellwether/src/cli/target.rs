//! Arguments of `target`.

use std::str::FromStr;

use bellwether_domain::CivilDate;
use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, FilterArg, WhenArg};

/// Commands about targets.
#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    /// Say what a KPI is to reach in a period
    Set(Box<SetTargetArgs>),
    /// Which targets there are
    List(ListTargetsArgs),
    /// A target: attainment, pace, likely end, status
    Show(ShowTargetArgs),
    /// The versions of a target, the newest first
    History(TargetArgs),
    /// Take a target back; its versions are kept
    Remove(TargetArgs),
}

/// Arguments of `target set`.
#[derive(Debug, Args)]
#[command(after_help = "\
Money is in the tenant's currency; a rate is a fraction or a percentage (0.3 or 30%). Setting the target of the same KPI,
period and holder again makes a new version of it, whatever its id is. The shape says how much is expected by a day of the
period: linear (by days), working (by working time), seasonal (as in the same period of up to three years before) or
weights of equal parts of the period, such as 20,30,50.

Examples:
  bellwether target set bookings 2500000 --tenant demo --shape seasonal \\
    --from 2026-10-01 --to 2027-01-01
  bellwether target set win_rate 35% --tenant demo --for region=Europe \\
    --from 2026-01-01 --to 2027-01-01
  bellwether target set deals_won 90 --tenant demo --shape 20,30,50 \\
    --from 2026-10-01 --to 2027-01-01")]
pub(crate) struct SetTargetArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) kpi: String,
    /// What is to be reached
    #[arg(value_name = "VALUE")]
    pub(crate) value: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period's first day
    #[arg(long, value_name = "DATE")]
    pub(crate) from: CivilDate,
    /// The day after its last day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: CivilDate,
    /// Whose target it is; without it the company's. Repeat for more dimensions
    #[arg(long = "for", value_name = "DIM=VALUE")]
    pub(crate) holder: Vec<FilterArg>,
    /// How it is spread over the period: linear, working, seasonal, or weights
    #[arg(long, value_name = "SHAPE", default_value = "linear")]
    pub(crate) shape: ShapeArg,
    /// Below this share of the pace it is at risk [default: 0.9]
    #[arg(long, value_name = "SHARE", default_value = "", hide_default_value = true)]
    pub(crate) warn: String,
    /// Below this share of the pace it is off [default: 0.75]
    #[arg(long, value_name = "SHARE", default_value = "", hide_default_value = true)]
    pub(crate) bad: String,
    /// By how much more than that it must recover before its status gets better again [default: 0]
    #[arg(long, value_name = "SHARE", default_value = "", hide_default_value = true)]
    pub(crate) hysteresis: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) owner: String,
    /// Why it is what it is
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    /// Its id; without one that of the target there is of KPI, period and holder, or one made of these
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `target list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bellwether target list --tenant demo
  bellwether target list --tenant demo --kpi bookings --on 2026-11-22")]
pub(crate) struct ListTargetsArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only those of this KPI
    #[arg(long, value_name = "KPI")]
    pub(crate) kpi: Option<String>,
    /// Only those whose period holds this day
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<CivilDate>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `target show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bellwether target show deals_won.2026-10-01.2027-01-01 --tenant demo")]
pub(crate) struct ShowTargetArgs {
    /// Its id, as `target list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The last day that counts; without it today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `target history` and `target remove`.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Its id, as `target list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How a target is spread over its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShapeArg {
    /// By a rule.
    Named(ShapeName),
    /// By weights of equal parts.
    Weights(Vec<u32>),
}

/// A rule by which a target is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum ShapeName {
    Linear,
    Working,
    Seasonal,
}

impl FromStr for ShapeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(name) = ShapeName::from_str(text, false) {
            return Ok(Self::Named(name));
        }
        let weights: Result<Vec<u32>, _> = text.split(',').map(|one| one.trim().parse()).collect();
        weights.map(Self::Weights).map_err(|_| {
            format!("`{text}` is none of linear, working, seasonal and weights such as 20,30,50")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_a_word_or_weights() {
        assert_eq!("seasonal".parse(), Ok(ShapeArg::Named(ShapeName::Seasonal)));
        assert_eq!("20, 30,50".parse(), Ok(ShapeArg::Weights(vec![20, 30, 50])));
        assert!("steep".parse::<ShapeArg>().is_err() && "1,-2".parse::<ShapeArg>().is_err());
    }
}
