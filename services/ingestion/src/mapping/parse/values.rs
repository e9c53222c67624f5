//! Reads values and conditions: where a text comes from, when it counts, how it is written.

use super::{Parser, renames, writing};
use crate::mapping::node::{Node, Table, Value, did_you_mean};
use crate::mapping::spec::{Cell, Condition, From, Join, Piece, ValueSpec};
use crate::mapping::target::Shape;
use crate::mapping::value;

pub(in crate::mapping) const VALUE_KEYS: &[&str] = &[
    "column",
    "join",
    "constant",
    "template",
    "when",
    "rename",
    "nulls",
    "required",
    "default",
    "format",
    "zone",
    "decimal",
    "thousands",
    "currency",
];
pub(in crate::mapping) const ATTRIBUTE_KEYS: &[&str] = &[
    "column",
    "join",
    "constant",
    "template",
    "when",
    "rename",
    "nulls",
    "required",
    "default",
    "format",
    "zone",
    "decimal",
    "thousands",
    "type",
];
pub(in crate::mapping) const CONDITION_KEYS: &[&str] =
    &["column", "join", "equals", "not", "in", "empty", "present", "any"];

/// What names of columns refer to.
pub(super) struct Scope<'a> {
    pub(super) source: usize,
    pub(super) joins: &'a [Join],
}

