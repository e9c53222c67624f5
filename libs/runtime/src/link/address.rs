//! The addresses of a peer as they are written in a configuration: `http://host:port` or `https://host:port`, one or
//! several separated by commas.

use bellwether_domain::{Error, ErrorReason, Result};
use http::Uri;

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Whether the connection is encrypted.
    pub(crate) encrypted: bool,
    /// A name, or an IP address without brackets.
    pub(crate) host: String,
    /// The port; 80 or 443 where none is written.
    pub(crate) port: u16,
    uri: Uri,
}

impl Address {
    /// The addresses in `text`, at least one.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the one at fault.
    pub(crate) fn list(text: &str) -> Result<Vec<Self>> {
        text.split(',').map(|one| Self::read(one.trim())).collect()
    }

    fn read(text: &str) -> Result<Self> {
        // Not quoted: what stands before an @ is most likely a secret.
        if text.contains('@') {
            return Err(refused(
                "an address has no user or password: put the token into a file".to_owned(),
            ));
        }
        let malformed = || {
            refused(format!(
                "`{text}` is not an address such as http://127.0.0.1:4711"
            ))
        };
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(malformed()),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host = uri.host().filter(|host| !host.is_empty() && path == "/");
        let host = host.ok_or_else(malformed)?;
        // A port that is no number would silently be read as none.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let port = match uri.port_u16() {
            Some(port) => port,
            None if authority.len() > host.len() => return Err(malformed()),
            None if encrypted => 443,
            None => 80,
        };
        Ok(Self {
            encrypted,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            uri,
        })
    }

    /// What the peer is called in requests.
    pub(crate) fn origin(&self) -> Uri {
        self.uri.clone()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.uri.to_string().trim_end_matches('/'))
    }
}

fn refused(why: String) -> Error {
    Error::invalid(ErrorReason::InvalidField, "url", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let list = Address::list("http://a:4711, https://b.example ,http://[::1]:9,http://c/").unwrap();
        let read: Vec<_> = list
            .iter()
            .map(|one| (one.encrypted, one.host.as_str(), one.port))
            .collect();
        assert_eq!(
            read,
            [
                (false, "a", 4711),
                (true, "b.example", 443),
                (false, "::1", 9),
                (false, "c", 80)
            ]
        );
        assert_eq!(list[0].to_string(), "http://a:4711");
    }

    #[test]
    fn what_is_no_address_is_quoted_unless_it_may_be_a_secret() {
        for bad in [
            "",
            "a:4711",
            "ftp://a",
            "http://",
            "http://a:99999",
            "http://a:x",
            "http://a/path",
            "http://a,,http://b",
            "nonsense",
        ] {
            let error = Address::list(bad).unwrap_err();
            assert!(
                error.message.contains("is not an address"),
                "{bad}: {}",
                error.message
            );
        }
        let error = Address::list("http://user:hunter2@a:1").unwrap_err();
        assert!(!error.message.contains("hunter2"), "{}", error.message);
    }
}
