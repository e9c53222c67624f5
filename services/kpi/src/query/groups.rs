//! Groups: the names of a dimension in order, and how a scan finds them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::catalogue::{Dimension, Origin};
use crate::expr::Layout;
use crate::scan::{FactSource, Lookup};
use crate::table::{Column, Dict, Storage};

/// The names of a dimension: sorted, "missing" last. A name's place is its ordinal.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Ordinal to name.
    pub(super) names: Vec<Option<Arc<str>>>,
    /// Code to ordinal.
    numbers: Vec<u32>,
}

impl Names {
    pub(super) fn of(source: &dyn FactSource, dimension: Dimension, seq: u64) -> Self {
        let by_code = by_code(source, dimension, seq);
        let mut names: Vec<Arc<str>> = by_code.iter().filter(|name| !name.is_empty()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        let missing = u32::try_from(names.len()).unwrap_or(u32::MAX);
        let ordinal = |name: &Arc<str>| {
            let found = names.binary_search(name).ok().filter(|_| !name.is_empty());
            found.map_or(missing, |place| u32::try_from(place).unwrap_or(u32::MAX))
        };
        let mut numbers: Vec<u32> = by_code.iter().map(ordinal).collect();
        if numbers.is_empty() {
            numbers.push(missing);
        }
        Self {
            names: names.into_iter().map(Some).chain([None]).collect(),
            numbers,
        }
    }

    /// How a scan finds the ordinals.
    pub(super) fn lookup(
        &self,
        source: &dyn FactSource,
        dimension: Dimension,
        seq: u64,
        layout: &mut Layout,
    ) -> Lookup {
        lookup(source, dimension, seq, layout, self.numbers.clone())
    }
}

/// How a scan tells entities apart, and how many there are.
pub(super) fn entities(source: &dyn FactSource, column: Column, layout: &mut Layout) -> (Lookup, u64) {
    let known = match column.storage() {
        Storage::Code(dict) => source.dictionary(dict).len(),
        _ => 1,
    };
    let lookup = Lookup::Same {
        column: layout.place(column),
        groups: u32::try_from(known).unwrap_or(u32::MAX),
    };
    (lookup, known as u64)
}

/// A filter: gives 1 to the rows whose value is among those wanted. A value that nobody has matches nothing.
pub(super) fn filter(
    source: &dyn FactSource,
    dimension: Dimension,
    wanted: &[Option<String>],
    seq: u64,
    layout: &mut Layout,
) -> Lookup {
    // The empty name is the missing one.
    let wanted: HashSet<&str> = wanted
        .iter()
        .map(|value| value.as_deref().unwrap_or_default())
        .collect();
    let names = by_code(source, dimension, seq);
    let ids = entity(dimension).map(|dict| source.dictionary(dict));
    let passes = |(code, name): (usize, &Arc<str>)| {
        let shared = || {
            // Of several that share a name each is shown as `NAME (ID)`; the plain name means all of them.
            let id = ids.and_then(|ids| u32::try_from(code).ok().map(|code| ids.name(code)))?;
            let plain = name.strip_suffix(')')?.strip_suffix(id)?.strip_suffix(" (")?;
            Some(wanted.contains(plain))
        };
        u32::from(wanted.contains(&**name) || shared().unwrap_or(false))
    };
    let mut numbers: Vec<u32> = names.iter().enumerate().map(passes).collect();
    if numbers.is_empty() {
        numbers.push(u32::from(wanted.contains("")));
    }
    lookup(source, dimension, seq, layout, numbers)
}

fn lookup(
    source: &dyn FactSource,
    dimension: Dimension,
    seq: u64,
    layout: &mut Layout,
    numbers: Vec<u32>,
) -> Lookup {
    let column = layout.place(dimension.column());
    match dimension.origin() {
        Origin::Column(_) => Lookup::Code { column, numbers },
        Origin::Attribute(attribute) => {
            let entities = source.dictionary(attribute.entity()).len();
            Lookup::attribute(column, source.attribute(attribute, seq), entities, numbers)
        }
    }
}

/// The dictionary of ids of a dimension whose values are records with names of their own.
fn entity(dimension: Dimension) -> Option<Dict> {
    match dimension.origin() {
        Origin::Column(column) => match column.storage() {
            Storage::Code(dict @ (Dict::Rep | Dict::Account)) => Some(dict),
            _ => None,
        },
        Origin::Attribute(_) => None,
    }
}

/// The names by code; code 0 is missing and has the empty one.
fn by_code(source: &dyn FactSource, dimension: Dimension, seq: u64) -> Vec<Arc<str>> {
    let dict = match dimension.origin() {
        Origin::Attribute(_) => Dict::Attribute,
        Origin::Column(column) => match column.storage() {
            Storage::Code(dict) => dict,
            _ => return Vec::new(),
        },
    };
    source.display_names(dict, seq)
}
