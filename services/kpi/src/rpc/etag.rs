//! The names of versions of records: the epoch and the change that made one.

use bellwether_domain::{Error, ErrorCode, ErrorReason, Position, Result};

/// The name of the version that a change made; 0 = there is none.
pub(super) fn of(position: Position) -> String {
    format!("{}.{}", position.epoch, position.seq)
}

/// The change that a name is of; `None` = no name is given.
///
/// # Errors
/// `INVALID_ARGUMENT` where it is no such name.
pub(super) fn read(etag: &str) -> Result<Option<Position>> {
    if etag.is_empty() {
        return Ok(None);
    }
    let position = etag.split_once('.').and_then(|(epoch, seq)| {
        Some(Position {
            epoch: epoch.parse().ok()?,
            seq: seq.parse().ok()?,
        })
    });
    let text = "is none: give that of the version that was read";
    position
        .map(Some)
        .ok_or_else(|| Error::invalid(ErrorReason::InvalidField, "etag", text))
}

/// What was read does not hold any more.
pub(super) fn conflict(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    let message = format!("`{id}` was changed meanwhile: read it again and repeat the change");
    Error::new(ErrorCode::Aborted, ErrorReason::EditConflict, message)
}
