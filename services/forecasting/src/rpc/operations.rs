//! `OperationService`.

use std::time::Duration;

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::forecasting::operation_service_server::OperationService;
use bellwether_contracts::forecasting::{
    self as wire, CancelOperationRequest, CancelOperationResponse, GetOperationRequest, GetOperationResponse,
    ListOperationsRequest, ListOperationsResponse, OperationKind, OperationPhase, OperationState,
    WaitOperationRequest, WaitOperationResponse,
};
use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_runtime::{authorize, deadline};
use tonic::{Request, Response, Status};

use super::{Desk, answer};
use crate::worker::{Kind, Operation, Phase, State};

/// How many are told that have ended.
const MOST_ENDED: usize = 100;
/// What is left of a deadline for the answer itself.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// How long is waited for a caller without a deadline.
const USUAL: Duration = Duration::from_secs(20);

/// `forecasting.v1.OperationService`.
#[derive(Debug, Clone)]
pub(super) struct OperationRpc(pub(super) Desk);

impl OperationRpc {
    fn get(&self, request: &Request<GetOperationRequest>) -> Result<GetOperationResponse> {
        let message = request.get_ref();
        let tenant = authorize(request, &message.tenant)?;
        let operation = known(self.0.operations.get(&tenant, &message.id), &message.id)?;
        Ok(GetOperationResponse {
            operation: Some(operation),
        })
    }

    async fn list(&self, request: Request<ListOperationsRequest>) -> Result<ListOperationsResponse> {
        let message = request.get_ref();
        let tenant = authorize(&request, &message.tenant)?;
        let kind = OperationKind::try_from(message.kind).map_err(|_| {
            let odd = format!("{} is no kind of operation", message.kind);
            Error::invalid(ErrorReason::InvalidField, "kind", odd)
        })?;
        let most = if message.running { 0 } else { MOST_ENDED };
        let all = self.0.operations.list(&tenant, most);
        if all.is_empty() {
            self.0.is_there(&tenant, "").await?;
        }
        let wanted = |one: &wire::Operation| kind == OperationKind::Unspecified || one.kind() == kind;
        Ok(ListOperationsResponse {
            operations: all.into_iter().map(shown).filter(wanted).collect(),
        })
    }

    async fn wait(&self, request: Request<WaitOperationRequest>) -> Result<WaitOperationResponse> {
        let message = request.get_ref();
        let tenant = authorize(&request, &message.tenant)?;
        let left = deadline::remaining().map_or(USUAL, |left| left.saturating_sub(FOR_THE_ANSWER));
        let most = match message.most_ms {
            0 => left,
            most => Duration::from_millis(most.into()).min(left),
        };
        let found = self.0.operations.wait(&tenant, &message.id, most).await;
        Ok(WaitOperationResponse {
            operation: Some(known(found, &message.id)?),
        })
    }

    fn cancel(&self, request: &Request<CancelOperationRequest>) -> Result<CancelOperationResponse> {
        let message = request.get_ref();
        let tenant = authorize(request, &message.tenant)?;
        let operation = known(self.0.operations.cancel(&tenant, &message.id), &message.id)?;
        Ok(CancelOperationResponse {
            operation: Some(operation),
        })
    }
}

fn known(found: Option<Operation>, id: &str) -> Result<wire::Operation> {
    found.map(shown).ok_or_else(|| {
        let id: String = id.chars().take(80).collect();
        let message = format!(
            "there is no operation `{id}` in this process: it ended long ago, or another replica was asked"
        );
        Error::not_found(ErrorReason::OperationNotFound, message)
    })
}

fn shown(operation: Operation) -> wire::Operation {
    let kind = match operation.kind {
        Kind::Trend => OperationKind::Trend,
        Kind::Pipeline => OperationKind::Pipeline,
        Kind::Scores => OperationKind::Scores,
        Kind::Retention => OperationKind::Retention,
    };
    let phase = match operation.phase {
        Phase::Queued => OperationPhase::Queued,
        Phase::Reading => OperationPhase::Reading,
        Phase::Fitting => OperationPhase::Fitting,
    };
    let (state, failure) = match operation.state {
        State::Running => (OperationState::Running, String::new()),
        State::Done => (OperationState::Done, String::new()),
        State::Failed(why) => (OperationState::Failed, why),
        State::Cancelled => (OperationState::Cancelled, String::new()),
    };
    wire::Operation {
        id: operation.id,
        kind: kind.into(),
        purpose: operation.purpose,
        state: state.into(),
        phase: phase.into(),
        progress: operation.progress,
        started_at: Some(instant_to_proto(operation.started)),
        ended_at: operation.ended.map(instant_to_proto),
        failure,
    }
}

#[tonic::async_trait]
impl OperationService for OperationRpc {
    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> std::result::Result<Response<GetOperationResponse>, Status> {
        answer(self.get(&request))
    }

    async fn list_operations(
        &self,
        request: Request<ListOperationsRequest>,
    ) -> std::result::Result<Response<ListOperationsResponse>, Status> {
        answer(self.list(request).await)
    }

    async fn wait_operation(
        &self,
        request: Request<WaitOperationRequest>,
    ) -> std::result::Result<Response<WaitOperationResponse>, Status> {
        answer(self.wait(request).await)
    }

    async fn cancel_operation(
        &self,
        request: Request<CancelOperationRequest>,
    ) -> std::result::Result<Response<CancelOperationResponse>, Status> {
        answer(self.cancel(&request))
    }
}
