//! The demo: three years of a made-up company, sent through the server's own door.
//!
//! The generator is a function of a fixed seed, the company's first day and the day it is looked at: the same three
//! give the same records. Each deal, lead and call is a whole story that is told up to that day, so that a later day
//! only adds to it. The company's first day and the last day that was sent stand in a record of the demo's own, so
//! that an older folder gets what is missing.

mod accounts;
mod activities;
mod calendar;
mod company;
mod deals;
mod dice;
mod leads;
mod money;
mod people;
mod route;
mod send;
mod world;

pub(crate) use send::load;
