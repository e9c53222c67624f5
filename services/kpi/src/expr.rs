//! SQL expressions of definitions: parsed, type-checked and simplified by DataFusion's expression crates when a
//! definition is loaded; at a scan, tests of one column run on raw slices and only what is richer on record batches.

mod batch;
mod bind;
mod context;
mod parse;
mod simple;

#[cfg(test)]
mod tests;

use std::fmt;

pub use batch::BatchExpr;
pub use bind::{BoundFilter, BoundValue, Layout};

use crate::table::{Column, Table};

/// A condition on rows.
#[derive(Debug, Clone)]
pub enum Filter {
    /// All rows.
    Every,
    /// The rows that pass every test.
    Tests(Vec<Test>),
    /// The rows for which an expression is true.
    Batch(BatchExpr),
}

/// What a measure aggregates: a whole number, or null.
#[derive(Debug, Clone)]
pub enum Value {
    /// A column as it is.
    Column(Column),
    /// Anything else.
    Batch(BatchExpr),
}

/// A test of one column. As in SQL, what is null passes none but [`Check::Missing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The column.
    pub column: Column,
    /// What must hold.
    pub check: Check,
}

/// What a test asks of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It is one of these texts.
    Among(Vec<String>),
    /// It is none of these texts.
    NotAmong(Vec<String>),
    /// It compares so with a number.
    Number(Comparison, i64),
    /// The flag is set, or not.
    Flag(bool),
    /// It is not null.
    Present,
    /// It is null.
    Missing,
}

/// How two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a text is no expression over a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprError {
    /// The text.
    pub text: String,
    /// Which character, from 1, when it is known.
    pub column: Option<u64>,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "`{}`, column {column}: {}", self.text, self.message),
            None => write!(f, "`{}`: {}", self.text, self.message),
        }
    }
}

impl std::error::Error for ExprError {}

/// Compiles a condition on the rows of a table; the empty text is all rows.
///
/// # Errors
/// What is wrong, and where.
pub fn filter(table: Table, text: &str) -> Result<Filter, ExprError> {
    if text.trim().is_empty() {
        return Ok(Filter::Every);
    }
    let parsed = parse::condition(table, text)?;
    Ok(match simple::tests(&parsed.logical) {
        Some(tests) if tests.is_empty() => Filter::Every,
        Some(tests) => Filter::Tests(tests),
        None => Filter::Batch(BatchExpr::new(parsed)),
    })
}

/// Compiles an expression whose values are whole numbers.
///
/// # Errors
/// What is wrong, and where.
pub fn value(table: Table, text: &str) -> Result<Value, ExprError> {
    let parsed = parse::number(table, text)?;
    Ok(match simple::plain_column(&parsed.logical) {
        Some(column) => Value::Column(column),
        None => Value::Batch(BatchExpr::new(parsed)),
    })
}
