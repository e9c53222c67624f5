//! What every fault test shares: a load that keeps a ledger, the verdict over that ledger, and the row it reports.
//!
//! The rule (see `ledger`): a client writes each record's id and the server's answer to its own file before it goes
//! on. In the end everything acknowledged is stored, stored once, and every number ever read equals a recomputation
//! from the log. Counts are small in `make test` and full in `make faults`.

pub mod ledger;
pub mod load;
pub mod outcome;
pub mod report;
pub mod seen;
pub mod verdict;
pub mod wire;

pub use ledger::Ledger;
pub use load::{Load, LoadOptions};
pub use outcome::Outcome;
pub use report::{Report, full};
pub use verdict::{Verdict, verify};
pub use wire::Place;
