//! From text to a checked expression: parsed, planned over the table's columns, coerced, simplified, made physical.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion_common::tree_node::TreeNode as _;
use datafusion_common::{DFSchema, DataFusionError};
use datafusion_expr::execution_props::ExecutionProps;
use datafusion_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion_expr::simplify::SimplifyContext;
use datafusion_expr::{Expr, ExprSchemable as _};
use datafusion_optimizer::simplify_expressions::ExprSimplifier;
use datafusion_physical_expr::{PhysicalExpr, create_physical_expr};
use datafusion_sql::planner::{ParserOptions, PlannerContext, SqlToRel};
use datafusion_sql::sqlparser::dialect::GenericDialect;
use datafusion_sql::sqlparser::parser::Parser;
use datafusion_sql::sqlparser::tokenizer::Token;

use super::ExprError;
use super::context::{Context, schema};
use crate::table::Table;

/// The longest text, in bytes, and the deepest nesting that the parser follows: parser and planner recurse, and an
/// unoptimised build needs some 30 KiB of stack a level.
const LONGEST: usize = 1_000;
const DEEPEST: usize = 12;

/// A checked expression.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    /// As DataFusion simplified it.
    pub(super) logical: Expr,
    /// Ready to run over batches with all columns of [`schema`].
    pub(super) physical: Arc<dyn PhysicalExpr>,
    /// The table.
    pub(super) table: Table,
}

/// A condition: true, false or null.
pub(super) fn condition(table: Table, text: &str) -> Result<Parsed, ExprError> {
    let (logical, schema) = plan(table, text)?;
    let found = logical.get_type(&schema).map_err(|error| explain(text, &error))?;
    if found != DataType::Boolean {
        return Err(wrong(
            text,
            None,
            format!("a condition is true or false, this is {found}"),
        ));
    }
    physical(table, text, logical, &schema)
}

/// A whole number that fits 64 bits: sums of them do not depend on the order of rows.
pub(super) fn number(table: Table, text: &str) -> Result<Parsed, ExprError> {
    let (logical, schema) = plan(table, text)?;
    let found = logical.get_type(&schema).map_err(|error| explain(text, &error))?;
    let whole =
        found.is_signed_integer() || matches!(found, DataType::UInt8 | DataType::UInt16 | DataType::UInt32);
    if !whole {
        return Err(wrong(
            text,
            None,
            format!("a measure sums whole numbers, this is {found}"),
        ));
    }
    let logical = logical
        .cast_to(&DataType::Int64, &schema)
        .map_err(|error| explain(text, &error))?;
    physical(table, text, logical, &schema)
}

fn plan(table: Table, text: &str) -> Result<(Expr, DFSchema), ExprError> {
    if text.len() > LONGEST {
        return Err(wrong(
            &text[..text.floor_char_boundary(40)],
            None,
            format!("longer than {LONGEST} bytes"),
        ));
    }
    let sql = parse(text)?;
    let fail = |error: DataFusionError| explain(text, &error);
    let schema = DFSchema::try_from(schema(table)).map_err(fail)?;
    let context = Context::new();
    let options = ParserOptions::new().with_collect_spans(true);
    let planner = SqlToRel::new_with_options(&context, options);
    let expr = planner
        .sql_to_expr(sql, &schema, &mut PlannerContext::new())
        .map_err(fail)?;
    if expr.exists(|part| Ok(is_refused(part))).map_err(fail)? {
        let message = "sub-queries, parameters and aggregates have no place in an expression";
        return Err(wrong(text, None, message.to_owned()));
    }
    let simplifier = ExprSimplifier::new(
        SimplifyContext::builder()
            .with_schema(Arc::new(schema.clone()))
            .build(),
    );
    let expr = simplifier.coerce(expr, &schema).map_err(fail)?;
    let expr = simplifier.simplify(expr).map_err(fail)?;
    Ok((expr, schema))
}

fn parse(text: &str) -> Result<datafusion_sql::sqlparser::ast::Expr, ExprError> {
    let fail = |error: datafusion_sql::sqlparser::parser::ParserError| {
        let message = error.to_string().replace("sql parser error: ", "");
        let (message, column) = place(&message);
        let at_end = message.ends_with("EOF").then(|| text.chars().count() as u64 + 1);
        wrong(text, column.or(at_end), message)
    };
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(DEEPEST)
        .try_with_sql(text)
        .map_err(fail)?;
    let sql = parser.parse_expr().map_err(fail)?;
    let rest = parser.peek_token();
    if rest.token == Token::EOF {
        return Ok(sql);
    }
    Err(wrong(
        text,
        Some(rest.span.start.column),
        format!("expected the end, found `{}`", rest.token),
    ))
}

fn physical(table: Table, text: &str, logical: Expr, schema: &DFSchema) -> Result<Parsed, ExprError> {
    let context = PhysicalPlanningContext::default();
    let physical = create_physical_expr(&logical, schema, &ExecutionProps::new(), &context)
        .map_err(|error| explain(text, &error))?;
    Ok(Parsed {
        logical,
        physical,
        table,
    })
}

fn is_refused(part: &Expr) -> bool {
    matches!(
        part,
        Expr::ScalarSubquery(_)
            | Expr::Exists(_)
            | Expr::InSubquery(_)
            | Expr::SetComparison(_)
            | Expr::Placeholder(_)
            | Expr::OuterReferenceColumn(..)
            | Expr::ScalarVariable(..)
            | Expr::AggregateFunction(_)
            | Expr::WindowFunction(_)
    )
}

fn wrong(text: &str, column: Option<u64>, message: String) -> ExprError {
    ExprError {
        text: text.to_owned(),
        column,
        message,
    }
}

/// An error of DataFusion in its own words, with the place where it has one.
fn explain(text: &str, error: &DataFusionError) -> ExprError {
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let message = error.strip_backtrace();
    let plain = message
        .trim_start_matches("Schema error: ")
        .trim_start_matches("Error during planning: ")
        .trim_end()
        .to_owned();
    wrong(text, span.map(|span| span.start.column), plain)
}

/// Splits `... at Line: 1, Column: 9` off a parser's message.
fn place(message: &str) -> (String, Option<u64>) {
    let Some((before, after)) = message.rsplit_once(" at Line: ") else {
        return (message.to_owned(), None);
    };
    let column = after
        .split_once("Column: ")
        .and_then(|(_, column)| column.trim().parse().ok());
    (before.to_owned(), column)
}
