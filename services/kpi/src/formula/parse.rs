//! From text to a formula: a parser of one page, whose mistakes name the character.

mod cursor;

use bellwether_domain::exact::Exact;

use cursor::is_name;

use super::{Formula, FormulaError, Function, Length, Node, Operator, Relation};

/// The longest text, in bytes: a long chain of operators is as deep as it is long.
const LONGEST: usize = 2_000;

/// The longest number that is made, as [`Length`] has it. A text without `pow` cannot make one so long: it has no room for as
/// many measures.
const LONGEST_MADE: u64 = 1_000;

/// Parses a formula that must be a condition, or must not be one. `lengths` says of which measures the numbers are long.
pub(super) fn parse(
    text: &str,
    names: &[&str],
    lengths: &[Length],
    condition: bool,
) -> Result<Formula, FormulaError> {
    let mut parser = Parser {
        text,
        names,
        lengths,
        at: 0,
        depth: 0,
    };
    if text.len() > LONGEST {
        return Err(parser.wrong(&format!("longer than {LONGEST} bytes")));
    }
    let root = parser.any()?;
    if parser.peek().is_some() {
        return Err(parser.wrong("expected + - * / a comparison, `and`, `or` or the end"));
    }
    if condition {
        parser.must_be_condition(&root)?;
    } else {
        parser.must_be_number(&root)?;
    }
    let mut measures = Vec::new();
    root.node.collect(&mut measures);
    if measures.is_empty() {
        parser.at = 0;
        return Err(parser.wrong("a formula names at least one measure"));
    }
    Ok(Formula { root: root.node })
}

/// A part of a formula.
struct Piece {
    node: Node,
    condition: bool,
    /// Where it starts.
    at: usize,
}

