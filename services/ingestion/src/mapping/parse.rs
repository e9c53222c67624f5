//! Reads a mapping: every key, name and constant is checked, and everything wrong is told at once with its line.

mod records;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::settings::AttributeDeclaration;
use bellwether_domain::{Result, Zone};

use super::node::{Node, Problems, Table, did_you_mean, join};
use super::settings;
use super::spec::{Column, Format, Mapping, RecordSpec, Source, Writing};

#[cfg(test)]
pub(super) use records::{JOIN_KEYS, PART_KEYS, RECORD_KEYS};
use values::VALUE_KEYS;
#[cfg(test)]
pub(super) use values::VALUE_KEYS as KEYS_OF_VALUES;
#[cfg(test)]
pub(super) use values::{ATTRIBUTE_KEYS, CONDITION_KEYS};

pub(super) const MAPPING_KEYS: &[&str] = &["sources", "settings", "nulls", "records"];
pub(super) const SOURCE_KEYS: &[&str] = &[
    "files",
    "format",
    "delimiter",
    "encoding",
    "nulls",
    "trim",
    "columns",
    "ignore",
    "date_format",
    "zone",
    "decimal",
    "thousands",
];
pub(super) const COLUMN_KEYS: &[&str] = &["rename", "nulls"];

impl Mapping {
    /// Reads a mapping in YAML.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (`INVALID_MAPPING`) with everything that is wrong, each with its path and line.
    pub fn parse(text: &str) -> Result<Self> {
        let root = Node::parse(text)?;
        let mut parser = Parser {
            problems: Problems::default(),
            sources: Vec::new(),
            names: HashMap::new(),
        };
        let mapping = parser.mapping(&root);
        parser.problems.into_result().map(|()| mapping)
    }
}

struct Parser {
    problems: Problems,
    sources: Vec<Source>,
    /// The numbers of the sources by name.
    names: HashMap<String, usize>,
}

impl Parser {
    fn mapping(&mut self, root: &Node) -> Mapping {
        let table = self.problems.table(root, "", MAPPING_KEYS);
        let nulls = table.texts("nulls", &mut self.problems);
        if let Some(node) = table.need("sources", &mut self.problems) {
            for (name, node) in self.problems.entries(node, "sources") {
                let source = self.source(name, node, &nulls);
                self.names.insert(name.clone(), self.sources.len());
                self.sources.push(source);
            }
        }
        let settings = table
            .get("settings")
            .map(|node| settings::parse(node, &mut self.problems));
        let records = table.need("records", &mut self.problems);
        let records = records.map_or(&[][..], |node| self.problems.list(node, "records"));
        if records.is_empty() {
            self.problems.add(
                root.line,
                "records",
                "names no record: a mapping makes at least one",
            );
        }
        let records: Vec<RecordSpec> = records
            .iter()
            .enumerate()
            .filter_map(|(index, node)| self.record(index, node))
            .collect();
        let mut settings = settings.unwrap_or_default();
        settings.attributes = self.declared(&records, root.line);
        let sources = std::mem::take(&mut self.sources);
        let mapping = Mapping {
            sources,
            settings,
            records,
        };
        for (number, source) in mapping.sources.iter().enumerate() {
            if !mapping.producing(number) && !mapping.looked_up(number) {
                let path = join("sources", &source.name);
                self.problems
                    .add(source.line, &path, "is used by no record and no join");
            }
        }
        mapping
    }

    /// The fields that the records carry beyond those of the contract, each once.
    fn declared(&mut self, records: &[RecordSpec], line: u64) -> Vec<AttributeDeclaration> {
        let mut declared: Vec<AttributeDeclaration> = Vec::new();
        for record in records {
            for (name, shape, _) in record.parts.iter().flat_map(|part| &part.attributes) {
                let field = AttributeDeclaration {
                    kind: record.kind.name().to_owned(),
                    name: name.to_string(),
                    attribute_type: shape.declared(),
                };
                let known = declared
                    .iter()
                    .find(|known| known.kind == field.kind && known.name == field.name);
                match known {
                    None => declared.push(field),
                    Some(known) if *known == field => {}
                    Some(known) => {
                        let types = [known.attribute_type.name(), field.attribute_type.name()];
                        let message =
                            format!("`{name}` of {} is both {} and {}", field.kind, types[0], types[1]);
                        self.problems.add(line, "records", message);
                    }
                }
            }
        }
        declared
    }

