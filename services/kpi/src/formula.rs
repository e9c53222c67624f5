//! Formulas over measures: parsed once, evaluated exactly, and never divided by zero.

mod growth;
mod length;
mod number;
mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use bellwether_domain::exact::Exact;

pub use growth::Growth;
pub use length::Length;
pub use number::{Dual, Number, Quick};

/// A formula over measures and numbers: `+ - * /`, `min max abs coalesce if pow`, comparisons, `and or not`.
#[derive(Debug, Clone)]
pub struct Formula {
    root: Node,
}

/// Why a text is no formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    /// The text.
    pub text: String,
    /// Which character, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, column {}: {}", self.text, self.column, self.message)
    }
}

impl std::error::Error for FormulaError {}

/// Why a formula has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoValue {
    /// A measure that is needed has none.
    Absent(usize),
    /// A divisor is 0: because of this measure, the first in it that is 0 itself.
    DividedBy(usize),
}

#[derive(Debug, Clone)]
enum Node {
    Measure(usize),
    Number(Exact),
    Negative(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Compare(Relation, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    Per,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

/// `and`, `or` and `not` are written as operators and work as functions: what is not needed is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Abs,
    Coalesce,
    If,
    /// So many times multiplied with itself.
    Pow,
    And,
    Or,
    Not,
}

impl Formula {
    /// Parses a formula over measures of these names whose value is a number; measure `i` is `names[i]`.
    ///
    /// # Errors
    /// What is wrong and at which character.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, FormulaError> {
        Self::over(text, names, &[])
    }

    /// As [`Self::parse()`], over measures that are formulas themselves: `lengths[i]` is that of measure `i`; those
    /// beyond the end are counted from rows.
    ///
    /// # Errors
    /// What is wrong and at which character.
    pub fn over(text: &str, names: &[&str], lengths: &[Length]) -> Result<Self, FormulaError> {
        parse::parse(text, names, lengths, false)
    }

    /// Parses a formula that is true or false.
    ///
    /// # Errors
    /// What is wrong and at which character.
    pub fn condition(text: &str, names: &[&str]) -> Result<Self, FormulaError> {
        parse::parse(text, names, &[], true)
    }

    /// The measure that it is, when it is nothing but one.
    #[must_use]
    pub fn single(&self) -> Option<usize> {
        match self.root {
            Node::Measure(index) => Some(index),
            _ => None,
        }
    }

    /// Dividend and divisor, when it is nothing but one measure divided by another.
    #[must_use]
    pub fn quotient(&self) -> Option<(usize, usize)> {
        let Node::Binary(Operator::Per, dividend, divisor) = &self.root else {
            return None;
        };
        match (dividend.as_ref(), divisor.as_ref()) {
            (Node::Measure(dividend), Node::Measure(divisor)) => Some((*dividend, *divisor)),
            _ => None,
        }
    }

    /// The measures that it names, each once, rising.
    #[must_use]
    pub fn measures(&self) -> Vec<usize> {
        let mut named = Vec::new();
        self.root.collect(&mut named);
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Its value, given those of the measures; that of a condition is 1 or 0.
    ///
    /// # Errors
    /// Which measure is to blame.
    pub fn evaluate<N: Number>(&self, measures: &[Option<N>]) -> Result<N, NoValue> {
        self.root.evaluate(measures)
    }
}

impl Node {
    fn evaluate<N: Number>(&self, measures: &[Option<N>]) -> Result<N, NoValue> {
        match self {
            Self::Measure(index) => measures
                .get(*index)
                .cloned()
                .flatten()
                .ok_or(NoValue::Absent(*index)),
            Self::Number(number) => Ok(N::of(number)),
            Self::Negative(node) => Ok(node.evaluate(measures)?.negative()),
            Self::Binary(operator, left, right) => {
                let (a, b) = (left.evaluate(measures)?, right.evaluate(measures)?);
                match operator {
                    Operator::Plus => Ok(a.plus(&b)),
                    Operator::Minus => Ok(a.plus(&b.negative())),
                    Operator::Times => Ok(a.times(&b)),
                    Operator::Per => a
                        .per(&b)
                        .ok_or_else(|| NoValue::DividedBy(right.culprit(measures))),
                }
            }
            Self::Compare(relation, left, right) => {
                let (a, b) = (left.evaluate(measures)?, right.evaluate(measures)?);
                Ok(truth(relation.holds(a.order(&b))))
            }
            Self::Call(function, arguments) => function.evaluate(arguments, measures),
        }
    }

    fn holds<N: Number>(&self, measures: &[Option<N>]) -> Result<bool, NoValue> {
        Ok(!self.evaluate(measures)?.is_zero())
    }

    /// The first measure in here that is 0, else the first.
    fn culprit<N: Number>(&self, measures: &[Option<N>]) -> usize {
        let mut inside = Vec::new();
        self.collect(&mut inside);
        let zero = |index: &&usize| {
            measures
                .get(**index)
                .is_some_and(|one| one.as_ref().is_some_and(N::is_zero))
        };
        inside.iter().find(zero).or(inside.first()).copied().unwrap_or(0)
    }

    fn collect(&self, into: &mut Vec<usize>) {
        match self {
            Self::Measure(index) => into.push(*index),
            Self::Number(_) => {}
            Self::Negative(node) => node.collect(into),
            Self::Binary(_, left, right) | Self::Compare(_, left, right) => {
                left.collect(into);
                right.collect(into);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|one| one.collect(into)),
        }
    }
}

impl Function {
    fn evaluate<N: Number>(self, arguments: &[Node], measures: &[Option<N>]) -> Result<N, NoValue> {
        let first = arguments.first().expect("the parser counts arguments");
        match self {
            Self::Min | Self::Max => {
                let further = if self == Self::Min {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                let mut found = first.evaluate(measures)?;
                for other in &arguments[1..] {
                    let other = other.evaluate(measures)?;
                    if other.order(&found) == further {
                        found = other;
                    }
                }
                Ok(found)
            }
            Self::Abs => {
                let value = first.evaluate(measures)?;
                let below = value.order(&N::of(&Exact::zero())) == Ordering::Less;
                Ok(if below { value.negative() } else { value })
            }
            Self::Coalesce => {
                let (last, others) = arguments.split_last().expect("the parser counts arguments");
                let found = others.iter().find_map(|one| one.evaluate(measures).ok());
                found.map_or_else(|| last.evaluate(measures), Ok)
            }
            Self::If => {
                let chosen = if first.holds(measures)? { 1 } else { 2 };
                arguments[chosen].evaluate(measures)
            }
            Self::Pow => {
                let base = first.evaluate(measures)?;
                let times = arguments[1].times().expect("the parser reads it");
                Ok((1..times).fold(base.clone(), |power, _| power.times(&base)))
            }
            Self::And => Ok(truth(first.holds(measures)? && arguments[1].holds(measures)?)),
            Self::Or => Ok(truth(first.holds(measures)? || arguments[1].holds(measures)?)),
            Self::Not => Ok(truth(!first.holds(measures)?)),
        }
    }
}

fn truth<N: Number>(holds: bool) -> N {
    N::of(&Exact::from(i64::from(holds)))
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }
}
