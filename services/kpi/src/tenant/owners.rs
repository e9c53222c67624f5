//! Who owns deals and leads at an instant, whatever their rows tell.

use super::TenantFacts;
use crate::facts;
use crate::table::Dict;

impl TenantFacts {
    /// Who owns each deal or lead at an instant (microseconds), as known at `seq`: index = code of `of`, values = codes of
    /// reps, 0 = nobody. Of other records nothing.
    #[must_use]
    pub fn owners(&self, of: Dict, at: i64, seq: u64) -> Vec<u32> {
        let rules = facts::Rules {
            zone: &self.settings(seq).zone,
            ..self.rules()
        };
        match of {
            Dict::Deal => {
                let owner = |code| {
                    let mut versions = self.logs.deals.versions(code);
                    versions.retain(|version| version.key.2 <= seq);
                    let first = self.first_recorded(&versions)?;
                    Some(facts::deal_owner(&mut versions, code, first, &rules, at))
                };
                (0..self.logs.deals.end())
                    .map(|code| owner(code).unwrap_or(0))
                    .collect()
            }
            Dict::Lead => {
                let owner = |code| {
                    let mut versions = self.logs.leads.versions(code);
                    versions.retain(|version| version.key.2 <= seq);
                    facts::lead_owner(&mut versions, &rules, at)
                };
                (0..self.logs.leads.end()).map(owner).collect()
            }
            _ => Vec::new(),
        }
    }
}
