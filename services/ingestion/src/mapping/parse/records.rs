//! Reads the `records` of a mapping: kinds, parts, joins, and the fields of each kind.

use std::sync::Arc;

use bellwether_domain::RecordKind;
use bellwether_domain::settings::AttributeDeclaration;

use super::Parser;
use super::values::{ATTRIBUTE_KEYS, Scope};
use crate::mapping::node::{Node, Problems, Table, Value, did_you_mean, join};
use crate::mapping::spec::{
    AttributeShape, Column, EntrySpec, FieldSpec, FieldValue, From, Join, Part, RecordSpec, ValueSpec,
};
use crate::mapping::target::{Field, Shape, Target};

pub(in crate::mapping) const RECORD_KEYS: &[&str] = &[
    "kind",
    "source",
    "from",
    "id",
    "effective_at",
    "source_version",
    "when",
    "joins",
    "fields",
    "attributes",
];
pub(in crate::mapping) const PART_KEYS: &[&str] = &[
    "source",
    "id",
    "effective_at",
    "source_version",
    "when",
    "joins",
    "fields",
    "attributes",
];
pub(in crate::mapping) const JOIN_KEYS: &[&str] = &["source", "on", "key", "missing"];

impl Parser {
    pub(super) fn record(&mut self, index: usize, node: &Node) -> Option<RecordSpec> {
        let path = format!("records[{index}]");
        let table = self.problems.table(node, &path, RECORD_KEYS);
        let (kind, target) = self.kind(&table)?;
        let Some(from) = table.get("from") else {
            let part = self.part(&table, kind, target)?;
            return Some(RecordSpec {
                kind,
                target,
                merged: false,
                parts: vec![part],
            });
        };
        for key in PART_KEYS.iter().filter(|key| table.get(key).is_some()) {
            self.problems.add(
                node.line,
                &table.at(key),
                "stands beside `from`: put it into the parts",
            );
        }
        let mut parts = Vec::new();
        for (index, node) in self.problems.list(from, &table.at("from")).iter().enumerate() {
            let part = self
                .problems
                .table(node, &format!("{path}.from[{index}]"), PART_KEYS);
            parts.extend(self.part(&part, kind, target));
        }
        if parts.is_empty() {
            self.problems.add(from.line, &table.at("from"), "names no part");
        }
        Some(RecordSpec {
            kind,
            target,
            merged: true,
            parts,
        })
    }

    fn kind(&mut self, table: &Table<'_>) -> Option<(RecordKind, &'static Target)> {
        let node = table.need("kind", &mut self.problems)?;
        let name = self.problems.text(node, &table.at("kind"))?;
        let kind = name.parse::<RecordKind>().ok();
        let found = kind.and_then(|kind| Target::of(kind).map(|target| (kind, target)));
        if found.is_none() {
            let hint = did_you_mean(&name, Target::kinds());
            self.problems.add(
                node.line,
                &table.at("kind"),
                format!("`{name}` is not a kind of record{hint}"),
            );
        }
        found
    }

    fn part(&mut self, table: &Table<'_>, kind: RecordKind, target: &'static Target) -> Option<Part> {
        let source = table.need("source", &mut self.problems)?;
        let source = self.source_named(source, &table.at("source"))?;
        let joins = self.joins(table, source);
        let scope = Scope {
            source,
            joins: &joins,
        };
        let when = self.when(table, &scope);
        let id = match table.get("id") {
            Some(node) => self.single(node, &table.at("id"), "id", &Shape::Text, &scope),
            None if kind == RecordKind::FxRate => None,
            None => {
                self.problems.add(
                    table.line,
                    &table.at("id"),
                    "`id` is missing: say which column names the record",
                );
                None
            }
        };
        let effective = table.get("effective_at");
        let effective = effective.and_then(|node| {
            self.single(
                node,
                &table.at("effective_at"),
                "effective_at",
                &Shape::When,
                &scope,
            )
        });
        let version = table.get("source_version");
        let version = version.and_then(|node| {
            self.single(
                node,
                &table.at("source_version"),
                "source_version",
                &Shape::Whole(u64::MAX),
                &scope,
            )
        });
        let attributes = self.attributes(table, &scope);
        let fields = match table.get("fields") {
            Some(node) => self.fields(
                node,
                &table.at("fields"),
                &format!("{}.", kind.name()),
                target,
                &scope,
            ),
            None => Vec::new(),
        };
        Some(Part {
            source,
            when,
            joins,
            id,
            effective_at: effective,
            source_version: version,
            attributes,
            fields,
        })
    }

