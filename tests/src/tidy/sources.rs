//! Rules about single Rust files: how they open, how long they and their functions are, what modules are
//! called, and what shipped code may not do.

use super::Finding;
use super::tree::{Source, Token};

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 80;
/// Names that say that nobody decided where a thing belongs.
const DRAWERS: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];

/// Each file opens with `//!` and says what the room is for.
#[must_use]
pub fn opens_with_its_purpose(source: &Source) -> Vec<Finding> {
    let purpose = source
        .text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"));
    if purpose.is_some_and(|words| !words.trim().is_empty()) {
        return Vec::new();
    }
    vec![Finding::new(
        &source.path,
        1,
        "does not open with `//!`",
        "say in the first line what the room is for",
    )]
}

/// No file is longer than the limit.
#[must_use]
pub fn file_length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= MAX_FILE_LINES {
        return Vec::new();
    }
    let what = format!("{lines} lines, at most {MAX_FILE_LINES}");
    vec![Finding::new(
        &source.path,
        lines,
        what,
        "split it by what its parts are for: foo.rs + foo/part.rs",
    )]
}

/// No function is longer than the limit, from its signature to its closing brace.
#[must_use]
pub fn function_length(source: &Source) -> Vec<Finding> {
    let long = source
        .functions
        .iter()
        .filter(|function| function.lines > MAX_FUNCTION_LINES);
    long.map(|function| {
        let what = format!(
            "`{}` has {} lines, at most {MAX_FUNCTION_LINES}",
            function.name, function.lines
        );
        Finding::new(
            &source.path,
            function.line,
            what,
            "give its steps names of their own",
        )
    })
    .collect()
}

/// No `mod.rs`: twenty tabs must not all have one name.
#[must_use]
pub fn no_mod_rs(source: &Source) -> Vec<Finding> {
    if !source.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    vec![Finding::new(
        &source.path,
        1,
        "is a mod.rs",
        "name it after its folder: foo.rs beside foo/",
    )]
}

/// No module, file or folder of sources is a junk drawer.
#[must_use]
pub fn module_names(source: &Source) -> Vec<Finding> {
    let way_out = "name it after what it knows or does";
    let parts = source
        .path
        .trim_end_matches(".rs")
        .split('/')
        .filter(|part| DRAWERS.contains(part));
    let mut found: Vec<Finding> = parts
        .map(|part| Finding::new(&source.path, 1, format!("lies in `{part}`"), way_out))
        .collect();
    for module in source
        .modules
        .iter()
        .filter(|module| DRAWERS.contains(&module.name.as_str()))
    {
        found.push(Finding::new(
            &source.path,
            module.line,
            format!("module `{}`", module.name),
            way_out,
        ));
    }
    found
}

/// Shipped code does not call `.unwrap()`, not even inside a macro call.
#[must_use]
pub fn no_unwrap(source: &Source) -> Vec<Finding> {
    let tokens: Vec<&Token> = source.shipped().collect();
    let is_call = |window: &&[&Token]| {
        let texts: Vec<&str> = window.iter().map(|token| token.text.as_str()).collect();
        texts == [".", "unwrap", "(", ")"]
    };
    let way_out = "return the error with `?`, or `expect` with the reason why it cannot be";
    let calls = tokens.windows(4).filter(is_call);
    calls
        .map(|call| Finding::new(&source.path, call[1].line, "`.unwrap()`", way_out))
        .collect()
}

