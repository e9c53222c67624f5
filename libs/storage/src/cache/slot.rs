//! Which part of a cluster a key lies in: nodes own ranges of slots (Redis cluster specification, "Key distribution model").

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

/// The part, of `parts` equal ranges of slots, in which `key` lies.
pub(super) fn part(key: &[u8], parts: usize) -> usize {
    slot(key) * parts / SLOTS
}

fn slot(key: &[u8]) -> usize {
    usize::from(crc16(tag(key).unwrap_or(key))) % SLOTS
}

/// Only what stands in the first braces counts, if anything does.
fn tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let inside = &key[open + 1..];
    let close = inside.iter().position(|byte| *byte == b'}')?;
    (close > 0).then(|| &inside[..close])
}

/// CRC-16/XMODEM: polynomial 0x1021, started at 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| {
            (sum << 1) ^ if sum & 0x8000 == 0 { 0 } else { 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // The specification's check value, and what `CLUSTER KEYSLOT` says.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b"bar"), 5061);
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(slot(b"foo{}{bar}"), 8363);
        assert_eq!(part(b"foo", 16), 11);
        assert_eq!(part(b"bar", 16), 4);
    }
}
