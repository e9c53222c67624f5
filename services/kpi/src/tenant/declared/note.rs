//! From changes to what is known of declared fields, and what a checkpoint keeps of the changes for that.
//!
//! A record without such fields is not kept at all. When one first has some, its earlier versions are noted too: where they
//! hold, it has none.

use bellwether_contracts::convert::{instant_to_proto, kind_from_proto};
use bellwether_contracts::ingestion::Change;
use bellwether_contracts::ingestion::change::Payload;
use bellwether_contracts::sales;
use bellwether_contracts::sales::attribute_value::Value;
use bellwether_contracts::sales::record::Body;
use bellwether_domain::exact::Exact;
use bellwether_domain::{Instant, RecordKind};
use prost::Message as _;

use super::super::input::Content;
use super::super::{Input, TenantFacts};
use super::Fields;
use crate::facts::Key;
use crate::table::Dict;

/// The dimensions of a sample that its row has columns for.
const COLUMNS: [&str; 7] = [
    "owner", "team", "account", "product", "channel", "campaign", "source",
];

/// The declared fields of a change, by name; of a sample also the dimensions that are no columns. Numbers are in one
/// normal form.
pub(in crate::tenant) fn fields(change: &Change) -> Fields {
    let Some(Payload::Record(record)) = &change.payload else {
        return Fields::new();
    };
    let text = |value: &sales::AttributeValue| match value.value.as_ref()? {
        Value::Text(text) | Value::Date(text) => Some(text.clone()),
        Value::Number(text) => Some(number(text)),
    };
    let declared = record
        .attributes
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)));
    let mut found: Fields = declared.collect();
    if let Some(Body::MetricSample(sample)) = &record.body {
        let others = sample.dimensions.iter();
        let others = others.filter(|(name, _)| {
            !COLUMNS.contains(&name.as_str()) && !record.attributes.contains_key(name.as_str())
        });
        found.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    }
    found
}

/// `12.50` is `12.5`.
fn number(text: &str) -> String {
    text.parse::<Exact>()
        .map_or_else(|_| text.to_owned(), |number| number.to_exact_string())
}

impl TenantFacts {
    /// Notes the declared fields of a change that was just taken in; what a checkpoint must keep for that.
    pub(in crate::tenant) fn note_fields(&mut self, input: &Input) -> Vec<Vec<u8>> {
        let Some((kind, said)) = said(input) else {
            return Vec::new();
        };
        let Some(record) = self.record_of(kind, &input.id) else {
            return Vec::new();
        };
        let known = self.declared.knows(record);
        if !known && input.fields.is_empty() {
            return Vec::new();
        }
        let mut kept = Vec::new();
        if !known {
            for (key, lives) in self.earlier(record, input.seq()) {
                self.declared.add(record, key, lives.then(Fields::new).as_ref());
                kept.push(self.bare(kind, &input.id, key, lives.then(Fields::new).as_ref()));
            }
        }
        let fields = said.then_some(&input.fields);
        self.declared.add(record, input.key, fields);
        // The whole message is kept where there is one.
        if input.message.is_none() {
            kept.push(self.bare(kind, &input.id, input.key, fields));
        }
        kept
    }

    /// Notes the fields of a change that a checkpoint kept, as they were noted when it was taken in.
    pub(in crate::tenant) fn recall_fields(&mut self, input: &Input) {
        let Some((kind, said)) = input.bare.or_else(|| said(input)) else {
            return;
        };
        let Some(record) = self.record_of(kind, &input.id) else {
            return;
        };
        if input.bare.is_some() || self.declared.knows(record) || !input.fields.is_empty() {
            let fields = said.then_some(&input.fields);
            self.declared.add(record, input.key, fields);
        }
    }

    fn record_of(&self, kind: RecordKind, id: &str) -> Option<(Dict, u32)> {
        let dict = dict_of(kind)?;
        Some((dict, self.dictionary(dict).code(id)?))
    }

    /// The versions of a record that came before a change, and whether each says that it lives.
    fn earlier(&self, record: (Dict, u32), seq: u64) -> Vec<(Key, bool)> {
        let mut found = self.keys_of(record);
        found.retain(|(key, _)| key.2 < seq);
        found.sort_unstable_by_key(|(key, _)| key.2);
        found
    }

    /// What a checkpoint keeps of a change for the fields it says.
    fn bare(&self, kind: RecordKind, id: &str, key: Key, fields: Option<&Fields>) -> Vec<u8> {
        let text = |value: &String| sales::AttributeValue {
            value: Some(Value::Text(value.clone())),
        };
        let payload = fields.map(|fields| {
            let fields = fields.iter();
            Payload::Record(sales::Record {
                attributes: fields.map(|(name, value)| (name.clone(), text(value))).collect(),
                ..sales::Record::default()
            })
        });
        let recorded = self.recorded_at(key.2).map(instant_to_proto);
        Change {
            seq: key.2,
            kind: sales_kind(kind),
            id: id.to_owned(),
            effective_at: Some(instant_to_proto(Instant::from_micros(key.0))),
            recorded_at: recorded,
            source_version: key.1,
            payload,
            ..Change::default()
        }
        .encode_to_vec()
    }
}

/// The kind of record that a change is about, and whether it says that the record lives.
fn said(input: &Input) -> Option<(RecordKind, bool)> {
    match &input.content {
        Content::Record(kind, _) => Some((*kind, true)),
        Content::Tombstone(kind, _) => Some((*kind, false)),
        _ => None,
    }
}

/// The kind of record of a change of which only the fields were kept, and whether it says that the record lives.
pub(in crate::tenant) fn bare(change: &Change) -> Option<(RecordKind, bool)> {
    let lives = match &change.payload {
        Some(Payload::Record(record)) if record.body.is_none() => true,
        None => false,
        Some(_) => return None,
    };
    Some((kind_from_proto(change.kind)?, lives))
}

fn sales_kind(kind: RecordKind) -> i32 {
    bellwether_contracts::convert::kind_to_proto(kind).into()
}

/// The dictionary of the ids of a kind of records of which fields are read.
fn dict_of(kind: RecordKind) -> Option<Dict> {
    Dict::ALL.into_iter().find(|dict| dict.kind() == Some(kind))
}
