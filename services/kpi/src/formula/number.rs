//! What formulas calculate with: exact numbers; the same made quick for the many entities of a nested measure; and
//! numbers that know how they move with each measure, for intervals.

use std::cmp::Ordering;

use bellwether_domain::exact::Exact;

/// A number that a formula can calculate with.
pub trait Number: Clone {
    /// An exact number as one of these.
    fn of(exact: &Exact) -> Self;
    /// The sum.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;
    /// The product.
    #[must_use]
    fn times(&self, other: &Self) -> Self;
    /// The quotient; `None` when the divisor is 0.
    fn per(&self, divisor: &Self) -> Option<Self>;
    /// The number with the other sign.
    #[must_use]
    fn negative(&self) -> Self;
    /// How it compares.
    fn order(&self, other: &Self) -> Ordering;
    /// Whether it is 0.
    fn is_zero(&self) -> bool;
}

impl Number for Exact {
    fn of(exact: &Exact) -> Self {
        exact.clone()
    }

    fn plus(&self, other: &Self) -> Self {
        self + other
    }

    fn times(&self, other: &Self) -> Self {
        self * other
    }

    fn per(&self, divisor: &Self) -> Option<Self> {
        self.checked_div(divisor)
    }

    fn negative(&self) -> Self {
        -self.clone()
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn is_zero(&self) -> bool {
        self.is_zero()
    }
}

/// Bits of a denominator that a sum is carried on with.
const LONG: u64 = 2_048;

/// An exact number that is quick while it is small: a fraction that is not reduced, until its parts outgrow 128 bits.
#[derive(Debug, Clone)]
pub enum Quick {
    /// Numerator and denominator, the latter above 0.
    Small(i128, i128),
    /// Anything.
    Large(Exact),
}

impl Quick {
    /// `units / per`; `per` must be above 0.
    #[must_use]
    pub fn ratio(units: i128, per: i128) -> Self {
        Self::Small(units, per)
    }

    /// The number as it is everywhere else.
    #[must_use]
    pub fn exact(&self) -> Exact {
        match self {
            Self::Small(units, 1) => Exact::from(*units),
            Self::Small(units, per) => Exact::ratio(*units, *per).unwrap_or_default(),
            Self::Large(exact) => exact.clone(),
        }
    }

    /// The number, to a hundred significant digits where it has grown far longer. A sum over entities of which each brings a
    /// denominator of its own would take ever longer, and no digit of it that anybody sees would change.
    #[must_use]
    pub fn shortened(self) -> Self {
        let Self::Large(exact) = &self else { return self };
        let (over, under) = (exact.numerator().bits(), exact.denominator().bits());
        if under <= LONG {
            return self;
        }
        // A bit is less than a third of a decimal digit.
        let decimals = 100 + u32::try_from(under.saturating_sub(over) / 3).unwrap_or(u32::MAX / 2);
        let units = exact.checked_div(&Exact::from_scaled(1, decimals));
        units.map_or(self, |units| {
            Self::Large(Exact::from_scaled(units.round_half_even_to_integer(), decimals))
        })
    }

