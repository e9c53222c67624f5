//! Formulas over measures: parsed once, evaluated exactly, and never divided by zero.

mod parse;

use std::fmt;

use bellwether_domain::exact::Exact;

/// A formula: `+ - * /` over measures and numbers.
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    Per,
}

impl Formula {
    /// Parses a formula over measures of these names; measure `i` is `names[i]`.
    ///
    /// # Errors
    /// What is wrong and at which character.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, FormulaError> {
        parse::parse(text, names).map(|root| Self { root })
    }

    /// The measure that it is, when it is nothing but one.
    #[must_use]
    pub fn single(&self) -> Option<usize> {
        match self.root {
            Node::Measure(index) => Some(index),
            _ => None,
        }
    }

    /// Its value, given those of the measures.
    ///
    /// # Errors
    /// Which measure is to blame.
    pub fn evaluate(&self, measures: &[Option<Exact>]) -> Result<Exact, NoValue> {
        self.root.evaluate(measures)
    }
}

impl Node {
    fn evaluate(&self, measures: &[Option<Exact>]) -> Result<Exact, NoValue> {
        match self {
            Self::Measure(index) => measures
                .get(*index)
                .cloned()
                .flatten()
                .ok_or(NoValue::Absent(*index)),
            Self::Number(number) => Ok(number.clone()),
            Self::Negative(node) => Ok(-node.evaluate(measures)?),
            Self::Binary(operator, left, right) => {
                let (a, b) = (left.evaluate(measures)?, right.evaluate(measures)?);
                match operator {
                    Operator::Plus => Ok(a + b),
                    Operator::Minus => Ok(a - b),
                    Operator::Times => Ok(a * b),
                    Operator::Per => a
                        .checked_div(&b)
                        .ok_or_else(|| NoValue::DividedBy(right.culprit(measures))),
                }
            }
        }
    }

    /// The first measure in here that is 0, else the first.
    fn culprit(&self, measures: &[Option<Exact>]) -> usize {
        let mut inside = Vec::new();
        self.collect(&mut inside);
        let zero = |index: &&usize| {
            measures
                .get(**index)
                .is_some_and(|one| one.as_ref().is_some_and(Exact::is_zero))
        };
        inside.iter().find(zero).or(inside.first()).copied().unwrap_or(0)
    }

    fn collect(&self, into: &mut Vec<usize>) {
        match self {
            Self::Measure(index) => into.push(*index),
            Self::Number(_) => {}
            Self::Negative(node) => node.collect(into),
            Self::Binary(_, left, right) => {
                left.collect(into);
                right.collect(into);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, values: &[i64]) -> Result<String, NoValue> {
        let names = ["a", "b", "c"];
        let values: Vec<Option<Exact>> = values.iter().map(|value| Some(Exact::from(*value))).collect();
        let formula = Formula::parse(text, &names).expect("a formula");
        formula.evaluate(&values).map(|value| value.to_decimal_string())
    }

    #[test]
    fn it_calculates_exactly_and_by_the_usual_precedence() {
        let cases = [
            ("a / b", "0.631500521531813441"),
            ("a + b * c", "24371"),
            ("(a + b) * c", "32847"),
            ("a - b - c", "-2476"),
            ("a / b / c", "0.210500173843937814"),
            ("-a + 0.5", "-4237.5"),
            ("a - -b", "10949"),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text, &[4238, 6711, 3]), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_divisor_of_zero_names_the_measure_to_blame() {
        assert_eq!(value("a / b", &[1, 0, 1]), Err(NoValue::DividedBy(1)));
        assert_eq!(value("a / (b * c)", &[1, 2, 0]), Err(NoValue::DividedBy(2)));
        assert_eq!(value("a / (b - c)", &[1, 2, 2]), Err(NoValue::DividedBy(1)));
        assert_eq!(value("a * (b / c)", &[0, 2, 0]), Err(NoValue::DividedBy(2)));
        assert_eq!(value("a + c", &[1]), Err(NoValue::Absent(2)));
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let wrong = |text: &str| {
            let error = Formula::parse(text, &["won", "closed"]).expect_err(text);
            (error.column, error.message)
        };
        assert_eq!(
            wrong("won / clsed"),
            (7, "there is no measure `clsed`; there are won, closed".to_owned())
        );
        assert_eq!(wrong("won / ").0, 7);
        assert_eq!(wrong("(won + closed").0, 14);
        assert_eq!(wrong("won closed").0, 5);
        assert_eq!(wrong("won % 2").0, 5);
        assert_eq!(wrong("won / 0").0, 7);
        assert_eq!(wrong("1 + 2").0, 1);
        assert!(Formula::parse(&"(".repeat(500), &[]).is_err());
    }
}
