//! What one row says of one record: its fields on the wire, where each came from, and all that is wrong with it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Currency, When};

use super::lookup::LookupRow;
use super::spec::{
    AttributeShape, Cell, Condition, EntrySpec, FieldSpec, FieldValue, From, Part, Piece, Source, ValueSpec,
};
use super::target::Shape;
use super::value::{self, Context};
use super::wire;

/// A row's place: the number of its file and the line on which it begins.
pub(super) type Place = (u32, u64);

/// The cells that a source keeps of a row, in the source's order of columns; `None` = nothing.
pub(super) type Kept = [Option<String>];

/// A row, and the rows that its keys find.
pub(super) struct Row<'a> {
    pub(super) place: Place,
    pub(super) cells: &'a Kept,
    pub(super) joined: Vec<Joined<'a>>,
}

/// What a join finds.
pub(super) enum Joined<'a> {
    /// The partner.
    Row(&'a LookupRow),
    /// The row has no key, or one without partner where that is allowed.
    Nothing,
    /// The key has no partner: the sentence to refuse the row with.
    Refused(String),
}

/// Where in a record a value goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A field of the record itself.
    Head(u32),
    /// An attribute, by name.
    Attribute(Arc<str>),
    /// A field of the body.
    Body(u32),
}

/// A field that a row speaks of.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    pub(super) slot: Slot,
    pub(super) path: Arc<str>,
    pub(super) group: Option<i32>,
    /// The field as it goes on the wire; `None` = nothing.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) column: Option<Arc<str>>,
    pub(super) place: Place,
}

/// An entry of a list that a row adds.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The path of the list.
    pub(super) path: Arc<str>,
    pub(super) tag: u32,
    pub(super) bytes: Vec<u8>,
    /// Its own instant.
    pub(super) at: Option<When>,
    /// Its name, where the list is a map.
    pub(super) name: Option<Arc<str>>,
    /// The columns behind its fields.
    pub(super) columns: Vec<(Arc<str>, Arc<str>)>,
    pub(super) place: Place,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) place: Place,
    /// The column, or the path in the record where no column is at fault.
    pub(super) field: Arc<str>,
    pub(super) reason: String,
}

impl Wrong {
    /// Notes it, unless the same place is at fault already: one wrong cell often breaks several rules.
    pub(super) fn add_to(self, all: &mut Vec<Self>) {
        if !all
            .iter()
            .any(|known| known.place == self.place && known.field == self.field)
        {
            all.push(self);
        }
    }
}

/// What a row says of a record.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) id: String,
    pub(super) filled: Vec<Filled>,
    pub(super) entries: Vec<Entry>,
    /// Lists with an entry that cannot be read.
    pub(super) broken_lists: Vec<u32>,
    pub(super) wrong: Vec<Wrong>,
}

/// Reads a row; `None` when the part has a condition that does not hold.
pub(super) fn read(sources: &[Source], part: &Part, row: &Row<'_>, settings: &Settings) -> Option<Said> {
    let mut reader = Reader::new(sources, part, row, settings)?;
    reader.head();
    for field in &part.fields {
        match &field.value {
            FieldValue::One(_) => reader.field(field, Slot::Body(field.tag)),
            FieldValue::Entries(entries) => {
                for entry in entries {
                    if reader.holds(&entry.when) {
                        reader.entry(field, entry);
                    }
                }
            }
        }
    }
    Some(reader.said)
}

/// Reads no more of a row than the record's name: id, effective date and version, as they go on the wire.
pub(super) fn read_name(
    sources: &[Source],
    part: &Part,
    row: &Row<'_>,
    settings: &Settings,
) -> Option<Vec<Option<Vec<u8>>>> {
    let mut reader = Reader::new(sources, part, row, settings)?;
    reader.name();
    Some(
        reader
            .said
            .filled
            .into_iter()
            .map(|filled| filled.bytes)
            .collect(),
    )
}

