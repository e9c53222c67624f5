//! Typed columns. Codes, and numbers that are often small or missing, are kept as narrow as the largest one allows and
//! widened, a morsel at a time, when scanned.

mod numbers;

use std::ops::Range;

use crate::facts::Row;
use crate::table::{Column, Slice, Storage, Table};
pub(crate) use numbers::Numbers;

/// Codes of a dictionary, in one, two or four bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Codes {
    Narrow(Vec<u8>),
    Short(Vec<u16>),
    Wide(Vec<u32>),
}

/// Adds a value. Memory grows by an eighth at a time: doubling would leave half of it idle.
pub(crate) fn push<T>(values: &mut Vec<T>, value: T) {
    if values.len() == values.capacity() {
        values.reserve_exact(values.len() / 8 + 64);
    }
    values.push(value);
}

impl Codes {
    fn push(&mut self, code: u32) {
        match self {
            Self::Narrow(codes) => match u8::try_from(code) {
                Ok(code) => push(codes, code),
                Err(_) => {
                    *self = Self::Short(codes.iter().map(|code| u16::from(*code)).collect());
                    self.push(code);
                }
            },
            Self::Short(codes) => match u16::try_from(code) {
                Ok(code) => push(codes, code),
                Err(_) => {
                    *self = Self::Wide(codes.iter().map(|code| u32::from(*code)).collect());
                    self.push(code);
                }
            },
            Self::Wide(codes) => push(codes, code),
        }
    }

    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::Narrow(codes) => u32::from(codes[row]),
            Self::Short(codes) => u32::from(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// Fills `wide` with the codes of some rows, unless they are wide already.
    fn widen(&self, rows: Range<usize>, wide: &mut Vec<u32>) {
        wide.clear();
        match self {
            Self::Narrow(codes) => wide.extend(codes[rows].iter().map(|code| u32::from(*code))),
            Self::Short(codes) => wide.extend(codes[rows].iter().map(|code| u32::from(*code))),
            Self::Wide(_) => {}
        }
    }
}

/// The values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Values {
    I64(Vec<i64>),
    Packed(Numbers),
    I32(Vec<i32>),
    Codes(Codes),
    U8(Vec<u8>),
}

impl Values {
    fn new(column: Column) -> Self {
        match column.storage() {
            Storage::I64 if column.is_packed() => Self::Packed(Numbers::default()),
            Storage::I64 => Self::I64(Vec::new()),
            Storage::I32 => Self::I32(Vec::new()),
            Storage::Code(_) => Self::Codes(Codes::Narrow(Vec::new())),
            Storage::U8 => Self::U8(Vec::new()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::Packed(numbers) => numbers.len(),
            Self::I32(values) => values.len(),
            Self::Codes(Codes::Narrow(values)) | Self::U8(values) => values.len(),
            Self::Codes(Codes::Short(values)) => values.len(),
            Self::Codes(Codes::Wide(values)) => values.len(),
        }
    }

    fn push(&mut self, value: i64) {
        match self {
            Self::I64(values) => push(values, value),
            Self::Packed(numbers) => numbers.push(value),
            Self::I32(values) => push(values, i32::try_from(value).unwrap_or_default()),
            Self::Codes(codes) => codes.push(u32::try_from(value).unwrap_or_default()),
            Self::U8(values) => push(values, u8::from(value != 0)),
        }
    }

    fn get(&self, row: usize) -> i64 {
        match self {
            Self::I64(values) => values[row],
            Self::Packed(numbers) => numbers.get(row),
            Self::I32(values) => i64::from(values[row]),
            Self::Codes(codes) => i64::from(codes.get(row)),
            Self::U8(values) => i64::from(values[row]),
        }
    }

    fn swap_remove(&mut self, row: usize) {
        match self {
            Self::I64(values) => drop(values.swap_remove(row)),
            Self::Packed(numbers) => numbers.swap_remove(row),
            Self::I32(values) => drop(values.swap_remove(row)),
            Self::Codes(Codes::Narrow(values)) | Self::U8(values) => drop(values.swap_remove(row)),
            Self::Codes(Codes::Short(values)) => drop(values.swap_remove(row)),
            Self::Codes(Codes::Wide(values)) => drop(values.swap_remove(row)),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::I64(values) => values.capacity() * 8,
            Self::Packed(numbers) => numbers.bytes(),
            Self::I32(values) => values.capacity() * 4,
            Self::Codes(Codes::Narrow(values)) | Self::U8(values) => values.capacity(),
            Self::Codes(Codes::Short(values)) => values.capacity() * 2,
            Self::Codes(Codes::Wide(values)) => values.capacity() * 4,
        }
    }

    /// Values of some rows; codes that are not wide come from `wide`.
    fn slice<'a>(&'a self, rows: Range<usize>, wide: &'a Wide) -> Slice<'a> {
        match self {
            Self::I64(values) => Slice::I64(&values[rows]),
            Self::Packed(Numbers::Wide(values)) => Slice::I64(&values[rows]),
            Self::Packed(_) => Slice::I64(&wide.numbers),
            Self::I32(values) => Slice::I32(&values[rows]),
            Self::Codes(Codes::Wide(values)) => Slice::Code(&values[rows]),
            Self::Codes(_) => Slice::Code(&wide.codes),
            Self::U8(values) => Slice::U8(&values[rows]),
        }
    }
}

/// Room for one column of a morsel, widened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wide {
    codes: Vec<u32>,
    numbers: Vec<i64>,
}

