//! Where the tables of a service lie: in a file beside the process, or on a PostgreSQL server named by a URL.

use std::fmt;
use std::path::PathBuf;

use bellwether_domain::{Error, ErrorReason, Result};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

/// The setting that a URL comes from, as errors name it.
const SETTING: &str = "database_url";
const SHAPE: &str = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

/// The parameters of a URL that are understood; any other could be a misspelt secret or a safeguard silently ignored.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Where the tables of a service lie. Shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file, made when it is not there.
    File(PathBuf),
    /// The URL of a PostgreSQL database: `postgres://user:password@host:port/database`, with `sslmode` and the like as
    /// libpq has them, and `pooler=transaction` when a pooler stands before the server that hands out connections
    /// transaction by transaction.
    Server(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(url) => match ServerUrl::parse(url) {
                Ok(server) => f.write_str(&server.address()),
                Err(_) => f.write_str("a malformed URL"),
            },
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => write!(f, "File({self})"),
            Self::Server(_) => write!(f, "Server({self})"),
        }
    }
}

/// A URL taken apart. Not `Debug`: the driver's options show the password.
pub(crate) struct ServerUrl {
    pub(crate) options: PgConnectOptions,
    /// Whether a pooler gives each transaction a connection of its choice.
    pub(crate) transaction_pooler: bool,
}

impl ServerUrl {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `database_url` and what would be right; never with a part of the URL in which a
    /// password may stand.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let url = url.trim();
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or_else(|| refused(&format!("the URL of a PostgreSQL database is expected: {SHAPE}")))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (_, database) = place.split_once('/').unwrap_or((place, ""));
        if url.contains('#') || database.contains(['@', '/']) || place.matches('@').count() > 1 {
            return Err(refused(&format!(
                "write {SHAPE}; the characters `/ ? # @ : %` in a user name or password are written as %2F %3F %23 %40 %3A %25"
            )));
        }
        let (pooler, kept) = parameters(query)?;
        let kept = if kept.is_empty() { kept } else { format!("?{kept}") };
        let parsed = format!("postgres://{place}{kept}").parse::<PgConnectOptions>();
        let options = parsed.map_err(|error| match error {
            sqlx::Error::Configuration(what) => refused(&format!("{what}; write {SHAPE}")),
            _ => refused(&format!("write {SHAPE}")),
        })?;
        Ok(Self {
            options: options.disable_statement_logging(),
            transaction_pooler: pooler,
        })
    }

    /// Host, port and database, for people.
    pub(crate) fn address(&self) -> String {
        let host = match self.options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => self.options.get_host().to_owned(),
        };
        format!("{host}:{}/{}", self.options.get_port(), self.database())
    }

    /// The name of the database; the user's own when the URL names none.
    pub(crate) fn database(&self) -> &str {
        let named = self.options.get_database();
        named.unwrap_or_else(|| self.options.get_username())
    }
}

/// Whether a transaction pooler is named, and the parameters that are the driver's.
fn parameters(query: &str) -> Result<(bool, String)> {
    let (mut pooler, mut kept) = (false, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key == "pooler" {
            pooler = match value {
                "transaction" => true,
                "session" | "none" => false,
                _ => {
                    return Err(refused("`pooler` is `transaction`, or left out for any other"));
                }
            };
            continue;
        }
        // `options[name]` carries its name inside.
        let word = key
            .split_once('[')
            .or_else(|| key.split_once("%5"))
            .map_or(key, |(word, _)| word);
        let known = PARAMETERS.contains(&key) || (word == "options" && word != key);
        if !known {
            return Err(refused(&format!(
                "the parameter `{key}` is not known; sslmode, sslrootcert, sslcert, sslkey, application_name, options, pooler are"
            )));
        }
        kept.push(pair);
    }
    Ok((pooler, kept.join("&")))
}

fn refused(message: &str) -> Error {
    Error::invalid(ErrorReason::InvalidField, SETTING, message)
}

#[cfg(test)]
mod tests {
    use bellwether_domain::ErrorCode;
    use sqlx::postgres::PgSslMode;

    use super::*;

    fn refusal(url: &str) -> String {
        let error = ServerUrl::parse(url).err().unwrap();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{url}");
        assert_eq!(error.violations[0].field, "database_url");
        error.message
    }

    #[test]
    fn urls_are_taken_apart() {
        let url = "postgres://ann:s%40cret@db.example:6543/sales?sslmode=require&pooler=transaction&options[geqo]=off";
        let server = ServerUrl::parse(url).unwrap();
        assert!(server.transaction_pooler);
        assert_eq!(server.address(), "db.example:6543/sales");
        assert!(matches!(server.options.get_ssl_mode(), PgSslMode::Require));
        assert_eq!(server.options.get_options(), Some("-c geqo=off"));
        let plain = ServerUrl::parse(" postgresql://ann@h/d\n").unwrap();
        assert!(!plain.transaction_pooler);
        assert_eq!(plain.address(), "h:5432/d");
        let socket = ServerUrl::parse("postgres://ann@%2Frun%2Fpg/d").unwrap();
        assert!(socket.address().starts_with("/run/pg"), "{}", socket.address());
    }

    #[test]
    fn a_place_never_shows_its_password() {
        for url in [
            "postgres://ann:hunter2@db.example/sales",
            "postgres://ann@db.example/sales?password=hunter2",
            "postgres://ann:hunter2@db.example:port/sales",
            "mysql://ann:hunter2@db.example/sales",
        ] {
            let place = Place::Server(url.to_owned());
            let shown = format!("{place} {place:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("ann"), "{shown}");
        }
        assert_eq!(format!("{:?}", Place::File("/a/b.db".into())), "File(/a/b.db)");
    }

    #[test]
    fn a_malformed_url_is_told_what_would_be_right_and_not_repeated() {
        for url in [
            "",
            "hunter2",
            "http://ann:hunter2@h/d",
            "postgres://ann:hunter2@h:port/d",
            "postgres://ann:hunter2#1@h/d",
            "postgres://ann:12/hunter2@h/d",
            "postgres://ann:hunter2@x@h/d",
            "postgres://ann:hunter2@h/d?sslmode=maybe",
        ] {
            let told = refusal(url);
            assert!(!told.contains("hunter2"), "{told}");
            assert!(told.contains("postgres://USER"), "{told}");
        }
        assert!(refusal("postgres://h/d?pasword=hunter2").contains("`pasword`"));
        assert!(!refusal("postgres://h/d?pasword=hunter2").contains("hunter2"));
        assert!(refusal("postgres://h/d?pooler=maybe").contains("`transaction`"));
        assert!(refusal("postgres://h/d?optionsx=1").contains("`optionsx`"));
    }
}
