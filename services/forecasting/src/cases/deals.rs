//! Deals as rows: each as it was when it was created.

use super::Cases;
use super::rows::{Row, cases};
use crate::pipeline::{Deal, Outcome};

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// Deals that ended, won or not, and deals that are open.
#[must_use]
pub fn opportunities(deals: &[Deal]) -> Cases {
    cases(deals.iter().map(row).collect())
}

fn row(deal: &Deal) -> Row {
    let created = deal.created as f64 / DAY;
    let mut row = Row {
        id: deal.id.clone(),
        end: deal
            .closing
            .as_ref()
            .map(|closing| (closing.outcome == Outcome::Won, closing.at as f64 / DAY)),
        begun: Some(created),
        ..Row::default()
    };
    for (name, value) in &deal.traits {
        row.word(name, value);
    }
    row.day("created", created);
    let first = deal.spells.iter().min_by_key(|spell| spell.from);
    // What is first told after the creation is no part of it.
    if let Some(first) = first.filter(|first| first.from <= deal.created) {
        row.word("owner", &first.owner);
        row.word("team", &first.team);
        row.word("first_stage", &first.stage);
        row.number("amount", first.amount.map(|amount| amount as f64));
        row.number(
            "days_to_expected_close",
            first.expected_close.map(|day| f64::from(day) - created.floor()),
        );
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Closing, Spell};
    use std::collections::BTreeMap;

    /// Most deals of `web` are won, most of `fair` are not; `n` of them have ended and one of each is open.
    fn company(n: i64, tells: bool) -> Vec<Deal> {
        let deal = |at: i64| {
            let web = at % 2 == 0;
            // One in five ends otherwise: a source that told all could not be known beforehand.
            let won = if tells { web != (at % 5 == 0) } else { at % 4 < 2 };
            let source = if web { "web" } else { "fair" };
            let spell = Spell {
                from: at * 86_400_000,
                to: None,
                stage: "Engaging".to_owned(),
                stage_probability: None,
                amount: Some(100_000),
                expected_close: None,
                owner: "ann".to_owned(),
                team: String::new(),
                category: String::new(),
                pushes: 0,
            };
            let closing = Closing {
                at: (at + 30) * 86_400_000,
                outcome: if won { Outcome::Won } else { Outcome::Lost },
                amount: None,
                owner: "ann".to_owned(),
                team: String::new(),
            };
            Deal {
                id: format!("d{at:04}"),
                created: at * 86_400_000,
                spells: vec![spell],
                closing: (at < n).then_some(closing),
                undone: Vec::new(),
                traits: BTreeMap::from([("source".to_owned(), source.to_owned())]),
            }
        };
        (0..n + 2).map(deal).collect()
    }

    #[test]
    fn what_tells_the_end_is_told_as_the_reason() {
        let scored = opportunities(&company(400, true)).score(&|_| ()).unwrap();
        assert!(scored.model.signal(), "{:?}", scored.model.card());
        let (best, score) = &scored.scores[0];
        assert_eq!(
            (best.as_str(), score.reasons[0].column.as_str()),
            ("d0400", "source")
        );
        assert!(score.probability > 0.6 && scored.scores[1].1.probability < 0.4);
        for (_, score) in &scored.scores {
            let sum = score
                .reasons
                .iter()
                .fold(score.base, |sum, reason| sum + reason.contribution);
            assert!((sum - score.logit).abs() < 1e-9);
        }
    }

    #[test]
    fn without_a_signal_it_is_the_base_rate() {
        let now = bellwether_domain::Instant::from_micros(900 * 86_400_000_000);
        let scored = opportunities(&company(400, false)).as_of(now);
        let scored = scored.score(&|_| ()).unwrap();
        assert!(!scored.model.signal());
        assert!(
            scored
                .scores
                .iter()
                .all(|(_, score)| (score.probability - 0.5).abs() < 0.1 && score.reasons.is_empty())
        );
    }

    #[test]
    fn too_little_is_said_to_be() {
        assert!(matches!(
            opportunities(&company(6, true)).score(&|_| ()),
            Err(super::super::Silent::TooFew { ended: 6, .. })
        ));
        assert_eq!(
            opportunities(&[]).score(&|_| ()),
            Err(super::super::Silent::NothingOpen)
        );
    }
}
