//! Records of the demo's teams, managers, reps and quotas.

use std::collections::BTreeMap;

use bellwether_contracts::sales::{
    AttributeValue, Quota, Record, Rep, Team as TeamBody, attribute_value, quota, record,
};
use bellwether_domain::Zone;

use super::calendar::{Day, Moment, quarter, quarter_name, text};
use super::company::{MANAGERS, NEW_MANAGER, PROMOTION, Seller, Team, TeamPlan};
use super::money::Currency;

/// The id of the team that stands for the whole company; it carries how far the demo has been told.
pub(super) const ROOT_TEAM: &str = "company";
/// The attribute with the company's first day.
pub(super) const TOLD_FROM: &str = "demo_from";
/// The attribute with the last day that was sent whole.
pub(super) const TOLD_TO: &str = "demo_to";
/// The attribute with the edition of the generator that told it.
pub(super) const TOLD_BY: &str = "demo_edition";

/// The team that stands for the teams of one continent.
const AMERICAS: &str = "north-america";

/// A declared attribute that is text.
pub(super) fn word(text: &str) -> AttributeValue {
    AttributeValue {
        value: Some(attribute_value::Value::Text(text.to_owned())),
    }
}

impl Seller {
    /// The records of a rep, as of a day: one version a team.
    fn records(self, until: Day, zone: &Zone) -> Vec<Record> {
        let mut versions = vec![(self.starts(), self.first_team())];
        let (_, moved, team) = PROMOTION;
        if self.is_promoted() {
            versions.push((self.company_from() + moved, team));
        }
        versions.retain(|(day, _)| *day <= until);
        let version = |(day, team): (Day, Team)| Record {
            id: self.id(),
            effective_at: Moment { day, minute: 0 }.effective(zone),
            attributes: [(
                "certified".to_owned(),
                word(if self.number() % 3 == 1 { "no" } else { "yes" }),
            )]
            .into(),
            body: Some(record::Body::Rep(Rep {
                name: self.name().to_owned(),
                team_id: team.plan().id.to_owned(),
                role: "account executive".to_owned(),
                sales_model: team.plan().model.to_owned(),
                territory: self.territory(team).to_owned(),
                start_date: text(self.starts()),
                end_date: self
                    .leaves()
                    .filter(|last| *last < until)
                    .map(text)
                    .unwrap_or_default(),
                ..Rep::default()
            })),
            ..Record::default()
        };
        versions.into_iter().map(version).collect()
    }

    /// Where the rep sells: a path from the continent down.
    fn territory(self, team: Team) -> &'static str {
        match (team, self.number() % 3) {
            (Team::Europe, 0) => "Europe/North",
            (Team::Europe, 1) => "Europe/Central",
            (Team::Europe, _) => "Europe/South",
            (_, 0) => "Americas/East",
            (_, 1) => "Americas/Central",
            _ => "Americas/West",
        }
    }

    /// The rep's full quota of the quarter that holds a day, in dollars.
    pub(super) fn quota(self, day: Day) -> i64 {
        let growth = 1.0 + 0.1 * f64::from(day - self.company_from()) / 365.0;
        let full = self.team(day).plan().quota as f64 * growth * self.ramp(day + 45);
        (full / 5_000.0).round() as i64 * 5_000
    }

    /// The rep's quotas of the quarters that have begun.
    fn quotas(self, until: Day) -> Vec<Record> {
        let mut out = Vec::new();
        let mut day = self.company_from().max(self.starts());
        while day <= until && self.is_here(day) {
            let period = quarter(day);
            let holder = quota::Holder::RepId(self.id());
            out.push(quota_record(&self.id(), holder, day, self.quota(day)));
            day = period.end.days();
        }
        out
    }
}

fn quota_record(name: &str, holder: quota::Holder, day: Day, dollars: i64) -> Record {
    let period = quarter(day);
    Record {
        id: format!("{name}/{}", quarter_name(day)),
        body: Some(record::Body::Quota(Quota {
            holder: Some(holder),
            period_start: period.start.to_string(),
            period_end: period.end.to_string(),
            target: Some(quota::Target::Amount(Currency::Usd.amount(dollars))),
        })),
        ..Record::default()
    }
}

