//! Arguments of `kpi compare` and `kpi explain`.

use std::str::FromStr;

use bellwether_domain::When;
use clap::{Args, ValueEnum};

use super::{Connection, FilterArg, KnownAtArg, QueryArgs, WhenArg};

/// Arguments of `kpi compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each value stands beside that of the period before it; of a period that still runs only as much of the other one counts as
has passed of it. Groups that are in one of the two periods only are there too. Rates change by points, everything else by
its unit and in per cent of the base. The interval is that of the difference, where both values have one of their own.
What has passed of a period is counted in calendar days or, with --elapsed working, in days with business hours that
are no holidays: five working days into July then stand beside the first five of June. That takes --to or --grain.

Examples:
  bellwether kpi compare bookings win_rate --tenant demo --from 2026-07-01 --to 2026-10-01
  bellwether kpi compare bookings --tenant demo --from 2026-07-01 --by region --with last-year
  bellwether kpi compare bookings --tenant demo --from 2026-07-01 --grain month --elapsed working
  bellwether kpi compare win_rate --tenant acme --from 2017-02-01 --with 2017-01-01..2017-02-01")]
pub(crate) struct CompareArgs {
    /// With the period before (previous), a year before (last-year), or another range (FROM..TO)
    #[arg(long = "with", value_name = "WHAT", default_value = "previous")]
    pub(crate) base: BaseArg,
    /// What is asked.
    #[command(flatten)]
    pub(crate) query: QueryArgs,
}

/// Arguments of `kpi explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
The change is split over the values of a dimension, without anything left over: more or fewer items (volume), items moving
between groups that are worth more or less (mix), each group's own rate or amounts (rate, price), exchange rates (fx).
Counts, sums, means and rates can be split so; medians and the like cannot.

With --receipts it tells, of any KPI, which records were written, corrected or taken back since a value was given, or between
two receipts of it, and what settings, dimensions, exchange rates and definitions did to it.

Examples:
  bellwether kpi explain bookings --tenant demo --from 2026-07-01 --to 2026-10-01 --by region
  bellwether kpi explain deals_won --tenant demo --from 2026-01-01 --by owner --top 3
  bellwether kpi query bookings --tenant acme --receipts --output json > given.json
  bellwether kpi explain --receipts given.json --tenant acme")]
pub(crate) struct ExplainArgs {
    /// The KPI's id
    #[arg(value_name = "KPI", required_unless_present = "receipts")]
    pub(crate) kpi: Option<String>,
    /// In place of a question: the receipt of the value before, and of that after (without it: as it is now), or files of them
    #[arg(long, value_name = "RECEIPT|FILE", num_args = 1..=2,
          conflicts_with_all = ["kpi", "from", "to", "by", "base", "filter", "as_of", "known_at", "elapsed", "now"])]
    pub(crate) receipts: Vec<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The range's first day or instant
    #[arg(long, value_name = "DATE", required_unless_present = "receipts")]
    pub(crate) from: Option<WhenArg>,
    /// The range's end, exclusive; without it up to as-of
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<WhenArg>,
    /// The dimension to split the change by
    #[arg(long, value_name = "DIM", required_unless_present = "receipts")]
    pub(crate) by: Option<String>,
    /// With the period before (previous), a year before (last-year), or another range (FROM..TO)
    #[arg(long = "with", value_name = "WHAT", default_value = "previous")]
    pub(crate) base: BaseArg,
    /// How many of the biggest movers to name, or records
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) top: u32,
    /// Only where a dimension has a value (`DIM=` is: none); repeat for more: same dimension OR, others AND
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// Events count up to the END of this day, or up to this instant; without it the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// What was known at this instant, at the end of this day, or up to this sequence number
    #[arg(long, value_name = "DATE|seq:N")]
    pub(crate) known_at: Option<KnownAtArg>,
    /// In what the elapsed part of a running period is counted: the other one is cut to as much
    #[arg(long, value_name = "DAYS", value_enum, default_value_t)]
    pub(crate) elapsed: ElapsedArg,
    /// By the owner, team and attributes of now (as-of), not by those at each event
    #[arg(long)]
    pub(crate) now: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// In what the elapsed part of a running period is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ElapsedArg {
    /// Civil days
    #[default]
    Calendar,
    /// Days with business hours that are no holidays
    Working,
}

/// With what a period is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BaseArg {
    /// The period before.
    Previous,
    /// The same a year before.
    LastYear,
    /// Another range.
    Range(When, When),
}

impl FromStr for BaseArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "previous" => Ok(Self::Previous),
            "last-year" => Ok(Self::LastYear),
            range => {
                let (from, to) = range.split_once("..").ok_or_else(|| {
                    format!("`{range}` is none of previous, last-year and FROM..TO, such as 2017-01-01..2017-02-01")
                })?;
                Ok(Self::Range(from.parse()?, to.parse()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_word_or_a_range() {
        assert_eq!("last-year".parse(), Ok(BaseArg::LastYear));
        assert!(matches!(
            "2017-01-01..2017-02-01".parse(),
            Ok(BaseArg::Range(When::Day(_), When::Day(_)))
        ));
        assert!("2017-01-01".parse::<BaseArg>().is_err() && "2017-01-01..x".parse::<BaseArg>().is_err());
    }
}
