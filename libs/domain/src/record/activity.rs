//! Touches between reps and customers.

use crate::time::When;

/// What sort of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ActivityType {
    Call,
    Email,
    Meeting,
    Demo,
    Task,
}

/// Who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "documented in activity.proto")]
pub enum ActivityOutcome {
    Connected,
    Replied,
    Bounced,
    OpenedByMachine,
    OpenedByHuman,
    Clicked,
    NoAnswer,
}

/// A call, e-mail, meeting, demo or task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// What sort of activity.
    pub activity_type: ActivityType,
    /// The rep's id.
    pub rep_id: Option<String>,
    /// The lead it concerns.
    pub lead_id: Option<String>,
    /// The opportunity it concerns.
    pub opportunity_id: Option<String>,
    /// The account it concerns.
    pub account_id: Option<String>,
    /// When it took place.
    pub at: When,
    /// How long it took, in seconds.
    pub duration_seconds: Option<u64>,
    /// Whether it took place.
    pub completed: bool,
    /// Who started it.
    pub direction: Option<Direction>,
    /// True for machine-made touches such as auto-replies.
    pub automatic: bool,
    /// What came of it.
    pub outcome: Option<ActivityOutcome>,
    /// What it showed of the steps of a sales methodology.
    pub evidence: Vec<MethodologyEvidence>,
}

/// What an activity showed of a step of a sales methodology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodologyEvidence {
    /// The methodology, such as `MEDDICC`; `None` = the tenant's only one.
    pub methodology: Option<String>,
    /// The step, such as `economic buyer`.
    pub step: String,
    /// How well it was met, 0 to 3; `None` = unknown, which is not 0.
    pub score: Option<u32>,
}
