//! Which rows of a morsel pass the filters of tasks: worked out once for all tasks that have the same filters.

use bellwether_domain::Result;

use super::selection::Selection;
use super::task::Task;
use crate::expr::BoundFilter;
use crate::table::Morsel;

/// The filters of some tasks of a cut.
#[derive(Debug)]
pub(super) struct Passing<'a> {
    filters: Vec<&'a BoundFilter>,
    /// The tasks, by their places.
    pub(super) tasks: Vec<usize>,
    /// Which rows of the present morsel pass.
    mask: Vec<bool>,
    further: Vec<bool>,
    kept: Selection,
}

impl<'a> Passing<'a> {
    /// The tasks of a cut, those with the same filters together.
    pub(super) fn of(tasks: &'a [Task]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (place, task) in tasks.iter().enumerate() {
            let filters: Vec<&BoundFilter> = task
                .filters
                .iter()
                .filter(|filter| !matches!(filter, BoundFilter::Every))
                .collect();
            let same = |known: &&mut Self| {
                known.filters.len() == filters.len()
                    && known
                        .filters
                        .iter()
                        .zip(&filters)
                        .all(|(one, other)| one.is(other))
            };
            match all.iter_mut().find(same) {
                Some(known) => known.tasks.push(place),
                None => all.push(Self {
                    filters,
                    tasks: vec![place],
                    mask: Vec::new(),
                    further: Vec::new(),
                    kept: Selection::default(),
                }),
            }
        }
        all
    }

    /// Works the filters out for a morsel.
    pub(super) fn prepare(&mut self, morsel: &Morsel<'_>) -> Result<()> {
        for (index, filter) in self.filters.iter().enumerate() {
            if index == 0 {
                filter.mask(morsel, &mut self.mask)?;
                continue;
            }
            filter.mask(morsel, &mut self.further)?;
            let masks = self.mask.iter_mut().zip(&self.further);
            masks.for_each(|(mine, other)| *mine &= other);
        }
        Ok(())
    }

    /// The selected rows that pass.
    pub(super) fn narrow<'b>(&'b mut self, selection: &'b Selection) -> &'b Selection {
        if self.filters.is_empty() {
            return selection;
        }
        selection.passing(&self.mask, &mut self.kept);
        &self.kept
    }
}
