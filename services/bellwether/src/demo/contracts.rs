//! The contracts behind the demo's won deals, and what has to be checked about them.

use bellwether_contracts::sales::{ComplianceCheck, Contract, Record, record};
use bellwether_domain::Zone;

use super::calendar::{Day, Moment, text, workday_from};
use super::deals::Won;
use super::dice::Dice;

/// A check, and the days after the win until which it is in time.
const CHECKS: [(&str, Day); 3] = [("credit check", 10), ("security review", 30), ("handover", 21)];

/// The contract of a deal as of the end of a day; `None` before it was won.
pub(super) fn record(won: &Won<'_>, until: Day, zone: &Zone) -> Option<Record> {
    let day = won.at.day;
    if day > until {
        return None;
    }
    let mut dice = won.dice("contract");
    let signs = dice.chance(0.97).then(|| {
        let day = workday_from(day + dice.between(0, 9));
        Moment::at_work(day, dice.unit()).after(won.at)
    });
    let signed = signs.filter(|at| at.day <= until);
    let filed = dice.chance(0.94);
    let checks = CHECKS
        .iter()
        .map(|(name, days)| check(name, day, *days, until, &mut dice));
    let checks = checks.collect();
    Some(Record {
        id: won.id.replacen("opp-", "con-", 1),
        effective_at: won.at.effective(zone),
        body: Some(record::Body::Contract(Contract {
            account_id: won.account.id(),
            opportunity_id: won.id.to_owned(),
            signed_at: signed.and_then(|at| at.field(zone)),
            document_present: signed.is_some() && filed,
            start_date: text(day + 1),
            end_date: String::new(),
            term_months: Some(won.term),
            compliance_checks: checks,
        })),
        ..Record::default()
    })
}

/// Most are done in time, some late, a few never.
fn check(name: &str, from: Day, days: Day, until: Day, dice: &mut Dice) -> ComplianceCheck {
    let late = dice.weighted(&[(Some(0), 0.9), (Some(1), 0.07), (None, 0.03)]);
    let early = from + dice.between(1, days);
    let done = late.map(|late| workday_from(early + late * days));
    ComplianceCheck {
        name: name.to_owned(),
        due_date: text(workday_from(from + days)),
        done_date: done.filter(|day| *day <= until).map(text).unwrap_or_default(),
    }
}
