//! What of the open pipeline will be won, when, and how sure that is.
//!
//! A [`Book`] holds the deals of a company. At any day, [`Hazards`] learn from what was known then how likely an open
//! deal is won, lost or given up on each coming day; [`Rehearsal`] does the same at earlier month starts, compares
//! with what came, and so tells how far the sum of many deals strays together. [`forecast()`] puts both into a
//! distribution of count and value, for all deals and for groups of them, and [`backtest()`] says how good that was.
//!
//! Nothing here looks ahead: what is computed for a day depends on what was known before that day, and later rows
//! change no digit of it.

mod arrivals;
mod attainment;
mod attention;
mod backtest;
mod book;
mod calendar;
mod categories;
mod deal;
mod effects;
mod encode;
mod forecast;
mod hazard;
mod lines;
mod need;
mod newcomers;
mod rehearsal;
mod segments;
mod spread;
mod stage_weighted;
mod training;
mod value;
mod waterfall;
mod what_if;

pub use arrivals::arrivals;
pub use attainment::{Attainment, Coverage, WonSoFar, attainment, coverage_required, won_so_far};
pub use attention::{Attention, Concern, attention};
pub use backtest::{Backtest, BacktestAsk, Method, Scores, Snapshot, backtest};
pub use book::Book;
pub use calendar::{day_number, month_start, month_starts, quarter_of};
pub use categories::{CategoryScore, CategoryTotal, Override, roll_up, score_calls, with_overrides};
pub use deal::{Closing, Deal, Outcome, Refusal, Spell, Undone};
pub use forecast::{Ask, Forecast, Group, Part, forecast, sum_up, sum_up_all};
pub use hazard::Hazards;
pub use lines::Line;
pub use need::{Need, need};
pub use newcomers::Newcomers;
pub use rehearsal::{Adjust, Correction, Rehearsal};
pub use spread::{Band, LEVELS, Spread};
pub use stage_weighted::{StageRate, StageValues, StageWeighted, stage_weighted};
pub use waterfall::{Step, StepKind, Waterfall, hindsight, waterfall};
pub use what_if::{Change, Difference, what_if};
