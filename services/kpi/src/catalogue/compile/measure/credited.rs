//! Won deals counted where they are credited: whoever sums what was credited too need not read closings as well.

use super::Rows;
use crate::catalogue::measure::{Aggregate, Class};
use crate::expr::{self, Check, Filter, Test, Value};
use crate::table::{Column, Table};

/// The row of each won deal that counts once.
const PRIMARY: &str = "primary";
/// What a credit has of its own; all else it has from the closing.
const OWN: [Column; 2] = [Column::Amount, Column::Owner];

/// The same count over `credits`, of rows that count won closings; `None` = it may be another one there.
pub(super) fn compile(rows: &Rows) -> Option<Box<Rows>> {
    let Filter::Tests(tests) = &rows.filter else {
        return None;
    };
    let won = |test: &Test| match &test.check {
        Check::Among(names) => test.column == Column::Outcome && names.iter().all(|name| name == "won"),
        _ => false,
    };
    // Either all parts of a deal have an amount or none.
    let counted = matches!(rows.value, None | Some(Value::Column(Column::Amount)));
    let counts = rows.table == Table::Closings
        && rows.class == Class::Flow
        && rows.aggregate == Aggregate::Count
        && rows.due.is_none();
    let shared = tests.iter().all(|test| !OWN.contains(&test.column));
    if !(counts && counted && shared && tests.iter().any(won)) {
        return None;
    }
    let text = format!("({}) AND {PRIMARY}", rows.texts.1);
    // Not all columns of closings are there.
    let filter = expr::filter(Table::Credits, &text).ok()?;
    Some(Box::new(Rows {
        table: Table::Credits,
        filter,
        texts: (rows.texts.0.clone(), text),
        ..rows.clone()
    }))
}
