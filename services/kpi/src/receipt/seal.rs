//! The seal of receipts: a keyed hash over the text and over whom it was given to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bellwether_domain::{Error, ErrorReason, Result};
use prost::Message as _;

use super::Receipt;
use crate::answers::key::Asker;

const FORMAT: u8 = 1;
const MAC_BYTES: usize = 16;
/// No question fills more: the conditions are the longest part of it.
const LONGEST: usize = 1 << 20;

/// Makes and opens receipts with a secret key.
#[derive(Clone)]
pub(crate) struct Seal {
    key: [u8; 32],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// A seal with `key`, which all replicas of the service share.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The token of a receipt that is given to a caller.
    pub(crate) fn close(&self, asker: Asker<'_>, receipt: &Receipt) -> String {
        let mut bytes = Vec::with_capacity(512);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&receipt.encode_to_vec());
        let mac = self.mac(asker, &bytes);
        bytes.extend_from_slice(&mac.as_bytes()[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the token of a caller says.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `receipt` when it was changed or cut, or given to another tenant or scope.
    pub(crate) fn open(&self, asker: Asker<'_>, token: &str) -> Result<Receipt> {
        if token.len() > LONGEST {
            return Err(refused());
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let cut = bytes.len().checked_sub(MAC_BYTES).filter(|cut| *cut > 0);
        let (body, mac) = bytes.split_at(cut.ok_or_else(refused)?);
        // Comparing hashes of the seals takes the same time wherever they first differ.
        let expected = blake3::hash(&self.mac(asker, body).as_bytes()[..MAC_BYTES]);
        if expected != blake3::hash(mac) || body[0] != FORMAT {
            return Err(refused());
        }
        Receipt::decode(&body[1..]).map_err(|_| refused())
    }

    fn mac(&self, asker: Asker<'_>, body: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for text in [asker.tenant, asker.scope] {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(body);
        hasher.finalize()
    }
}

fn refused() -> Error {
    let message =
        "this is no receipt that you were given: it was changed or cut, or it is of another tenant or scope";
    Error::invalid(ErrorReason::InvalidField, "receipt", message)
}
