//! From the versions of a record to its fact rows: pure code, the same for a replay and for the live feed.
//!
//! Versions are keyed `(effective_at, source_version)`; of equal keys the later change counts. A record lives unless its
//! greatest version is a tombstone, and only versions after its last tombstone tell of it. Days count from their first
//! instant in the tenant's zone. The rules in detail:
//!
//! - The first living version holds from the record's creation, later ones from their `effective_at`. Creation is what
//!   the newest version says, else the recorded instant of the record's first change.
//! - A history (stage, amount, owner) of the newest version that has one supplies the field's past; versions after it
//!   add a point where they differ. Its first entry holds from creation too, unless it is a closed stage.
//! - A deal closes at `closed_at` as stated with its closed stage, else when it entered that stage, and never before it
//!   was created or reopened. A later entry into an open stage reopens it. Moving between stages of one outcome is no
//!   new closing; won, then lost (without a reopening) ends the first closing when the second begins.
//! - Owner and amount of a closing are those at the close; what is stated for the same day counts, and so does what the
//!   version said that first told of the closing. What describes a closing (account, products, source, reason) is as
//!   the newest version says while it stays closed.
//! - A deal is created once: at its qualification, and as of any instant before that at its creation. A deal that was
//!   qualified at or before its creation has the one row at creation. `created` says what became of it.
//! - While a deal has credits, its owner is the rep of the largest share. Those of a closing are the credits at the close;
//!   those that a version states which took effect no later than the one that first told of the closing count too.
//! - Money of a won deal is split in `lines` and in `credits`, by largest remainder.
//!
//! The other kinds of records say their rules in the rooms of their names.

mod activity;
mod contract;
mod created;
mod credits;
mod employment;
mod lead;
mod life;
mod lines;
mod order;
mod owner;
mod quota;
mod row;
mod sample;
mod spells;
mod spend;
mod stages;
mod subscription;
#[cfg(test)]
mod tests;
mod timeline;
mod version;

use std::collections::HashMap;

use bellwether_domain::settings::StageClass;
use bellwether_domain::{BusinessClock, Instant, Zone};

use crate::table::{Column, NULL, Table};

pub use activity::{Activity, OUTBOUND, derive as derive_activity};
pub use contract::{Check, Contract, derive as derive_contract};
pub use employment::{Employment, derive as derive_employment};
pub use lead::{Lead, STEPS, derive as derive_lead};
pub use order::{CREDIT_NOTE, Order, derive as derive_order};
pub use owner::{deal_owner, lead_owner};
pub use quota::{Quota, derive as derive_quota};
pub use row::Row;
pub use sample::{Sample, derive as derive_sample};
pub use spend::{Spend, derive as derive_spend};
pub use subscription::{Subscription, derive as derive_subscription};
pub use version::{Amount, Deal, Key, Line, Version};

/// What a stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// Open, or which outcome.
    pub class: StageClass,
    /// Whether entering it qualifies the deal.
    pub qualifies: bool,
    /// Its place in its pipeline, the first = 1; [`NULL`] for one that the settings do not name.
    pub index: i64,
    /// The chance to win from it in millionths; [`NULL`] = the settings tell none.
    pub probability: i64,
}

/// What the tenant's settings say about facts.
#[derive(Debug)]
pub struct Rules<'a> {
    /// The reporting zone.
    pub zone: &'a Zone,
    /// Working time.
    pub clock: &'a BusinessClock,
    /// The code of the pipeline of deals that name none; 0 = there is none.
    pub default_pipeline: u32,
    /// What stages mean, by the codes of pipeline (as the deal names it) and stage; others are open.
    pub meanings: &'a HashMap<(u32, u32), Meaning>,
}

impl Rules<'_> {
    fn meaning(&self, pipeline: u32, stage: u32) -> Meaning {
        let open = Meaning {
            class: StageClass::Open,
            qualifies: false,
            index: NULL,
            probability: NULL,
        };
        self.meanings.get(&(pipeline, stage)).copied().unwrap_or(open)
    }

    /// A row that holds from one instant to another.
    fn row(&self, table: Table, from: i64, to: i64) -> Row {
        let mut row = Row::new(table);
        row.set(Column::ValidFrom, from);
        row.set(Column::ValidTo, to);
        row.set(Column::Day, self.zone.date_of(Instant::from_micros(from)).days());
        row
    }
}

/// The code of an outcome in [`crate::table::Dict::Outcome`]; 0 for an open stage.
#[must_use]
pub fn outcome_code(class: StageClass) -> u32 {
    match class {
        StageClass::Open => 0,
        StageClass::Won => 1,
        StageClass::Lost => 2,
        StageClass::NoDecision => 3,
    }
}

/// Adds the fact rows of a deal to `rows`, in the order of their content.
///
/// `versions` are all of its versions in any order (put in order and thinned out here), `first_recorded` is the recorded
/// instant of its first change in microseconds, and `deal` its code. The same holds for the other kinds of records.
pub fn derive_deal(
    versions: &mut Vec<Version<Deal>>,
    deal: u32,
    first_recorded: i64,
    rules: &Rules<'_>,
    rows: &mut Vec<Row>,
) {
    let start = rows.len();
    let living = version::living(versions);
    if living.is_empty() {
        return;
    }
    let life = life::Life::new(living, deal, first_recorded, rules);
    let spells = spells::Spells::new(&life);
    life.closings(&spells, rows);
    life.open_deals(&spells, rows);
    life.created(&spells, rows);
    life.stage_spells(&spells, rows);
    rows[start..].sort_unstable();
}
