//! The versions of all deals, as bytes: what facts are derived from anew when a version arrives or the settings change.

use crate::facts::Version;

use super::{codec, column};

/// Versions of deals, each linked to the version of the same deal before it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DealLog {
    /// Entries: the distance to the deal's previous entry (0 = none), then the version.
    bytes: Vec<u8>,
    /// The end of the way back: where each deal's latest entry begins, plus one; 0 = none. Index = code.
    latest: Vec<u64>,
}

impl DealLog {
    /// A log read back.
    pub(crate) fn from_parts(bytes: Vec<u8>, latest: Vec<u64>) -> Option<Self> {
        let end = bytes.len() as u64;
        latest
            .iter()
            .all(|entry| *entry <= end)
            .then_some(Self { bytes, latest })
    }

    pub(crate) fn parts(&self) -> (&[u8], &[u64]) {
        (&self.bytes, &self.latest)
    }

    /// Codes of deals that have versions lie below this.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.latest.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn add(&mut self, deal: u32, version: &Version) {
        let deal = deal as usize;
        while self.latest.len() <= deal {
            column::push(&mut self.latest, 0);
        }
        let here = self.bytes.len() as u64 + 1;
        let before = std::mem::replace(&mut self.latest[deal], here);
        let distance = if before == 0 { 0 } else { here - before };
        if self.bytes.capacity() - self.bytes.len() < 1 << 12 {
            self.bytes.reserve_exact(self.bytes.len() / 8 + (1 << 13));
        }
        codec::unsigned(distance, &mut self.bytes);
        codec::encode(version, &mut self.bytes);
    }

    /// All versions of a deal, latest first. Ends early where the bytes are damaged.
    pub(crate) fn versions(&self, deal: u32) -> Vec<Version> {
        let mut versions = Vec::new();
        let mut entry = self.latest.get(deal as usize).copied().unwrap_or(0);
        while entry > 0 {
            let from = usize::try_from(entry - 1).unwrap_or(usize::MAX);
            let Some((distance, length)) = self.bytes.get(from..).and_then(codec::read_unsigned) else {
                break;
            };
            let Some(version) = codec::decode(&self.bytes[from + length..]) else {
                break;
            };
            versions.push(version);
            entry = if distance == 0 {
                0
            } else {
                entry.saturating_sub(distance)
            };
        }
        versions
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity() + 8 * self.latest.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deal_gives_its_own_versions() {
        let mut log = DealLog::default();
        let version = |seq| Version {
            key: (0, 0, seq),
            deal: None,
        };
        for seq in 1..100 {
            log.add(u32::try_from(seq % 3 + 1).unwrap(), &version(seq));
        }
        let seqs = |deal| {
            log.versions(deal)
                .iter()
                .map(|version| version.key.2)
                .collect::<Vec<_>>()
        };
        assert_eq!(seqs(2), (0..33).map(|i| 97 - 3 * i).collect::<Vec<_>>());
        assert!(seqs(0).is_empty() && seqs(9).is_empty());
    }
}
