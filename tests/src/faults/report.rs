//! The row that a fault test reports: one JSON object a row, in a file that `make faults` makes its table of.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::verdict::Verdict;

/// Whether full counts are asked for (`FAULTS=full`, as `make faults` sets it); else they are small.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a switch of the tests, not a setting of the product"
)]
pub fn full() -> bool {
    std::env::var("FAULTS").is_ok_and(|text| text == "full")
}

/// A row that is being measured.
#[derive(Debug)]
pub struct Report {
    row: &'static str,
    fields: serde_json::Map<String, Value>,
    since: Instant,
}

impl Report {
    /// A row (such as `F5`), what is done to the system, and what must hold.
    #[must_use]
    pub fn new(row: &'static str, fault: &str, must: &str, seed: u64) -> Self {
        let mut fields = serde_json::Map::new();
        fields.insert("row".to_owned(), json!(row));
        fields.insert("fault".to_owned(), json!(fault));
        fields.insert("must".to_owned(), json!(must));
        fields.insert("counts".to_owned(), json!(if full() { "full" } else { "small" }));
        fields.insert("seed".to_owned(), json!(seed));
        Self {
            row,
            fields,
            since: Instant::now(),
        }
    }

    /// A measured number or word.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// The verdict of the ledger.
    pub fn verdict(&mut self, verdict: &Verdict) {
        self.set("acknowledged", verdict.acknowledged);
        self.set("lost", verdict.lost);
        self.set("doubled", verdict.doubled);
        self.set("wrong", verdict.wrong);
        self.set("checked", verdict.checked);
    }

    /// Writes the row down, and says it on standard error. `holds` is whether everything in `must` was seen.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(mut self, holds: bool) {
        self.set(
            "seconds",
            (self.since.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        );
        self.set("holds", holds);
        let line = Value::Object(self.fields).to_string();
        let folder = folder();
        std::fs::create_dir_all(&folder).expect("the target folder is writable");
        std::fs::write(folder.join(format!("{}.json", self.row)), format!("{line}\n"))
            .expect("the target folder is writable");
        eprintln!("{line}");
    }
}

/// `target/faults`, beside the profile that the test was built in.
fn folder() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows where it runs");
    let target = here.parent().and_then(Path::parent).and_then(Path::parent);
    target.expect("tests lie in target/PROFILE/deps").join("faults")
}
