//! `PromoteKpi`: a number becomes something to steer by once it is specific, measurable, acted on, relevant and bound to a
//! day. What is missing is listed, all of it.

use bellwether_contracts::convert::{position_to_proto, record_from_proto};
use bellwether_contracts::kpi::{PromoteKpiRequest, PromoteKpiResponse, QueryKpisRequest};
use bellwether_contracts::sales;
use bellwether_domain::record::{Body, KpiDefinition, Promotion, Target};
use bellwether_domain::{
    CivilDate, Currency, Error, ErrorCode, ErrorReason, Result, TenantId, Violation, When,
};
use bellwether_runtime::auth::{Scope, authorize};
use tonic::Request;

use super::CatalogRpc;
use super::edit::text;
use super::edition::is_certified;
use super::write::{Done, Terms};
use crate::answers::Pending;
use crate::catalogue::{Direction, Kpi};
use crate::query::answer;
use crate::rpc::plan::again;
use crate::target::Aim;

/// The benchmark that is the KPI's own past.
const OWN: &str = "own";
/// How far back that past is looked for, in days.
const PAST_DAYS: i32 = 366;

/// What there is of what a promotion needs.
#[derive(Debug)]
struct Found<'a> {
    kpi: &'a Kpi,
    says: &'a KpiDefinition,
    promotion: &'a Promotion,
    target: Option<&'a Target>,
    /// That answers are in.
    currency: Currency,
    today: CivilDate,
    /// Whether it had a value in the past.
    past: bool,
}

impl CatalogRpc {
    pub(super) async fn promote(&self, request: Request<PromoteKpiRequest>) -> Result<PromoteKpiResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let promotion = read(asked.promotion.clone().unwrap_or_default())?;
        let (kpi, position) = again(&asked.etag, || self.promote_once(&tenant, &asked, &promotion)).await?;
        Ok(PromoteKpiResponse {
            kpi: Some(kpi),
            position: position.map(position_to_proto),
        })
    }

    async fn promote_once(
        &self,
        tenant: &TenantId,
        asked: &PromoteKpiRequest,
        promotion: &Promotion,
    ) -> Result<Done> {
        let ground = self.ground(tenant, &asked.id, &asked.etag).await?;
        self.gate(tenant, &asked.id, &ground.says, promotion).await?;
        let says = KpiDefinition {
            promotion: Some(promotion.clone()),
            author: text(&asked.author),
            note: text(&asked.note),
            ..ground.says.clone()
        };
        let terms = Terms {
            tenant,
            id: &asked.id,
            request_id: &asked.request_id,
            validate_only: asked.validate_only,
        };
        self.put(&terms, &ground, says).await
    }

    /// Lets a KPI through of which nothing is missing.
    async fn gate(
        &self,
        tenant: &TenantId,
        id: &str,
        says: &KpiDefinition,
        promotion: &Promotion,
    ) -> Result<()> {
        // Its values of the past year, by quarter; what it says today is not asked before its past is.
        let question = QueryKpisRequest {
            tenant: tenant.to_string(),
            kpis: vec![id.to_owned()],
            ..QueryKpisRequest::default()
        };
        let pending = Pending::new(tenant.clone(), Scope::All, question);
        let (id, says, promotion) = (id.to_owned(), says.clone(), promotion.clone());
        let missing = self.answers.direct(&pending, move |direct| {
            let kpi = direct.catalogue.kpi(&id)?;
            let seq = direct.facts.position().seq;
            let settings = direct.facts.settings(seq);
            let today = When::At(direct.now).day_in(&settings.zone);
            let target = promotion.target_id.as_deref();
            let target = target.and_then(|target| direct.facts.plans(seq).target(target));
            let past = promotion.benchmark.as_deref() == Some(OWN) && {
                let mut ask = direct.ask.clone();
                ask.from = Some(When::Day(CivilDate::from_days(today.days() - PAST_DAYS)));
                ask.to = Some(When::Day(today));
                ask.grain = Some(bellwether_domain::period::Grain::Quarter);
                let found = answer(direct.facts, direct.catalogue, &ask, direct.now, direct.threads)?;
                found.rows.iter().any(|row| row.value.is_ok())
            };
            Ok(missing(&Found {
                kpi,
                says: &says,
                promotion: &promotion,
                target: target.map(|target| &*target.says),
                currency: settings.currency,
                today,
                past,
            }))
        });
        let missing = missing.await?;
        if missing.is_empty() {
            return Ok(());
        }
        let fields = missing
            .iter()
            .map(|one| one.field.rsplit('.').next().unwrap_or_default());
        let message = format!(
            "not to be steered by yet: {}",
            fields.collect::<Vec<_>>().join(", ")
        );
        let error = Error::new(ErrorCode::FailedPrecondition, ErrorReason::NotPromotable, message);
        Err(error.with_violations(missing))
    }
}

/// A promotion of a message.
fn read(message: sales::KpiPromotion) -> Result<Promotion> {
    let record = sales::Record {
        id: "x".to_owned(),
        body: Some(sales::record::Body::KpiDefinition(sales::KpiDefinition {
            promotion: Some(message),
            ..sales::KpiDefinition::default()
        })),
        ..sales::Record::default()
    };
    let read = record_from_proto(&record).map_err(|violations| {
        let inner = |one: Violation| {
            let field = one.field.trim_start_matches("kpi_definition.").to_owned();
            Violation { field, ..one }
        };
        Error::violations(
            ErrorReason::InvalidField,
            violations.into_iter().map(inner).collect(),
        )
    })?;
    match read.body {
        Body::KpiDefinition(says) => Ok(says.promotion.unwrap_or_default()),
        _ => Ok(Promotion::default()),
    }
}

