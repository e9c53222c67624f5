//! How a deal of the demo goes on: stages, amounts, pushed closes, new owners, its end, and sometimes another one.

use super::{Business, LOST, NO_DECISION, Origin, WON};
use crate::demo::calendar::{Day, Moment, month, month_end, quarter, workday_from, workday_up_to};
use crate::demo::company::Seller;
use crate::demo::dice::Dice;
use crate::demo::turn::Turn;

const LOSS_REASONS: [(&str, f64); 6] = [
    ("Price", 0.28),
    ("Competitor", 0.24),
    ("Missing feature", 0.18),
    ("Timing", 0.12),
    ("Champion left", 0.07),
    ("", 0.11),
];
const NO_DECISION_REASONS: [(&str, f64); 3] = [("No budget", 0.5), ("Went silent", 0.38), ("", 0.12)];

/// A deal's histories, oldest first, to its very end.
#[derive(Debug)]
pub(in crate::demo) struct Course {
    /// The stages it enters.
    pub(in crate::demo) stages: Vec<(Moment, &'static str)>,
    /// What it is worth, in whole units of its currency; `None` = nobody has said yet.
    pub(super) amounts: Vec<(Moment, Option<i64>)>,
    /// Who owns it.
    pub(in crate::demo) owners: Vec<(Moment, Seller)>,
    /// When it is expected to close.
    pub(super) expected: Vec<(Moment, Day)>,
    pub(super) loss_reason: &'static str,
    /// The competitor who turned out to win it; `None` = the one known from the beginning, if any.
    pub(super) beaten_by: Option<&'static str>,
}

impl Course {
    /// Throws the dice for the rest of a deal's life.
    pub(super) fn draw(origin: &Origin, dice: &mut Dice) -> Self {
        let outcome = outcome(origin, dice);
        let length = length(origin, outcome, dice);
        let mut stages = stages(origin, outcome, length, dice);
        let team = origin.seller.team(origin.created.day);
        let turn = Turn::of(origin.seller.company_from());
        let turned = turn.end(team, &mut stages, dice);
        let outcome = stages[stages.len() - 1].1;
        let mut course = Self {
            stages,
            amounts: Vec::new(),
            owners: Vec::new(),
            expected: Vec::new(),
            loss_reason: match outcome {
                LOST => dice.weighted(&LOSS_REASONS),
                _ => dice.weighted(&NO_DECISION_REASONS),
            },
            beaten_by: None,
        };
        if let Some((competitor, reason)) = turned {
            (course.beaten_by, course.loss_reason) = (Some(competitor), reason);
        }
        course.second_thoughts(origin, dice);
        course.amounts = course.worth(origin, dice);
        course.owners = course.hands(origin, dice);
        course.expected = course.promises(origin, dice);
        course
    }

    fn end(&self) -> Moment {
        self.stages[self.stages.len() - 1].0
    }

    /// A lost deal comes back, or a won one falls through.
    fn second_thoughts(&mut self, origin: &Origin, dice: &mut Dice) {
        let (end, stage) = self.stages[self.stages.len() - 1];
        let reopened = dice.chance(if stage == WON { 0.008 } else { 0.045 });
        if !reopened {
            return;
        }
        let again = Moment::at_work(workday_from(end.day + dice.between(12, 80)), dice.unit());
        let route = origin.business.route();
        self.stages.push((again, route.stages[route.qualifies].0));
        let won = stage != WON && dice.chance(0.4);
        let close = Moment::at_work(workday_from(again.day + dice.between(6, 45)), dice.unit());
        self.stages
            .push((close.after(again), if won { WON } else { LOST }));
        if !won {
            self.loss_reason = dice.weighted(&LOSS_REASONS);
        }
    }

    /// Guessed at first, put right as the deal is understood, discounted at the end.
    fn worth(&self, origin: &Origin, dice: &mut Dice) -> Vec<(Moment, Option<i64>)> {
        let list = origin.basket.list() as f64;
        let rounded = |amount: f64| Some((amount.max(100.0) / 10.0).round() as i64 * 10);
        let first = if dice.chance(0.06) {
            None
        } else {
            rounded(dice.lognormal(list, 0.18))
        };
        let mut amounts = vec![(self.stages[0].0, first)];
        let opens = self
            .stages
            .iter()
            .skip(1)
            .filter(|(_, stage)| !super::is_closed(stage));
        for (number, (at, _)) in opens.enumerate() {
            let amount = match number {
                0 if dice.chance(0.7) => rounded(dice.lognormal(list, 0.08)),
                1 if dice.chance(0.6) => rounded(list * 0.97),
                _ => continue,
            };
            amounts.push((*at, amount));
        }
        let won = self.stages.iter().find(|(_, stage)| *stage == WON);
        if let Some((at, _)) = won {
            let push = if quarter(at.day).end.days() - at.day < 10 {
                0.06
            } else {
                0.0
            };
            let deeper = Turn::of(origin.seller.company_from()).discount(origin.seller.team(at.day), at.day);
            let discount = (0.02 + push + deeper + 0.14 * dice.unit()).min(0.3);
            // Signed for what was sold, a minute before it counts as won.
            let signed = Moment {
                minute: at.minute - 1,
                ..*at
            };
            amounts.push((signed, rounded(list * (1.0 - discount))));
        }
        amounts.dedup_by(|later, earlier| later.1 == earlier.1);
        amounts
    }

