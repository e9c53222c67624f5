//! Reading a text character by character, and saying where in it something is wrong.

use super::{LONGEST, Parser};
use crate::formula::FormulaError;

/// Parentheses within parentheses beyond this are refused, so that no text can exhaust the stack.
const DEEPEST: usize = 50;

impl Parser<'_> {
    pub(super) fn deeper(&mut self) -> Result<(), FormulaError> {
        if self.depth >= DEEPEST {
            return Err(self.wrong("too deep"));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn expect(&mut self, sign: char) -> Result<(), FormulaError> {
        if self.peek() != Some(sign) {
            return Err(self.wrong(&format!("expected {sign}")));
        }
        self.at += sign.len_utf8();
        Ok(())
    }

    /// Takes a word of the language when it stands here.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        self.peek();
        let here = self.word(is_name) == word;
        if here {
            self.at += word.len();
        }
        here
    }

    /// The next character that is no space, without taking it.
    pub(super) fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    /// What stands here as long as the characters are of a kind.
    pub(super) fn word(&self, kind: impl Fn(char) -> bool) -> String {
        self.text[self.at..].chars().take_while(|c| kind(*c)).collect()
    }

    pub(super) fn wrong(&self, message: &str) -> FormulaError {
        self.wrong_at(self.at, message)
    }

    pub(super) fn wrong_at(&self, at: usize, message: &str) -> FormulaError {
        let shown = self.text.len().min(LONGEST);
        FormulaError {
            text: self.text[..self.text.floor_char_boundary(shown)].to_owned(),
            column: self.text[..at].chars().count() + 1,
            message: message.to_owned(),
        }
    }
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}
