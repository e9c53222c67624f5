//! Calls, e-mails, meetings and demos of the demo's reps.

use bellwether_contracts::sales::{
    Activity, ActivityDirection, ActivityOutcome, ActivityType, Record, record,
};
use bellwether_domain::Zone;

use super::calendar::{Day, Moment, workday_up_to};
use super::company::{Seller, Team};
use super::deals::Deal;
use super::dice::Dice;
use super::leads::Interest;

/// Something that a rep did.
#[derive(Debug)]
pub(super) struct Touch {
    id: String,
    at: Moment,
    seller: Seller,
    deal: String,
    lead: String,
    account: String,
    what: ActivityType,
    inbound: bool,
    outcome: ActivityOutcome,
    minutes: i32,
}

const KINDS: [(ActivityType, f64); 5] = [
    (ActivityType::Call, 0.36),
    (ActivityType::Email, 0.34),
    (ActivityType::Meeting, 0.16),
    (ActivityType::Demo, 0.09),
    (ActivityType::Task, 0.05),
];

impl Touch {
    /// What was done for a deal: by whoever owns it then.
    pub(super) fn of_deal(deal: &Deal) -> Vec<Self> {
        let mut dice = Dice::of("touches", deal.origin.created.day, deal.number);
        let first = deal.origin.created;
        let team = deal.origin.seller.team(first.day);
        let mean = match team {
            Team::Enterprise => 5.0,
            Team::Smb => 1.6,
            Team::MidMarket | Team::Europe => 2.6,
        };
        // Nobody works on a forgotten deal.
        let span = (deal.ends() - first.day).clamp(1, 150);
        let count = dice.count(mean);
        (0..count)
            .map(|number| {
                let day = workday_up_to(first.day + dice.between(0, span)).max(first.day);
                let at = Moment::at_work(day, dice.unit()).max(first);
                let owners = deal.course.owners.iter().rev();
                let seller = owners
                    .clone()
                    .find(|(since, _)| *since <= at)
                    .map_or(deal.origin.seller, |(_, owner)| *owner);
                let id = deal.id.replacen("opp-", "act-", 1);
                Self::draw(format!("{id}-{number}"), at, seller, &mut dice).about(
                    deal.id.clone(),
                    String::new(),
                    deal.origin.account.id(),
                )
            })
            .collect()
    }

    /// The first answers to a lead; some never get one.
    pub(super) fn of_lead(lead: &Interest) -> Vec<Self> {
        let mut dice = Dice::of("answers", lead.created.day, lead.number);
        if dice.chance(0.07) {
            return Vec::new();
        }
        let mut at = lead.created;
        let wait = dice.lognormal(34.0, 1.25).min(6_000.0);
        at = at.plus_work(wait);
        let id = lead.id.replacen("lead-", "act-l", 1);
        let what = if dice.chance(0.6) {
            ActivityType::Call
        } else {
            ActivityType::Email
        };
        let mut touch =
            Self::draw(id, at, lead.seller, &mut dice).about(String::new(), lead.id.clone(), String::new());
        touch.what = what;
        touch.inbound = false;
        vec![touch]
    }

    fn draw(id: String, at: Moment, seller: Seller, dice: &mut Dice) -> Self {
        let what = dice.weighted(&KINDS);
        let (outcome, minutes) = match what {
            ActivityType::Call => (
                dice.weighted(&[
                    (ActivityOutcome::Connected, 0.55),
                    (ActivityOutcome::NoAnswer, 0.45),
                ]),
                dice.between(2, 28),
            ),
            ActivityType::Email => (
                dice.weighted(&[
                    (ActivityOutcome::Replied, 0.34),
                    (ActivityOutcome::OpenedByHuman, 0.3),
                    (ActivityOutcome::OpenedByMachine, 0.14),
                    (ActivityOutcome::Clicked, 0.08),
                    (ActivityOutcome::Bounced, 0.04),
                    (ActivityOutcome::Unspecified, 0.1),
                ]),
                0,
            ),
            ActivityType::Meeting | ActivityType::Demo => {
                (ActivityOutcome::Connected, dice.pick(&[30, 30, 45, 60]))
            }
            _ => (ActivityOutcome::Unspecified, 15),
        };
        Self {
            id,
            at,
            seller,
            deal: String::new(),
            lead: String::new(),
            account: String::new(),
            what,
            inbound: dice.chance(0.16),
            outcome,
            minutes,
        }
    }

    fn about(mut self, deal: String, lead: String, account: String) -> Self {
        (self.deal, self.lead, self.account) = (deal, lead, account);
        self
    }

    /// The record as of the end of a day; `None` before it happened.
    pub(super) fn record(&self, until: Day, zone: &Zone) -> Option<Record> {
        if self.at.day > until {
            return None;
        }
        let direction = if self.inbound {
            ActivityDirection::Inbound
        } else {
            ActivityDirection::Outbound
        };
        let seconds = u64::try_from(self.minutes * 60)
            .ok()
            .filter(|seconds| *seconds > 0);
        Some(Record {
            id: self.id.clone(),
            body: Some(record::Body::Activity(Activity {
                r#type: self.what.into(),
                rep_id: self.seller.id(),
                lead_id: self.lead.clone(),
                opportunity_id: self.deal.clone(),
                account_id: self.account.clone(),
                at: self.at.field(zone),
                duration_seconds: seconds,
                completed: true,
                direction: direction.into(),
                automatic: false,
                outcome: self.outcome.into(),
                evidence: Vec::new(),
            })),
            ..Record::default()
        })
    }
}
