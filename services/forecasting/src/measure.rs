//! How good forecasts and scores are.

pub mod scores;
pub mod series;
