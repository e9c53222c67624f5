//! Rules about the members' manifests: who may import whom, and that versions, features and lints are
//! decided once, in the root manifest.

use std::fs;
use std::io;
use std::path::Path;

use toml::{Table, Value};

use super::Finding;

/// A member's `Cargo.toml`.
pub struct Manifest {
    /// Path from the workspace's root, such as `libs/domain/Cargo.toml`.
    pub path: String,
    text: String,
    table: Table,
}

/// One dependency of a member.
struct Dependency<'a> {
    name: &'a str,
    value: &'a Value,
    dev: bool,
}

/// Where a crate stands in the house. An arrow goes down only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    Domain,
    Stats,
    Contracts,
    /// `storage` and `runtime`: beside each other, neither imports the other.
    Platform,
    Testkit,
    Service,
    Binary,
    Tests,
}

impl Manifest {
    /// Reads one manifest.
    ///
    /// # Errors
    /// A finding when the text is not TOML.
    pub fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let table = text.parse::<Table>().map_err(|e| {
            Finding::new(
                path,
                1,
                e.message().to_owned(),
                "write a manifest that cargo can read",
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            table,
        })
    }

    /// The package's name; empty when it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.table
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    fn floor(&self) -> Option<Floor> {
        match self.path.trim_end_matches("/Cargo.toml") {
            "libs/domain" => Some(Floor::Domain),
            "libs/stats" => Some(Floor::Stats),
            "libs/contracts" => Some(Floor::Contracts),
            "libs/storage" | "libs/runtime" => Some(Floor::Platform),
            "libs/testkit" => Some(Floor::Testkit),
            "services/bellwether" => Some(Floor::Binary),
            "tests" => Some(Floor::Tests),
            folder => folder.starts_with("services/").then_some(Floor::Service),
        }
    }

    fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut found = Vec::new();
        let targets = self.table.get("target").and_then(Value::as_table);
        let per_target = targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(Value::as_table);
        for table in std::iter::once(&self.table).chain(per_target) {
            for (section, dev) in [
                ("dependencies", false),
                ("build-dependencies", false),
                ("dev-dependencies", true),
            ] {
                let entries = table.get(section).and_then(Value::as_table).into_iter().flatten();
                found.extend(entries.map(|(name, value)| Dependency { name, value, dev }));
            }
        }
        found
    }

    /// The line on which a key first stands, or 1.
    fn line_of(&self, key: &str) -> usize {
        let starts = |line: &str| {
            let rest = line.trim_start().trim_start_matches('[').strip_prefix(key);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
        };
        self.text.lines().position(starts).map_or(1, |index| index + 1)
    }
}

/// All members that the root manifest names (`folder` or `folder/*`).
///
/// # Errors
/// When a manifest or folder cannot be read.
///
/// # Panics
/// With the place, when a manifest is not TOML or the root names no members.
pub fn members(root: &Path) -> io::Result<Vec<Manifest>> {
    let text = fs::read_to_string(root.join("Cargo.toml"))?;
    let table: Table = text
        .parse()
        .expect("the root manifest is TOML, or cargo would not run this");
    let patterns = table["workspace"]["members"]
        .as_array()
        .expect("the root manifest lists its members");
    let mut folders = Vec::new();
    for pattern in patterns.iter().filter_map(Value::as_str) {
        let Some(parent) = pattern.strip_suffix("/*") else {
            folders.push(pattern.to_owned());
            continue;
        };
        for entry in fs::read_dir(root.join(parent))? {
            folders.push(format!("{parent}/{}", entry?.file_name().to_string_lossy()));
        }
    }
    folders.sort();
    let mut manifests = Vec::new();
    for folder in folders {
        let path = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(root.join(&path))?;
        manifests.push(Manifest::parse(&path, &text).unwrap_or_else(|finding| panic!("{finding}")));
    }
    Ok(manifests)
}

/// Whether a crate on one floor may import a crate on another.
fn may_import(from: Floor, to: Floor, dev: bool) -> bool {
    use Floor::{Binary, Contracts, Domain, Platform, Service, Stats, Testkit, Tests};
    match from {
        Domain => false,
        Stats | Contracts => to == Domain,
        Platform => matches!(to, Contracts | Domain) || (dev && to == Testkit),
        Testkit => matches!(to, Platform | Contracts | Domain),
        Service => matches!(to, Platform | Contracts | Stats | Domain) || (dev && to == Testkit),
        Binary => matches!(to, Service | Platform | Contracts | Stats | Domain) || (dev && to == Testkit),
        Tests => to != Tests,
    }
}

