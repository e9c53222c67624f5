//! The only mapping between a domain error and a gRPC status with `google.rpc` details, in both directions.

use std::collections::HashMap;
use std::time::Duration;

use bellwether_domain::{Error, ErrorCode, ErrorReason, Violation};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::error as wire;

/// The `domain` of every `ErrorInfo`.
pub const ERROR_DOMAIN: &str = "bellwether";

/// The key of the metadata of an `ErrorInfo` that names the operation to wait for.
pub const OPERATION: &str = "operation";

/// Error details travel in a header of a few KiB: more violations than this are counted, not listed.
const MAX_VIOLATIONS: usize = 20;
/// The longest sentence about one field that travels, in bytes.
const MAX_DESCRIPTION: usize = 400;
/// The longest message that travels, in bytes.
const MAX_MESSAGE: usize = 2000;

/// The status of an error.
#[must_use]
pub fn to_status(error: &Error) -> Status {
    let mut details = ErrorDetails::new();
    let operation = error.operation.iter();
    let metadata: HashMap<String, String> = operation
        .map(|id| (OPERATION.to_owned(), cut(id, MAX_DESCRIPTION)))
        .collect();
    details.set_error_info(reason_name(error.reason), ERROR_DOMAIN, metadata);
    for violation in error.violations.iter().take(MAX_VIOLATIONS) {
        details.add_bad_request_violation(
            cut(&violation.field, 200),
            cut(&violation.message, MAX_DESCRIPTION),
        );
    }
    if error.violations.len() > MAX_VIOLATIONS {
        let more = error.violations.len() - MAX_VIOLATIONS;
        details.add_bad_request_violation("", format!("and {more} more"));
    }
    if let Some(millis) = error.retry_after_ms {
        details.set_retry_info(Some(Duration::from_millis(millis)));
    }
    Status::with_error_details(code(error.code), cut(&error.message, MAX_MESSAGE), details)
}

/// The error of a status: of one made by [`to_status`] the same code, reason, message and violations.
#[must_use]
pub fn from_status(status: &Status) -> Error {
    let details = status.get_error_details();
    let named = details
        .error_info()
        .and_then(|info| reason_from_name(&info.reason));
    let (code, fallback) = code_from(status.code());
    let mut error = Error::new(code, named.unwrap_or(fallback), status.message());
    if let Some(bad) = details.bad_request() {
        let read =
            |one: &tonic_types::FieldViolation| Violation::new(one.field.clone(), one.description.clone());
        error.violations = bad.field_violations.iter().map(read).collect();
    }
    let delay = details.retry_info().and_then(|info| info.retry_delay);
    error.retry_after_ms = delay.and_then(|delay| u64::try_from(delay.as_millis()).ok());
    error.operation = details
        .error_info()
        .and_then(|info| info.metadata.get(OPERATION).cloned());
    error
}

fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    format!("{}...", &text[..end])
}

/// The name of a reason on the wire: the enum value's without its prefix.
#[must_use]
pub fn reason_name(reason: ErrorReason) -> &'static str {
    wire_reason(reason)
        .as_str_name()
        .trim_start_matches("ERROR_REASON_")
}

fn reason_from_name(name: &str) -> Option<ErrorReason> {
    REASONS
        .into_iter()
        .map(|(reason, _)| reason)
        .find(|reason| reason_name(*reason) == name)
}

fn wire_reason(reason: ErrorReason) -> wire::ErrorReason {
    REASONS
        .into_iter()
        .find(|(known, _)| *known == reason)
        .map_or(wire::ErrorReason::Internal, |(_, wire)| wire)
}

