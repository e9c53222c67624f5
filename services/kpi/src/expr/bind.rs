//! Expressions tied to one scan: columns by their place in the morsel, texts by their codes.

use arrow::array::{ArrayRef, AsArray as _};
use arrow::datatypes::Int64Type;
use bellwether_domain::{Error, Result};

use super::batch::{BatchExpr, dict_of, texts_of};
use super::{Check, Comparison, Filter, Test, Value};
use crate::table::{Column, Dict, Morsel, NULL, Slice};
use crate::tenant::Dictionary;

/// The columns that a scan reads: each once, in order of first need.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    columns: Vec<Column>,
}

impl Layout {
    /// The place of a column, which is added when it is new.
    pub fn place(&mut self, column: Column) -> usize {
        if let Some(place) = self.columns.iter().position(|known| *known == column) {
            return place;
        }
        self.columns.push(column);
        self.columns.len() - 1
    }

    /// The columns, in order of their places.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

/// A condition, ready to run on morsels.
#[derive(Debug, Clone)]
pub enum BoundFilter {
    /// All rows.
    Every,
    /// The rows with one code in one column.
    Code {
        /// The column's place.
        column: usize,
        /// The code; 0 = a text that nobody has: no row.
        code: u32,
    },
    /// The rows that pass every test.
    Tests(Vec<BoundTest>),
    /// The rows for which an expression is true.
    Batch(BoundBatch),
}

/// A test of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundTest {
    column: usize,
    check: BoundCheck,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum BoundCheck {
    /// Index = code.
    Codes(Vec<bool>),
    Number(Comparison, i64),
    Flag(bool),
    Present(bool),
}

/// What is aggregated.
#[derive(Debug, Clone)]
pub enum BoundValue {
    /// The column of whole numbers at a place.
    Column(usize),
    /// An expression.
    Batch(BoundBatch),
}

/// An expression with the places of its columns and the texts of their codes.
#[derive(Debug, Clone)]
pub struct BoundBatch {
    expr: BatchExpr,
    places: Vec<usize>,
    texts: Vec<Option<ArrayRef>>,
}

impl Filter {
    /// Ties the condition to a scan.
    pub fn bind<'a>(&self, layout: &mut Layout, dictionary: &impl Fn(Dict) -> &'a Dictionary) -> BoundFilter {
        match self {
            Self::Every => BoundFilter::Every,
            Self::Batch(expr) => BoundFilter::Batch(BoundBatch::new(expr, layout, dictionary)),
            Self::Tests(tests) => {
                if let [
                    Test {
                        column,
                        check: Check::Among(texts),
                    },
                ] = tests.as_slice()
                    && let ([text], Some(dict)) = (texts.as_slice(), dict_of(*column))
                {
                    let code = dictionary(dict).code(text).unwrap_or(0);
                    return BoundFilter::Code {
                        column: layout.place(*column),
                        code,
                    };
                }
                BoundFilter::Tests(tests.iter().map(|test| test.bind(layout, dictionary)).collect())
            }
        }
    }
}

impl Value {
    /// Ties the expression to a scan.
    pub fn bind<'a>(&self, layout: &mut Layout, dictionary: &impl Fn(Dict) -> &'a Dictionary) -> BoundValue {
        match self {
            Self::Column(column) => BoundValue::Column(layout.place(*column)),
            Self::Batch(expr) => BoundValue::Batch(BoundBatch::new(expr, layout, dictionary)),
        }
    }
}

impl Test {
    fn bind<'a>(&self, layout: &mut Layout, dictionary: &impl Fn(Dict) -> &'a Dictionary) -> BoundTest {
        let codes = |texts: &[String], wanted: bool| {
            let Some(dict) = dict_of(self.column) else {
                return Vec::new();
            };
            let dictionary = dictionary(dict);
            let mut allowed = vec![!wanted; dictionary.len()];
            for code in texts.iter().filter_map(|text| dictionary.code(text)) {
                allowed[code as usize] = wanted;
            }
            allowed[0] = false;
            allowed
        };
        let check = match &self.check {
            Check::Among(texts) => BoundCheck::Codes(codes(texts, true)),
            Check::NotAmong(texts) => BoundCheck::Codes(codes(texts, false)),
            Check::Number(comparison, number) => BoundCheck::Number(*comparison, *number),
            Check::Flag(set) => BoundCheck::Flag(*set),
            Check::Present => BoundCheck::Present(true),
            Check::Missing => BoundCheck::Present(false),
        };
        BoundTest {
            column: layout.place(self.column),
            check,
        }
    }
}

