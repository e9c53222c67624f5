//! Records: written in batches, read one by one or page by page.

use std::collections::HashSet;

use bellwether_contracts::convert::{kind_from_proto, position_to_proto};
use bellwether_contracts::ingestion::record_service_server::RecordService;
use bellwether_contracts::ingestion::{
    DeleteRecordRequest, DeleteRecordResponse, GetRecordRequest, GetRecordResponse, ListRecordsRequest,
    ListRecordsResponse, MergeRecordsRequest, MergeRecordsResponse, UpsertRecordsRequest,
    UpsertRecordsResponse,
};
use bellwether_domain::{Error, ErrorReason, RecordKey, RecordKind, Result, TenantId, Violation};
use bellwether_runtime::authorize;
use bellwether_storage::{Page, PageSigner, QueryHash, page_size};
use tonic::{Request, Response, Status};

use super::{PAGE, answer, check_name, unknown_tenant};
use crate::log::{merged_away, no_such_record};
use crate::store::{Reader, Store};
use crate::worker::{Priority, UpsertBatch, Writer};

/// Batches of up to this many records are somebody waiting; larger ones are bulk.
const INTERACTIVE_ROWS: usize = 100;
/// The most records that are merged at once.
const MOST_LOSERS: usize = 1_000;

/// `ingestion.v1.RecordService`.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    pub(crate) store: Store,
    pub(crate) writer: Writer,
    pub(crate) pages: PageSigner,
}

impl Records {
    async fn upsert(&self, request: Request<UpsertRecordsRequest>) -> Result<UpsertRecordsResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let priority = if message.records.len() <= INTERACTIVE_ROWS {
            Priority::Interactive
        } else {
            Priority::Bulk
        };
        let batch = UpsertBatch {
            records: message.records,
            request_id: Some(message.request_id),
            all_or_nothing: message.all_or_nothing,
            expected: message.expected_seq,
            priority,
        };
        self.writer.upsert_records(&tenant, batch).await
    }

    async fn get(&self, request: Request<GetRecordRequest>) -> Result<GetRecordResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let kind = record_kind(message.kind)?;
        let key = record_key(kind, message.id)?;
        let reader = self.reader(&tenant).await?;
        if let Some(record) = reader.record(&key).await? {
            return Ok(GetRecordResponse { record: Some(record) });
        }
        let survivor = reader.survivor(&key).await?;
        Err(survivor.map_or_else(|| no_such_record(&key), |survivor| merged_away(&key, &survivor)))
    }

    async fn list(&self, request: Request<ListRecordsRequest>) -> Result<ListRecordsResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let kind = record_kind(message.kind)?;
        let rows = page_size(message.page_size, PAGE.0, PAGE.1)?;
        let parts = [tenant.as_str().as_bytes(), kind.name().as_bytes()];
        let query = QueryHash::of("ListRecords", &parts);
        let page = self.pages.open(&query, &message.page_token)?;
        let reader = self.reader(&tenant).await?;
        let head = reader.position();
        let Page { at, cursor } = page.unwrap_or(Page {
            at: head,
            cursor: Vec::new(),
        });
        if at.epoch != head.epoch || at.seq > head.seq {
            let message = "the page token is of another life of the log; start again with an empty token";
            return Err(Error::invalid(
                ErrorReason::InvalidPageToken,
                "page_token",
                message,
            ));
        }
        let after =
            String::from_utf8(cursor).map_err(|_| Error::internal("a signed page token names no id"))?;
        let found = reader.list(kind, at.seq, &after, rows).await?;
        let token = found.next.map(|id| self.pages.issue(&query, at, id.as_bytes()));
        Ok(ListRecordsResponse {
            records: found.records,
            next_page_token: token.unwrap_or_default(),
            position: Some(position_to_proto(at)),
        })
    }

    async fn delete(&self, request: Request<DeleteRecordRequest>) -> Result<DeleteRecordResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let kind = record_kind(message.kind)?;
        let key = record_key(kind, message.id)?;
        let terms = (message.expected_seq, Some(message.request_id));
        self.writer.delete(&tenant, key, terms).await
    }

    async fn merge(&self, request: Request<MergeRecordsRequest>) -> Result<MergeRecordsResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let (survivor, losers) = merge_of(&message)?;
        let request_id = Some(message.request_id);
        self.writer.merge(&tenant, survivor, losers, request_id).await
    }

    async fn reader(&self, tenant: &TenantId) -> Result<Reader> {
        let reader = self.store.reader(tenant).await?;
        reader.ok_or_else(|| unknown_tenant(tenant))
    }
}

