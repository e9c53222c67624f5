//! Leads as rows: each as it was when it came.
//!
//! The table of leads fills what was unknown of a lead when it came (its owner, team, campaign and account) with what was
//! stated first later, and does not tell which it did. A lead gets an account when it is converted, and an owner when it
//! is worked on: that they are known tells the end. They are in no row; where a lead came from is, as that holds from
//! its creation whenever it is told.

use super::Cases;
use super::rows::{Row, cases};
use crate::facts::Lead;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;
/// The only trait that is in a row.
const SOURCE: &str = "source";

/// Leads that were converted or disqualified, and leads that are open.
#[must_use]
pub fn leads(leads: &[Lead]) -> Cases {
    cases(leads.iter().map(row).collect())
}

fn row(lead: &Lead) -> Row {
    let end = match (lead.converted, lead.disqualified) {
        (Some(at), _) => Some((true, at as f64 / DAY)),
        (None, Some(at)) => Some((false, at as f64 / DAY)),
        (None, None) => None,
    };
    let mut row = Row {
        id: lead.id.clone(),
        end,
        begun: Some(lead.created as f64 / DAY),
        ..Row::default()
    };
    let source = lead.traits.iter().find(|(name, _)| name == SOURCE);
    if let Some((name, value)) = source {
        row.word(name, value);
    }
    row.day("created", lead.created as f64 / DAY);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_that_is_neither_converted_nor_disqualified_is_open() {
        let lead = |id: &str, converted: Option<i64>, disqualified: Option<i64>| Lead {
            id: id.to_owned(),
            converted,
            disqualified,
            ..Lead::default()
        };
        let all = [
            lead("a", Some(86_400_000), None),
            lead("b", None, Some(1)),
            lead("c", None, None),
        ];
        let cases = leads(&all);
        assert_eq!(
            (cases.outcomes, cases.ids),
            (vec![false, true], vec!["c".to_owned()])
        );
        assert_eq!(cases.times[1], 1.0);
    }

    /// Kpi tells what was stated of a lead only at its conversion as if it had been known when it came.
    #[test]
    fn what_may_have_been_told_later_is_in_no_row() {
        let lead = |at: i64, converted: bool| {
            let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let mut traits = vec![named("source", if at % 3 == 0 { "web" } else { "fair" })];
            if converted {
                traits.push(named("account", "acme"));
                traits.push(named("account_region", "West"));
                traits.push(named("campaign", "spring"));
            }
            let end = Some((at + 20) * 86_400_000);
            Lead {
                id: format!("l{at:03}"),
                created: at * 86_400_000,
                converted: end.filter(|_| converted),
                disqualified: end.filter(|_| !converted),
                owner: if converted {
                    "ann".to_owned()
                } else {
                    String::new()
                },
                team: if converted {
                    "West".to_owned()
                } else {
                    String::new()
                },
                traits,
                ..Lead::default()
            }
        };
        let all: Vec<Lead> = (0..60).map(|at| lead(at, at % 2 == 0)).collect();
        let cases = leads(&all);
        let names: Vec<&str> = cases
            .ended
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["created", "source"]);
    }
}
