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
            body: Some(record::Body::Rep(Rep {
                name: self.name().to_owned(),
                team_id: team.plan().id.to_owned(),
                role: "account executive".to_owned(),
                sales_model: team.plan().model.to_owned(),
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

    /// The rep's quotas of the quarters that have begun.
    fn quotas(self, until: Day) -> Vec<Record> {
        let mut out = Vec::new();
        let mut day = self.company_from().max(self.starts());
        while day <= until && self.is_here(day) {
            let period = quarter(day);
            let growth = 1.0 + 0.1 * f64::from(day - self.company_from()) / 365.0;
            let full = self.team(day).plan().quota as f64 * growth * self.ramp(day + 45);
            let amount = (full / 5_000.0).round() as i64 * 5_000;
            out.push(Record {
                id: format!("{}/{}", self.id(), quarter_name(day)),
                body: Some(record::Body::Quota(Quota {
                    holder: Some(quota::Holder::RepId(self.id())),
                    period_start: period.start.to_string(),
                    period_end: period.end.to_string(),
                    target: Some(quota::Target::Amount(Currency::Usd.amount(amount))),
                })),
                ..Record::default()
            });
            day = period.end.days();
        }
        out
    }
}

/// Teams, managers, reps and quotas, as of a day.
pub(super) fn people(from: Day, until: Day, zone: &Zone) -> Vec<Record> {
    let mut out = Vec::new();
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
    out
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
    Record {
        id: plan.id.to_owned(),
        effective_at: Moment {
            day: since,
            minute: 0,
        }
        .effective(zone),
        body: Some(record::Body::Team(TeamBody {
            name: plan.name.to_owned(),
            parent_id: ROOT_TEAM.to_owned(),
            manager: manager.to_owned(),
            region: plan.region.to_owned(),
            territory: String::new(),
        })),
        ..Record::default()
    }
}

/// The team that stands for the whole company, with how far the demo has been told.
pub(super) fn root(from: Day, told_to: Option<Day>, zone: &Zone) -> Record {
    let day = |day: Day| AttributeValue {
        value: Some(attribute_value::Value::Date(text(day))),
    };
    let mut attributes = BTreeMap::from([(TOLD_FROM.to_owned(), day(from))]);
    attributes.extend(told_to.map(|to| (TOLD_TO.to_owned(), day(to))));
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
