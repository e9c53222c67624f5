//! Which days are working days, and how they are counted.

use proptest::prelude::*;

use super::*;
use crate::settings::WorkingDay;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(day(from), day(to))
}

fn holidays(days: &[&str]) -> Workdays {
    Workdays::new(&Settings {
        holidays: days.iter().map(|one| day(one)).collect(),
        ..Settings::default()
    })
}

/// Counted on a calendar of 2026: May begins on a Friday, August on a Saturday, November on a Sunday.
#[test]
fn weekends_and_holidays_are_none() {
    let plain = holidays(&[]);
    assert_eq!(plain.count(period("2026-05-01", "2026-06-01")), 21);
    assert_eq!(plain.count(period("2026-08-01", "2026-08-03")), 0);
    assert_eq!(plain.count(period("2026-08-01", "2026-09-01")), 21);
    assert_eq!(plain.count(period("2026-11-01", "2026-11-01")), 0);
    assert_eq!(
        plain.nth(period("2026-08-01", "2026-09-01"), 1),
        Some(day("2026-08-03"))
    );
    assert_eq!(
        plain.nth(period("2026-08-01", "2026-09-01"), 21),
        Some(day("2026-08-31"))
    );
    assert_eq!(plain.nth(period("2026-08-01", "2026-09-01"), 22), None);
    assert_eq!(plain.nth(period("2026-08-01", "2026-09-01"), 0), None);
    // Friday 1 May and, twice, Monday 25 May; Saturday the 2nd takes nothing away.
    let may = holidays(&["2026-05-25", "2026-05-01", "2026-05-25", "2026-05-02"]);
    assert_eq!(may.count(period("2026-05-01", "2026-06-01")), 19);
    assert!(!may.works(day("2026-05-01")) && !may.works(day("2026-05-02")) && may.works(day("2026-05-04")));
    assert_eq!(
        may.nth(period("2026-05-01", "2026-06-01"), 1),
        Some(day("2026-05-04"))
    );
    assert_eq!(
        may.nth(period("2026-05-01", "2026-06-01"), 16),
        Some(day("2026-05-26"))
    );
}

#[test]
fn a_week_is_what_the_tenant_says() {
    let hours = |weekday, opens, closes| WorkingDay {
        weekday,
        opens,
        closes,
    };
    // Sunday to Thursday; Friday's hours are none.
    let mut business_hours: Vec<WorkingDay> = [7, 1, 2, 3, 4].map(|one| hours(one, 540, 1_020)).to_vec();
    business_hours.push(hours(5, 540, 540));
    let days = Workdays::new(&Settings {
        business_hours,
        ..Settings::default()
    });
    assert!(
        days.works(day("2026-08-02")) && !days.works(day("2026-07-31")) && !days.works(day("2026-08-01"))
    );
    assert_eq!(days.count(period("2026-08-01", "2026-09-01")), 22);
}

proptest! {
    #[test]
    fn counting_is_adding_day_by_day(
        start in -30_000_i32..30_000,
        length in 0_i32..120,
        number in 0_i32..100,
        week in 0_u8..128,
        off in proptest::collection::vec(-10_i32..130, 0..12),
    ) {
        let open = (1..=7).filter(|weekday| week & (1 << (weekday - 1)) != 0);
        let days = Workdays::new(&Settings {
            business_hours: open.map(|weekday| WorkingDay { weekday, opens: 0, closes: 1_440 }).collect(),
            holidays: off.iter().map(|one| CivilDate::from_days(start + one)).collect(),
            ..Settings::default()
        });
        let all = Period::new(CivilDate::from_days(start), CivilDate::from_days(start + length));
        let works = |one: i32| {
            let weekday = CivilDate::from_days(one).to_jiff().weekday().to_monday_one_offset();
            week & (1 << (weekday - 1)) != 0 && !off.contains(&(one - start))
        };
        let found: Vec<i32> = (start..start + length).filter(|one| works(*one)).collect();
        prop_assert_eq!(days.count(all), i32::try_from(found.len()).unwrap());
        let expected = usize::try_from(number - 1).ok().and_then(|place| found.get(place)).copied();
        prop_assert_eq!(days.nth(all, number), expected.map(CivilDate::from_days));
        for one in start..start + length {
            prop_assert_eq!(days.works(CivilDate::from_days(one)), works(one));
        }
    }
}
