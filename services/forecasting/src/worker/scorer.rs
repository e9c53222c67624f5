//! Compares what was forecast with what came, once periods are over: kpi tells the truth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::kpi::{Filter, KpiValue, QueryKpisRequest};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{CivilDate, Clock, ErrorCode, Result, TenantId};
use bellwether_runtime::Shutdown;

use crate::config::Config;
use crate::source::Source;
use crate::store::{Due, Store, Truth};

/// Values that are looked at in one go.
const AT_ONCE: u64 = 2_000;
/// A process that has just started lets kpi read its facts first.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// Watches over forecasts whose time comes.
#[derive(Debug, Clone)]
pub(crate) struct Scorer {
    store: Store,
    source: Source,
    clock: Arc<dyn Clock>,
    every: Duration,
    /// Days after its end at which a period is taken to be told in full.
    after: i32,
}

/// What one question to kpi tells the truth of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Question {
    kpi: String,
    start: i32,
    end: i32,
    dimension: Option<String>,
    filters: Vec<(String, Option<String>)>,
}

impl Question {
    fn of(due: &Due) -> Self {
        Self {
            kpi: due.point.kpi.clone(),
            start: due.point.start,
            end: due.point.end,
            dimension: due.point.member.as_ref().map(|member| member.dimension.clone()),
            filters: due.filters.clone(),
        }
    }

    fn request(&self, tenant: &TenantId) -> QueryKpisRequest {
        let day = |day: i32| DateOrTime {
            value: Some(date_or_time::Value::Date(CivilDate::from_days(day).to_string())),
        };
        let filter = |(dimension, value): &(String, Option<String>)| Filter {
            dimension: dimension.clone(),
            value: value.clone(),
        };
        QueryKpisRequest {
            tenant: tenant.to_string(),
            kpis: vec![self.kpi.clone()],
            from: Some(day(self.start)),
            to: Some(day(self.end)),
            group_by: self.dimension.iter().cloned().collect(),
            filters: self.filters.iter().map(filter).collect(),
            ..QueryKpisRequest::default()
        }
    }
}

impl Scorer {
    /// A scorer that asks `source` what came.
    pub(crate) fn new(store: Store, source: Source, clock: Arc<dyn Clock>, config: &Config) -> Self {
        Self {
            store,
            source,
            clock,
            every: config.score_interval(),
            after: i32::try_from(config.score_after_days).unwrap_or(i32::MAX / 2),
        }
    }

    /// Scores now and then until the process ends.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let stop = shutdown.workers().clone();
        let mut pause = self.every.min(FIRST_PAUSE);
        let scoring = async {
            loop {
                tokio::time::sleep(pause).await;
                pause = self.every;
                match self.score().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(values = count, "forecasts were compared with what came"),
                    Err(error) => {
                        tracing::warn!(error = %error, "forecasts cannot be scored yet, trying again")
                    }
                }
            }
        };
        stop.run_until_cancelled(scoring).await;
    }

    /// Compares all values whose periods are over; how many there were.
    ///
    /// # Errors
    /// As storage and kpi have it; what was noted before stays.
    pub(crate) async fn score(&self) -> Result<usize> {
        // By UTC, and a day later than needed where days end later.
        let today = self
            .clock
            .now()
            .as_micros()
            .div_euclid(bellwether_domain::time::DAY_MICROS);
        let today = i32::try_from(today).unwrap_or(i32::MAX);
        let mut count = 0;
        loop {
            let due = self.store.due(today.saturating_sub(self.after), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(count);
            }
            count += due.len();
            let mut tenants: BTreeMap<TenantId, Vec<Due>> = BTreeMap::new();
            for one in due {
                tenants.entry(one.tenant.clone()).or_default().push(one);
            }
            for (tenant, due) in tenants {
                let truths = self.truths(&tenant, due).await?;
                self.store.note(&tenant, truths, self.clock.now()).await?;
            }
        }
    }

    async fn truths(&self, tenant: &TenantId, due: Vec<Due>) -> Result<Vec<Truth>> {
        let mut questions: BTreeMap<Question, Vec<Due>> = BTreeMap::new();
        for one in due {
            questions.entry(Question::of(&one)).or_default().push(one);
        }
        let mut truths = Vec::new();
        for (question, due) in questions {
            let told = self.told(tenant, &question).await?;
            truths.extend(due.into_iter().map(|one| Truth {
                actual: told.as_ref().and_then(|values| actual(values, &one)),
                forecast: one.forecast,
                ordinal: one.ordinal,
            }));
        }
        Ok(truths)
    }

    /// What kpi says; `None` when the question makes no sense any more: the KPI or the tenant is gone.
    async fn told(&self, tenant: &TenantId, question: &Question) -> Result<Option<Vec<KpiValue>>> {
        let asked = self.source.kpis().query_kpis(question.request(tenant)).await;
        match asked {
            Ok(answer) => Ok(Some(answer.into_inner().values)),
            Err(status) => {
                let error = from_status(&status);
                let hopeless = matches!(
                    error.code,
                    ErrorCode::NotFound | ErrorCode::InvalidArgument | ErrorCode::FailedPrecondition
                );
                if !hopeless {
                    return Err(error);
                }
                tracing::warn!(tenant = %tenant, kpi = %question.kpi, error = %error, "a forecast cannot be compared");
                Ok(None)
            }
        }
    }
}

