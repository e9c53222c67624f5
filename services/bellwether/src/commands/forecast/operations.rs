//! `forecast operations`: fits of models that go on, and those that ended last.

use bellwether_contracts::forecasting::{
    CancelOperationRequest, ListOperationsRequest, Operation, OperationKind, OperationPhase, OperationState,
};
use serde_json::{Value, json};

use super::words::instant;
use crate::cli::OperationsArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Shows operations, or ends one.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: OperationsArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let mut operations = client.operations();
    let found = if let Some(id) = args.cancel {
        let request = CancelOperationRequest {
            tenant: args.tenant,
            id,
        };
        let answer = operations.cancel_operation(request).await?.into_inner();
        answer.operation.into_iter().collect()
    } else {
        let request = ListOperationsRequest {
            tenant: args.tenant,
            kind: OperationKind::Unspecified.into(),
            running: args.running,
        };
        operations.list_operations(request).await?.into_inner().operations
    };
    printer.show(&Operations(found))?;
    Ok(Code::Ok)
}

struct Operations(Vec<Operation>);

fn state(operation: &Operation) -> &'static str {
    match operation.state() {
        OperationState::Unspecified => "",
        OperationState::Running => "running",
        OperationState::Done => "done",
        OperationState::Failed => "failed",
        OperationState::Cancelled => "cancelled",
    }
}

/// What an operation does, in a word.
pub(super) fn phase(operation: &Operation) -> &'static str {
    match operation.phase() {
        OperationPhase::Unspecified => "",
        OperationPhase::Queued => "waiting",
        OperationPhase::Reading => "reading",
        OperationPhase::Fitting => "fitting",
    }
}

fn kind(operation: &Operation) -> String {
    let name = operation.kind().as_str_name();
    name.trim_start_matches("OPERATION_KIND_").to_lowercase()
}

fn row(operation: &Operation) -> [String; 9] {
    [
        operation.id.clone(),
        kind(operation),
        operation.purpose.clone(),
        state(operation).to_owned(),
        phase(operation).to_owned(),
        operation.progress.to_string(),
        operation
            .started_at
            .as_ref()
            .and_then(instant)
            .unwrap_or_default(),
        operation.ended_at.as_ref().and_then(instant).unwrap_or_default(),
        operation.failure.clone(),
    ]
}

const COLUMNS: [&str; 9] = [
    "id",
    "kind",
    "purpose",
    "state",
    "phase",
    "progress",
    "started_at",
    "ended_at",
    "failure",
];

impl View for Operations {
    fn json(&self) -> Value {
        let one = |one: &Operation| {
            json!({
                "id": one.id,
                "kind": kind(one),
                "purpose": one.purpose,
                "state": state(one),
                "phase": phase(one),
                "progress": one.progress,
                "started_at": one.started_at.as_ref().and_then(instant),
                "ended_at": one.ended_at.as_ref().and_then(instant),
                "failure": one.failure,
            })
        };
        self.0.iter().map(one).collect()
    }

    fn text(&self, page: &Page) -> String {
        if self.0.is_empty() {
            return "no models are being fitted".to_owned();
        }
        let mut sheet = Sheet::new(["what for", "state", ">done", "since", "until", "id", "to know"]);
        for one in &self.0 {
            let [id, _, purpose, state, phase, _, since, until, failure] = row(one);
            let state = if one.state() == OperationState::Running {
                phase
            } else {
                state
            };
            let done = format!("{:.0} %", one.progress * 100.0);
            let cells = [purpose, state, done, since, until, id, failure];
            sheet.push(cells.map(Into::into).into());
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = COLUMNS.map(str::to_owned).to_vec();
        let rows = self.0.iter().map(|one| row(one).to_vec());
        std::iter::once(header).chain(rows).collect()
    }
}