struct Parser<'a> {
    text: &'a str,
    names: &'a [&'a str],
    lengths: &'a [Length],
    /// The byte that is read next.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Piece, FormulaError> {
        self.joined("or", Function::Or, Self::all)
    }

    fn all(&mut self) -> Result<Piece, FormulaError> {
        self.joined("and", Function::And, Self::negation)
    }

    /// Conditions joined by a word.
    fn joined(
        &mut self,
        word: &str,
        function: Function,
        part: fn(&mut Self) -> Result<Piece, FormulaError>,
    ) -> Result<Piece, FormulaError> {
        let mut left = part(self)?;
        while self.takes_word(word) {
            self.must_be_condition(&left)?;
            let right = part(self)?;
            self.must_be_condition(&right)?;
            left.node = Node::Call(function, vec![left.node, right.node]);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Piece, FormulaError> {
        self.peek();
        let at = self.at;
        if !self.takes_word("not") {
            return self.relation();
        }
        self.deeper()?;
        let inside = self.negation()?;
        self.depth -= 1;
        self.must_be_condition(&inside)?;
        Ok(Piece {
            node: Node::Call(Function::Not, vec![inside.node]),
            condition: true,
            at,
        })
    }

    fn relation(&mut self) -> Result<Piece, FormulaError> {
        let left = self.sum()?;
        self.peek();
        let rest = &self.text[self.at..];
        let relations = [
            ("<=", Relation::LessOrEqual),
            (">=", Relation::GreaterOrEqual),
            ("!=", Relation::NotEqual),
            ("<", Relation::Less),
            (">", Relation::Greater),
            ("=", Relation::Equal),
        ];
        let Some((sign, relation)) = relations.into_iter().find(|(sign, _)| rest.starts_with(sign)) else {
            return Ok(left);
        };
        self.at += sign.len();
        self.must_be_number(&left)?;
        let right = self.sum()?;
        self.must_be_number(&right)?;
        Ok(Piece {
            node: Node::Compare(relation, Box::new(left.node), Box::new(right.node)),
            condition: true,
            at: left.at,
        })
    }

    fn sum(&mut self) -> Result<Piece, FormulaError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Plus,
                Some('-') => Operator::Minus,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product()?;
            left = self.binary(operator, left, right)?;
        }
    }

    fn product(&mut self) -> Result<Piece, FormulaError> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Times,
                Some('/') => Operator::Per,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.factor()?;
            if operator == Operator::Per && matches!(&right.node, Node::Number(number) if number.is_zero()) {
                self.at = right.at;
                return Err(self.wrong("a division by 0"));
            }
            left = self.binary(operator, left, right)?;
        }
    }

    fn binary(&self, operator: Operator, left: Piece, right: Piece) -> Result<Piece, FormulaError> {
        self.must_be_number(&left)?;
        self.must_be_number(&right)?;
        let node = Node::Binary(operator, Box::new(left.node), Box::new(right.node));
        self.must_fit(number(node, left.at), right.at)
    }

    fn factor(&mut self) -> Result<Piece, FormulaError> {
        self.deeper()?;
        let first = self.peek();
        let at = self.at;
        let piece = match first {
            Some('-') => {
                self.at += 1;
                let inside = self.factor()?;
                self.must_be_number(&inside)?;
                number(Node::Negative(Box::new(inside.node)), at)
            }
            Some('(') => {
                self.at += 1;
                let inside = self.any()?;
                self.expect(')')?;
                Piece { at, ..inside }
            }
            Some(c) if c.is_ascii_digit() => number(self.number()?, at),
            Some(c) if c.is_ascii_lowercase() => self.named(at)?,
            _ => return Err(self.wrong("expected a measure, a number, a function or (")),
        };
        self.depth -= 1;
        Ok(piece)
    }

    fn number(&mut self) -> Result<Node, FormulaError> {
        let word = self.word(|c| c.is_ascii_digit() || c == '.');
        let parsed: Result<Exact, _> = word.parse();
        let number = parsed.map_err(|error| self.wrong(&error.to_string()))?;
        self.at += word.len();
        Ok(Node::Number(number))
    }

    /// A measure, or a function with its arguments.
    fn named(&mut self, at: usize) -> Result<Piece, FormulaError> {
        let word = self.word(is_name);
        self.at += word.len();
        if self.peek() == Some('(') {
            return self.call(&word, at);
        }
        self.at = at;
        let Some(index) = self.names.iter().position(|name| *name == word) else {
            let known = self.names.join(", ");
            return Err(self.wrong(&format!("there is no measure `{word}`; there are {known}")));
        };
        self.at += word.len();
        Ok(number(Node::Measure(index), at))
    }

    fn call(&mut self, word: &str, at: usize) -> Result<Piece, FormulaError> {
        let (function, least, most) = match word {
            "min" => (Function::Min, 2, usize::MAX),
            "max" => (Function::Max, 2, usize::MAX),
            "abs" => (Function::Abs, 1, 1),
            "coalesce" => (Function::Coalesce, 2, usize::MAX),
            "if" => (Function::If, 3, 3),
            "pow" => (Function::Pow, 2, 2),
            _ => {
                self.at = at;
                let known = "min, max, abs, coalesce, if, pow";
                return Err(self.wrong(&format!("there is no function `{word}`; there are {known}")));
            }
        };
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            let argument = self.any()?;
            if function == Function::If && arguments.is_empty() {
                self.must_be_condition(&argument)?;
            } else {
                self.must_be_number(&argument)?;
            }
            arguments.push(argument.node);
            if self.peek() != Some(',') {
                break;
            }
            self.at += 1;
        }
        self.expect(')')?;
        if !(least..=most).contains(&arguments.len()) {
            self.at = at;
            let found = arguments.len();
            let takes = match (least, most) {
                (1, 1) => "one argument",
                (2, 2) => "a number and how often it is multiplied",
                (3, 3) => "a condition and two numbers",
                _ => "two arguments or more",
            };
            return Err(self.wrong(&format!("`{word}` takes {takes}, not {found}")));
        }
        if function == Function::Pow && arguments.get(1).and_then(Node::times).is_none() {
            self.at = at;
            return Err(self.wrong(&format!(
                "`pow` multiplies a number with itself: say how often, from 1 to {MOST_TIMES}"
            )));
        }
        self.must_fit(number(Node::Call(function, arguments), at), at)
    }

    /// Refuses what would make a number too long; `at` is where that begins.
    fn must_fit(&self, piece: Piece, at: usize) -> Result<Piece, FormulaError> {
        let length = piece.node.length(self.lengths).longer();
        if length <= LONGEST_MADE {
            return Ok(piece);
        }
        let message = format!(
            "too long a number: as of {length} that are multiplied, at most {LONGEST_MADE} may be: let `pow` multiply less often"
        );
        Err(self.wrong_at(at, &message))
    }

    fn must_be_condition(&self, piece: &Piece) -> Result<(), FormulaError> {
        if piece.condition {
            return Ok(());
        }
        Err(self.wrong_at(
            piece.at,
            "expected a condition such as `won > 0`, this is a number",
        ))
    }

    fn must_be_number(&self, piece: &Piece) -> Result<(), FormulaError> {
        if !piece.condition {
            return Ok(());
        }
        Err(self.wrong_at(piece.at, "expected a number, this is a condition"))
    }
}

/// How often `pow` may multiply: what it makes of a fraction of many digits grows as long.
const MOST_TIMES: u32 = 120;

impl Node {
    /// How often `pow` multiplies, when it says so.
    pub(super) fn times(&self) -> Option<u32> {
        let Self::Number(number) = self else { return None };
        let times = number.to_exact_string().parse().ok()?;
        (1..=MOST_TIMES).contains(&times).then_some(times)
    }
}

fn number(node: Node, at: usize) -> Piece {
    Piece {
        node,
        condition: false,
        at,
    }
}
