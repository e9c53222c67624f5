//! The closed set of error codes that every service speaks, and the violations of a bad record.

use std::fmt;

/// What went wrong, in the vocabulary of canonical gRPC codes; deliberately a subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request itself is wrong, whatever the state of the system.
    InvalidArgument,
    /// The thing named does not exist (or is not the caller's to see).
    NotFound,
    /// The key was used before with another payload.
    AlreadyExists,
    /// The state of the system forbids it (for example settings that differ).
    FailedPrecondition,
    /// Concurrent change; the caller may retry after reading again.
    Aborted,
    /// A position, page or instant beyond what is kept.
    OutOfRange,
    /// No or a wrong token.
    Unauthenticated,
    /// A valid token that may not do this.
    PermissionDenied,
    /// A quota, size limit or full disk.
    ResourceExhausted,
    /// The deadline passed.
    DeadlineExceeded,
    /// A dependency is away; retry later.
    Unavailable,
    /// The server cannot do this kind of thing.
    Unimplemented,
    /// A bug or damaged data.
    Internal,
}

/// The machine-readable reason that travels in `google.rpc.ErrorInfo`; mirrors `bellwether.error.v1.ErrorReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "each variant is documented in proto/bellwether/error/v1/error_reason.proto"
)]
pub enum ErrorReason {
    InvalidField,
    InvalidRecord,
    InvalidMapping,
    InvalidSettings,
    InvalidRange,
    InvalidPageToken,
    UnknownKpi,
    UnknownDimension,
    UnknownTenant,
    RecordNotFound,
    ImportNotFound,
    IdempotencyKeyReused,
    SettingsConflict,
    MissingFxRate,
    SnapshotRequired,
    BeyondHorizon,
    PositionNotReached,
    TokenMissing,
    TokenInvalid,
    TenantMismatch,
    ScopeMismatch,
    Overloaded,
    MessageTooLarge,
    DeadlineExceeded,
    StorageUnavailable,
    StorageFull,
    PeerUnavailable,
    ShuttingDown,
    ImportIncomplete,
    Internal,
    EditConflict,
    KpiExists,
    InvalidDefinition,
    UnusableDefinition,
    NotPromotable,
    RecordExists,
    OperationRunning,
    OperationNotFound,
    OperationCancelled,
}

/// One thing wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: a proto field path such as `opportunity.amount`.
    pub field: String,
    /// What is wrong and what would be right, as a sentence.
    pub message: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// An error that can cross the wire: a code, a reason, a sentence, and where it applies the fields at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The canonical code.
    pub code: ErrorCode,
    /// The machine-readable reason.
    pub reason: ErrorReason,
    /// A sentence that says what is wrong and what would be right.
    pub message: String,
    /// All fields at fault, in the order found.
    pub violations: Vec<Violation>,
    /// How long to wait before a retry, in milliseconds, where a retry can help.
    pub retry_after_ms: Option<u64>,
    /// The operation that goes on and that the caller may watch, where the reason is [`ErrorReason::OperationRunning`].
    pub operation: Option<String>,
}

/// The result of everything that may fail with a wire error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a code, a reason and a message.
    pub fn new(code: ErrorCode, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            violations: Vec::new(),
            retry_after_ms: None,
            operation: None,
        }
    }

    /// `INVALID_ARGUMENT` naming one field.
    pub fn invalid(reason: ErrorReason, field: impl Into<String>, message: impl Into<String>) -> Self {
        let violation = Violation::new(field, message);
        Self::new(ErrorCode::InvalidArgument, reason, violation.to_string()).with_violations(vec![violation])
    }

    /// `INVALID_ARGUMENT` naming every violation.
    #[must_use]
    pub fn violations(reason: ErrorReason, violations: Vec<Violation>) -> Self {
        let text = violations
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        Self::new(ErrorCode::InvalidArgument, reason, text).with_violations(violations)
    }

    /// `NOT_FOUND`.
    pub fn not_found(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, reason, message)
    }

    /// `UNAVAILABLE` with a hint when to retry.
    pub fn unavailable(reason: ErrorReason, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorCode::Unavailable, reason, message);
        error.retry_after_ms = Some(100);
        error
    }

    /// `UNAVAILABLE`: what was asked for is being computed by an operation, and will be there when it has ended.
    pub fn running(operation: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::unavailable(ErrorReason::OperationRunning, message).with_retry_after_ms(1_000);
        error.operation = Some(operation.into());
        error
    }

    /// `INTERNAL`: a bug or damaged data.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, ErrorReason::Internal, message)
    }

    /// The same error with `violations`.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// The same error with a retry hint in milliseconds.
    #[must_use]
    pub fn with_retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
