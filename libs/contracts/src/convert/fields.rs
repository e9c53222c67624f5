//! Reads fields of a message one by one and gathers what is wrong with each.

use bellwether_domain::{CivilDate, Currency, Money, Violation, When};

use super::time::when_from_proto;
use crate::types;

/// Gathers violations while a message is read.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) violations: Vec<Violation>,
}

impl Fields {
    pub(super) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.violations.push(Violation::new(field, message));
    }

    /// The value, or `None` and a violation.
    pub(super) fn take<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.add(field, message)).ok()
    }

    pub(super) fn when(&mut self, field: &str, value: Option<&types::DateOrTime>) -> Option<When> {
        self.take(field, value.map_or(Ok(None), when_from_proto))
            .flatten()
    }

    pub(super) fn required_when(&mut self, field: &str, value: Option<&types::DateOrTime>) -> Option<When> {
        let before = self.violations.len();
        let when = self.when(field, value);
        if when.is_none() && self.violations.len() == before {
            self.add(field, "is missing: give a date or an instant");
        }
        when
    }

    pub(super) fn date(&mut self, field: &str, text: &str) -> Option<CivilDate> {
        if text.is_empty() {
            None
        } else {
            self.take(field, text.parse())
        }
    }

    pub(super) fn required_date(&mut self, field: &str, text: &str) -> Option<CivilDate> {
        if text.is_empty() {
            self.add(field, "is missing: give a date such as 2017-03-01");
        }
        self.date(field, text)
    }

    pub(super) fn currency(&mut self, field: &str, code: &str) -> Option<Currency> {
        self.take(field, code.parse())
    }

    pub(super) fn money(&mut self, field: &str, money: Option<&types::Money>) -> Option<Money> {
        let money = money?;
        let currency = self.currency(&format!("{field}.currency_code"), &money.currency_code);
        if currency.is_none() && money.minor_units < 0 {
            self.add(
                field,
                format!("{} is negative: amounts are 0 or more", money.minor_units),
            );
        }
        let currency = currency?;
        Some(Money {
            minor: money.minor_units,
            currency,
        })
    }

    /// A value of an open enum: 0 is "not said", an unknown number is a violation.
    pub(super) fn choice<P: TryFrom<i32>, T>(
        &mut self,
        field: &str,
        number: i32,
        map: impl FnOnce(P) -> Option<T>,
    ) -> Option<T> {
        if let Ok(choice) = P::try_from(number) {
            return map(choice);
        }
        self.add(field, format!("{number} is not one of its values"));
        None
    }
}

/// Text that stands for "unknown" when empty.
pub(super) fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The reverse of [`known`].
pub(super) fn plain(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// Money as a message.
pub(super) fn money_to_proto(money: Money) -> types::Money {
    types::Money {
        minor_units: money.minor,
        currency_code: money.currency.code().to_owned(),
    }
}