/// The kind of a request about records.
fn record_kind(number: i32) -> Result<RecordKind> {
    match kind_from_proto(number) {
        Some(RecordKind::Settings) => Err(Error::invalid(
            ErrorReason::InvalidField,
            "kind",
            "settings are no record: use TenantService",
        )),
        Some(kind) => Ok(kind),
        None => Err(Error::invalid(
            ErrorReason::InvalidField,
            "kind",
            format!("{number} is not a kind of record: give one, such as RECORD_KIND_OPPORTUNITY"),
        )),
    }
}

fn record_key(kind: RecordKind, id: String) -> Result<RecordKey> {
    if id.is_empty() {
        return Err(Error::invalid(
            ErrorReason::InvalidField,
            "id",
            "is missing: name the record",
        ));
    }
    check_name("id", &id)?;
    Ok(RecordKey { kind, id })
}

/// Who stays and who goes in a merge.
///
/// # Errors
/// `INVALID_ARGUMENT` with everything that is wrong with the request by itself.
fn merge_of(message: &MergeRecordsRequest) -> Result<(RecordKey, Vec<RecordKey>)> {
    let kind = record_kind(message.kind)?;
    let mut wrong = Vec::new();
    if !kind.can_merge() {
        let text =
            format!("records of kind {kind} cannot be merged: give RECORD_KIND_ACCOUNT or RECORD_KIND_LEAD");
        wrong.push(Violation::new("kind", text));
    }
    let count = message.loser_ids.len();
    if !(1..=MOST_LOSERS).contains(&count) {
        let text = format!("holds {count} ids: give 1 to {MOST_LOSERS}");
        wrong.push(Violation::new("loser_ids", text));
    }
    let mut seen = HashSet::new();
    let named = std::iter::once(("survivor_id".to_owned(), &message.survivor_id));
    let losers = message.loser_ids.iter().enumerate().take(MOST_LOSERS);
    for (field, id) in named.chain(losers.map(|(at, id)| (format!("loser_ids[{at}]"), id))) {
        if let Err(error) = record_key(kind, id.clone()) {
            wrong.extend(
                error
                    .violations
                    .into_iter()
                    .map(|one| Violation::new(&field, one.message)),
            );
        } else if !seen.insert(id) {
            let text = if *id == message.survivor_id {
                format!("`{id}` is the survivor: a record cannot be merged into itself")
            } else {
                format!("`{id}` stands twice: name each loser once")
            };
            wrong.push(Violation::new(&field, text));
        }
    }
    if !wrong.is_empty() {
        return Err(Error::violations(ErrorReason::InvalidField, wrong));
    }
    let key = |id: &String| RecordKey { kind, id: id.clone() };
    Ok((
        key(&message.survivor_id),
        message.loser_ids.iter().map(key).collect(),
    ))
}

#[tonic::async_trait]
impl RecordService for Records {
    async fn upsert_records(
        &self,
        request: Request<UpsertRecordsRequest>,
    ) -> std::result::Result<Response<UpsertRecordsResponse>, Status> {
        answer(self.upsert(request).await)
    }

    async fn get_record(
        &self,
        request: Request<GetRecordRequest>,
    ) -> std::result::Result<Response<GetRecordResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn list_records(
        &self,
        request: Request<ListRecordsRequest>,
    ) -> std::result::Result<Response<ListRecordsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn delete_record(
        &self,
        request: Request<DeleteRecordRequest>,
    ) -> std::result::Result<Response<DeleteRecordResponse>, Status> {
        answer(self.delete(request).await)
    }

    async fn merge_records(
        &self,
        request: Request<MergeRecordsRequest>,
    ) -> std::result::Result<Response<MergeRecordsResponse>, Status> {
        answer(self.merge(request).await)
    }
}
