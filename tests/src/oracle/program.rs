//! The oracle as a program: Python over JSON, none of the product's code (`tests/oracle`).

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs a command of the oracle on an input; what it prints.
///
/// # Panics
/// When Python is missing (`scripts/tools.sh` installs it), and when the oracle fails.
#[must_use]
pub fn run(args: &[&str], input: &Value) -> Value {
    let mut child = Command::new("python3")
        // Nothing is written beside the sources.
        .args(["-B", "-m", "oracle"])
        .args(args)
        .current_dir(crate::workspace_root().join("tests"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is there: `make test` and scripts/tools.sh install it");
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = input.to_string();
    // In a thread of its own, so that neither side waits for the other.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the oracle ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "oracle {args:?}:\n{said}");
    writer
        .join()
        .expect("the writer ends")
        .expect("the oracle reads its input");
    serde_json::from_slice(&output.stdout).expect("the oracle prints JSON")
}
