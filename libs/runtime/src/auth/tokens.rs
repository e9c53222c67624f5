//! The tokens that a node accepts: `DIR/token` for every tenant, and those that `DIR/tokens.yaml` lists.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Result};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;

use super::{Principal, Scope, Tenants};
use crate::data_dir::{DataDir, read_token, warn_when_shared};
use crate::secret::Secret;

const TOKENS: &str = "tokens.yaml";
const SHAPE: &str = "a list of {token: TEXT, tenant: ID, scope: all or {subtree: REP} or {own: REP}}";

/// Accepted tokens and the callers they stand for. Cheap to clone. Holds hashes, not tokens.
#[derive(Clone)]
pub struct TokenSet {
    entries: Arc<[(blake3::Hash, Principal)]>,
}

impl std::fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenSet of {}", self.entries.len())
    }
}

impl TokenSet {
    /// The tokens of a data folder; its `token` is created when absent.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` naming the file and, in a list, the line or entry at fault.
    pub fn load(data_dir: &DataDir) -> Result<Self> {
        let token = data_dir.token()?;
        let list = data_dir.join(TOKENS);
        Self::new(&token, &list, read_private(&list)?)
    }

    /// The token in `file` and those of the `tokens.yaml` beside it. Others may be able to read them (a container's
    /// secrets are mounted like that): that is warned of.
    ///
    /// # Errors
    /// As [`TokenSet::load`].
    pub fn from_file(file: &Path) -> Result<Self> {
        let token = read_token(file)?;
        warn_when_shared(file);
        let list = file.with_file_name(TOKENS);
        let text = read_if_there(&list)?;
        if text.is_some() {
            warn_when_shared(&list);
        }
        Self::new(&token, &list, text)
    }

    fn new(token: &Secret<String>, list: &Path, text: Option<String>) -> Result<Self> {
        let mut entries = vec![(blake3::hash(token.expose().as_bytes()), Principal::service())];
        if let Some(text) = text {
            for (hash, principal) in parse(&text).map_err(|message| at_fault(list, &message))? {
                if entries.iter().any(|(known, _)| *known == hash) {
                    return Err(at_fault(
                        list,
                        "the same token stands twice (or is that of the file `token`)",
                    ));
                }
                entries.push((hash, principal));
            }
        }
        Ok(Self {
            entries: entries.into(),
        })
    }

    /// The caller of a request with these headers.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`: `TOKEN_MISSING` or `TOKEN_INVALID`.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Principal> {
        let unauthenticated = |reason, message| Error::new(ErrorCode::Unauthenticated, reason, message);
        let header = headers.get(AUTHORIZATION).ok_or_else(|| {
            let message = "the call needs a token: send the header `authorization: Bearer TOKEN`";
            unauthenticated(ErrorReason::TokenMissing, message)
        })?;
        let token = header.to_str().ok().and_then(|text| text.split_once(' '));
        let token = token
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        let invalid = || {
            unauthenticated(
                ErrorReason::TokenInvalid,
                "the token is not one that this server accepts",
            )
        };
        let hash = blake3::hash(token.ok_or_else(invalid)?.as_bytes());
        // Hashes are compared in constant time and all of them, so that timing tells nothing about any token.
        let mut found = None;
        for (known, principal) in self.entries.iter() {
            if *known == hash {
                found = Some(principal);
            }
        }
        found.cloned().ok_or_else(invalid)
    }
}

/// The text of a file that only its owner may read; `None` when there is no such file.
fn read_private(file: &Path) -> Result<Option<String>> {
    let mode = std::fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        return Err(at_fault(
            file,
            &format!("it holds tokens but has mode {mode:04o}: run chmod 600 on it"),
        ));
    }
    read_if_there(file)
}

