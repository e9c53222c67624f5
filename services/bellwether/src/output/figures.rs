//! Numbers for eyes. Answers carry exact decimal text and a unit; here it is rounded, grouped and named.

/// A value with its unit, as precise as a reader can use: `63.15 %`, `10,005,534.00 USD`, `51.8 days`.
pub(crate) fn precise(value: &str, unit: &str) -> String {
    let Ok(number) = value.parse::<f64>() else {
        return format!("{value} {unit}");
    };
    match unit {
        "ratio" => format!("{} %", grouped(number * 100.0, 2)),
        // Units per deal, say: a number of things that need not be whole.
        "count" => grouped(number, if number.fract() == 0.0 { 0 } else { 2 }),
        "times" => format!("{} times", grouped(number, 2)),
        "days" | "months" | "minutes" | "points" => format!("{} {unit}", grouped(number, 1)),
        money => format!("{} {money}", grouped(number, 2)),
    }
}

/// A value with its unit in few characters: `63.1 %`, `10.0M USD`, `52 days`.
pub(crate) fn compact(value: &str, unit: &str) -> String {
    let Ok(number) = value.parse::<f64>() else {
        return format!("{value} {unit}");
    };
    match unit {
        "ratio" => format!("{} %", grouped(number * 100.0, 1)),
        "count" => grouped(number, if number.fract() == 0.0 { 0 } else { 1 }),
        "times" => format!("{} times", grouped(number, 1)),
        "days" | "months" | "minutes" | "points" => {
            let decimals = if number.abs() < 10.0 { 1 } else { 0 };
            format!("{} {unit}", grouped(number, decimals))
        }
        money => format!("{} {money}", scaled(number)),
    }
}

/// A difference of two ratios in points: `+2.1 points`.
pub(crate) fn percent_points(difference: f64) -> String {
    format!("{} points", signed(difference * 100.0))
}

/// A relative change: `+12.4 %`.
pub(crate) fn relative(change: f64) -> String {
    format!("{} %", signed(change * 100.0))
}

fn signed(number: f64) -> String {
    let text = grouped(number.abs(), 1);
    match text.as_str() {
        "0.0" => text,
        _ if number < 0.0 => format!("-{text}"),
        _ => format!("+{text}"),
    }
}

/// Three significant digits with `k`, `M` or `B`.
fn scaled(number: f64) -> String {
    const STEPS: [(f64, &str); 3] = [(1e9, "B"), (1e6, "M"), (1e3, "k")];
    // 999,950 rounds to 1.00M, not to 1,000k.
    let step = STEPS.into_iter().find(|(size, _)| number.abs() >= size * 0.9995);
    let (size, letter) = step.unwrap_or((1.0, ""));
    let part = number / size;
    let decimals = match part.abs() {
        _ if letter.is_empty() => 0,
        small if small < 9.995 => 2,
        small if small < 99.95 => 1,
        _ => 0,
    };
    format!("{}{letter}", grouped(part, decimals))
}

/// A number with `,` between thousands.
fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{:.*}", decimals, number.abs());
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.len();
    let mut out = String::with_capacity(text.len() + digits / 3 + 1);
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    if number < 0.0 && !zero {
        out.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (digits - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_with_their_units() {
        let cases = [
            ("0.631500521531813441", "ratio", "63.15 %", "63.2 %"),
            ("10005534", "USD", "10,005,534.00 USD", "10.0M USD"),
            ("2360.90939122227466", "USD", "2,360.91 USD", "2.36k USD"),
            ("999950", "EUR", "999,950.00 EUR", "1.00M EUR"),
            ("512", "USD", "512.00 USD", "512 USD"),
            ("-0.001", "USD", "0.00 USD", "0 USD"),
            ("4238", "count", "4,238", "4,238"),
            ("2.125", "count", "2.12", "2.1"),
            ("57", "days", "57.0 days", "57 days"),
            ("51.78", "days", "51.8 days", "52 days"),
            ("99", "minutes", "99.0 minutes", "99 minutes"),
            ("7.25", "months", "7.2 months", "7.2 months"),
            ("-12.5", "points", "-12.5 points", "-12 points"),
            ("3.127", "times", "3.13 times", "3.1 times"),
            ("1096.5", "USD/day", "1,096.50 USD/day", "1.10k USD/day"),
        ];
        for (value, unit, long, short) in cases {
            assert_eq!(
                (precise(value, unit), compact(value, unit)),
                (long.to_owned(), short.to_owned())
            );
        }
    }

    #[test]
    fn changes_carry_a_sign_unless_there_is_none() {
        assert_eq!(percent_points(-0.021), "-2.1 points");
        assert_eq!(relative(0.1239), "+12.4 %");
        assert_eq!(relative(-0.0001), "0.0 %");
    }
}
