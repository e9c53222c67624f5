//! Reading a configuration from its sources, with errors that name the key and the place.

use std::path::{Path, PathBuf};

use bellwether_domain::{Error, ErrorReason, Result, Violation};
use figment::providers::{Format, Serialized, Yaml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::Serialize;
use serde::de::DeserializeOwned;

const PREFIX: &str = "BELLWETHER_";

/// The environment variables that count, by name.
#[derive(Debug, Clone, Default)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// The `BELLWETHER_` variables of this process.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "configuration is the place that reads the environment"
    )]
    pub fn of_process() -> Self {
        // A variable that is not Unicode cannot be one of ours to read; it is left to fail as an unknown key.
        let all = std::env::vars_os();
        Self(
            all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The given variables, for tests.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }
}

/// Where a configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A YAML file; it must exist when named.
    pub file: Option<PathBuf>,
    /// `BELLWETHER_A__B` sets key `a.b`.
    pub environment: Environment,
    /// Short names of keys, without prefix: `("LISTEN", "node.listen")`.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Names, without prefix, that are not configuration: those of client commands.
    pub ignored: &'static [&'static str],
}

/// Short names of keys of server processes. Keys of one word need none: `BELLWETHER_DATA_DIR` is data_dir.
const ALIASES: &[(&str, &str)] = &[("LISTEN", "node.listen"), ("CA_FILE", "link.ca_file")];
/// Variables of client commands and of `--config`.
const NOT_KEYS: &[&str] = &["SERVER", "CONFIG"];

impl Sources {
    /// The sources of a server process.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, environment: Environment) -> Self {
        Self {
            file,
            environment,
            aliases: ALIASES,
            ignored: NOT_KEYS,
        }
    }
}

/// Reads `T` from `sources`, then from `flags`, which leaves out what was not given on the command line.
///
/// # Errors
/// `INVALID_ARGUMENT` with every key that is unknown or malformed, each with the source it stands in.
pub fn load<T: DeserializeOwned>(sources: &Sources, flags: &impl Serialize) -> Result<T> {
    let mut figment = Figment::new();
    if let Some(file) = &sources.file {
        figment = figment.merge(Yaml::string(&read(file)?).named(file));
    }
    for (name, value) in &sources.environment.0 {
        if let Some(variable) = Variable::of(sources, name, value) {
            figment = figment.merge(variable);
        }
    }
    figment
        .merge(Serialized::defaults(flags))
        .extract()
        .map_err(|errors| refused(&errors))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| {
        Error::invalid(
            ErrorReason::InvalidField,
            "config",
            format!("cannot read {}: {error}", file.display()),
        )
    })
}

trait Named {
    fn named(self, file: &Path) -> NamedFile<Self>
    where
        Self: Sized;
}

impl<P: Provider> Named for P {
    fn named(self, file: &Path) -> NamedFile<P> {
        NamedFile {
            inner: self,
            name: file.display().to_string(),
        }
    }
}

/// YAML text that errors call by the name of its file.
struct NamedFile<P> {
    inner: P,
    name: String,
}

impl<P: Provider> Provider for NamedFile<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.inner.data()
    }
}

/// One environment variable as a source of its own, so that an error names the variable.
struct Variable {
    name: String,
    key: String,
    value: Value,
}

impl Variable {
    fn of(sources: &Sources, name: &str, value: &str) -> Option<Self> {
        let short = name.strip_prefix(PREFIX).filter(|short| !short.is_empty())?;
        if sources.ignored.contains(&short) {
            return None;
        }
        let alias = sources.aliases.iter().find(|(alias, _)| *alias == short);
        let key = alias.map_or_else(
            || short.to_lowercase().replace("__", "."),
            |(_, key)| (*key).to_owned(),
        );
        let value: Value = value.parse().unwrap_or_else(|_| Value::from(value.to_owned()));
        Some(Self {
            name: name.to_owned(),
            key,
            value,
        })
    }
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(&self.key, self.value.clone());
        let dict = nested.into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(dict))
    }
}

fn refused(errors: &figment::Error) -> Error {
    let violations = errors.clone().into_iter().map(|error| {
        let mut path = error.path.clone();
        if let figment::error::Kind::UnknownField(field, _) = &error.kind
            && path.last() != Some(field)
        {
            path.push(field.clone());
        }
        let place = error
            .metadata
            .as_ref()
            .map(|metadata| format!(" (in {})", metadata.name))
            .unwrap_or_default();
        let key = if path.is_empty() {
            "config".to_owned()
        } else {
            path.join(".")
        };
        Violation::new(key, format!("{}{place}", error.kind))
    });
    Error::violations(ErrorReason::InvalidField, violations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[derive(Serialize, Default)]
    struct Flags {
        #[serde(skip_serializing_if = "Option::is_none")]
        data_dir: Option<String>,
    }

    fn with_file(text: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.yaml");
        std::fs::write(&file, text).unwrap();
        let sources = Sources {
            file: Some(file),
            environment: Environment::of(environment),
            aliases: &[("LISTEN", "node.listen"), ("DATA_DIR", "data_dir")],
            ignored: &["OUTPUT"],
        };
        load(&sources, &flags)
    }

    #[test]
    fn later_sources_win() {
        let text = "data_dir: from-file\nnode: {listen: '127.0.0.1:1', limits: {max_calls: 3}}";
        let environment = [
            ("BELLWETHER_LISTEN", "127.0.0.1:2"),
            ("BELLWETHER_NODE__LIMITS__CALL_TIMEOUT_MS", "500"),
            ("BELLWETHER_DATA_DIR", "from-environment"),
            ("BELLWETHER_OUTPUT", "json"),
            ("HOME", "/root"),
        ];
        let read = with_file(
            text,
            &environment,
            Flags {
                data_dir: Some("from-flag".to_owned()),
            },
        )
        .unwrap();
        assert_eq!(read.data_dir, Some("from-flag".into()));
        assert_eq!(read.node.listen, "127.0.0.1:2");
        assert_eq!(
            (read.node.limits.max_calls, read.node.limits.call_timeout_ms),
            (3, 500)
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let error = with_file("node: {listn: '127.0.0.1:1'}", &[], Flags::default()).unwrap_err();
        assert!(
            error.message.contains("node.listn") && error.message.contains("node.yaml"),
            "{}",
            error.message
        );
        let error = with_file("", &[("BELLWETHER_NODE__LISTN", "x")], Flags::default()).unwrap_err();
        assert!(
            error.message.contains("BELLWETHER_NODE__LISTN"),
            "{}",
            error.message
        );
        assert!(error.message.contains("expected"), "{}", error.message);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named() {
        let error = with_file("node: {limits: {max_calls: many}}", &[], Flags::default()).unwrap_err();
        assert!(
            error.message.contains("node.limits.max_calls"),
            "{}",
            error.message
        );
        let missing = Sources {
            file: Some("/nonexistent.yaml".into()),
            ..Sources::default()
        };
        assert!(
            load::<Config>(&missing, &Flags::default())
                .unwrap_err()
                .message
                .contains("/nonexistent.yaml")
        );
    }
}
