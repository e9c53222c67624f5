//! What became of the customers of a day: the truth beside which forecasts are put.

use super::{Customer, MONTH};

/// The name of logo retention, as forecasts of it are kept.
pub const LOGO: &str = "logo_retention";
/// The name of gross revenue retention.
pub const GROSS: &str = "gross_retention";
/// The name of net revenue retention.
pub const NET: &str = "net_retention";

/// What of a day's customers was there later, each a share of that day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stayed {
    /// The share of the customers; absent when there was none.
    pub logo: Option<f64>,
    /// What they paid then and on the day itself, over what they paid on it; absent when they paid nothing.
    pub gross: Option<f64>,
    /// What they paid then, over what they paid on the day.
    pub net: Option<f64>,
}

impl Stayed {
    /// The share of a name.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<f64> {
        match name {
            LOGO => self.logo,
            GROSS => self.gross,
            NET => self.net,
            _ => None,
        }
    }
}

/// What of the customers who were there when day `from` began was there when day `to` began.
#[must_use]
pub fn stayed(customers: &[Customer], from: i32, to: i32) -> Stayed {
    let (mut there, mut left) = (0_u64, 0_u64);
    let (mut paid, mut kept, mut then) = (0.0, 0.0, 0.0);
    for one in customers.iter().filter(|one| one.there(from)) {
        there += 1;
        paid += one.monthly(from);
        if one.there(to) {
            let later = one.monthly(to);
            then += later;
            kept += later.min(one.monthly(from));
        } else {
            left += 1;
        }
    }
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    Stayed {
        logo: share((there - left) as f64, there as f64),
        gross: share(kept, paid),
        net: share(then, paid),
    }
}

/// The day so many months of 30.44 days later.
#[must_use]
pub fn months_after(day: i32, months: u32) -> i32 {
    day.saturating_add((f64::from(months) * MONTH).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::Paid;

    fn customer(start: i32, end: Option<i32>, paid: &[(i32, Option<i32>, i64)]) -> Customer {
        let paid = paid.iter().map(|(from, to, monthly)| Paid {
            from: *from,
            to: *to,
            monthly: *monthly,
        });
        Customer {
            id: format!("{start}"),
            group: String::new(),
            start,
            end,
            paid: paid.collect(),
        }
    }

    #[test]
    fn what_stayed_by_hand() {
        let all = [
            customer(10, None, &[(10, Some(150), 100), (150, None, 80)]),
            customer(20, None, &[(20, Some(160), 100), (160, None, 170)]),
            customer(30, Some(140), &[(30, None, 200)]),
            customer(120, None, &[(120, None, 900)]),
        ];
        let found = stayed(&all, 100, 200);
        assert_eq!(found.logo, Some(2.0 / 3.0));
        assert_eq!(
            (found.of(GROSS), found.of(NET)),
            (Some(180.0 / 400.0), Some(250.0 / 400.0))
        );
        let none = stayed(&all, 5, 200);
        assert_eq!((none.logo, none.net, none.of("else")), (None, None, None));
        assert_eq!(months_after(100, 12), 465);
    }
}
