//! Exit codes, and the one place that maps an error to one.

use std::process::ExitCode;

use bellwether_contracts::status;
use bellwether_domain::{Error, ErrorCode, ErrorReason, Violation};

/// How a command ended, as the shell sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// All went well.
    Ok = 0,
    /// An import refused some rows.
    Rejected = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The server refused the request, or the data folder cannot be used.
    Invalid = 3,
    /// There is no such KPI, record or tenant.
    NotFound = 4,
    /// No token, a wrong one, or one that may not do this.
    Auth = 5,
    /// The server is away, overloaded, out of time or broken.
    Unavailable = 6,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    violations: Vec<Violation>,
}

impl Failure {
    /// The command line is wrong in a way that clap cannot see.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// What was asked for cannot be done.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }

    /// No token can be had.
    pub(crate) fn auth(message: impl Into<String>) -> Self {
        Self::new(Code::Auth, message)
    }

    /// The server or the machine does not give what is needed.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, message)
    }

    fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            violations: Vec::new(),
        }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// The same failure with another code: for errors whose place says more than their kind.
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// The lines to show: what is wrong, then each field at fault.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self.violations.as_slice() {
            [] => vec![self.message.clone()],
            [one] => vec![one.to_string()],
            many => std::iter::once(format!("{} things are wrong:", many.len()))
                .chain(many.iter().map(|one| format!("  {one}")))
                .collect(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: code_of(&error),
            message: error.message,
            violations: error.violations,
        }
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        let mut failure = Self::from(status::from_status(&status));
        // Every error of a server carries details: this one never got there.
        if status.code() == tonic::Code::Unavailable && status.details().is_empty() {
            failure.message = format!("cannot reach the server ({}): is it running?", failure.message);
        }
        if status.code() == tonic::Code::Unimplemented && status.details().is_empty() {
            failure.message =
                "the server does not have this service: name a process of the other role, or several \
                               processes separated by commas"
                    .to_owned();
        }
        failure
    }
}

fn code_of(error: &Error) -> Code {
    match error.code {
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::Unauthenticated | ErrorCode::PermissionDenied => Code::Auth,
        ErrorCode::ResourceExhausted if error.reason == ErrorReason::MessageTooLarge => Code::Invalid,
        ErrorCode::Aborted if error.reason == ErrorReason::ImportIncomplete => Code::Unavailable,
        ErrorCode::InvalidArgument
        | ErrorCode::AlreadyExists
        | ErrorCode::FailedPrecondition
        | ErrorCode::Aborted
        | ErrorCode::OutOfRange
        | ErrorCode::Unimplemented => Code::Invalid,
        ErrorCode::ResourceExhausted
        | ErrorCode::DeadlineExceeded
        | ErrorCode::Unavailable
        | ErrorCode::Internal => Code::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_the_code_that_the_documentation_names() {
        let code = |code, reason| code_of(&Error::new(code, reason, "x"));
        let cases = [
            (ErrorCode::InvalidArgument, ErrorReason::UnknownDimension, 3),
            (ErrorCode::FailedPrecondition, ErrorReason::SettingsConflict, 3),
            (ErrorCode::OutOfRange, ErrorReason::BeyondHorizon, 3),
            (ErrorCode::NotFound, ErrorReason::UnknownKpi, 4),
            (ErrorCode::Unauthenticated, ErrorReason::TokenInvalid, 5),
            (ErrorCode::PermissionDenied, ErrorReason::TenantMismatch, 5),
            (ErrorCode::Unavailable, ErrorReason::PeerUnavailable, 6),
            (ErrorCode::DeadlineExceeded, ErrorReason::DeadlineExceeded, 6),
            (ErrorCode::ResourceExhausted, ErrorReason::Overloaded, 6),
            (ErrorCode::ResourceExhausted, ErrorReason::MessageTooLarge, 3),
            (ErrorCode::Aborted, ErrorReason::ImportIncomplete, 6),
        ];
        for (wire, reason, expected) in cases {
            assert_eq!(code(wire, reason) as u8, expected, "{wire:?} {reason:?}");
        }
    }

    #[test]
    fn each_field_at_fault_is_named_once() {
        let one: Failure = Error::invalid(ErrorReason::InvalidField, "from", "is not a date").into();
        assert_eq!(one.lines(), ["from: is not a date"]);
        let two = vec![Violation::new("a", "is x"), Violation::new("b", "is y")];
        let two: Failure = Error::violations(ErrorReason::InvalidRecord, two).into();
        assert_eq!(two.lines(), ["2 things are wrong:", "  a: is x", "  b: is y"]);
    }
}