/// The quotas of the two field teams for the quarters that have begun: a tenth less than those of their reps, as some
/// will leave. The other teams have none of their own.
fn team_quotas(from: Day, until: Day) -> Vec<Record> {
    let mut out = Vec::new();
    let mut day = from;
    while day <= until {
        let first = quarter(day).start.days();
        for team in [Team::Enterprise, Team::Europe] {
            let reps = Seller::all(from).filter(|seller| seller.team(first) == team && seller.is_here(first));
            let sum: i64 = reps.map(|seller| seller.quota(first.max(from))).sum();
            let id = team.plan().id;
            out.push(quota_record(
                id,
                quota::Holder::TeamId(id.to_owned()),
                day,
                sum / 50_000 * 45_000,
            ));
        }
        day = quarter(day).end.days();
    }
    out
}

/// Teams, managers, reps and quotas, as of a day.
pub(super) fn people(from: Day, until: Day, zone: &Zone) -> Vec<Record> {
    let mut out = vec![americas(from - 500, zone)];
    for (number, team) in Team::ALL.into_iter().enumerate() {
        let plan = team.plan();
        out.push(manager(plan.manager, MANAGERS[number], team, from - 500, zone));
        out.push(team_record(plan, plan.manager, from - 500, zone));
    }
    let (later, name) = NEW_MANAGER;
    if from + later <= until {
        out.push(manager("mgr-5", name, Team::Smb, from + later, zone));
        out.push(team_record(Team::Smb.plan(), "mgr-5", from + later, zone));
    }
    for seller in Seller::all(from) {
        out.extend(seller.records(until, zone));
        out.extend(seller.quotas(until));
    }
    out.extend(team_quotas(from, until));
    out
}

/// The team above those that sell in North America.
fn americas(since: Day, zone: &Zone) -> Record {
    Record {
        id: AMERICAS.to_owned(),
        effective_at: Moment {
            day: since,
            minute: 0,
        }
        .effective(zone),
        body: Some(record::Body::Team(TeamBody {
            name: "North America".to_owned(),
            parent_id: ROOT_TEAM.to_owned(),
            region: "North America".to_owned(),
            territory: "Americas".to_owned(),
            ..TeamBody::default()
        })),
        ..Record::default()
    }
}

fn manager(id: &str, name: &str, team: Team, since: Day, zone: &Zone) -> Record {
    Record {
        id: id.to_owned(),
        effective_at: Moment {
            day: since,
            minute: 0,
        }
        .effective(zone),
        body: Some(record::Body::Rep(Rep {
            name: name.to_owned(),
            team_id: team.plan().id.to_owned(),
            role: "sales manager".to_owned(),
            start_date: text(since),
            ..Rep::default()
        })),
        ..Record::default()
    }
}

fn team_record(plan: &TeamPlan, manager: &str, since: Day, zone: &Zone) -> Record {
    let (parent, territory) = if plan.id == Team::Europe.plan().id {
        (ROOT_TEAM, "Europe")
    } else {
        (AMERICAS, "Americas")
    };
    Record {
        id: plan.id.to_owned(),
        effective_at: Moment {
            day: since,
            minute: 0,
        }
        .effective(zone),
        body: Some(record::Body::Team(TeamBody {
            name: plan.name.to_owned(),
            parent_id: parent.to_owned(),
            manager: manager.to_owned(),
            region: plan.region.to_owned(),
            territory: territory.to_owned(),
        })),
        ..Record::default()
    }
}

/// The team that stands for the whole company, with how far the demo has been told, and by which edition.
pub(super) fn root(from: Day, told_to: Option<Day>, edition: u32, zone: &Zone) -> Record {
    let day = |day: Day| AttributeValue {
        value: Some(attribute_value::Value::Date(text(day))),
    };
    let mut attributes = BTreeMap::from([(TOLD_FROM.to_owned(), day(from))]);
    attributes.extend(told_to.map(|to| (TOLD_TO.to_owned(), day(to))));
    attributes.insert(TOLD_BY.to_owned(), word(&edition.to_string()));
    Record {
        id: ROOT_TEAM.to_owned(),
        effective_at: Moment {
            day: from - 500,
            minute: 0,
        }
        .effective(zone),
        attributes,
        body: Some(record::Body::Team(TeamBody {
            name: "Demo Company".to_owned(),
            ..TeamBody::default()
        })),
        ..Record::default()
    }
}
