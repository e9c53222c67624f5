//! Arguments of `forecast attainment`, `forecast override`, `forecast what-if` and `forecast waterfall`.

use bellwether_domain::CivilDate;
use bellwether_domain::period::Grain;
use clap::{Args, Subcommand};

use crate::cli::kpi::grains;
use crate::cli::{Connection, FilterArg, WhenArg};

/// Arguments of `forecast attainment`.
#[derive(Debug, Args)]
#[command(after_help = "\
Of the period that runs: what is won so far, what will be won at its end, and how likely the quota is reached, for the whole,
each rep and each team. What it takes is open pipeline like the one there is, for even odds and for four times out of five.
What somebody said about the period (`forecast override period`) stands beside.

Examples:
  bellwether forecast attainment --tenant demo
  bellwether forecast attainment --tenant demo --period quarter --by team --output json")]
pub(crate) struct AttainmentArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period that holds as-of: month, quarter or year, civil or fiscal
    #[arg(long, value_parser = grains(), default_value = "fiscal_quarter")]
    pub(crate) period: Grain,
    /// Tell owner, team or a level such as team.1 apart; repeat for more; without it owners and teams
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Vec<String>,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What people say in place of the models.
#[derive(Debug, Subcommand)]
pub(crate) enum OverrideCommand {
    /// Say something about a deal
    Deal(OverrideDealArgs),
    /// Say what will be won in a period, by the company or a part of it
    Period(OverridePeriodArgs),
    /// What is said, by whom and why
    List(OverrideListArgs),
    /// Take back what was said; its versions are kept
    Remove(OverrideRemoveArgs),
}

/// Who says something, and why.
#[derive(Debug, Args)]
pub(crate) struct SignedArgs {
    /// Who says so
    #[arg(long, value_name = "NAME")]
    pub(crate) author: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The version that is replaced, as `override list --output json` gives it; without it whichever there is
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    pub(crate) etag: String,
    /// Names the request: the same one sent again gets the same answer
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) request_id: String,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast override deal`.
#[derive(Debug, Args)]
#[command(after_help = "\
`forecast pipeline` then shows what will be won with and without it, and both are compared with what came. Which deals are
open, and what the model says of them:
  bellwether forecast pipeline --tenant demo --deals 5

With ID from there: forecast override deal ID --chance 90% --reason \"signed, waiting for the paper\" --author Ann")]
pub(crate) struct OverrideDealArgs {
    /// The deal's id
    #[arg(value_name = "ID")]
    pub(crate) deal: String,
    /// The chance to be won: 0.9 or 90%
    #[arg(long, value_name = "SHARE", value_parser = chance)]
    pub(crate) chance: Option<f64>,
    /// What it will be won for, in the tenant's currency
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) amount: Option<f64>,
    /// The day on which it will close: it brings nothing within a horizon that ends before
    #[arg(long, value_name = "DATE")]
    pub(crate) close: Option<CivilDate>,
    /// What it is: commit, most_likely, best_case, pipeline or omitted, which counts as nothing unless a chance is given
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) category: String,
    /// Who says so.
    #[command(flatten)]
    pub(crate) signed: SignedArgs,
}

/// Arguments of `forecast override period`.
#[derive(Debug, Args)]
#[command(after_help = "\
All that is won in the period counts, what was won before it was said included. `forecast attainment` shows it beside what the
model expects, and `forecast accuracy` how good both were.

Examples:
  bellwether forecast override period --from 2099-10-01 --to 2100-01-01 --value 2500000 \\
    --author Ann --reason \"the big renewals are in\" --tenant demo
  bellwether forecast override period --from 2099-10-01 --to 2100-01-01 --for team=Enterprise \\
    --value 900000 --count 12 --author Bo --reason commit --tenant demo")]
pub(crate) struct OverridePeriodArgs {
    /// The period's first day
    #[arg(long, value_name = "DATE")]
    pub(crate) from: CivilDate,
    /// The day after its last day
    #[arg(long, value_name = "DATE")]
    pub(crate) to: CivilDate,
    /// Whose it is, such as owner=NAME or team=NAME; without it the company's
    #[arg(long = "for", value_name = "DIM=NAME")]
    pub(crate) of: Option<FilterArg>,
    /// What will be won, in the tenant's currency
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) value: Option<f64>,
    /// How many deals will be won
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<f64>,
    /// Who says so.
    #[command(flatten)]
    pub(crate) signed: SignedArgs,
}

/// Arguments of `forecast override list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bellwether forecast override list --tenant demo
  bellwether forecast override list --tenant demo --versions --output json")]
