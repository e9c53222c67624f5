//! What formulas come to, whom they blame, and where their mistakes are.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

fn value(text: &str, values: &[i64]) -> Result<String, NoValue> {
    let values: Vec<Option<Exact>> = values.iter().map(|value| Some(Exact::from(*value))).collect();
    let formula = Formula::parse(text, &NAMES).expect("a formula");
    formula.evaluate(&values).map(|value| value.to_decimal_string())
}

#[test]
fn it_calculates_exactly_and_by_the_usual_precedence() {
    let cases = [
        ("a / b", "0.631500521531813441"),
        ("a + b * c", "24371"),
        ("(a + b) * c", "32847"),
        ("a - b - c", "-2476"),
        ("a / b / c", "0.210500173843937814"),
        ("-a + 0.5", "-4237.5"),
        ("a - -b", "10949"),
        ("min(a, b, c)", "3"),
        ("max(a, b, c) - 1", "6710"),
        ("abs(a - b)", "2473"),
        ("if(a > b, a, b)", "6711"),
        ("if(a + c < b and not c = 4 or a = 0, 1, 2) * 10", "10"),
        ("if((a >= b or c <= 3) and a != c, min(a, 7), 0)", "7"),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text, &[4238, 6711, 3]), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn a_divisor_of_zero_names_the_measure_to_blame() {
    assert_eq!(value("a / b", &[1, 0, 1]), Err(NoValue::DividedBy(1)));
    assert_eq!(value("a / (b * c)", &[1, 2, 0]), Err(NoValue::DividedBy(2)));
    assert_eq!(value("a / (b - c)", &[1, 2, 2]), Err(NoValue::DividedBy(1)));
    assert_eq!(value("a * (b / c)", &[0, 2, 0]), Err(NoValue::DividedBy(2)));
    assert_eq!(value("a + c", &[1]), Err(NoValue::Absent(2)));
    assert_eq!(value("min(a, b / c)", &[1, 2, 0]), Err(NoValue::DividedBy(2)));
}

#[test]
fn what_is_not_needed_is_not_looked_at() {
    assert_eq!(value("if(b > 0, a / b, 0)", &[1, 0, 0]), Ok("0".to_owned()));
    assert_eq!(value("coalesce(a / b, c)", &[1, 0, 7]), Ok("7".to_owned()));
    assert_eq!(
        value("pow(a / b, 3)", &[2, 3]),
        Ok("0.296296296296296296".to_owned())
    );
    assert_eq!(value("coalesce(c, 0)", &[1]), Ok("0".to_owned()));
    assert_eq!(
        value("if(b > 0 and a / b > 1, 1, 2)", &[1, 0, 0]),
        Ok("2".to_owned())
    );
    assert_eq!(
        value("if(b = 0 or a / b > 1, 1, 2)", &[1, 0, 0]),
        Ok("1".to_owned())
    );
    assert_eq!(
        value("coalesce(a / b, c / b)", &[1, 0, 7]),
        Err(NoValue::DividedBy(1))
    );
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let wrong = |text: &str| {
        let error = Formula::parse(text, &["won", "closed"]).expect_err(text);
        (error.column, error.message)
    };
    assert_eq!(
        wrong("won / clsed"),
        (7, "there is no measure `clsed`; there are won, closed".to_owned())
    );
    let cases = [
        ("won / ", 7),
        ("(won + closed", 14),
        ("won closed", 5),
        ("won % 2", 5),
        ("won / 0", 7),
        ("1 + 2", 1),
        ("won > closed", 1),
        ("won + (won > closed)", 7),
        ("if(won, 1, 2)", 4),
        ("if(won > 1, 2)", 1),
        ("min(won)", 1),
        ("2 * sqrt(won)", 5),
        ("max(won, closed > 1)", 10),
        ("if(won > 1 and closed, 1, 2)", 16),
        ("if(not won, 1, 2)", 8),
        ("min(won closed)", 9),
        ("won > closed > 1", 14),
    ];
    for (text, column) in cases {
        assert_eq!(wrong(text).0, column, "{text}: {}", wrong(text).1);
    }
    let error = Formula::condition("won + closed", &["won", "closed"]).expect_err("a number");
    assert_eq!(error.column, 1);
    assert!(Formula::condition("not won > closed", &["won", "closed"]).is_ok());
    for deep in ["(", "not ", "-", "min(1,"] {
        assert!(Formula::parse(&deep.repeat(500), &[]).is_err());
    }
    assert!(Formula::parse(&"won + ".repeat(500), &["won"]).is_err());
}

#[test]
fn no_power_outgrows_the_machine() {
    let wrong = |text: &str, lengths: &[Length]| {
        let error = Formula::over(text, &NAMES, lengths).expect_err(text);
        assert!(error.message.starts_with("too long a number"), "{error}");
        error.column
    };
    assert_eq!(wrong("pow(pow(pow(a, 120), 120), 120)", &[]), 5);
    assert_eq!(wrong("1 - pow(pow(a / b, 60), 60)", &[]), 5);
    assert_eq!(wrong("pow(if(a > b, pow(a, 100), 2) + c, 100)", &[]), 1);
    // Factor by factor, and digit by digit.
    assert_eq!(wrong(&["pow(a, 120)"; 20].join(" * "), &[]), 8 * 14 + 1);
    assert_eq!(wrong(&format!("pow(a * 0.{}, 120)", "7".repeat(600)), &[]), 1);
    // Over entities each of which is a power itself.
    let power = Length { over: 120, under: 0 };
    assert_eq!(wrong("a + pow(b, 120)", &[Length::OF_ROWS, power]), 5);
    for text in [
        "pow(pow(a / b, 20), 20)",
        "pow(a, 120) / pow(b, 120) * pow(c / a, 120)",
    ] {
        assert!(Formula::parse(text, &NAMES).is_ok(), "{text}");
    }
    let longest = ["a"; 1_000].join("/");
    assert!(
        Formula::parse(&longest, &["a"]).is_ok(),
        "without `pow` none is too long"
    );
}

#[test]
fn numbers_are_as_long_as_their_parts_may_make_them() {
    let length = |text: &str| {
        let Length { over, under } = Formula::parse(text, &NAMES).expect(text).length();
        (over, under)
    };
    assert_eq!(length("a"), (1, 1));
    assert_eq!(length("a / b"), (2, 2));
    assert_eq!(length("a + b"), (2, 2));
    assert_eq!(length("pow(1 - a / b, 60)"), (180, 120));
    // What counts is whole, and sums of that stay so.
    assert_eq!(
        length("if(a > 0, 1, 0) + if(b > 0, 1, 0) + if(c > 0 and a > 0, 1, 0)"),
        (1, 0)
    );
    assert_eq!(length("max(a / b, -c)"), (2, 2));
}

#[test]
fn slopes_are_derivatives() {
    let formula = Formula::parse("a * b / c - 2 * a", &NAMES).expect("a formula");
    let measures = [3_i64, 8, 4].iter().enumerate();
    let measures: Vec<Option<Dual>> = measures
        .map(|(index, value)| Some(Dual::measure(Exact::from(*value), index)))
        .collect();
    let dual = formula.evaluate(&measures).expect("a value");
    let slopes = [0, 1, 2].map(|index| dual.slope(index).to_decimal_string());
    assert_eq!(
        (dual.value.is_zero(), slopes),
        (true, ["0", "0.75", "-1.5"].map(str::to_owned))
    );
}

fn numbers() -> impl Strategy<Value = [i64; 3]> {
    let number = prop_oneof![-5_i64..5, any::<i64>()];
    [number.clone(), number.clone(), number]
}

/// Denominators that have nothing in common: the exact sum grows by every one of them.
#[test]
fn a_long_sum_stays_short_and_keeps_its_digits() {
    let is_prime = |n: &i64| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0);
    let parts: Vec<Exact> = (2..8_000_i64)
        .filter(is_prime)
        .filter_map(|n| Exact::ratio(1, n))
        .collect();
    let exact = parts.iter().fold(Exact::zero(), |sum, part| sum + part.clone());
    let short = parts.iter().fold(Quick::ratio(0, 1), |sum, part| {
        sum.plus(&Quick::of(part)).shortened()
    });
    assert!(
        exact.denominator().bits() > 10_000,
        "{}",
        exact.denominator().bits()
    );
    assert!(short.exact().denominator().bits() <= 2_100);
    assert!((short.exact() - exact).abs() <= Exact::from_scaled(1, 97));
    // Also of what is far below 1.
    let tiny =
        Exact::ratio(1, 7).map(|seventh| (0..900).fold(Exact::one(), |power, _| power * seventh.clone()));
    let tiny = tiny.unwrap_or_default();
    let off = (Quick::of(&tiny).shortened().exact() - tiny.clone()).abs();
    assert!(!off.is_zero() && off <= tiny * Exact::from_scaled(1, 97));
}

proptest! {
    /// Numbers that are quick are as exact as those that are not, also where they outgrow 128 bits.
    #[test]
    fn quick_numbers_are_exact(values in numbers()) {
        for text in [
            "a + b * c", "a / b - c / a", "a / b / c", "(a * b * c) / (a - b) * a * b", "min(a / b, b / c, c / 3)",
            "abs(a - b) / c", "if(a / b > b / c, a, -b)", "coalesce(a / (b - c), b)",
        ] {
            let formula = Formula::parse(text, &NAMES).expect("a formula");
            let exact: Vec<Option<Exact>> = values.iter().map(|value| Some(Exact::from(*value))).collect();
            let quick: Vec<Option<Quick>> = values.iter().map(|value| Some(Quick::ratio((*value).into(), 1))).collect();
            prop_assert_eq!(formula.evaluate(&quick).map(|value| value.exact()), formula.evaluate(&exact), "{}", text);
        }
    }
}