/// Crates import downwards only, and a service never imports another.
#[must_use]
pub fn edges(manifests: &[Manifest]) -> Vec<Finding> {
    let mut found = Vec::new();
    for manifest in manifests {
        let Some(from) = manifest.floor() else {
            let way_out = "give the crate a floor in tests/src/tidy/manifests.rs and in ARCHITECTURE.md";
            found.push(Finding::new(
                &manifest.path,
                1,
                "a crate that has no floor in the house",
                way_out,
            ));
            continue;
        };
        for dependency in manifest.dependencies() {
            let Some(target) = manifests.iter().find(|other| other.name() == dependency.name) else {
                continue;
            };
            if target
                .floor()
                .is_some_and(|to| !may_import(from, to, dependency.dev))
            {
                let what = format!("{} imports {}", manifest.name(), dependency.name);
                let way_out = "speak through `contracts` over a link, or move what both need further down";
                found.push(Finding::new(
                    &manifest.path,
                    manifest.line_of(dependency.name),
                    what,
                    way_out,
                ));
            }
        }
    }
    found
}

/// Packages are called `bellwether-<folder>`, the binary's `bellwether`.
#[must_use]
pub fn names(manifest: &Manifest) -> Vec<Finding> {
    let folder = manifest
        .path
        .trim_end_matches("/Cargo.toml")
        .rsplit('/')
        .next()
        .unwrap_or("");
    let expected = if folder == "bellwether" {
        folder.to_owned()
    } else {
        format!("bellwether-{folder}")
    };
    if manifest.name() == expected {
        return Vec::new();
    }
    let what = format!("the package is called `{}`", manifest.name());
    vec![Finding::new(
        &manifest.path,
        manifest.line_of("name"),
        what,
        "call it `bellwether-<folder>`",
    )]
}

/// Versions and features of dependencies stand in the root manifest only.
#[must_use]
pub fn dependencies_are_inherited(manifest: &Manifest) -> Vec<Finding> {
    let inherited = |value: &Value| {
        value.as_table().is_some_and(|table| {
            table.get("workspace").and_then(Value::as_bool) == Some(true)
                && table
                    .keys()
                    .all(|key| matches!(key.as_str(), "workspace" | "optional"))
        })
    };
    let own = manifest
        .dependencies()
        .into_iter()
        .filter(|dependency| !inherited(dependency.value));
    own.map(|dependency| {
        let what = format!(
            "`{}` has a version, source or features of its own",
            dependency.name
        );
        let way_out = "put them into [workspace.dependencies] and write `NAME.workspace = true` here";
        Finding::new(&manifest.path, manifest.line_of(dependency.name), what, way_out)
    })
    .collect()
}