struct Reader<'a> {
    sources: &'a [Source],
    part: &'a Part,
    row: &'a Row<'a>,
    settings: &'a Settings,
    said: Said,
    /// How often something was wrong, noted or not.
    faults: usize,
}

/// A value's text, and the column it came from.
struct Fetched<'a> {
    column: Option<Arc<str>>,
    text: Result<Option<Cow<'a, str>>, String>,
    /// The looked-up row that it came from.
    from: Option<&'a LookupRow>,
}

impl<'a> Reader<'a> {
    /// A reader of a row that the part wants.
    fn new(sources: &'a [Source], part: &'a Part, row: &'a Row<'a>, settings: &'a Settings) -> Option<Self> {
        let reader = Self {
            sources,
            part,
            row,
            settings,
            said: Said::default(),
            faults: 0,
        };
        reader.holds(&part.when).then_some(reader)
    }

    fn head(&mut self) {
        self.name();
        for (name, shape, field) in &self.part.attributes {
            self.attribute(name, *shape, field);
        }
    }

    fn name(&mut self) {
        if let Some(field) = &self.part.id {
            self.field(field, Slot::Head(1));
            let bytes = self.said.filled.last().and_then(|filled| filled.bytes.clone());
            // The value follows the tag and its length; decoding it keeps one reader of the wire.
            let read = bytes.and_then(|bytes| {
                let record: bellwether_contracts::sales::Record =
                    prost::Message::decode(bytes.as_slice()).ok()?;
                Some(record.id)
            });
            self.said.id = read.unwrap_or_default();
        }
        if let Some(field) = &self.part.effective_at {
            self.field(field, Slot::Head(2));
        }
        if let Some(field) = &self.part.source_version {
            self.field(field, Slot::Head(3));
        }
    }

    fn wrong(&mut self, column: Option<&Arc<str>>, path: &Arc<str>, reason: String) {
        self.faults += 1;
        let field = Arc::clone(column.unwrap_or(path));
        Wrong {
            place: self.row.place,
            field,
            reason,
        }
        .add_to(&mut self.said.wrong);
    }

    /// Reads one value into its slot.
    fn field(&mut self, field: &'a FieldSpec, slot: Slot) {
        let mut bytes = Vec::new();
        let (column, when) = self.value(field, &field.path, &mut bytes);
        let filled = match (&slot, when) {
            (Slot::Head(2), Some(when)) => Some(self.timestamp(field, when)),
            (Slot::Head(tag), _) if *tag != 2 && !bytes.is_empty() => Some(retag(*tag, &bytes)),
            _ if bytes.is_empty() => None,
            _ => Some(bytes),
        };
        self.said.filled.push(Filled {
            slot,
            path: Arc::clone(&field.path),
            group: field.group,
            bytes: filled,
            column,
            place: self.row.place,
        });
    }

    fn timestamp(&self, field: &FieldSpec, when: When) -> Vec<u8> {
        let own = match &field.value {
            FieldValue::One(values) => values.iter().find(|value| self.holds(&value.when)),
            FieldValue::Entries(_) => None,
        };
        let writing = own.map(|value| value.writing.clone()).unwrap_or_default();
        let at = value::instant(when, &writing, &self.settings.zone);
        let message = bellwether_contracts::convert::instant_to_proto(at);
        let mut out = Vec::new();
        wire::bytes(2, &prost::Message::encode_to_vec(&message), &mut out);
        out
    }

    /// A map entry of the record's attributes: key 1, value 2, in which the kind of value is told by its tag.
    fn attribute(&mut self, name: &Arc<str>, shape: AttributeShape, field: &'a FieldSpec) {
        let mut bytes = Vec::new();
        let (column, _) = self.value(field, &field.path, &mut bytes);
        let tag = match shape {
            AttributeShape::Text => 1,
            AttributeShape::Number => 2,
            AttributeShape::Date => 3,
        };
        let filled = (!bytes.is_empty()).then(|| {
            let (mut entry, mut out) = (Vec::new(), Vec::new());
            wire::bytes(1, name.as_bytes(), &mut entry);
            wire::bytes(2, &retag(tag, &bytes), &mut entry);
            wire::bytes(4, &entry, &mut out);
            out
        });
        self.said.filled.push(Filled {
            slot: Slot::Attribute(Arc::clone(name)),
            path: Arc::clone(&field.path),
            group: None,
            bytes: filled,
            column,
            place: self.row.place,
        });
    }