/// What came of a value. A group that is not told had nothing: that is 0 of a count or an amount, and no value of a share.
fn actual(values: &[KpiValue], due: &Due) -> Option<f64> {
    let of_group = |value: &&KpiValue| match &due.point.member {
        None => value.group.is_empty(),
        Some(member) => value
            .group
            .iter()
            .any(|group| !group.rest && group.name == member.name),
    };
    match values.iter().find(of_group) {
        Some(value) => value
            .value
            .as_deref()?
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite()),
        None => (due.point.unit != "ratio" && due.point.member.is_some()).then_some(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Member, Point};
    use bellwether_contracts::kpi::GroupValue;

    fn due(unit: &str, name: Option<&str>) -> Due {
        Due {
            tenant: "acme".parse().unwrap(),
            forecast: "a".to_owned(),
            ordinal: 0,
            filters: vec![("region".to_owned(), None)],
            point: Point {
                kpi: "bookings".to_owned(),
                unit: unit.to_owned(),
                member: name.map(|name| Member {
                    dimension: "owner".to_owned(),
                    name: Some(name.to_owned()).filter(|name| !name.is_empty()),
                }),
                model: String::new(),
                step: 1,
                start: 17_167,
                end: 17_198,
                mean: 1.0,
                intervals: Vec::new(),
                scale: None,
                actual: None,
                scored_at: None,
            },
        }
    }

    fn value(name: Option<&str>, value: Option<&str>) -> KpiValue {
        let group = name.map(|name| GroupValue {
            dimension: "owner".to_owned(),
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            rest: false,
        });
        KpiValue {
            group: group.into_iter().collect(),
            value: value.map(str::to_owned),
            ..KpiValue::default()
        }
    }

    #[test]
    fn the_truth_is_that_of_the_group() {
        let grouped = [value(Some("ann"), Some("12.5")), value(Some(""), Some("3"))];
        assert_eq!(actual(&grouped, &due("USD", Some("ann"))), Some(12.5));
        assert_eq!(actual(&grouped, &due("USD", Some(""))), Some(3.0));
        assert_eq!(actual(&grouped, &due("USD", Some("bob"))), Some(0.0));
        assert_eq!(actual(&grouped, &due("ratio", Some("bob"))), None);
        assert_eq!(actual(&[value(None, Some("7"))], &due("count", None)), Some(7.0));
        assert_eq!(actual(&[value(None, None)], &due("ratio", None)), None);
        assert_eq!(actual(&[], &due("count", None)), None);
    }

    #[test]
    fn kpi_is_asked_about_the_period_and_the_conditions() {
        let request = Question::of(&due("USD", Some("ann"))).request(&"acme".parse().unwrap());
        let day = |when: &Option<DateOrTime>| when.clone().and_then(|when| when.value);
        assert_eq!(
            day(&request.from),
            Some(date_or_time::Value::Date("2017-01-01".to_owned()))
        );
        assert_eq!(
            day(&request.to),
            Some(date_or_time::Value::Date("2017-02-01".to_owned()))
        );
        assert_eq!(
            (request.group_by, request.filters.len()),
            (vec!["owner".to_owned()], 1)
        );
    }
}
