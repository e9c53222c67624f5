//! What is wrong with a definition, and where: the key, the character, the text with a caret below it, and what was
//! probably meant.

use bellwether_domain::{Error, ErrorReason};

use crate::catalogue::measure::MeasureSource;
use crate::catalogue::{Definition, nearest};
use crate::table::{Column, Storage, Table};

/// The longest line that is shown.
const WIDEST: usize = 160;
/// The functions of formulas.
const FUNCTIONS: [&str; 6] = ["min", "max", "abs", "coalesce", "if", "pow"];

/// A mistake of the YAML itself.
pub(super) fn of_yaml(text: &str, error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error as Yaml;
    let plain = error.without_snippet();
    let near = |name: &str, known: &[&str]| {
        nearest(name, known.iter().copied())
            .unwrap_or_default()
            .to_owned()
    };
    let said = match plain {
        Yaml::SerdeUnknownField { field, .. } if field == "kpis" => {
            "give the keys of one KPI, without `kpis:` and the dash".to_owned()
        }
        Yaml::SerdeUnknownField { field, expected, .. } => {
            format!(
                "there is no key `{}`: did you mean `{}`?",
                short(field),
                near(field, expected)
            )
        }
        Yaml::SerdeUnknownVariant {
            variant, expected, ..
        } => format!(
            "`{}` is none of {}: did you mean `{}`?",
            short(variant),
            expected.join(", "),
            near(variant, expected)
        ),
        Yaml::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        other => first_line(&other.to_string()),
    };
    let Some(location) = error.location() else {
        return said;
    };
    let (line, column) = (location.line(), location.column());
    let shown = usize::try_from(line.saturating_sub(1))
        .ok()
        .and_then(|line| text.lines().nth(line));
    let caret = shown.map_or_else(String::new, |shown| with_caret(shown, column));
    format!("line {line}, column {column}: {said}{caret}")
}

/// A mistake that was found when names were resolved: shown in the text that it is in.
pub(super) fn into(definition: &Definition, error: &Error) -> Error {
    let (path, message) = match error.violations.first() {
        Some(one) => (
            one.field
                .strip_prefix(&format!("{}.", definition.id))
                .unwrap_or(&one.field),
            one.message.as_str(),
        ),
        None => ("", error.message.as_str()),
    };
    let place = Place::find(definition, path);
    let told = place.map_or_else(|| message.to_owned(), |place| place.tell(message));
    let field = if path.is_empty() {
        "definition".to_owned()
    } else {
        format!("definition.{path}")
    };
    Error::invalid(ErrorReason::InvalidDefinition, field, told)
}

/// An expression of a definition, and the names that may stand in it.
struct Place<'a> {
    text: &'a str,
    names: Vec<&'a str>,
}

impl<'a> Place<'a> {
    fn find(definition: &'a Definition, path: &str) -> Option<Self> {
        if path == "formula" {
            return Some(Self {
                text: &definition.formula,
                names: names(&definition.measures),
            });
        }
        let rest = path.strip_prefix("measures.")?;
        let (name, rest) = rest.split_once('.')?;
        let outer = definition.measures.iter().find(|one| one.name == name)?;
        match rest.strip_prefix("measures.") {
            None => Self::of(outer, rest),
            Some(rest) => {
                let (name, key) = rest.split_once('.')?;
                Self::of(outer.measures.iter().find(|one| one.name == name)?, key)
            }
        }
    }

    fn of(source: &'a MeasureSource, key: &str) -> Option<Self> {
        let columns = || {
            let table = Table::from_name(&source.table);
            let columns = table.map_or(&[][..], |table| table.columns());
            let hidden =
                |column: &&Column| matches!(column.storage(), Storage::Code(dict) if dict.is_identity());
            let shown = columns.iter().filter(|column| !hidden(column));
            shown.map(|column| column.name()).collect()
        };
        let (text, names) = match key {
            "formula" => (source.formula.as_str(), names(&source.measures)),
            "where" => (source.only.as_str(), names(&source.measures)),
            "filter" => (source.filter.as_str(), columns()),
            "expression" => (source.expression.as_str(), columns()),
            _ => return None,
        };
        Some(Self { text, names })
    }

