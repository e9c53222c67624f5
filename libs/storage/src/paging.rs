//! Tokens by which a list is read page by page.
//!
//! A token is bound to the query that it continues and pinned to the position that its first page was read at, so that
//! pages neither skip nor repeat while the log grows. It is opaque and sealed with a keyed hash: a changed token, or one
//! given to another query, is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bellwether_domain::{Error, ErrorReason, Position, Result};

const FORMAT: u8 = 1;
const MAC_BYTES: usize = 16;
const HEADER_BYTES: usize = 1 + 8 + 8;
const LONGEST_TOKEN: usize = 4_096;

/// What a query asks for, apart from the page: equal queries have equal hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryHash([u8; 32]);

impl QueryHash {
    /// The hash of a method and of every field of its request other than `page_token` and `page_size`; `parts` must
    /// hold the tenant.
    #[must_use]
    pub fn of(method: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(method.as_bytes()).chain(parts.iter().copied()) {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The position that all pages of this list are read at.
    pub at: Position,
    /// The place after the last row of the page before, in the list's own terms.
    pub cursor: Vec<u8>,
}

/// Makes and checks page tokens with a secret key.
#[derive(Clone)]
pub struct PageSigner {
    key: [u8; 32],
}

impl std::fmt::Debug for PageSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageSigner")
    }
}

impl PageSigner {
    /// A signer with `key`, which all replicas of a service share.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The token of the page of `query` that follows `cursor`, with the list pinned to `at`.
    #[must_use]
    pub fn issue(&self, query: &QueryHash, at: Position, cursor: &[u8]) -> String {
        let mut body = Vec::with_capacity(HEADER_BYTES + cursor.len() + MAC_BYTES);
        body.push(FORMAT);
        body.extend_from_slice(&at.epoch.to_le_bytes());
        body.extend_from_slice(&at.seq.to_le_bytes());
        body.extend_from_slice(cursor);
        let mac = self.mac(query, &body);
        body.extend_from_slice(&mac.as_bytes()[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(body)
    }

    /// The page that `token` names; `None` for the empty token, which names the first page.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (`INVALID_PAGE_TOKEN`) when the token was changed or belongs to another query.
    pub fn open(&self, query: &QueryHash, token: &str) -> Result<Option<Page>> {
        if token.is_empty() {
            return Ok(None);
        }
        if token.len() > LONGEST_TOKEN {
            return Err(refused());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let cut = bytes
            .len()
            .checked_sub(MAC_BYTES)
            .filter(|cut| *cut >= HEADER_BYTES)
            .ok_or_else(refused)?;
        let (body, seal) = bytes.split_at(cut);
        // Comparing hashes of the seals takes the same time wherever they first differ.
        let expected = blake3::hash(&self.mac(query, body).as_bytes()[..MAC_BYTES]);
        if expected != blake3::hash(seal) || body[0] != FORMAT {
            return Err(refused());
        }
        let number = |from: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&body[from..from + 8]);
            u64::from_le_bytes(word)
        };
        let at = Position {
            epoch: number(1),
            seq: number(9),
        };
        Ok(Some(Page {
            at,
            cursor: body[HEADER_BYTES..].to_vec(),
        }))
    }

    fn mac(&self, query: &QueryHash, body: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key)
            .update(&query.0)
            .update(body)
            .finalize()
    }
}

fn refused() -> Error {
    Error::invalid(
        ErrorReason::InvalidPageToken,
        "page_token",
        "the page token is not one that this query returned; start again with an empty token",
    )
}

/// The number of rows of a page: `default` when `requested` is 0, never above `max`.
///
/// # Errors
/// `INVALID_ARGUMENT` when `requested` is negative.
pub fn page_size(requested: i32, default: usize, max: usize) -> Result<usize> {
    match usize::try_from(requested) {
        Ok(0) => Ok(default.min(max)),
        Ok(rows) => Ok(rows.min(max)),
        Err(_) => {
            let message = format!("{requested} is negative; use 0 for the default or up to {max}");
            Err(Error::invalid(ErrorReason::InvalidField, "page_size", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::ErrorCode;

    fn signer() -> PageSigner {
        PageSigner::new([7; 32])
    }

    #[test]
    fn a_token_gives_back_its_page() {
        let query = QueryHash::of("ListRecords", &[b"acme", b"account"]);
        let at = Position { epoch: 3, seq: 41 };
        let token = signer().issue(&query, at, b"after-me");
        let page = signer().open(&query, &token).unwrap();
        assert_eq!(
            page,
            Some(Page {
                at,
                cursor: b"after-me".to_vec()
            })
        );
        assert_eq!(signer().open(&query, "").unwrap(), None);
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let query = QueryHash::of("ListRecords", &[b"acme"]);
        let token = signer().issue(&query, Position { epoch: 1, seq: 9 }, b"cursor");
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let error = signer().open(&query, &changed).unwrap_err();
            assert_eq!(
                (error.code, error.reason),
                (ErrorCode::InvalidArgument, ErrorReason::InvalidPageToken)
            );
        }
        for text in [
            "x",
            "AAAA",
            "not base64 !",
            &token[..token.len() - 4],
            &"A".repeat(5_000),
        ] {
            assert!(signer().open(&query, text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_of_another_query_or_key_is_refused() {
        let query = QueryHash::of("ListRecords", &[b"acme", b"account"]);
        let token = signer().issue(&query, Position::default(), b"c");
        assert!(
            signer()
                .open(&QueryHash::of("ListRecords", &[b"globex", b"account"]), &token)
                .is_err()
        );
        assert!(
            signer()
                .open(&QueryHash::of("ListRecords", &[b"acmea", b"ccount"]), &token)
                .is_err()
        );
        assert!(PageSigner::new([8; 32]).open(&query, &token).is_err());
    }

    #[test]
    fn page_sizes_are_bounded() {
        assert_eq!(page_size(0, 50, 1_000).unwrap(), 50);
        assert_eq!(page_size(10, 50, 1_000).unwrap(), 10);
        assert_eq!(page_size(100_000, 50, 1_000).unwrap(), 1_000);
        assert!(page_size(-1, 50, 1_000).is_err());
    }
}
