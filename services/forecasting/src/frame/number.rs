//! Numbers as people and programs write them: `1234.5`, `1,234.50`, `$1,200`, `12 %`, `(300)`, `1e6`; and `1.234,50`.

/// The number that a cell says, finite; a percentage as written (`12 %` is 12), brackets as minus.
#[must_use]
pub fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    if let Some(plain) = plain(cell) {
        return Some(plain);
    }
    let (sign, cell) = match cell.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (-1.0, inner.trim()),
        None => match cell.strip_prefix('-') {
            Some(rest) => (-1.0, rest.trim_start()),
            None => (1.0, cell),
        },
    };
    let cell = cell.trim_start_matches(['$', '€', '£', '¥', '₹']).trim_start();
    let cell = cell.trim_end_matches(['%', '$', '€', '£']).trim_end();
    if !cell.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    plain(cell)
        .or_else(|| plain(&without_thousands(cell)?))
        .map(|number| sign * number)
}

/// The number that a cell says where a comma stands before the fraction, as in much of Europe: `1.234,5` is 1234.5.
#[must_use]
pub fn with_comma(cell: &str) -> Option<f64> {
    let turned = |sign: char| match sign {
        ',' => '.',
        '.' => ',',
        other => other,
    };
    number(&cell.chars().map(turned).collect::<String>())
}

/// What Rust reads as a number, without its words for infinity and not-a-number.
fn plain(cell: &str) -> Option<f64> {
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !cell.chars().all(numeric) {
        return None;
    }
    let number: f64 = cell.parse().ok()?;
    // Written digits beyond the range of doubles are a very large number, not nothing.
    Some(number.clamp(-f64::MAX, f64::MAX))
}

/// `1,234,567.8` as `1234567.8`; nothing when the commas are not those of thousands.
fn without_thousands(cell: &str) -> Option<String> {
    let (whole, rest) = cell.split_once('.').unwrap_or((cell, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut text = first.to_owned();
    let mut commas = 0;
    for group in groups {
        if group.len() != 3 || !digits(group) {
            return None;
        }
        text.push_str(group);
        commas += 1;
    }
    // No thousands begin with 0: `0,125` has a comma before its fraction.
    let none = first.is_empty() || first.starts_with('0') || first.len() > 3;
    if commas == 0 || none || !digits(first) || !digits(rest) {
        return None;
    }
    if cell.contains('.') {
        text.push('.');
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{number, with_comma};

    #[test]
    fn ways_to_write_a_number() {
        let cases = [
            ("12", 12.0),
            (" -1.5 ", -1.5),
            ("+3", 3.0),
            ("1e3", 1000.0),
            ("1,234", 1234.0),
            ("1,234,567.25", 1_234_567.25),
            ("$1,200", 1200.0),
            ("-$5", -5.0),
            ("€ 7.5", 7.5),
            ("12 %", 12.0),
            ("(300)", -300.0),
            (".5", 0.5),
            ("1e999", f64::MAX),
        ];
        for (cell, expected) in cases {
            assert_eq!(number(cell), Some(expected), "{cell}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for cell in [
            "",
            "abc",
            "1,23",
            "12,3456",
            "1.2.3",
            "inf",
            "NaN",
            "e",
            "-",
            "$",
            "%",
            "2017-01-02",
            "1,234,5",
            ",123",
            "0,125",
        ] {
            assert_eq!(number(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_comma_before_the_fraction() {
        let cases = [
            ("1,5", 1.5),
            ("0,125", 0.125),
            ("-1.234,50", -1234.5),
            ("€ 1.200", 1200.0),
            ("7", 7.0),
        ];
        for (cell, expected) in cases {
            assert_eq!(with_comma(cell), Some(expected), "{cell}");
        }
        for cell in ["1.5", "01.02.2017", "1.2.3", "x", "1,2,3"] {
            assert_eq!(with_comma(cell), None, "{cell}");
        }
    }
}
