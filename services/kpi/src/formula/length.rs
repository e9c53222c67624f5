//! How long the numbers may grow that a formula makes: `pow` within `pow` would outgrow any machine.

use super::{Formula, Function, Node, Operator};

/// How long numerator and denominator of a number are, in numbers of about 64 bits that are multiplied with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// The numerator.
    pub over: u64,
    /// The denominator; 0 = a whole number.
    pub under: u64,
}

impl Length {
    /// What is counted or added up from rows, or a mean of it.
    pub const OF_ROWS: Self = Self { over: 1, under: 1 };
    /// 0 or 1.
    const TRUTH: Self = Self { over: 1, under: 0 };

    /// The longer of both.
    #[must_use]
    pub fn longer(self) -> u64 {
        self.over.max(self.under)
    }

    fn plus(self, other: Self) -> Self {
        let (left, right) = (
            self.over.saturating_add(other.under),
            other.over.saturating_add(self.under),
        );
        Self {
            over: left.max(right),
            under: self.under.saturating_add(other.under),
        }
    }

    fn times(self, other: Self) -> Self {
        Self {
            over: self.over.saturating_add(other.over),
            under: self.under.saturating_add(other.under),
        }
    }

    fn inverse(self) -> Self {
        Self {
            over: self.under,
            under: self.over,
        }
    }

    fn power(self, times: u32) -> Self {
        Self {
            over: self.over.saturating_mul(times.into()),
            under: self.under.saturating_mul(times.into()),
        }
    }
}

impl Formula {
    /// How long the number may grow that it makes of what is counted from rows.
    #[must_use]
    pub fn length(&self) -> Length {
        self.root.length(&[])
    }
}

impl Node {
    /// How long the number may grow, where measures are so long; those beyond the end are counted from rows.
    pub(super) fn length(&self, measures: &[Length]) -> Length {
        match self {
            Self::Measure(index) => measures.get(*index).copied().unwrap_or(Length::OF_ROWS),
            Self::Number(number) => Length {
                over: 1 + number.numerator().bits() / 64,
                under: number.denominator().bits() / 64,
            },
            Self::Negative(node) => node.length(measures),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.length(measures), right.length(measures));
                match operator {
                    Operator::Plus | Operator::Minus => left.plus(right),
                    Operator::Times => left.times(right),
                    Operator::Per => left.times(right.inverse()),
                }
            }
            Self::Compare(..) | Self::Call(Function::And | Function::Or | Function::Not, _) => Length::TRUTH,
            Self::Call(function, arguments) => {
                let mut lengths = arguments.iter().map(|one| one.length(measures));
                if *function == Function::Pow {
                    let times = arguments.get(1).and_then(Self::times).unwrap_or(1);
                    return lengths.next().unwrap_or(Length::TRUTH).power(times);
                }
                // Any of them may be it.
                let longest = |one: Length, other: Length| Length {
                    over: one.over.max(other.over),
                    under: one.under.max(other.under),
                };
                lengths.reduce(longest).unwrap_or(Length::TRUTH)
            }
        }
    }
}
