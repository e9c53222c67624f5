//! What the demo's customers and reps say and how they score: NPS in waves, satisfaction after support, engagement, and
//! the quarterly reviews of reps.

use bellwether_contracts::sales::{MetricSample, Record, record};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::Zone;

use super::calendar::{Day, Moment, day_field, is_workday, month_end, quarter, text, workday_from};
use super::company::{Seller, Team};
use super::dice::Dice;
use super::subscriptions::Payer;
use super::turn::Turn;

/// What is said of one sample.
pub(super) struct Said<'a> {
    /// Tells it from the others of its name.
    pub(super) id: String,
    /// The number's name.
    pub(super) name: &'a str,
    /// What it is of.
    pub(super) of: Vec<(&'a str, String)>,
    /// When.
    pub(super) at: Option<DateOrTime>,
    /// The value.
    pub(super) value: String,
    /// What it weighs; empty = 1.
    pub(super) weight: String,
}

impl Said<'_> {
    /// The record.
    pub(super) fn record(self) -> Record {
        Record {
            id: format!("{}-{}", self.name, self.id),
            body: Some(record::Body::MetricSample(MetricSample {
                name: self.name.to_owned(),
                dimensions: self
                    .of
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
                at: self.at,
                value: self.value,
                weight: self.weight,
            })),
            ..Record::default()
        }
    }
}

/// Everything said up to the end of a day.
pub(super) fn records(payers: &[Payer], from: Day, until: Day, zone: &Zone) -> Vec<Record> {
    let mut out = Vec::new();
    let mut first = quarter(from).start.days();
    while first <= until {
        wave(payers, first, (from, until), zone, &mut out);
        reviews(from, first, until, &mut out);
        engagement(payers, first, until, &mut out);
        first = quarter(first).end.days();
    }
    for day in (from..=until).filter(|day| is_workday(*day)) {
        satisfaction(payers, day, zone, &mut out);
    }
    out
}

/// A wave of NPS questions in the middle of a quarter.
fn wave(payers: &[Payer], first: Day, (from, until): (Day, Day), zone: &Zone, out: &mut Vec<Record>) {
    let asked_on = workday_from(first + 40);
    if asked_on > until {
        return;
    }
    let customers: Vec<&Payer> = payers.iter().filter(|payer| payer.pays(asked_on) > 0).collect();
    if customers.is_empty() {
        return;
    }
    out.push(
        Said {
            id: text(asked_on),
            name: "nps.asked",
            of: Vec::new(),
            at: day_field(asked_on),
            value: customers.len().to_string(),
            weight: String::new(),
        }
        .record(),
    );
    let unsettled = Turn::of(from).holds(asked_on);
    for payer in customers {
        let mut dice = Dice::of("nps", asked_on, payer.account.number());
        let at = Moment::at_work(workday_from(asked_on + dice.between(0, 11)), dice.unit());
        if !dice.chance(0.36) || at.day > until {
            continue;
        }
        let wants_more = unsettled && payer.account.team() == Team::Enterprise;
        let mean = if wants_more { 6.6 } else { 8.3 };
        let score = (mean + 1.9 * dice.normal()).round().clamp(0.0, 10.0);
        out.push(
            Said {
                id: format!("{}-{}", text(asked_on), payer.account.id()),
                name: "nps",
                of: vec![("account", payer.account.id())],
                at: at.field(zone),
                value: format!("{score:.0}"),
                weight: String::new(),
            }
            .record(),
        );
    }
}

/// What customers say after a support case of a day.
fn satisfaction(payers: &[Payer], day: Day, zone: &Zone, out: &mut Vec<Record>) {
    let mut dice = Dice::of("csat", day, 0);
    // A third of the companies that might be customers are drawn in vain: replies grow with the customers.
    for number in 0..3_u32 {
        let at = Moment::at_work(day, dice.unit());
        let wanted = u32::try_from(dice.place(840)).unwrap_or(0);
        let channel = dice.weighted(&[("email", 0.5), ("phone", 0.3), ("chat", 0.2)]);
        let score = dice.weighted(&[(5, 0.47), (4, 0.33), (3, 0.12), (2, 0.05), (1, 0.03)]);
        let effort = dice.weighted(&[(7, 0.3), (6, 0.34), (5, 0.2), (4, 0.1), (2, 0.06)]);
        let customer = payers.iter().find(|payer| payer.account.number() == wanted);
        let Some(customer) = customer.filter(|payer| payer.pays(day) > 0) else {
            continue;
        };
        let said = |name, value: i32| Said {
            id: format!("{}-{number}", text(day)),
            name,
            of: vec![
                ("account", customer.account.id()),
                ("channel", channel.to_owned()),
            ],
            at: at.field(zone),
            value: value.to_string(),
            weight: String::new(),
        };
        out.push(said("csat", score).record());
        if number == 0 {
            out.push(said("ces", effort).record());
        }
        if number == 1 {
            // Of those asked one in four answers.
            out.push(said("csat.asked", dice.between(3, 6)).record());
        }
    }
}

/// How much customers use what they bought, at the end of a quarter.
fn engagement(payers: &[Payer], first: Day, until: Day, out: &mut Vec<Record>) {
    let last = quarter(first).end.days() - 1;
    if last > until {
        return;
    }
    for payer in payers.iter().filter(|payer| payer.pays(last) > 0) {
        // Not everybody lets it be measured.
        if payer.account.number() % 3 != 0 {
            continue;
        }
        let mut dice = Dice::of("use", last, payer.account.number());
        let score = (68.0 + 17.0 * dice.normal()).clamp(3.0, 100.0);
        out.push(
            Said {
                id: format!("{}-{}", payer.account.id(), text(last)),
                name: "account.engagement",
                of: vec![("account", payer.account.id())],
                at: day_field(last),
                value: format!("{score:.0}"),
                weight: String::new(),
            }
            .record(),
        );
    }
}

/// The scores of reps, month by month of a quarter.
fn reviews(from: Day, quarter_first: Day, until: Day, out: &mut Vec<Record>) {
    let mut first = quarter_first;
    for month in 0..3 {
        let last = month_end(first);
        first = last + 1;
        if last > until || last < from {
            continue;
        }
        for seller in Seller::all(from).filter(|seller| seller.is_here(last)) {
            let mut dice = Dice::of("review", last, seller.number());
            let known = 18.0 * seller.ramp(last) + 20.0 * (seller.skill() - 1.0);
            let scores = [
                ("process_adherence", 62.0),
                ("competency", 56.0),
                ("engagement", 70.0),
            ];
            // The first one every month, the others once a quarter.
            let told = if month == 2 { 3 } else { 1 };
            for (name, base) in scores.into_iter().take(told) {
                let score = (base + known + 7.0 * dice.normal()).clamp(5.0, 100.0);
                let said = Said {
                    id: format!("{}-{}", seller.id(), &text(last)[..7]),
                    name,
                    of: vec![("owner", seller.id())],
                    at: day_field(last),
                    value: format!("{score:.1}"),
                    weight: String::new(),
                };
                out.push(said.record());
            }
        }
    }
}
