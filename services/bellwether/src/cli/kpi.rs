//! Arguments of `kpi`.

use std::str::FromStr;

use bellwether_contracts::kpi::{DimensionsAt, Top};
use bellwether_domain::period::Grain;
use bellwether_domain::{Instant, When};
use bellwether_kpi::catalogue::FunnelStage;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};

use super::{
    CompareArgs, Connection, ContributorsArgs, CreateArgs, DeprecateArgs, ElapsedArg, ExplainArgs, FactsArgs,
    PromoteArgs, UpdateArgs, VerifyArgs, VersionsArgs, WatchArgs, WaterfallArgs,
};

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
    Query(AskArgs),
    /// What KPIs say beside the period before, a year before or another range
    Compare(CompareArgs),
    /// Why a KPI changed between two periods, or is another one than it was given as
    Explain(ExplainArgs),
    /// How the open pipeline came from its value at the start of a period to that at its end
    Waterfall(WaterfallArgs),
    /// What KPIs say, and again whenever it changes
    Watch(WatchArgs),
    /// The records behind a value, the largest first
    Records(ContributorsArgs),
    /// The rows of a fact table, from which values are computed
    Facts(FactsArgs),
    /// Whether values that were given still follow from the records
    Verify(VerifyArgs),
    /// Make a KPI of your own, or try a definition on past data
    Create(CreateArgs),
    /// Give a KPI of your own another definition or status
    Update(UpdateArgs),
    /// Make a KPI something to steer by: owner, target, deadline and what is done about it
    Promote(PromoteArgs),
    /// Tell everybody to use a KPI no more
    Deprecate(DeprecateArgs),
    /// What a KPI of your own meant, since when, and who said so
    Versions(VersionsArgs),
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

`kpi show KPI` names the dimensions of a KPI. Besides them there are levels of the tree of teams (team.1 = the top) and
of territories that are paths (territory.1), the owner's tenure, and fields that the tenant declared (attr.NAME). The
filter team_tree=NAME takes a team and all below it.

Examples:
  bellwether kpi query win_rate --tenant acme --from 2017-01-01 --to 2018-01-01 --grain month
  bellwether kpi query bookings deals_won --tenant acme --by owner --filter region=West
  bellwether kpi query open_deals pipeline_value --tenant acme --as-of 2017-08-31 --output json
  bellwether kpi query bookings win_rate --tenant acme --by owner --top 5 --top-by bookings
  bellwether kpi query bookings --tenant acme --by team.1 --now
  bellwether kpi query win_rate --tenant acme --by owner --rank
  bellwether kpi query win_rate --tenant acme --from 2017-01-01 --to 2018-01-01 --known-at seq:4")]
pub(crate) struct AskArgs {
    /// What is asked.
    #[command(flatten)]
    pub(crate) query: QueryArgs,
    /// What only its values are given.
    #[command(flatten)]
    pub(crate) only: QueryOnly,
}

/// What the values of `kpi query` alone are given.
#[derive(Debug, Args)]
pub(crate) struct QueryOnly {
    /// Give each value a receipt, for `kpi verify`; tables do not show them
    #[arg(long)]
    pub(crate) receipts: bool,
    /// Rank the groups of each KPI and period; those that differ by no more than chance share a rank
    #[arg(long, requires = "by")]
    pub(crate) rank: bool,
}

/// A question about KPIs.
#[derive(Debug, Args)]
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
    /// In what the elapsed part of a running period is counted: what it is compared with is cut to as much
    #[arg(long, value_name = "DAYS", value_enum, default_value_t)]
    pub(crate) elapsed: ElapsedArg,
    /// Whose owner and attributes count, and which groups are told apart.
    #[command(flatten)]
    pub(crate) shape: ShapeArgs,
    /// Where the server is.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

impl QueryArgs {
    /// A question that asks nothing yet.
    pub(crate) fn of(connection: Connection) -> Self {
        Self {
            kpis: Vec::new(),
            tenant: String::new(),
            from: None,
            to: None,
            grain: None,
            by: Vec::new(),
            filter: Vec::new(),
            as_of: None,
            known_at: None,
            elapsed: ElapsedArg::default(),
            shape: ShapeArgs::default(),
            connection,
        }
    }
}

/// How an answer is grouped.
#[derive(Debug, Default, Args)]
pub(crate) struct ShapeArgs {
    /// Group by the owner, team and attributes of now (as-of), not by those at each event
    #[arg(long)]
    pub(crate) now: bool,
    /// Show only the N largest groups of the first --by; all others become one, counted anew
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) top: Option<u32>,
    /// By which KPI groups are the largest; without it the first one
    #[arg(long, value_name = "KPI", requires = "top")]
    pub(crate) top_by: Option<String>,
}

impl ShapeArgs {
    /// As of when owners and attributes count.
    pub(crate) fn dimensions_at(&self) -> DimensionsAt {
        if self.now {
            DimensionsAt::Now
        } else {
            DimensionsAt::Unspecified
        }
    }

    /// Which groups are told apart.
    pub(crate) fn top(&self) -> Option<Top> {
        let by = self.top_by.clone().unwrap_or_default();
        self.top.map(|n| Top {
            n,
            by,
            from: None,
            to: None,
        })
    }
}

fn stages() -> PossibleValuesParser {
    PossibleValuesParser::new(FunnelStage::ALL.map(FunnelStage::name))
}

pub(super) fn grains() -> impl clap::builder::TypedValueParser<Value = Grain> {
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
    fn knowledge_is_a_number_a_day_or_an_instant() {
        assert_eq!("seq:7".parse(), Ok(KnownAtArg::Seq(7)));
        assert!(matches!("2017-03-01".parse(), Ok(KnownAtArg::When(When::Day(_)))));
        assert!(matches!(
            "2017-03-01T00:00:00Z".parse(),
            Ok(KnownAtArg::When(When::At(_)))
        ));
        assert!("seq:-1".parse::<KnownAtArg>().is_err() && "yesterday".parse::<KnownAtArg>().is_err());
    }

    #[test]
    fn only_a_query_offers_receipts_and_ranks() {
        use clap::CommandFactory as _;

        let cli = crate::cli::Cli::command();
        let kpi = cli.find_subcommand("kpi").expect("kpi");
        let offers = |name: &str, flag: &str| {
            let command = kpi.find_subcommand(name).expect("a command");
            command.get_arguments().any(|one| one.get_long() == Some(flag))
        };
        for flag in ["receipts", "rank"] {
            assert!(offers("query", flag), "{flag}");
            assert!(!offers("watch", flag) && !offers("compare", flag), "{flag}");
        }
    }
}
