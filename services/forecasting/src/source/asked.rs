//! Small questions to kpi: whether a deal is open, and what some KPIs say of one period by group.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::kpi::{
    DimensionsAt, Grain, KpiValue, QueryKpisRequest, StreamFactsRequest, kpi_service_client::KpiServiceClient,
};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::{CivilDate, Error, Result, When, Zone};
use bellwether_runtime::MAX_MESSAGE_BYTES;

use super::{At, Source, Stands, when_of, wire};

/// What is asked about the values of KPIs.
#[derive(Debug, Clone, Default)]
pub struct ValuesAsk {
    /// The KPIs.
    pub kpis: Vec<String>,
    /// The first day of the range, as days since 1970-01-01.
    pub from: i32,
    /// The day after its last one.
    pub to: i32,
    /// What the range is cut into; nothing = it is one period.
    pub grain: Option<Grain>,
    /// Dimensions to group by, at most 4.
    pub group_by: Vec<String>,
    /// Whether people are in the teams that they are in now, not in those they were in then.
    pub of_now: bool,
}

/// A value of a KPI.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodValue {
    /// The KPI.
    pub kpi: String,
    /// The first day of the period.
    pub start: i32,
    /// The day after its last one.
    pub end: i32,
    /// The names of the group, in the order asked; nothing = missing.
    pub group: Vec<Option<String>>,
    /// The value, money in major units; nothing = there is none.
    pub value: Option<f64>,
}

impl Source {
    /// Whether a deal is open as of an instant, and what that stands on.
    ///
    /// # Errors
    /// As [`Source::deals`].
    pub async fn is_open(&self, at: &At, deal: &str) -> Result<(bool, Stands)> {
        let request = StreamFactsRequest {
            tenant: at.tenant.clone(),
            table: "open_deals".to_owned(),
            columns: vec!["deal".to_owned()],
            standing: true,
            as_of: at.as_of.map(when_to_proto),
            known_at: at.known(),
            min_position: at.min_position(),
            ..StreamFactsRequest::default()
        };
        let mut client =
            KpiServiceClient::new(self.link.stream_channel()).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let answer = client.stream_facts(request).await;
        let mut stream = answer.map_err(|status| from_status(&status))?.into_inner();
        let mut stands = None;
        while let Some(message) = stream.message().await.map_err(|status| from_status(&status))? {
            if let Some(header) = &message.header {
                stands = Some(wire::stands(header)?);
            }
            let mut names = message.columns.iter().flat_map(|column| &column.names);
            if let (Some(stands), true) = (&stands, names.any(|name| name == deal)) {
                return Ok((true, stands.clone()));
            }
        }
        let stands = stands.ok_or_else(|| Error::internal("kpi sent facts without a header"))?;
        Ok((false, stands))
    }

    /// The values of KPIs in periods that may go on.
    ///
    /// # Errors
    /// As [`Source::histories`].
    pub async fn values(&self, at: &At, stands: &Stands, ask: &ValuesAsk) -> Result<Vec<PeriodValue>> {
        let day = |day: i32| Some(when_to_proto(When::Day(CivilDate::from_days(day))));
        let mut request = QueryKpisRequest {
            tenant: at.tenant.clone(),
            kpis: ask.kpis.clone(),
            from: day(ask.from),
            to: day(ask.to),
            group_by: ask.group_by.clone(),
            as_of: at.as_of.map(when_to_proto),
            known_at: at.known(),
            min_position: at.min_position(),
            ..QueryKpisRequest::default()
        };
        if let Some(grain) = ask.grain {
            request.grain = grain.into();
        }
        if ask.of_now {
            request.dimensions_at = DimensionsAt::Now.into();
        }
        let answer = self.kpis().query_kpis(request).await;
        let answer = answer.map_err(|status| from_status(&status))?.into_inner();
        let values = answer
            .values
            .iter()
            .map(|value| period_value(value, &stands.zone));
        values.collect()
    }
}

fn period_value(value: &KpiValue, zone: &Zone) -> Result<PeriodValue> {
    let day = |when: Option<&DateOrTime>| when_of(when).map(|when| when.day_in(zone).days());
    Ok(PeriodValue {
        kpi: value.kpi.clone(),
        start: day(value.period_start.as_ref())?,
        end: day(value.period_end.as_ref())?,
        group: value.group.iter().map(|part| part.name.clone()).collect(),
        value: value
            .value
            .as_deref()
            .and_then(|text| text.parse().ok())
            .filter(|value: &f64| value.is_finite()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::ErrorCode;

    #[test]
    fn a_value_without_a_period_is_no_empty_answer() {
        let day = |text: &str| Some(when_to_proto(When::Day(text.parse().unwrap())));
        let value = KpiValue {
            kpi: "quota".to_owned(),
            period_start: day("2017-01-01"),
            period_end: day("2017-04-01"),
            value: Some("12.5".to_owned()),
            ..KpiValue::default()
        };
        let told = period_value(&value, &Zone::utc()).unwrap();
        assert_eq!((told.end - told.start, told.value), (90, Some(12.5)));
        let endless = KpiValue {
            period_end: None,
            ..value
        };
        let error = period_value(&endless, &Zone::utc()).unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
    }
}