pub(crate) struct OverrideListArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// Only that of this id
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) id: String,
    /// All versions, not only those that hold
    #[arg(long)]
    pub(crate) versions: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast override remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bellwether forecast override remove period/2099-10-01/2100-01-01 --author Ann \\
    --reason \"said too early\" --tenant demo")]
pub(crate) struct OverrideRemoveArgs {
    /// Its id, as `override list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Who takes it back.
    #[command(flatten)]
    pub(crate) signed: SignedArgs,
}

/// Arguments of `forecast what-if`.
#[derive(Debug, Args)]
#[command(after_help = "\
All changes together make one difference, with its own interval: both sides share their luck, so what stays as it is cancels
out. Ids of open deals are those of `forecast pipeline --deals 20`, stages those of `forecast stages`.

Examples:
  bellwether forecast what-if --tenant demo --stage Proposal=1.2
  bellwether forecast what-if --tenant demo --days 180 --add-rep 90 --add-rep 90")]
pub(crate) struct WhatIfArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How many days ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_095))]
    pub(crate) days: u32,
    /// A deal would not be there; repeat for more
    #[arg(long, value_name = "ID")]
    pub(crate) drop: Vec<String>,
    /// A deal would be expected to close on another day; repeat for more
    #[arg(long = "move", value_name = "ID=DATE", value_parser = moved)]
    pub(crate) moved: Vec<(String, CivilDate)>,
    /// Deals in a stage would be won at so many times their rate; repeat for more
    #[arg(long, value_name = "STAGE=TIMES", value_parser = rate)]
    pub(crate) stage: Vec<(String, f64)>,
    /// One more would sell, after so many days as much as the others; repeat for more
    #[arg(long, value_name = "RAMP_DAYS")]
    pub(crate) add_rep: Vec<f64>,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `forecast waterfall`.
#[derive(Debug, Args)]
#[command(after_help = "\
What moved the forecast of the pipeline since an earlier one: the last that was served as of an earlier day over as many days,
or the one of --since, an id that `forecast accuracy --list` shows. The steps sum to the difference.

Examples:
  bellwether forecast pipeline --tenant demo --as-of 2026-10-31
  bellwether forecast waterfall --tenant demo")]
pub(crate) struct ForecastWaterfallArgs {
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// How many days ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=1_095))]
    pub(crate) days: u32,
    /// The id of the earlier forecast
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    pub(crate) since: String,
    /// What had happened by the END of this day, or by this instant; without it by the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

fn chance(text: &str) -> Result<f64, String> {
    let (number, unit) = text
        .strip_suffix('%')
        .map_or((text, 1.0), |number| (number.trim(), 100.0));
    let value: f64 = number.parse().map_err(|_| format!("`{text}` is not a number"))?;
    let value = value / unit;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err("a chance is from 0 to 1, or from 0% to 100%".to_owned())
    }
}

fn moved(text: &str) -> Result<(String, CivilDate), String> {
    let (id, day) = text
        .rsplit_once('=')
        .ok_or("give ID=DATE, such as opp-7=2026-12-01")?;
    Ok((id.to_owned(), day.parse()?))
}

fn rate(text: &str) -> Result<(String, f64), String> {
    let (stage, times) = text
        .rsplit_once('=')
        .ok_or("give STAGE=TIMES, such as Proposal=1.2")?;
    let times: f64 = times.parse().map_err(|_| format!("`{times}` is not a number"))?;
    Ok((stage.to_owned(), times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_shares_are_read() {
        assert_eq!((chance("90%"), chance("0.25")), (Ok(0.9), Ok(0.25)));
        assert!(["90", "-1%", "NaN", "x"].iter().all(|text| chance(text).is_err()));
        assert_eq!(rate("a=b=1.5"), Ok(("a=b".to_owned(), 1.5)));
        assert!(rate("Proposal").is_err() && rate("Proposal=x").is_err());
        assert!(moved("opp-7=2026-12-01").is_ok() && moved("opp-7=2026-13-01").is_err());
    }
}
