//! Decimal numbers of records as whole millionths: exact, and small enough for a column.

/// A plain decimal number such as `-12.5` in millionths; `None` when the text is none, has more than 6 decimals, or does not
/// fit into 64 bits.
#[must_use]
pub fn millionths(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let pointless = digits.is_empty() || digits.ends_with('.');
    if pointless || !plain(whole) || !plain(fraction) || fraction.len() > 6 {
        return None;
    }
    format!("{sign}{whole}{fraction:0<6}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn decimals_are_read_exactly() {
        let cases = [
            ("1", Some(1_000_000)),
            ("-12.5", Some(-12_500_000)),
            (".25", Some(250_000)),
            ("0.000001", Some(1)),
            ("-0", Some(0)),
            ("9223372036854.775807", Some(i64::MAX)),
            ("-9223372036854.775808", Some(i64::MIN)),
            ("9223372036854.775808", None),
        ];
        for (text, expected) in cases {
            assert_eq!(millionths(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_such_number_is_none() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            "-.",
            "1.0000001",
            "1e3",
            "+1",
            "--1",
            "1,5",
            "1.2.3",
            "NaN",
            " 1",
            "١",
        ] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