fn read_if_there(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at_fault(file, &error.to_string())),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token: Secret<String>,
    tenant: String,
    scope: ScopeForm,
    /// For `scope: subtree` and `scope: own`, where the rep is not named inside it.
    rep: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ScopeForm {
    Word(String),
    Of(BTreeMap<String, ScopeRep>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ScopeRep {
    Rep(String),
    Nobody {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    tokens: Vec<Entry>,
}

/// Errors name lines and entries and never quote the text, which is full of secrets.
fn parse(text: &str) -> Result<Vec<(blake3::Hash, Principal)>, String> {
    let is_mapping = text.lines().any(|line| line.starts_with("tokens:"));
    let read = if is_mapping {
        serde_saphyr::from_str::<Listed>(text).map(|listed| listed.tokens)
    } else {
        serde_saphyr::from_str::<Vec<Entry>>(text)
    };
    let entries = read.map_err(|error| match error.location() {
        Some(place) => format!("line {}: expected {SHAPE}", place.line()),
        None => format!("expected {SHAPE}"),
    })?;
    let numbered = entries.into_iter().enumerate();
    numbered
        .map(|(place, entry)| {
            entry
                .resolve()
                .map_err(|why| format!("entry {}: {why}", place + 1))
        })
        .collect()
}

impl Entry {
    fn resolve(self) -> Result<(blake3::Hash, Principal), String> {
        let token = self.token.expose().trim();
        if token.len() < 8 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a token has at least 8 visible ASCII characters".to_owned());
        }
        let tenant = self.tenant.parse().map_err(|error: Error| error.message)?;
        let scope = scope(self.scope, self.rep)?;
        let principal = Principal {
            tenants: Tenants::One(tenant),
            scope,
        };
        Ok((blake3::hash(token.as_bytes()), principal))
    }
}

fn scope(form: ScopeForm, rep: Option<String>) -> Result<Scope, String> {
    let (word, rep) = match form {
        ScopeForm::Word(word) => (word, rep),
        ScopeForm::Of(parts) => {
            let mut parts = parts.into_iter();
            let (Some((word, named)), None, None) = (parts.next(), parts.next(), rep) else {
                return Err("a scope is one of all, subtree and own".to_owned());
            };
            let named = match named {
                ScopeRep::Rep(rep) => Some(rep),
                ScopeRep::Nobody {} => None,
            };
            (word, named)
        }
    };
    match (word.as_str(), rep.filter(|rep| !rep.is_empty())) {
        ("all", None) => Ok(Scope::All),
        ("subtree", Some(rep)) => Ok(Scope::Subtree(rep)),
        ("own", Some(rep)) => Ok(Scope::Own(rep)),
        _ => Err("a scope is all, {subtree: REP} or {own: REP}".to_owned()),
    }
}

fn at_fault(file: &Path, message: &str) -> Error {
    let message = format!("{}: {message}", file.display());
    Error::new(ErrorCode::FailedPrecondition, ErrorReason::InvalidField, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
- {token: acme-all-token, tenant: acme, scope: {all: {}}}
- token: acme-tree-token
  tenant: acme
  scope: {subtree: boss}
- {token: globex-own-token, tenant: globex, scope: {own: rep-7}}
- {token: globex-all-token, tenant: globex, scope: all}
- {token: globex-tree-token, tenant: globex, scope: subtree, rep: rep-8}
";

    fn load(list: Option<(&str, u32)>) -> Result<(TokenSet, Secret<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        if let Some((text, mode)) = list {
            std::fs::write(data.join(TOKENS), text).unwrap();
            std::fs::set_permissions(data.join(TOKENS), PermissionsExt::from_mode(mode)).unwrap();
        }
        Ok((TokenSet::load(&data)?, data.token()?))
    }

    fn caller(set: &TokenSet, header: &str) -> Result<Principal> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        set.authenticate(&headers)
    }

    #[test]
    fn every_listed_token_stands_for_its_caller() {
        let (set, token) = load(Some((LIST, 0o600))).unwrap();
        assert_eq!(
            caller(&set, &format!("Bearer {}", token.expose())).unwrap(),
            Principal::service()
        );
        let tree = caller(&set, "bearer acme-tree-token").unwrap();
        assert_eq!(tree.tenants, Tenants::One("acme".parse().unwrap()));
        assert_eq!(tree.scope, Scope::Subtree("boss".to_owned()));
        assert_eq!(
            caller(&set, "Bearer globex-own-token").unwrap().scope,
            Scope::Own("rep-7".to_owned())
        );
        let scope = |header: &str| caller(&set, header).unwrap().scope;
        assert_eq!(scope("Bearer globex-all-token"), Scope::All);
        assert_eq!(
            scope("Bearer globex-tree-token"),
            Scope::Subtree("rep-8".to_owned())
        );
        let (wrapped, _) = load(Some((&format!("tokens:\n{LIST}"), 0o600))).unwrap();
        assert!(caller(&wrapped, "Bearer acme-all-token").is_ok());
    }

    #[test]
    fn missing_and_wrong_tokens_are_told_apart() {
        let (set, _) = load(None).unwrap();
        let missing = set.authenticate(&HeaderMap::new()).unwrap_err();
        assert_eq!(
            (missing.code, missing.reason),
            (ErrorCode::Unauthenticated, ErrorReason::TokenMissing)
        );
        for header in ["Bearer wrong", "Bearer", "Basic dXNlcg==", "Bearer "] {
            let wrong = caller(&set, header).unwrap_err();
            assert_eq!(
                (wrong.code, wrong.reason),
                (ErrorCode::Unauthenticated, ErrorReason::TokenInvalid)
            );
        }
    }

    #[test]
    fn a_list_that_others_can_read_is_refused() {
        let error = load(Some((LIST, 0o644))).unwrap_err();
        assert!(
            error.message.contains("tokens.yaml") && error.message.contains("chmod 600"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_token_file_brings_the_list_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fleet-token");
        std::fs::write(&file, " fleet-token \n").unwrap();
        std::fs::write(folder.path().join(TOKENS), LIST).unwrap();
        for name in ["fleet-token", TOKENS] {
            std::fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(0o444)).unwrap();
        }
        let set = TokenSet::from_file(&file).unwrap();
        assert_eq!(caller(&set, "Bearer fleet-token").unwrap(), Principal::service());
        assert!(caller(&set, "Bearer acme-all-token").is_ok());
        let error = TokenSet::from_file(folder.path()).unwrap_err();
        assert!(error.message.contains("is not a file"), "{}", error.message);
    }

    #[test]
    fn a_bad_list_is_refused_without_quoting_it() {
        let bad = [
            (
                "- {token: super-secret, tenant: acme, scope: {all: {}}, rights: all}",
                "line 1",
            ),
            ("- {token: super-secret, tenant: acme}", "expected a list"),
            (
                "- {token: super-secret, tenant: acme, scope: {everything: {}}}",
                "entry 1",
            ),
            (
                "- {token: super-secret, tenant: Not a tenant, scope: {all: {}}}",
                "entry 1",
            ),
            ("- {token: short, tenant: acme, scope: {all: {}}}", "at least 8"),
            ("super-secret", "expected a list"),
        ];
        for (text, expected) in bad {
            let error = load(Some((text, 0o600))).unwrap_err();
            assert!(error.message.contains(expected), "{text}: {}", error.message);
            assert!(!error.message.contains("super-secret"), "{}", error.message);
        }
        let twice = "- {token: same-token, tenant: acme, scope: {all: {}}}\n".repeat(2);
        assert!(load(Some((&twice, 0o600))).unwrap_err().message.contains("twice"));
    }
}
