//! Why a value is another one than a receipt says: between two receipts, or between one and now, page by page.

use std::sync::Arc;

use bellwether_contracts::convert::{instant_from_proto, instant_to_proto, position_to_proto};
use bellwether_contracts::kpi::{
    ExplainChangeRequest, ExplainChangeResponse, KpiValue, QueryKpisRequest, ReceiptPair, Restatement,
    Watermark,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Instant, Position, Result, TenantId};
use bellwether_runtime::auth::Scope;
use bellwether_storage::paging::{Page, QueryHash, page_size};
use prost::Message as _;

use super::{Answers, Pending};
use crate::query::Row;
use crate::receipt::{Derivation, Receipt};
use crate::restate::{Cause, End, Part, Restated, restate};
use crate::rpc::{restatement_of, value_of};
use crate::tenant::TenantFacts;

/// Records of a page when nothing is said, and at most.
const PAGE: (usize, usize) = (100, 1_000);

/// The receipts of a request.
struct Pair {
    before: Receipt,
    after: Option<Receipt>,
}

/// A change as it was found, and where its end stands.
struct Found {
    at: Position,
    recorded_at: Option<Instant>,
    as_of: Instant,
    restated: Restated,
    /// How the value is made from records at its end.
    derivation: Derivation,
}

impl Answers {
    /// Why a value is another one than it was given as.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for receipts and page tokens that this caller was not given, and for receipts of two values;
    /// `OUT_OF_RANGE` when what was known then is gone; as [`Self::query`].
    pub(crate) async fn restate(
        &self,
        tenant: TenantId,
        scope: Scope,
        asked: &ExplainChangeRequest,
        receipts: &ReceiptPair,
    ) -> Result<ExplainChangeResponse> {
        let rows = page_size(asked.page_size, PAGE.0, PAGE.1)?;
        let holder = Pending::new(tenant.clone(), scope.clone(), QueryKpisRequest::default());
        let bare = receipts.encode_to_vec();
        let asker = holder.asker();
        let parts = [asker.tenant.as_bytes(), asker.scope.as_bytes(), &bare];
        let hash = QueryHash::of("ExplainChange", &parts);
        let page = self.inner.pages.open(&hash, &asked.page_token)?;
        let pair = self.pair(&holder, receipts)?;
        for receipt in std::iter::once(&pair.before).chain(&pair.after) {
            if self.is_gone(&tenant, receipt).await? {
                return Err(gone());
            }
        }
        if let Some(page) = &page {
            self.inner.tenants.wait_for(&tenant, page.at).await?;
        }
        let all = scope == Scope::All;
        let question = pair.before.question(tenant.as_str());
        let pending = Pending::new(tenant, scope, question);
        let pair = Arc::new(pair);
        let found = self.restated(&pending, Arc::clone(&pair), page.as_ref()).await?;
        let records = &found.restated.records;
        let from = page.as_ref().map_or(Ok(0), place)?;
        let to = records.len().min(from.saturating_add(rows));
        let next = (to < records.len()).then(|| {
            let cursor = (to as u64).to_le_bytes();
            self.inner.pages.issue(&hash, found.at, &cursor)
        });
        let (before, after) = (pair.before.claimed(), pair.end(&found));
        let parts = told(&found.restated, [&before, &after]);
        let change = number(&after).zip(number(&before));
        let change = change.map(|(after, before)| after - before);
        let listed = records.get(from..to).unwrap_or_default();
        let given = pair.before.derivation.clone().unwrap_or_default();
        Ok(ExplainChangeResponse {
            as_of: Some(instant_to_proto(found.as_of)),
            watermark: after.watermark,
            restatement: Some(Restatement {
                before: Some(before),
                after: Some(after),
                derivation: given.changes(&found.derivation),
                ..restatement_of(change.as_ref(), &parts, listed, records.len(), all)
            }),
            next_page_token: next.unwrap_or_default(),
            ..ExplainChangeResponse::default()
        })
    }

    fn pair(&self, holder: &Pending, receipts: &ReceiptPair) -> Result<Pair> {
        let named = |error: Error, field: &str| {
            let message = error.violations.first().map(|one| one.message.clone());
            Error::invalid(error.reason, field, message.unwrap_or(error.message))
        };
        let open = |token: &str, field: &str| {
            let opened = self.inner.seal.open(holder.asker(), token);
            opened.map_err(|error| named(error, field))
        };
        let before = open(&receipts.before, "receipts.before")?;
        let after = match receipts.after.as_str() {
            "" => None,
            token => Some(open(token, "receipts.after")?),
        };
        let wrong = |text: &str| Err(Error::invalid(ErrorReason::InvalidField, "receipts.after", text));
        match &after {
            Some(after) if !after.is_of_same(&before) => {
                wrong("it is of another value: of another KPI, period, group or filter")
            }
            Some(after) if after.position().seq < before.position().seq => {
                wrong("it was given before the other one: give the earlier one first")
            }
            _ => Ok(Pair { before, after }),
        }
    }

