//! What goes on beside the calls: fits of models on threads of their own, and the comparison of forecasts with what came.

mod fates;
mod fits;
mod operations;
mod scorer;

pub(crate) use fits::{Asked, Fits, Key, Task, Weigh};
pub(crate) use operations::{Kind, Operation, Operations, Phase, State};
pub(crate) use scorer::Scorer;
