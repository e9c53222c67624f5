//! Records: written in batches, read one by one or page by page.

use bellwether_contracts::convert::{kind_from_proto, position_to_proto};
use bellwether_contracts::ingestion::record_service_server::RecordService;
use bellwether_contracts::ingestion::{
    DeleteRecordRequest, DeleteRecordResponse, GetRecordRequest, GetRecordResponse, ListRecordsRequest,
    ListRecordsResponse, UpsertRecordsRequest, UpsertRecordsResponse,
};
use bellwether_domain::{Error, ErrorReason, RecordKey, RecordKind, Result, TenantId};
use bellwether_runtime::authorize;
use bellwether_storage::{Page, PageSigner, QueryHash, page_size};
use tonic::{Request, Response, Status};

use super::{PAGE, answer, check_name, unknown_tenant};
use crate::log::no_such_record;
use crate::store::{Reader, Store};
use crate::worker::{Priority, UpsertBatch, Writer};

/// Batches of up to this many records are somebody waiting; larger ones are bulk.
const INTERACTIVE_ROWS: usize = 100;

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
            priority,
        };
        self.writer.upsert_records(&tenant, batch).await
    }

    async fn get(&self, request: Request<GetRecordRequest>) -> Result<GetRecordResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let kind = record_kind(message.kind)?;
        let key = record_key(kind, message.id)?;
        let found = self.reader(&tenant).await?.record(&key).await?;
        let record = found.ok_or_else(|| no_such_record(&key))?;
        Ok(GetRecordResponse { record: Some(record) })
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
        self.writer.delete(&tenant, key, Some(message.request_id)).await
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
}
