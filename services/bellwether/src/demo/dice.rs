//! Chance from a fixed seed: every story throws its own dice, so that adding one changes no other.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const SEED: u64 = 0x5EED_BE11;

/// The dice of one story.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a topic and two numbers that name the story within it.
    pub(super) fn of(topic: &str, first: i32, second: u32) -> Self {
        // FNV-1a: stable between builds, unlike the standard hasher.
        let hash = topic.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&SEED.to_le_bytes());
        seed[8..16].copy_from_slice(&hash.to_le_bytes());
        seed[16..20].copy_from_slice(&first.to_le_bytes());
        seed[20..24].copy_from_slice(&second.to_le_bytes());
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// From 0 up to but not 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// True with a probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        self.0.random_range(low..=high)
    }

    /// A place in a list of `len` things.
    pub(super) fn place(&mut self, len: usize) -> usize {
        self.0.random_range(0..len.max(1))
    }

    /// One of some things.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.place(from.len())]
    }

    /// One of some things, each with a weight.
    pub(super) fn weighted<T: Copy>(&mut self, from: &[(T, f64)]) -> T {
        let total: f64 = from.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * total;
        for (thing, weight) in from {
            left -= weight;
            if left < 0.0 {
                return *thing;
            }
        }
        from[from.len() - 1].0
    }

    /// Of the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Of the log-normal distribution.
    pub(super) fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// How many of many rare things happen, `mean` on average (Knuth).
    pub(super) fn count(&mut self, mean: f64) -> u32 {
        let limit = (-mean).exp();
        let mut product = self.unit();
        let mut count = 0;
        while product > limit && count < 1000 {
            product *= self.unit();
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_story_throws_the_same() {
        let throw = |topic, first| Dice::of(topic, first, 0).unit();
        assert!((throw("deal", 1) - throw("deal", 1)).abs() < f64::EPSILON);
        assert!((throw("deal", 1) - throw("deal", 2)).abs() > f64::EPSILON);
        assert!((throw("deal", 1) - throw("lead", 1)).abs() > f64::EPSILON);
    }

    #[test]
    fn chance_is_fair() {
        let mut dice = Dice::of("fair", 0, 0);
        let mean =
            |mut throw: Box<dyn FnMut() -> f64 + '_>| (0..20_000).map(|_| throw()).sum::<f64>() / 20_000.0;
        assert!((mean(Box::new(|| f64::from(dice.count(1.5)))) - 1.5).abs() < 0.05);
        assert!(mean(Box::new(|| dice.normal())).abs() < 0.03);
        let heavy = |dice: &mut Dice| f64::from(dice.weighted(&[(0, 1.0), (1, 3.0)]));
        assert!((mean(Box::new(|| heavy(&mut dice))) - 0.75).abs() < 0.02);
    }
}
