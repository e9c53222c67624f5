//! What can be typed: commands, flags, and the help that explains them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod author;
mod compare;
mod contributors;
mod facts;
mod forecast;
mod health;
mod import;
mod kpi;
mod records;
mod scorecard;
mod target;
mod verify;
mod watch;
mod waterfall;

pub(crate) use author::{
    CadenceArg, CreateArgs, DeprecateArgs, PromoteArgs, StatusArg, TrialArgs, UpdateArgs, VersionsArgs,
};
pub(crate) use compare::{BaseArg, CompareArgs, ElapsedArg, ExplainArgs};
pub(crate) use contributors::ContributorsArgs;
pub(crate) use facts::FactsArgs;
pub(crate) use forecast::{
    AccuracyArgs, AccuracyBy, AnomaliesArgs, AttainmentArgs, BacktestPipelineArgs, EvaluateArgs,
    EvaluateScoresArgs, ForecastCommand, ForecastWaterfallArgs, KpiForecastArgs, OperationsArgs,
    OverrideCommand, OverrideDealArgs, OverrideListArgs, OverridePeriodArgs, OverrideRemoveArgs,
    PipelineForecastArgs, RetentionArgs, ScoreArgs, ScoreWhat, SignedArgs, StagesArgs, WhatIfArgs, twice,
};
pub(crate) use health::HealthArgs;
pub(crate) use import::ImportArgs;
pub(crate) use kpi::{
    AskArgs, FilterArg, KnownAtArg, KpiCommand, ListArgs, PresetsArgs, QueryArgs, ShapeArgs, ShowArgs,
    WhenArg,
};
pub(crate) use records::{
    ApplyArgs, GetRecordArgs, ListRecordsArgs, MergeRecordsArgs, RecordsCommand, SettingsArgs,
    SettingsCommand,
};
pub(crate) use scorecard::{
    ListScorecardsArgs, PeriodArg, RemoveScorecardArgs, ScorecardArgs, ScorecardsCommand, SetScorecardArgs,
};
pub(crate) use target::{
    ListTargetsArgs, SetTargetArgs, ShapeArg, ShapeName, ShowTargetArgs, TargetArgs, TargetCommand,
};
pub(crate) use verify::VerifyArgs;
pub(crate) use watch::WatchArgs;
pub(crate) use waterfall::WaterfallArgs;

const EXAMPLES: &str = "\
Examples:
  bellwether serve --data-dir ./data --demo
  bellwether scorecard --tenant demo --data-dir ./data
  bellwether import --tenant acme --mapping deploy/mappings/crm_sales_opportunities.yaml *.csv
  bellwether kpi query win_rate --tenant demo --from 2026-01-01 --to 2026-07-01 --grain month
  bellwether forecast pipeline --tenant demo --days 90

Client commands find the server by --data-dir DIR or BELLWETHER_DATA_DIR (address in DIR/endpoint, token in DIR/token),
or by --server URL --token-file FILE.

Exit codes:
  0 done   1 some rows were rejected, or a value no longer follows from the records   2 wrong usage
  3 invalid request   4 not found   5 no right to   6 unavailable";

/// Sales KPIs that can defend themselves.
///
/// Sales records go in, right KPI answers come out, with their number of items, their interval and how fresh they are.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    /// How results look.
    #[command(flatten)]
    pub(crate) look: Look,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How results look.
#[derive(Debug, Clone, Args)]
pub(crate) struct Look {
    /// The form of the results on standard output; everything else goes to standard error
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    pub(crate) output: Format,
    /// No colours; also set by a non-empty NO_COLOR
    #[arg(
        long,
        global = true,
        env = "NO_COLOR",
        hide_env = true,
        help_heading = "Output"
    )]
    // The default goes through the parser too, and `false` is a text that is not empty.
    #[arg(value_parser = not_empty, default_value = "")]
    pub(crate) no_color: bool,
}

fn not_empty(text: &str) -> Result<bool, std::convert::Infallible> {
    Ok(!text.is_empty())
}

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For eyes
    Table,
    /// For programs: exact values
    Json,
    /// For spreadsheets: exact values
    Csv,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the platform in this process
    Serve(ServeArgs),
    /// Import CSV or JSONL files
    Import(ImportArgs),
    /// KPIs: what there is, what it means, what it says
    #[command(subcommand)]
    Kpi(KpiCommand),
    /// A few KPIs at a glance: this period so far beside the one before and its targets
    Scorecard(ScorecardArgs),
    /// The scorecards that a tenant keeps
    #[command(subcommand)]
    Scorecards(ScorecardsCommand),
    /// What KPIs are to reach, and where they stand beside that
    #[command(subcommand)]
    Target(TargetCommand),
    /// What is likely to come, with intervals, and how well that is said
    #[command(subcommand)]
    Forecast(ForecastCommand),
    /// Single records as the log holds them
    #[command(subcommand)]
    Records(RecordsCommand),
    /// A tenant's settings: currency, zone, fiscal calendar, pipelines, declared fields
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Whether a server is ready for calls
    Health(HealthArgs),
    /// Completions for a shell
    #[command(
        after_help = "Example:\n  bellwether completions bash > ~/.local/share/bash-completion/completions/bellwether"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Where the server is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// The server's data folder: its address is in DIR/endpoint, its token in DIR/token
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The server's address, such as http://127.0.0.1:4711; the processes of a fleet separated by commas
    #[arg(long, value_name = "URL,...", env = "BELLWETHER_SERVER")]
    pub(crate) server: Option<String>,
    /// A file that holds the token
    #[arg(long, value_name = "FILE", env = "BELLWETHER_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust at https:// addresses instead of the public ones
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints `ready URL` on standard output once it can answer; logs go to standard error. SIGTERM and SIGINT drain it: calls
that run are finished, then it exits with 0. Without further flags the folder holds everything: remove it to start anew.

