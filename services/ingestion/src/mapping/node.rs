//! A YAML document as a tree that remembers its lines, and a reader of its tables that names every unknown key.
//!
//! A scalar is the text as written, whatever YAML would make of it: `in: [Yes, 007]` means the cells `Yes` and `007`.

use std::fmt;

use bellwether_domain::{Error, ErrorReason, Violation};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A value of the document, and the line it stands on.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    /// The tree of a YAML document.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (`INVALID_MAPPING`) with line and column where the text is no YAML or a key stands twice.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let options = serde_saphyr::options! { strict_booleans: true };
        let read: Result<Spanned<Raw>, _> = serde_saphyr::from_str_with_options(text, options);
        match read {
            Ok(raw) => Ok(Self::of(raw, text)),
            Err(error) => {
                let line = error.location().map_or(1, |place| place.line());
                let message = format!(
                    "line {line}: {}",
                    first_line(&error.without_snippet().to_string())
                );
                Err(Error::invalid(ErrorReason::InvalidMapping, "mapping", message))
            }
        }
    }

    fn of(raw: Spanned<Raw>, source: &str) -> Self {
        let line = raw.referenced.line();
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Text(text) => Value::Text(text),
            Raw::Plain(read) => {
                let span = raw.defined.span();
                let from = span.byte_offset().and_then(|at| usize::try_from(at).ok());
                let length = span.byte_len().and_then(|length| usize::try_from(length).ok());
                let written = from
                    .zip(length)
                    .and_then(|(from, length)| source.get(from..from + length));
                Value::Text(written.map_or(read, |text| text.trim().to_owned()))
            }
            Raw::List(items) => Value::List(items.into_iter().map(|item| Self::of(item, source)).collect()),
            Raw::Table(entries) => {
                let entry = |(key, value): (String, Spanned<Raw>)| (key, Self::of(value, source));
                Value::Table(entries.into_iter().map(entry).collect())
            }
        };
        Self {
            line: line.max(1),
            value,
        }
    }

    fn says(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}

enum Raw {
    Null,
    Text(String),
    /// A plain scalar that YAML takes for a number or boolean; holds it as read.
    Plain(String),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(String, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list or a table")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element()? {
            out.push(item);
        }
        Ok(Raw::List(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut out = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            out.push(entry);
        }
        Ok(Raw::Table(out))
    }
}

/// Gathers what is wrong with a mapping, so that all of it is told at once.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(u64, Violation)>);

impl Problems {
    pub(super) fn add(&mut self, line: u64, path: &str, message: impl fmt::Display) {
        self.0
            .push((line, Violation::new(path, format!("line {line}: {message}"))));
    }

    /// The error, if there is any problem; problems stand in the order of their lines.
    pub(super) fn into_result(mut self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        self.0.sort_by_key(|(line, _)| *line);
        let violations = self.0.into_iter().map(|(_, violation)| violation).collect();
        Err(Error::violations(ErrorReason::InvalidMapping, violations))
    }

    /// The text of a scalar.
    pub(super) fn text(&mut self, node: &Node, path: &str) -> Option<String> {
        if let Value::Text(text) = &node.value {
            return Some(text.clone());
        }
        self.add(
            node.line,
            path,
            format!("is {}, where a text is meant", node.says()),
        );
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, path: &str) -> Option<bool> {
        match &node.value {
            Value::Text(text) if text == "true" => Some(true),
            Value::Text(text) if text == "false" => Some(false),
            _ => {
                self.add(node.line, path, "is neither true nor false");
                None
            }
        }
    }

    /// One text, or a list of them.
    pub(super) fn texts(&mut self, node: &Node, path: &str) -> Vec<String> {
        match &node.value {
            Value::List(items) => items.iter().filter_map(|item| self.text(item, path)).collect(),
            _ => self.text(node, path).into_iter().collect(),
        }
    }

    /// The entries of a list.
    pub(super) fn list<'a>(&mut self, node: &'a Node, path: &str) -> &'a [Node] {
        if let Value::List(items) = &node.value {
            return items;
        }
        self.add(
            node.line,
            path,
            format!("is {}, where a list is meant", node.says()),
        );
        &[]
    }

    /// The entries of a table with names of the writer's choice.
    pub(super) fn entries<'a>(&mut self, node: &'a Node, path: &str) -> &'a [(String, Node)] {
        if let Value::Table(entries) = &node.value {
            return entries;
        }
        self.add(
            node.line,
            path,
            format!("is {}, where a table is meant", node.says()),
        );
        &[]
    }

    /// A table whose keys are known: every other key is a problem.
    pub(super) fn table<'a>(&mut self, node: &'a Node, path: &str, keys: &[&str]) -> Table<'a> {
        let entries = self.entries(node, path);
        for (key, value) in entries.iter().filter(|(key, _)| !keys.contains(&key.as_str())) {
            let hint = did_you_mean(key, keys.iter().copied());
            self.add(
                value.line,
                &join(path, key),
                format!("`{key}` is not a key here{hint}"),
            );
        }
        Table {
            line: node.line,
            path: path.to_owned(),
            entries,
        }
    }
}

/// A table of the document.
pub(super) struct Table<'a> {
    pub(super) line: u64,
    pub(super) path: String,
    entries: &'a [(String, Node)],
}

impl<'a> Table<'a> {
    /// The value of a key; an empty value counts as left out.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        let found = self.entries.iter().find(|(name, _)| name == key);
        found
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    /// The path of a key.
    pub(super) fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, problems: &mut Problems) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            problems.add(self.line, &self.at(key), format!("`{key}` is missing"));
        }
        found
    }

    pub(super) fn text(&self, key: &str, problems: &mut Problems) -> Option<String> {
        self.get(key).and_then(|node| problems.text(node, &self.at(key)))
    }

    pub(super) fn texts(&self, key: &str, problems: &mut Problems) -> Vec<String> {
        self.get(key)
            .map(|node| problems.texts(node, &self.at(key)))
            .unwrap_or_default()
    }

    pub(super) fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        self.get(key)
            .and_then(|node| problems.flag(node, &self.at(key)))
            .unwrap_or(false)
    }

    /// A single character, such as a delimiter.
    pub(super) fn character(&self, key: &str, problems: &mut Problems) -> Option<char> {
        let text = self.text(key, problems)?;
        let mut all = text.chars();
        if let (Some(one), None) = (all.next(), all.next()) {
            return Some(one);
        }
        let line = self.get(key).map_or(self.line, |node| node.line);
        problems.add(line, &self.at(key), format!("`{text}` is not one character"));
        None
    }
}

/// `path.key`, without a dot at the root.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// `: did you mean ...?` with the nearest of `names`, or all of them when none is near.
pub(super) fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    // Two measures: one forgives letters that are missing at the end, the other letters that are swapped.
    let score = |name: &str| {
        strsim::jaro_winkler(wrong, name).max(strsim::normalized_damerau_levenshtein(wrong, name))
    };
    let near = names.iter().map(|name| (score(name), *name));
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
    match best {
        Some((score, name)) if score >= 0.66 => format!(": did you mean `{name}`?"),
        _ if names.is_empty() => ": nothing is allowed here".to_owned(),
        _ => format!(": use one of {}", names.join(", ")),
    }
}
