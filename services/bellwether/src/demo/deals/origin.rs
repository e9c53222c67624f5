//! How a deal of the demo begins: with whom, over what, and where it came from.

use std::collections::BTreeMap;

use super::Business;
use crate::demo::accounts::Prospect;
use crate::demo::calendar::{Day, Moment, quarter_name};
use crate::demo::company::{Seller, Team};
use crate::demo::dice::Dice;
use crate::demo::money::Basket;

/// Where deals come from, how many of them, and how much likelier they are won.
const SOURCES: [(&str, f64, f64); 6] = [
    ("Outbound", 0.3, 0.82),
    ("Website", 0.22, 1.0),
    ("Referral", 0.14, 1.3),
    ("Event", 0.12, 0.95),
    ("Webinar", 0.1, 0.9),
    ("Partner", 0.12, 1.15),
];
const COMPETITORS: [(&str, f64); 5] = [
    ("", 0.45),
    ("Northstar CRM", 0.2),
    ("Pipewise", 0.16),
    ("Clearline", 0.12),
    ("built in house", 0.07),
];

/// What customers want it for.
const USE_CASES: [(&str, f64); 4] = [
    ("pipeline reviews", 0.38),
    ("forecasting", 0.3),
    ("onboarding", 0.18),
    ("partner sales", 0.14),
];

/// What is known of a deal from its beginning.
#[derive(Debug)]
pub(in crate::demo) struct Origin {
    /// The rep.
    pub(in crate::demo) seller: Seller,
    /// When.
    pub(in crate::demo) created: Moment,
    /// With whom.
    pub(in crate::demo) account: Prospect,
    /// What sort of business.
    pub(in crate::demo) business: Business,
    /// Over what.
    pub(in crate::demo) basket: Basket,
    /// Where it came from.
    pub(in crate::demo) source: &'static str,
    /// The campaign that brought it; empty = none.
    pub(in crate::demo) campaign: String,
    /// What the customer wants it for.
    pub(super) use_case: &'static str,
    pub(super) competitor: &'static str,
    pub(super) term: u32,
    pub(super) contacts: u32,
    /// How likely it is won, apart from what the rep does.
    pub(super) appeal: f64,
}

impl Origin {
    /// Throws the dice for a beginning.
    pub(super) fn draw(seller: Seller, day: Day, customers: &Customers, dice: &mut Dice) -> Self {
        let team = seller.team(day);
        let (account, business) = customers.meet(team, dice);
        let (median, sigma) = team.plan().deal;
        let (size, appeal) = match business {
            Business::New => (1.0, 1.0),
            Business::Expansion => (0.55, 1.4),
            Business::CrossSell => (0.4, 1.25),
            Business::Renewal => (0.85, 2.3),
        };
        let target = dice.lognormal(median * size, sigma).min(median * 12.0);
        let (source, pull) = if business == Business::New {
            dice.weighted(&SOURCES.map(|(name, share, pull)| ((name, pull), share)))
        } else {
            ("Customer base", 1.0)
        };
        let campaign = match source {
            "Event" | "Webinar" => format!("{} {source}s", quarter_name(day)),
            "Website" if dice.chance(0.5) => format!("{} search ads", quarter_name(day)),
            _ => String::new(),
        };
        Self {
            seller,
            created: Moment::at_work(day, dice.unit()),
            account,
            business,
            basket: Basket::worth(dice, target, account.currency(), business == Business::New),
            source,
            campaign,
            competitor: dice.weighted(&COMPETITORS),
            term: dice.weighted(&[(12, 0.7), (24, 0.15), (36, 0.15)]),
            contacts: 1 + dice.count(if team == Team::Enterprise { 3.5 } else { 1.4 }),
            appeal: appeal * pull,
            use_case: dice.weighted(&USE_CASES),
        }
    }
}

/// Who has bought, and who will have by when.
#[derive(Debug, Default)]
pub(in crate::demo) struct Customers {
    now: BTreeMap<Team, Vec<Prospect>>,
    later: BTreeMap<Day, Vec<(Team, Prospect)>>,
}

impl Customers {
    /// A deal will be won on a day.
    pub(in crate::demo) fn expect(&mut self, day: Day, team: Team, account: Prospect) {
        self.later.entry(day).or_default().push((team, account));
    }

    /// Those whose deals were won before a day are customers from now on.
    pub(in crate::demo) fn turn(&mut self, day: Day) {
        let still_later = self.later.split_off(&day);
        for (team, account) in std::mem::replace(&mut self.later, still_later)
            .into_values()
            .flatten()
        {
            let known = self.now.entry(team).or_default();
            if !known.contains(&account) {
                known.push(account);
            }
        }
    }

    /// Whom a rep of a team turns to next.
    fn meet(&self, team: Team, dice: &mut Dice) -> (Prospect, Business) {
        let customers = self.now.get(&team).map(Vec::as_slice).unwrap_or_default();
        let share = (customers.len() as f64 / 90.0).min(0.3);
        if dice.chance(share) {
            let business = dice.weighted(&[
                (Business::Expansion, 0.45),
                (Business::CrossSell, 0.3),
                (Business::Renewal, 0.25),
            ]);
            return (dice.pick(customers), business);
        }
        let prospect = Prospect::of(team, dice);
        let business = if customers.contains(&prospect) {
            Business::CrossSell
        } else {
            Business::New
        };
        (prospect, business)
    }
}
