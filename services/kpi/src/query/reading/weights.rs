//! Weighted sums and means: of each value times its weight, exactly.

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;

use super::{Counted, Rates, Reading, Way, round};
use crate::catalogue::{Aggregate, CurrencyPolicy, Rows};

impl Reading {
    /// Sums of values times weights, of a mean by the sum of the weights. Money is rounded once a cell.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn weighted(
        &mut self,
        counted: &Counted,
        rows: &Rows,
        rates: &Rates<'_>,
        way: Way<'_>,
    ) -> Result<()> {
        let Some(weight) = rows.weight else { return Ok(()) };
        let mut abroad = rates.converted(counted, way, 1, |cell| self.key(cell))?;
        let mut weights: std::collections::HashMap<u64, i128> = std::collections::HashMap::new();
        for (cell, sum) in &counted.weights {
            *weights.entry(self.key(*cell)).or_default() += sum;
        }
        let rounded = way.rounded && way.policy != CurrencyPolicy::None;
        for (cell, acc) in &self.cells {
            let sum = Exact::from(acc.sum) + abroad.remove(cell).unwrap_or_default();
            let value = if rows.aggregate == Aggregate::WeightedMean {
                let weights = Exact::from(weights.get(cell).copied().unwrap_or(0));
                sum.checked_div(&weights)
            } else {
                Some(weight.scale.exact(sum))
            };
            let whole = rounded && rows.aggregate == Aggregate::Sum;
            let value = value.map(|value| if whole { round(&value) } else { value });
            self.values.extend(value.map(|value| (*cell, value)));
        }
        Ok(())
    }
}
