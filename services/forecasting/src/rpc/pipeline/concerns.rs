//! Deals that somebody should look at: which first, and what is the matter with them.

use crate::pipeline::{Attention, Concern};

/// First those that will hardly end, then those that stand still, are overdue, and were put off; among equals as they were.
pub(super) fn gravest(all: &[Attention]) -> Vec<&Attention> {
    let rank = |one: &&Attention| {
        let ranks = one.concerns.iter().map(|concern| match concern {
            Concern::Dead { .. } => 0,
            Concern::Stalled { .. } => 1,
            Concern::Overdue { .. } => 2,
            Concern::Pushed { .. } => 3,
        });
        ranks.min().unwrap_or(u8::MAX)
    };
    let mut all: Vec<&Attention> = all.iter().collect();
    all.sort_by_key(rank);
    all
}

/// What is the matter with a deal, in words.
pub(super) fn words(concern: &Concern) -> String {
    match concern {
        Concern::Dead {
            age,
            oldest_end,
            chance_to_end,
        } => format!(
            "nobody closes it: at {age:.0} days deals hardly end any more (the oldest end was at {oldest_end:.0} days; {:.0} % end within a year)",
            chance_to_end * 100.0
        ),
        Concern::Overdue { days } => format!("its expected close was {days:.0} days ago"),
        Concern::Pushed { times: 1 } => "its expected close was moved to a later day".to_owned(),
        Concern::Pushed { times } => format!("its expected close was moved to a later day {times} times"),
        Concern::Stalled { days, usual } => {
            format!("in its stage for {days:.0} days: 95 % of others had left it after {usual:.0}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::pipeline::Line;

    fn one(id: &str, concerns: Vec<Concern>) -> Attention {
        let line = Line {
            id: id.to_owned(),
            chance: 0.1,
            lost: 0.1,
            worth: None,
            variation: 0.0,
            amount: None,
            age: 10.0,
            expected_close: None,
            pushes: 0,
            stage: String::new(),
            stage_days: 10.0,
            stage_probability: None,
            owner: String::new(),
            team: String::new(),
            category: String::new(),
            traits: BTreeMap::new(),
        };
        Attention { line, concerns }
    }

    #[test]
    fn dead_and_stalled_deals_come_before_those_put_off() {
        let dead = Concern::Dead {
            age: 900.0,
            oldest_end: 400.0,
            chance_to_end: 0.01,
        };
        let stalled = Concern::Stalled {
            days: 90.0,
            usual: 20.0,
        };
        let pushed = || Concern::Pushed { times: 2 };
        let all = [
            one("put off", vec![pushed()]),
            one("overdue", vec![Concern::Overdue { days: 3.0 }, pushed()]),
            one("stalled", vec![stalled, pushed()]),
            one("dead", vec![dead]),
            one("put off, too", vec![pushed()]),
        ];
        let ids: Vec<&str> = gravest(&all).iter().map(|one| one.line.id.as_str()).collect();
        assert_eq!(ids, ["dead", "stalled", "overdue", "put off", "put off, too"]);
    }
}