    /// The rep, then colleagues when the rep leaves or hands it on.
    fn hands(&self, origin: &Origin, dice: &mut Dice) -> Vec<(Moment, Seller)> {
        let mut owners = vec![(origin.created, origin.seller)];
        let end = self.end();
        let handed = dice
            .chance(0.03)
            .then(|| origin.created.day + dice.between(5, 40));
        let mut owner = origin.seller;
        while let Some(day) = owner
            .leaves()
            .map(|last| last + 1)
            .into_iter()
            .chain(handed.filter(|_| owners.len() == 1))
            .min()
        {
            let at = Moment::at_work(workday_from(day.max(origin.created.day + 1)), 0.0);
            let team = owner.team(at.day);
            let others: Vec<Seller> = Seller::all(owner.company_from())
                .filter(|other| *other != owner && other.is_here(at.day) && other.team(at.day) == team)
                .collect();
            if at >= end || others.is_empty() {
                break;
            }
            owner = dice.pick(&others);
            owners.push((at, owner));
        }
        owners
    }

    /// What the rep says about the close: late, and later again.
    fn promises(&self, origin: &Origin, dice: &mut Dice) -> Vec<(Moment, Day)> {
        let pace = origin.seller.team(origin.created.day).plan().cycle;
        let first = origin.created.day + dice.lognormal(pace * 0.9, 0.3) as Day + 3;
        let round = |day: Day, dice: &mut Dice| {
            if dice.chance(0.5) {
                month_end(day)
            } else {
                workday_up_to(day)
            }
        };
        let mut expected = vec![(origin.created, round(first, dice))];
        let close = self
            .stages
            .iter()
            .find(|(_, stage)| super::is_closed(stage))
            .map_or(self.end(), |(at, _)| *at);
        for _ in 0..9 {
            let (_, promised) = expected[expected.len() - 1];
            let told = Moment::at_work(workday_from(promised + dice.between(-6, 3)), dice.unit());
            let told = told.after(expected[expected.len() - 1].0);
            if told >= close {
                break;
            }
            let later = promised.max(told.day) + dice.pick(&[14, 21, 30, 30, 45, 60]);
            expected.push((told, round(later, dice)));
        }
        let last = expected[expected.len() - 1];
        let pulled = Moment::at_work(workday_from(close.day - dice.between(4, 12)), dice.unit());
        if last.1 > close.day + 14 && pulled > last.0 && pulled < close {
            expected.push((pulled, month_end(close.day).min(close.day + 5)));
        }
        expected
    }
}

fn outcome(origin: &Origin, dice: &mut Dice) -> &'static str {
    let day = origin.created.day;
    let rep = origin.seller.skill() * (0.7 + 0.3 * origin.seller.ramp(day));
    let win = origin.seller.team(day).plan().win * rep * origin.appeal;
    if dice.chance(win.clamp(0.04, 0.9)) {
        WON
    } else if dice.chance(0.68) {
        LOST
    } else {
        NO_DECISION
    }
}

/// Days from creation to close.
fn length(origin: &Origin, outcome: &str, dice: &mut Dice) -> Day {
    let pace = origin.seller.team(origin.created.day).plan().cycle;
    let known = if origin.business == Business::New {
        1.0
    } else {
        0.62
    };
    let by_outcome = match outcome {
        WON => 1.0,
        LOST => 0.8,
        _ => 1.7,
    };
    // Some deals are never cleaned up.
    let forgotten = if outcome == NO_DECISION && dice.chance(0.2) {
        2.5
    } else {
        1.0
    };
    let days = dice.lognormal(pace * known * by_outcome * forgotten, 0.42);
    days.clamp(3.0, 560.0) as Day
}

/// Through the stages to the end.
fn stages(
    origin: &Origin,
    outcome: &'static str,
    length: Day,
    dice: &mut Dice,
) -> Vec<(Moment, &'static str)> {
    let route = origin.business.route();
    let reached = match (outcome, route.stages.len()) {
        (WON, all) => all,
        (_, 3) => dice.weighted(&[(1, 0.3), (2, 0.4), (3, 0.3)]),
        _ => dice.weighted(&[(1, 0.34), (2, 0.28), (3, 0.23), (4, 0.15)]),
    };
    let created = origin.created;
    let close = Moment::at_work(close_day(created.day, length, outcome, dice), dice.unit());
    let span = f64::from(close.day - created.day);
    let mut parts: Vec<f64> = (1..reached).map(|_| 0.05 + 0.85 * dice.unit()).collect();
    parts.sort_by(f64::total_cmp);
    let mut out = vec![(created, route.stages[0].0)];
    for (number, part) in (1..).zip(parts) {
        // Now and then a step is skipped on the way.
        if number > 1 && number + 1 < reached && dice.chance(0.1) {
            continue;
        }
        let day = workday_up_to(created.day + (span * part) as Day).max(created.day);
        let at = Moment::at_work(day, dice.unit()).after(out[out.len() - 1].0);
        out.push((at, route.stages[number].0));
    }
    out.push((close.after(out[out.len() - 1].0), outcome));
    out
}

/// Deals slip over the summer and are pulled to the end of the quarter.
fn close_day(created: Day, length: Day, outcome: &str, dice: &mut Dice) -> Day {
    let mut day = created + length;
    if matches!(month(day), 7 | 8) && dice.chance(0.3) {
        day += dice.between(10, 28);
    }
    let last = quarter(day).end.days() - 1;
    if outcome == WON && last - day <= 30 && dice.chance(0.58) {
        day = last - dice.between(0, 6);
    }
    let friday = workday_up_to(day);
    if friday > created {
        friday
    } else {
        workday_from(day.max(created + 1))
    }
}
