//! Who owns a deal or lead at an instant, also when no row tells of it: the owner of a closed deal may change.

use super::Rules;
use super::lead::Lead;
use super::life::Life;
use super::timeline::{Frame, value_at};
use super::version::{self, Deal, Version};

/// Who a deal counts for at an instant, by its versions; 0 = nobody, or the deal is gone.
pub fn deal_owner(
    versions: &mut Vec<Version<Deal>>,
    code: u32,
    first_recorded: i64,
    rules: &Rules<'_>,
    at: i64,
) -> u32 {
    let living = version::living(versions);
    if living.is_empty() {
        return 0;
    }
    Life::new(living, code, first_recorded, rules).owner_at(at)
}

/// Who a lead belongs to at an instant, by its versions: while nobody was named, who was named first. 0 = nobody, or the
/// lead is gone.
pub fn lead_owner(versions: &mut Vec<Version<Lead>>, rules: &Rules<'_>, at: i64) -> u32 {
    let living = version::living(versions);
    if living.is_empty() {
        return 0;
    }
    let owners = Frame::new(living, i64::MIN, rules.zone).plain(|lead| lead.owner);
    match value_at(&owners, at) {
        0 => {
            let named = owners.iter().filter(|point| point.at > at && point.value != 0);
            named.map(|point| point.value).next().unwrap_or(0)
        }
        owner => owner,
    }
}
