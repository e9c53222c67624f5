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

/// How and when a deal ended, as known from that day on for as long as it stood.
#[derive(Clone, Copy, Debug)]
pub(in crate::pipeline) struct Ended {
    pub at: f64,
    /// Until when it stood; infinite for one that still does.
    pub until: f64,
    pub outcome: Outcome,
    /// What it was won for: the closing's amount, else the last one known before it; nothing for other ends and where
    /// neither is known.
    pub value: Option<f64>,
    /// Who closed it, else the last owner before.
    pub owner: u32,
    pub team: u32,
}

/// One deal in codes.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Entry {
    pub id: String,
    pub created: f64,
    pub stints: Vec<Stint>,
    /// The end that still stands.
    pub ended: Option<Ended>,
    /// Ends that did not last, in order.
    pub undone: Vec<Ended>,
    /// One code for each key of [`Book::keys`].
    pub traits: Vec<u32>,
}

impl Entry {
    /// Whether anything that a forecast looks at had changed before the day, while the deal was open.
    pub(in crate::pipeline) fn changed_before(&self, day: f64) -> bool {
        let end = self.ended_before(day).map_or(day, |ended| ended.at);
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

    /// All ends, in order, whether they lasted or not.
    pub(in crate::pipeline) fn ends(&self) -> impl DoubleEndedIterator<Item = &Ended> {
        self.undone.iter().chain(&self.ended)
    }

    /// Whether the deal was open when the day began.
    pub(in crate::pipeline) fn open(&self, day: f64) -> bool {
        self.created < day && self.ended_before(day).is_none()
    }

    /// How the deal had ended when the day began: the end that stood then, whatever became of it later.
    pub(in crate::pipeline) fn ended_before(&self, day: f64) -> Option<Ended> {
        let stood = |ended: &&Ended| ended.at < day && day <= ended.until && self.created < day;
        self.ends().rev().find(stood).copied()
    }

    /// How the deal was won from `from` until before `to`, as known when `to` began.
    pub(in crate::pipeline) fn won_within(&self, from: f64, to: f64) -> Option<Ended> {
        self.ended_before(to)
            .filter(|ended| ended.outcome == Outcome::Won && ended.at >= from)
    }
}

impl Ended {
    /// What the deal was won for, in minor units; 0 where that is not known.
    pub(in crate::pipeline) fn won_value(&self) -> f64 {
        self.value.unwrap_or(0.0)
    }
}
