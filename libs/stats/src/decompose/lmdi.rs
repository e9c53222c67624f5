//! The logarithmic mean Divisia index: the change of a sum of products, split over the factors in proportion to the
//! logarithms of how they moved.

#[cfg(test)]
mod tests;

use bellwether_domain::exact::Exact;

use super::logarithm::ln;
use super::{Decomposition, Effect, Part, Segment, Unsplit, merged};

/// Decimals that the effects are rounded to; what is left of the rounding goes to the largest effect.
const DECIMALS: u32 = 30;

/// Splits the change of `Σ Π x` over its factors by LMDI-I: segments bring factors instead of levels, as many each
/// ([`Effect::Factor`] by place), and the KPI of a segment is their product. A factor that divides is given as 1/x.
///
/// ```text
/// effect of x in a segment = L(V₁, V₀) · ln(x₁/x₀),  L(a, b) = (a - b)/ln(a/b), L(a, a) = a
/// ```
///
/// The effects sum to the change without a residual, do not depend on the order of factors or segments, turn their sign
/// when the periods are swapped, and add up over segments. A factor that is 0 is the limit of one that becomes 0, all
/// at the same pace: where a segment appears or vanishes, its whole value goes in equal parts to the factors that came
/// from or went to 0, and a segment that is 0 in both periods has no effect.
///
/// Unlike [`super::decompose`] it knows no mix: give shares as a factor. Segments that share a key are refused here as
/// [`Unsplit::Levels`]: factors do not add up.
///
/// Source: B. W. Ang (2005), Energy Policy 33:867-871; B. W. Ang and N. Liu (2007), Energy Policy 35:238-246 (zeros).
///
/// # Errors
/// [`Unsplit::Levels`] when segments differ in the number of factors, have none, or share a key;
/// [`Unsplit::NoUnits`] when a factor is negative.
pub fn lmdi<K: Ord>(segments: impl IntoIterator<Item = Segment<K>>) -> Result<Decomposition<K>, Unsplit> {
    let segments: Vec<Segment<K>> = segments.into_iter().collect();
    let factors = segments.first().map_or(0, |segment| segment.before.len());
    let count = segments.len();
    let segments = merged(segments, factors)?;
    if segments.len() != count || (factors == 0 && count > 0) {
        return Err(Unsplit::Levels);
    }
    let mut parts = Vec::with_capacity(count);
    for (key, [before, after]) in segments {
        if before.iter().chain(&after).any(Exact::is_negative) {
            return Err(Unsplit::NoUnits);
        }
        let values =
            [&before, &after].map(|factors| factors.iter().fold(Exact::one(), |product, x| product * x));
        let effects = split(&before, &after, &values);
        let [before, after] = values.map(Some);
        parts.push(Part {
            key,
            before,
            after,
            effects,
        });
    }
    let before = parts.iter().filter_map(|part| part.before.as_ref()).sum();
    let after = parts.iter().filter_map(|part| part.after.as_ref()).sum();
    let effects = (0..factors)
        .map(|index| {
            (
                Effect::Factor(index),
                parts.iter().map(|part| &part.effects[index]).sum(),
            )
        })
        .collect();
    Ok(Decomposition {
        before,
        after,
        effects,
        parts,
    })
}

fn split(before: &[Exact], after: &[Exact], values: &[Exact; 2]) -> Vec<Exact> {
    let change = &values[1] - &values[0];
    if values.iter().any(Exact::is_zero) {
        // A value is 0 because a factor is. If only one value is, some factor is 0 on that side alone.
        let turned: Vec<bool> = before
            .iter()
            .zip(after)
            .map(|(x, y)| x.is_zero() != y.is_zero())
            .collect();
        let count = turned.iter().filter(|&&turned| turned).count();
        let each = change.checked_div(&Exact::from(count)).unwrap_or_default();
        return turned
            .into_iter()
            .map(|turned| if turned { each.clone() } else { Exact::zero() })
            .collect();
    }
    let moves: Vec<Exact> = before
        .iter()
        .zip(after)
        .map(|(x, y)| Some(ln(y)? - ln(x)?))
        .map(Option::unwrap_or_default)
        .collect();
    // The logarithmic mean of a value with itself is the value; the sum of the moves may miss 0 in its 40th decimal.
    let of_value: Exact = moves.iter().sum();
    let mean = if change.is_zero() {
        None
    } else {
        change.checked_div(&of_value)
    };
    let mean = mean.unwrap_or_else(|| values[0].clone());
    let mut effects: Vec<Exact> = moves.iter().map(|by| cut(&(by * &mean))).collect();
    let left = change - effects.iter().sum::<Exact>();
    let largest = effects.iter().map(Exact::abs).max().unwrap_or_default();
    let takers = effects.iter().filter(|effect| effect.abs() == largest).count();
    let share = left.checked_div(&Exact::from(takers)).unwrap_or_default();
    for effect in effects.iter_mut().filter(|effect| effect.abs() == largest) {
        *effect += &share;
    }
    effects
}

/// Rounded half-even to [`DECIMALS`] decimals, so that logarithms do not leave fractions of hundreds of digits behind.
fn cut(value: &Exact) -> Exact {
    let units = (value * &Exact::from_scaled(10_u128.pow(DECIMALS), 0)).round_half_even_to_integer();
    Exact::from_scaled(units, DECIMALS)
}
