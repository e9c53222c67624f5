//! What goes on beside the calls: fits of models on threads of their own, and the comparison of forecasts with what came.

mod fits;
mod scorer;

pub(crate) use fits::{Fits, Key, Weigh};
pub(crate) use scorer::Scorer;
