//! Names of what was computed: equal questions of equal facts have equal names.

use crate::series::Series;
use crate::worker::Key;

/// A name in the making. Every part is set off from the next.
#[derive(Clone)]
pub(super) struct Digest(blake3::Hasher);

impl Digest {
    /// A name of a kind of thing, by these models.
    pub(super) fn of(kind: &str) -> Self {
        let mut digest = Self(blake3::Hasher::new());
        digest.text(kind).text(&super::model_version());
        digest
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
        self
    }

    /// Adds a text that may be missing.
    pub(super) fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.number(u64::from(text.is_some()));
        self.text(text.unwrap_or_default())
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    /// Adds a signed number.
    pub(super) fn signed(&mut self, number: i64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    /// Adds a fraction, to the bit.
    pub(super) fn fraction(&mut self, fraction: f64) -> &mut Self {
        self.number(fraction.to_bits())
    }

    /// Adds a series.
    pub(super) fn series(&mut self, series: &Series) -> &mut Self {
        self.number(series.values.len() as u64);
        for value in &series.values {
            self.number(u64::from(value.is_some()))
                .fraction(value.unwrap_or_default());
        }
        self.number(series.seasons.len() as u64);
        for season in &series.seasons {
            self.number(*season as u64);
        }
        self
    }

    /// The name.
    pub(super) fn key(&self) -> Key {
        *self.0.finalize().as_bytes()
    }

    /// The name as text, shorter.
    pub(super) fn id(&self) -> String {
        self.0.finalize().to_hex().chars().take(32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_set_off() {
        let of = |parts: [&str; 2]| {
            let mut digest = Digest::of("test");
            parts.iter().for_each(|part| drop(digest.text(part).id()));
            digest.id()
        };
        assert_eq!(of(["ab", "c"]), of(["ab", "c"]));
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
        let series = |values: &[Option<f64>]| {
            let (values, seasons) = (values.to_vec(), vec![12]);
            Digest::of("test").series(&Series { values, seasons }).key()
        };
        assert_ne!(series(&[Some(0.0)]), series(&[None]));
        assert_ne!(series(&[Some(0.0)]), series(&[Some(-0.0)]));
    }
}
