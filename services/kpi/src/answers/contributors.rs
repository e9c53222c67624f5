//! The records behind a value, page by page: all pages of a list stand at one position and one as-of.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::kpi::list_contributors_request::Of;
use bellwether_contracts::kpi::{
    Contributor, ContributorPart, KnownAt, KpiValue, ListContributorsRequest, ListContributorsResponse,
    QueryKpisRequest, Watermark, known_at,
};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position, Result, TenantId};
use bellwether_runtime::auth::Scope;
use bellwether_storage::paging::{Page, QueryHash, page_size};
use prost::Message as _;

use super::{Answers, Pending};
use crate::query::{self, Named, cell, contributors, known_seq};
use crate::rpc::{kind_of, value_of};
use crate::tenant::TenantFacts;

/// Records of a page when nothing is said, and at most.
const PAGE: (usize, usize) = (100, 1_000);

/// A value whose records are asked for.
struct Asked {
    question: QueryKpisRequest,
    /// `None` = of a question that is not grouped.
    group: Vec<Named>,
}

/// A list of records as it was found, and where it stands.
struct Found {
    at: Position,
    as_of: Instant,
    list: Vec<query::Contributor>,
    value: Option<KpiValue>,
}

impl Answers {
    /// The records behind a value.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a receipt or page token that this caller was not given and for a question that is not about
    /// one value, `OUT_OF_RANGE` when what was known then is gone; as [`Self::query`].
    pub(crate) async fn contributors(
        &self,
        tenant: TenantId,
        scope: Scope,
        request: &ListContributorsRequest,
    ) -> Result<ListContributorsResponse> {
        let rows = page_size(request.page_size, PAGE.0, PAGE.1)?;
        let holder = Pending::new(tenant.clone(), scope.clone(), QueryKpisRequest::default());
        let asker = holder.asker();
        let bare = ListContributorsRequest {
            page_size: 0,
            page_token: String::new(),
            ..request.clone()
        };
        let parts = [
            asker.tenant.as_bytes(),
            asker.scope.as_bytes(),
            &bare.encode_to_vec(),
        ];
        let hash = QueryHash::of("ListContributors", &parts);
        let page = self.inner.pages.open(&hash, &request.page_token)?;
        let mut asked = self.asked(&tenant, &holder, request).await?;
        let from = match &page {
            Some(page) => pin(&mut asked.question, page)?,
            None => 0,
        };
        if let Some(page) = &page {
            self.inner.tenants.wait_for(&tenant, page.at).await?;
        }
        let pending = Arc::new(Pending::new(tenant, scope, asked.question));
        let found = self.found(&pending, asked.group, page.as_ref()).await?;
        let to = found.list.len().min(from.saturating_add(rows));
        let next = (to < found.list.len()).then(|| {
            let mut cursor = found.as_of.as_micros().to_le_bytes().to_vec();
            cursor.extend_from_slice(&(to as u64).to_le_bytes());
            self.inner.pages.issue(&hash, found.at, &cursor)
        });
        Ok(ListContributorsResponse {
            value: found.value,
            total: found.list.len() as u64,
            contributors: found
                .list
                .get(from..to)
                .unwrap_or_default()
                .iter()
                .map(message)
                .collect(),
            next_page_token: next.unwrap_or_default(),
        })
    }

    /// The value that a request names.
    async fn asked(
        &self,
        tenant: &TenantId,
        holder: &Pending,
        request: &ListContributorsRequest,
    ) -> Result<Asked> {
        let wrong = |field: &str, text: &str| Err(Error::invalid(ErrorReason::InvalidField, field, text));
        match &request.of {
            None => wrong("receipt", "give a receipt, or a query about one value"),
            Some(Of::Receipt(token)) => {
                let receipt = self.inner.seal.open(holder.asker(), token)?;
                if self.is_gone(tenant, &receipt).await? {
                    let message = "receipt: what was known then is gone: ask for the value anew";
                    let (code, reason) = (ErrorCode::OutOfRange, ErrorReason::BeyondHorizon);
                    return Err(Error::new(code, reason, message));
                }
                Ok(Asked {
                    question: receipt.question(tenant.as_str()),
                    group: receipt.group(),
                })
            }
            Some(Of::Query(query)) => {
                if query.kpis.len() != 1 {
                    return wrong("query.kpis", "name one KPI");
                }
                if !query.group_by.is_empty() {
                    return wrong("query.group_by", "one value has no groups: filter instead");
                }
                if query.grain != 0 {
                    return wrong("query.grain", "one value has one period: give `from` and `to`");
                }
                Ok(Asked {
                    question: query.clone(),
                    group: Vec::new(),
                })
            }
        }
    }

