//! The demo's whole story, and the records it leaves behind up to a day.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use bellwether_contracts::sales::{Record, record};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::activities::Touch;
use super::calendar::{Day, is_workday, season};
use super::company::Seller;
use super::deals::{Customers, Deal};
use super::leads::Interest;
use super::subscriptions::{self, Payer};
use super::twins::{Merge, Twins};
use super::{contracts, figures, money, orders, people, plan, spend, voices};

/// How many days before a deal its lead may have come in.
const LEAD_TIME: Day = 25;
/// Working days in a month, on average.
const WORKDAYS: f64 = 21.0;

/// The company from its first day on.
#[derive(Debug)]
pub(super) struct World {
    from: Day,
    zone: Zone,
    deals: Vec<Deal>,
    leads: Vec<Interest>,
    touches: Vec<Touch>,
    payers: Vec<Payer>,
    twins: Twins,
}

impl World {
    /// Tells the story from the company's first day to a day. What it says about a day does not depend on how far
    /// it is told beyond it.
    pub(super) fn tell(from: Day, until: Day, zone: Zone) -> Self {
        let mut deals: Vec<Deal> = Vec::new();
        let mut customers = Customers::default();
        // Leads come in before the deals that they become.
        for day in (from..=until + LEAD_TIME).filter(|day| is_workday(*day)) {
            customers.turn(day);
            for seller in Seller::all(from).filter(|seller| seller.is_here(day)) {
                for nth in 0..beginnings(seller, day, from) {
                    let deal = Deal::begin(seller, day, nth, &customers);
                    if let Some(won) = deal.won_on() {
                        customers.expect(won, seller.team(day), deal.origin.account);
                    }
                    deals.push(deal);
                }
            }
        }
        let mut leads: Vec<Interest> = deals
            .iter()
            .filter_map(|deal| Interest::behind(deal, from))
            .collect();
        for day in (from..=until).filter(|day| is_workday(*day)) {
            leads.extend(Interest::of_day(day, from));
        }
        let mut touches: Vec<Touch> = deals.iter().flat_map(Touch::of_deal).collect();
        touches.extend(leads.iter().flat_map(Touch::of_lead));
        let payers = subscriptions::payers(&deals, until);
        let twins = Twins::among(&leads, from);
        Self {
            from,
            zone,
            deals,
            leads,
            touches,
            payers,
            twins,
        }
    }

    /// Every record as of the end of a day, those that others name first.
    pub(super) fn records(&self, until: Day) -> Vec<Record> {
        let zone = &self.zone;
        let mut out = people::people(self.from, until, zone);
        out.extend(Prospect::all().map(|prospect| prospect.record(self.from, zone)));
        out.extend(money::rates(self.from, until));
        out.extend(self.leads.iter().filter_map(|lead| lead.record(until, zone)));
        out.extend(self.deals.iter().filter_map(|deal| deal.record(until, zone)));
        out.extend(self.touches.iter().filter_map(|touch| touch.record(until, zone)));
        out.extend(self.twins.records(until, zone));
        out.extend(self.payers.iter().flat_map(|payer| payer.records(until, zone)));
        for won in self.deals.iter().filter_map(Deal::won) {
            out.extend(contracts::record(&won, until, zone));
            out.extend(orders::records(&won, until, zone));
        }
        out.extend(orders::extras(&self.payers, until, zone));
        out.extend(plan::records(self.from, until));
        out.extend(spend::records(self.from, until));
        out.extend(voices::records(&self.payers, self.from, until, zone));
        out.extend(figures::records(&self.deals, &self.payers, self.from, until));
        out
    }

    /// What turned out to be the same twice after one day and up to another: the survivors, and who is merged into them.
    pub(super) fn merges(&self, since: Option<Day>, until: Day) -> Vec<Merge> {
        self.twins.merges(since, until)
    }

    /// The records of a day that were not there, or not like that, at the end of an earlier one.
    pub(super) fn news(&self, since: Day, until: Day) -> Vec<Record> {
        let before = self.records(since);
        let known: HashMap<_, &Record> = before.iter().map(|record| (version(record), record)).collect();
        let mut after = self.records(until);
        after.retain(|record| known.get(&version(record)).is_none_or(|before| *before != record));
        after
    }
}

/// What tells a version of a record from every other.
fn version(record: &Record) -> (Option<Discriminant<record::Body>>, String, i64) {
    (
        record.body.as_ref().map(discriminant),
        record.id.clone(),
        record.effective_at.map_or(0, |at| at.seconds),
    )
}

/// How many deals a rep begins on a day.
fn beginnings(seller: Seller, day: Day, from: Day) -> u32 {
    let plan = seller.team(day).plan();
    let years = f64::from(day - from) / 365.0;
    let mean = plan.pace / WORKDAYS * seller.ramp(day) * season(day) * (1.0 + 0.06 * years);
    super::dice::Dice::of("beginnings", day, seller.number()).count(mean)
}

#[cfg(test)]
mod tests;
