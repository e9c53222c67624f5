//! A mapping, read and resolved: sources by number, columns by their place among those that a source's rows keep.

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::settings::AttributeType;
use bellwether_domain::{RecordKind, Zone};

use super::settings::DeclaredSettings;
use super::target::{Shape, Target};

/// What the files of an import mean.
#[derive(Debug)]
pub struct Mapping {
    pub(super) sources: Vec<Source>,
    pub(super) settings: DeclaredSettings,
    pub(super) records: Vec<RecordSpec>,
}

/// Files of one kind.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    /// The line of the mapping.
    pub(super) line: u64,
    /// Patterns of base names.
    pub(super) files: Vec<String>,
    pub(super) format: Option<Format>,
    pub(super) delimiter: u8,
    pub(super) trim: bool,
    /// Cells that mean "nothing".
    pub(super) nulls: Vec<String>,
    /// Columns that are known and not wanted.
    pub(super) ignore: Vec<String>,
    /// The columns that rows keep.
    pub(super) columns: Vec<Column>,
    pub(super) writing: Writing,
}

/// How the rows of a file stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Jsonl,
}

/// A column that a mapping names.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    /// Where the mapping names it first.
    pub(super) path: String,
    pub(super) line: u64,
    pub(super) rename: HashMap<String, String>,
    pub(super) nulls: Vec<String>,
}

/// How dates and numbers are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Writing {
    /// strftime formats, tried in order; none = ISO 8601.
    pub(super) formats: Vec<String>,
    /// The zone of instants without an offset; `None` = the tenant's.
    pub(super) zone: Option<Zone>,
    pub(super) decimal: Option<char>,
    pub(super) thousands: Option<char>,
}

/// Records of a kind, made from rows.
#[derive(Debug)]
pub(super) struct RecordSpec {
    pub(super) kind: RecordKind,
    pub(super) target: &'static Target,
    /// Whether rows of the same id make one record together.
    pub(super) merged: bool,
    pub(super) parts: Vec<Part>,
}

/// What the rows of one source say of a record.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) source: usize,
    pub(super) when: Vec<Condition>,
    pub(super) joins: Vec<Join>,
    /// `None`: the record names itself (exchange rates).
    pub(super) id: Option<FieldSpec>,
    pub(super) effective_at: Option<FieldSpec>,
    pub(super) source_version: Option<FieldSpec>,
    pub(super) attributes: Vec<(Arc<str>, AttributeShape, FieldSpec)>,
    pub(super) fields: Vec<FieldSpec>,
}

/// What a declared field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeShape {
    Text,
    Number,
    Date,
}

impl AttributeShape {
    /// What the tenant's settings call it.
    pub(super) fn declared(self) -> AttributeType {
        match self {
            Self::Text => AttributeType::Text,
            Self::Number => AttributeType::Number,
            Self::Date => AttributeType::Day,
        }
    }
}

/// A source used as a table to look up rows by key.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) name: String,
    pub(super) source: usize,
    /// The column of the row that holds the key.
    pub(super) on: usize,
    /// The column of the looked-up source.
    pub(super) key: usize,
    /// Whether a row whose key has no partner is refused; else its cells are nothing.
    pub(super) refuses: bool,
}

/// How one field is filled.
#[derive(Debug)]
pub(super) struct FieldSpec {
    /// The path in the record, such as `opportunity.amount`; within a list, the name in the entry.
    pub(super) path: Arc<str>,
    pub(super) tag: u32,
    pub(super) shape: Shape,
    pub(super) group: Option<i32>,
    pub(super) value: FieldValue,
}

/// Where a field's value comes from.
#[derive(Debug)]
pub(super) enum FieldValue {
    /// The first whose condition holds.
    One(Vec<ValueSpec>),
    /// Every entry whose condition holds.
    Entries(Vec<EntrySpec>),
}

/// An entry of a list.
#[derive(Debug)]
pub(super) struct EntrySpec {
    pub(super) when: Vec<Condition>,
    pub(super) fields: Vec<FieldSpec>,
}

/// A value.
#[derive(Debug, Default)]
pub(super) struct ValueSpec {
    pub(super) from: From,
    pub(super) when: Vec<Condition>,
    pub(super) rename: HashMap<String, String>,
    pub(super) nulls: Vec<String>,
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) writing: Writing,
    /// The currency of money; `None` = the tenant's.
    pub(super) currency: Option<Box<ValueSpec>>,
}

/// Where the text of a value comes from.
#[derive(Debug)]
pub(super) enum From {
    Cell(Cell),
    Constant(String),
    /// Pieces put together; nothing when one of the cells is.
    Template(Vec<Piece>),
}

impl Default for From {
    fn default() -> Self {
        Self::Constant(String::new())
    }
}

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Cell(Cell),
}

/// A cell of the row, or of the row that a join finds for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) join: Option<usize>,
    pub(super) column: usize,
}

/// What must hold of a row.
#[derive(Debug)]
pub(super) enum Condition {
    In(Cell, Vec<String>),
    NotIn(Cell, Vec<String>),
    Empty(Cell),
    Present(Cell),
    Any(Vec<Condition>),
}

impl Mapping {
    /// What the mapping says of the tenant's settings.
    #[must_use]
    pub fn settings(&self) -> &DeclaredSettings {
        &self.settings
    }

    /// The numbers of the sources that make records.
    pub(super) fn producing(&self, source: usize) -> bool {
        self.parts().any(|(_, _, part)| part.source == source)
    }

    /// The numbers of the sources that rows are looked up in.
    pub(super) fn looked_up(&self, source: usize) -> bool {
        self.parts()
            .any(|(_, _, part)| part.joins.iter().any(|join| join.source == source))
    }

    /// All parts of all records: number of the record, number of the part, part.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, usize, &Part)> {
        let numbered = self.records.iter().enumerate();
        numbered.flat_map(|(record, spec)| {
            spec.parts
                .iter()
                .enumerate()
                .map(move |(number, part)| (record, number, part))
        })
    }
}
