//! How a formula's value grows with its period, when it is known how each measure does.

use super::{Formula, Node, Operator};

/// How a value grows while its period goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// That of two parts of a period is the sum of theirs: a number of deals, bookings.
    Adds,
    /// It grows with the period, but those of parts do not sum: customers seen, bookings for each rep.
    Grows,
    /// It is as large in a part of the period as in all of it: a rate, a mean, what is open.
    Stands,
}

impl Formula {
    /// How its value grows, given how the measures do. What is a sum of something that grows and something that does not
    /// is taken to stand.
    #[must_use]
    pub fn growth(&self, of: &dyn Fn(usize) -> Growth) -> Growth {
        self.root.growth(of)
    }
}

impl Node {
    fn growth(&self, of: &dyn Fn(usize) -> Growth) -> Growth {
        match self {
            Self::Measure(index) => of(*index),
            Self::Number(_) | Self::Compare(..) => Growth::Stands,
            Self::Negative(node) => node.growth(of),
            Self::Binary(operator, left, right) => {
                let (a, b) = (left.growth(of), right.growth(of));
                let plain = matches!(**right, Self::Number(_));
                match (operator, a, b) {
                    (Operator::Plus | Operator::Minus, Growth::Adds, Growth::Adds) => Growth::Adds,
                    (Operator::Plus | Operator::Minus, Growth::Stands, _)
                    | (Operator::Plus | Operator::Minus, _, Growth::Stands) => Growth::Stands,
                    (Operator::Plus | Operator::Minus, ..) => Growth::Grows,
                    (Operator::Times, Growth::Stands, grows) => {
                        part(grows, matches!(**left, Self::Number(_)))
                    }
                    (Operator::Times | Operator::Per, grows, Growth::Stands) => part(grows, plain),
                    (Operator::Times | Operator::Per, ..) => Growth::Stands,
                }
            }
            Self::Call(_, arguments) => {
                let all = arguments.iter().all(|one| one.growth(of) != Growth::Stands);
                if all { Growth::Grows } else { Growth::Stands }
            }
        }
    }
}

/// What is multiplied or divided by something that stands: by a number it stays what it is.
fn part(grows: Growth, by_number: bool) -> Growth {
    match grows {
        Growth::Adds if !by_number => Growth::Grows,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(text: &str) -> Growth {
        let formula = Formula::parse(text, &["won", "lost", "seen", "quota"]).unwrap();
        formula.growth(&|index| match index {
            0 | 1 => Growth::Adds,
            2 => Growth::Grows,
            _ => Growth::Stands,
        })
    }

    #[test]
    fn counts_add_rates_stand_and_what_is_per_head_grows() {
        for text in ["won", "won + lost", "won - lost", "-won", "won / 2", "3 * won"] {
            assert_eq!(growth(text), Growth::Adds, "{text}");
        }
        for text in [
            "seen",
            "won + seen",
            "won / quota",
            "quota * won",
            "max(won, lost)",
        ] {
            assert_eq!(growth(text), Growth::Grows, "{text}");
        }
        for text in [
            "won / (won + lost)",
            "quota",
            "won / lost - 1",
            "won * lost",
            "quota / won",
        ] {
            assert_eq!(growth(text), Growth::Stands, "{text}");
        }
    }
}
