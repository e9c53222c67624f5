//! Fractions of big integers, printed as the answer's format wants them.

use num_bigint::{BigInt, Sign};

/// A fraction; the denominator is positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fraction {
    over: BigInt,
    under: BigInt,
}

impl Fraction {
    /// `over / under`.
    ///
    /// # Panics
    /// When `under` is not positive.
    #[must_use]
    pub fn new(over: i128, under: i128) -> Self {
        assert!(under > 0, "a denominator is positive");
        Self {
            over: over.into(),
            under: under.into(),
        }
    }

    /// As decimal text: whole numbers and, when `exact`, every number that ends, as it is; else 18 significant digits,
    /// a tie to the even digit.
    #[must_use]
    pub fn text(&self, exact: bool) -> String {
        let negative = self.over.sign() == Sign::Minus;
        let over = BigInt::from(self.over.magnitude().clone());
        let ten = BigInt::from(10);
        let mut decimals = 0_u32;
        if exact {
            while &over * ten.pow(decimals) % &self.under != BigInt::ZERO && decimals < 40 {
                decimals += 1;
            }
        }
        let ends = &over * ten.pow(decimals) % &self.under == BigInt::ZERO;
        let (digits, decimals) = if ends {
            (&over * ten.pow(decimals) / &self.under, i64::from(decimals))
        } else {
            self.rounded(&over)
        };
        let text = place(&digits.to_string(), decimals);
        if negative && text != "0" {
            format!("-{text}")
        } else {
            text
        }
    }

    /// 18 significant digits and how many of them stand behind the point.
    fn rounded(&self, over: &BigInt) -> (BigInt, i64) {
        let ten = BigInt::from(10);
        for decimals in -40_i64..80 {
            let shift = ten.pow(u32::try_from(decimals.abs()).expect("small"));
            let (over, under) = if decimals >= 0 {
                (over * shift, self.under.clone())
            } else {
                (over.clone(), &self.under * shift)
            };
            let whole = &over / &under;
            if whole.to_string().len() < 18 {
                continue;
            }
            let twice = (&over % &under) * 2;
            let up = twice > under || twice == under && &whole % 2 == BigInt::from(1);
            return (whole + i32::from(up), decimals);
        }
        panic!("no fraction of a KPI is that small")
    }
}

fn place(digits: &str, decimals: i64) -> String {
    if decimals <= 0 {
        return format!(
            "{digits}{}",
            "0".repeat(usize::try_from(-decimals).expect("small"))
        );
    }
    let decimals = usize::try_from(decimals).expect("small");
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, behind) = digits.split_at(digits.len() - decimals);
    let behind = behind.trim_end_matches('0');
    if behind.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{behind}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_print_as_the_issue_writes_them() {
        let cases = [
            (4238, 6711, "0.631500521531813441"),
            (10_005_534, 4238, "2360.90939122227466"),
            (219_452, 4238, "51.7819726285983955"),
            (10_005_534, 1, "10005534"),
            (2193, 2, "1096.5"),
            (-1, 4, "-0.25"),
            (0, 7, "0"),
        ];
        for (over, under, text) in cases {
            assert_eq!(Fraction::new(over, under).text(true), text);
        }
    }
}
