//! Arguments of `kpi` and `scorecard`.

use std::str::FromStr;

use bellwether_domain::period::Grain;
use bellwether_domain::{Instant, When};
use bellwether_kpi::catalogue::FunnelStage;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};

use super::{CompareArgs, Connection, ContributorsArgs, ExplainArgs, VerifyArgs, WatchArgs};

/// Commands about KPIs.
#[derive(Debug, Subcommand)]
pub(crate) enum KpiCommand {
    /// Which KPIs there are
    List(ListArgs),
    /// Which few KPIs to begin with, by way of selling
    Presets(PresetsArgs),
    /// What a KPI means: formula, what counts, caveats, benchmarks with their sources
    Show(ShowArgs),
    /// The built-in KPIs as a page of Markdown, as in docs/kpis.md
    #[command(after_help = "Example:\n  bellwether kpi docs > kpis.md")]
    Docs,
    /// What KPIs say
    Query(QueryArgs),
    /// What KPIs say beside the period before, a year before or another range
    Compare(CompareArgs),
    /// Why a KPI changed between two periods
    Explain(ExplainArgs),
    /// What KPIs say, and again whenever it changes
    Watch(WatchArgs),
    /// The records behind a value, the largest first
    Records(ContributorsArgs),
    /// Whether values that were given still follow from the records
    Verify(VerifyArgs),
}

/// Arguments of `kpi list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bellwether kpi list
  bellwether kpi list --stage pipeline --leading
  bellwether kpi list --preset saas
  bellwether kpi list --tenant acme --output json")]
pub(crate) struct ListArgs {
    /// Only those that watch this part of the funnel
    #[arg(long, value_name = "STAGE", value_parser = stages())]
    pub(crate) stage: Option<String>,
    /// Only the few of this preset, as `kpi presets` names them
    #[arg(long, value_name = "PRESET")]
    pub(crate) preset: Option<String>,
    /// Only those that move before results do
    #[arg(long, conflicts_with = "lagging")]
    pub(crate) leading: bool,
    /// Only those that report results
    #[arg(long)]
    pub(crate) lagging: bool,
    /// The tenant; without one the built-in catalogue
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `kpi presets`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether kpi presets")]
pub(crate) struct PresetsArgs {
    /// The tenant; without one the built-in catalogue
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `kpi show`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether kpi show win_rate")]
pub(crate) struct ShowArgs {
    /// The KPI's id
    #[arg(value_name = "KPI")]
    pub(crate) id: String,
    /// The tenant; without one the built-in catalogue
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Arguments of `kpi query`.
#[derive(Debug, Args)]
#[command(after_help = "\
Dates are civil days of the tenant's zone; an instant is RFC 3339. The answer has seen everything that was in the log
when the command was given. Rates are fractions in JSON and CSV (0.31) and percentages in tables (31 %).

Examples:
  bellwether kpi query win_rate --tenant acme --from 2017-01-01 --to 2018-01-01 --grain month
  bellwether kpi query bookings deals_won --tenant acme --by owner --filter region=West
  bellwether kpi query open_deals pipeline_value --tenant acme --as-of 2017-08-31 --output json
  bellwether kpi query win_rate --tenant acme --from 2017-01-01 --to 2018-01-01 --known-at seq:4")]
pub(crate) struct QueryArgs {
    /// KPI ids, as `kpi list` shows them
    #[arg(required = true, value_name = "KPI")]
    pub(crate) kpis: Vec<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The range's first day or instant; without it from the beginning
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<WhenArg>,
    /// The range's end, exclusive; without it up to as-of
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<WhenArg>,
    /// Cut the range into periods
    #[arg(long, value_parser = grains())]
    pub(crate) grain: Option<Grain>,
    /// Group by a dimension; repeat for more
    #[arg(long, value_name = "DIM")]
    pub(crate) by: Vec<String>,
    /// Only where a dimension has a value (`DIM=` is: none); repeat for more: same dimension OR, others AND
    #[arg(long, value_name = "DIM=VALUE")]
    pub(crate) filter: Vec<FilterArg>,
    /// Events count up to the END of this day, or up to this instant; without it the end of today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
    /// What was known at this instant, at the end of this day, or up to this sequence number
    #[arg(long, value_name = "DATE|seq:N")]
    pub(crate) known_at: Option<KnownAtArg>,
    /// Give each value a receipt, for `kpi verify`; tables do not show them
    #[arg(long)]
    pub(crate) receipts: bool,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

fn stages() -> PossibleValuesParser {
    PossibleValuesParser::new(FunnelStage::ALL.map(FunnelStage::name))
}

fn grains() -> impl clap::builder::TypedValueParser<Value = Grain> {
    PossibleValuesParser::new(Grain::ALL.map(Grain::name)).try_map(|name| Grain::from_str(&name))
}

/// A day or an instant on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WhenArg(pub(crate) When);

impl FromStr for WhenArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// `DIM=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterArg {
    /// The dimension.
    pub(crate) dimension: String,
    /// The value; `None` = missing.
    pub(crate) value: Option<String>,
}

impl FromStr for FilterArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (dimension, value) = text
            .split_once('=')
            .filter(|(dimension, _)| !dimension.is_empty())
            .ok_or_else(|| {
                "write DIM=VALUE, such as region=West, or DIM= for those without one".to_owned()
            })?;
        Ok(Self {
            dimension: dimension.to_owned(),
            value: (!value.is_empty()).then(|| value.to_owned()),
        })
    }
}

/// A state of knowledge on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownAtArg {
    /// Up to a sequence number.
    Seq(u64),
    /// At an instant, or at the end of a day.
    When(When),
}

