//! The companies that the demo's company sells to.

use bellwether_contracts::sales::{Account, Record, record};
use bellwether_domain::Zone;

use super::calendar::{Day, Moment};
use super::company::Team;
use super::dice::Dice;
use super::money::Currency;
use super::people::word;

const FIRST: [&str; 60] = [
    "Alder",
    "Amber",
    "Anchor",
    "Apex",
    "Aspen",
    "Atlas",
    "Aurora",
    "Basalt",
    "Beacon",
    "Birch",
    "Blue Harbor",
    "Bright",
    "Canyon",
    "Cedar",
    "Cobalt",
    "Copper",
    "Coral",
    "Crescent",
    "Delta",
    "Dune",
    "Eagle",
    "Eastgate",
    "Echo",
    "Elm",
    "Ember",
    "Everest",
    "Falcon",
    "Fern",
    "Fjord",
    "Garnet",
    "Glacier",
    "Granite",
    "Harbor",
    "Hazel",
    "Helix",
    "Heron",
    "Highland",
    "Indigo",
    "Ironwood",
    "Juniper",
    "Keystone",
    "Lakeside",
    "Lark",
    "Linden",
    "Lunar",
    "Maple",
    "Meridian",
    "Midland",
    "Northwind",
    "Oakridge",
    "Onyx",
    "Orchard",
    "Pinnacle",
    "Quarry",
    "Redwood",
    "Riverbend",
    "Sable",
    "Summit",
    "Tidewater",
    "Willow",
];
const SECOND: [&str; 14] = [
    "Foods",
    "Logistics",
    "Health",
    "Energy",
    "Software",
    "Retail",
    "Bank",
    "Insurance",
    "Motors",
    "Pharma",
    "Media",
    "Steel",
    "Airlines",
    "Textiles",
];
const INDUSTRY: [&str; 14] = [
    "food",
    "logistics",
    "healthcare",
    "energy",
    "software",
    "retail",
    "financial services",
    "financial services",
    "manufacturing",
    "healthcare",
    "media",
    "manufacturing",
    "transport",
    "manufacturing",
];

/// A company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prospect {
    number: usize,
    team: Team,
}

impl Prospect {
    /// One of a team's companies.
    pub(super) fn of(team: Team, dice: &mut Dice) -> Self {
        let range = team.plan().accounts;
        Self {
            number: range.0 + dice.place(range.1 - range.0),
            team,
        }
    }

    /// All companies.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Team::ALL.into_iter().flat_map(|team| {
            let range = team.plan().accounts;
            (range.0..range.1).map(move |number| Self { number, team })
        })
    }

    /// The record's id.
    pub(super) fn id(self) -> String {
        format!("acc-{:04}", self.number + 1)
    }

    /// Its number.
    pub(super) fn number(self) -> u32 {
        u32::try_from(self.number).unwrap_or(0)
    }

    /// The team that sells to it.
    pub(super) fn team(self) -> Team {
        self.team
    }

    /// The second record of it that somebody made by mistake, and when the two were merged, if there is one.
    pub(super) fn twin(self, from: Day) -> Option<(String, Day)> {
        let seen = from + 200 + i32::try_from(self.number % 400).unwrap_or(0);
        (self.number % 70 == 35).then(|| (format!("{}-2", self.id()), seen))
    }

    /// The id that a deal begun on a day names it by.
    pub(super) fn id_on(self, day: Day, from: Day) -> String {
        match self.twin(from) {
            Some((twin, seen)) if day < seen && day % 2 == 0 => twin,
            _ => self.id(),
        }
    }

    /// Its name: no two companies share one.
    pub(super) fn name(self) -> String {
        format!("{} {}", FIRST[self.number % FIRST.len()], SECOND[self.second()])
    }

    fn second(self) -> usize {
        (self.number / FIRST.len() + self.number) % SECOND.len()
    }

    /// Where it is, and what it pays in.
    fn place(self) -> (&'static str, Currency) {
        let mut dice = Dice::of("place", i32::try_from(self.number).unwrap_or(0), 0);
        if self.team == Team::Europe {
            return dice.weighted(&[
                (("United Kingdom", Currency::Gbp), 0.34),
                (("Germany", Currency::Eur), 0.28),
                (("France", Currency::Eur), 0.16),
                (("Netherlands", Currency::Eur), 0.12),
                (("Spain", Currency::Eur), 0.1),
            ]);
        }
        let places = [
            ("US East", 0.36),
            ("US West", 0.3),
            ("US Central", 0.24),
            ("Canada", 0.1),
        ];
        (dice.weighted(&places), Currency::Usd)
    }

    /// What it pays in.
    pub(super) fn currency(self) -> Currency {
        self.place().1
    }

    /// The record. It holds from the company's first day on.
    pub(super) fn record(self, from: Day, zone: &Zone) -> Record {
        let mut dice = Dice::of("account", i32::try_from(self.number).unwrap_or(0), 0);
        let (segment, employees) = match self.team {
            Team::Enterprise => ("enterprise", dice.lognormal(6_000.0, 0.7)),
            Team::MidMarket => ("mid-market", dice.lognormal(700.0, 0.5)),
            Team::Smb => ("smb", dice.lognormal(60.0, 0.6)),
            Team::Europe if dice.chance(0.3) => ("enterprise", dice.lognormal(4_000.0, 0.6)),
            Team::Europe => ("mid-market", dice.lognormal(600.0, 0.6)),
        };
        let parent = Self {
            number: self.number.saturating_sub(1),
            ..self
        };
        // Now and then one belongs to the one before it on the list.
        let has_parent = self.number % 19 == 7;
        let tier = dice.weighted(&[("A", 0.2), ("B", 0.5), ("C", 0.3)]);
        let domain = self.name().to_lowercase().replace(' ', "-");
        Record {
            id: self.id(),
            effective_at: Moment { day: from, minute: 0 }.effective(zone),
            attributes: [("tier".to_owned(), word(tier))].into(),
            body: Some(record::Body::Account(Account {
                name: self.name(),
                segment: segment.to_owned(),
                industry: INDUSTRY[self.second()].to_owned(),
                region: self.place().0.to_owned(),
                employees: Some(employees.max(3.0) as u64),
                domain: format!("{domain}.example"),
                parent_id: if has_parent { parent.id() } else { String::new() },
            })),
            ..Record::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_companies_share_a_name() {
        let names: BTreeSet<String> = Prospect::all().map(Prospect::name).collect();
        assert_eq!(names.len(), Prospect::all().count());
    }
}
