//! What kpi says: the one client of forecasting over the contract. Facts come as a stream and leave as plain values, which
//! the room [`crate::facts`] makes of them.

mod asked;
mod wire;

use bellwether_contracts::convert::{position_to_proto, when_from_proto, when_to_proto};
use bellwether_contracts::kpi::catalog_service_client::CatalogServiceClient;
use bellwether_contracts::kpi::kpi_service_client::KpiServiceClient;
use bellwether_contracts::kpi::{
    Filter, GetKpiRequest, KnownAt, KpiDefinition, KpiValue, MinPosition, QueryKpisRequest,
    StreamFactsRequest, StreamFactsResponse, known_at, min_position,
};
use bellwether_contracts::status::from_status;
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, Instant, Position, Result, When, Zone};
use bellwether_runtime::{MAX_MESSAGE_BYTES, PeerChannel, PeerLink};
use tonic::Streaming;

use crate::facts::{self, Group, History, Lead, Nature, Subscription, Table, Value};
use crate::pipeline::Deal;
use crate::retention::Rep;

pub use asked::{PeriodValue, ValuesAsk};

/// The dimensions that leads are to have beside their columns.
const LEAD_DIMENSIONS: [&str; 4] = ["team", "account_industry", "account_region", "account_segment"];

/// Whose facts, and as of when.
#[derive(Debug, Clone, Default)]
pub struct At {
    /// The tenant.
    pub tenant: String,
    /// Up to when events count, exclusive; a day means its end, nothing the end of today.
    pub as_of: Option<When>,
    /// Up to which sequence number changes are known; nothing = all.
    pub known_at: Option<u64>,
    /// How much of the log must have been taken in.
    pub least: Least,
}

/// How much of the log an answer must have seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Least {
    /// Whatever was taken in.
    #[default]
    Anything,
    /// All that was written before the call.
    Head,
    /// At least this position.
    Position(Position),
}

impl At {
    /// Everything of a tenant up to the end of today, as written before the call.
    #[must_use]
    pub fn head(tenant: &str) -> Self {
        Self {
            tenant: tenant.to_owned(),
            least: Least::Head,
            ..Self::default()
        }
    }

    /// The same question about exactly what an answer stands on.
    #[must_use]
    pub fn pinned(&self, stands: &Stands) -> Self {
        Self {
            tenant: self.tenant.clone(),
            as_of: Some(When::At(stands.as_of)),
            known_at: Some(stands.position.seq),
            least: Least::Position(stands.position),
        }
    }

    fn known(&self) -> Option<KnownAt> {
        self.known_at.map(|seq| KnownAt {
            at: Some(known_at::At::Seq(seq)),
        })
    }

    fn min_position(&self) -> Option<MinPosition> {
        let at = match self.least {
            Least::Anything => return None,
            Least::Head => min_position::At::Head(true),
            Least::Position(position) => min_position::At::Position(position_to_proto(position)),
        };
        Some(MinPosition { at: Some(at) })
    }
}

/// What an answer stands on.
#[derive(Debug, Clone)]
pub struct Stands {
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// How much of the log was known.
    pub position: Position,
    /// When the last change of it was recorded.
    pub recorded_at: Option<Instant>,
    /// The reporting currency; empty = the tenant has none.
    pub currency: String,
    /// The tenant's zone.
    pub zone: Zone,
}

/// Values, and what they stand on.
#[derive(Debug, Clone)]
pub struct Told<T> {
    /// The values.
    pub says: T,
    /// What they stand on.
    pub stands: Stands,
}

/// A question about one KPI by period.
#[derive(Debug, Clone)]
pub struct SeriesAsk {
    /// The KPI.
    pub kpi: String,
    /// The first period's start; it is cut into whole periods of the grain.
    pub from: When,
    /// The end of the last one, exclusive; nothing = up to as-of.
    pub to: Option<When>,
    /// The length of periods.
    pub grain: Grain,
    /// Dimensions to group by, at most 4.
    pub group_by: Vec<String>,
    /// Dimension and value, as of [`facts::Group`]: several on one dimension are OR, on different ones AND.
    pub filters: Group,
}

