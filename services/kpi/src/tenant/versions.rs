//! The versions of all records of a kind, as bytes: what facts are derived from anew when a version arrives or the
//! settings change.

use std::marker::PhantomData;

use crate::facts::{
    Activity, Contract, Deal, Employment, Lead, Order, Quota, Sample, Spend, Subscription, Version,
};

use super::codec::{self, Packed};
use super::column;

/// Versions of records of one kind, each linked to the version of the same record before it.
#[derive(Debug, Clone)]
pub(crate) struct VersionLog<T> {
    /// Entries: the distance to the record's previous entry (0 = none), then the version.
    bytes: Vec<u8>,
    /// The end of the way back: where each record's latest entry begins, plus one; 0 = none. Index = code.
    latest: Vec<u64>,
    says: PhantomData<T>,
}

impl<T> Default for VersionLog<T> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            latest: Vec::new(),
            says: PhantomData,
        }
    }
}

impl<T: Packed> VersionLog<T> {
    /// A log read back.
    fn from_parts((bytes, latest): (Vec<u8>, Vec<u64>)) -> Option<Self> {
        let end = bytes.len() as u64;
        latest.iter().all(|entry| *entry <= end).then_some(Self {
            bytes,
            latest,
            says: PhantomData,
        })
    }

    fn parts(&self) -> (&[u8], &[u64]) {
        (&self.bytes, &self.latest)
    }

    /// Codes of records that have versions lie below this.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.latest.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn add(&mut self, code: u32, version: &Version<T>) {
        let code = code as usize;
        while self.latest.len() <= code {
            column::push(&mut self.latest, 0);
        }
        let here = self.bytes.len() as u64 + 1;
        let before = std::mem::replace(&mut self.latest[code], here);
        let distance = if before == 0 { 0 } else { here - before };
        if self.bytes.capacity() - self.bytes.len() < 1 << 12 {
            self.bytes.reserve_exact(self.bytes.len() / 8 + (1 << 13));
        }
        codec::unsigned(distance, &mut self.bytes);
        codec::encode(version, &mut self.bytes);
    }

    /// All versions of a record, latest first. Ends early where the bytes are damaged.
    pub(crate) fn versions(&self, code: u32) -> Vec<Version<T>> {
        let mut versions = Vec::new();
        let mut entry = self.latest.get(code as usize).copied().unwrap_or(0);
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

    fn memory(&self) -> usize {
        self.bytes.capacity() + 8 * self.latest.capacity()
    }
}

/// The logs of all kinds of records, each with its name in a checkpoint.
macro_rules! logs {
    ($($name:ident $says:ident;)*) => {
        /// The versions of everything that facts are derived from.
        #[derive(Debug, Default)]
        pub(crate) struct Logs {
            $(pub(crate) $name: VersionLog<$says>,)*
        }

        impl Logs {
            /// What each log is called in a checkpoint, in the order of their parts.
            pub(crate) const NAMES: &[&'static str] = &[$(stringify!($name)),*];

            /// Logs read back: bytes, and where the latest entries begin.
            pub(crate) fn from_parts(parts: Vec<(Vec<u8>, Vec<u64>)>) -> Option<Self> {
                let mut parts = parts.into_iter();
                let logs = Self {
                    $($name: VersionLog::from_parts(parts.next()?)?,)*
                };
                parts.next().is_none().then_some(logs)
            }

            pub(crate) fn parts(&self) -> Vec<(&[u8], &[u64])> {
                vec![$(self.$name.parts()),*]
            }

            pub(crate) fn memory(&self) -> usize {
                0 $(+ self.$name.memory())*
            }
        }
    };
}

logs! {
    deals Deal;
    leads Lead;
    activities Activity;
    quotas Quota;
    employment Employment;
    subscriptions Subscription;
    contracts Contract;
    orders Order;
    spend Spend;
    samples Sample;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_gives_its_own_versions() {
        let mut log = VersionLog::<Deal>::default();
        let version = |seq| Version {
            key: (0, 0, seq),
            says: None,
        };
        for seq in 1..100 {
            log.add(u32::try_from(seq % 3 + 1).unwrap(), &version(seq));
        }
        let seqs = |code| {
            log.versions(code)
                .iter()
                .map(|version| version.key.2)
                .collect::<Vec<_>>()
        };
        assert_eq!(seqs(2), (0..33).map(|i| 97 - 3 * i).collect::<Vec<_>>());
        assert!(seqs(0).is_empty() && seqs(9).is_empty());
    }
}
