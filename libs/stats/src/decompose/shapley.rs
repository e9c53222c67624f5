//! The change of a product, split over its factors.

use bellwether_domain::exact::Exact;

/// What each factor makes of the change of a product: its Shapley value, the mean over all orders in which the factors
/// could have moved one after the other.
///
/// ```text
/// φᵢ = Δxᵢ · Σ over sets S of the other factors of |S|! (k - |S| - 1)!/k! · Π in S of x after · Π not in S of x before
/// ```
///
/// Of two factors it is `Δx · ȳ` and `Δy · x̄`. The parts sum to the change exactly, do not depend on the order of the
/// factors, and turn their sign when the periods are swapped. The time grows with the cube of the factors, of which a KPI has a handful.
/// Without factors, or when there are not as many before as after, there are no parts.
#[must_use]
pub fn shapley(before: &[Exact], after: &[Exact]) -> Vec<Exact> {
    if before.len() != after.len() {
        return Vec::new();
    }
    (0..before.len())
        .map(|factor| {
            let change = &after[factor] - &before[factor];
            if change.is_zero() {
                return change;
            }
            let others = (0..before.len()).filter(|&other| other != factor);
            let mixed = by_moved(others.map(|other| (&before[other], &after[other])));
            let weights = weights(before.len());
            let weighted: Exact = mixed.iter().zip(&weights).map(|(sum, weight)| sum * weight).sum();
            change * weighted
        })
        .collect()
}

/// By how many factors have moved: the sum over all choices of them of the product of those moved after and the rest
/// before. These are the coefficients of `Π (before + after · z)`.
fn by_moved<'a>(factors: impl Iterator<Item = (&'a Exact, &'a Exact)>) -> Vec<Exact> {
    let mut sums = vec![Exact::one()];
    for (before, after) in factors {
        let stay = sums.iter().map(|sum| sum * before).chain([Exact::zero()]);
        let moved = [Exact::zero()]
            .into_iter()
            .chain(sums.iter().map(|sum| sum * after));
        sums = stay.zip(moved).map(|(one, other)| one + other).collect();
    }
    sums
}

/// `s! (k - s - 1)!/k!` for s from 0 to k - 1: one over k times the number of choices of s among k - 1.
fn weights(factors: usize) -> Vec<Exact> {
    let mut choices = Exact::from(factors);
    (0..factors)
        .map(|moved| {
            let weight = Exact::one().checked_div(&choices).unwrap_or_default();
            let next = Exact::from(factors - 1 - moved) * &choices;
            choices = next.checked_div(&Exact::from(moved + 1)).unwrap_or_default();
            weight
        })
        .collect()
}
