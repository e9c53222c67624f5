//! Reads a Redis URL: which servers, how they are grouped, and with what credentials.

use std::fmt;

use bellwether_domain::{Error, ErrorReason, Result};

const SERVER_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

const FORMS: &str = "use redis://[user:password@]host[:port][/database], \
    redis+sentinel://[user:password@]host[:port],.../MASTER[/database] or redis+cluster://[user:password@]host[:port],... \
    (rediss for TLS; write special characters of a password as %XX)";

/// How the servers of one URL belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Topology {
    /// One server.
    Single,
    /// The hosts are sentinels, which know the present master by this name.
    Sentinel(String),
    /// The hosts are some of the nodes of a cluster.
    Cluster,
}

/// A Redis URL in parts.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) topology: Topology,
    pub(super) tls: bool,
    /// Host names or addresses (IPv6 without brackets) with ports; at least one.
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: i64,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("topology", &self.topology)
            .field("tls", &self.tls)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl Address {
    /// Reads `url`; the error names `redis_url`, says what would be right, and repeats nothing of the URL, because any
    /// part of a mistyped one may be the password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (scheme, rest) = url
            .trim()
            .split_once("://")
            .ok_or_else(|| malformed("has no scheme"))?;
        let (tls, group) = scheme_of(scheme).ok_or_else(|| malformed("has an unknown scheme"))?;
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((credentials, rest)) => (Some(credentials), rest),
            None => (None, rest),
        };
        if rest.contains(['?', '#']) {
            return Err(malformed("has parameters, and knows none"));
        }
        let (user, password) = credentials.map_or(Ok((None, None)), read_credentials)?;
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (topology, database) = read_path(group, path)?;
        let port = match topology {
            Topology::Sentinel(_) => SENTINEL_PORT,
            Topology::Single | Topology::Cluster => SERVER_PORT,
        };
        let hosts = hosts
            .split(',')
            .map(|host| read_host(host, port))
            .collect::<Result<Vec<_>>>()?;
        if topology == Topology::Single && hosts.len() > 1 {
            return Err(malformed(
                "names several hosts, which only sentinels and clusters may",
            ));
        }
        Ok(Self {
            topology,
            tls,
            hosts,
            user,
            password,
            database,
        })
    }
}

#[derive(Clone, Copy)]
enum Group {
    Single,
    Sentinel,
    Cluster,
}

fn scheme_of(scheme: &str) -> Option<(bool, Group)> {
    let (base, group) = match scheme.split_once('+') {
        None => (scheme, Group::Single),
        Some((base, "sentinel")) => (base, Group::Sentinel),
        Some((base, "cluster")) => (base, Group::Cluster),
        Some(_) => return None,
    };
    match base {
        "redis" => Some((false, group)),
        "rediss" => Some((true, group)),
        _ => None,
    }
}

fn read_credentials(text: &str) -> Result<(Option<String>, Option<String>)> {
    let (user, password) = text
        .split_once(':')
        .ok_or_else(|| malformed("has a user without a password"))?;
    let decode = |part: &str| decode(part).ok_or_else(|| malformed("has a wrong %XX in its credentials"));
    let user = decode(user)?;
    Ok(((!user.is_empty()).then_some(user), Some(decode(password)?)))
}

fn read_path(group: Group, path: &str) -> Result<(Topology, i64)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    match group {
        Group::Single => Ok((Topology::Single, read_database(path)?)),
        Group::Cluster if path.is_empty() => Ok((Topology::Cluster, 0)),
        Group::Cluster => Err(malformed("has a path, but a cluster has only database 0")),
        Group::Sentinel => {
            let (master, database) = path.split_once('/').unwrap_or((path, ""));
            let master = decode(master)
                .filter(|master| !master.is_empty())
                .ok_or_else(|| malformed("does not name the master that the sentinels watch"))?;
            Ok((Topology::Sentinel(master), read_database(database)?))
        }
    }
}

