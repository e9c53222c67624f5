//! From text to a formula: a parser of one page, whose mistakes name the character.

use bellwether_domain::exact::Exact;

use super::{FormulaError, Node, Operator};

/// Parentheses within parentheses beyond this are refused, so that no text can exhaust the stack.
const DEEPEST: usize = 50;

pub(super) fn parse(text: &str, names: &[&str]) -> Result<Node, FormulaError> {
    let mut parser = Parser {
        text,
        names,
        at: 0,
        depth: 0,
    };
    let root = parser.sum()?;
    if parser.peek().is_some() {
        return Err(parser.wrong("expected + - * / or the end"));
    }
    let mut measures = Vec::new();
    root.collect(&mut measures);
    if measures.is_empty() {
        parser.at = 0;
        return Err(parser.wrong("a formula names at least one measure"));
    }
    Ok(root)
}

struct Parser<'a> {
    text: &'a str,
    names: &'a [&'a str],
    /// The byte that is read next.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Node, FormulaError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some('+') => Operator::Plus,
                Some('-') => Operator::Minus,
                _ => return Ok(left),
            };
            self.at += 1;
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, FormulaError> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some('*') => Operator::Times,
                Some('/') => Operator::Per,
                _ => return Ok(left),
            };
            self.at += 1;
            self.peek();
            let start = self.at;
            let right = self.factor()?;
            if operator == Operator::Per && matches!(&right, Node::Number(number) if number.is_zero()) {
                self.at = start;
                return Err(self.wrong("a division by 0"));
            }
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn factor(&mut self) -> Result<Node, FormulaError> {
        if self.depth >= DEEPEST {
            return Err(self.wrong("too deep"));
        }
        self.depth += 1;
        let node = match self.peek() {
            Some('-') => {
                self.at += 1;
                Node::Negative(Box::new(self.factor()?))
            }
            Some('(') => {
                self.at += 1;
                let inside = self.sum()?;
                if self.peek() != Some(')') {
                    return Err(self.wrong("expected )"));
                }
                self.at += 1;
                inside
            }
            Some(c) if c.is_ascii_digit() => self.number()?,
            Some(c) if c.is_ascii_lowercase() => self.measure()?,
            _ => return Err(self.wrong("expected a measure, a number or (")),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn number(&mut self) -> Result<Node, FormulaError> {
        let word = self.word(|c| c.is_ascii_digit() || c == '.');
        let parsed: Result<Exact, _> = word.parse();
        let number = parsed.map_err(|error| self.wrong(&error.to_string()))?;
        self.at += word.len();
        Ok(Node::Number(number))
    }

    fn measure(&mut self) -> Result<Node, FormulaError> {
        let word = self.word(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let Some(index) = self.names.iter().position(|name| *name == word) else {
            let known = self.names.join(", ");
            return Err(self.wrong(&format!("there is no measure `{word}`; there are {known}")));
        };
        self.at += word.len();
        Ok(Node::Measure(index))
    }

    /// The next character that is no space, without taking it.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    /// What stands here as long as the characters are of a kind.
    fn word(&self, kind: impl Fn(char) -> bool) -> String {
        self.text[self.at..].chars().take_while(|c| kind(*c)).collect()
    }

    fn wrong(&self, message: &str) -> FormulaError {
        FormulaError {
            text: self.text.to_owned(),
            column: self.text[..self.at].chars().count() + 1,
            message: message.to_owned(),
        }
    }
}
