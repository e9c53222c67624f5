//! Reads `deploy/compose.yaml` as compose does, merge keys and variables included; a key that it does not expect is an
//! error, so that a slip of the pen is found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The project.
    pub name: String,
    /// What runs.
    pub services: BTreeMap<String, Service>,
    /// Networks, and whether each leads outside.
    pub networks: BTreeMap<String, Network>,
    /// Named volumes.
    pub volumes: BTreeMap<String, Volume>,
    /// Files that are handed to services.
    pub secrets: BTreeMap<String, Secret>,
}

/// One container.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The image.
    pub image: String,
    /// `never` for an image that is made here.
    pub pull_policy: Option<String>,
    /// User and group.
    pub user: String,
    /// What follows the image's entry point.
    #[serde(default)]
    pub command: Vec<String>,
    /// Environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Whether the root file system is read-only.
    #[serde(default)]
    pub read_only: bool,
    /// Capabilities that are taken away.
    #[serde(default)]
    pub cap_drop: Vec<String>,
    /// Such as `no-new-privileges:true`.
    #[serde(default)]
    pub security_opt: Vec<String>,
    /// At most so many processes and threads.
    pub pids_limit: Option<u32>,
    /// Folders in memory: `PATH` or `PATH:OPTIONS`.
    #[serde(default)]
    pub tmpfs: Vec<String>,
    /// `NAME:PATH`.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Names of secrets, each at `/run/secrets/NAME`.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Networks.
    #[serde(default)]
    pub networks: Vec<String>,
    /// `ADDRESS:PORT:PORT`.
    #[serde(default)]
    pub ports: Vec<String>,
    /// What must run before.
    #[serde(default)]
    pub depends_on: BTreeMap<String, Dependency>,
    /// How it is seen to be well.
    pub healthcheck: HealthCheck,
    /// The signal that ends it, when it is not the image's.
    pub stop_signal: Option<String>,
    /// From the signal that ends it to the one that kills it.
    pub stop_grace_period: String,
    /// What happens when it ends by itself.
    pub restart: String,
    /// The size of `/dev/shm`.
    pub shm_size: Option<String>,
}

/// What must be true of another service first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// `service_started` or `service_healthy`.
    pub condition: String,
}

/// How a service is seen to be well.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// `CMD` and what is run, or `CMD-SHELL` and a line.
    pub test: Vec<String>,
    /// From one to the next.
    pub interval: String,
    /// How long one may take.
    pub timeout: String,
    /// Failures until it is ill.
    pub retries: u32,
    /// While it starts failures do not count.
    pub start_period: Option<String>,
}

/// A network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Whether it leads nowhere else.
    #[serde(default)]
    pub internal: bool,
}

/// A named volume with nothing special.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {}

/// A secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The file on the host.
    pub file: String,
}

/// Reads the file with these variables set.
///
/// # Errors
/// The message of the first variable that must be set and is not, or what is wrong with the file.
pub fn read(variables: &[(&str, &str)]) -> Result<File, String> {
    let mut document = document();
    document.retain(|key, _| !key.starts_with("x-"));
    let mut document = Value::Object(document);
    let lookup = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    each_text(&mut document, &mut |text| {
        *text = interpolated(text, &lookup)?;
        Ok(())
    })?;
    serde_json::from_value(document).map_err(|error| format!("deploy/compose.yaml: {error}"))
}

/// The variables that the file names, with what follows the name: `:?...`, `:-...` or nothing.
///
/// # Panics
/// When the file is no YAML.
#[must_use]
pub fn variables() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut document = Value::Object(document());
    let seen = each_text(&mut document, &mut |text| {
        for part in text.replace("$$", "").split("${").skip(1) {
            let inner = part.split('}').next().unwrap_or_default();
            let end = inner.find([':', '-', '?']).unwrap_or(inner.len());
            found.insert((inner[..end].to_owned(), inner[end..].to_owned()));
        }
        Ok(())
    });
    seen.expect("nothing here fails");
    found
}

/// A length of time such as `30s` or `5m`.
///
/// # Panics
/// For any other form.
#[must_use]
pub fn duration(text: &str) -> Duration {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number
        .parse()
        .unwrap_or_else(|_| panic!("`{text}` is no duration"));
    match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(60 * number),
        _ => panic!("`{text}` is no duration"),
    }
}

fn document() -> serde_json::Map<String, Value> {
    let file = crate::workspace_root().join("deploy/compose.yaml");
    let text = std::fs::read_to_string(&file).expect("the file is there");
    serde_saphyr::from_str(&text).expect("it is YAML")
}

fn each_text(
    value: &mut Value,
    act: &mut impl FnMut(&mut String) -> Result<(), String>,
) -> Result<(), String> {
    match value {
        Value::String(text) => act(text),
        Value::Array(items) => items.iter_mut().try_for_each(|item| each_text(item, act)),
        Value::Object(fields) => fields.values_mut().try_for_each(|item| each_text(item, act)),
        _ => Ok(()),
    }
}

/// Compose's `$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?message}`.
fn interpolated(text: &str, lookup: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let inner = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (inner, after) = inner.ok_or_else(|| format!("`{text}`: write $$ or ${{NAME}}"))?;
        out.push_str(&variable(inner, lookup)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn variable(inner: &str, lookup: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    if let Some((name, message)) = inner.split_once(":?") {
        return set(name).ok_or_else(|| format!("{name}: {message}"));
    }
    if let Some((name, default)) = inner.split_once(":-") {
        return Ok(set(name).unwrap_or_else(|| default.to_owned()));
    }
    Ok(set(inner).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_compose_does() {
        let lookup = |name: &str| (name == "A").then(|| "1".to_owned());
        let cases = [
            ("plain", Ok("plain")),
            ("${A}:${B}:${B:-2}", Ok("1::2")),
            ("$$A ${A:?x}", Ok("$A 1")),
            ("${B:?set it}", Err("B: set it")),
        ];
        for (text, expected) in cases {
            let got = interpolated(text, &lookup);
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{text}");
        }
        assert!(interpolated("$A", &lookup).is_err());
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("5m"), Duration::from_secs(300));
        assert_eq!(duration("250ms"), Duration::from_millis(250));
        assert!(std::panic::catch_unwind(|| duration("5")).is_err());
    }
}