    /// The whole list, and on its first page the value.
    async fn found(&self, pending: &Arc<Pending>, group: Vec<Named>, page: Option<&Page>) -> Result<Found> {
        let inner = &self.inner;
        let (library, now, threads) = (inner.library.clone(), inner.clock.now(), inner.threads);
        let (ask, pinned) = (pending.ask()?, page.map(|page| page.at));
        let find = move |facts: &TenantFacts| {
            let at = Position {
                epoch: facts.position().epoch,
                seq: known_seq(facts, &ask, now)?,
            };
            if pinned.is_some_and(|pinned| pinned != at) {
                let message = "page_token: the log has begun a new life: start again with an empty token";
                let (code, reason) = (ErrorCode::OutOfRange, ErrorReason::SnapshotRequired);
                return Err(Error::new(code, reason, message));
            }
            let catalogue = library.at(facts, at.seq);
            let found = contributors(facts, &catalogue, &ask, &group, now, threads)?;
            let Some(found) = found else {
                return Err(parts(&ask.kpis));
            };
            let row = match pinned {
                Some(_) => None,
                None => cell(facts, &catalogue, &ask, &group, now, threads)?,
            };
            let value = |row| KpiValue {
                as_of: Some(instant_to_proto(found.as_of)),
                watermark: Some(Watermark {
                    position: Some(position_to_proto(at)),
                    recorded_at: facts.recorded_at(at.seq).map(instant_to_proto),
                }),
                ..value_of(&row)
            };
            Ok(Found {
                at,
                as_of: found.as_of,
                value: row.map(value),
                list: found.list,
            })
        };
        inner.tenants.read(&pending.tenant, find).await?
    }
}

fn parts(kpis: &[String]) -> Error {
    let id = kpis.first().map(String::as_str).unwrap_or_default();
    let message = format!("`{id}` comes in parts: give the receipt of one of its values");
    Error::invalid(ErrorReason::InvalidField, "query.kpis", message)
}

/// Pins a question to where the first page of its list stands; gives the place of the next record.
fn pin(question: &mut QueryKpisRequest, page: &Page) -> Result<usize> {
    let number = |from: usize| {
        let bytes = page.cursor.get(from..from + 8)?;
        bytes.try_into().ok().map(i64::from_le_bytes)
    };
    let (Some(as_of), Some(place)) = (number(0), number(8)) else {
        return Err(Error::internal("a page token of another form"));
    };
    question.known_at = Some(KnownAt {
        at: Some(known_at::At::Seq(page.at.seq)),
    });
    question.as_of = Some(DateOrTime {
        value: Some(date_or_time::Value::Instant(instant_to_proto(
            Instant::from_micros(as_of),
        ))),
    });
    usize::try_from(place).map_err(|_| Error::internal("a page token of another form"))
}

fn message(one: &query::Contributor) -> Contributor {
    let part = |(measure, value): &(Arc<str>, Option<_>)| ContributorPart {
        measure: measure.to_string(),
        value: value
            .as_ref()
            .map(bellwether_domain::exact::Exact::to_exact_string),
    };
    Contributor {
        kind: kind_of(one.kind).to_owned(),
        id: one.id.to_string(),
        name: one.name.as_ref().map(ToString::to_string),
        contribution: one.contribution.as_ref().map(|value| value.to_exact_string()),
        parts: one.parts.iter().map(part).collect(),
    }
}
