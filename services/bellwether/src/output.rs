//! The only room that prints: data on standard output as table, JSON or CSV, everything else on standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::cli::{Format, Look};
use crate::exit::Failure;

mod figures;
mod table;
mod wrap;

pub(crate) use figures::{compact, percent_points, precise, relative};
pub(crate) use table::{Cell, Sheet, Tone};
pub(crate) use wrap::wrapped;

/// The widest line of running text.
const WIDTH: usize = 96;
/// What a terminal is taken for at least.
const NARROWEST: usize = 40;

/// Something that can be shown in each form.
pub(crate) trait View {
    /// For programs: exact values.
    fn json(&self) -> Value;
    /// For eyes: rounded, with units.
    fn text(&self, page: &Page) -> String;
    /// For spreadsheets: exact values, the header first.
    fn csv(&self) -> Vec<Vec<String>>;
}

/// What text is laid out for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Whether colours may be used.
    pub(crate) colour: bool,
    /// Whether long cells are wrapped to the width of the terminal.
    pub(crate) wrap: bool,
}

impl Page {
    /// The width that running text is wrapped to: the terminal's, within what can be read.
    pub(crate) fn width(&self) -> usize {
        let terminal = self.wrap.then(|| comfy_table::Table::new().width()).flatten();
        terminal.map_or(WIDTH, |width| usize::from(width).clamp(NARROWEST, WIDTH))
    }
}

/// Where results and remarks go.
#[derive(Debug)]
pub(crate) struct Printer {
    format: Format,
    page: Page,
    colour_remarks: bool,
}

impl Printer {
    /// A printer to the standard streams of this process.
    pub(crate) fn new(look: &Look) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self {
            format: look.output,
            page: Page {
                colour: terminal && !look.no_color,
                wrap: terminal,
            },
            colour_remarks: std::io::stderr().is_terminal() && !look.no_color,
        }
    }

    /// Prints data in the form asked for.
    ///
    /// # Errors
    /// When standard output cannot be written; a reader that has seen enough (`| head`) is no error.
    pub(crate) fn show(&self, view: &impl View) -> Result<(), Failure> {
        let text = match self.format {
            Format::Table => view.text(&self.page),
            Format::Json => json_text(&view.json()),
            Format::Csv => csv_text(&view.csv())?,
        };
        self.data(&text)
    }

    /// Prints one of several results in the form asked for, JSON on a line of its own; `false` = nobody reads any more.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub(crate) fn event(&self, view: &impl View) -> Result<bool, Failure> {
        let text = match self.format {
            Format::Table => view.text(&self.page),
            Format::Json => view.json().to_string(),
            Format::Csv => csv_text(&view.csv())?,
        };
        if text.is_empty() {
            return Ok(true);
        }
        self.write(&text)
    }

    /// Prints text as it is.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        self.write(text).map(|_| ())
    }

    /// Writes text to standard output; `false` = nobody reads any more.
    fn write(&self, text: &str) -> Result<bool, Failure> {
        let mut out = std::io::stdout().lock();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = out
            .write_all(text.as_bytes())
            .and_then(|()| out.write_all(end.as_bytes()))
            .and_then(|()| out.flush());
        match written {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(Failure::unavailable(format!("cannot write the result: {error}"))),
        }
    }

    /// A remark for the person at the keyboard.
    pub(crate) fn remark(&self, text: &str) {
        self.aside("", "", text);
    }

    /// Something the person at the keyboard should look at.
    pub(crate) fn warning(&self, text: &str) {
        self.aside("\x1b[33m", "warning: ", text);
    }

    /// Why a command failed.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.aside("\x1b[31m", "error: ", &failure.lines().join("\n"));
    }

    fn aside(&self, colour: &str, head: &str, text: &str) {
        let mut err = std::io::stderr().lock();
        let (on, off) = if self.colour_remarks && !colour.is_empty() {
            (colour, "\x1b[0m")
        } else {
            ("", "")
        };
        // There is nobody left to tell when even this cannot be written.
        writeln!(err, "{on}{head}{off}{text}").ok();
    }

    /// A progress bar on standard error for `total` of something; invisible when that is no terminal.
    pub(crate) fn bar(&self, total: u64, template: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar
    }
}

/// One line an element, so that long lists can be read and searched; one object over several lines.
fn json_text(value: &Value) -> String {
    match value {
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            let lines: Vec<String> = items.iter().map(ToString::to_string).collect();
            format!("[\n{}\n]", lines.join(",\n"))
        }
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

fn csv_text(rows: &[Vec<String>]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: String| Failure::unavailable(format!("cannot write CSV: {error}"));
    for row in rows {
        writer
            .write_record(row)
            .map_err(|error| broken(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_one_line_an_element() {
        let text = json_text(&json!([{"b": 1, "a": null}, {"b": 2}]));
        assert_eq!(text, "[\n{\"b\":1,\"a\":null},\n{\"b\":2}\n]");
        assert_eq!(json_text(&json!([])), "[]");
        assert_eq!(json_text(&json!({"rows": 1})), "{\n  \"rows\": 1\n}");
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let rows = [
            vec!["a".to_owned(), "b".to_owned()],
            vec!["x,y".to_owned(), "say \"hi\"".to_owned()],
        ];
        assert_eq!(csv_text(&rows).unwrap(), "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n");
    }
}
