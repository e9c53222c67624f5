//! What is scored, and what it is called.

use std::collections::BTreeSet;

use bellwether_domain::{Error, ErrorReason, Result};

use crate::store::Kind;

/// How many ids that are not found a message names.
const MOST_NAMED: usize = 10;
/// How many characters of each.
const LONGEST: usize = 80;

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rpc) enum Whose {
    /// Open deals.
    Opportunities,
    /// Open leads.
    Leads,
    /// Customers, within so many days.
    Customers(u32),
}

impl Whose {
    /// Within how many days it is to happen; 0 = in the end.
    pub(in crate::rpc) fn days(self) -> i32 {
        match self {
            Self::Opportunities | Self::Leads => 0,
            Self::Customers(days) => i32::try_from(days).unwrap_or(i32::MAX),
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Opportunities => Kind::OpportunityScores,
            Self::Leads => Kind::LeadScores,
            Self::Customers(_) => Kind::ChurnScores,
        }
    }

    /// What one of them is called.
    fn one(self) -> &'static str {
        match self {
            Self::Opportunities => "open deal",
            Self::Leads => "open lead",
            Self::Customers(_) => "customer",
        }
    }

    pub(super) fn purpose(self) -> String {
        match self {
            Self::Opportunities => "scores of open deals".to_owned(),
            Self::Leads => "scores of leads".to_owned(),
            Self::Customers(days) => format!("scores of customers, {days} days ahead"),
        }
    }

    /// Whether all that are asked for are among those that are scored.
    ///
    /// # Errors
    /// `NOT_FOUND`, naming the others.
    pub(super) fn has_all<'a>(self, asked: &[String], scored: impl Iterator<Item = &'a str>) -> Result<()> {
        if asked.is_empty() {
            return Ok(());
        }
        let known: BTreeSet<&str> = scored.collect();
        let lacking: Vec<&str> = asked
            .iter()
            .map(String::as_str)
            .filter(|id| !known.contains(id))
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let shown = lacking.iter().take(MOST_NAMED);
        let shown = shown.map(|id| format!("`{}`", id.chars().take(LONGEST).collect::<String>()));
        let mut names = shown.collect::<Vec<_>>().join(", ");
        if lacking.len() > MOST_NAMED {
            names = format!("{names} and {} more", lacking.len() - MOST_NAMED);
        }
        let message = format!("no {} is called {names}", self.one());
        Err(Error::not_found(ErrorReason::RecordNotFound, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_not_there_are_named() {
        let asked = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let has = |ids: &[&str], whose: Whose| whose.has_all(&asked(ids), ["a", "b"].into_iter());
        assert!(has(&[], Whose::Leads).is_ok() && has(&["b", "a"], Whose::Leads).is_ok());
        let error = has(&["a", "nope", "x"], Whose::Opportunities).unwrap_err();
        assert_eq!(error.message, "no open deal is called `nope`, `x`");
        assert_eq!(error.reason, ErrorReason::RecordNotFound);
        let many: Vec<String> = (0..13).map(|at| at.to_string()).collect();
        let error = Whose::Customers(90)
            .has_all(&many, std::iter::empty())
            .unwrap_err();
        assert!(
            error.message.starts_with("no customer is called `0`,") && error.message.ends_with(" and 3 more")
        );
    }
}
