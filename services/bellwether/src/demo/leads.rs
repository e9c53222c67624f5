//! Leads of the demo: those that became deals, and the many that did not.

use bellwether_contracts::sales::{Lead, Record, record};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::calendar::{Day, Moment, quarter_name, season, text, workday_from};
use super::company::{Seller, Team};
use super::deals::{Business, Deal};
use super::dice::Dice;

const SOURCES: [(&str, f64); 4] = [
    ("Website", 0.46),
    ("Webinar", 0.2),
    ("Event", 0.2),
    ("List", 0.14),
];
const REASONS: [(&str, f64); 5] = [
    ("No budget", 0.26),
    ("Too small", 0.24),
    ("No answer", 0.3),
    ("Student", 0.08),
    ("Competitor", 0.12),
];

/// A lead's whole life.
#[derive(Debug)]
pub(super) struct Interest {
    /// The record's id.
    pub(super) id: String,
    /// A number that names its story on the day it came in.
    pub(super) number: u32,
    /// Who answers it.
    pub(super) seller: Seller,
    /// When it came in.
    pub(super) created: Moment,
    source: &'static str,
    campaign: String,
    account: Option<Prospect>,
    mql: Option<Moment>,
    sql: Option<Moment>,
    converted: Option<(Moment, String)>,
    disqualified: Option<(Moment, &'static str)>,
}

impl Interest {
    /// The lead that became a deal, where marketing brought it; not before the company's first day.
    pub(super) fn behind(deal: &Deal, from: Day) -> Option<Self> {
        let origin = &deal.origin;
        let by_marketing = matches!(origin.source, "Website" | "Webinar" | "Event");
        let mut dice = Dice::of("lead of a deal", origin.created.day, deal.number);
        if origin.business != Business::New || !by_marketing || dice.chance(0.12) {
            return None;
        }
        let day = workday_from((origin.created.day - dice.between(1, 22)).max(from));
        let created = Moment::at_work(day, dice.unit());
        if created >= origin.created {
            return None;
        }
        let mql = created.plus_work(60.0 + 900.0 * dice.unit()).min(origin.created);
        let sql = mql.plus_work(120.0 + 1500.0 * dice.unit()).min(origin.created);
        Some(Self {
            id: deal.id.replacen("opp-", "lead-", 1),
            number: deal.number,
            seller: origin.seller,
            created,
            source: origin.source,
            campaign: origin.campaign.clone(),
            account: Some(origin.account),
            mql: Some(mql),
            sql: Some(sql),
            converted: Some((origin.created, deal.id.clone())),
            disqualified: None,
        })
    }

    /// The same person again, some minutes later, of whom nothing became.
    pub(super) fn twin(&self, minutes: i32) -> Self {
        Self {
            id: format!("{}-2", self.id),
            number: self.number,
            seller: self.seller,
            created: self.created.plus_work(f64::from(minutes)),
            source: self.source,
            campaign: self.campaign.clone(),
            account: self.account,
            mql: None,
            sql: None,
            converted: None,
            disqualified: None,
        }
    }

    /// The leads of a day that never became deals.
    pub(super) fn of_day(day: Day, from: Day) -> Vec<Self> {
        let years = f64::from(day - from) / 365.0;
        let mut dice = Dice::of("leads", day, 0);
        let count = dice.count(3.4 * season(day) * (1.0 + 0.2 * years));
        (0..count)
            .filter_map(|number| Self::lost(day, from, number))
            .collect()
    }

    fn lost(day: Day, from: Day, number: u32) -> Option<Self> {
        // Numbers of deals stay below this, so that the two name different stories.
        let number = 1_000_000 + number;
        let mut dice = Dice::of("lead", day, number);
        let here: Vec<Seller> = Seller::all(from).filter(|seller| seller.is_here(day)).collect();
        let seller = *here.get(dice.place(here.len()))?;
        let source = dice.weighted(&SOURCES);
        let created = Moment::at_work(day, dice.unit());
        let mql = dice
            .chance(0.48)
            .then(|| created.plus_work(60.0 + 2000.0 * dice.unit()));
        let sql = mql
            .filter(|_| dice.chance(0.22))
            .map(|mql| mql.plus_work(300.0 + 3000.0 * dice.unit()));
        let end = sql
            .or(mql)
            .unwrap_or(created)
            .plus_work(480.0 * f64::from(dice.between(2, 25)));
        Some(Self {
            id: format!("lead-{}-x{:02}", text(day).replace('-', ""), number - 1_000_000),
            number,
            seller,
            created,
            source,
            campaign: match source {
                "Event" | "Webinar" => format!("{} {source}s", quarter_name(day)),
                "Website" if dice.chance(0.5) => format!("{} search ads", quarter_name(day)),
                _ => String::new(),
            },
            account: dice
                .chance(0.4)
                .then(|| Prospect::of(dice.pick(&Team::ALL), &mut dice)),
            mql,
            sql,
            converted: None,
            disqualified: dice.chance(0.75).then(|| (end, dice.weighted(&REASONS))),
        })
    }

    /// The record as of the end of a day; `None` before it came in.
    pub(super) fn record(&self, until: Day, zone: &Zone) -> Option<Record> {
        if self.created.day > until {
            return None;
        }
        let by_then = |at: Option<Moment>| at.filter(|at| at.day <= until);
        let (mql, sql) = (by_then(self.mql), by_then(self.sql));
        let converted = self.converted.as_ref().filter(|(at, _)| at.day <= until);
        let disqualified = self.disqualified.filter(|(at, _)| at.day <= until);
        let status = match (converted, disqualified, sql, mql) {
            (Some(_), ..) => "converted",
            (_, Some(_), ..) => "disqualified",
            (_, _, Some(_), _) => "sales qualified",
            (.., Some(_)) => "marketing qualified",
            _ => "new",
        };
        Some(Record {
            id: self.id.clone(),
            effective_at: self.created.effective(zone),
            body: Some(record::Body::Lead(Lead {
                source: self.source.to_owned(),
                campaign: self.campaign.clone(),
                created_at: self.created.field(zone),
                mql_at: mql.and_then(|at| at.field(zone)),
                sql_at: sql.and_then(|at| at.field(zone)),
                status: status.to_owned(),
                disqualify_reason: disqualified.map_or_else(String::new, |(_, reason)| reason.to_owned()),
                converted_opportunity_id: converted.map_or_else(String::new, |(_, id)| id.clone()),
                converted_at: converted.and_then(|(at, _)| at.field(zone)),
                owner_id: self.seller.id(),
                account_id: self.account.map_or_else(String::new, Prospect::id),
            })),
            ..Record::default()
        })
    }
}
