//! The demo's own company: how each team sells, and reps who come, ramp up and leave.

use super::calendar::Day;

/// A team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Team {
    /// Few large deals.
    Enterprise,
    /// In between.
    MidMarket,
    /// Many small deals, sold by telephone.
    Smb,
    /// Everything in Europe, in euro and pounds.
    Europe,
}

/// How a team sells.
#[derive(Debug)]
pub(super) struct TeamPlan {
    /// The record's id.
    pub(super) id: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// Its region.
    pub(super) region: &'static str,
    /// Its sales model.
    pub(super) model: &'static str,
    /// The rep id of its first manager.
    pub(super) manager: &'static str,
    /// Deals that a full rep begins in a month.
    pub(super) pace: f64,
    /// The median deal in dollars at list price, and its spread.
    pub(super) deal: (f64, f64),
    /// The median days from creation to close.
    pub(super) cycle: f64,
    /// The chance that a new deal is won.
    pub(super) win: f64,
    /// Its companies, by number.
    pub(super) accounts: (usize, usize),
    /// A full rep's quota for a quarter, in dollars.
    pub(super) quota: i64,
}

const PLANS: [TeamPlan; 4] = [
    TeamPlan {
        id: "enterprise",
        name: "Enterprise",
        region: "North America",
        model: "field",
        manager: "mgr-1",
        pace: 5.0,
        deal: (112_000.0, 0.6),
        cycle: 84.0,
        win: 0.205,
        accounts: (0, 120),
        quota: 340_000,
    },
    TeamPlan {
        id: "mid-market",
        name: "Mid-Market",
        region: "North America",
        model: "inside",
        manager: "mgr-2",
        pace: 11.0,
        deal: (39_000.0, 0.55),
        cycle: 52.0,
        win: 0.215,
        accounts: (120, 380),
        quota: 270_000,
    },
    TeamPlan {
        id: "smb",
        name: "Small Business",
        region: "North America",
        model: "inside",
        manager: "mgr-3",
        pace: 17.0,
        deal: (12_500.0, 0.5),
        cycle: 29.0,
        win: 0.225,
        accounts: (380, 680),
        quota: 150_000,
    },
    TeamPlan {
        id: "europe",
        name: "Europe",
        region: "Europe",
        model: "field",
        manager: "mgr-4",
        pace: 9.0,
        deal: (46_000.0, 0.65),
        cycle: 61.0,
        win: 0.21,
        accounts: (680, 840),
        quota: 260_000,
    },
];

impl Team {
    /// Every team.
    pub(super) const ALL: [Self; 4] = [Self::Enterprise, Self::MidMarket, Self::Smb, Self::Europe];

    /// How it sells.
    pub(super) fn plan(self) -> &'static TeamPlan {
        &PLANS[self as usize]
    }
}

/// A rep: name, team, first and last day counted from the company's first, and how well they sell (1 on average).
struct Person {
    name: &'static str,
    team: Team,
    starts: Day,
    leaves: Option<Day>,
    skill: f64,
}

const fn person(name: &'static str, team: Team, starts: Day, leaves: Option<Day>, skill: f64) -> Person {
    Person {
        name,
        team,
        starts,
        leaves,
        skill,
    }
}

