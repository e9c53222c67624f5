//! A deal of the demo: its whole life, told up to a day.

use bellwether_contracts::sales::{
    AmountChange, CloseDateChange, Credit, ForecastCategory, Opportunity, OpportunityType, OwnerChange,
    Record, StageChange, record,
};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::calendar::{Day, Moment, day_field, text};
use super::company::{Seller, Team};
use super::dice::Dice;
use super::money::Basket;
use super::people::word;

use super::route::{CUSTOMERS, LOST, NEW_BUSINESS, NO_DECISION, Route, WON};

mod course;
mod origin;

pub(super) use course::Course;
pub(super) use origin::{Customers, Origin};

/// A deal's whole life.
#[derive(Debug)]
pub(super) struct Deal {
    /// The record's id.
    pub(super) id: String,
    /// A number that names its story on the day it began.
    pub(super) number: u32,
    /// How it began.
    pub(super) origin: Origin,
    /// How it went on.
    pub(super) course: Course,
}

/// What sort of business a deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Business {
    /// A first sale.
    New,
    /// More of the same.
    Expansion,
    /// Something else.
    CrossSell,
    /// Another term.
    Renewal,
}

impl Business {
    fn route(self) -> &'static Route {
        if self == Self::New {
            &NEW_BUSINESS
        } else {
            &CUSTOMERS
        }
    }

    fn wire(self) -> OpportunityType {
        match self {
            Self::New => OpportunityType::New,
            Self::Expansion => OpportunityType::Expansion,
            Self::CrossSell => OpportunityType::CrossSell,
            Self::Renewal => OpportunityType::Renewal,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::New => "first order",
            Self::Expansion => "more seats",
            Self::CrossSell => "add-on",
            Self::Renewal => "renewal",
        }
    }
}

/// A deal that was won for good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Won<'a> {
    /// The deal's id.
    pub(super) id: &'a str,
    /// A number that names its story on the day it began.
    pub(super) number: u32,
    /// When it began.
    pub(super) created: Moment,
    /// When it was won.
    pub(super) at: Moment,
    /// With whom.
    pub(super) account: Prospect,
    /// Who owned it then.
    pub(super) seller: Seller,
    /// What sort of business.
    pub(super) business: Business,
    /// Over what.
    pub(super) basket: &'a Basket,
    /// What was signed, in whole units of its currency.
    pub(super) amount: i64,
    /// The term in months.
    pub(super) term: u32,
}

impl Won<'_> {
    /// The team of its seller then.
    pub(super) fn team(&self) -> Team {
        self.seller.team(self.at.day)
    }

    /// The dice of something that follows from it.
    pub(super) fn dice(&self, topic: &str) -> Dice {
        Dice::of(topic, self.created.day, self.number)
    }
}

/// Whether a stage ends a deal.
pub(super) fn is_closed(stage: &str) -> bool {
    matches!(stage, WON | LOST | NO_DECISION)
}

/// The last entry of a history up to the end of a day.
fn last<T>(history: &[(Moment, T)], until: Day) -> Option<&(Moment, T)> {
    history.iter().rev().find(|(at, _)| at.day <= until)
}

impl Deal {
    /// The deal that a rep begins on a day as the `number`th.
    pub(super) fn begin(seller: Seller, day: Day, nth: u32, customers: &Customers) -> Self {
        let number = seller.number() * 100 + nth;
        let mut dice = super::dice::Dice::of("deal", day, number);
        let origin = Origin::draw(seller, day, customers, &mut dice);
        let course = Course::draw(&origin, &mut dice);
        Self {
            id: format!(
                "opp-{}-{:02}{}",
                text(day).replace('-', ""),
                seller.number() + 1,
                letter(nth)
            ),
            number,
            origin,
            course,
        }
    }

