//! What became of single records whose chances were said, and of the customers of a day.

use std::collections::HashMap;

use bellwether_domain::{Currency, Error, Instant, Result, Zone};

use crate::cases::{Customers, customers};
use crate::facts::Lead;
use crate::pipeline::{Deal, Outcome};
use crate::retention::{Customer, stayed};
use crate::source::{At, Source, Told};
use crate::store::{End, Kind, Point, Series};

/// The ends of records of one kind, as kpi tells them now.
pub(super) enum Fates {
    /// Deals that ended: the day, whether they were won, and for how much in major units.
    Deals {
        ended: HashMap<String, (i32, bool, Option<f64>)>,
        open: HashMap<String, i32>,
    },
    /// Leads that ended: the day, and whether they were converted.
    Leads(HashMap<String, (i32, bool)>),
    /// Customers, by id: one that came back is there for each time that it stayed.
    Customers(HashMap<String, Vec<Customer>>),
}

impl Fates {
    /// Asks kpi; `None` for a kind that has no single records.
    ///
    /// # Errors
    /// What kpi says.
    pub(super) async fn of(source: &Source, at: &At, kind: Kind) -> Result<Option<Self>> {
        let fates = match kind {
            Kind::Pipeline | Kind::OpportunityScores => {
                let told = source.deals(at).await?;
                off_the_runtime(move || Self::deals(&told)).await?
            }
            Kind::LeadScores => {
                let told = source.leads(at).await?;
                off_the_runtime(move || Self::leads(&told.says, &told.stands.zone)).await?
            }
            Kind::ChurnScores => {
                let found = who_stayed(source, at).await?;
                Self::customers(found.all)
            }
            Kind::Trend | Kind::Override | Kind::Retention | Kind::Attainment => return Ok(None),
        };
        Ok(Some(fates))
    }

    fn deals(told: &Told<Vec<Deal>>) -> Self {
        let zone = &told.stands.zone;
        let exponent = Currency::from_code(&told.stands.currency).map_or(2, Currency::exponent);
        let unit = f64::from(10_u32.pow(exponent.min(9)));
        let (mut ended, mut open) = (HashMap::new(), HashMap::new());
        for deal in &told.says {
            match &deal.closing {
                Some(closing) => {
                    let amount = closing.amount.map(|amount| amount as f64 / unit);
                    let won = closing.outcome == Outcome::Won;
                    ended.insert(deal.id.clone(), (day(closing.at, zone), won, amount));
                }
                None => drop(open.insert(deal.id.clone(), day(deal.created, zone))),
            }
        }
        Self::Deals { ended, open }
    }

    fn leads(leads: &[Lead], zone: &Zone) -> Self {
        let end = |lead: &Lead| {
            let end = match (lead.converted, lead.disqualified) {
                (Some(at), _) => (day(at, zone), true),
                (None, Some(at)) => (day(at, zone), false),
                (None, None) => return None,
            };
            Some((lead.id.clone(), end))
        };
        Self::Leads(leads.iter().filter_map(end).collect())
    }

    fn customers(all: Vec<Customer>) -> Self {
        let mut by_id: HashMap<String, Vec<Customer>> = HashMap::new();
        for one in all {
            by_id.entry(one.id.clone()).or_default().push(one);
        }
        Self::Customers(by_id)
    }

    /// What became of a record; `None` = not decided. Of chances within a horizon it is over: what has not happened by then
    /// will not have, and a record that is gone cannot be compared.
    pub(super) fn end(&self, of: &Series, record: &str) -> Option<End> {
        let due = of.made.saturating_add(of.days);
        let by_then = |day: i32, good: bool, amount: Option<f64>| {
            let in_time = good && (of.days == 0 || day < due);
            End {
                came: Some(in_time),
                amount: amount.filter(|_| in_time),
                day: if of.days == 0 { day } else { due },
            }
        };
        let late = |known: bool| {
            let came = known.then_some(false);
            (of.days > 0).then_some(End {
                came,
                amount: None,
                day: due,
            })
        };
        match self {
            Self::Deals { ended, open } => match ended.get(record) {
                Some((day, won, amount)) => Some(by_then(*day, *won, *amount)),
                None => late(open.contains_key(record)),
            },
            Self::Leads(ended) => match ended.get(record) {
                Some((day, converted)) => Some(by_then(*day, *converted, None)),
                None => late(true),
            },
            // Of several stays that which the chance was said of.
            Self::Customers(all) => match all
                .get(record)
                .and_then(|stays| stays.iter().find(|one| one.there(of.made)))
            {
                Some(customer) => match customer.end.filter(|end| *end < due) {
                    Some(end) => Some(by_then(end, true, None)),
                    None => late(true),
                },
                None => late(false),
            },
        }
    }
}