/// The series of one KPI.
#[derive(Debug, Clone)]
pub struct KpiHistories {
    /// What the KPI means.
    pub definition: KpiDefinition,
    /// What its values are like.
    pub nature: Nature,
    /// Its groups, by name, missing last; one without grouping, none where nothing was ever counted.
    pub groups: Vec<History>,
}

/// kpi, as forecasting asks it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    link: PeerLink,
}

impl Source {
    /// Over a link to kpi.
    #[must_use]
    pub fn new(kpi: PeerLink) -> Self {
        Self { link: kpi }
    }

    /// The deals of a tenant, with all that is known of their past.
    ///
    /// # Errors
    /// What kpi says, and `INTERNAL` for an answer that makes no sense.
    pub async fn deals(&self, at: &At) -> Result<Told<Vec<Deal>>> {
        let (open, stands) = self.table(at, "open_deals", &facts::DEAL_DIMENSIONS).await?;
        // Of the same state, whatever is written in between.
        let (closed, _) = self
            .table(&at.pinned(&stands), "closings", &facts::DEAL_DIMENSIONS)
            .await?;
        Ok(Told {
            says: facts::deals(&open, &closed, stands.as_of, &stands.zone),
            stands,
        })
    }

    /// The leads of a tenant.
    ///
    /// # Errors
    /// As [`Self::deals`].
    pub async fn leads(&self, at: &At) -> Result<Told<Vec<Lead>>> {
        let (table, stands) = self.table(at, "leads", &LEAD_DIMENSIONS).await?;
        Ok(Told {
            says: facts::leads(&table),
            stands,
        })
    }

    /// The subscriptions of a tenant.
    ///
    /// # Errors
    /// As [`Self::deals`].
    pub async fn subscriptions(&self, at: &At) -> Result<Told<Vec<Subscription>>> {
        let (table, stands) = self
            .table(at, "subscriptions", &facts::SUBSCRIPTION_DIMENSIONS)
            .await?;
        Ok(Told {
            says: facts::subscriptions(&table),
            stands,
        })
    }

    /// The reps of a tenant who were given a quota, and when they came to reach it.
    ///
    /// # Errors
    /// As [`Self::deals`]; `FAILED_PRECONDITION` where an exchange rate is missing.
    pub async fn ramping(&self, at: &At) -> Result<Told<Vec<Rep>>> {
        let (table, stands) = self.table(at, "ramps", &[]).await?;
        Ok(Told {
            says: facts::ramping(&table, &stands.zone),
            stands,
        })
    }

    /// The rows of a fact table, with dimensions as further columns.
    ///
    /// # Errors
    /// As [`Self::deals`].
    pub async fn table(&self, at: &At, table: &str, dimensions: &[&str]) -> Result<(Table, Stands)> {
        let (mut stream, header, stands) = self.stream(at, table, dimensions).await?;
        let mut found = wire::empty(&header);
        while let Some(message) = stream.message().await.map_err(|status| from_status(&status))? {
            wire::add(&header, &message, &mut found)?;
        }
        Ok((found, stands))
    }

    /// What an answer would stand on, without an answer.
    ///
    /// # Errors
    /// As [`Self::deals`].
    pub async fn stands(&self, at: &At) -> Result<Stands> {
        // What has been sent until the stream is dropped is thrown away; of quotas there are few.
        let (_, _, stands) = self.stream(at, "quotas", &[]).await?;
        Ok(stands)
    }