fn read_database(text: &str) -> Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse::<u16>()
        .map(i64::from)
        .map_err(|_| malformed("has a database that is not a number"))
}

fn read_host(text: &str, port: u16) -> Result<(String, u16)> {
    let wrong = || malformed("has a host that is not host[:port]");
    let (host, rest) = match text.strip_prefix('[') {
        Some(v6) => v6.split_once(']').ok_or_else(wrong)?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(digits) => digits
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(wrong)?,
        None if rest.is_empty() => port,
        None => return Err(wrong()),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(wrong());
    }
    Ok((host.to_owned(), port))
}

/// Percent-decoding (RFC 3986, 2.1); none for a broken escape or bytes that are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(digits[0])? * 16 + digit(digits[1])?;
        bytes.push(u8::try_from(value).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn malformed(what: &str) -> Error {
    Error::invalid(
        ErrorReason::InvalidField,
        "redis_url",
        format!("the URL {what}; {FORMS}"),
    )
}

#[cfg(test)]
mod tests {
    use bellwether_domain::ErrorCode;

    use super::*;

    fn hosts(list: &[(&str, u16)]) -> Vec<(String, u16)> {
        list.iter()
            .map(|(host, port)| ((*host).to_owned(), *port))
            .collect()
    }

    #[test]
    fn reads_every_form() {
        let plain = Address::parse("redis://localhost").unwrap();
        assert_eq!(plain.topology, Topology::Single);
        assert_eq!(plain.hosts, hosts(&[("localhost", 6379)]));
        assert!(!plain.tls && plain.user.is_none() && plain.password.is_none() && plain.database == 0);

        let full = Address::parse("rediss://kpi:p%40ss%2Fw@[::1]:7000/3").unwrap();
        assert_eq!(full.hosts, hosts(&[("::1", 7000)]));
        assert_eq!(full.user.as_deref(), Some("kpi"));
        assert_eq!(full.password.as_deref(), Some("p@ss/w"));
        assert!(full.tls && full.database == 3);

        let sentinel = Address::parse("redis+sentinel://:secret@a,b:1/main/2").unwrap();
        assert_eq!(sentinel.topology, Topology::Sentinel("main".to_owned()));
        assert_eq!(sentinel.hosts, hosts(&[("a", 26379), ("b", 1)]));
        assert!(sentinel.user.is_none() && sentinel.database == 2);

        let cluster = Address::parse("rediss+cluster://a:1,b:2,c").unwrap();
        assert_eq!(cluster.topology, Topology::Cluster);
        assert_eq!(cluster.hosts, hosts(&[("a", 1), ("b", 2), ("c", 6379)]));
    }

    #[test]
    fn a_malformed_url_is_named_without_its_secret() {
        for url in [
            "",
            "hunter2",
            "http://:hunter2@h",
            "redis+other://:hunter2@h",
            "redis://hunter2@h",
            "redis://:hunter2%zz@h",
            "redis://:hunter2@",
            "redis://:hunter2@h:port",
            "redis://:hunter2@h:0",
            "redis://:hunter2@h:70000",
            "redis://:hunter2@h/x",
            "redis://:hunter2@h?protocol=3",
            "redis://:hunter2@h,i",
            "redis://:hunter2@[::1",
            "redis+sentinel://:hunter2@h",
            "redis+sentinel://:hunter2@h/main/x",
            "redis+cluster://:hunter2@h/1",
        ] {
            let error = Address::parse(url).expect_err(url);
            assert_eq!(error.code, ErrorCode::InvalidArgument, "{url}");
            assert_eq!(error.violations[0].field, "redis_url");
            assert!(error.message.contains("redis://[user:password@]"), "{url}");
            assert!(!format!("{error:?}").contains("hunter2"), "{url}");
        }
        let address = Address::parse("redis://:hunter2@h").unwrap();
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
