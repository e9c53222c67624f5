//! Who creates the deals that come: the shares by which what is expected of deals that do not exist yet is told apart.

use std::collections::BTreeMap;

use super::{book::Book, forecast::Group};

/// Days over which creations are counted.
const DAYS: f64 = 90.0;

/// Shares of the deals created in the 90 days before `day`, by who owned them first, the team or a trait; they sum to 1.
/// Without any deal there is no share. Stages and categories of deals that are not there yet are not known: they have one
/// member without a name.
#[must_use]
pub fn arrivals(book: &Book, day: i64, group: &Group) -> BTreeMap<String, f64> {
    let at = day as f64;
    let newest = book
        .entries
        .iter()
        .filter(|entry| entry.created < at && entry.created >= at - DAYS);
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    let mut all = 0.0;
    for entry in newest {
        let first = entry.stints.first();
        let name = match group {
            // A deal that was never seen open has the owner who closed it.
            Group::Owner => {
                let closed = || entry.ends().next().map_or(0, |ended| ended.owner);
                book.owners.name(first.map_or_else(closed, |stint| stint.owner))
            }
            Group::Team => {
                let closed = || entry.ends().next().map_or(0, |ended| ended.team);
                book.teams.name(first.map_or_else(closed, |stint| stint.team))
            }
            Group::Trait(key) => &book.traits_of(entry).remove(key).unwrap_or_default(),
            Group::Stage | Group::Category => "",
        };
        *counts.entry(name.to_owned()).or_default() += 1.0;
        all += 1.0;
    }
    counts.values_mut().for_each(|count| *count /= all);
    counts
}