/// Each waived lint tells its reason.
#[must_use]
pub fn waivers_have_reasons(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (start, token) in source.tokens.iter().enumerate() {
        let before = source.tokens[..start]
            .iter()
            .rev()
            .take(3)
            .map(|t| t.text.as_str());
        let is_waiver = matches!(token.text.as_str(), "allow" | "expect")
            && matches!(
                before.collect::<Vec<_>>().as_slice(),
                ["[", "#", ..] | ["[", "!", "#"]
            );
        if !is_waiver {
            continue;
        }
        let mut inside = source.tokens[start..].iter().take_while(|t| t.text != "]");
        if !inside.any(|t| t.text == "reason") {
            let what = format!("`{}` without a reason", token.text);
            let way_out = "add `reason = \"...\"`, or follow the lint";
            found.push(Finding::new(&source.path, token.line, what, way_out));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<String> {
        let source = Source::parse(path, text).unwrap();
        rule(&source).into_iter().map(|finding| finding.at).collect()
    }

    #[test]
    fn a_file_without_a_purpose_is_found() {
        let path = "libs/x/src/a.rs";
        assert_eq!(
            places(opens_with_its_purpose, path, "fn a() {}\n"),
            ["libs/x/src/a.rs:1"]
        );
        assert_eq!(
            places(opens_with_its_purpose, path, "//!\nfn a() {}\n"),
            ["libs/x/src/a.rs:1"]
        );
        assert_eq!(
            places(opens_with_its_purpose, path, "\n//! Late.\n"),
            ["libs/x/src/a.rs:1"]
        );
        assert!(places(opens_with_its_purpose, path, "//! Says.\n").is_empty());
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        let text = |lines: usize| format!("//! Room.\n{}", "// line\n".repeat(lines - 1));
        assert!(places(file_length, "a.rs", &text(500)).is_empty());
        assert_eq!(places(file_length, "a.rs", &text(501)), ["a.rs:501"]);
    }

    #[test]
    fn long_functions_are_found_wherever_they_stand() {
        let body = |lines: usize| format!("{{\n{}}}\n", "let _ = 1;\n".repeat(lines - 2));
        assert!(places(function_length, "a.rs", &format!("fn a() {}", body(80))).is_empty());
        let long = body(81);
        let text = format!("fn a() {long}");
        assert_eq!(places(function_length, "a.rs", &text), ["a.rs:1"]);
        let text = format!("struct A;\nimpl A {{\nfn a() {long}}}\n");
        assert_eq!(places(function_length, "a.rs", &text), ["a.rs:3"]);
        let text = format!("trait A {{\nfn a() {long}fn b();\n}}\n");
        assert_eq!(places(function_length, "a.rs", &text), ["a.rs:2"]);
        let text = format!("mod b {{\nfn outer() {{\nfn a() {long}}}\n}}\n");
        assert_eq!(places(function_length, "a.rs", &text), ["a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn mod_rs_and_junk_drawers_are_found() {
        assert_eq!(
            places(no_mod_rs, "libs/x/src/a/mod.rs", ""),
            ["libs/x/src/a/mod.rs:1"]
        );
        assert!(places(no_mod_rs, "libs/x/src/amod.rs", "").is_empty());
        assert_eq!(
            places(module_names, "libs/x/src/util.rs", ""),
            ["libs/x/src/util.rs:1"]
        );
        assert_eq!(
            places(module_names, "libs/x/src/helpers/a.rs", ""),
            ["libs/x/src/helpers/a.rs:1"]
        );
        assert_eq!(
            places(module_names, "a.rs", "mod money;\nmod b {\n    mod misc {}\n}\n"),
            ["a.rs:3"]
        );
        assert!(places(module_names, "libs/x/src/money.rs", "mod commonwealth;").is_empty());
    }

    #[test]
    fn unwrap_is_found_outside_tests_and_inside_macros() {
        let text = "//! A.\nfn a() { b().unwrap(); }\nfn c() { println!(\"{}\", d()\n.unwrap()); }\n\
                    fn e() { f().unwrap_or_default(); } // .unwrap()\n\
                    #[cfg(test)]\nmod tests { fn g() { h().unwrap(); } }\n";
        assert_eq!(
            places(no_unwrap, "libs/x/src/a.rs", text),
            ["libs/x/src/a.rs:2", "libs/x/src/a.rs:4"]
        );
        assert!(places(no_unwrap, "libs/testkit/src/a.rs", text).is_empty());
        assert!(places(no_unwrap, "libs/x/benches/a.rs", text).is_empty());
    }

    #[test]
    fn waivers_without_a_reason_are_found() {
        let text = "#![allow(dead_code)]\n#[expect(unused, reason = \"because\")]\nfn a() {}\n\
                    #[allow(unused)]\nfn b() { c().expect(\"never\"); }\n";
        assert_eq!(places(waivers_have_reasons, "a.rs", text), ["a.rs:1", "a.rs:4"]);
    }
}
