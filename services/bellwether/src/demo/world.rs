//! The demo's whole story, and the records it leaves behind up to a day.

use std::collections::HashMap;

use bellwether_contracts::sales::{Record, record};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::activities::Touch;
use super::calendar::{Day, is_workday, season};
use super::company::Seller;
use super::deals::{Customers, Deal};
use super::leads::Interest;
use super::{money, people};

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
        Self {
            from,
            zone,
            deals,
            leads,
            touches,
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
        out
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
fn version(record: &Record) -> (u8, String, i64) {
    let kind = match &record.body {
        Some(record::Body::Account(_)) => 1,
        Some(record::Body::Rep(_)) => 2,
        Some(record::Body::Team(_)) => 3,
        Some(record::Body::Lead(_)) => 4,
        Some(record::Body::Opportunity(_)) => 5,
        Some(record::Body::Activity(_)) => 6,
        Some(record::Body::Quota(_)) => 7,
        Some(record::Body::FxRate(_)) => 8,
        Some(record::Body::Subscription(_)) => 9,
        Some(record::Body::Contract(_)) => 10,
        Some(record::Body::Order(_)) => 11,
        Some(record::Body::Spend(_)) => 12,
        Some(record::Body::MetricSample(_)) => 13,
        Some(record::Body::KpiDefinition(_)) => 14,
        Some(record::Body::Target(_)) => 15,
        Some(record::Body::Scorecard(_)) => 16,
        None => 0,
    };
    (
        kind,
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
