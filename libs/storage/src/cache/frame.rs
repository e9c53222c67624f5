//! The form of a stored value: payload, checksum, version; anything else read back is no value.
//!
//! What is not payload stands at the end, so that reading cuts it off without copying.

const VERSION: u8 = 1;
const CHECKSUM: usize = 16;
const TRAILER: usize = CHECKSUM + 1;

/// `value` as it is stored under `key`.
pub(super) fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(value.len() + TRAILER);
    frame.extend_from_slice(value);
    frame.extend_from_slice(&checksum(key, value));
    frame.push(VERSION);
    frame
}

/// The value that was sealed under `key`; none for a damaged, foreign or misplaced one.
pub(super) fn unseal(key: &[u8], mut frame: Vec<u8>) -> Option<Vec<u8>> {
    let length = frame.len().checked_sub(TRAILER)?;
    let (value, trailer) = frame.split_at(length);
    let (sum, version) = trailer.split_at(CHECKSUM);
    if version != [VERSION] || sum != checksum(key, value) {
        return None;
    }
    frame.truncate(length);
    Some(frame)
}

/// Covers the key too, so that a value that turns up under another key is none.
fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_comes_back() {
        for value in [&b""[..], b"x", &[7; 5000]] {
            let frame = seal(b"key", value);
            assert_eq!(unseal(b"key", frame.clone()).as_deref(), Some(value));
            assert_eq!(unseal(b"other", frame.clone()), None);
            for at in [0, frame.len() / 2, frame.len() - 1] {
                let mut damaged = frame.clone();
                damaged[at] ^= 1;
                assert_eq!(unseal(b"key", damaged), None);
            }
            assert_eq!(unseal(b"key", frame[..frame.len() - 1].to_vec()), None);
        }
        assert_eq!(unseal(b"key", Vec::new()), None);
        assert_eq!(unseal(b"key", vec![VERSION]), None);
    }
}
