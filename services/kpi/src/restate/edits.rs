//! Which changes of the log moved a record, and what sort of changes they were.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bellwether_domain::Instant;

use crate::catalogue::Entity;
use crate::facts::Row;
use crate::table::{Dict, Storage, Table};
use crate::tenant::{RowEdit, Subject, TenantFacts, reopens};

/// A change of the log that moved a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// What sort of change it is.
    pub kind: EditKind,
    /// Its sequence number.
    pub seq: u64,
    /// When it was recorded.
    pub recorded_at: Option<Instant>,
    /// The record that was changed: the dictionary of its id, and its id; `None` = it is not known, or is none.
    pub record: Option<(Dict, Arc<str>)>,
}

/// What sort of change moved a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditKind {
    /// It was written for the first time.
    New,
    /// It says something else.
    Corrected,
    /// It was deleted.
    Deleted,
    /// It was merged into another, or another into it.
    Merged,
    /// It was closed, and opened again.
    Reopened,
    /// The settings that say what it means were changed.
    Settings,
    /// Another record that tells of it was changed.
    Related,
}

/// The rows that came and went between two changes.
pub(super) struct Edits {
    rows: Vec<RowEdit>,
    /// The places of the rows that belong to a record, or that name what is told apart by them.
    of: HashMap<Subject, Vec<usize>>,
    settings: BTreeSet<u64>,
    /// Whose rows each change touched.
    touched: BTreeMap<u64, BTreeSet<Subject>>,
    after: u64,
    to: u64,
}

impl Edits {
    /// Those after a change and up to another; `entities` are told apart by columns of the rows.
    pub(super) fn new(facts: &TenantFacts, (after, to): (u64, u64), entities: &[Entity]) -> Self {
        let rows: Vec<RowEdit> = Table::ALL
            .into_iter()
            .flat_map(|table| facts.row_edits(table, after, to))
            .collect();
        let folded = entities.iter().map(|entity| match entity {
            Entity::Column(_) => None,
            Entity::Account => Some(facts.customers(false, to)),
            Entity::Customer => Some(facts.customers(true, to)),
        });
        let folded: Vec<_> = entities.iter().zip(folded).collect();
        let mut touched: BTreeMap<u64, BTreeSet<Subject>> = BTreeMap::new();
        let mut of: HashMap<Subject, Vec<usize>> = HashMap::new();
        for (place, edit) in rows.iter().enumerate() {
            let subject = TenantFacts::subject_of(&edit.row);
            touched.entry(edit.seq).or_default().insert(subject);
            of.entry(subject).or_default().push(place);
            for (entity, customers) in &folded {
                let named = named(&edit.row, **entity, customers.as_deref());
                if let Some(named) = named.filter(|named| *named != subject) {
                    of.entry(named).or_default().push(place);
                }
            }
        }
        Self {
            rows,
            of,
            settings: facts.settings_changes(after, to).into_iter().collect(),
            touched,
            after,
            to,
        }
    }

    /// The changes that moved something that is counted, the newest first: those of its own rows, or, of what is told
    /// apart by a column of the rows, of the rows that name it there.
    pub(super) fn of(&self, facts: &TenantFacts, (kind, id): (Dict, &str)) -> Vec<Edit> {
        let Some(code) = facts.dictionary(kind).code(id) else {
            return Vec::new();
        };
        let mut found: BTreeMap<(u64, Subject), Vec<&RowEdit>> = BTreeMap::new();
        for place in self.of.get(&(kind, code)).into_iter().flatten() {
            let row = &self.rows[*place];
            let key = (row.seq, TenantFacts::subject_of(&row.row));
            found.entry(key).or_default().push(row);
        }
        let mut edits: Vec<Edit> = found
            .into_iter()
            .map(|((seq, subject), rows)| self.edit(facts, seq, subject, &rows))
            .collect();
        // Its end leaves no row where it had none between the two changes.
        let own = facts.versions_of((kind, code)).into_iter();
        let ends =
            own.filter(|version| !version.living && self.after < version.seq && version.seq <= self.to);
        for end in ends {
            if edits.iter().all(|edit| edit.seq != end.seq) {
                edits.push(self.edit(facts, end.seq, (kind, code), &[]));
            }
        }
        edits.sort_by_key(|edit| Reverse(edit.seq));
        edits.dedup_by(|one, other| one.seq == other.seq && one.record == other.record);
        edits
    }

    fn edit(&self, facts: &TenantFacts, seq: u64, subject: Subject, rows: &[&RowEdit]) -> Edit {
        let (kind, record) = self.sort(facts, seq, subject, rows);
        let named = |(dict, code): Subject| (dict, facts.dictionary(dict).name(code).into());
        Edit {
            kind,
            seq,
            recorded_at: facts.recorded_at(seq),
            record: record.map(named),
        }
    }

    /// What sort of change it is, and which record was changed.
    fn sort(
        &self,
        facts: &TenantFacts,
        seq: u64,
        subject: Subject,
        rows: &[&RowEdit],
    ) -> (EditKind, Option<Subject>) {
        if self.settings.contains(&seq) {
            return (EditKind::Settings, None);
        }
        let versions = facts.versions_of(subject);
        if let Some(own) = versions.iter().find(|version| version.seq == seq) {
            let kind = match own.living {
                false if facts.is_merge(subject, seq) => EditKind::Merged,
                false => EditKind::Deleted,
                true if versions.iter().all(|version| version.seq >= seq) => EditKind::New,
                true if reopened(rows) => EditKind::Reopened,
                true => EditKind::Corrected,
            };
            return (kind, Some(subject));
        }
        if let Some(loser) = facts.merged_by(subject, seq) {
            return (EditKind::Merged, Some((subject.0, loser)));
        }
        let touched = self.touched.get(&seq).into_iter().flatten();
        let mut authors = touched.filter(|other| {
            let versions = facts.versions_of(**other);
            versions.iter().any(|version| version.seq == seq)
        });
        (EditKind::Related, authors.next().copied())
    }
}

/// What an entity of a row is; `customers` are what accounts count as.
fn named(row: &Row, entity: Entity, customers: Option<&[u32]>) -> Option<Subject> {
    let column = entity.column();
    row.table().place(column)?;
    let Storage::Code(dict) = column.storage() else {
        return None;
    };
    let code = u32::try_from(row.get(column)).ok()?;
    let folded = customers.and_then(|customers| customers.get(code as usize).copied());
    Some((dict, folded.unwrap_or(code)))
}

fn reopened(rows: &[&RowEdit]) -> bool {
    let came = |gone: &RowEdit| {
        let mut come = rows.iter().filter(|row| row.added);
        come.any(|come| reopens(&gone.row, &come.row))
    };
    rows.iter().any(|row| !row.added && came(row))
}
