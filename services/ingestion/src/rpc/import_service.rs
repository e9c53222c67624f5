//! Imports of files.

use bellwether_contracts::convert::{instant_to_proto, position_to_proto};
use bellwether_contracts::ingestion::import_file_request::Part;
use bellwether_contracts::ingestion::import_service_server::ImportService;
use bellwether_contracts::ingestion::{
    self, GetImportRequest, GetImportResponse, Import, ImportCount, ImportFileRequest, ImportFileResponse,
    ListRejectsRequest, ListRejectsResponse, Reject,
};
use bellwether_domain::{Error, ErrorReason, Result, TenantId};
use bellwether_runtime::authorize;
use bellwether_storage::{PageSigner, QueryHash, page_size};
use tonic::{Request, Response, Status, Streaming};

use super::{PAGE, answer, check_name};
use crate::import::{Imports, Upload};
use crate::store::{ImportRow, ImportState, RejectCursor, Store};

/// `ingestion.v1.ImportService`.
#[derive(Debug, Clone)]
pub(crate) struct ImportDesk {
    pub(crate) store: Store,
    pub(crate) imports: Imports,
    pub(crate) pages: PageSigner,
}

impl ImportDesk {
    async fn import_file(
        &self,
        mut request: Request<Streaming<ImportFileRequest>>,
    ) -> Result<ImportFileResponse> {
        let first = request.get_mut().message().await;
        let first = first.ok().flatten().and_then(|message| message.part);
        let Some(Part::Begin(begin)) = first else {
            let message = "is missing: the first message says what is to come";
            return Err(Error::invalid(ErrorReason::InvalidField, "begin", message));
        };
        let tenant = authorize(&request, &begin.tenant)?;
        let upload = Upload::receive(&self.imports, tenant, begin, request.into_inner()).await?;
        let row = self.imports.run(upload).await?;
        Ok(ImportFileResponse {
            import: Some(to_proto(row)),
        })
    }

    async fn get(&self, request: Request<GetImportRequest>) -> Result<GetImportResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let row = self.row(&tenant, &request.get_ref().import_id).await?;
        Ok(GetImportResponse {
            import: Some(to_proto(row)),
        })
    }

    async fn rejects(&self, request: Request<ListRejectsRequest>) -> Result<ListRejectsResponse> {
        let message = request.get_ref();
        let tenant = authorize(&request, &message.tenant)?;
        let rows = page_size(message.page_size, PAGE.0, PAGE.1)?;
        let import = self.row(&tenant, &message.import_id).await?;
        // A token of an earlier run of the import would skip rejects of this one.
        let run = import.run.to_le_bytes();
        let parts = [tenant.as_str().as_bytes(), message.import_id.as_bytes(), &run];
        let query = QueryHash::of("ListRejects", &parts);
        let page = self.pages.open(&query, &message.page_token)?;
        let after = page.map(|page| read_cursor(&page.cursor)).transpose()?;
        let mut rejects = self
            .store
            .rejects(&tenant, &message.import_id, after, rows as u64 + 1)
            .await?;
        let more = rejects.len() > rows;
        rejects.truncate(rows);
        let last = rejects.last().filter(|_| more);
        let token = last.map(|last| self.pages.issue(&query, import.position, &cursor(last.at)));
        let reject = |row: crate::store::RejectRow| Reject {
            file: row.file,
            line: row.at.line,
            field: row.field,
            reason: row.reason,
        };
        Ok(ListRejectsResponse {
            next_page_token: token.unwrap_or_default(),
            rejects: rejects.into_iter().map(reject).collect(),
        })
    }

    async fn row(&self, tenant: &TenantId, id: &str) -> Result<ImportRow> {
        check_name("import_id", id)?;
        let found = self.store.import(tenant, id).await?;
        found.ok_or_else(|| {
            Error::not_found(
                ErrorReason::ImportNotFound,
                format!("tenant `{tenant}` has no import `{id}`"),
            )
        })
    }
}

fn cursor(at: RejectCursor) -> Vec<u8> {
    [
        &at.file.to_le_bytes()[..],
        &at.line.to_le_bytes(),
        &at.ordinal.to_le_bytes(),
    ]
    .concat()
}

fn read_cursor(bytes: &[u8]) -> Result<RejectCursor> {
    let parts = bytes.split_first_chunk::<4>().and_then(|(file, rest)| {
        let (line, rest) = rest.split_first_chunk::<8>()?;
        Some((file, line, rest.first_chunk::<4>()?))
    });
    let (file, line, ordinal) = parts.ok_or_else(|| Error::internal("a signed page token names no place"))?;
    Ok(RejectCursor {
        file: u32::from_le_bytes(*file),
        line: u64::from_le_bytes(*line),
        ordinal: u32::from_le_bytes(*ordinal),
    })
}

fn to_proto(row: ImportRow) -> Import {
    let state = match row.state {
        ImportState::Running => ingestion::ImportState::Running,
        ImportState::Done => ingestion::ImportState::Done,
        ImportState::Failed => ingestion::ImportState::Failed,
    };
    let count = |(kind, counts): (String, crate::store::ImportCounts)| ImportCount {
        kind,
        changed: counts.changed,
        unchanged: counts.unchanged,
    };
    Import {
        import_id: row.id,
        state: state.into(),
        rows: row.rows,
        rejected: row.rejected,
        position: Some(position_to_proto(row.position)),
        records: row.records.into_iter().map(count).collect(),
        warnings: row.warnings,
        error: row.error,
        started_at: Some(instant_to_proto(row.started_at)),
        ended_at: row.ended_at.map(instant_to_proto),
    }
}

#[tonic::async_trait]
impl ImportService for ImportDesk {
    async fn import_file(
        &self,
        request: Request<Streaming<ImportFileRequest>>,
    ) -> std::result::Result<Response<ImportFileResponse>, Status> {
        answer(self.import_file(request).await)
    }

    async fn get_import(
        &self,
        request: Request<GetImportRequest>,
    ) -> std::result::Result<Response<GetImportResponse>, Status> {
        answer(self.get(request).await)
    }

    async fn list_rejects(
        &self,
        request: Request<ListRejectsRequest>,
    ) -> std::result::Result<Response<ListRejectsResponse>, Status> {
        answer(self.rejects(request).await)
    }
}