    fn entry(&mut self, list: &'a FieldSpec, spec: &'a EntrySpec) {
        let before = self.faults;
        let mut entry = Entry {
            path: Arc::clone(&list.path),
            tag: list.tag,
            bytes: Vec::new(),
            at: None,
            name: None,
            columns: Vec::new(),
            place: self.row.place,
        };
        for field in &spec.fields {
            let filled = entry.bytes.len();
            let (column, when) = self.value(field, &list.path, &mut entry.bytes);
            if list.shape == Shape::Map && entry.bytes.len() == filled && self.faults == before {
                return;
            }
            if list.shape == Shape::Map {
                entry.name = Some(Arc::clone(&field.path));
            } else if &*field.path == "at" {
                entry.at = when;
            }
            entry
                .columns
                .extend(column.map(|column| (Arc::clone(&field.path), column)));
        }
        if self.faults > before {
            self.said.broken_lists.push(list.tag);
        } else {
            self.said.entries.push(entry);
        }
    }

    /// Appends the value of a field to `out`; the column it came from, and of dates the value.
    fn value(
        &mut self,
        field: &'a FieldSpec,
        path: &Arc<str>,
        out: &mut Vec<u8>,
    ) -> (Option<Arc<str>>, Option<When>) {
        let FieldValue::One(values) = &field.value else {
            return (None, None);
        };
        let Some(spec) = values.iter().find(|spec| self.holds(&spec.when)) else {
            return (None, None);
        };
        let fetched = self.fetch(spec);
        let text = match fetched.text {
            Ok(Some(text)) => text,
            Ok(None) => {
                if spec.required {
                    self.wrong(
                        fetched.column.as_ref(),
                        path,
                        "is missing: the mapping requires it".to_owned(),
                    );
                }
                return (fetched.column, None);
            }
            Err(reason) => {
                self.wrong(fetched.column.as_ref(), path, reason);
                return (fetched.column, None);
            }
        };
        let Some(currency) = self.currency(spec, path) else {
            return (fetched.column, None);
        };
        let context = Context {
            writing: &spec.writing,
            zone: &self.settings.zone,
            currency,
        };
        match value::encode(&text, field.tag, &field.shape, context, out) {
            Ok(when) => (fetched.column, when),
            Err(reason) => {
                let place = fetched
                    .from
                    .map(|row| format!(" ({} line {})", row.file, row.line))
                    .unwrap_or_default();
                self.wrong(fetched.column.as_ref(), path, format!("{reason}{place}"));
                (fetched.column, None)
            }
        }
    }

    /// The currency of an amount; `None` when it is wrong, which has been noted.
    fn currency(&mut self, spec: &'a ValueSpec, path: &Arc<str>) -> Option<Currency> {
        let Some(spec) = spec.currency.as_deref() else {
            return Some(self.settings.currency);
        };
        let fetched = self.fetch(spec);
        let read = match fetched.text {
            Ok(None) => return Some(self.settings.currency),
            Ok(Some(code)) => code.trim().parse(),
            Err(reason) => Err(reason),
        };
        match read {
            Ok(currency) => Some(currency),
            Err(reason) => {
                self.wrong(fetched.column.as_ref(), path, reason);
                None
            }
        }
    }