    fn source(&mut self, name: &str, node: &Node, nulls: &[String]) -> Source {
        let problems = &mut self.problems;
        let table = problems.table(node, &join("sources", name), SOURCE_KEYS);
        let files = table
            .need("files", problems)
            .map(|node| problems.texts(node, &table.at("files")));
        let format = table.text("format", problems).and_then(|text| {
            let known = match text.as_str() {
                "csv" => Some(Format::Csv),
                "jsonl" => Some(Format::Jsonl),
                _ => None,
            };
            if known.is_none() {
                let hint = did_you_mean(&text, ["csv", "jsonl"]);
                problems.add(
                    node.line,
                    &table.at("format"),
                    format!("`{text}` is not a format{hint}"),
                );
            }
            known
        });
        if let Some(encoding) = table.text("encoding", problems)
            && !encoding.eq_ignore_ascii_case("utf-8")
        {
            let message = format!("`{encoding}` is not supported: convert the file to utf-8");
            problems.add(node.line, &table.at("encoding"), message);
        }
        let delimiter = delimiter(&table, problems);
        let own = table.texts("nulls", problems);
        let mut source = Source {
            name: name.to_owned(),
            line: node.line,
            files: files.unwrap_or_default(),
            format,
            delimiter,
            trim: table.flag("trim", problems),
            nulls: nulls.iter().cloned().chain(own).collect(),
            ignore: table.texts("ignore", problems),
            columns: Vec::new(),
            writing: writing(&table, "date_format", &Writing::default(), problems),
        };
        if let Some(node) = table.get("columns") {
            for (name, node) in problems.entries(node, &table.at("columns")) {
                let column = column(name, node, &join(&table.at("columns"), name), problems);
                source.columns.push(column);
            }
        }
        source
    }
}

fn delimiter(table: &Table<'_>, problems: &mut Problems) -> u8 {
    let Some(node) = table.get("delimiter") else {
        return b',';
    };
    let text = problems
        .text(node, &table.at("delimiter"))
        .unwrap_or_else(|| ",".to_owned());
    match text.as_bytes() {
        b"tab" => b'\t',
        [one] if one.is_ascii() && !b"\"\r\n".contains(one) => *one,
        _ => {
            let message = format!("`{text}` is no delimiter: use one ASCII character, or `tab`");
            problems.add(node.line, &table.at("delimiter"), message);
            b','
        }
    }
}

fn column(name: &str, node: &Node, path: &str, problems: &mut Problems) -> Column {
    let table = problems.table(node, path, COLUMN_KEYS);
    Column {
        name: Arc::from(name),
        path: path.to_owned(),
        line: node.line,
        rename: renames(&table, problems),
        nulls: table.texts("nulls", problems),
    }
}

/// The `rename` table: what stands in the file, and what it is called here.
fn renames(table: &Table<'_>, problems: &mut Problems) -> HashMap<String, String> {
    let Some(node) = table.get("rename") else {
        return HashMap::new();
    };
    let path = table.at("rename");
    let mut renames = HashMap::new();
    for (from, to) in problems.entries(node, &path) {
        renames.extend(problems.text(to, &join(&path, from)).map(|to| (from.clone(), to)));
    }
    renames
}

/// How dates and numbers are written: the keys of `table` over `inherited`.
fn writing(table: &Table<'_>, format_key: &str, inherited: &Writing, problems: &mut Problems) -> Writing {
    let mut writing = inherited.clone();
    let formats = table.texts(format_key, problems);
    for format in &formats {
        if let Err(message) = super::value::check_format(format) {
            problems.add(table.line, &table.at(format_key), message);
        }
    }
    if !formats.is_empty() {
        writing.formats = formats;
    }
    if let Some(name) = table.text("zone", problems) {
        match Zone::named(&name) {
            Ok(zone) => writing.zone = Some(zone),
            Err(message) => problems.add(table.line, &table.at("zone"), message),
        }
    }
    writing.decimal = table.character("decimal", problems).or(writing.decimal);
    writing.thousands = table.character("thousands", problems).or(writing.thousands);
    if writing.thousands.is_some() && writing.thousands == Some(writing.decimal.unwrap_or('.')) {
        problems.add(
            table.line,
            &table.at("thousands"),
            "is the decimal separator too: `decimal` is `.` unless it is given",
        );
    }
    writing
}
