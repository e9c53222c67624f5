//! Versions of records as bytes: variable-length numbers, a few dozen bytes a version.

mod commerce;
mod records;

use bellwether_domain::{CivilDate, Instant, When};

use crate::facts::{Amount, Version};

/// What a version of a record says, as bytes.
pub(crate) trait Packed: Sized {
    /// Adds it to `out`.
    fn encode(&self, out: &mut Vec<u8>);
    /// Reads it; `None` when the bytes are damaged.
    fn decode(read: &mut Reader<'_>) -> Option<Self>;
}

/// Adds a version to `out`.
pub(crate) fn encode<T: Packed>(version: &Version<T>, out: &mut Vec<u8>) {
    signed(version.key.0, out);
    unsigned(version.key.1, out);
    unsigned(version.key.2, out);
    out.push(u8::from(version.says.is_some()));
    if let Some(says) = &version.says {
        says.encode(out);
    }
}

/// Reads a version from the front of `bytes`; `None` when they are damaged.
pub(crate) fn decode<T: Packed>(bytes: &[u8]) -> Option<Version<T>> {
    let mut read = Reader { bytes };
    let key = (read.signed()?, read.unsigned()?, read.unsigned()?);
    let says = match read.unsigned()? {
        0 => None,
        _ => Some(T::decode(&mut read)?),
    };
    Some(Version { key, says })
}

/// Adds a number, seven bits a byte, lowest first.
pub(crate) fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number and where it ends.
pub(crate) fn read_unsigned(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

fn codes(codes: &[u32], out: &mut Vec<u8>) {
    codes.iter().for_each(|code| unsigned((*code).into(), out));
}

/// Small numbers of either sign take few bytes.
fn signed(value: i64, out: &mut Vec<u8>) {
    unsigned(((value << 1) ^ (value >> 63)) as u64, out);
}

fn unfold(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// The currency (0 = no amount), then the minor units.
fn amount(value: Option<Amount>, out: &mut Vec<u8>) {
    unsigned(value.map_or(0, |value| u64::from(value.currency)), out);
    if let Some(value) = value {
        signed(value.minor, out);
    }
}

/// 0 = none, 1 = a day, 2 = an instant; then the number.
fn optional_when(when: Option<When>, out: &mut Vec<u8>) {
    match when {
        None => out.push(0),
        Some(When::Day(day)) => {
            out.push(1);
            signed(day.days().into(), out);
        }
        Some(When::At(at)) => {
            out.push(2);
            signed(at.as_micros(), out);
        }
    }
}

/// 0 = none, else one more than the number.
fn optional(value: Option<u32>, out: &mut Vec<u8>) {
    unsigned(value.map_or(0, |value| u64::from(value) + 1), out);
}

/// Their number, then each.
fn list<T>(values: &[T], out: &mut Vec<u8>, each: impl Fn(&T, &mut Vec<u8>)) {
    unsigned(values.len() as u64, out);
    values.iter().for_each(|value| each(value, out));
}

/// Reads values in the order in which they were written.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn unsigned(&mut self) -> Option<u64> {
        let (value, end) = read_unsigned(self.bytes)?;
        self.bytes = &self.bytes[end..];
        Some(value)
    }

    fn signed(&mut self) -> Option<i64> {
        self.unsigned().map(unfold)
    }

    fn day(&mut self) -> Option<i32> {
        self.signed().and_then(|day| i32::try_from(day).ok())
    }

    fn code(&mut self) -> Option<u32> {
        self.unsigned().and_then(|code| u32::try_from(code).ok())
    }

    fn codes<const N: usize>(&mut self) -> Option<[u32; N]> {
        let mut codes = [0; N];
        for code in &mut codes {
            *code = self.code()?;
        }
        Some(codes)
    }

    fn amount(&mut self) -> Option<Option<Amount>> {
        let currency = self.code()?;
        if currency == 0 {
            return Some(None);
        }
        let minor = self.signed()?;
        Some(Some(Amount { minor, currency }))
    }

    fn optional(&mut self) -> Option<Option<u32>> {
        match self.unsigned()?.checked_sub(1) {
            None => Some(None),
            Some(value) => u32::try_from(value).ok().map(Some),
        }
    }

    fn optional_when(&mut self) -> Option<Option<When>> {
        Some(match self.unsigned()? {
            0 => None,
            1 => Some(When::Day(CivilDate::from_days(self.day()?))),
            _ => Some(When::At(Instant::from_micros(self.signed()?))),
        })
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut values = Vec::new();
        for _ in 0..self.unsigned()? {
            values.push(each(self)?);
        }
        Some(values)
    }
}
