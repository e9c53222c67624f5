//! Dictionaries of names, so that deals are kept and compared as numbers.

use std::collections::BTreeSet;

/// One dictionary: names of levels in alphabetical order; level 0 is "not known".
#[derive(Clone, Debug, Default)]
pub(in crate::pipeline) struct Levels {
    names: Vec<String>,
}

impl Levels {
    /// Of names, in any order and as often as they come.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let set: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        Self {
            names: set.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The level of a name; 0 for one that is not among them.
    pub(super) fn code(&self, name: &str) -> u32 {
        self.names
            .binary_search_by(|have| have.as_str().cmp(name))
            .map_or(0, |place| place as u32 + 1)
    }

    /// How many levels there are, with "not known".
    pub(in crate::pipeline) fn len(&self) -> usize {
        self.names.len() + 1
    }

    /// The name of a level; empty for "not known".
    pub(in crate::pipeline) fn name(&self, code: u32) -> &str {
        (code as usize)
            .checked_sub(1)
            .and_then(|place| self.names.get(place))
            .map_or("", String::as_str)
    }
}
