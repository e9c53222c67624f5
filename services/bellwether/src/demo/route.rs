//! How the demo's deals go: its pipelines and their stages, and the settings of its tenant.

use bellwether_contracts::ingestion::{
    AttributeDeclaration, AttributeType, Pipeline, Stage, StageClass, TenantSettings,
};

use super::money::BUDGET;
use super::people::{TOLD_BY, TOLD_FROM, TOLD_TO};

/// The IANA name of the company's zone.
pub(super) const ZONE: &str = "America/New_York";

/// How deals go: one pipeline for first sales, one for customers.
pub(super) struct Route {
    /// The pipeline's id.
    pub(super) pipeline: &'static str,
    /// Its open stages with the chance to win.
    pub(super) stages: &'static [(&'static str, &'static str)],
    /// The first stage that qualifies a deal.
    pub(super) qualifies: usize,
}

/// First sales.
pub(super) const NEW_BUSINESS: Route = Route {
    pipeline: "new_business",
    stages: &[
        ("Discovery", "0.1"),
        ("Qualified", "0.25"),
        ("Proposal", "0.45"),
        ("Negotiation", "0.7"),
    ],
    qualifies: 1,
};
/// More for those who have bought.
pub(super) const CUSTOMERS: Route = Route {
    pipeline: "customers",
    stages: &[("Identified", "0.25"), ("Scoped", "0.45"), ("Quoted", "0.7")],
    qualifies: 1,
};
/// The stage of a deal that is won.
pub(super) const WON: &str = "Won";
/// The stage of a deal that is lost.
pub(super) const LOST: &str = "Lost";
/// The stage of a deal that the customer did not decide.
pub(super) const NO_DECISION: &str = "No decision";

/// The settings of the demo's tenant.
pub(super) fn settings() -> TenantSettings {
    let stage = |name: &str, class: StageClass, qualified, probability: &str| Stage {
        name: name.to_owned(),
        class: class.into(),
        qualified,
        probability: probability.to_owned(),
    };
    let pipeline = |route: &Route| {
        let open = route.stages.iter().enumerate();
        let open =
            open.map(|(at, (name, chance))| stage(name, StageClass::Open, at >= route.qualifies, chance));
        let closed = [
            (WON, StageClass::Won),
            (LOST, StageClass::Lost),
            (NO_DECISION, StageClass::NoDecision),
        ];
        Pipeline {
            id: route.pipeline.to_owned(),
            stages: open
                .chain(closed.map(|(name, class)| stage(name, class, false, "")))
                .collect(),
        }
    };
    TenantSettings {
        currency: "USD".to_owned(),
        zone: ZONE.to_owned(),
        pipelines: vec![pipeline(&NEW_BUSINESS), pipeline(&CUSTOMERS)],
        attributes: attributes(),
        constant_currency_budget: BUDGET.to_owned(),
        ..TenantSettings::default()
    }
}

/// The fields that the demo declares.
pub(super) fn attributes() -> Vec<AttributeDeclaration> {
    let declared = |kind: &str, name: &str, r#type: AttributeType| AttributeDeclaration {
        kind: kind.to_owned(),
        name: name.to_owned(),
        r#type: r#type.into(),
    };
    vec![
        declared("team", TOLD_FROM, AttributeType::Date),
        declared("team", TOLD_TO, AttributeType::Date),
        declared("team", TOLD_BY, AttributeType::Text),
        declared("account", "tier", AttributeType::Text),
        declared("opportunity", "use_case", AttributeType::Text),
        declared("rep", "certified", AttributeType::Text),
    ]
}
