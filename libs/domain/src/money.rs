//! Money as integer minor units with a currency; never a float.

use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The US dollar: the default of a new tenant.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal places the minor unit has: 2 for USD, 0 for JPY.
    #[must_use]
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }

    /// The currency of a three-letter code, upper case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::from_code(text).ok_or_else(|| format!("`{text}` is not an ISO 4217 currency code such as USD"))
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

/// An amount in minor units (cents) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units: 1234 is 12.34 USD, or 1234 JPY.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// Parses an amount in major units, such as `1054`, `1054.5` or `-3.20`, exactly.
    ///
    /// # Errors
    /// A sentence when the text is no plain decimal number, has more decimals than the currency, or does not fit.
    pub fn from_major(text: &str, currency: Currency) -> Result<Self, String> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty()
            || !plain(whole)
            || !plain(fraction)
            || digits.ends_with('.')
        {
            return Err(format!("`{text}` is not a number such as 1234.50"));
        }
        let fraction = fraction.trim_end_matches('0');
        let exponent = currency.exponent() as usize;
        if fraction.len() > exponent {
            return Err(format!(
                "`{text}` has more than the {exponent} decimals of {currency}"
            ));
        }
        let all = format!("{whole}{fraction}{}", "0".repeat(exponent - fraction.len()));
        let minor: i64 = all
            .parse()
            .map_err(|_| format!("`{text}` is too large for an amount"))?;
        Ok(Self {
            minor: if negative { -minor } else { minor },
            currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent() as usize;
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let point = if exponent > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_units_parse_exactly_and_print_back() {
        let cases = [
            ("1054", 105_400, "1054.00 USD"),
            ("0.5", 50, "0.50 USD"),
            ("-3.20", -320, "-3.20 USD"),
            (".07", 7, "0.07 USD"),
        ];
        for (text, minor, shown) in cases {
            let money = Money::from_major(text, Currency::USD).unwrap();
            assert_eq!((money.minor, money.to_string().as_str()), (minor, shown));
        }
        let yen = Currency::from_code("JPY").unwrap();
        assert_eq!(Money::from_major("1200.0", yen).unwrap().to_string(), "1200 JPY");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            "1,000",
            "12.345",
            "1e5",
            "--1",
            "NaN",
            "99999999999999999999",
        ] {
            assert!(Money::from_major(text, Currency::USD).is_err(), "{text}");
        }
    }
}
