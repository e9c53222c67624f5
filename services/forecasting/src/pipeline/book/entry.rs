//! One deal in codes: what was known of it when.

use crate::pipeline::deal::Outcome;

/// What held of a deal from a day on; amounts in minor units, instants in civil days.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Stint {
    pub from: f64,
    pub stage: u32,
    /// Since when it is in that stage without a break.
    pub stage_since: f64,
    pub probability: Option<f64>,
    pub amount: Option<f64>,
    pub due: Option<f64>,
    pub owner: u32,
    pub team: u32,
    pub category: u32,
    pub pushes: u32,
}

/// How and when a deal ended, as known from that day on.
#[derive(Clone, Copy, Debug)]
pub(in crate::pipeline) struct Ended {
    pub at: f64,
    pub outcome: Outcome,
    /// What it was won for; nothing for other ends and where it is not known.
    pub value: Option<f64>,
}

/// One deal in codes.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Entry {
    pub id: String,
    pub created: f64,
    pub stints: Vec<Stint>,
    pub ended: Option<Ended>,
    /// One code for each key of [`Book::keys`].
    pub traits: Vec<u32>,
    pub closing_owner: u32,
    pub closing_team: u32,
}

impl Entry {
    /// Whether anything that a forecast looks at had changed before the day, while the deal was open.
    pub(in crate::pipeline) fn changed_before(&self, day: f64) -> bool {
        let end = self.ended.map_or(day, |ended| ended.at.min(day));
        let before = self.stints.partition_point(|stint| stint.from < end);
        let told = |stint: &Stint| (stint.stage, stint.owner, stint.team, stint.pushes);
        let amount = |stint: &Stint| stint.amount.map(f64::to_bits);
        let pairs = self.stints.get(..before).unwrap_or_default().windows(2);
        pairs
            .into_iter()
            .any(|pair| told(&pair[0]) != told(&pair[1]) || amount(&pair[0]) != amount(&pair[1]))
    }

    /// What held of the deal when the day began; a change of that very instant is not known yet.
    pub(in crate::pipeline) fn known(&self, day: f64) -> Option<&Stint> {
        let count = self.stints.partition_point(|stint| stint.from < day);
        match count {
            0 => self
                .stints
                .first()
                .filter(|first| first.from <= day && first.from <= self.created),
            _ => self.stints.get(count - 1),
        }
    }

    /// Whether the deal was open when the day began.
    pub(in crate::pipeline) fn open(&self, day: f64) -> bool {
        self.created < day && self.ended.is_none_or(|ended| ended.at >= day)
    }

    /// How the deal ended, if that was before the day began.
    pub(in crate::pipeline) fn ended_before(&self, day: f64) -> Option<Ended> {
        self.ended.filter(|ended| ended.at < day && self.created < day)
    }

    /// Whether the deal was won from `from` until before `to`.
    pub(in crate::pipeline) fn won_within(&self, from: f64, to: f64) -> bool {
        self.ended
            .is_some_and(|ended| ended.outcome == Outcome::Won && ended.at >= from && ended.at < to)
    }

    /// What the deal was won for: the closing's amount, else the last one known before it.
    pub(in crate::pipeline) fn won_value(&self) -> f64 {
        self.ended.and_then(|ended| ended.value).unwrap_or(0.0)
    }
}
