//! A segment: columns of equal length in an Arrow IPC file, with a checksum.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, Int32Array, Int64Array, RecordBatch, StringArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow::datatypes::{
    DataType, Field, Int32Type, Int64Type, Schema, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use serde::{Deserialize, Serialize};

use crate::tenant::Numbers;

/// Rows in one record batch.
const BATCH_ROWS: usize = 1 << 18;

/// What a manifest says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    /// BLAKE3, in hexadecimal.
    pub(super) blake3: String,
}

/// The values of a column that is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Out<'a> {
    I64(&'a [i64]),
    /// Written as [`Self::I64`].
    Packed(&'a Numbers),
    I32(&'a [i32]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    Text(&'a [&'a str]),
}

impl Out<'_> {
    fn len(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::Packed(numbers) => numbers.len(),
            Self::I32(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    fn array(&self, rows: Range<usize>) -> ArrayRef {
        match self {
            Self::I64(values) => Arc::new(Int64Array::from_iter_values(values[rows].iter().copied())),
            Self::Packed(numbers) => Arc::new(Int64Array::from_iter_values(rows.map(|row| numbers.get(row)))),
            Self::I32(values) => Arc::new(Int32Array::from_iter_values(values[rows].iter().copied())),
            Self::U8(values) => Arc::new(UInt8Array::from_iter_values(values[rows].iter().copied())),
            Self::U16(values) => Arc::new(UInt16Array::from_iter_values(values[rows].iter().copied())),
            Self::U32(values) => Arc::new(UInt32Array::from_iter_values(values[rows].iter().copied())),
            Self::U64(values) => Arc::new(UInt64Array::from_iter_values(values[rows].iter().copied())),
            Self::Text(values) => Arc::new(StringArray::from_iter_values(&values[rows])),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::I64(_) | Self::Packed(_) => DataType::Int64,
            Self::I32(_) => DataType::Int32,
            Self::U8(_) => DataType::UInt8,
            Self::U16(_) => DataType::UInt16,
            Self::U32(_) => DataType::UInt32,
            Self::U64(_) => DataType::UInt64,
            Self::Text(_) => DataType::Utf8,
        }
    }
}

/// The values of a column that was read.
#[derive(Debug)]
pub(super) enum In {
    I64(Vec<i64>),
    I32(Vec<i32>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    Text(Vec<String>),
}

/// The values of a column that must be of one kind.
macro_rules! kinds {
    ($($name:ident $kind:ident $values:ty;)*) => {
        impl In {
            $(pub(super) fn $name(self) -> Option<$values> {
                match self {
                    Self::$kind(values) => Some(values),
                    _ => None,
                }
            })*
        }
    };
}

kinds! {
    u8 U8 Vec<u8>;
    u32 U32 Vec<u32>;
    u64 U64 Vec<u64>;
    i64 I64 Vec<i64>;
    texts Text Vec<String>;
}

impl In {
    fn of(data_type: &DataType, rows: usize) -> Option<Self> {
        Some(match data_type {
            DataType::Int64 => Self::I64(Vec::with_capacity(rows)),
            DataType::Int32 => Self::I32(Vec::with_capacity(rows)),
            DataType::UInt8 => Self::U8(Vec::with_capacity(rows)),
            DataType::UInt16 => Self::U16(Vec::with_capacity(rows)),
            DataType::UInt32 => Self::U32(Vec::with_capacity(rows)),
            DataType::UInt64 => Self::U64(Vec::with_capacity(rows)),
            DataType::Utf8 => Self::Text(Vec::with_capacity(rows)),
            _ => return None,
        })
    }

    fn extend(&mut self, array: &ArrayRef) -> Option<()> {
        match self {
            Self::I64(values) => values.extend_from_slice(array.as_primitive_opt::<Int64Type>()?.values()),
            Self::I32(values) => values.extend_from_slice(array.as_primitive_opt::<Int32Type>()?.values()),
            Self::U8(values) => values.extend_from_slice(array.as_primitive_opt::<UInt8Type>()?.values()),
            Self::U16(values) => values.extend_from_slice(array.as_primitive_opt::<UInt16Type>()?.values()),
            Self::U32(values) => values.extend_from_slice(array.as_primitive_opt::<UInt32Type>()?.values()),
            Self::U64(values) => values.extend_from_slice(array.as_primitive_opt::<UInt64Type>()?.values()),
            Self::Text(values) => {
                let texts = array.as_string_opt::<i32>()?;
                values.extend((0..texts.len()).map(|row| texts.value(row).to_owned()));
            }
        }
        Some(())
    }
}

/// Writes columns of equal length to a new file, down to the disk.
pub(super) fn write(path: &Path, columns: &[(&str, Out<'_>)]) -> io::Result<Sum> {
    let fields = columns
        .iter()
        .map(|(name, values)| Field::new(*name, values.data_type(), false));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let file = Summing {
        out: BufWriter::new(File::create(path)?),
        hasher: blake3::Hasher::new(),
        bytes: 0,
    };
    let mut writer = FileWriter::try_new(file, &schema).map_err(io::Error::other)?;
    for start in (0..rows).step_by(BATCH_ROWS) {
        let end = (start + BATCH_ROWS).min(rows);
        let arrays = columns
            .iter()
            .map(|(_, values)| values.array(start..end))
            .collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(io::Error::other)?;
        writer.write(&batch).map_err(io::Error::other)?;
    }
    let file = writer.into_inner().map_err(io::Error::other)?;
    let sum = Sum {
        bytes: file.bytes,
        blake3: file.hasher.finalize().to_hex().to_string(),
    };
    file.out
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(sum)
}

/// Reads a file back, when it is the one that was summed.
pub(super) fn read(path: &Path, sum: &Sum) -> io::Result<Vec<In>> {
    let damaged = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is damaged", path.display()),
        )
    };
    let bytes = std::fs::read(path)?;
    if bytes.len() as u64 != sum.bytes || blake3::hash(&bytes).to_hex().as_str() != sum.blake3 {
        return Err(damaged());
    }
    let reader = FileReader::try_new(Cursor::new(bytes), None).map_err(io::Error::other)?;
    let schema = reader.schema();
    // Most files are one batch or few: a guess at the size saves growing.
    let guess = reader.num_batches() * BATCH_ROWS.min(1 << 16);
    let columns = schema
        .fields()
        .iter()
        .map(|field| In::of(field.data_type(), guess));
    let mut columns: Vec<In> = columns.collect::<Option<_>>().ok_or_else(damaged)?;
    for batch in reader {
        let batch = batch.map_err(io::Error::other)?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            column.extend(array).ok_or_else(damaged)?;
        }
    }
    Ok(columns)
}

/// Sums up what goes through it.
struct Summing {
    out: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