    /// What was won, if it was won for good.
    pub(super) fn won(&self) -> Option<Won<'_>> {
        let (at, stage) = *self.course.stages.last()?;
        let amount = self.course.amounts.last()?.1?;
        let seller = self.course.owners.last()?.1;
        let origin = &self.origin;
        (stage == WON && amount > 0).then_some(Won {
            id: &self.id,
            number: self.number,
            created: origin.created,
            at,
            account: origin.account,
            seller,
            business: origin.business,
            basket: &origin.basket,
            amount,
            term: origin.term,
        })
    }

    /// When it was won for good, if it was.
    pub(super) fn won_on(&self) -> Option<Day> {
        let (at, stage) = self.course.stages.last()?;
        (*stage == WON).then_some(at.day)
    }

    /// The day on which it ends.
    pub(super) fn ends(&self) -> Day {
        self.course
            .stages
            .last()
            .map_or(self.origin.created.day, |(at, _)| at.day)
    }

    /// The record as of the end of a day; `None` before it began.
    pub(super) fn record(&self, until: Day, zone: &Zone) -> Option<Record> {
        if self.origin.created.day > until {
            return None;
        }
        Some(Record {
            id: self.id.clone(),
            effective_at: self.origin.created.effective(zone),
            attributes: [("use_case".to_owned(), word(self.origin.use_case))].into(),
            body: Some(record::Body::Opportunity(self.opportunity(until, zone)?)),
            ..Record::default()
        })
    }

    fn opportunity(&self, until: Day, zone: &Zone) -> Option<Opportunity> {
        let (origin, course) = (&self.origin, &self.course);
        let (stage_at, stage) = last(&course.stages, until)?;
        let amount = last(&course.amounts, until).and_then(|(_, amount)| *amount);
        let closed = is_closed(stage);
        let lost = closed && *stage != WON;
        let currency = origin.basket.currency;
        Some(Opportunity {
            name: self.name(),
            account_id: origin
                .account
                .id_on(origin.created.day, origin.seller.company_from()),
            owner_id: last(&course.owners, until)?.1.id(),
            lines: origin.basket.items(amount),
            source: origin.source.to_owned(),
            campaign: origin.campaign.clone(),
            r#type: origin.business.wire().into(),
            pipeline: origin.business.route().pipeline.to_owned(),
            amount: amount.map(|amount| currency.amount(amount)),
            list_amount: Some(currency.amount(origin.basket.list())),
            stage: (*stage).to_owned(),
            forecast_category: self.forecast(stage, until).into(),
            crm_probability: self.probability(stage),
            discount: amount
                .filter(|_| *stage == WON)
                .map(|amount| currency.amount((origin.basket.list() - amount).max(0))),
            competitor: match course.beaten_by {
                Some(competitor) if closed => competitor.to_owned(),
                _ => origin.competitor.to_owned(),
            },
            credits: self.credits(),
            term_months: Some(origin.term),
            contact_count: Some(origin.contacts),
            expected_close: last(&course.expected, until).and_then(|(_, day)| day_field(*day)),
            created_at: origin.created.field(zone),
            closed_at: if closed { stage_at.field(zone) } else { None },
            loss_reason: if lost {
                course.loss_reason.to_owned()
            } else {
                String::new()
            },
            ..self.histories(until, zone)
        })
    }

    /// The histories up to a day; one entry is no history.
    fn histories(&self, until: Day, zone: &Zone) -> Opportunity {
        fn upto<T>(history: &[(Moment, T)], until: Day) -> impl Iterator<Item = &(Moment, T)> {
            history.iter().take_while(move |(at, _)| at.day <= until)
        }
        let (course, currency) = (&self.course, self.origin.basket.currency);
        let stages = upto(&course.stages, until).map(|(at, stage)| StageChange {
            at: at.field(zone),
            stage: (*stage).to_owned(),
        });
        let amounts = upto(&course.amounts, until).map(|(at, amount)| AmountChange {
            at: at.field(zone),
            amount: amount.map(|amount| currency.amount(amount)),
        });
        let owners = upto(&course.owners, until).map(|(at, owner)| OwnerChange {
            at: at.field(zone),
            owner_id: owner.id(),
        });
        let expected = upto(&course.expected, until).map(|(at, day)| CloseDateChange {
            at: at.field(zone),
            expected_close: day_field(*day),
        });
        Opportunity {
            stage_history: stages.collect(),
            amount_history: amounts.collect(),
            owner_history: owners.collect(),
            close_date_history: expected.collect(),
            ..Opportunity::default()
        }
    }

    fn name(&self) -> String {
        let origin = &self.origin;
        format!(
            "{}: {}, {} seats",
            origin.account.name(),
            origin.business.words(),
            origin.basket.seats()
        )
    }

    /// Who shares the credit: on some deals a colleague from the first day on.
    fn credits(&self) -> Vec<Credit> {
        let origin = &self.origin;
        let mut dice = Dice::of("credits", origin.created.day, self.number);
        let share = match origin.seller.team(origin.created.day) {
            Team::Enterprise => 0.24,
            Team::Europe => 0.12,
            Team::MidMarket | Team::Smb => 0.05,
        };
        if self.course.owners.len() > 1 || !dice.chance(share) {
            return Vec::new();
        }
        let day = origin.created.day;
        let others: Vec<Seller> = Seller::all(origin.seller.company_from())
            .filter(|other| *other != origin.seller && other.is_here(day))
            .collect();
        if others.is_empty() {
            return Vec::new();
        }
        let (mine, other) = dice.pick(&[("0.7", "0.3"), ("0.6", "0.4"), ("0.8", "0.2"), ("0.5", "0.5")]);
        let credit = |seller: Seller, share: &str| Credit {
            rep_id: seller.id(),
            share: share.to_owned(),
        };
        vec![credit(origin.seller, mine), credit(dice.pick(&others), other)]
    }

    fn stage_number(&self, stage: &str) -> Option<usize> {
        let stages = self.origin.business.route().stages;
        stages.iter().position(|(name, _)| *name == stage)
    }

    fn probability(&self, stage: &str) -> String {
        match self.stage_number(stage) {
            Some(number) => self.origin.business.route().stages[number].1.to_owned(),
            None if stage == WON => "1".to_owned(),
            None => "0".to_owned(),
        }
    }

    fn forecast(&self, stage: &str, until: Day) -> ForecastCategory {
        let Some(number) = self.stage_number(stage) else {
            return if stage == WON {
                ForecastCategory::Closed
            } else {
                ForecastCategory::Omitted
            };
        };
        let left = self.origin.business.route().stages.len() - number;
        let soon = last(&self.course.expected, until).is_some_and(|(_, day)| *day <= until + 30);
        match (left, soon) {
            (1, true) => ForecastCategory::Commit,
            (2, true) => ForecastCategory::MostLikely,
            (1, false) | (3, true) => ForecastCategory::BestCase,
            _ => ForecastCategory::Pipeline,
        }
    }
}

fn letter(nth: u32) -> char {
    char::from(b'a' + u8::try_from(nth % 26).unwrap_or(0))
}
