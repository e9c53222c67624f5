//! The one way by which kpi writes: records of the plan, to the log, through ingestion. kpi itself keeps nothing.

use bellwether_contracts::convert::position_from_proto;
use bellwether_contracts::ingestion::record_service_client::RecordServiceClient;
use bellwether_contracts::ingestion::{
    DeleteRecordRequest, UpsertOutcome, UpsertRecordsRequest, UpsertResult,
};
use bellwether_contracts::sales;
use bellwether_domain::{Error, ErrorReason, Position, RecordKind, Result, TenantId, Violation};
use bellwether_runtime::MAX_MESSAGE_BYTES;

use super::Tenants;

/// A record as it is to be.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    /// The record.
    pub(crate) record: sales::Record,
    /// The change that must hold its current version; 0 = there must be no such record; `None` = whatever holds.
    pub(crate) expected: Option<u64>,
    /// Names the request; empty = none.
    pub(crate) request_id: String,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The log's position after it.
    pub(crate) position: Position,
    /// The change that holds the record's current version.
    pub(crate) seq: u64,
}

impl Tenants {
    /// Writes a record for a caller who was found to act for all rows of the tenant.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` with every rule that it breaks, `ABORTED` when it does not stand as expected, `ALREADY_EXISTS` for
    /// a request id that named another request, `UNAVAILABLE` while ingestion is away: send it again under its request id.
    pub(crate) async fn write(&self, tenant: &TenantId, edit: Edit) -> Result<Written> {
        let channel = self.link().channel();
        let mut client = RecordServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let request = UpsertRecordsRequest {
            tenant: tenant.to_string(),
            records: vec![edit.record],
            request_id: edit.request_id,
            all_or_nothing: true,
            expected_seq: edit.expected,
        };
        let reply = self.asked(client.upsert_records(request)).await?;
        let position = reply.position.as_ref().map(position_from_proto);
        match reply.results.as_slice() {
            [one] => Ok(Written {
                position: position.unwrap_or_default(),
                seq: written(one)?,
            }),
            _ => Err(Error::internal(
                "ingestion answered another request than the one asked",
            )),
        }
    }

    /// Takes a record back, for such a caller.
    ///
    /// # Errors
    /// `NOT_FOUND` when it is not there; as [`Self::write`].
    pub(crate) async fn take_back(
        &self,
        tenant: &TenantId,
        (kind, id): (RecordKind, &str),
        (expected, request_id): (Option<u64>, &str),
    ) -> Result<Position> {
        let channel = self.link().channel();
        let mut client = RecordServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let request = DeleteRecordRequest {
            tenant: tenant.to_string(),
            kind: kind.number(),
            id: id.to_owned(),
            request_id: request_id.to_owned(),
            expected_seq: expected,
        };
        let reply = self.asked(client.delete_record(request)).await?;
        Ok(reply
            .position
            .as_ref()
            .map(position_from_proto)
            .unwrap_or_default())
    }
}

fn written(result: &UpsertResult) -> Result<u64> {
    match result.outcome() {
        UpsertOutcome::Created | UpsertOutcome::Changed | UpsertOutcome::Unchanged => Ok(result.seq),
        UpsertOutcome::Rejected => {
            let violations = result.violations.iter();
            let violations = violations.map(|one| Violation::new(&one.field, &one.message));
            Err(Error::violations(
                ErrorReason::InvalidRecord,
                violations.collect(),
            ))
        }
        UpsertOutcome::NotWritten | UpsertOutcome::Unspecified => {
            Err(Error::internal("ingestion did not say what it wrote"))
        }
    }
}
