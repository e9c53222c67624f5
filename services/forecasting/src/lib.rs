//! The forecasting service: what is likely to come, how sure that is, and how well it was said before.
//!
//! The pure rooms compute from plain values: [`series`] and [`trend`] forecast what is counted by period, [`frame`] and
//! [`score`] tell how likely single records are to end well, [`pipeline`] sums open deals up to what will be won,
//! [`anomaly`] and [`retention`] look at what was; [`measure`] says how good any of it is, and [`evaluate`] runs it
//! against data that it has not seen. [`source`] asks kpi for the facts that all of it stands on, [`facts`] makes plain
//! values of them, [`course`] says what a KPI adds to a bare series, and [`cases`]
//! makes rows of records that scores are learned from. `rpc` is the door, `store` keeps what was served,
//! and `worker` fits models and compares forecasts with what came.

pub mod accuracy;
pub mod anomaly;
pub mod cases;
mod config;
pub mod course;
pub mod evaluate;
pub mod facts;
pub mod frame;
pub mod measure;
pub mod pipeline;
pub mod retention;
mod rpc;
pub mod score;
pub mod series;
mod service;
pub mod source;
mod store;
pub mod trend;
mod worker;

pub use config::Config;
pub use service::Forecasting;