    fn fetch(&self, spec: &'a ValueSpec) -> Fetched<'a> {
        let (column, text, from) = match &spec.from {
            From::Constant(text) => (None, Ok(Some(Cow::Borrowed(text.as_str()))), None),
            From::Cell(cell) => {
                let (text, from) = self.cell(*cell);
                let refused = text.is_err();
                (
                    Some(self.column(*cell, refused)),
                    text.map(|text| text.map(Cow::Borrowed)),
                    from,
                )
            }
            From::Template(pieces) => {
                let cells = || {
                    pieces.iter().filter_map(|piece| match piece {
                        Piece::Cell(cell) => Some(*cell),
                        Piece::Text(_) => None,
                    })
                };
                let refused = cells().find(|cell| self.cell(*cell).0.is_err());
                let at_fault = refused.or_else(|| cells().next());
                (
                    at_fault.map(|cell| self.column(cell, refused.is_some())),
                    self.template(pieces),
                    None,
                )
            }
        };
        let text = text.map(|text| {
            let renamed = text.map(|text| match spec.rename.get(text.as_ref()) {
                Some(new) => Cow::Borrowed(new.as_str()),
                None => text,
            });
            let said = renamed.filter(|text| !text.is_empty() && !spec.nulls.iter().any(|null| null == text));
            said.or_else(|| spec.default.as_deref().map(Cow::Borrowed))
        });
        Fetched { column, text, from }
    }

    fn template(&self, pieces: &'a [Piece]) -> Result<Option<Cow<'a, str>>, String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Cell(cell) => match self.cell(*cell).0? {
                    Some(text) => out.push_str(text),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(Cow::Owned(out)))
    }

    /// The text of a cell, and the looked-up row it stands in.
    fn cell(&self, cell: Cell) -> (Result<Option<&'a str>, String>, Option<&'a LookupRow>) {
        let row = self.row;
        let text = |cells: &'a Kept| cells.get(cell.column).and_then(Option::as_deref);
        match cell.join.map(|join| &row.joined[join]) {
            None => (Ok(text(row.cells)), None),
            Some(Joined::Row(found)) => (Ok(text(&found.cells)), Some(*found)),
            Some(Joined::Nothing) => (Ok(None), None),
            Some(Joined::Refused(reason)) => (Err(reason.clone()), None),
        }
    }

    /// The name of the column of a cell; of one that a join did not find, the column that holds the key.
    fn column(&self, cell: Cell, refused: bool) -> Arc<str> {
        let join = cell.join.map(|join| &self.part.joins[join]);
        let (source, column) = match join {
            None => (self.part.source, cell.column),
            Some(join) if refused => (self.part.source, join.on),
            Some(join) => (join.source, cell.column),
        };
        Arc::clone(&self.sources[source].columns[column].name)
    }

    fn holds(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| self.one_holds(condition))
    }

    fn one_holds(&self, condition: &Condition) -> bool {
        let text = |cell: &Cell| self.cell(*cell).0.ok().flatten();
        match condition {
            Condition::In(cell, texts) => text(cell).is_some_and(|text| texts.iter().any(|one| one == text)),
            Condition::NotIn(cell, texts) => {
                !text(cell).is_some_and(|text| texts.iter().any(|one| one == text))
            }
            Condition::Empty(cell) => text(cell).is_none(),
            Condition::Present(cell) => text(cell).is_some(),
            Condition::Any(any) => any.iter().any(|condition| self.one_holds(condition)),
        }
    }
}

/// The same field under another tag. Heads and attributes are encoded with tag 0, which is no tag of the wire.
fn retag(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    out.push((tag << 3) as u8 | bytes[0] & 7);
    out.extend_from_slice(&bytes[1..]);
    out
}

/// A cell as text: without the white space around it where the source says so, renamed, and `None` where it means nothing.
pub(super) fn clean(
    text: &str,
    nulls: [&[String]; 2],
    rename: &HashMap<String, String>,
    trim: bool,
) -> Option<String> {
    let text = if trim { text.trim() } else { text };
    let is_null = text.is_empty() || nulls.iter().any(|list| list.iter().any(|null| null == text));
    if is_null {
        return None;
    }
    let renamed = rename.get(text).map_or(text, String::as_str);
    (!renamed.is_empty()).then(|| renamed.to_owned())
}
