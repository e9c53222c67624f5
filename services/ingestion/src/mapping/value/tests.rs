//! What people write, and what it means.

use super::*;

fn written(formats: &[&str], zone: Option<&str>, decimal: Option<char>, thousands: Option<char>) -> Writing {
    Writing {
        formats: formats.iter().map(|format| (*format).to_owned()).collect(),
        zone: zone.map(|name| Zone::named(name).unwrap()),
        decimal,
        thousands,
    }
}

fn read_when(text: &str, writing: &Writing) -> Result<String, String> {
    let context = Context {
        writing,
        zone: &Zone::utc(),
        currency: Currency::USD,
    };
    when(text, context).map(|when| when.to_string())
}

#[test]
fn numbers_are_read_as_their_country_writes_them() {
    let plain = Writing::default();
    let german = written(&[], None, Some(','), Some('.'));
    let english = written(&[], None, None, Some(','));
    let cases = [
        ("1234.50", &plain, Ok("1234.50")),
        (".5", &plain, Ok("0.5")),
        ("-3", &plain, Ok("-3")),
        ("1.234.567,89", &german, Ok("1234567.89")),
        ("1,5", &german, Ok("1.5")),
        ("1.234", &german, Ok("1234")),
        ("12,34,567.5", &english, Ok("1234567.5")),
        ("1,5", &english, Err("`1,5` is not a number such as 1,234.50")),
        ("1,234", &plain, Err("`1,234` is not a number such as 1234.50")),
        ("1e3", &plain, Err("`1e3` is not a number such as 1234.50")),
        ("", &plain, Err("`` is not a number such as 1234.50")),
        ("5.", &plain, Err("`5.` is not a number such as 1234.50")),
        ("--5", &plain, Err("`--5` is not a number such as 1234.50")),
    ];
    for (text, writing, expected) in cases {
        assert_eq!(
            decimal(text, writing),
            expected.map(str::to_owned).map_err(str::to_owned),
            "{text}"
        );
    }
}

#[test]
fn dates_are_read_by_format_and_zone() {
    let iso = Writing::default();
    let berlin = written(&[], Some("Europe/Berlin"), None, None);
    let german = written(&["%d.%m.%Y %H:%M", "%d.%m.%Y"], Some("Europe/Berlin"), None, None);
    let offset = written(&["%Y-%m-%d %H:%M %z"], Some("Europe/Berlin"), None, None);
    let cases = [
        ("2017-03-01", &iso, "2017-03-01"),
        ("2017-03-01T09:30:00Z", &iso, "2017-03-01T09:30:00Z"),
        ("2017-03-01T09:30:00+02:00", &iso, "2017-03-01T07:30:00Z"),
        ("2017-03-01 09:30:00", &iso, "2017-03-01T09:30:00Z"),
        ("2017-03-01 09:30:00", &berlin, "2017-03-01T08:30:00Z"),
        ("01.07.2017 09:30", &german, "2017-07-01T07:30:00Z"),
        ("1.7.2017", &german, "2017-07-01"),
        ("26.03.2017 02:30", &german, "2017-03-26T01:30:00Z"),
        ("2017-07-01 09:30 -0500", &offset, "2017-07-01T14:30:00Z"),
    ];
    for (text, writing, expected) in cases {
        assert_eq!(read_when(text, writing).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn impossible_dates_are_named() {
    let german = written(&["%d.%m.%Y"], None, None, None);
    let cases = [
        (
            "2017-02-30",
            &Writing::default(),
            "`2017-02-30` is not a day of the calendar",
        ),
        (
            "30.02.2017",
            &german,
            "`30.02.2017` is not a date in the format %d.%m.%Y",
        ),
        (
            "2017-02-03",
            &german,
            "`2017-02-03` is not a date in the format %d.%m.%Y",
        ),
        (
            "01.02.17",
            &german,
            "`01.02.17` would be in the year 17: %Y takes four digits, %y two",
        ),
    ];
    for (text, writing, expected) in cases {
        assert_eq!(read_when(text, writing).unwrap_err(), expected);
    }
    assert!(read_when("2017-02-30 10:00:00", &Writing::default()).is_err());
}

#[test]
fn formats_are_checked_before_they_are_used() {
    for good in [
        "%Y-%m-%d",
        "%d.%m.%y",
        "%m/%d/%Y %I:%M %p",
        "%Y-%m-%dT%H:%M:%S%z",
        "%s",
    ] {
        assert_eq!(check_format(good), Ok(()), "{good}");
    }
    for bad in ["%Q", "%H:%M", "%Y-%m", "day"] {
        assert!(check_format(bad).is_err(), "{bad}");
    }
}

#[test]
fn choices_and_flags_take_everyday_spellings() {
    let choices = [("cross_sell".to_owned(), 3), ("new".to_owned(), 1)];
    assert_eq!(choice("Cross-Sell", &choices), Ok(3));
    assert!(
        choice("nwe", &choices)
            .unwrap_err()
            .ends_with("did you mean `new`?")
    );
    assert_eq!((flag("Yes"), flag("0")), (Ok(true), Ok(false)));
    assert!(flag("maybe").is_err());
}
