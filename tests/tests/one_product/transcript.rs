//! What was answered, in order, without what time and place make of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// How many differing answers are shown.
const SHOWN: usize = 5;
/// How much of an answer is shown around the first difference, in bytes before and after it.
const AROUND: (usize, usize) = (120, 240);

/// Answers with the questions they belong to.
#[derive(Default)]
pub(crate) struct Transcript {
    lines: Vec<(String, String)>,
    /// Texts that differ between two runs of the same journey, with the words that stand for them.
    passing: BTreeSet<(String, &'static str)>,
    /// When changes were recorded.
    instants: HashSet<String>,
}

impl Transcript {
    /// How many answers there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Writes an answer down.
    pub(crate) fn note(&mut self, question: &str, answer: &Value) {
        self.learn(answer);
        let answer = self.lasting(answer).to_string();
        self.lines.push((question.to_owned(), answer));
    }

    /// Remembers a text that is of this run only.
    pub(crate) fn hide(&mut self, text: &str, word: &'static str) {
        self.passing.insert((text.to_owned(), word));
    }

    /// Remembers the epoch and the instants of recording in an answer: messages and tables name them too.
    fn learn(&mut self, answer: &Value) {
        match answer {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("epoch", Value::Number(epoch)) if epoch.as_u64() > Some(1_000_000) => {
                            self.hide(&epoch.to_string(), "EPOCH");
                        }
                        // It is told again where the forecast is listed.
                        ("forecast_id", Value::String(id)) if !id.is_empty() => self.hide(id, "AN ID"),
                        ("recorded_at", Value::String(at)) => {
                            self.instants.insert(at.clone());
                        }
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    /// What two runs of the same journey have in common.
    fn lasting(&self, answer: &Value) -> Value {
        match answer {
            // The fields of an object have no order.
            Value::Object(fields) => {
                let mut out = BTreeMap::new();
                for (name, value) in fields {
                    let value = match name.as_str() {
                        "epoch" | "path" | "path_reason" | "recorded_at" | "cached" => continue,
                        "started_at" | "ended_at" | "made_at" | "scored_at" => Value::from("AN INSTANT"),
                        "next_page_token" => Value::from("A TOKEN"),
                        _ => self.lasting(value),
                    };
                    out.insert(name.clone(), value);
                }
                Value::Object(Map::from_iter(out))
            }
            Value::Array(items) => items.iter().map(|item| self.lasting(item)).collect(),
            Value::String(text) => Value::String(self.lasting_text(text)),
            other => other.clone(),
        }
    }

    fn lasting_text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (passing, word) in &self.passing {
            if out.contains(passing.as_str()) {
                out = out.replace(passing.as_str(), word);
            }
        }
        let is_edge = |letter: char| letter.is_whitespace() || letter == ',';
        let recorded: BTreeSet<String> = out
            .split(is_edge)
            .filter(|word| self.instants.contains(*word))
            .map(str::to_owned)
            .collect();
        for at in recorded {
            out = out.replace(&at, "RECORDED");
        }
        out
    }

    /// Fails with the first answers that differ.
    #[track_caller]
    pub(crate) fn must_equal(&self, other: &Self) {
        let mut told = String::new();
        let pairs = self.lines.iter().zip(&other.lines).enumerate();
        for (at, ((question, ours), (asked, theirs))) in pairs.filter(|(_, (a, b))| a != b).take(SHOWN) {
            assert_eq!(question, asked, "the journeys part at answer {at}");
            let (ours, theirs) = apart(ours, theirs);
            let _ = write!(told, "\n{at} {question}\n  one:   {ours}\n  other: {theirs}\n");
        }
        let differing = self
            .lines
            .iter()
            .zip(&other.lines)
            .filter(|(a, b)| a != b)
            .count();
        assert!(told.is_empty(), "{differing} answers differ:{told}");
        assert_eq!(self.len(), other.len(), "one journey is longer");
    }
}

/// Two texts from shortly before their first difference on.
fn apart<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let cut = |text: &'a str| {
        let edge = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        &text[edge(same.saturating_sub(AROUND.0))..edge(same + AROUND.1)]
    };
    (cut(one), cut(other))
}