impl Parser {
    /// A column's name, a value, or a list of values of which the first counts whose condition holds.
    pub(super) fn alternatives(
        &mut self,
        node: &Node,
        path: &str,
        shape: &Shape,
        keys: &[&str],
        scope: &Scope<'_>,
    ) -> Option<Vec<ValueSpec>> {
        let Value::List(items) = &node.value else {
            return self
                .value(node, path, shape, keys, scope)
                .map(|value| vec![value]);
        };
        let values: Vec<ValueSpec> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.value(item, &format!("{path}[{index}]"), shape, keys, scope))
            .collect();
        if items.is_empty() {
            self.problems
                .add(node.line, path, "is empty: name a column or give a value");
        }
        let unreachable = values.iter().position(|value| value.when.is_empty());
        if let Some(index) = unreachable.filter(|index| index + 1 < values.len()) {
            let here = format!("{path}[{index}]");
            self.problems.add(
                items[index].line,
                &here,
                "has no `when`: what follows it never counts",
            );
        }
        Some(values)
    }

    fn value(
        &mut self,
        node: &Node,
        path: &str,
        shape: &Shape,
        keys: &[&str],
        scope: &Scope<'_>,
    ) -> Option<ValueSpec> {
        if let Value::Text(name) = &node.value {
            let column = self.column(scope.source, name, path, node.line);
            let from = From::Cell(Cell { join: None, column });
            let writing = self.sources[scope.source].writing.clone();
            return Some(ValueSpec {
                from,
                writing,
                ..ValueSpec::default()
            });
        }
        let table = self.problems.table(node, path, keys);
        let from = self.from(&table, scope)?;
        let read_from = match &from {
            From::Cell(Cell { join: Some(join), .. }) => scope.joins[*join].source,
            _ => scope.source,
        };
        let inherited = self.sources[read_from].writing.clone();
        let value = ValueSpec {
            when: self.when(&table, scope),
            rename: renames(&table, &mut self.problems),
            nulls: table.texts("nulls", &mut self.problems),
            required: table.flag("required", &mut self.problems),
            default: table.text("default", &mut self.problems),
            writing: writing(&table, "format", &inherited, &mut self.problems),
            currency: self.currency(&table, scope),
            from,
        };
        self.fits(&table, &value, shape);
        Some(value)
    }

    fn from(&mut self, table: &Table<'_>, scope: &Scope<'_>) -> Option<From> {
        let given: Vec<&str> = ["column", "constant", "template"]
            .into_iter()
            .filter(|key| table.get(key).is_some())
            .collect();
        if given.len() != 1 {
            let message = "give one of `column`, `constant` and `template`";
            self.problems.add(table.line, &table.path, message);
            return None;
        }
        match given[0] {
            "column" => self.cell(table, scope).map(From::Cell),
            "constant" => table.text("constant", &mut self.problems).map(From::Constant),
            _ => {
                let text = table.text("template", &mut self.problems)?;
                let line = table.get("template").map_or(table.line, |node| node.line);
                self.template(&text, &table.at("template"), line, scope)
                    .map(From::Template)
            }
        }
    }

    /// The cell that `column` and `join` name.
    fn cell(&mut self, table: &Table<'_>, scope: &Scope<'_>) -> Option<Cell> {
        let node = table.need("column", &mut self.problems)?;
        let name = self.problems.text(node, &table.at("column"))?;
        let join = match table.text("join", &mut self.problems) {
            None => None,
            Some(name) => Some(self.join_named(&name, table, scope)?),
        };
        let source = join.map_or(scope.source, |join| scope.joins[join].source);
        let column = self.column(source, &name, &table.at("column"), node.line);
        Some(Cell { join, column })
    }

    fn join_named(&mut self, name: &str, table: &Table<'_>, scope: &Scope<'_>) -> Option<usize> {
        let found = scope.joins.iter().position(|join| join.name == name);
        if found.is_none() {
            let hint = did_you_mean(name, scope.joins.iter().map(|join| join.name.as_str()));
            self.problems.add(
                table.line,
                &table.at("join"),
                format!("`{name}` is not a join of this record{hint}"),
            );
        }
        found
    }

    /// `{column}` and `{join.column}` between plain text; `{{` and `}}` are braces.
    fn template(&mut self, text: &str, path: &str, line: u64, scope: &Scope<'_>) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if matches!(c, '{' | '}') && rest.peek() == Some(&c) {
                rest.next();
                plain.push(c);
            } else if c == '{' {
                let name: String = rest.by_ref().take_while(|c| *c != '}').collect();
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Cell(self.piece(&name, path, line, scope)));
            } else {
                plain.push(c);
            }
        }
        pieces.push(Piece::Text(plain));
        if !pieces.iter().any(|piece| matches!(piece, Piece::Cell(_))) {
            self.problems.add(
                line,
                path,
                format!("`{text}` names no {{column}}: use `constant`"),
            );
            return None;
        }
        Some(pieces)
    }

    fn piece(&mut self, name: &str, path: &str, line: u64, scope: &Scope<'_>) -> Cell {
        let joined = name.split_once('.').and_then(|(join, column)| {
            let join = scope.joins.iter().position(|known| known.name == join)?;
            Some((join, column))
        });
        match joined {
            Some((join, column)) => {
                let column = self.column(scope.joins[join].source, column, path, line);
                Cell {
                    join: Some(join),
                    column,
                }
            }
            None => Cell {
                join: None,
                column: self.column(scope.source, name, path, line),
            },
        }
    }

    /// `currency: EUR` or `currency: {column: ...}`.
    fn currency(&mut self, table: &Table<'_>, scope: &Scope<'_>) -> Option<Box<ValueSpec>> {
        let node = table.get("currency")?;
        let path = table.at("currency");
        let Value::Text(code) = &node.value else {
            return self
                .value(node, &path, &Shape::Text, super::VALUE_KEYS, scope)
                .map(Box::new);
        };
        if let Err(message) = code.parse::<bellwether_domain::Currency>() {
            self.problems.add(node.line, &path, message);
        }
        Some(Box::new(ValueSpec {
            from: From::Constant(code.clone()),
            ..ValueSpec::default()
        }))
    }

    /// Keys that have no meaning for the field, and constants that it cannot hold.
    fn fits(&mut self, table: &Table<'_>, value: &ValueSpec, shape: &Shape) {
        let dated = matches!(shape, Shape::Day | Shape::When);
        let numeric = matches!(shape, Shape::Money | Shape::Decimal | Shape::Whole(_));
        let rules = [
            ("format", dated, "dates"),
            ("zone", dated, "dates"),
            ("decimal", numeric, "numbers"),
            ("thousands", numeric, "numbers"),
            ("currency", *shape == Shape::Money, "amounts of money"),
        ];
        for (key, fits, what) in rules {
            if let Some(node) = table.get(key).filter(|_| !fits) {
                self.problems.add(
                    node.line,
                    &table.at(key),
                    format!("`{key}` has a meaning for {what} only"),
                );
            }
        }
        let constants = match &value.from {
            From::Constant(text) => [Some(text), value.default.as_ref()],
            _ => [None, value.default.as_ref()],
        };
        for text in constants.into_iter().flatten() {
            let text = value.rename.get(text).unwrap_or(text);
            if let Err(message) = value::check_constant(text, shape, &value.writing) {
                self.problems.add(table.line, &table.path, message);
            }
        }
    }

    pub(super) fn when(&mut self, table: &Table<'_>, scope: &Scope<'_>) -> Vec<Condition> {
        let node = table.get("when");
        node.map(|node| self.conditions(node, &table.at("when"), scope))
            .unwrap_or_default()
    }

    /// One condition, or a list of which all must hold.
    pub(super) fn conditions(&mut self, node: &Node, path: &str, scope: &Scope<'_>) -> Vec<Condition> {
        match &node.value {
            Value::List(items) => {
                let one =
                    |(index, item): (usize, &Node)| self.condition(item, &format!("{path}[{index}]"), scope);
                items.iter().enumerate().filter_map(one).collect()
            }
            _ => self.condition(node, path, scope).into_iter().collect(),
        }
    }

    fn condition(&mut self, node: &Node, path: &str, scope: &Scope<'_>) -> Option<Condition> {
        let table = self.problems.table(node, path, CONDITION_KEYS);
        let tests = ["equals", "not", "in", "empty", "present", "any"];
        let given: Vec<&str> = tests.into_iter().filter(|key| table.get(key).is_some()).collect();
        if given.len() != 1 {
            self.problems
                .add(node.line, path, format!("give one of {}", tests.join(", ")));
            return None;
        }
        if given[0] == "any" {
            let at = table.at("any");
            let list = table
                .get("any")
                .map_or(&[][..], |node| self.problems.list(node, &at));
            let one = |(index, item): (usize, &Node)| self.condition(item, &format!("{at}[{index}]"), scope);
            return Some(Condition::Any(list.iter().enumerate().filter_map(one).collect()));
        }
        let cell = self.cell(&table, scope)?;
        let problems = &mut self.problems;
        Some(match given[0] {
            "equals" => Condition::In(cell, table.text("equals", problems).into_iter().collect()),
            "in" => Condition::In(cell, table.texts("in", problems)),
            "not" => Condition::NotIn(cell, table.texts("not", problems)),
            "empty" if table.flag("empty", problems) => Condition::Empty(cell),
            "present" if !table.flag("present", problems) => Condition::Empty(cell),
            _ => Condition::Present(cell),
        })
    }
}