    fn small(pair: Option<(i128, i128)>, large: impl FnOnce() -> Exact) -> Self {
        pair.map_or_else(|| Self::Large(large()), |(units, per)| Self::Small(units, per))
    }
}

impl Number for Quick {
    fn of(exact: &Exact) -> Self {
        match (
            i128::try_from(exact.numerator()),
            i128::try_from(exact.denominator()),
        ) {
            (Ok(units), Ok(per)) => Self::Small(units, per),
            _ => Self::Large(exact.clone()),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let sum = match (self, other) {
            (Self::Small(a, p), Self::Small(b, q)) if p == q => a.checked_add(*b).map(|sum| (sum, *p)),
            (Self::Small(a, p), Self::Small(b, q)) => crossed(*a, *p, *b, *q),
            _ => None,
        };
        Self::small(sum, || self.exact() + other.exact())
    }

    fn times(&self, other: &Self) -> Self {
        let product = match (self, other) {
            (Self::Small(a, p), Self::Small(b, q)) => a.checked_mul(*b).zip(p.checked_mul(*q)),
            _ => None,
        };
        Self::small(product, || self.exact() * other.exact())
    }

    fn per(&self, divisor: &Self) -> Option<Self> {
        if divisor.is_zero() {
            return None;
        }
        let quotient = match (self, divisor) {
            (Self::Small(a, p), Self::Small(b, q)) => {
                let (units, per) = (a.checked_mul(*q), p.checked_mul(*b));
                let upright = |(units, per): (i128, i128)| {
                    if per < 0 {
                        units.checked_neg().zip(per.checked_neg())
                    } else {
                        Some((units, per))
                    }
                };
                units.zip(per).and_then(upright)
            }
            _ => None,
        };
        match quotient {
            Some((units, per)) => Some(Self::Small(units, per)),
            None => self.exact().checked_div(&divisor.exact()).map(Self::Large),
        }
    }

    fn negative(&self) -> Self {
        let negative = match self {
            Self::Small(units, per) => units.checked_neg().map(|units| (units, *per)),
            Self::Large(_) => None,
        };
        Self::small(negative, || -self.exact())
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(a, p), Self::Small(b, q)) if p == q => a.cmp(b),
            (Self::Small(a, p), Self::Small(b, q)) => match (a.checked_mul(*q), b.checked_mul(*p)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => self.exact().cmp(&other.exact()),
            },
            _ => self.exact().cmp(&other.exact()),
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            Self::Small(units, _) => *units == 0,
            Self::Large(exact) => exact.is_zero(),
        }
    }
}

/// `a / p + b / q` over the common denominator `p q`.
fn crossed(a: i128, p: i128, b: i128, q: i128) -> Option<(i128, i128)> {
    let sum = a.checked_mul(q)?.checked_add(b.checked_mul(p)?)?;
    Some((sum, p.checked_mul(q)?))
}

/// A number and its derivative by each measure: how a value moves with them, for how far it is uncertain.
#[derive(Debug, Clone)]
pub struct Dual {
    /// The number.
    pub value: Exact,
    /// Its derivatives; measures beyond the end do not move it.
    pub slopes: Vec<Exact>,
}

impl Dual {
    /// Measure `index` of a formula.
    #[must_use]
    pub fn measure(value: Exact, index: usize) -> Self {
        let mut slopes = vec![Exact::zero(); index + 1];
        slopes[index] = Exact::one();
        Self { value, slopes }
    }

    /// The derivative by measure `index`.
    #[must_use]
    pub fn slope(&self, index: usize) -> Exact {
        self.slopes.get(index).cloned().unwrap_or_default()
    }

    /// `value` with slopes `a` times those of `self` plus `b` times those of `other`.
    fn mixed(&self, other: &Self, value: Exact, a: &Exact, b: &Exact) -> Self {
        let slopes = (0..self.slopes.len().max(other.slopes.len()))
            .map(|index| a * self.slope(index) + b * other.slope(index))
            .collect();
        Self { value, slopes }
    }
}

impl Number for Dual {
    fn of(exact: &Exact) -> Self {
        Self {
            value: exact.clone(),
            slopes: Vec::new(),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        self.mixed(other, &self.value + &other.value, &Exact::one(), &Exact::one())
    }

    fn times(&self, other: &Self) -> Self {
        self.mixed(other, &self.value * &other.value, &other.value, &self.value)
    }

    fn per(&self, divisor: &Self) -> Option<Self> {
        let quotient = self.value.checked_div(&divisor.value)?;
        let one = Exact::one().checked_div(&divisor.value)?;
        let other = -(&quotient * &one);
        Some(self.mixed(divisor, quotient, &one, &other))
    }

    fn negative(&self) -> Self {
        let value = -self.value.clone();
        self.mixed(self, value, &-Exact::one(), &Exact::zero())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }

    fn is_zero(&self) -> bool {
        self.value.is_zero()
    }
}
