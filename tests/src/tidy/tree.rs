//! Reads the repository: which files there are, and Rust files as syntax plus a flat list of tokens.
//!
//! Rules that look for a name work on tokens, because syntax trees do not reach into macro calls.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Finding;

/// Folders that hold no source of ours: build output, history, demo data, generated code.
const LEFT_OUT: [&str; 5] = ["target", ".git", ".demo", "gen", "node_modules"];

/// One token and the line it stands on. A group is its opening sign, its content, its closing sign.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token's text.
    pub text: String,
    /// Line, counted from 1.
    pub line: usize,
}

/// A named thing of a file: a function or a module.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The line its signature or `mod` stands on, counted from 1.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
}

/// What the rules need of a parsed Rust file.
pub struct Source {
    /// Path from the workspace's root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Functions with a body, also methods and nested ones.
    pub functions: Vec<Named>,
    /// Modules, declared or written out.
    pub modules: Vec<Named>,
    /// Its tokens, without comments (doc comments are literals).
    pub tokens: Vec<Token>,
    test_lines: Vec<RangeInclusive<usize>>,
    all_test: bool,
}

impl Source {
    /// Parses one file.
    ///
    /// # Errors
    /// A finding when the text is not Rust.
    pub fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let broken = |line: usize, what: String| Finding::new(path, line, what, "make it compile");
        let ast = syn::parse_file(text).map_err(|e| broken(e.span().start().line, e.to_string()))?;
        let stream: TokenStream = text
            .parse()
            .map_err(|e: proc_macro2::LexError| broken(e.span().start().line, e.to_string()))?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let mut items = Items::default();
        items.visit_file(&ast);
        let all_test = in_test_folder(path) || ast.attrs.iter().any(marks_test);
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            functions: items.functions,
            modules: items.modules,
            tokens,
            test_lines: items.test_lines,
            all_test,
        })
    }

    /// Whether the line belongs to tests, benches or the test kit, and not to what is shipped.
    #[must_use]
    pub fn is_test(&self, line: usize) -> bool {
        self.all_test || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// The tokens of shipped code.
    pub fn shipped(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| !self.is_test(token.line))
    }

    /// Paths (without `.rs`) of the modules that this file declares for tests.
    fn test_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let base = if matches!(name, "lib" | "main") {
            folder
        } else {
            stem
        };
        let of_tests = self.modules.iter().filter(|module| self.is_test(module.line));
        of_tests.map(|module| format!("{base}/{}", module.name)).collect()
    }
}

/// Every Rust file below the root, parsed, with files of test modules marked as such.
///
/// # Errors
/// When a folder or file cannot be read.
///
/// # Panics
/// With the place, when a file is not Rust.
pub fn sources(root: &Path) -> io::Result<Vec<Source>> {
    let mut parsed = Vec::new();
    for path in files(root)?.iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(root.join(path))?;
        parsed.push(Source::parse(path, &text).unwrap_or_else(|finding| panic!("{finding}")));
    }
    mark_test_modules(&mut parsed);
    Ok(parsed)
}

/// Carries `#[cfg(test)] mod x;` over to the file `x.rs` and everything below it.
pub fn mark_test_modules(sources: &mut [Source]) {
    let mut known = HashSet::new();
    loop {
        let declared: HashSet<String> = sources.iter().flat_map(Source::test_modules).collect();
        if declared.is_subset(&known) {
            return;
        }
        known.extend(declared);
        for source in sources.iter_mut() {
            let stem = source.path.trim_end_matches(".rs");
            source.all_test |= known.contains(stem);
        }
    }
}

/// Every file below the root that may be ours, as sorted paths relative to it, with `/`.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(root: &Path, below: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !LEFT_OUT.contains(&name.as_str()) {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn in_test_folder(path: &str) -> bool {
    path.starts_with("tests/")
        || path.starts_with("libs/testkit/")
        || path.contains("/tests/")
        || path.contains("/benches/")
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let TokenTree::Group(group) = tree else {
            tokens.push(Token {
                line: tree.span().start().line,
                text: tree.to_string(),
            });
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        tokens.push(Token {
            text: open.to_owned(),
            line: group.span_open().start().line,
        });
        flatten(group.stream(), tokens);
        tokens.push(Token {
            text: close.to_owned(),
            line: group.span_close().start().line,
        });
    }
}

/// Collects functions, modules, and the lines of items that exist only in a test build.
#[derive(Default)]
struct Items {
    functions: Vec<Named>,
    modules: Vec<Named>,
    test_lines: Vec<RangeInclusive<usize>>,
}

impl Items {
    fn note_test(&mut self, attrs: &[syn::Attribute], item: &impl Spanned) {
        if attrs.iter().any(marks_test) {
            let span = item.span();
            self.test_lines.push(span.start().line..=span.end().line);
        }
    }

    fn note_function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        self.functions.push(named(&signature.ident, signature, block));
    }
}

fn named(name: &syn::Ident, start: &impl Spanned, end: &impl Spanned) -> Named {
    let (line, end) = (start.span().start().line, end.span().end().line);
    Named {
        name: name.to_string(),
        line,
        lines: end - line + 1,
    }
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Fn(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Mod(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Impl(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Use(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Struct(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Const(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Static(inner) => self.note_test(&inner.attrs, inner),
            syn::Item::Macro(inner) => self.note_test(&inner.attrs, inner),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.modules.push(named(&item.ident, &item.ident, item));
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note_function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note_test(&item.attrs, item);
        self.note_function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.note_function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[cfg(all(test, ...))]`; not `#[cfg(not(test))]`.
fn marks_test(attr: &syn::Attribute) -> bool {
    let path = attr.path();
    if path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "test")
    {
        return true;
    }
    let syn::Meta::List(list) = &attr.meta else {
        return false;
    };
    if !path.is_ident("cfg") {
        return false;
    }
    let mut words = Vec::new();
    flatten(list.tokens.clone(), &mut words);
    words.iter().any(|word| word.text == "test")
        && !words
            .iter()
            .any(|word| matches!(word.text.as_str(), "not" | "any"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tests_are_told_from_shipped_lines() {
        let text = "//! Room.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n\
                    #[cfg(not(test))]\nfn c() {}\n#[cfg(any(test, unix))]\nfn d() {}\n";
        let source = Source::parse("libs/x/src/a.rs", text).unwrap();
        let test_lines: Vec<usize> = (1..=10).filter(|line| source.is_test(*line)).collect();
        assert_eq!(test_lines, [3, 4, 5, 6]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_test_code_with_all_below_it() {
        let parse = |path, text| Source::parse(path, text).unwrap();
        let mut sources = [
            parse(
                "libs/x/src/lib.rs",
                "//! X.\n#[cfg(test)]\nmod checks;\nmod shipped;\n",
            ),
            parse("libs/x/src/checks.rs", "//! C.\nmod deep;\n"),
            parse("libs/x/src/checks/deep.rs", "//! D.\n"),
            parse("libs/x/src/shipped.rs", "//! S.\n"),
        ];
        mark_test_modules(&mut sources);
        assert_eq!(
            sources.iter().map(|s| s.is_test(1)).collect::<Vec<_>>(),
            [false, true, true, false]
        );
    }

    #[test]
    fn a_file_that_is_not_rust_is_named_with_its_line() {
        let finding = Source::parse("libs/x/src/a.rs", "//! Room.\nfn (\n")
            .err()
            .unwrap();
        assert!(finding.at.starts_with("libs/x/src/a.rs:"), "{finding}");
    }
}
