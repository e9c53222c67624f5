//! A number as columns: itself within what was seen, hinges where its effect may bend, and a column for missing cells.

use libm::{asinh, sqrt};
use serde::{Deserialize, Serialize};

use super::FEWEST;

/// Where the effect of a number may bend.
const QUANTILES: [f64; 4] = [0.15, 0.4, 0.65, 0.9];
/// Numbers with fewer values than this do not bend.
const VALUES: usize = 6;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct NumberCoding {
    first: u32,
    /// The unit that numbers are counted in before the logarithm; 0 = as they are.
    unit: f64,
    low: f64,
    high: f64,
    mean: f64,
    spread: f64,
    hinges: Vec<f64>,
    /// The column of missing cells.
    pub(super) missing: Option<u32>,
}

impl NumberCoding {
    pub(super) fn learn(cells: &[f64], width: &mut u32) -> Self {
        let mut known: Vec<f64> = cells.iter().copied().filter(|number| !number.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        let gaps = cells.len() - known.len();
        let unit = skewed(&known);
        let mut coding = Self {
            first: *width,
            unit,
            low: quantile(&known, 0.002),
            high: quantile(&known, 0.998),
            mean: 0.0,
            spread: 0.0,
            hinges: Vec::new(),
            missing: None,
        };
        *width += 1;
        let bent: Vec<f64> = known.iter().map(|number| coding.bent(*number)).collect();
        let count = bent.len().max(1) as f64;
        coding.mean = bent.iter().sum::<f64>() / count;
        let squares: f64 = bent
            .iter()
            .map(|value| (value - coding.mean) * (value - coding.mean))
            .sum();
        coding.spread = sqrt(squares / count);
        coding.hinges = hinges(&known, |number| coding.standard(number));
        *width += coding.hinges.len() as u32;
        if gaps >= FEWEST {
            coding.missing = Some(*width);
            *width += 1;
        }
        coding
    }

    pub(super) fn cells(&self, number: f64, into: &mut Vec<(u32, f64)>) {
        if number.is_nan() {
            into.extend(self.missing.map(|column| (column, 1.0)));
            return;
        }
        let value = self.standard(number);
        into.push((self.first, value));
        for (column, hinge) in (self.first + 1..).zip(&self.hinges) {
            if value > *hinge {
                into.push((column, value - hinge));
            }
        }
    }

    /// The number within what was seen, on a scale of its own.
    fn standard(&self, number: f64) -> f64 {
        if self.spread > 0.0 && self.spread.is_finite() {
            ((self.bent(number) - self.mean) / self.spread).clamp(-10.0, 10.0)
        } else {
            0.0
        }
    }

    fn bent(&self, number: f64) -> f64 {
        let within = number.clamp(self.low, self.high);
        if self.unit > 0.0 {
            asinh(within / self.unit)
        } else {
            within
        }
    }
}

/// The unit for a logarithm when numbers are skewed: the upper tail is far longer than the middle is wide. 0 when not.
fn skewed(sorted: &[f64]) -> f64 {
    let (low, middle, high) = (
        quantile(sorted, 0.05),
        quantile(sorted, 0.5),
        quantile(sorted, 0.95),
    );
    let (below, above) = (middle - low, high - middle);
    let long = below.max(above);
    let short = below.min(above);
    if long <= 4.0 * short || long <= 0.0 {
        return 0.0;
    }
    // The size of what is common, so that what is below it stays on a straight scale.
    let common = middle.abs().max(short);
    if common > 0.0 { common } else { long / 50.0 }
}

/// Where to bend, on the standard scale: distinct quantiles, none at the ends.
fn hinges(sorted: &[f64], standard: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut values = sorted.to_vec();
    values.dedup();
    if values.len() < VALUES {
        return Vec::new();
    }
    let (low, high) = (standard(values[0]), standard(values[values.len() - 1]));
    let mut found: Vec<f64> = Vec::new();
    for share in QUANTILES {
        let at = standard(quantile(sorted, share));
        let far = found.last().is_none_or(|last| at > last + 0.05);
        if far && at > low && at < high {
            found.push(at);
        }
    }
    found
}

/// The value at a share of sorted numbers; 0 of none.
pub(in crate::score) fn quantile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return 0.0;
    }
    let at = (share * (sorted.len() - 1) as f64) as usize;
    sorted[at.min(sorted.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skewed_and_constant_numbers() {
        let skew: Vec<f64> = (0..100).map(|i| f64::from(i).exp()).collect();
        assert!(skewed(&skew) > 0.0);
        let even: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(skewed(&even), 0.0);
        let mut width = 0;
        let coding = NumberCoding::learn(&[5.0; 30], &mut width);
        assert_eq!((width, coding.standard(9.0)), (1, 0.0));
        let coding = NumberCoding::learn(&[1e100, -1e100, 1e100, 0.0], &mut width);
        assert!(coding.standard(1e100).is_finite());
        assert!(NumberCoding::learn(&[], &mut width).standard(1.0) == 0.0);
    }
}
