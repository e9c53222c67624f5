//! Rules about documents and other text: the drawn map names the rooms that exist, and nothing committed
//! knows the machine it was written on.

use std::collections::BTreeSet;

use super::Finding;

/// `ARCHITECTURE.md` names every crate of the workspace, and no other.
///
/// A crate is named by its package (`bellwether-kpi`); the binary by `bellwether` in backticks; folders as
/// `libs/x` and `services/x` are compared too.
#[must_use]
pub fn map_matches(page: &str, text: &str, crates: &[(String, String)]) -> Vec<Finding> {
    let packages: BTreeSet<&str> = crates.iter().map(|(package, _)| package.as_str()).collect();
    let folders: BTreeSet<&str> = crates.iter().map(|(_, folder)| folder.as_str()).collect();
    let mut named = BTreeSet::new();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_'))) {
            let package = word.starts_with("bellwether-").then_some(word);
            let folder = word.trim_end_matches('/');
            let unknown = match package {
                Some(package) => !packages.contains(package),
                None => is_crate_folder(folder) && !folders.contains(folder),
            };
            named.extend(package);
            if unknown {
                let what = format!("names `{word}`, which is not in the workspace");
                found.push(Finding::new(page, index + 1, what, "draw the house as it stands"));
            }
        }
    }
    if text.contains("`bellwether`") {
        named.insert("bellwether");
    }
    let missing = packages.difference(&named);
    found.extend(missing.map(|package| {
        Finding::new(
            page,
            1,
            format!("does not name `{package}`"),
            "say in the floor plan what the crate is for",
        )
    }));
    found
}

/// `libs/x` or `services/x`, and nothing below.
fn is_crate_folder(word: &str) -> bool {
    let name = word
        .strip_prefix("libs/")
        .or_else(|| word.strip_prefix("services/"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// No file names a folder of the machine that wrote it. Each of `places` is an absolute path; one that ends
/// with `/` stands for what lies below it.
#[must_use]
pub fn no_machine_paths(path: &str, text: &str, places: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let names = |place: &&String| {
            line.match_indices(place.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + place.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | ')'))
                    && (place.ends_with('/')
                        || !after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_')))
            })
        };
        if let Some(place) = places.iter().find(names) {
            let what = format!("names `{place}` of this machine");
            found.push(Finding::new(
                path,
                index + 1,
                what,
                "use a path relative to the repository",
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> Vec<(String, String)> {
        let pairs = [
            ("bellwether", "services/bellwether"),
            ("bellwether-kpi", "services/kpi"),
        ];
        pairs
            .map(|(package, folder)| (package.to_owned(), folder.to_owned()))
            .to_vec()
    }

    #[test]
    fn a_stale_map_is_found() {
        let good =
            "The binary `bellwether` starts `bellwether-kpi` (services/kpi, services/kpi/src/facts).\n";
        assert!(map_matches("A.md", good, &house()).is_empty());
        let places = |text: &str| -> Vec<String> {
            map_matches("A.md", text, &house())
                .into_iter()
                .map(|finding| finding.at)
                .collect()
        };
        assert_eq!(places(&format!("{good}and bellwether-gone.\n")), ["A.md:2"]);
        assert_eq!(places(&format!("{good}\nlibs/gone/ too\n")), ["A.md:3"]);
        assert_eq!(places("The binary `bellwether`.\n"), ["A.md:1"]);
        assert_eq!(places("Only bellwether-kpi of bellwether.\n"), ["A.md:1"]);
    }

    #[test]
    fn a_machine_path_is_found() {
        let places = ["/home/ada/".to_owned(), "/src/bell".to_owned()];
        let lines = |text: &str| no_machine_paths("x", text, &places).len();
        assert_eq!(lines("see /home/ada/notes\nin \"/src/bell\"\n"), 2);
        assert_eq!(
            lines("see /home/adam/x, /home/ada, a/home/ada/x, $HOME/src/bellwether, ./src/bell\n"),
            0
        );
    }
}