    /// The message, the name that was probably meant, and the text with a caret.
    fn tell(&self, message: &str) -> String {
        let (column, said) = self.split(message);
        let said = tidy(said);
        let unknown = unknown_name(&said);
        let column = column.or_else(|| self.column_of(unknown?));
        let hint = match unknown {
            Some(name) if !said.contains("did you mean") => self
                .nearest(name, &said)
                .map_or_else(String::new, |near| format!(": did you mean `{near}`?")),
            _ => String::new(),
        };
        match column {
            Some(column) => format!("column {column}: {said}{hint}{}", with_caret(self.text, column)),
            None => format!("{said}{hint}{}", with_caret(self.text, 0)),
        }
    }

    /// What was probably meant by a name that there is not.
    fn nearest(&self, name: &str, said: &str) -> Option<&str> {
        if said.contains("there is no function") {
            return nearest(name, FUNCTIONS.into_iter());
        }
        let known = if said.contains("function") {
            &[]
        } else {
            self.names.as_slice()
        };
        nearest(name, known.iter().copied())
    }

    /// A message of the parsers begins with the text and the column.
    fn split<'m>(&self, message: &'m str) -> (Option<u64>, &'m str) {
        let Some(rest) = message
            .strip_prefix('`')
            .and_then(|rest| rest.strip_prefix(self.text))
        else {
            return (None, message);
        };
        if let Some(plain) = rest.strip_prefix("`: ") {
            return (None, plain);
        }
        let placed = rest
            .strip_prefix("`, column ")
            .and_then(|rest| rest.split_once(": "));
        match placed.and_then(|(column, said)| Some((column.parse().ok()?, said))) {
            Some((column, said)) => (Some(column), said),
            None => (None, message),
        }
    }

    /// Where a word stands in the text, from 1.
    fn column_of(&self, word: &str) -> Option<u64> {
        if word.is_empty() {
            return None;
        }
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let mut from = 0;
        while let Some(found) = self.text[from..].find(word) {
            let (start, end) = (from + found, from + found + word.len());
            let before = self.text[..start].chars().next_back();
            let after = self.text[end..].chars().next();
            if !before.is_some_and(part) && !after.is_some_and(part) {
                return u64::try_from(self.text[..start].chars().count() + 1).ok();
            }
            from = end;
        }
        None
    }
}

fn names(measures: &[MeasureSource]) -> Vec<&str> {
    measures.iter().map(|one| one.name.as_str()).collect()
}

/// Without what the expression parser adds for its own users.
fn tidy(said: &str) -> String {
    let end = ["Valid fields are", "Did you mean", "\n"]
        .into_iter()
        .filter_map(|mark| said.find(mark))
        .min();
    let said = end.map_or(said, |end| &said[..end]);
    said.trim_end_matches([' ', '.', '\n']).to_owned()
}

/// The name in a message that says that there is none such.
fn unknown_name(said: &str) -> Option<&str> {
    let openings = [
        ("there is no measure `", '`'),
        ("there is no function `", '`'),
        ("No field named ", ' '),
        ("Invalid function '", '\''),
    ];
    openings.into_iter().find_map(|(opening, close)| {
        let rest = &said[said.find(opening)? + opening.len()..];
        let name = rest.split(close).next()?;
        let name = name.trim_matches(|c: char| matches!(c, '"' | '.' | ','));
        // A text may itself speak as a message does, and go on with a space.
        (!name.is_empty()).then_some(name)
    })
}

/// The text on a line of its own, and below it a caret at a character, from 1; 0 = none.
fn with_caret(text: &str, column: u64) -> String {
    if text.is_empty() || text.contains('\n') || text.chars().count() > WIDEST {
        return String::new();
    }
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let column = usize::try_from(column).unwrap_or(0);
    if column == 0 || column > shown.chars().count() + 1 {
        return format!("\n  {shown}");
    }
    format!("\n  {shown}\n  {}^", " ".repeat(column - 1))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_no_letters_is_nowhere() {
        let place = Place {
            text: "No field named  aaaa",
            names: vec!["aaa"],
        };
        let told = |message: &str| place.tell(message);
        assert!(told("No field named  aaaa").starts_with("No field named  aaaa\n"));
        assert!(told("there is no measure ``").starts_with("there is no measure ``\n"));
        assert_eq!(place.column_of(""), None);
        assert_eq!(place.column_of("aaaa"), Some(17));
        assert!(
            told("No field named aaaa").starts_with("column 17: No field named aaaa: did you mean `aaa`?")
        );
    }
}