    async fn restated(&self, pending: &Pending, pair: Arc<Pair>, page: Option<&Page>) -> Result<Found> {
        let inner = &self.inner;
        let (library, threads) = (inner.library.clone(), inner.threads);
        let (ask, pinned) = (pending.ask()?, page.map(|page| page.at));
        let find = move |facts: &TenantFacts| {
            let same_life = |receipt: &Receipt| {
                let position = receipt.position();
                facts.position().epoch == position.epoch
                    && facts.recorded_at(position.seq) == receipt.recorded_at()
            };
            let receipts = std::iter::once(&pair.before).chain(&pair.after);
            let other_life = pinned.is_some_and(|pinned| pinned.epoch != facts.position().epoch);
            if other_life || !receipts.clone().all(same_life) {
                return Err(gone());
            }
            let of = pair.after.as_ref().map(Receipt::position).or(pinned);
            let at = of.unwrap_or_else(|| facts.position());
            let start = pair.before.as_of()?;
            let as_of = pair.after.as_ref().map_or(Ok(start), Receipt::as_of)?;
            let then = library.at(facts, pair.before.position().seq);
            let catalogue = library.at(facts, at.seq);
            let end = |seq, as_of, catalogue| End {
                seq,
                as_of,
                catalogue,
            };
            let ends = (
                end(pair.before.position().seq, start, &*then),
                end(at.seq, as_of, &*catalogue),
            );
            let restated = restate(facts, &ask, &pair.before.group(), ends, threads)?;
            let kpi = catalogue.kpi(&pair.before.claimed().kpi).ok();
            let now = Derivation::new(kpi, facts.settings_version(at.seq));
            let given = pair.after.as_ref().and_then(|after| after.derivation.clone());
            Ok(Found {
                at,
                recorded_at: facts.recorded_at(at.seq),
                as_of,
                restated,
                derivation: given.unwrap_or(now),
            })
        };
        inner.tenants.read(pending.tenant(), find).await?
    }
}

impl Pair {
    /// The value at the end: as it was given, or as it is now.
    fn end(&self, found: &Found) -> KpiValue {
        if let Some(after) = &self.after {
            return after.claimed();
        }
        let before = self.before.claimed();
        let watermark = Watermark {
            position: Some(position_to_proto(found.at)),
            recorded_at: found.recorded_at.map(instant_to_proto),
        };
        let now = match &found.restated.rows[1] {
            Some(row) => value_of(row),
            // There is no group of that name any more.
            None => KpiValue {
                kpi: before.kpi.clone(),
                period_start: before.period_start.clone(),
                period_end: before.period_end.clone(),
                group: before.group.clone(),
                unit: before.unit.clone(),
                ..KpiValue::default()
            },
        };
        KpiValue {
            as_of: before.as_of,
            watermark: Some(watermark),
            ..now
        }
    }
}

impl Receipt {
    /// Up to when events counted.
    fn as_of(&self) -> Result<Instant> {
        let as_of = self.claimed().as_of;
        let found = as_of.as_ref().and_then(|at| instant_from_proto(at).ok());
        found.ok_or_else(|| Error::internal("a receipt without as-of"))
    }
}

fn gone() -> Error {
    let message = "receipts: what was known then is gone: ask for the value anew";
    Error::new(ErrorCode::OutOfRange, ErrorReason::BeyondHorizon, message)
}

/// Where a page begins.
fn place(page: &Page) -> Result<usize> {
    let bytes: Option<[u8; 8]> = page.cursor.get(..8).and_then(|bytes| bytes.try_into().ok());
    let place = bytes.and_then(|bytes| usize::try_from(u64::from_le_bytes(bytes)).ok());
    place.ok_or_else(|| Error::internal("a page token of another form"))
}

fn number(value: &KpiValue) -> Option<Exact> {
    value.value.as_ref()?.parse().ok()
}

/// The parts of the change between two values as they were given: what the way from records to values made of them when
/// they were given, and does not any more, is due to that way.
fn told(restated: &Restated, [before, after]: [&KpiValue; 2]) -> Vec<Part> {
    let of_row = |row: &Option<Row>| -> Option<Exact> { row.as_ref()?.value.as_ref().ok()?.parse().ok() };
    let ends = [number(before), number(after)];
    let walked = restated.rows.each_ref().map(of_row);
    if ends == walked {
        return restated.parts.clone();
    }
    let off = |end: usize| {
        ends[end]
            .as_ref()
            .zip(walked[end].as_ref())
            .map(|(given, now)| given - now)
    };
    let more = off(1).zip(off(0)).map(|(after, before)| after - before);
    let mut parts = restated.parts.clone();
    match parts.iter_mut().find(|part| part.cause == Cause::Derivation) {
        Some(part) => part.value = part.value.take().zip(more).map(|(value, more)| value + more),
        None => parts.push(Part {
            cause: Cause::Derivation,
            value: more,
            records: 0,
        }),
    }
    parts
}
