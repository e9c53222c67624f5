//! Tables for eyes: no frames, numbers to the right, colour only where it helps and is wanted.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table};

use super::Page;

/// How a cell is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As any other.
    Plain,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Of little weight.
    Quiet,
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell with a tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// A table.
#[derive(Debug)]
pub(crate) struct Sheet {
    columns: Vec<(String, CellAlignment)>,
    rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// A table with columns; a name that begins with `>` stands for numbers and is aligned to the right.
    pub(crate) fn new<S: AsRef<str>>(columns: impl IntoIterator<Item = S>) -> Self {
        let column = |name: S| match name.as_ref().strip_prefix('>') {
            Some(name) => (name.to_owned(), CellAlignment::Right),
            None => (name.as_ref().to_owned(), CellAlignment::Left),
        };
        Self {
            columns: columns.into_iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// The table as text. Columns that are empty in every row are left out.
    pub(crate) fn render(&self, page: &Page) -> String {
        let used: Vec<usize> = (0..self.columns.len())
            .filter(|at| {
                self.rows
                    .iter()
                    .any(|row| row.get(*at).is_some_and(|cell| !cell.text.is_empty()))
            })
            .collect();
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        if page.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        if page.wrap {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        table.set_header(used.iter().map(|at| self.columns[*at].0.to_uppercase()));
        for row in &self.rows {
            table.add_row(
                used.iter()
                    .map(|at| row.get(*at).map_or_else(|| comfy_table::Cell::new(""), styled)),
            );
        }
        for (place, at) in used.iter().enumerate() {
            if let Some(column) = table.column_mut(place) {
                column.set_cell_alignment(self.columns[*at].1);
                column.set_padding((0, 2));
                if self.columns[*at].1 == CellAlignment::Right {
                    // A number that is broken over two lines is not a number any more.
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
            }
        }
        table.trim_fmt()
    }
}

fn styled(cell: &Cell) -> comfy_table::Cell {
    let out = comfy_table::Cell::new(&cell.text);
    match cell.tone {
        Tone::Plain => out,
        Tone::Good => out.fg(comfy_table::Color::Green),
        Tone::Bad => out.fg(comfy_table::Color::Red),
        Tone::Quiet => out.fg(comfy_table::Color::DarkGrey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Page = Page {
        colour: false,
        wrap: false,
    };

    #[test]
    fn numbers_stand_to_the_right_and_empty_columns_are_left_out() {
        let mut sheet = Sheet::new(["name", "note", ">value"]);
        sheet.push(vec!["a".into(), "".into(), "1".into()]);
        sheet.push(vec!["long".into(), "".into(), "1000".into()]);
        assert_eq!(sheet.render(&PLAIN), "NAME  VALUE\na         1\nlong   1000");
    }

    #[test]
    fn colour_is_used_only_where_wanted() {
        let mut sheet = Sheet::new(["change"]);
        sheet.push(vec![Cell::toned("+1", Tone::Good)]);
        assert!(!sheet.render(&PLAIN).contains('\x1b'));
        let colour = Page {
            colour: true,
            wrap: false,
        };
        assert!(sheet.render(&colour).contains('\x1b'));
    }
}
