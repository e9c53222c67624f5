//! Expressions that need an engine: evaluated by DataFusion, one record batch a morsel.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    RecordBatchOptions, StringArray, UInt32Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Schema, SchemaRef, UInt32Type};
use bellwether_domain::{Error, Result};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::utils::{collect_columns, reassign_expr_columns};

use super::context;
use super::parse::Parsed;
use crate::table::{Column, Dict, NULL, Slice};

/// An expression over batches of the columns that it names.
#[derive(Debug, Clone)]
pub struct BatchExpr {
    columns: Vec<Column>,
    schema: SchemaRef,
    physical: Arc<dyn PhysicalExpr>,
}

impl BatchExpr {
    /// Narrows a checked expression to the columns that it names.
    pub(super) fn new(parsed: Parsed) -> Self {
        let named = collect_columns(&parsed.physical);
        let columns: Vec<Column> = context::columns(parsed.table)
            .filter(|column| named.iter().any(|one| one.name() == column.name()))
            .collect();
        let all = context::schema(parsed.table);
        let fields = all
            .fields()
            .iter()
            .filter(|field| columns.iter().any(|column| column.name() == field.name()));
        let schema = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        let physical = reassign_expr_columns(Arc::clone(&parsed.physical), &schema)
            .expect("the schema has every column that the expression names");
        Self {
            columns,
            schema,
            physical,
        }
    }

    /// The columns that it reads, in the order of `evaluate`'s slices.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Its values for rows given as slices, with the texts of each coded column.
    ///
    /// # Errors
    /// `INTERNAL` when the engine fails, as on a division by zero.
    pub(super) fn evaluate(
        &self,
        rows: usize,
        slices: &[Slice<'_>],
        texts: &[Option<ArrayRef>],
    ) -> Result<ArrayRef> {
        let arrays = slices
            .iter()
            .zip(texts)
            .map(|(slice, texts)| array(slice, texts.as_ref()))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let fail = |error: String| Error::internal(format!("an expression failed: {error}"));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| fail(error.to_string()))?;
        let value = self
            .physical
            .evaluate(&batch)
            .map_err(|error| fail(error.strip_backtrace()))?;
        value
            .into_array(rows)
            .map_err(|error| fail(error.strip_backtrace()))
    }
}

/// The texts of a dictionary from code 1 on, as an array.
pub(super) fn texts_of(dictionary: &crate::tenant::Dictionary) -> ArrayRef {
    Arc::new(dictionary.names().map(Some).collect::<StringArray>())
}

/// The dictionary of a column, when it is coded.
pub(super) fn dict_of(column: Column) -> Option<Dict> {
    match column.storage() {
        crate::table::Storage::Code(dict) => Some(dict),
        _ => None,
    }
}

fn array(slice: &Slice<'_>, texts: Option<&ArrayRef>) -> ArrayRef {
    match slice {
        Slice::I64(values) => {
            let valid = NullBuffer::from_iter(values.iter().map(|value| *value != NULL));
            Arc::new(Int64Array::new(values.to_vec().into(), Some(valid)))
        }
        Slice::I32(values) => Arc::new(Int32Array::from(values.to_vec())),
        Slice::U8(values) => Arc::new(
            values
                .iter()
                .map(|value| Some(*value != 0))
                .collect::<BooleanArray>(),
        ),
        Slice::Code(codes) => coded(codes, texts),
    }
}

fn coded(codes: &[u32], texts: Option<&ArrayRef>) -> ArrayRef {
    let texts = texts
        .cloned()
        .unwrap_or_else(|| Arc::new(StringArray::new_null(0)));
    let known = texts.len();
    // A code beyond the dictionary cannot be: it would be read as missing.
    let key = |code: &u32| code.checked_sub(1).filter(|key| (*key as usize) < known);
    let keys: UInt32Array = codes.iter().map(key).collect();
    let array =
        DictionaryArray::<UInt32Type>::try_new(keys, texts).expect("every key is below the number of texts");
    Arc::new(array)
}