/// Where [`Column::Day`] stands in every table.
const DAY: usize = 2;

/// The columns of a table, of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    table: Table,
    values: Vec<Values>,
}

impl Columns {
    pub(crate) fn new(table: Table) -> Self {
        Self {
            table,
            values: table
                .columns()
                .iter()
                .map(|column| Values::new(*column))
                .collect(),
        }
    }

    /// Columns read back, when they are those of the table and equally long.
    pub(crate) fn from_values(table: Table, values: Vec<Values>) -> Option<Self> {
        let rows = values.first().map_or(0, Values::len);
        let fits = |(column, values): (&Column, &Values)| {
            values.len() == rows
                && std::mem::discriminant(values) == std::mem::discriminant(&Values::new(*column))
        };
        let all = values.len() == table.columns().len() && table.columns().iter().zip(&values).all(fits);
        all.then_some(Self { table, values })
    }

    pub(crate) fn values(&self) -> &[Values] {
        &self.values
    }

    pub(crate) fn len(&self) -> usize {
        self.values[0].len()
    }

    pub(crate) fn table(&self) -> Table {
        self.table
    }

    pub(crate) fn push(&mut self, row: &Row) {
        for (values, value) in self.values.iter_mut().zip(row.values()) {
            values.push(*value);
        }
    }

    pub(crate) fn row(&self, index: usize) -> Row {
        Row::from_values(self.table, self.values.iter().map(|values| values.get(index)))
    }

    /// The civil day of a row.
    pub(crate) fn day(&self, index: usize) -> i32 {
        match &self.values[DAY] {
            Values::I32(days) => days[index],
            _ => 0,
        }
    }

    /// The code in the column at a place.
    pub(crate) fn code(&self, place: usize, index: usize) -> u32 {
        match &self.values[place] {
            Values::Codes(codes) => codes.get(index),
            _ => 0,
        }
    }

    pub(crate) fn swap_remove(&mut self, index: usize) {
        for values in &mut self.values {
            values.swap_remove(index);
        }
    }

    /// Where a column stands in the table.
    pub(crate) fn place(&self, column: Column) -> Option<usize> {
        self.table.place(column)
    }

    pub(crate) fn get(&self, column: Column, index: usize) -> i64 {
        self.place(column)
            .map_or(0, |place| self.values[place].get(index))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.values.iter().map(Values::bytes).sum()
    }

    /// Some rows of the columns at `places`. `wide` holds a buffer for each.
    pub(crate) fn slices<'a>(
        &'a self,
        places: &[usize],
        rows: Range<usize>,
        wide: &'a mut [Wide],
    ) -> Vec<Slice<'a>> {
        for (place, buffer) in places.iter().zip(wide.iter_mut()) {
            match &self.values[*place] {
                Values::Codes(codes) => codes.widen(rows.clone(), &mut buffer.codes),
                Values::Packed(numbers) => numbers.widen(rows.clone(), &mut buffer.numbers),
                _ => {}
            }
        }
        let slice = |(place, buffer): (&usize, &'a Wide)| self.values[*place].slice(rows.clone(), buffer);
        places.iter().zip(wide.iter()).map(slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_widen_when_they_must() {
        let mut columns = Columns::new(Table::OpenDeals);
        let codes = [0_u32, 7, 255, 256, 65_535, 65_536, 3];
        for code in codes {
            let mut row = Row::new(Table::OpenDeals);
            row.set(Column::Owner, code);
            row.set(Column::Stage, code % 5);
            row.set(Column::Day, -4);
            columns.push(&row);
        }
        let places = [Column::Owner, Column::Stage, Column::Day].map(|column| columns.place(column).unwrap());
        let mut wide = vec![Wide::default(); 3];
        let slices = columns.slices(&places, 1..6, &mut wide);
        assert!(matches!(slices[0], Slice::Code(all) if *all == codes[1..6]));
        assert!(matches!(slices[1], Slice::Code([2, 0, 1, 0, 1])));
        assert!(matches!(slices[2], Slice::I32([-4, ..])));
        columns.swap_remove(0);
        assert_eq!(
            (
                columns.len(),
                columns.row(0).get(Column::Owner),
                columns.row(4).get(Column::Owner)
            ),
            (6, 3, 65_535)
        );
    }
}