impl FromStr for KnownAtArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(number) = text.strip_prefix("seq:") {
            let bad = |_| format!("`{number}` is not a sequence number such as seq:8800");
            return number.parse().map(Self::Seq).map_err(bad);
        }
        if let Ok(at) = text.parse::<Instant>() {
            return Ok(Self::When(When::At(at)));
        }
        text.parse()
            .map(Self::When)
            .map_err(|message: String| format!("{message}, nor seq:N"))
    }
}

/// Arguments of `scorecard`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each KPI stands beside the same number of days of the period before, with the number of items that it rests on, the
last 12 months (the present one only as far as it has come) and, where it has one (rates do), its 95 % interval. A
change is called good or bad by the KPI's own direction; where there are intervals, unclear while the two overlap.
A KPI that comes in parts, such as loss_reason_mix, has no place here: `kpi query` shows it by its dimension.

Examples:
  bellwether scorecard --tenant demo
  bellwether scorecard win_rate bookings --tenant demo --period month --as-of 2026-06-30")]
pub(crate) struct ScorecardArgs {
    /// One to five KPIs
    #[arg(value_name = "KPI", num_args = 1..=5,
          default_values_t = ["bookings", "win_rate", "average_deal_size", "sales_cycle_median", "pipeline_value"].map(String::from))]
    pub(crate) kpis: Vec<String>,
    /// The tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: String,
    /// The period: the tenant's fiscal month, quarter or year that holds as-of
    #[arg(long, value_enum, default_value_t = PeriodArg::Quarter)]
    pub(crate) period: PeriodArg,
    /// The last day that counts; without it today
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<WhenArg>,
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

impl PeriodArg {
    /// The grain of that size.
    pub(crate) fn grain(self) -> Grain {
        match self {
            Self::Month => Grain::FiscalMonth,
            Self::Quarter => Grain::FiscalQuarter,
            Self::Year => Grain::FiscalYear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_a_value_asks_for_those_without_one() {
        let read = |text: &str| {
            text.parse::<FilterArg>()
                .map(|filter| (filter.dimension, filter.value))
        };
        assert_eq!(read("owner="), Ok(("owner".to_owned(), None)));
        assert_eq!(
            read("product=A=B"),
            Ok(("product".to_owned(), Some("A=B".to_owned())))
        );
        assert!(read("=x").is_err() && read("owner").is_err());
    }

    #[test]
    fn the_scorecard_promises_an_interval_only_where_there_is_one() {
        let mut command = ScorecardArgs::augment_args(clap::Command::new("scorecard"));
        let help = command.render_long_help().to_string();
        // Lines are broken by the width of the terminal.
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            help.contains("where it has one (rates do), its 95 % interval"),
            "{help}"
        );
        assert!(
            help.contains("the present one only as far as it has come"),
            "{help}"
        );
    }

    #[test]
    fn knowledge_is_a_number_a_day_or_an_instant() {
        assert_eq!("seq:7".parse(), Ok(KnownAtArg::Seq(7)));
        assert!(matches!("2017-03-01".parse(), Ok(KnownAtArg::When(When::Day(_)))));
        assert!(matches!(
            "2017-03-01T00:00:00Z".parse(),
            Ok(KnownAtArg::When(When::At(_)))
        ));
        assert!("seq:-1".parse::<KnownAtArg>().is_err() && "yesterday".parse::<KnownAtArg>().is_err());
    }
}
