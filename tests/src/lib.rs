//! Black-box tests of the whole product: journeys, faults, the contract, and the house rules.
//!
//! The library holds what those tests share. It stands on top of the house, as a user does: nothing imports it.

pub mod caller;
pub mod compose;
pub mod containers;
pub mod faults;
pub mod fleet;
pub mod oracle;
pub mod product;
pub mod proxy;
pub mod tidy;

use std::path::{Path, PathBuf};

/// The folder of the workspace: where the root `Cargo.toml`, `proto/`, `deploy/` and the documents lie.
///
/// # Panics
/// When the crate no longer lies one folder below the root.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .parent()
        .expect("the tests crate lies in a folder of the workspace");
    assert!(
        root.join("Cargo.lock").is_file(),
        "{} is not the workspace's root",
        root.display()
    );
    root.to_path_buf()
}