/// What became of the customers of a day, beside the values of forecasts of it.
pub(super) struct Kept(Vec<Customer>);

impl Kept {
    /// Asks kpi.
    ///
    /// # Errors
    /// What kpi says.
    pub(super) async fn of(source: &Source, at: &At) -> Result<Self> {
        Ok(Self(who_stayed(source, at).await?.all))
    }

    /// What came of a value.
    pub(super) fn actual(&self, point: &Point) -> Option<f64> {
        stayed(&self.0, point.start, point.end).of(&point.kpi)
    }
}

async fn who_stayed(source: &Source, at: &At) -> Result<Customers> {
    let told = source.subscriptions(at).await?;
    off_the_runtime(move || customers(&told.says, &told.stands.zone)).await
}

async fn off_the_runtime<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(compute).await;
    done.map_err(|error| Error::internal(format!("what became of records cannot be told: {error}")))
}

/// The civil day of an instant in milliseconds since 1970.
fn day(at: i64, zone: &Zone) -> i32 {
    zone.date_of(Instant::from_micros(at.saturating_mul(1_000)))
        .days()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(days: i32) -> Series {
        Series {
            kind: 2,
            made: 100,
            days,
        }
    }

    fn end(came: Option<bool>, amount: Option<f64>, day: i32) -> Option<End> {
        Some(End { came, amount, day })
    }

    #[test]
    fn deals_are_decided_at_the_end_of_the_horizon_or_when_they_end() {
        let ended = [("won", 120, true), ("late", 130, true), ("lost", 110, false)];
        let ended = ended.map(|(id, day, won)| (id.to_owned(), (day, won, won.then_some(5.0))));
        let fates = Fates::Deals {
            ended: ended.into(),
            open: [("open".to_owned(), 90)].into(),
        };
        let within = |record: &str| fates.end(&series(30), record);
        assert_eq!(within("won"), end(Some(true), Some(5.0), 130));
        // The horizon ends with the day before day 130.
        assert_eq!(within("late"), end(Some(false), None, 130));
        assert_eq!(within("lost"), end(Some(false), None, 130));
        assert_eq!(within("open"), end(Some(false), None, 130));
        assert_eq!(within("gone"), end(None, None, 130));
        let at_last = |record: &str| fates.end(&series(0), record);
        assert_eq!(at_last("late"), end(Some(true), Some(5.0), 130));
        assert_eq!(at_last("lost"), end(Some(false), None, 110));
        assert_eq!((at_last("open"), at_last("gone")), (None, None));
    }

    #[test]
    fn customers_who_left_within_the_horizon_left() {
        let customer = |id: &str, end: Option<i32>| Customer {
            id: id.to_owned(),
            group: String::new(),
            start: 10,
            end,
            paid: Vec::new(),
        };
        let all = [
            customer("left", Some(129)),
            customer("later", Some(130)),
            customer("there", None),
        ];
        let back = Customer {
            start: 150,
            ..customer("left", None)
        };
        let fates = Fates::customers(all.into_iter().chain([back]).collect());
        let came = |record: &str| fates.end(&series(30), record).and_then(|end| end.came);
        assert_eq!(came("left"), Some(true));
        assert_eq!(
            (came("later"), came("there"), came("gone")),
            (Some(false), Some(false), None)
        );
    }

    #[test]
    fn leads_wait_until_they_end() {
        let fates = Fates::Leads([("a".to_owned(), (120, true))].into());
        assert_eq!(fates.end(&series(0), "a"), end(Some(true), None, 120));
        assert_eq!(fates.end(&series(0), "b"), None);
    }
}
