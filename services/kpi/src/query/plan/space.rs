//! How many cells a question may have: as many as can be numbered.

use bellwether_domain::{Error, ErrorReason, Result};

/// How many combinations there are.
///
/// # Errors
/// As [`too_many()`].
pub(super) fn space(parts: impl IntoIterator<Item = u64>) -> Result<u64> {
    let mut parts = parts.into_iter();
    let space = parts.try_fold(1_u64, |space, part| space.checked_mul(part));
    space.ok_or_else(too_many)
}

/// The refusal of more than can be numbered.
pub(super) fn too_many() -> Error {
    let message = "the dimensions have more combinations than can be counted: group by fewer";
    Error::invalid(ErrorReason::InvalidField, "group_by", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_numbered_is_refused() {
        assert_eq!(space([]).ok(), Some(1));
        assert_eq!(space([3, 5, 7]).ok(), Some(105));
        let refused = space([1 << 40, 1 << 24]).unwrap_err();
        assert_eq!(refused.violations[0].field, "group_by");
    }
}
