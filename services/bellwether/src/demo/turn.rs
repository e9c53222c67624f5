//! What changes from the last but one to the last quarter that closes before the company is three years old: a
//! competitor halves its prices in North America, and partners begin to sell in Europe.

use super::calendar::{Day, Moment, quarter};
use super::company::Team;
use super::deals::is_closed;
use super::dice::Dice;
use super::route::WON;

/// Three years, in days.
const THREE_YEARS: Day = 1096;
const COMPETITOR: &str = "Northstar CRM";

/// The quarter in which it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    first: Day,
    end: Day,
}

impl Turn {
    /// Of the company that began on a day.
    pub(super) fn of(from: Day) -> Self {
        let running = quarter(from + THREE_YEARS).start.days();
        let closed = quarter(running - 1);
        Self {
            first: closed.start.days(),
            end: closed.end.days(),
        }
    }

    /// Whether a day lies in it.
    pub(super) fn holds(self, day: Day) -> bool {
        (self.first..self.end).contains(&day)
    }

    /// How much deeper discounts are on a day, as a part of the list price.
    pub(super) fn discount(self, team: Team, day: Day) -> f64 {
        if self.holds(day) && team == Team::Enterprise {
            0.05
        } else {
            0.0
        }
    }

    /// Ends a deal otherwise when its first close lies in the quarter; the competitor and the reason of a loss.
    pub(super) fn end(
        self,
        team: Team,
        stages: &mut [(Moment, &'static str)],
        dice: &mut Dice,
    ) -> Option<(&'static str, &'static str)> {
        let (close, stage) = stages.last_mut()?;
        if !self.holds(close.day) || !is_closed(stage) {
            return None;
        }
        let won = *stage == WON;
        let chance = match (team, won) {
            (Team::Enterprise, true) => 0.34,
            (Team::MidMarket, true) => 0.16,
            (Team::Europe, false) => 0.08,
            _ => 0.0,
        };
        if !dice.chance(chance) {
            return None;
        }
        *stage = if won { super::route::LOST } else { WON };
        won.then(|| (COMPETITOR, dice.pick(&["Competitor", "Competitor", "Price"])))
    }
}

#[cfg(test)]
mod tests {
    use bellwether_domain::CivilDate;

    use super::*;
    use crate::demo::calendar::text;

    #[test]
    fn it_is_the_last_quarter_that_closed_before_the_company_is_shown() {
        let of = |from: &str| {
            let turn = Turn::of(from.parse::<CivilDate>().unwrap().days());
            (text(turn.first), text(turn.end))
        };
        let third = ("2026-07-01".to_owned(), "2026-10-01".to_owned());
        assert_eq!(of("2023-10-01"), third);
        assert_eq!(of("2023-12-01"), third);
        assert_eq!(
            of("2024-01-01"),
            ("2026-10-01".to_owned(), "2027-01-01".to_owned())
        );
        assert_eq!(
            of("2025-02-01"),
            ("2027-10-01".to_owned(), "2028-01-01".to_owned())
        );
    }
}
