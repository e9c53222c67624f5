//! Whole numbers, kept as narrow as the largest one allows; while all are missing only how many there are.

use std::ops::Range;

use super::push;
use crate::table::NULL;

/// Numbers in none, two, four or eight bytes each; the least number of a width stands for the missing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// All are missing.
    Missing(usize),
    Short(Vec<i16>),
    Narrow(Vec<i32>),
    /// Instants of whole minutes, as all days begin with one.
    Minutes(Vec<i32>),
    Wide(Vec<i64>),
}

const MINUTE: i64 = 60_000_000;

impl Default for Numbers {
    fn default() -> Self {
        Self::Missing(0)
    }
}

/// An instant in minutes; `None` = it is of none, or does not fit.
fn minutes(value: i64) -> Option<i32> {
    if value == NULL {
        return Some(i32::LEAST);
    }
    fit(value / MINUTE).filter(|_| value % MINUTE == 0)
}

fn micros(minutes: i32) -> i64 {
    if minutes == i32::LEAST {
        NULL
    } else {
        i64::from(minutes) * MINUTE
    }
}

/// A number in a width; `None` = it does not fit.
fn fit<T: TryFrom<i64> + Bounds>(value: i64) -> Option<T> {
    if value == NULL {
        return Some(T::LEAST);
    }
    T::try_from(value).ok().filter(|value| *value != T::LEAST)
}

fn unfit<T: Into<i64> + Bounds>(value: T) -> i64 {
    if value == T::LEAST { NULL } else { value.into() }
}

/// A width's number that stands for the missing one.
trait Bounds: Copy + PartialEq {
    const LEAST: Self;
}

impl Bounds for i16 {
    const LEAST: Self = Self::MIN;
}

impl Bounds for i32 {
    const LEAST: Self = Self::MIN;
}

impl Numbers {
    /// Numbers read back, as narrow as they allow.
    pub(crate) fn of(values: &[i64]) -> Self {
        let mut numbers = Self::default();
        values.iter().for_each(|value| numbers.push(*value));
        numbers
    }

    /// All of them, widened.
    pub(crate) fn all(&self) -> Vec<i64> {
        (0..self.len()).map(|row| self.get(row)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Missing(rows) => *rows,
            Self::Short(values) => values.len(),
            Self::Narrow(values) | Self::Minutes(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    pub(super) fn push(&mut self, value: i64) {
        let fits = match self {
            Self::Missing(rows) if value == NULL => {
                *rows += 1;
                true
            }
            Self::Missing(_) => false,
            Self::Short(values) => fit(value).map(|value| push(values, value)).is_some(),
            Self::Narrow(values) => fit(value).map(|value| push(values, value)).is_some(),
            Self::Minutes(values) => minutes(value).map(|value| push(values, value)).is_some(),
            Self::Wide(values) => {
                push(values, value);
                true
            }
        };
        if !fits {
            *self = self.wider(value);
            self.push(value);
        }
    }

    /// The same in the next width, for a number that does not fit.
    fn wider(&self, value: i64) -> Self {
        match self {
            Self::Missing(rows) => Self::Short(vec![i16::LEAST; *rows]),
            Self::Short(values) => Self::Narrow(
                values
                    .iter()
                    .map(|value| fit(unfit(*value)).unwrap_or(i32::LEAST))
                    .collect(),
            ),
            Self::Narrow(values) if minutes(value).is_some() => {
                let instants: Option<Vec<i32>> = values.iter().map(|value| minutes(unfit(*value))).collect();
                instants.map_or_else(|| Self::Wide(self.all()), Self::Minutes)
            }
            _ => Self::Wide(self.all()),
        }
    }

    pub(crate) fn get(&self, row: usize) -> i64 {
        match self {
            Self::Missing(_) => NULL,
            Self::Short(values) => unfit(values[row]),
            Self::Narrow(values) => unfit(values[row]),
            Self::Minutes(values) => micros(values[row]),
            Self::Wide(values) => values[row],
        }
    }

    pub(super) fn swap_remove(&mut self, row: usize) {
        match self {
            Self::Missing(rows) => *rows -= 1,
            Self::Short(values) => drop(values.swap_remove(row)),
            Self::Narrow(values) | Self::Minutes(values) => drop(values.swap_remove(row)),
            Self::Wide(values) => drop(values.swap_remove(row)),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Missing(_) => 0,
            Self::Short(values) => values.capacity() * 2,
            Self::Narrow(values) | Self::Minutes(values) => values.capacity() * 4,
            Self::Wide(values) => values.capacity() * 8,
        }
    }

    /// Writes those of `rows` widened, unless they lie there so already.
    pub(super) fn widen(&self, rows: Range<usize>, wide: &mut Vec<i64>) {
        wide.clear();
        match self {
            Self::Missing(_) => wide.resize(rows.len(), NULL),
            Self::Short(values) => wide.extend(values[rows].iter().map(|value| unfit(*value))),
            Self::Narrow(values) => wide.extend(values[rows].iter().map(|value| unfit(*value))),
            Self::Minutes(values) => wide.extend(values[rows].iter().map(|value| micros(*value))),
            Self::Wide(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_they_were_in_every_width() {
        let steps: [i64; 10] = [
            NULL,
            NULL,
            7,
            -32_768,
            NULL,
            i64::from(i32::MIN),
            i64::from(i32::MAX),
            i64::MAX,
            NULL + 1,
            0,
        ];
        let mut numbers = Numbers::default();
        let mut widths = Vec::new();
        for (count, value) in steps.iter().enumerate() {
            numbers.push(*value);
            assert_eq!(numbers.all(), steps[..=count]);
            let mut wide = vec![1];
            numbers.widen(1..count + 1, &mut wide);
            match &numbers {
                Numbers::Wide(values) => assert_eq!(values[..], steps[..=count]),
                _ => assert_eq!(wide, steps[1..=count]),
            }
            widths.push(numbers.bytes() / numbers.len().max(1) > 0);
        }
        assert_eq!(widths[..3], [false, false, true], "the missing take no room");
        assert_eq!(Numbers::of(&steps), numbers);
        numbers.swap_remove(0);
        assert_eq!((numbers.len(), numbers.get(0), numbers.get(1)), (9, 0, NULL));
        let day = 86_400_000_000;
        let mut instants = Numbers::of(&[NULL, 17_000 * day, -day]);
        assert!(matches!(&instants, Numbers::Minutes(values) if values.len() == 3));
        assert_eq!(instants.all(), [NULL, 17_000 * day, -day]);
        instants.push(17_000 * day + 1);
        assert!(matches!(instants, Numbers::Wide(_)));
        assert!(matches!(Numbers::of(&[7, 17_000 * day]), Numbers::Wide(_)));
        let mut missing = Numbers::of(&[NULL, NULL]);
        missing.swap_remove(1);
        assert_eq!((missing.len(), missing.bytes()), (1, 0));
    }
}
