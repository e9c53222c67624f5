//! From what rows say to a record, and back from a fault of the record to the row and column that caused it.

use std::sync::Arc;

use bellwether_contracts::sales;
use bellwether_domain::settings::Settings;
use bellwether_domain::{RecordKind, Violation};

use crate::log::read_and_check;
use prost::Message;

use super::row::{Entry, Filled, Place, Said, Slot, Wrong};
use super::target::Target;
use super::wire;

/// A record, and the rows that it was made from.
#[derive(Debug, Clone)]
pub struct MappedRecord {
    /// What kind of record it is.
    pub kind: RecordKind,
    /// The record as the log takes it.
    pub record: sales::Record,
    /// The rows: number of the file, line.
    pub(super) places: Vec<Place>,
    origins: Vec<Origin>,
}

/// A row that is refused: one thing wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reject {
    /// The number of the file.
    pub file: u32,
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column, or the path in the record where no column is at fault.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// Where a value of a record came from.
#[derive(Debug, Clone)]
struct Origin {
    path: Arc<str>,
    /// In a list: the entry's number and the field's name in it.
    entry: Option<(usize, Arc<str>)>,
    column: Arc<str>,
    place: Place,
}

impl MappedRecord {
    /// A record that came as one, from a place.
    pub(super) fn plain(kind: RecordKind, record: sales::Record, place: Place) -> Self {
        Self {
            kind,
            record,
            places: vec![place],
            origins: Vec::new(),
        }
    }

    /// The rows that the record was made from: number of the file, line.
    pub fn rows(&self) -> impl Iterator<Item = (u32, u64)> {
        self.places.iter().copied()
    }

    /// What is wrong with the record, told by row and column.
    #[must_use]
    pub fn rejects(&self, violations: &[Violation]) -> Vec<Reject> {
        let mut wrong = Vec::new();
        for violation in violations {
            locate(
                violation,
                &self.origins,
                self.places.first().copied().unwrap_or_default(),
            )
            .add_to(&mut wrong);
        }
        wrong.into_iter().map(Wrong::into_reject).collect()
    }
}

impl Wrong {
    pub(super) fn into_reject(self) -> Reject {
        let (file, line) = self.place;
        Reject {
            file,
            line,
            field: self.field.to_string(),
            reason: self.reason,
        }
    }
}

/// Everything that rows say of one record.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) filled: Vec<Filled>,
    pub(super) entries: Vec<Entry>,
    pub(super) broken_lists: Vec<u32>,
    pub(super) wrong: Vec<Wrong>,
    pub(super) places: Vec<Place>,
}

impl Parts {
    /// What one row says by itself.
    pub(super) fn of(said: Said, place: Place) -> Self {
        Self {
            filled: said.filled,
            entries: said.entries,
            broken_lists: said.broken_lists,
            wrong: said.wrong,
            places: vec![place],
        }
    }

    /// The record.
    ///
    /// # Errors
    /// Everything that is wrong, those things too that only show in the record as a whole.
    pub(super) fn build(
        mut self,
        kind: RecordKind,
        target: &Target,
        settings: &Settings,
    ) -> Result<MappedRecord, Vec<Wrong>> {
        self.exclude();
        // A list with an unreadable entry is left out, so that the rest of the record can still be checked.
        let broken = std::mem::take(&mut self.broken_lists);
        self.entries.retain(|entry| !broken.contains(&entry.tag));
        let mut record = self.message(target);
        let origins = self.origins();
        let place = self.places.first().copied().unwrap_or_default();
        let violations = match read_and_check(&record, settings) {
            Ok(read) => {
                // An exchange rate that came without an id names itself.
                record.id.clone_from(&read.id);
                Vec::new()
            }
            Err(violations) => violations,
        };
        let mut wrong = self.wrong;
        for violation in &violations {
            locate(violation, &origins, place).add_to(&mut wrong);
        }
        if wrong.is_empty() {
            return Ok(MappedRecord {
                kind,
                record,
                places: self.places,
                origins,
            });
        }
        Err(wrong)
    }

    /// Fields that exclude each other and are both given.
    fn exclude(&mut self) {
        let given: Vec<&Filled> = self
            .filled
            .iter()
            .filter(|one| one.group.is_some() && one.bytes.is_some())
            .collect();
        let mut wrong = Vec::new();
        for (index, one) in given.iter().enumerate() {
            let other = given[..index]
                .iter()
                .find(|other| other.group == one.group && other.slot != one.slot);
            if let Some(other) = other {
                let field = Arc::clone(one.column.as_ref().unwrap_or(&one.path));
                let reason = format!("excludes {}, which is given too", other.path);
                wrong.push(Wrong {
                    place: one.place,
                    field,
                    reason,
                });
            }
        }
        self.wrong.extend(wrong);
    }

    fn message(&self, target: &Target) -> sales::Record {
        let (mut head, mut body) = (Vec::new(), Vec::new());
        for filled in &self.filled {
            let out = if matches!(filled.slot, Slot::Body(_)) {
                &mut body
            } else {
                &mut head
            };
            out.extend_from_slice(filled.bytes.as_deref().unwrap_or_default());
        }
        for entry in &self.entries {
            wire::bytes(entry.tag, &entry.bytes, &mut body);
        }
        wire::bytes(target.tag, &body, &mut head);
        // What is encoded by the contract's own numbers can be decoded; an empty record is refused like any other.
        sales::Record::decode(head.as_slice()).unwrap_or_default()
    }

    fn origins(&self) -> Vec<Origin> {
        let mut origins: Vec<Origin> = self
            .filled
            .iter()
            .filter_map(|filled| {
                let column = Arc::clone(filled.column.as_ref()?);
                Some(Origin {
                    path: Arc::clone(&filled.path),
                    entry: None,
                    column,
                    place: filled.place,
                })
            })
            .collect();
        for (position, entry) in self.entries.iter().enumerate() {
            let index = self.entries[..position]
                .iter()
                .filter(|before| before.tag == entry.tag)
                .count();
            origins.extend(entry.columns.iter().map(|(name, column)| Origin {
                path: Arc::clone(&entry.path),
                entry: Some((index, Arc::clone(name))),
                column: Arc::clone(column),
                place: entry.place,
            }));
        }
        origins
    }
}

/// The row and column behind a fault; the path in the record where there is no column.
fn locate(violation: &Violation, origins: &[Origin], place: Place) -> Wrong {
    let path = violation.field.trim_end_matches(".currency_code");
    match origins.iter().rfind(|origin| origin.names(path)) {
        Some(origin) => Wrong {
            place: origin.place,
            field: Arc::clone(&origin.column),
            reason: violation.message.clone(),
        },
        None => Wrong {
            place,
            field: Arc::from(violation.field.as_str()),
            reason: violation.message.clone(),
        },
    }
}

impl Origin {
    /// Whether `path` means this value: `opportunity.stage_history[1].at`, the list's name for its last instant, and a
    /// field's name without a number for the last entry's.
    fn names(&self, path: &str) -> bool {
        let Some((index, name)) = &self.entry else {
            return *self.path == *path;
        };
        let Some(rest) = path.strip_prefix(&*self.path) else {
            return false;
        };
        match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((number, rest)) => {
                number.parse() == Ok(*index) && rest.strip_prefix('.').is_none_or(|rest| rest == &**name)
            }
            None if rest.is_empty() => &**name == "at",
            None => rest.strip_prefix('.').is_some_and(|rest| rest == &**name),
        }
    }
}
