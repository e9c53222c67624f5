//! Time zones: where a civil day begins.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{CivilDate, DAY_MICROS, Instant};

/// An IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// The zone of an IANA name such as `America/New_York`.
    ///
    /// # Errors
    /// A sentence when there is no such zone.
    pub fn named(name: &str) -> Result<Self, String> {
        if matches!(name, "UTC" | "Etc/UTC" | "Z") {
            return Ok(Self::utc());
        }
        let zone = jiff::tz::db()
            .get(name)
            .map_err(|_| format!("`{name}` is not an IANA time zone such as Europe/Berlin"))?;
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Self { name, zone })
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first instant of a civil day; where midnight does not exist, the first instant after the gap.
    #[must_use]
    pub fn start_of_day(&self, day: CivilDate) -> Instant {
        if self.zone == TimeZone::UTC {
            return Instant(i64::from(day.days()) * DAY_MICROS);
        }
        let zoned = day
            .0
            .to_zoned(self.zone.clone())
            .and_then(|midnight| midnight.start_of_day());
        zoned.map_or(Instant(i64::from(day.days()) * DAY_MICROS), |start| {
            Instant(start.timestamp().as_microsecond())
        })
    }

    /// What clocks on the wall show at an instant.
    pub(crate) fn to_datetime(&self, at: Instant) -> DateTime {
        self.zone.to_datetime(at.timestamp())
    }

    /// As jiff's type, for the days on which clocks are changed.
    pub(crate) fn to_jiff(&self) -> &TimeZone {
        &self.zone
    }

    /// The civil day of an instant.
    #[must_use]
    pub fn date_of(&self, at: Instant) -> CivilDate {
        CivilDate(self.to_datetime(at).date())
    }
}
