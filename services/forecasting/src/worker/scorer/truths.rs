//! What came of values whose periods are over, as kpi tells it.

use std::collections::BTreeMap;

use bellwether_contracts::kpi::{Filter, KpiValue, QueryKpisRequest};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{CivilDate, Error, Result, TenantId};

use super::{Scorer, hopeless, waits};
use crate::facts::Nature;
use crate::source::At;
use crate::store::{Due, Kind, Truth};
use crate::worker::fates::Kept;

/// What one question to kpi tells the truth of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    kpi: String,
    start: i32,
    end: i32,
    dimension: Option<String>,
    filters: Vec<(String, Option<String>)>,
}

impl Question {
    pub(super) fn of(due: &Due) -> Self {
        Self {
            kpi: due.point.kpi.clone(),
            start: due.point.start,
            end: due.point.end,
            dimension: due.point.member.as_ref().map(|member| member.dimension.clone()),
            filters: due.filters.clone(),
        }
    }

    pub(super) fn request(&self, tenant: &TenantId) -> QueryKpisRequest {
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

/// What kpi says to a question.
pub(super) struct Told {
    pub(super) values: Vec<KpiValue>,
    /// Whether the values of groups sum to that of the whole, so that a group that is not told had 0.
    pub(super) adds: bool,
}

impl Scorer {
    /// What came of values of a tenant; those whose truth cannot be told yet are left out. The error is why no more was
    /// asked.
    pub(super) async fn truths(&self, tenant: &TenantId, due: Vec<Due>) -> (Vec<Truth>, Option<Error>) {
        let mut questions: BTreeMap<Question, Vec<Due>> = BTreeMap::new();
        let (of_customers, due): (Vec<Due>, Vec<Due>) =
            due.into_iter().partition(|one| one.kind == Kind::Retention);
        for one in due {
            questions.entry(Question::of(&one)).or_default().push(one);
        }
        let mut truths = Vec::new();
        match self.stayed(tenant, of_customers).await {
            Ok(found) => truths.extend(found),
            Err(error) if waits(&error) => waiting(tenant, "retention", &error),
            Err(error) => return (truths, Some(error)),
        }
        for (question, due) in questions {
            let told = match self.told(tenant, &question, &due).await {
                Ok(told) => told,
                Err(error) if waits(&error) => {
                    waiting(tenant, &question.kpi, &error);
                    continue;
                }
                Err(error) => return (truths, Some(error)),
            };
            truths.extend(due.into_iter().map(|one| Truth {
                actual: told.as_ref().and_then(|told| actual(told, &one)),
                forecast: one.forecast,
                ordinal: one.ordinal,
            }));
        }
        (truths, None)
    }

    /// What became of customers.
    async fn stayed(&self, tenant: &TenantId, due: Vec<Due>) -> Result<Vec<Truth>> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let kept = match Kept::of(&self.source, &all_of(tenant)).await {
            Ok(kept) => Some(kept),
            Err(error) if hopeless(&error) => None,
            Err(error) => return Err(error),
        };
        let truth = |one: Due| Truth {
            actual: kept.as_ref().and_then(|kept| kept.actual(&one.point)),
            forecast: one.forecast,
            ordinal: one.ordinal,
        };
        Ok(due.into_iter().map(truth).collect())
    }

    /// What kpi says; `None` when the question makes no sense any more: the KPI or the tenant is gone.
    async fn told(&self, tenant: &TenantId, question: &Question, due: &[Due]) -> Result<Option<Told>> {
        let told = self.asked(tenant, question, due).await;
        match told {
            Err(error) if hopeless(&error) => {
                tracing::warn!(tenant = %tenant, kpi = %question.kpi, error = %error, "a forecast cannot be compared");
                Ok(None)
            }
            told => told.map(Some),
        }
    }

    async fn asked(&self, tenant: &TenantId, question: &Question, due: &[Due]) -> Result<Told> {
        let answer = self.source.kpis().query_kpis(question.request(tenant)).await;
        let answer = answer.map_err(|status| from_status(&status))?;
        let values = answer.into_inner().values;
        let untold = |one: &Due| one.point.member.is_some() && value_of(&values, one).is_none();
        // What a KPI means matters only where a group is not told.
        let adds = due.iter().any(untold) && {
            let definition = self.source.definition(&all_of(tenant), &question.kpi).await?;
            Nature::of(&definition).adds.over_groups
        };
        Ok(Told { values, adds })
    }
}

/// Everything of a tenant that kpi has taken in.
fn all_of(tenant: &TenantId) -> At {
    At {
        tenant: tenant.to_string(),
        ..At::default()
    }
}

fn waiting(tenant: &TenantId, kpi: &str, error: &Error) {
    tracing::warn!(tenant = %tenant, kpi = %kpi, error = %error, "forecasts cannot be compared yet");
}

/// The value of the group that a value was forecast for.
fn value_of<'a>(values: &'a [KpiValue], due: &Due) -> Option<&'a KpiValue> {
    values.iter().find(|value| match &due.point.member {
        None => value.group.is_empty(),
        Some(member) => value
            .group
            .iter()
            .any(|group| !group.rest && group.name == member.name),
    })
}

/// What came of a value. A group that is not told had nothing: that is 0 where groups sum to the whole, and no value of an
/// average or a share. A value in another unit, as after a change of currency, cannot be compared.
pub(super) fn actual(told: &Told, due: &Due) -> Option<f64> {
    let unit = |value: &KpiValue| value.unit == due.point.unit;
    match value_of(&told.values, due) {
        Some(value) if unit(value) => value
            .value
            .as_deref()?
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite()),
        Some(_) => None,
        None => (told.adds && due.point.member.is_some() && told.values.iter().all(unit)).then_some(0.0),
    }
}
