//! How well forecasts and scores do on data they have not seen.

pub mod scores;
pub mod series;
