//! Records of the demo that turn out to stand for the same thing, and are merged.

use bellwether_contracts::sales::{Record, RecordKind};
use bellwether_domain::Zone;

use super::accounts::Prospect;
use super::calendar::Day;
use super::dice::Dice;
use super::leads::Interest;

/// A merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merge {
    /// The kind of both.
    pub(super) kind: RecordKind,
    /// The id of the one that stays.
    pub(super) survivor: String,
    /// The id of the other.
    pub(super) loser: String,
    day: Day,
}

/// Everything that was there twice.
#[derive(Debug)]
pub(super) struct Twins {
    from: Day,
    leads: Vec<Interest>,
    merges: Vec<Merge>,
}

impl Twins {
    /// Those of the leads, and of the accounts.
    pub(super) fn among(leads: &[Interest], from: Day) -> Self {
        let (mut twins, mut merges) = (Vec::new(), Vec::new());
        for lead in leads {
            let mut dice = Dice::of("twin", lead.created.day, lead.number);
            if !dice.chance(0.02) {
                continue;
            }
            let twin = lead.twin(dice.between(2, 90));
            merges.push(Merge {
                kind: RecordKind::Lead,
                survivor: lead.id.clone(),
                loser: twin.id.clone(),
                day: twin.created.day + dice.between(1, 6),
            });
            twins.push(twin);
        }
        let account = |prospect: Prospect| {
            let (loser, day) = prospect.twin(from)?;
            Some(Merge {
                kind: RecordKind::Account,
                survivor: prospect.id(),
                loser,
                day,
            })
        };
        merges.extend(Prospect::all().filter_map(account));
        Self {
            from,
            leads: twins,
            merges,
        }
    }

    /// The records of the second ones as of the end of a day.
    pub(super) fn records(&self, until: Day, zone: &Zone) -> Vec<Record> {
        let account = |prospect: Prospect| {
            let (id, _) = prospect.twin(self.from)?;
            Some(Record {
                id,
                ..prospect.record(self.from, zone)
            })
        };
        let leads = self.leads.iter().filter_map(|lead| lead.record(until, zone));
        Prospect::all().filter_map(account).chain(leads).collect()
    }

    /// The merges after one day and up to another.
    pub(super) fn merges(&self, since: Option<Day>, until: Day) -> Vec<Merge> {
        let told = |merge: &&Merge| since.is_none_or(|since| merge.day > since) && merge.day <= until;
        self.merges.iter().filter(told).cloned().collect()
    }
}
