//! The files of an import and the rows in them: which file is which source, whether its columns are there, and each row as
//! cells.

mod csv_file;
mod jsonl_file;

use std::io::{BufReader, Read};
use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result, Violation};

use super::row::{Kept, clean};
use super::spec::{Format, Mapping, Source};

pub(super) use jsonl_file::{text as jsonl_text, too_long as line_too_long};

/// A file that can be read from its beginning as often as needed.
pub trait Input: Send + Sync {
    /// Its name, without folders.
    fn name(&self) -> &str;
    /// Its bytes.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self) -> std::io::Result<Box<dyn Read + '_>>;
}

/// A file, as a source of a mapping.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) source: usize,
    /// Its number among the inputs.
    pub(super) file: u32,
    pub(super) name: Arc<str>,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// The names of the columns, and where the columns stand that the source keeps.
    Csv {
        header: Vec<Arc<str>>,
        places: Vec<usize>,
    },
    /// The keys of an object are looked for in each line.
    Jsonl,
}

/// A row: its cells, or the field and the reason for which it cannot be used.
pub(super) type RowCells<'a> = std::result::Result<&'a Kept, (&'a str, String)>;

/// What a row's reader is called with: the line, and the row. It says whether to go on.
pub(super) type OnRow<'f> = dyn FnMut(u64, RowCells<'_>) -> Result<bool> + 'f;

/// The files of a mapping.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    pub(super) files: Vec<Bound>,
    pub(super) warnings: Vec<String>,
}

/// Finds the source of each file and the columns in it.
///
/// # Errors
/// `INVALID_ARGUMENT` (`INVALID_MAPPING`) naming every file with an absent or doubled column, every looked-up source
/// without a file, files that fit two sources, and in strict mode columns and files that the mapping does not name.
pub(super) fn bind(mapping: &Mapping, inputs: &[Box<dyn Input>], strict: bool) -> Result<Bindings> {
    let mut binder = Binder {
        mapping,
        bindings: Bindings::default(),
        violations: Vec::new(),
        extras: Vec::new(),
    };
    let mut numbered: Vec<(usize, &Box<dyn Input>)> = inputs.iter().enumerate().collect();
    numbered.sort_by_key(|(_, input)| input.name());
    for (number, input) in numbered {
        binder.file(number, input.as_ref())?;
    }
    binder.missing_files();
    if strict {
        binder.violations.append(&mut binder.extras);
    }
    let extras = binder.extras.iter().map(ToString::to_string);
    binder.bindings.warnings.extend(extras);
    if binder.violations.is_empty() {
        return Ok(binder.bindings);
    }
    Err(Error::violations(ErrorReason::InvalidMapping, binder.violations))
}

struct Binder<'a> {
    mapping: &'a Mapping,
    bindings: Bindings,
    violations: Vec<Violation>,
    /// Files and columns that the mapping does not name.
    extras: Vec<Violation>,
}

