//! Groups: the names of a dimension in order, and how a scan finds them.

mod fields;
mod lookups;
mod names;
mod tree;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::when::Moment;
use crate::scan::FactSource;
use crate::table::{Dict, Table};

pub(super) use fields::{declared_for, holder, is_field_of};
pub(super) use names::{Names, first_parts};
pub(super) use tree::{is_wanted, shown_teams};

/// From what groups and filters are told.
pub(super) struct Telling<'a> {
    pub(super) source: &'a dyn FactSource,
    pub(super) moment: &'a Moment,
    /// The instant as of which owners and attributes count; `None` = at each event.
    now: Option<i64>,
    /// Who owns what then.
    owners: RefCell<HashMap<Dict, Rc<Vec<u32>>>>,
}

impl<'a> Telling<'a> {
    /// As owners and attributes are at each event, or `now`: just before as-of.
    pub(super) fn new(source: &'a dyn FactSource, moment: &'a Moment, now: bool) -> Self {
        Self {
            source,
            moment,
            now: now.then(|| moment.as_of.as_micros().saturating_sub(1)),
            owners: RefCell::default(),
        }
    }

    /// The instant as of which owners and attributes count; `None` = at each event.
    pub(super) fn now(&self) -> Option<i64> {
        self.now
    }

    /// The owners of the records that a table's rows come from as of the question's instant, index = code of its subject;
    /// `None` = those in the rows count.
    fn owners(&self, table: Table) -> Option<Rc<Vec<u32>>> {
        let at = self.now?;
        let of = table.subject();
        if !has_owners(table) {
            return None;
        }
        let mut known = self.owners.borrow_mut();
        let found = known
            .entry(of)
            .or_insert_with(|| Rc::new(self.source.owners(of, at, self.moment.seq)));
        Some(Rc::clone(found))
    }
}

/// Whether the records that a table's rows come from change owners without their rows telling.
pub(super) fn has_owners(table: Table) -> bool {
    matches!(table.subject(), Dict::Deal | Dict::Lead)
}