impl BoundFilter {
    /// Whether it is known to be the same condition.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Every, Self::Every) => true,
            (
                Self::Code { column, code },
                Self::Code {
                    column: other_column,
                    code: other_code,
                },
            ) => (column, code) == (other_column, other_code),
            (Self::Tests(tests), Self::Tests(others)) => tests == others,
            _ => false,
        }
    }

    /// Writes for each row of a morsel whether it passes.
    ///
    /// # Errors
    /// `INTERNAL` when an expression fails.
    pub fn mask(&self, morsel: &Morsel<'_>, mask: &mut Vec<bool>) -> Result<()> {
        mask.clear();
        mask.resize(morsel.rows, true);
        match self {
            Self::Every => {}
            Self::Code { column, code } => {
                if let Slice::Code(codes) = morsel.columns[*column] {
                    strike(mask, codes, |one| one == *code && one != 0);
                }
            }
            Self::Tests(tests) => {
                for test in tests {
                    narrow(&test.check, morsel.columns[test.column], mask);
                }
            }
            Self::Batch(batch) => {
                let array = batch.evaluate(morsel)?;
                let flags = array
                    .as_boolean_opt()
                    .ok_or_else(|| Error::internal("a condition gave no flags"))?;
                for (pass, flag) in mask.iter_mut().zip(flags) {
                    *pass = flag == Some(true);
                }
            }
        }
        Ok(())
    }
}

impl BoundBatch {
    fn new<'a>(expr: &BatchExpr, layout: &mut Layout, dictionary: &impl Fn(Dict) -> &'a Dictionary) -> Self {
        let columns = expr.columns();
        Self {
            places: columns.iter().map(|column| layout.place(*column)).collect(),
            texts: columns
                .iter()
                .map(|column| dict_of(*column).map(|dict| texts_of(dictionary(dict))))
                .collect(),
            expr: expr.clone(),
        }
    }

    fn evaluate(&self, morsel: &Morsel<'_>) -> Result<ArrayRef> {
        let slices: Vec<Slice<'_>> = self.places.iter().map(|place| morsel.columns[*place]).collect();
        self.expr.evaluate(morsel.rows, &slices, &self.texts)
    }

    /// The values for a morsel, null as [`NULL`].
    ///
    /// # Errors
    /// `INTERNAL` when the expression fails.
    pub fn numbers(&self, morsel: &Morsel<'_>, into: &mut Vec<i64>) -> Result<()> {
        let array = self.evaluate(morsel)?;
        let numbers = array
            .as_primitive_opt::<Int64Type>()
            .ok_or_else(|| Error::internal("an expression gave no whole numbers"))?;
        into.clear();
        into.extend(numbers.iter().map(|number| number.unwrap_or(NULL)));
        Ok(())
    }
}

/// Strikes from a mask what does not pass a check.
fn narrow(check: &BoundCheck, slice: Slice<'_>, mask: &mut [bool]) {
    match (check, slice) {
        (BoundCheck::Codes(allowed), Slice::Code(codes)) => {
            strike(mask, codes, |code| {
                allowed.get(code as usize).copied().unwrap_or(false)
            });
        }
        (BoundCheck::Present(wanted), Slice::Code(codes)) => {
            strike(mask, codes, |code| (code != 0) == *wanted)
        }
        (BoundCheck::Present(wanted), Slice::I64(values)) => {
            strike(mask, values, |value| (value != NULL) == *wanted)
        }
        (BoundCheck::Present(false), _) => mask.fill(false),
        (BoundCheck::Number(comparison, number), Slice::I64(values)) => {
            strike(mask, values, |value| {
                value != NULL && comparison.holds(value, *number)
            });
        }
        (BoundCheck::Number(comparison, number), Slice::I32(values)) => {
            strike(mask, values, |value| comparison.holds(i64::from(value), *number));
        }
        (BoundCheck::Flag(set), Slice::U8(flags)) => strike(mask, flags, |flag| (flag != 0) == *set),
        // A check of another kind than the column has cannot be: expressions are type-checked. Present columns pass.
        (BoundCheck::Present(true), _) => {}
        _ => mask.fill(false),
    }
}

fn strike<T: Copy>(mask: &mut [bool], values: &[T], passes: impl Fn(T) -> bool) {
    for (pass, value) in mask.iter_mut().zip(values) {
        *pass &= passes(*value);
    }
}

impl Comparison {
    fn holds(self, value: i64, number: i64) -> bool {
        match self {
            Self::Equal => value == number,
            Self::NotEqual => value != number,
            Self::Less => value < number,
            Self::LessOrEqual => value <= number,
            Self::Greater => value > number,
            Self::GreaterOrEqual => value >= number,
        }
    }
}
