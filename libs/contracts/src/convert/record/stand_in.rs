//! What stands for a required field that cannot be read, so that the rules between the other fields can still be checked and
//! everything wrong be told at once. Such a record is always refused; no stand-in breaks a rule of its own.

use bellwether_domain::{CivilDate, Currency, Money, When};

/// No money.
pub(super) const NOTHING: Money = Money {
    minor: 0,
    currency: Currency::USD,
};

/// Some day.
pub(super) fn some_day() -> When {
    When::Day(CivilDate::from_days(0))
}

/// The days of a period; some period when one of them cannot be read.
pub(super) fn period(start: Option<CivilDate>, end: Option<CivilDate>) -> (CivilDate, CivilDate) {
    start
        .zip(end)
        .unwrap_or_else(|| (CivilDate::from_days(0), CivilDate::from_days(1)))
}
