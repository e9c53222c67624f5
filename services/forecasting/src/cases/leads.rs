//! Leads as rows: each as it was when it came.

use super::Cases;
use super::rows::{Row, cases};
use crate::facts::Lead;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

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
        ..Row::default()
    };
    for (name, value) in &lead.traits {
        row.word(name, value);
    }
    row.day("created", lead.created as f64 / DAY);
    row.word("owner", &lead.owner);
    row.word("team", &lead.team);
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
}