const REASONS: [(ErrorReason, wire::ErrorReason); 39] = [
    (ErrorReason::InvalidField, wire::ErrorReason::InvalidField),
    (ErrorReason::InvalidRecord, wire::ErrorReason::InvalidRecord),
    (ErrorReason::InvalidMapping, wire::ErrorReason::InvalidMapping),
    (ErrorReason::InvalidSettings, wire::ErrorReason::InvalidSettings),
    (ErrorReason::InvalidRange, wire::ErrorReason::InvalidRange),
    (ErrorReason::InvalidPageToken, wire::ErrorReason::InvalidPageToken),
    (ErrorReason::UnknownKpi, wire::ErrorReason::UnknownKpi),
    (ErrorReason::UnknownDimension, wire::ErrorReason::UnknownDimension),
    (ErrorReason::UnknownTenant, wire::ErrorReason::UnknownTenant),
    (ErrorReason::RecordNotFound, wire::ErrorReason::RecordNotFound),
    (ErrorReason::ImportNotFound, wire::ErrorReason::ImportNotFound),
    (
        ErrorReason::IdempotencyKeyReused,
        wire::ErrorReason::IdempotencyKeyReused,
    ),
    (ErrorReason::SettingsConflict, wire::ErrorReason::SettingsConflict),
    (ErrorReason::MissingFxRate, wire::ErrorReason::MissingFxRate),
    (ErrorReason::SnapshotRequired, wire::ErrorReason::SnapshotRequired),
    (ErrorReason::BeyondHorizon, wire::ErrorReason::BeyondHorizon),
    (
        ErrorReason::PositionNotReached,
        wire::ErrorReason::PositionNotReached,
    ),
    (ErrorReason::TokenMissing, wire::ErrorReason::TokenMissing),
    (ErrorReason::TokenInvalid, wire::ErrorReason::TokenInvalid),
    (ErrorReason::TenantMismatch, wire::ErrorReason::TenantMismatch),
    (ErrorReason::ScopeMismatch, wire::ErrorReason::ScopeMismatch),
    (ErrorReason::Overloaded, wire::ErrorReason::Overloaded),
    (ErrorReason::MessageTooLarge, wire::ErrorReason::MessageTooLarge),
    (ErrorReason::DeadlineExceeded, wire::ErrorReason::DeadlineExceeded),
    (
        ErrorReason::StorageUnavailable,
        wire::ErrorReason::StorageUnavailable,
    ),
    (ErrorReason::StorageFull, wire::ErrorReason::StorageFull),
    (ErrorReason::PeerUnavailable, wire::ErrorReason::PeerUnavailable),
    (ErrorReason::ShuttingDown, wire::ErrorReason::ShuttingDown),
    (ErrorReason::ImportIncomplete, wire::ErrorReason::ImportIncomplete),
    (ErrorReason::Internal, wire::ErrorReason::Internal),
    (ErrorReason::EditConflict, wire::ErrorReason::EditConflict),
    (ErrorReason::KpiExists, wire::ErrorReason::KpiExists),
    (
        ErrorReason::InvalidDefinition,
        wire::ErrorReason::InvalidDefinition,
    ),
    (
        ErrorReason::UnusableDefinition,
        wire::ErrorReason::UnusableDefinition,
    ),
    (ErrorReason::NotPromotable, wire::ErrorReason::NotPromotable),
    (ErrorReason::RecordExists, wire::ErrorReason::RecordExists),
    (ErrorReason::OperationRunning, wire::ErrorReason::OperationRunning),
    (
        ErrorReason::OperationNotFound,
        wire::ErrorReason::OperationNotFound,
    ),
    (
        ErrorReason::OperationCancelled,
        wire::ErrorReason::OperationCancelled,
    ),
];

fn code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::InvalidArgument => Code::InvalidArgument,
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::AlreadyExists => Code::AlreadyExists,
        ErrorCode::FailedPrecondition => Code::FailedPrecondition,
        ErrorCode::Aborted => Code::Aborted,
        ErrorCode::OutOfRange => Code::OutOfRange,
        ErrorCode::Unauthenticated => Code::Unauthenticated,
        ErrorCode::PermissionDenied => Code::PermissionDenied,
        ErrorCode::ResourceExhausted => Code::ResourceExhausted,
        ErrorCode::DeadlineExceeded => Code::DeadlineExceeded,
        ErrorCode::Unavailable => Code::Unavailable,
        ErrorCode::Unimplemented => Code::Unimplemented,
        ErrorCode::Internal => Code::Internal,
    }
}

fn code_from(code: Code) -> (ErrorCode, ErrorReason) {
    match code {
        Code::InvalidArgument => (ErrorCode::InvalidArgument, ErrorReason::InvalidField),
        Code::NotFound => (ErrorCode::NotFound, ErrorReason::RecordNotFound),
        Code::AlreadyExists => (ErrorCode::AlreadyExists, ErrorReason::IdempotencyKeyReused),
        Code::FailedPrecondition => (ErrorCode::FailedPrecondition, ErrorReason::SettingsConflict),
        Code::Aborted => (ErrorCode::Aborted, ErrorReason::Internal),
        Code::OutOfRange => (ErrorCode::OutOfRange, ErrorReason::BeyondHorizon),
        Code::Unauthenticated => (ErrorCode::Unauthenticated, ErrorReason::TokenInvalid),
        Code::PermissionDenied => (ErrorCode::PermissionDenied, ErrorReason::TenantMismatch),
        Code::ResourceExhausted => (ErrorCode::ResourceExhausted, ErrorReason::Overloaded),
        Code::DeadlineExceeded | Code::Cancelled => {
            (ErrorCode::DeadlineExceeded, ErrorReason::DeadlineExceeded)
        }
        Code::Unavailable => (ErrorCode::Unavailable, ErrorReason::PeerUnavailable),
        Code::Unimplemented => (ErrorCode::Unimplemented, ErrorReason::Internal),
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => {
            (ErrorCode::Internal, ErrorReason::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire() {
        let mut error = Error::invalid(
            ErrorReason::UnknownDimension,
            "group_by",
            "there is no `ownr`: did you mean `owner`?",
        );
        error.retry_after_ms = Some(250);
        assert_eq!(from_status(&to_status(&error)), error);
        let running = Error::running("5f2a", "the models are being fitted");
        assert_eq!(from_status(&to_status(&running)), running);
        assert_eq!(
            (running.retry_after_ms, running.operation.as_deref()),
            (Some(1_000), Some("5f2a"))
        );
    }

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        let names: std::collections::HashSet<_> =
            REASONS.iter().map(|(reason, _)| reason_name(*reason)).collect();
        assert_eq!(names.len(), REASONS.len());
    }

    #[test]
    fn a_thousand_violations_still_fit_a_header() {
        let violations = (0..1000)
            .map(|i| Violation::new(format!("f{i}"), "x".repeat(5000)))
            .collect();
        let status = to_status(&Error::violations(ErrorReason::InvalidRecord, violations));
        assert!(status.details().len() < 12_000);
        assert_eq!(from_status(&status).violations.len(), MAX_VIOLATIONS + 1);
    }
}
