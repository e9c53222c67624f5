//! Recognises the expressions that need no engine: tests of single columns joined by AND, and plain columns.

use arrow::datatypes::DataType;
use datafusion_common::ScalarValue;
use datafusion_expr::expr::InList;
use datafusion_expr::{BinaryExpr, Expr, Operator};

use super::{Check, Comparison, Test};
use crate::table::{Column, Storage};

/// The tests that a condition is made of; `None` = it is richer. No test at all = always true.
pub(super) fn tests(expr: &Expr) -> Option<Vec<Test>> {
    match expr {
        Expr::Literal(ScalarValue::Boolean(Some(true)), _) => Some(Vec::new()),
        Expr::Alias(alias) => tests(&alias.expr),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) => {
            let mut all = tests(left)?;
            all.extend(tests(right)?);
            Some(all)
        }
        // The simplifier writes a short IN list as a chain of ORs.
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => either(tests(left)?, tests(right)?),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => comparison(left, *op, right),
        Expr::InList(list) => in_list(list),
        Expr::Column(_) => flag(expr, true),
        Expr::Not(inner) => flag(inner, false),
        Expr::IsNull(inner) => Some(vec![Test {
            column: column(inner)?,
            check: Check::Missing,
        }]),
        Expr::IsNotNull(inner) => Some(vec![Test {
            column: column(inner)?,
            check: Check::Present,
        }]),
        _ => None,
    }
}

/// The column that an expression is, when it is one of whole numbers.
pub(super) fn plain_column(expr: &Expr) -> Option<Column> {
    column(expr).filter(|column| column.storage() == Storage::I64)
}

fn either(left: Vec<Test>, right: Vec<Test>) -> Option<Vec<Test>> {
    match (<[Test; 1]>::try_from(left), <[Test; 1]>::try_from(right)) {
        (
            Ok(
                [
                    Test {
                        column,
                        check: Check::Among(mut some),
                    },
                ],
            ),
            Ok(
                [
                    Test {
                        column: same,
                        check: Check::Among(more),
                    },
                ],
            ),
        ) if column == same => {
            some.extend(more);
            Some(vec![Test {
                column,
                check: Check::Among(some),
            }])
        }
        _ => None,
    }
}

fn comparison(left: &Expr, op: Operator, right: &Expr) -> Option<Vec<Test>> {
    if matches!(left, Expr::Literal(..)) && !matches!(right, Expr::Literal(..)) {
        return comparison(right, op.swap()?, left);
    }
    let (column, comparison) = (column(left)?, compare(op)?);
    let check = match (column.storage(), comparison) {
        (Storage::Code(_), Comparison::Equal) => Check::Among(vec![text(right)?]),
        (Storage::Code(_), Comparison::NotEqual) => Check::NotAmong(vec![text(right)?]),
        (Storage::I64 | Storage::I32, comparison) => Check::Number(comparison, whole(right)?),
        _ => return None,
    };
    Some(vec![Test { column, check }])
}

fn in_list(list: &InList) -> Option<Vec<Test>> {
    let column = column(&list.expr)?;
    if !matches!(column.storage(), Storage::Code(_)) {
        return None;
    }
    let texts = list.list.iter().map(text).collect::<Option<Vec<_>>>()?;
    let check = if list.negated {
        Check::NotAmong(texts)
    } else {
        Check::Among(texts)
    };
    Some(vec![Test { column, check }])
}

fn flag(expr: &Expr, set: bool) -> Option<Vec<Test>> {
    let column = column(expr).filter(|column| column.storage() == Storage::U8)?;
    Some(vec![Test {
        column,
        check: Check::Flag(set),
    }])
}

/// The column that an expression is, casts aside that change no value of it.
fn column(expr: &Expr) -> Option<Column> {
    match expr {
        Expr::Alias(alias) => column(&alias.expr),
        Expr::Cast(cast) => {
            let inner = column(&cast.expr)?;
            let harmless = match inner.storage() {
                Storage::Code(_) => is_text(cast.field.data_type()),
                Storage::I32 | Storage::I64 => cast.field.data_type() == &DataType::Int64,
                Storage::U8 => false,
            };
            harmless.then_some(inner)
        }
        Expr::Column(named) => Column::ALL
            .iter()
            .copied()
            .find(|column| column.name() == named.name),
        _ => None,
    }
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn compare(op: Operator) -> Option<Comparison> {
    Some(match op {
        Operator::Eq => Comparison::Equal,
        Operator::NotEq => Comparison::NotEqual,
        Operator::Lt => Comparison::Less,
        Operator::LtEq => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn text(expr: &Expr) -> Option<String> {
    let Expr::Literal(value, _) = expr else {
        return None;
    };
    let inner = match value {
        ScalarValue::Dictionary(_, inner) => inner,
        plain => plain,
    };
    match inner {
        ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text) => text.clone(),
        _ => None,
    }
}

fn whole(expr: &Expr) -> Option<i64> {
    let Expr::Literal(value, _) = expr else {
        return None;
    };
    match value {
        ScalarValue::Int64(number) => *number,
        ScalarValue::Int32(number) => number.map(i64::from),
        _ => None,
    }
}