Roles can run in processes of their own, any number of each: ingestion keeps the records, in PostgreSQL where several
share them; kpi answers questions from a copy in memory, and shares answers through Redis; forecasting asks kpi and keeps
what it forecast, in PostgreSQL where several share it. All of them have the same --token-file (and tokens.yaml beside
it), and so have their clients.

Every key of the configuration can also stand in a YAML file (--config; deploy/config/embedded.yaml shows all of them)
or in the environment: BELLWETHER_NODE__LISTEN sets node.listen. Flags win over the environment, that over the file.
Passwords in URLs are best put there: BELLWETHER_DATABASE_URL, BELLWETHER_REDIS_URL. Each flag below has such a name,
but for --demo.

Examples:
  bellwether serve --data-dir ./data
  bellwether serve --data-dir ./data --listen 127.0.0.1:4711 --demo
  bellwether serve --roles ingestion --database-url postgres://me@db/sales --token-file token
  bellwether serve --roles kpi --ingestion-url http://a:80 --redis-url redis://r --token-file token
  bellwether serve --roles forecasting --kpi-url http://k:80 --data-dir ./f --token-file token")]
pub(crate) struct ServeArgs {
    /// What runs in this process: ingestion, kpi, forecasting, separated by commas [default: all of them]
    #[arg(long, value_name = "ROLES")]
    pub(crate) roles: Option<String>,
    /// The folder of everything: databases, checkpoints, address, token; made when it is not there. With --token-file
    /// it may be left out by processes that keep nothing on disk: kpi, and ingestion with --database-url
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The PostgreSQL database of ingestion and forecasting instead of files in the folder; kpi has no use for one
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Where kpi finds ingestion that is not in this process; several replicas separated by commas
    #[arg(long, value_name = "URL,...")]
    pub(crate) ingestion_url: Option<String>,
    /// Where forecasting finds kpi that is not in this process; several replicas separated by commas
    #[arg(long, value_name = "URL,...")]
    pub(crate) kpi_url: Option<String>,
    /// The Redis through which kpi processes share answers: redis://, rediss://, redis+sentinel://, redis+cluster://
    #[arg(long, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
    /// A file with the token that all processes share, instead of one of the folder's own
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:0]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
    /// Fill tenant `demo` with three years of a made-up company up to today, or add what is missing since
    #[arg(long)]
    pub(crate) demo: bool,
    /// A configuration file (YAML)
    #[arg(long, value_name = "FILE", env = "BELLWETHER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn wrong_usage_exits_with_2() {
        let cases: [&[&str]; 9] = [
            &[],
            &["kpi", "query"],
            &["kpi", "query", "win_rate"],
            &[
                "kpi",
                "query",
                "win_rate",
                "--tenant",
                "t",
                "--from",
                "2017-02-30",
            ],
            &[
                "kpi",
                "query",
                "win_rate",
                "--tenant",
                "t",
                "--grain",
                "fortnight",
            ],
            &["kpi", "query", "win_rate", "--tenant", "t", "--filter", "owner"],
            &["kpi", "query", "win_rate", "--tenant", "t", "--known-at", "seq:x"],
            &["import", "--tenant", "t"],
            &["records", "get", "deal", "1", "--tenant", "t"],
        ];
        for args in cases {
            let error = Cli::try_parse_from([&["bellwether"], args].concat()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{args:?}");
        }
    }

    #[test]
    fn an_empty_no_color_means_nothing() {
        assert_eq!((not_empty(""), not_empty("0")), (Ok(false), Ok(true)));
        let asked = |args: &[&str]| Cli::try_parse_from(args).map(|cli| cli.look.no_color).ok();
        assert_eq!(asked(&["bellwether", "kpi", "list", "--no-color"]), Some(true));
        let command = Cli::command();
        let flag = command.get_arguments().find(|arg| arg.get_id() == "no_color");
        let default = flag.and_then(|flag| flag.get_default_values().first());
        assert!(default.is_some_and(|text| not_empty(&text.to_string_lossy()) == Ok(false)));
    }

    /// Every example in the help is a command line that parses.
    #[test]
    fn examples_in_the_help_are_true() {
        fn examples(command: &mut clap::Command, found: &mut Vec<String>) {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            // A line that ends in a backslash goes on in the next.
            let help = help.replace("\\\n", " ");
            let lines = help
                .lines()
                .map(str::trim)
                .filter(|line| line.starts_with("bellwether "));
            found.extend(lines.map(|line| line.split(" > ").next().unwrap_or(line).to_owned()));
            for sub in command.get_subcommands_mut() {
                examples(sub, found);
            }
        }
        let mut found = Vec::new();
        examples(&mut Cli::command(), &mut found);
        assert!(found.len() >= 15, "{found:#?}");
        for line in found {
            // What stands between double quotes is one word.
            let parts = line.split('"').enumerate();
            let words = parts.flat_map(|(place, part)| match place % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            });
            let parsed = Cli::try_parse_from(words.map(|word| word.trim_matches('\'')));
            assert!(parsed.is_ok(), "{line}: {parsed:?}");
        }
    }
}