    async fn stream(
        &self,
        at: &At,
        table: &str,
        dimensions: &[&str],
    ) -> Result<(Streaming<StreamFactsResponse>, wire::Header, Stands)> {
        let request = StreamFactsRequest {
            tenant: at.tenant.clone(),
            table: table.to_owned(),
            columns: Vec::new(),
            dimensions: dimensions.iter().map(ToString::to_string).collect(),
            standing: false,
            as_of: at.as_of.map(when_to_proto),
            known_at: at.known(),
            min_position: at.min_position(),
        };
        let mut client =
            KpiServiceClient::new(self.link.stream_channel()).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let answer = client.stream_facts(request).await;
        let mut stream = answer.map_err(|status| from_status(&status))?.into_inner();
        let first = stream.message().await.map_err(|status| from_status(&status))?;
        let header = first.and_then(|message| message.header);
        let header = header.ok_or_else(|| Error::internal("kpi sent facts without a header"))?;
        let stands = wire::stands(&header)?;
        Ok((stream, wire::Header::of(&header)?, stands))
    }

    /// The values of a KPI by period, of the periods that are over.
    ///
    /// # Errors
    /// As [`Self::deals`]; `NOT_FOUND` for a KPI that there is not.
    pub async fn histories(&self, at: &At, ask: &SeriesAsk) -> Result<Told<KpiHistories>> {
        let stands = self.stands(at).await?;
        let pinned = at.pinned(&stands);
        let definition = self.definition(&pinned, &ask.kpi).await?;
        let filter = |(dimension, value): &(String, Option<String>)| Filter {
            dimension: dimension.clone(),
            value: value.clone(),
        };
        let request = QueryKpisRequest {
            tenant: pinned.tenant.clone(),
            kpis: vec![ask.kpi.clone()],
            from: Some(when_to_proto(ask.from)),
            to: ask.to.map(when_to_proto),
            grain: wire::grain(ask.grain).into(),
            group_by: ask.group_by.clone(),
            filters: ask.filters.iter().map(filter).collect(),
            as_of: pinned.as_of.map(when_to_proto),
            known_at: pinned.known(),
            min_position: pinned.min_position(),
            ..QueryKpisRequest::default()
        };
        let answer = self.kpis().query_kpis(request).await;
        let answer = answer.map_err(|status| from_status(&status))?.into_inner();
        let values = answer.values.iter().map(value_of).collect::<Result<Vec<_>>>()?;
        let nature = Nature::of(&definition);
        let groups = facts::histories(&values, &nature, ask.grain, stands.as_of, &stands.zone);
        Ok(Told {
            says: KpiHistories {
                definition,
                nature,
                groups,
            },
            stands,
        })
    }

    /// What a KPI means.
    ///
    /// # Errors
    /// As [`Self::histories`].
    pub async fn definition(&self, at: &At, kpi: &str) -> Result<KpiDefinition> {
        let mut client =
            CatalogServiceClient::new(self.link.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let request = GetKpiRequest {
            tenant: at.tenant.clone(),
            id: kpi.to_owned(),
            min_position: match at.least {
                Least::Position(position) => Some(position_to_proto(position)),
                Least::Anything | Least::Head => None,
            },
        };
        let answer = client
            .get_kpi(request)
            .await
            .map_err(|status| from_status(&status))?;
        let definition = answer.into_inner().kpi;
        definition.ok_or_else(|| Error::internal("kpi sent no definition"))
    }

    /// The values of KPIs.
    #[must_use]
    pub fn kpis(&self) -> KpiServiceClient<PeerChannel> {
        KpiServiceClient::new(self.link.channel()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// The start or end of a value's period.
fn when_of(message: Option<&DateOrTime>) -> Result<When> {
    let told = message
        .map(when_from_proto)
        .transpose()
        .map_err(Error::internal)?;
    told.flatten()
        .ok_or_else(|| Error::internal("kpi sent a value without a period"))
}

fn value_of(message: &KpiValue) -> Result<Value> {
    Ok(Value {
        start: when_of(message.period_start.as_ref())?,
        end: when_of(message.period_end.as_ref())?,
        group: message
            .group
            .iter()
            .map(|part| (part.dimension.clone(), part.name.clone()))
            .collect(),
        value: message.value.as_deref().and_then(|text| text.parse().ok()),
        n: message.n,
        unit: message.unit.clone(),
    })
}
