//! Which account stands for which: the survivor of its merges, and the topmost parent above that.

use std::sync::Arc;

use super::Dictionary;
use super::history::History;
use super::kept::Kept;
use super::people::People;
use crate::facts::Key;

/// Accounts are climbed so many steps at most.
const MAX_DEPTH: usize = 64;
/// Arrays kept ready, at most.
const MAX_ARRAYS: usize = 16;

/// An array as asked for: whether parents count, how many changes were known, how many accounts there are.
type Asked = (bool, usize, usize);

/// The parents of accounts over time.
#[derive(Debug, Default)]
pub(crate) struct Customers {
    parents: Vec<History<u32>>,
    /// The changes of accounts.
    touched: Vec<u64>,
    kept: Kept<Asked, Arc<[u32]>, MAX_ARRAYS>,
}

impl Customers {
    /// A version of an account names a parent (0 = none); `None` = a tombstone.
    pub(crate) fn add(&mut self, account: u32, key: Key, parent: Option<u32>) {
        let account = account as usize;
        if self.parents.len() <= account {
            self.parents.resize_with(account + 1, History::default);
        }
        self.parents[account].add(key, parent);
        self.touched.push(key.2);
    }

    /// The account that stands for each as known at `seq`, index = code: the one that is left of those merged, and with
    /// `parents` the topmost above it.
    pub(crate) fn fold(&self, parents: bool, seq: u64, people: &People, ids: &Dictionary) -> Arc<[u32]> {
        let touched = self.touched.partition_point(|change| *change <= seq);
        let asked = (parents, touched, ids.len());
        self.kept.get(asked, || {
            let accounts = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            (0..accounts)
                .map(|account| self.top(account, parents, seq, people, ids))
                .collect()
        })
    }

    fn top(&self, account: u32, parents: bool, seq: u64, people: &People, ids: &Dictionary) -> u32 {
        let mut path = vec![account];
        let mut here = account;
        while path.len() < MAX_DEPTH {
            let parent = || {
                let known = self.parents.get(here as usize).filter(|_| parents)?;
                known.newest(seq).copied().filter(|parent| *parent != 0)
            };
            let Some(next) = people.surviving_account(here, seq).or_else(parent) else {
                break;
            };
            if let Some(first) = path.iter().position(|seen| *seen == next) {
                // Accounts above each other in a circle are one: that of the least id.
                let circle = path[first..].iter();
                return circle.min_by_key(|one| ids.name(**one)).copied().unwrap_or(here);
            }
            path.push(next);
            here = next;
        }
        here
    }
}
