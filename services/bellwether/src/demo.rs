//! The demo: three years of a made-up company, sent through the server's own door.
//!
//! The generator is a function of a fixed seed, the company's first day and the day it is looked at: the same three
//! give the same records. Each deal, lead and call is a whole story that is told up to that day, so that a later day
//! only adds to it. The company's first day and the last day that was sent stand in a record of the demo's own, so
//! that an older folder gets what is missing.

mod accounts;
mod activities;
#[cfg(test)]
mod answers;
mod calendar;
mod company;
mod contracts;
mod deals;
mod dice;
mod figures;
mod leads;
mod money;
mod orders;
mod people;
mod plan;
mod route;
mod send;
mod spend;
mod subscriptions;
mod turn;
mod twins;
mod voices;
mod world;

pub(crate) use send::load;
