//! From when a history may be.

use super::*;
use bellwether_domain::{Position, Zone};

#[test]
fn a_history_begins_before_it_ends() {
    let zone = Zone::utc();
    let day = |text: &str| text.parse::<CivilDate>().unwrap();
    let stands = Stands {
        as_of: zone.start_of_day(day("2017-06-02")),
        position: Position::default(),
        recorded_at: None,
        currency: String::new(),
        zone,
    };
    let of = |text: &str| begun(Some(When::Day(day(text))), &stands);
    assert!(begun(None, &stands).is_ok() && of("2017-06-01").is_ok());
    for late in ["2017-06-02", "2099-01-01"] {
        let told = of(late).unwrap_err().violations[0].to_string();
        assert!(
            told.starts_with(&format!("history.from: {late} is after 2017-06-01")),
            "{told}"
        );
    }
}