const PEOPLE: [Person; 26] = [
    person("Alice Moreau", Team::Enterprise, -420, None, 1.15),
    person("Ben Carter", Team::Enterprise, -200, Some(640), 0.9),
    person("Chloe Nguyen", Team::MidMarket, -380, None, 1.1),
    person("David Okafor", Team::MidMarket, -310, None, 1.0),
    person("Elena Rossi", Team::MidMarket, -90, Some(430), 0.8),
    person("Frank Weber", Team::Smb, -260, None, 1.05),
    person("Grace Kim", Team::Smb, -150, None, 1.2),
    person("Hugo Lindqvist", Team::Smb, -60, Some(280), 0.75),
    person("Imani Diallo", Team::Europe, -330, None, 1.05),
    person("Jonas Braun", Team::Europe, -120, None, 0.95),
    person("Katya Petrova", Team::Enterprise, 45, None, 1.0),
    person("Liam Walsh", Team::Smb, 75, None, 0.95),
    person("Mei Tanaka", Team::MidMarket, 120, None, 1.2),
    person("Noah Silva", Team::Smb, 190, Some(700), 0.85),
    person("Olga Novak", Team::Europe, 230, None, 1.1),
    person("Paul Mensah", Team::MidMarket, 300, None, 0.95),
    person("Quinn Harper", Team::Smb, 330, None, 1.0),
    person("Rosa Martinez", Team::Enterprise, 370, None, 0.95),
    person("Sven Eriksen", Team::Europe, 450, Some(900), 0.85),
    person("Tara Singh", Team::MidMarket, 470, None, 1.05),
    person("Umar Farouk", Team::Smb, 540, None, 1.1),
    person("Vera Costa", Team::Enterprise, 660, None, 1.05),
    person("Will Jackson", Team::Smb, 720, None, 0.9),
    person("Xenia Popov", Team::Europe, 780, None, 1.0),
    person("Yusuf Demir", Team::MidMarket, 850, None, 0.9),
    person("Zoe Laurent", Team::Europe, 930, None, 1.0),
];
/// The managers of the teams.
pub(super) const MANAGERS: [&str; 4] = ["Marcus Hale", "Nadia Haddad", "Oscar Lund", "Priya Raman"];
/// Small Business gets another manager on this day of the company.
pub(super) const NEW_MANAGER: (Day, &str) = (600, "Tom Becker");
/// Grace Kim is promoted from Small Business to Mid-Market on this day of the company.
pub(super) const PROMOTION: (usize, Day, Team) = (6, 520, Team::MidMarket);
/// Days until a rep sells as much as the others.
const RAMP: f64 = 150.0;

/// A rep of the company, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seller {
    number: usize,
    from: Day,
}

impl Seller {
    /// Every rep of the company that began on day `from`.
    pub(super) fn all(from: Day) -> impl Iterator<Item = Self> {
        (0..PEOPLE.len()).map(move |number| Self { number, from })
    }

    /// The rep's name.
    pub(super) fn name(self) -> &'static str {
        self.person().name
    }

    /// The team the rep began in.
    pub(super) fn first_team(self) -> Team {
        self.person().team
    }

    /// Whether the rep is the one who is promoted.
    pub(super) fn is_promoted(self) -> bool {
        self.number == PROMOTION.0
    }

    /// The company's first day.
    pub(super) fn company_from(self) -> Day {
        self.from
    }

    fn person(self) -> &'static Person {
        &PEOPLE[self.number]
    }

    /// A small number that names the rep.
    pub(super) fn number(self) -> u32 {
        u32::try_from(self.number).unwrap_or(0)
    }

    /// The record's id.
    pub(super) fn id(self) -> String {
        format!("rep-{:02}", self.number + 1)
    }

    /// The first day of employment.
    pub(super) fn starts(self) -> Day {
        self.from + self.person().starts
    }

    /// The last day of employment.
    pub(super) fn leaves(self) -> Option<Day> {
        self.person().leaves.map(|day| self.from + day)
    }

    /// Whether the rep is employed on a day.
    pub(super) fn is_here(self, day: Day) -> bool {
        self.starts() <= day && self.leaves().is_none_or(|last| day <= last)
    }

    /// The team on a day.
    pub(super) fn team(self, day: Day) -> Team {
        match PROMOTION {
            (number, moved, team) if number == self.number && day >= self.from + moved => team,
            _ => self.person().team,
        }
    }

    /// How much of a full rep it is on a day, from 0.15 to 1.
    pub(super) fn ramp(self, day: Day) -> f64 {
        (f64::from(day - self.starts()) / RAMP).clamp(0.15, 1.0)
    }

    /// How well the rep sells; 1 is the average.
    pub(super) fn skill(self) -> f64 {
        self.person().skill
    }
}