/// Lints and the package's version, edition, toolchain, licence and publishing are the workspace's.
#[must_use]
pub fn workspace_decides(manifest: &Manifest) -> Vec<Finding> {
    let is_inherited =
        |value: Option<&Value>| value.and_then(|v| v.get("workspace")).and_then(Value::as_bool) == Some(true);
    let mut found = Vec::new();
    if !is_inherited(manifest.table.get("lints")) {
        let what = "does not take the workspace's lints";
        let way_out = "write `[lints]` and `workspace = true`";
        found.push(Finding::new(
            &manifest.path,
            manifest.line_of("lints"),
            what,
            way_out,
        ));
    }
    let package = manifest.table.get("package");
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        if !is_inherited(package.and_then(|table| table.get(key))) {
            let what = format!("decides `{key}` by itself");
            let way_out = "write `KEY.workspace = true`";
            found.push(Finding::new(&manifest.path, manifest.line_of(key), what, way_out));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
                        license.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";

    fn manifest(folder: &str, rest: &str) -> Manifest {
        let name = match folder.rsplit('/').next().unwrap() {
            "bellwether" => "bellwether".to_owned(),
            last => format!("bellwether-{last}"),
        };
        let text = format!("[package]\nname = \"{name}\"\n{HEAD}{rest}");
        Manifest::parse(&format!("{folder}/Cargo.toml"), &text).unwrap()
    }

    /// A house in which one crate imports another in one section.
    fn broken_edges(from: &str, to: &str, section: &str) -> Vec<String> {
        let folders = [
            "libs/domain",
            "libs/stats",
            "libs/contracts",
            "libs/storage",
            "libs/runtime",
            "libs/testkit",
            "services/kpi",
            "services/ingestion",
            "services/bellwether",
            "tests",
        ];
        let house = folders.map(|folder| {
            let edge = format!("[{section}]\n{to}.workspace = true\n");
            manifest(folder, if folder == from { &edge } else { "" })
        });
        edges(&house).into_iter().map(|finding| finding.at).collect()
    }

    #[test]
    fn arrows_that_do_not_go_down_are_found() {
        let forbidden = [
            ("libs/domain", "bellwether-stats"),
            ("libs/stats", "bellwether-contracts"),
            ("libs/contracts", "bellwether-storage"),
            ("libs/storage", "bellwether-runtime"),
            ("libs/runtime", "bellwether-kpi"),
            ("libs/runtime", "bellwether-testkit"),
            ("libs/testkit", "bellwether-kpi"),
            ("services/kpi", "bellwether-ingestion"),
            ("services/kpi", "bellwether-testkit"),
            ("services/kpi", "bellwether"),
            ("services/bellwether", "bellwether-tests"),
            ("services/bellwether", "bellwether-testkit"),
        ];
        for (from, to) in forbidden {
            assert_eq!(
                broken_edges(from, to, "dependencies"),
                [format!("{from}/Cargo.toml:11")],
                "{from} -> {to}"
            );
        }
        let dev = ["bellwether-ingestion", "bellwether"];
        for to in dev {
            assert_eq!(
                broken_edges("services/kpi", to, "dev-dependencies").len(),
                1,
                "{to}"
            );
        }
        let on_unix = broken_edges(
            "services/kpi",
            "bellwether-ingestion",
            "target.'cfg(unix)'.dependencies",
        );
        assert_eq!(on_unix.len(), 1);
        assert_eq!(
            broken_edges("libs/domain", "bellwether-stats", "build-dependencies").len(),
            1
        );
    }

    #[test]
    fn arrows_that_go_down_are_let_be() {
        let allowed = [
            ("libs/stats", "bellwether-domain"),
            ("libs/storage", "bellwether-domain"),
            ("services/kpi", "bellwether-stats"),
            ("services/bellwether", "bellwether-kpi"),
            ("tests", "bellwether-testkit"),
        ];
        for (from, to) in allowed {
            assert!(
                broken_edges(from, to, "dependencies").is_empty(),
                "{from} -> {to}"
            );
        }
        assert!(broken_edges("services/kpi", "bellwether-testkit", "dev-dependencies").is_empty());
    }

    #[test]
    fn a_crate_without_a_floor_or_with_another_name_is_found() {
        let shed = manifest("libs/shed", "");
        assert_eq!(edges(&[shed])[0].at, "libs/shed/Cargo.toml:1");
        let text = "[package]\nname = \"kpi\"\n";
        let renamed = Manifest::parse("services/kpi/Cargo.toml", text).unwrap();
        assert_eq!(names(&renamed)[0].at, "services/kpi/Cargo.toml:2");
        assert!(names(&manifest("services/kpi", "")).is_empty());
    }

    #[test]
    fn own_versions_sources_and_features_are_found() {
        let rest = "[dependencies]\na = \"1\"\nb = { version = \"1\" }\nc = { path = \"../c\" }\n\
                    d = { workspace = true, features = [\"x\"] }\ne.workspace = true\n\
                    f = { workspace = true, optional = true }\n[dev-dependencies]\ng = { git = \"x\" }\n\
                    h = { workspace = true, default-features = false }\n";
        let found = dependencies_are_inherited(&manifest("libs/domain", rest));
        let named: Vec<&str> = found
            .iter()
            .filter_map(|finding| finding.what.get(1..2))
            .collect();
        assert_eq!(named, ["a", "b", "c", "d", "g", "h"]);
        assert_eq!(found[0].at, "libs/domain/Cargo.toml:11");
    }

    #[test]
    fn own_lints_and_own_package_keys_are_found() {
        assert!(workspace_decides(&manifest("libs/domain", "")).is_empty());
        let text = "[package]\nname = \"bellwether-domain\"\nversion = \"1.0.0\"\nedition.workspace = true\n\
                    rust-version.workspace = true\nlicense.workspace = true\n[lints.clippy]\nall = \"allow\"\n";
        let found = workspace_decides(&Manifest::parse("libs/domain/Cargo.toml", text).unwrap());
        let places: Vec<&str> = found.iter().map(|finding| finding.at.as_str()).collect();
        let expected = [
            "libs/domain/Cargo.toml:7",
            "libs/domain/Cargo.toml:3",
            "libs/domain/Cargo.toml:1",
        ];
        assert_eq!(places, expected);
    }
}
