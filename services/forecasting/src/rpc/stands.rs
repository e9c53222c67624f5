//! Where the facts stand for a question. What has not come yet is no past: a forecast "as of" it would say that nothing was
//! won, and be kept and compared as if somebody had believed it.

use bellwether_domain::{CivilDate, Error, ErrorReason, Instant, Result, TenantId, When, Zone};

use super::Desk;
use crate::retention::{GROSS, LOGO, NET};
use crate::source::{At, Stands};

impl Desk {
    /// What an answer would stand on; `field` is where the caller says as of when.
    ///
    /// # Errors
    /// What kpi says; `INVALID_ARGUMENT` for a day after today.
    pub(super) async fn stands(&self, field: &str, at: &At) -> Result<Stands> {
        let now = self.clock.now();
        // Before the tenant's zone is known; wherever that is, it is at most a day ahead.
        not_ahead(field, at.as_of, now, (&Zone::utc(), 1))?;
        let stands = self.source.stands(at).await?;
        not_ahead(field, at.as_of, now, (&stands.zone, 0))?;
        Ok(stands)
    }

    /// Whether there is what was asked about, where nothing is kept of it: a name that is misspelt must not look like one of
    /// which nothing was forecast yet. An empty KPI is any.
    ///
    /// # Errors
    /// `NOT_FOUND` for a tenant or a KPI that there is not; what else kpi says, as it cannot be told then.
    pub(super) async fn is_there(&self, tenant: &TenantId, kpi: &str) -> Result<()> {
        let at = At::head(tenant.as_str());
        self.source.stands(&at).await?;
        // Of retention there are forecasts without a KPI.
        if !kpi.is_empty() && ![LOGO, GROSS, NET].contains(&kpi) {
            self.source.definition(&at, kpi).await?;
        }
        Ok(())
    }
}

/// Refuses days that begin more than `slack` days after the one that it is in a zone.
fn not_ahead(field: &str, as_of: Option<When>, now: Instant, (zone, slack): (&Zone, i32)) -> Result<()> {
    let today = zone.date_of(now).plus_days(slack);
    match as_of {
        Some(as_of) if last_day(as_of, zone) > today => {
            let text =
                format!("{as_of} is in the future: nothing can be known of it; leave it out for today");
            Err(Error::invalid(ErrorReason::InvalidField, field, text))
        }
        _ => Ok(()),
    }
}

/// The last day of which anything counts: instants are exclusive ends.
fn last_day(as_of: When, zone: &Zone) -> CivilDate {
    match as_of {
        When::Day(day) => day,
        When::At(at) => zone.date_of(Instant::from_micros(at.as_micros().saturating_sub(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_after_today_is_refused_and_today_is_not() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        // Of the first of June, local time: in UTC it is still May.
        let now = Instant::from_micros(zone.start_of_day(day("2017-06-01")).as_micros() + 1);
        let of = |as_of: When, slack| not_ahead("pipeline.as_of", Some(as_of), now, (&zone, slack));
        assert!(of(When::Day(day("2017-06-01")), 0).is_ok());
        assert!(of(When::Day(day("2017-06-02")), 1).is_ok());
        assert!(
            of(When::At(zone.start_of_day(day("2017-06-02"))), 0).is_ok(),
            "an end of today"
        );
        let later = Instant::from_micros(zone.start_of_day(day("2017-06-02")).as_micros() + 1);
        assert!(of(When::At(later), 0).is_err());
        assert!(not_ahead("as_of", None, now, (&zone, 0)).is_ok());
        for ahead in ["2017-06-02", "2099-01-01", "9999-12-31"] {
            let error = of(When::Day(day(ahead)), 0).unwrap_err();
            let one = error.violations.first().unwrap().to_string();
            let said = "is in the future: nothing can be known of it; leave it out for today";
            assert_eq!(one, format!("pipeline.as_of: {ahead} {said}"));
        }
    }
}