impl Binder<'_> {
    fn file(&mut self, number: usize, input: &dyn Input) -> Result<()> {
        let name = input.name();
        let fits = |source: &Source| source.files.iter().any(|pattern| matches(pattern, name));
        let sources: Vec<usize> = self
            .mapping
            .sources
            .iter()
            .enumerate()
            .filter(|(_, source)| fits(source))
            .map(|(i, _)| i)
            .collect();
        let [source] = sources[..] else {
            if sources.is_empty() {
                self.extras.push(Violation::new(
                    name,
                    "the file fits no source of the mapping and is not read",
                ));
            } else {
                let names: Vec<&str> = sources
                    .iter()
                    .map(|i| self.mapping.sources[*i].name.as_str())
                    .collect();
                let message = format!("the file fits several sources: {}", names.join(", "));
                self.violations.push(Violation::new(name, message));
            }
            return Ok(());
        };
        let spec = &self.mapping.sources[source];
        let layout = match spec.format.or_else(|| format_of(name)) {
            Some(Format::Csv) => self.csv(spec, input)?,
            Some(Format::Jsonl) => Some(Layout::Jsonl),
            None => {
                let message = "is neither .csv nor .jsonl: give the source a `format`";
                self.violations.push(Violation::new(name, message));
                None
            }
        };
        let file = u32::try_from(number).unwrap_or(u32::MAX);
        self.bindings.files.extend(layout.map(|layout| Bound {
            source,
            file,
            name: Arc::from(name),
            layout,
        }));
        Ok(())
    }

    fn csv(&mut self, spec: &Source, input: &dyn Input) -> Result<Option<Layout>> {
        match csv_file::read_header(input, spec)? {
            Ok((layout, unknown)) => {
                if !unknown.is_empty() {
                    let message = format!("the mapping does not name column {}", unknown.join(", "));
                    self.extras.push(Violation::new(input.name(), message));
                }
                Ok(Some(layout))
            }
            Err(messages) => {
                let wrong = messages
                    .into_iter()
                    .map(|message| Violation::new(format!("{} line 1", input.name()), message));
                self.violations.extend(wrong);
                Ok(None)
            }
        }
    }

    fn missing_files(&mut self) {
        let mut any = false;
        for (number, source) in self.mapping.sources.iter().enumerate() {
            let found = self.bindings.files.iter().any(|bound| bound.source == number);
            any |= found && self.mapping.producing(number);
            if found {
                continue;
            }
            let patterns = source.files.join(", ");
            let path = format!("sources.{}", source.name);
            if self.mapping.looked_up(number) {
                let message =
                    format!("records look rows up in it, and no file of the import is called {patterns}");
                self.violations.push(Violation::new(path, message));
            } else {
                self.bindings
                    .warnings
                    .push(format!("{path}: no file of the import is called {patterns}"));
            }
        }
        if !any && self.violations.is_empty() {
            let message = "no file of the import fits a source that makes records";
            self.violations.push(Violation::new("sources", message));
        }
    }
}

impl Bound {
    /// Reads the rows one by one, until there are no more or `on_row` says so.
    ///
    /// # Errors
    /// When the file cannot be read, or the error of `on_row`.
    pub(super) fn rows(&self, mapping: &Mapping, input: &dyn Input, on_row: &mut OnRow<'_>) -> Result<bool> {
        let source = &mapping.sources[self.source];
        match &self.layout {
            Layout::Csv { header, places } => csv_file::rows(input, source, header, places, on_row),
            Layout::Jsonl => jsonl_file::rows(input, source, on_row),
        }
    }

    /// The columns that no line of the file has, and the keys that the mapping does not name; only JSONL needs a look at
    /// every line.
    pub(super) fn keys(&self, mapping: &Mapping, input: &dyn Input) -> Result<jsonl_file::Keys> {
        match &self.layout {
            Layout::Csv { .. } => Ok(jsonl_file::Keys::default()),
            Layout::Jsonl => jsonl_file::keys(input, &mapping.sources[self.source]),
        }
    }
}

/// Opens a file with a buffer.
pub(super) fn open(input: &dyn Input) -> Result<BufReader<Box<dyn Read + '_>>> {
    let opened = input.open().map_err(|error| unreadable(input, &error))?;
    Ok(BufReader::with_capacity(64 * 1024, opened))
}

/// The error of a file that the server itself cannot read.
pub(super) fn unreadable(input: &dyn Input, error: &std::io::Error) -> Error {
    Error::unavailable(
        ErrorReason::StorageUnavailable,
        format!("cannot read {}: {error}", input.name()),
    )
}

/// A cell of the source's column of that number.
fn cell(source: &Source, column: usize, text: &str) -> Option<String> {
    let spec = &source.columns[column];
    clean(text, [&source.nulls, &spec.nulls], &spec.rename, source.trim)
}

fn format_of(name: &str) -> Option<Format> {
    match name.rsplit_once('.')?.1.to_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}

/// Whether a name fits a pattern in which `*` stands for any text and `?` for one character.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*' {
            (p, n) = (p + 1, n + 1);
        } else if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, n) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_whole_names() {
        let cases = [
            ("accounts.csv", "accounts.csv", true),
            ("accounts.csv", "xaccounts.csv", false),
            ("accounts*.csv", "accounts_2024.csv", true),
            ("*", "anything", true),
            ("a?c*z", "abcxyz", true),
            ("a?c", "ac", false),
            ("*a*b", "xaxxab", true),
            ("*a*b", "xaxxabc", false),
            ("*", "", true),
            ("?*", "*", true),
        ];
        for (pattern, name, fits) in cases {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