/// What is missing, in the order of the page that asks for it.
fn missing(found: &Found<'_>) -> Vec<Violation> {
    let Found { kpi, promotion, .. } = found;
    let mut out = Vec::new();
    let mut miss = |field: &str, text: String| out.push(Violation::new(field, text));
    if !is_certified(kpi, found.says) {
        let text = "the definition is not certified: certify it first, as it is what people will steer by";
        miss("status", text.to_owned());
    }
    if kpi.definition.direction == Direction::Neutral {
        miss(
            "direction",
            "the definition does not say which way is good".to_owned(),
        );
    }
    if told(&promotion.owner).is_none() {
        miss(
            "promotion.owner",
            "is missing: say who answers for reaching it".to_owned(),
        );
    }
    match (told(&promotion.target_id), found.target) {
        (None, _) => miss(
            "promotion.target_id",
            "is missing: make a target with value and period, and name it".to_owned(),
        ),
        (Some(id), None) => miss("promotion.target_id", format!("there is no target `{id}`")),
        (Some(id), Some(target)) => {
            if let Some(text) = out_of_target(kpi, id, target, found.currency) {
                miss("promotion.target_id", text);
            }
        }
    }
    match (promotion.deadline, found.target) {
        (None, _) => miss(
            "promotion.deadline",
            "is missing: say by which day it is to be reached".to_owned(),
        ),
        (Some(day), _) if day < found.today => {
            miss("promotion.deadline", format!("{day} has passed"));
        }
        (Some(day), Some(target)) if day < target.period_start || day > target.period_end => {
            let (start, end) = (target.period_start, target.period_end);
            miss(
                "promotion.deadline",
                format!("{day} lies outside of the target's period, {start} to {end}"),
            );
        }
        _ => {}
    }
    match told(&promotion.benchmark) {
        None => miss(
            "promotion.benchmark",
            "is missing: name the source that the target is measured by, or `own` for its own past"
                .to_owned(),
        ),
        Some(OWN) if !found.past => miss(
            "promotion.benchmark",
            "it had no value in the past year: there is nothing of its own to measure by".to_owned(),
        ),
        _ => {}
    }
    if promotion.cadence.is_none() {
        miss(
            "promotion.cadence",
            "is missing: say how often it is looked at".to_owned(),
        );
    }
    if told(&promotion.action).is_none() {
        miss(
            "promotion.action",
            "is missing: say what one does when it is off".to_owned(),
        );
    }
    out
}

/// What keeps a target from being one of the KPI.
fn out_of_target(kpi: &Kpi, id: &str, target: &Target, currency: Currency) -> Option<String> {
    let own = &kpi.definition.id;
    if target.kpi != *own {
        let other = &target.kpi;
        return Some(format!("the target `{id}` is of `{other}`, not of `{own}`"));
    }
    let (_, message) = Aim::of(id, target, kpi, currency).err()?;
    Some(format!("the target `{id}` cannot be steered by: {message}"))
}

fn told(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bellwether_domain::Money;
    use bellwether_domain::record::{Goal, TargetShape, Thresholds};

    use super::*;
    use crate::catalogue::Catalogue;

    fn target(kpi: &str, goal: Goal) -> Target {
        Target {
            kpi: kpi.to_owned(),
            holder: BTreeMap::new(),
            period_start: "2026-01-01".parse().unwrap(),
            period_end: "2027-01-01".parse().unwrap(),
            goal,
            shape: TargetShape::Linear,
            owner: None,
            thresholds: Thresholds::default(),
            note: None,
        }
    }

    #[test]
    fn a_target_that_no_answer_can_stand_beside_promotes_nothing() {
        let catalogue = Catalogue::built_in().unwrap();
        let [usd, eur]: [Currency; 2] = ["USD", "EUR"].map(|code| code.parse().unwrap());
        let said = |kpi: &str, of: &str, goal: Goal| {
            let kpi = catalogue.kpi(kpi).unwrap();
            out_of_target(kpi, "t", &target(of, goal), usd)
        };
        let value = |text: &str| Goal::Value(text.to_owned());
        let amount = |minor, currency| Goal::Amount(Money { minor, currency });
        assert_eq!(said("win_rate", "win_rate", value(".25")), None);
        assert_eq!(said("bookings", "bookings", amount(5, usd)), None);
        for (kpi, of, goal, part) in [
            (
                "win_rate",
                "bookings",
                value("0.3"),
                "is of `bookings`, not of `win_rate`",
            ),
            ("win_rate", "win_rate", value("0"), "above 0"),
            ("win_rate", "win_rate", amount(5, usd), "is no money"),
            ("bookings", "bookings", value("5"), "is money"),
            (
                "bookings",
                "bookings",
                amount(5, eur),
                "answers are in USD, this is in EUR",
            ),
            (
                "loss_reason_mix",
                "loss_reason_mix",
                value("0.3"),
                "not a single number",
            ),
        ] {
            let text = said(kpi, of, goal).unwrap_or_default();
            assert!(text.contains(part), "{kpi}: {text}");
        }
    }
}