    fn source_named(&mut self, node: &Node, path: &str) -> Option<usize> {
        let name = self.problems.text(node, path)?;
        let found = self.names.get(&name).copied();
        if found.is_none() {
            let hint = did_you_mean(&name, self.names.keys().map(String::as_str));
            self.problems.add(
                node.line,
                path,
                format!("`{name}` is not one of the sources{hint}"),
            );
        }
        found
    }

    /// The number of a column among those that the rows of a source keep; it is kept from now on.
    pub(super) fn column(&mut self, source: usize, name: &str, path: &str, line: u64) -> usize {
        let columns = &mut self.sources[source].columns;
        if let Some(known) = columns.iter().position(|column| &*column.name == name) {
            return known;
        }
        columns.push(Column {
            name: Arc::from(name),
            path: path.to_owned(),
            line,
            rename: std::collections::HashMap::new(),
            nulls: Vec::new(),
        });
        columns.len() - 1
    }

    fn joins(&mut self, table: &Table<'_>, source: usize) -> Vec<Join> {
        let Some(node) = table.get("joins") else {
            return Vec::new();
        };
        let path = table.at("joins");
        let mut joins = Vec::new();
        for (name, node) in self.problems.entries(node, &path) {
            let table = self.problems.table(node, &join(&path, name), JOIN_KEYS);
            joins.extend(self.join(name, &table, source));
        }
        joins
    }

    fn join(&mut self, name: &str, table: &Table<'_>, from: usize) -> Option<Join> {
        let source = table.need("source", &mut self.problems);
        let (on, key) = (
            table.need("on", &mut self.problems),
            table.need("key", &mut self.problems),
        );
        let refuses = match table.text("missing", &mut self.problems).as_deref() {
            None | Some("reject") => true,
            Some("null") => false,
            Some(other) => {
                let hint = did_you_mean(other, ["reject", "null"]);
                self.problems.add(
                    table.line,
                    &table.at("missing"),
                    format!("`{other}` is not a way out{hint}"),
                );
                true
            }
        };
        let source = self.source_named(source?, &table.at("source"))?;
        let (on, key) = (on?, key?);
        let on_name = self.problems.text(on, &table.at("on"))?;
        let key_name = self.problems.text(key, &table.at("key"))?;
        let on = self.column(from, &on_name, &table.at("on"), on.line);
        let key = self.column(source, &key_name, &table.at("key"), key.line);
        Some(Join {
            name: name.to_owned(),
            source,
            on,
            key,
            refuses,
        })
    }

    fn attributes(
        &mut self,
        table: &Table<'_>,
        scope: &Scope<'_>,
    ) -> Vec<(Arc<str>, AttributeShape, FieldSpec)> {
        let Some(node) = table.get("attributes") else {
            return Vec::new();
        };
        let path = table.at("attributes");
        let mut out = Vec::new();
        for (name, node) in self.problems.entries(node, &path) {
            let here = join(&path, name);
            self.declarable(name, node, &here);
            let holds = match &node.value {
                Value::Table(_) => attribute_shape(
                    &self.problems.table(node, &here, ATTRIBUTE_KEYS),
                    &mut self.problems,
                ),
                _ => AttributeShape::Text,
            };
            let shape = match holds {
                AttributeShape::Text => Shape::Text,
                AttributeShape::Number => Shape::Decimal,
                AttributeShape::Date => Shape::Day,
            };
            let field = self
                .alternatives(node, &here, &shape, ATTRIBUTE_KEYS, scope)
                .map(|values| FieldSpec {
                    path: Arc::from(format!("attributes.{name}")),
                    tag: 0,
                    shape,
                    group: None,
                    value: FieldValue::One(values),
                });
            out.extend(field.map(|field| (Arc::from(name.as_str()), holds, field)));
        }
        out
    }

    /// Refuses what cannot be the name of a declared field or a dimension.
    fn declarable(&mut self, name: &str, node: &Node, path: &str) {
        if !AttributeDeclaration::is_name(name) {
            let message = format!("`{name}` is not a name of 1 to 63 of a-z, 0-9 and _");
            self.problems.add(node.line, path, message);
        }
    }

