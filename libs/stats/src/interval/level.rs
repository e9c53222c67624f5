//! How sure an interval is, and the quantiles that follow: of the normal distribution, and of Student's t.

#[cfg(test)]
mod tests;

use bellwether_domain::exact::Exact;

/// What scaled quantiles are divided by: they are whole numbers of 10^-15.
pub(super) const SCALE: u64 = 1_000_000_000_000_000;

/// The share of cases in which an interval is to hold the true value, the rest in equal parts on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Level {
    /// 90 %.
    P90,
    /// 95 %: what every answer shows unless told otherwise.
    #[default]
    P95,
    /// 99 %.
    P99,
}

impl Level {
    /// The quantile of the standard normal distribution that leaves [`Level::tail`] above it, times [`SCALE`], rounded
    /// to the nearest: that of 95 % is the one that KPI rule R11 fixes.
    pub(super) const fn normal_scaled(self) -> u64 {
        match self {
            Self::P90 => 1_644_853_626_951_473,
            Self::P95 => 1_959_963_984_540_054,
            Self::P99 => 2_575_829_303_548_901,
        }
    }

    /// The same as a float.
    pub(crate) fn normal(self) -> f64 {
        self.normal_scaled() as f64 / SCALE as f64
    }

    /// The probability that is left on either side.
    pub(super) const fn tail(self) -> f64 {
        match self {
            Self::P90 => 0.05,
            Self::P95 => 0.025,
            Self::P99 => 0.005,
        }
    }

    /// The quantile of Student's t with `freedom` degrees of freedom (at least 1) that leaves [`Level::tail`] above it,
    /// times [`SCALE`], rounded to 15 significant digits, of which 14 are sure.
    pub(super) fn student_scaled(self, freedom: u64) -> u64 {
        let text = format!("{:.14e}", self.student(freedom));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits: u64 = mantissa.replace('.', "").parse().unwrap_or(0);
        // The quantile is at least 1.6 and below 100.
        digits * 10_u64.pow(1 + exponent.parse().unwrap_or(0))
    }

    fn student(self, freedom: u64) -> f64 {
        let outside = 2.0 * self.tail();
        match freedom {
            0 | 1 => 1.0 / libm::tan(std::f64::consts::FRAC_PI_2 * outside),
            2 => (1.0 - outside) * (2.0 / (outside * (2.0 - outside))).sqrt(),
            3..=MOST_SUMMED => {
                let mut t = expanded(self.normal(), freedom as f64);
                for _ in 0..20 {
                    let (inside, slope) = within(t, freedom as u32);
                    let step = (1.0 - outside - inside) / slope;
                    t += step;
                    if step.abs() <= 1e-12 * t {
                        break;
                    }
                }
                t
            }
            _ => expanded(self.normal(), freedom as f64),
        }
    }
}

/// Up to so many degrees of freedom the distribution is summed; above them what the expansion leaves out is below the
/// 15th digit.
const MOST_SUMMED: u64 = 300;

/// The quantile of Student's t from the normal one, expanded in powers of 1/freedom.
///
/// Source: M. Abramowitz and I. Stegun (1964), Handbook of Mathematical Functions, 26.7.5; the fifth term: R. A. Fisher
/// and E. A. Cornish (1960), Technometrics 2:209-225.
fn expanded(z: f64, freedom: f64) -> f64 {
    let s = z * z;
    let terms = [
        z * (s + 1.0) / 4.0,
        z * ((5.0 * s + 16.0) * s + 3.0) / 96.0,
        z * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0,
        z * ((((79.0 * s + 776.0) * s + 1_482.0) * s - 1_920.0) * s - 945.0) / 92_160.0,
        z * (((((27.0 * s + 339.0) * s + 930.0) * s - 1_782.0) * s - 765.0) * s + 17_955.0) / 368_640.0,
    ];
    z + terms.iter().rev().fold(0.0, |rest, term| (rest + term) / freedom)
}

/// The probability that Student's t lies between -t and t, and the slope of it in t. `freedom` is 3 or more.
///
/// Source: Abramowitz and Stegun, 26.7.3 (odd) and 26.7.4 (even), with cos² = freedom/(freedom + t²).
fn within(t: f64, freedom: u32) -> (f64, f64) {
    let n = f64::from(freedom);
    let square = n / (n + t * t);
    let (cosine, sine) = (square.sqrt(), t / (n + t * t).sqrt());
    let odd = freedom % 2 == 1;
    // The first factor is 2/3 when odd and 1/2 when even.
    let first = if odd { 2_u32 } else { 1 };
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..(freedom - 2 - u32::from(odd)) / 2 {
        let above = f64::from(first + 2 * k);
        term *= above / (above + 1.0) * square;
        sum += term;
    }
    // The slope is that in the angle, (n - 1) times the last term, times the angle's slope cos²/√n.
    let turn = square / n.sqrt();
    if odd {
        let per_angle = std::f64::consts::FRAC_2_PI;
        let inside = per_angle * (libm::atan(t / n.sqrt()) + sine * cosine * sum);
        (inside, per_angle * (n - 1.0) * term * square * turn)
    } else {
        (sine * sum, (n - 1.0) * term * cosine * turn)
    }
}

/// A float rounded to 15 significant digits: what floats hold for sure and what answers show. 0 when it is not finite.
pub(crate) fn fifteen(value: f64) -> Exact {
    if !value.is_finite() {
        return Exact::zero();
    }
    let text = format!("{value:.14e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: i64 = mantissa.replace('.', "").parse().unwrap_or(0);
    let places = 14 - exponent.parse::<i32>().unwrap_or(0);
    match u32::try_from(places) {
        Ok(places) => Exact::from_scaled(digits, places),
        Err(_) => Exact::from(digits) * power_of_ten(places.unsigned_abs()),
    }
}

fn power_of_ten(exponent: u32) -> Exact {
    Exact::from(num_bigint::BigInt::from(super::ten_to(exponent)))
}
