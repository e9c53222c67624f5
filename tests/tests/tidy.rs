//! The house rules, run on this repository. What each rule looks for, and the proof that it finds it, is in
//! `bellwether_tests::tidy`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use bellwether_tests::tidy::tree::{self, Source};
use bellwether_tests::tidy::{Finding, assert_clean, manifests, pages, rooms, sources};
use bellwether_tests::workspace_root;

/// Parsed once for all rules.
static SOURCES: LazyLock<Vec<Source>> =
    LazyLock::new(|| tree::sources(&workspace_root()).expect("the sources can be read"));

fn members() -> Vec<manifests::Manifest> {
    manifests::members(&workspace_root()).expect("the manifests can be read")
}

#[track_caller]
fn check_sources(rule: &str, find: fn(&Source) -> Vec<Finding>) {
    let findings: Vec<Finding> = SOURCES.iter().flat_map(find).collect();
    assert_clean(rule, &findings);
}

#[track_caller]
fn check_manifests(rule: &str, find: fn(&manifests::Manifest) -> Vec<Finding>) {
    let findings: Vec<Finding> = members().iter().flat_map(find).collect();
    assert_clean(rule, &findings);
}

#[test]
fn the_rules_see_every_crate() {
    let members = members();
    assert!(members.len() >= 10, "only {} members were read", members.len());
    for member in &members {
        let folder = member.path.trim_end_matches("Cargo.toml");
        let roots = [format!("{folder}src/lib.rs"), format!("{folder}src/main.rs")];
        assert!(
            SOURCES.iter().any(|source| roots.contains(&source.path)),
            "{folder} has no source that was read"
        );
    }
}

#[test]
fn crates_import_downwards_only() {
    assert_clean("who may import whom", &manifests::edges(&members()));
}

#[test]
fn packages_are_named_after_their_folders() {
    check_manifests("package names", manifests::names);
}

#[test]
fn dependencies_are_decided_in_the_root_manifest() {
    check_manifests(
        "versions and features once",
        manifests::dependencies_are_inherited,
    );
}

#[test]
fn members_take_lints_and_package_keys_from_the_workspace() {
    check_manifests("the workspace decides", manifests::workspace_decides);
}

#[test]
fn files_open_with_their_purpose() {
    check_sources("files open with `//!`", sources::opens_with_its_purpose);
}

#[test]
fn files_are_short() {
    check_sources("length of files", sources::file_length);
}

#[test]
fn functions_are_short() {
    check_sources("length of functions", sources::function_length);
}

#[test]
fn there_is_no_mod_rs() {
    check_sources("no mod.rs", sources::no_mod_rs);
}

#[test]
fn modules_say_what_they_hold() {
    check_sources("names of modules", sources::module_names);
}

#[test]
fn shipped_code_does_not_unwrap() {
    check_sources("no `.unwrap()` outside tests", sources::no_unwrap);
}

#[test]
fn waived_lints_tell_their_reason() {
    check_sources("waivers have reasons", sources::waivers_have_reasons);
}

#[test]
fn pure_rooms_stay_pure() {
    check_sources("pure rooms", rooms::purity);
    assert_clean("pure rooms exist", &rooms::rooms_exist(&SOURCES));
}

#[test]
fn the_map_names_the_crates_that_exist() {
    let page = "ARCHITECTURE.md";
    let text = fs::read_to_string(workspace_root().join(page)).expect("ARCHITECTURE.md draws the house");
    let folder = |path: &str| path.trim_end_matches("/Cargo.toml").to_owned();
    let crates: Vec<_> = members()
        .iter()
        .map(|m| (m.name().to_owned(), folder(&m.path)))
        .collect();
    assert_clean("the floor plan", &pages::map_matches(page, &text, &crates));
}

#[test]
fn nothing_knows_the_machine_it_was_written_on() {
    let root = workspace_root();
    let absolute = |path: &Path| path.to_string_lossy().trim_end_matches('/').to_owned();
    // The home folder itself is often a common word of configurations; what lies in it is not.
    let home = std::env::home_dir()
        .map(|home| absolute(&home))
        .filter(|home| !home.is_empty());
    let places: Vec<String> = home
        .map(|home| format!("{home}/"))
        .into_iter()
        .chain([absolute(&root)])
        .collect();
    let mut findings = Vec::new();
    for path in tree::files(&root).expect("the repository can be read") {
        // What is not UTF-8 is data, not text.
        if let Ok(text) = fs::read_to_string(root.join(&path)) {
            findings.extend(pages::no_machine_paths(&path, &text, &places));
        }
    }
    assert_clean("no path of this machine", &findings);
}