    /// A field of the record itself.
    fn single(
        &mut self,
        node: &Node,
        path: &str,
        name: &str,
        shape: &Shape,
        scope: &Scope<'_>,
    ) -> Option<FieldSpec> {
        let values = self.alternatives(node, path, shape, super::VALUE_KEYS, scope)?;
        let value = FieldValue::One(values);
        Some(FieldSpec {
            path: Arc::from(name),
            tag: 0,
            shape: shape.clone(),
            group: None,
            value,
        })
    }

    /// The fields of a body (`prefix` is its kind and a dot) or of an entry (`prefix` is empty).
    fn fields(
        &mut self,
        node: &Node,
        path: &str,
        prefix: &str,
        target: &Target,
        scope: &Scope<'_>,
    ) -> Vec<FieldSpec> {
        let mut out = Vec::new();
        for (name, node) in self.problems.entries(node, path) {
            if prefix.is_empty() && name == "when" {
                continue;
            }
            let here = join(path, name);
            let Some(field) = target.field(name) else {
                let what = if prefix.is_empty() {
                    "an entry".to_owned()
                } else {
                    prefix.trim_end_matches('.').to_owned()
                };
                let hint = did_you_mean(name, target.fields.iter().map(|field| field.name.as_str()));
                self.problems.add(
                    node.line,
                    &here,
                    format!("`{name}` is not a field of {what}{hint}"),
                );
                continue;
            };
            let value = match &field.shape {
                Shape::List(entry) => Some(FieldValue::Entries(self.entries(node, &here, entry, scope))),
                Shape::Map => Some(FieldValue::Entries(self.map_entries(node, &here, scope))),
                shape => self
                    .alternatives(node, &here, shape, super::VALUE_KEYS, scope)
                    .map(FieldValue::One),
            };
            out.extend(value.map(|value| field_spec(field, prefix, value)));
        }
        out
    }

    /// The entries of a map: a value for each name. A value that is nothing makes no entry.
    fn map_entries(&mut self, node: &Node, path: &str, scope: &Scope<'_>) -> Vec<EntrySpec> {
        let text = |path: &str, tag, values| FieldSpec {
            path: Arc::from(path),
            tag,
            shape: Shape::Text,
            group: None,
            value: FieldValue::One(values),
        };
        let mut out = Vec::new();
        for (name, node) in self.problems.entries(node, path) {
            self.declarable(name, node, &join(path, name));
            let values = self.alternatives(node, &join(path, name), &Shape::Text, super::VALUE_KEYS, scope);
            let key = ValueSpec {
                from: From::Constant(name.clone()),
                ..ValueSpec::default()
            };
            // The value goes by the entry's name: that is what faults of the record name.
            out.extend(values.map(|values| EntrySpec {
                when: Vec::new(),
                fields: vec![text("", 1, vec![key]), text(name, 2, values)],
            }));
        }
        out
    }

    fn entries(&mut self, node: &Node, path: &str, target: &Target, scope: &Scope<'_>) -> Vec<EntrySpec> {
        let mut out = Vec::new();
        for (index, node) in self.problems.list(node, path).iter().enumerate() {
            let here = format!("{path}[{index}]");
            let when = match &node.value {
                Value::Table(entries) => entries
                    .iter()
                    .find(|(key, _)| key == "when")
                    .map(|(_, node)| node),
                _ => None,
            };
            let when = when
                .map(|node| self.conditions(node, &join(&here, "when"), scope))
                .unwrap_or_default();
            let fields = self.fields(node, &here, "", target, scope);
            out.push(EntrySpec { when, fields });
        }
        out
    }
}

fn attribute_shape(table: &Table<'_>, problems: &mut Problems) -> AttributeShape {
    match table.text("type", problems).as_deref() {
        None | Some("text") => AttributeShape::Text,
        Some("number") => AttributeShape::Number,
        Some("date") => AttributeShape::Date,
        Some(other) => {
            let hint = did_you_mean(other, ["text", "number", "date"]);
            problems.add(
                table.line,
                &table.at("type"),
                format!("`{other}` is not a type{hint}"),
            );
            AttributeShape::Text
        }
    }
}

fn field_spec(field: &Field, prefix: &str, value: FieldValue) -> FieldSpec {
    let path = Arc::from(format!("{prefix}{}", field.name));
    FieldSpec {
        path,
        tag: field.tag,
        shape: field.shape.clone(),
        group: field.group,
        value,
    }
}
