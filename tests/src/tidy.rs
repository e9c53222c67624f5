//! The house rules of CONTRIBUTING.md as code, so that they hold without anyone remembering them.
//!
//! Each rule is a function from parsed files to [`Finding`]s. `tests/tidy.rs` runs the rules on this
//! repository; the unit tests beside each rule feed it a sample that breaks it, so that a rule that has
//! stopped looking fails too.

pub mod manifests;
pub mod pages;
pub mod rooms;
pub mod sources;
pub mod tree;

use std::fmt;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `path:line`, relative to the workspace's root.
    pub at: String,
    /// What is wrong, with the figure or name that shows it.
    pub what: String,
    /// What to do instead.
    pub way_out: &'static str,
}

impl Finding {
    /// A finding at a line (counted from 1) of a file.
    pub fn new(path: &str, line: usize, what: impl Into<String>, way_out: &'static str) -> Self {
        Self {
            at: format!("{path}:{line}"),
            what: what.into(),
            way_out,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.at, self.what, self.way_out)
    }
}

/// Fails the calling test with one line a finding.
///
/// # Panics
/// When there is a finding.
#[track_caller]
pub fn assert_clean(rule: &str, findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "{rule}: {} broken\n{}\n",
        lines.len(),
        lines.join("\n")
    );
}
