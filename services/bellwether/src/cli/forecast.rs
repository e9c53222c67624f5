//! Arguments of `forecast`: what is likely to come, and how well that is said.

use clap::Subcommand;

mod evaluate;
mod levels;
mod operations;
mod pipeline;
mod planned;
mod scored;
mod scores;
mod served;

pub(crate) use evaluate::EvaluateArgs;
pub(crate) use levels::twice;
pub(crate) use operations::OperationsArgs;
pub(crate) use pipeline::BacktestPipelineArgs;
pub(crate) use planned::{
    AttainmentArgs, ForecastWaterfallArgs, OverrideCommand, OverrideDealArgs, OverrideListArgs,
    OverridePeriodArgs, OverrideRemoveArgs, SignedArgs, WhatIfArgs,
};
pub(crate) use scored::{AnomaliesArgs, RetentionArgs, ScoreArgs, ScoreWhat};
pub(crate) use scores::EvaluateScoresArgs;
pub(crate) use served::{AccuracyArgs, AccuracyBy, KpiForecastArgs, PipelineForecastArgs, StagesArgs};

/// The commands on forecasts.
#[derive(Debug, Subcommand)]
pub(crate) enum ForecastCommand {
    /// What a KPI will be, with intervals
    Kpi(KpiForecastArgs),
    /// How many deals will be won and for how much, with intervals
    Pipeline(PipelineForecastArgs),
    /// Whether quotas will be reached, and how much pipeline it takes
    Attainment(AttainmentArgs),
    /// What would change if deals were not there or closed later, were won faster, or one more sold
    WhatIf(WhatIfArgs),
    /// What moved the forecast of the pipeline since an earlier one
    Waterfall(ForecastWaterfallArgs),
    /// What people say in place of the model, kept and scored beside it
    #[command(subcommand)]
    Override(OverrideCommand),
    /// What the stages of the pipeline are worth: the chances given for them, and those that closed deals show
    Stages(StagesArgs),
    /// How likely deals, leads and customers are to end so, and why
    Score(ScoreArgs),
    /// Where a KPI left what was to be expected of it
    Anomalies(AnomaliesArgs),
    /// How many customers, and how much of what they pay, will stay; how long customers stayed
    Retention(RetentionArgs),
    /// How good the forecasts were that were served: errors, bias, and how often intervals held
    Accuracy(AccuracyArgs),
    /// Models that are being fitted, and those that were last
    Operations(OperationsArgs),
    /// How good forecasts of series are: the end of each series in a file is held out and compared
    Evaluate(EvaluateArgs),
    /// How good scores are: a part of the rows of a file is held out and compared with how they ended
    EvaluateScores(EvaluateScoresArgs),
    /// How good forecasts of the pipeline were at month starts of the past, from what was known then
    BacktestPipeline(BacktestPipelineArgs),
}
