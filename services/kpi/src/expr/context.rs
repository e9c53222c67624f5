//! What an expression may name: the columns of its table and a short list of functions. No tables, no sub-queries,
//! nothing that reads the clock or draws lots.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion_common::config::ConfigOptions;
use datafusion_common::{Result, TableReference, plan_err};
use datafusion_expr::planner::ContextProvider;
use datafusion_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

use crate::table::{Column, Storage, Table};

/// The functions that expressions may call: each gives the same answer whenever and wherever it runs.
const FUNCTIONS: [&str; 18] = [
    "abs",
    "btrim",
    "coalesce",
    "concat",
    "contains",
    "ends_with",
    "greatest",
    "least",
    "lower",
    "ltrim",
    "nullif",
    "nvl",
    "replace",
    "rtrim",
    "signum",
    "split_part",
    "starts_with",
    "upper",
];

/// The columns of a table that expressions may name. Those that say which record it is are left out: identity is no
/// business of a definition.
pub(super) fn columns(table: Table) -> impl Iterator<Item = Column> {
    let hidden = |column: &Column| matches!(column.storage(), Storage::Code(dict) if dict.is_identity());
    table
        .columns()
        .iter()
        .copied()
        .filter(move |column| !hidden(column))
}

/// The type of a column in expressions.
pub(super) fn data_type(column: Column) -> DataType {
    match column.storage() {
        Storage::I64 => DataType::Int64,
        Storage::I32 => DataType::Int32,
        Storage::Code(_) => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
        Storage::U8 => DataType::Boolean,
    }
}

/// The columns of a table as a schema.
pub(super) fn schema(table: Table) -> Schema {
    let field = |column: Column| Field::new(column.name(), data_type(column), true);
    Schema::new(columns(table).map(field).collect::<Vec<_>>())
}

/// Answers the planner's questions.
pub(super) struct Context {
    functions: Vec<Arc<ScalarUDF>>,
    options: ConfigOptions,
}

impl Context {
    pub(super) fn new() -> Self {
        let mut functions = datafusion_functions::all_default_functions();
        functions.retain(|function| FUNCTIONS.contains(&function.name()));
        Self {
            functions,
            options: ConfigOptions::default(),
        }
    }
}

impl ContextProvider for Context {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        plan_err!("an expression cannot read the table `{name}`")
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.functions
            .iter()
            .find(|function| function.name() == name)
            .cloned()
    }

    fn get_higher_order_meta(&self, _: &str) -> Option<Arc<HigherOrderUDF>> {
        None
    }

    fn get_aggregate_meta(&self, _: &str) -> Option<Arc<AggregateUDF>> {
        None
    }

    fn get_window_meta(&self, _: &str) -> Option<Arc<WindowUDF>> {
        None
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        &self.options
    }

    fn udf_names(&self) -> Vec<String> {
        FUNCTIONS.map(str::to_owned).to_vec()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udaf_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn udwf_names(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_on_the_list_exists() {
        let context = Context::new();
        for name in FUNCTIONS {
            assert!(context.get_function_meta(name).is_some(), "{name}");
        }
    }
}
