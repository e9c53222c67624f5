//! Where a reader stands in a tenant's record log.

use std::fmt;

/// A point in a tenant's log. A reader at `seq` n has seen every change up to and including n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position {
    /// The life of the log: a restore or failover starts a new one. 0 = none yet.
    pub epoch: u64,
    /// The sequence number, gapless from 1; 0 = before the first change.
    pub seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}
