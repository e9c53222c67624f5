//! Each rule, broken once; and a record that keeps them all.

use super::check;
use crate::record::{
    Activity, ActivityType, AmountChange, AttributeValue, Body, ComplianceCheck, Contract, Credit, Goal,
    KpiDefinition, KpiStatus, LineItem, MethodologyEvidence, MetricSample, Opportunity, Order, OrderType,
    Record, Spend, SpendCategory, StageChange, Subscription, Target, TargetShape, Thresholds,
};
use crate::settings::{AttributeDeclaration, AttributeType, Pipeline, Settings, Stage, StageClass};
use crate::{CivilDate, Currency, Instant, Money, When};

fn day(text: &str) -> Option<When> {
    Some(text.parse().unwrap())
}

fn usd(minor: i64) -> Option<Money> {
    Some(Money {
        minor,
        currency: Currency::USD,
    })
}

fn settings() -> Settings {
    let stage = |name: &str, class| Stage {
        name: name.to_owned(),
        class,
        qualified: false,
        probability: None,
    };
    let stages = vec![stage("Open", StageClass::Open), stage("Won", StageClass::Won)];
    Settings {
        pipelines: vec![Pipeline {
            id: "p".to_owned(),
            stages,
        }],
        ..Settings::default()
    }
}

fn won() -> Opportunity {
    Opportunity {
        stage: "Won".to_owned(),
        created: day("2024-01-01"),
        closed: day("2024-02-01"),
        amount: usd(100),
        stage_history: vec![
            StageChange {
                at: day("2024-01-01").unwrap(),
                stage: "Open".to_owned(),
            },
            StageChange {
                at: day("2024-02-01").unwrap(),
                stage: "Won".to_owned(),
            },
        ],
        ..Opportunity::default()
    }
}

fn broken(change: impl FnOnce(&mut Opportunity)) -> Vec<String> {
    let mut deal = won();
    change(&mut deal);
    let record = Record {
        id: "D".to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: Default::default(),
        body: Body::Opportunity(Box::new(deal)),
    };
    check(&record, &settings())
        .into_iter()
        .map(|one| one.field)
        .collect()
}

#[test]
fn a_good_deal_breaks_no_rule() {
    assert_eq!(broken(|_| ()), [""; 0]);
}

#[test]
fn each_broken_rule_names_its_field() {
    assert_eq!(
        broken(|deal| deal.closed = day("2023-12-31")),
        ["opportunity.closed_at"]
    );
    assert_eq!(broken(|deal| deal.amount = usd(-1)), ["opportunity.amount"]);
    assert_eq!(
        broken(|deal| deal.pipeline = "q".to_owned()),
        ["opportunity.pipeline"]
    );
    assert_eq!(
        broken(|deal| deal.stage_history.reverse()),
        ["opportunity.stage", "opportunity.stage_history"]
    );
    assert_eq!(
        broken(|deal| deal.stage = "Nix".to_owned()),
        ["opportunity.stage"]
    );
    assert_eq!(
        broken(|deal| deal.crm_probability = Some("1.5".to_owned())),
        ["opportunity.crm_probability"]
    );
    let early = AmountChange {
        at: day("2023-01-01").unwrap(),
        amount: usd(1),
    };
    assert_eq!(
        broken(|deal| deal.amount_history = vec![early]),
        ["opportunity.amount_history"]
    );
    let line = |product: &str, units: &str| LineItem {
        product: product.to_owned(),
        product_family: None,
        units: units.to_owned(),
        amount: usd(-1),
    };
    let fields = [
        "opportunity.lines[0].product",
        "opportunity.lines[0].units",
        "opportunity.lines[0].amount",
    ];
    assert_eq!(broken(|deal| deal.lines = vec![line("", "0")]), fields);
    assert_eq!(broken(|deal| deal.lines = vec![line("P", "1.0000001")]).len(), 2);
    assert_eq!(broken(|deal| deal.stage_history.clear()), [""; 0]);
    let open = broken(|deal| {
        deal.stage_history.clear();
        deal.stage = "Open".to_owned();
    });
    assert_eq!(open, ["opportunity.closed_at"]);
}

#[test]
fn credits_sum_to_one_and_name_each_rep_once() {
    let credits = |shares: &[(&str, &str)]| {
        let credit = |(rep, share): &(&str, &str)| Credit {
            rep_id: (*rep).to_owned(),
            share: (*share).to_owned(),
        };
        let credits: Vec<Credit> = shares.iter().map(credit).collect();
        broken(|deal| deal.credits = credits)
    };
    assert_eq!(
        credits(&[("a", "0.333333"), ("b", "0.333333"), ("c", "0.333334")]),
        [""; 0]
    );
    assert_eq!(credits(&[("a", "1")]), [""; 0]);
    assert_eq!(
        credits(&[("a", "0.5"), ("b", "0.499999")]),
        ["opportunity.credits"]
    );
    assert_eq!(
        credits(&[("a", "0.5"), ("a", "0.5")]),
        ["opportunity.credits[1].rep_id"]
    );
    let several = [
        "opportunity.credits[0].rep_id",
        "opportunity.credits[1].share",
        "opportunity.credits[2].share",
    ];
    assert_eq!(credits(&[("", "1"), ("b", "0"), ("c", "0.0000001")]), several);
    assert_eq!(credits(&[("a", "1.5"), ("b", "-0.5")]).len(), 2);
}

#[test]
fn a_discount_is_part_of_the_list_amount() {
    let discount =
        |list, discount| broken(|deal| (deal.list_amount, deal.discount) = (usd(list), usd(discount)));
    assert_eq!(discount(100, 100), [""; 0]);
    assert_eq!(discount(100, 101), ["opportunity.discount"]);
    assert_eq!(discount(100, -1), ["opportunity.discount"]);
}

fn fields(body: Body) -> Vec<String> {
    let record = Record {
        id: "X".to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: Default::default(),
        body,
    };
    let broken = check(&record, &settings());
    broken.into_iter().map(|one| one.field).collect()
}

#[test]
fn subscriptions_end_after_they_start() {
    let subscription = |minor, ended| {
        fields(Body::Subscription(Subscription {
            account_id: "A".to_owned(),
            product: None,
            mrr: usd(minor).unwrap(),
            started: day("2024-02-01").unwrap(),
            ended,
        }))
    };
    assert_eq!(subscription(0, None), [""; 0]);
    assert_eq!(subscription(5, day("2024-02-01")), [""; 0]);
    let both = ["subscription.mrr", "subscription.ended_at"];
    assert_eq!(subscription(-1, day("2024-01-31")), both);
}

#[test]
fn every_broken_rule_of_a_contract_is_named() {
    let date = |text: &str| text.parse::<CivilDate>().unwrap();
    let due = |name: &str| ComplianceCheck {
        name: name.to_owned(),
        due: date("2024-03-01"),
        done: Some(date("2024-02-01")),
    };
    let good = Contract {
        account_id: Some("A".to_owned()),
        start_date: Some(date("2024-01-01")),
        end_date: Some(date("2024-01-02")),
        term_months: Some(12),
        compliance_checks: vec![due("credit"), due("sanctions")],
        ..Contract::default()
    };
    assert_eq!(fields(Body::Contract(good.clone())), [""; 0]);
    let bad = Contract {
        account_id: None,
        end_date: Some(date("2024-01-01")),
        term_months: Some(0),
        compliance_checks: vec![due("credit"), due("credit"), due("")],
        ..good
    };
    let expected = [
        "contract",
        "contract.end_date",
        "contract.term_months",
        "contract.compliance_checks[1].name",
        "contract.compliance_checks[2].name",
    ];
    assert_eq!(fields(Body::Contract(bad)), expected);
}

#[test]
fn orders_and_spend_keep_their_rules() {
    let order = |opportunity_id, minor| {
        fields(Body::Order(Order {
            account_id: None,
            opportunity_id,
            at: day("2024-01-01").unwrap(),
            order_type: OrderType::CreditNote,
            revenue: usd(minor),
            lines: vec![LineItem {
                product: "P".to_owned(),
                product_family: None,
                units: "0".to_owned(),
                amount: usd(minor),
            }],
        }))
    };
    let expected = [
        "order",
        "order.revenue",
        "order.lines[0].units",
        "order.lines[0].amount",
    ];
    assert_eq!(order(None, -1), expected);
    assert_eq!(order(Some("D".to_owned()), 1), ["order.lines[0].units"]);
    let spend = |minor, end: &str| {
        fields(Body::Spend(Spend {
            category: SpendCategory::Tools,
            channel: None,
            campaign: Some("x".repeat(1025)),
            amount: usd(minor).unwrap(),
            period_start: "2024-01-01".parse().unwrap(),
            period_end: end.parse().unwrap(),
        }))
    };
    assert_eq!(spend(1, "2024-02-01"), ["spend.campaign"]);
    assert_eq!(
        spend(-1, "2024-01-01"),
        ["spend.campaign", "spend.amount", "spend.period_end"]
    );
}

#[test]
fn samples_have_names_and_numbers() {
    let sample = |name: &str, dimension: &str, value: &str, weight: &str| {
        fields(Body::MetricSample(MetricSample {
            name: name.to_owned(),
            dimensions: [(dimension.to_owned(), "web".to_owned())].into(),
            at: day("2024-01-01").unwrap(),
            value: value.to_owned(),
            weight: weight.to_owned(),
        }))
    };
    assert_eq!(sample("forecast.commit", "channel", "-12.5", "3"), [""; 0]);
    let all = [
        "metric_sample.name",
        "metric_sample.dimensions.The Channel",
        "metric_sample.value",
        "metric_sample.weight",
    ];
    assert_eq!(sample("", "The Channel", "1e9", "0"), all);
    assert_eq!(sample("Traffic", "a.b", "9223372036855", "-1").len(), 4);
}

#[test]
fn evidence_names_a_step_and_scores_up_to_three() {
    let evidence = |step: &str, score| MethodologyEvidence {
        methodology: None,
        step: step.to_owned(),
        score,
    };
    let activity = Activity {
        activity_type: ActivityType::Meeting,
        rep_id: Some("r".to_owned()),
        lead_id: None,
        opportunity_id: None,
        account_id: None,
        at: day("2024-01-01").unwrap(),
        duration_seconds: None,
        completed: true,
        direction: None,
        automatic: false,
        outcome: None,
        evidence: vec![
            evidence("metrics", Some(3)),
            evidence("", Some(4)),
            evidence("pain", None),
        ],
    };
    let expected = ["activity.evidence[1].step", "activity.evidence[1].score"];
    assert_eq!(fields(Body::Activity(activity)), expected);
}

#[test]
fn attributes_are_those_that_the_tenant_declared() {
    let declared = |kind: &str, name: &str, attribute_type| AttributeDeclaration {
        kind: kind.to_owned(),
        name: name.to_owned(),
        attribute_type,
    };
    let settings = Settings {
        attributes: vec![
            declared("account", "tier", AttributeType::Text),
            declared("account", "score", AttributeType::Number),
            declared("rep", "since", AttributeType::Day),
        ],
        ..Settings::default()
    };
    let told = |settings: &Settings, attributes: &[(&str, AttributeValue)]| {
        let record = Record {
            id: "A".to_owned(),
            effective_at: None,
            source_version: 0,
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            body: Body::Account(Default::default()),
        };
        let broken = check(&record, settings);
        broken.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let text = || AttributeValue::Text("gold".to_owned());
    let number = || AttributeValue::Number("1.5".to_owned());
    assert_eq!(told(&settings, &[("tier", text()), ("score", number())]), [""; 0]);
    let expected = [
        "attributes.score: is given as text, but declared as number for account",
        "attributes.since: is not declared for account: declared are tier (text), score (number)",
        "attributes.tier: is given as number, but declared as text for account",
    ];
    assert_eq!(
        told(
            &settings,
            &[("score", text()), ("since", text()), ("tier", number())]
        ),
        expected
    );
    let none =
        ["attributes.tier: is not declared for account: the tenant's settings declare no field for it"];
    assert_eq!(told(&Settings::default(), &[("tier", text())]), none);
}

#[test]
fn a_date_and_an_instant_of_the_same_day_are_in_order() {
    let at = When::At("2024-01-01T00:00:01Z".parse::<Instant>().unwrap());
    let created = broken(|deal| {
        deal.created = Some(at);
        deal.stage_history[0].at = at;
    });
    assert_eq!(created, [""; 0]);
}

#[test]
fn targets_have_an_end_a_number_and_shares() {
    let target = |end: &str, value: &str, weights: Vec<u32>, bad: &str| {
        fields(Body::Target(Box::new(Target {
            kpi: "win_rate".to_owned(),
            holder: [("team".to_owned(), "West".to_owned())].into(),
            period_start: "2024-01-01".parse().unwrap(),
            period_end: end.parse().unwrap(),
            goal: Goal::Value(value.to_owned()),
            shape: TargetShape::Weights(weights),
            owner: None,
            thresholds: Thresholds {
                bad_below: bad.to_owned(),
                ..Thresholds::default()
            },
            note: None,
        })))
    };
    assert_eq!(target("2024-04-01", "0.3", vec![1, 0, 2], "0.5"), [""; 0]);
    assert_eq!(
        target("2024-01-01", "30 %", vec![0, 0], "0.95"),
        [
            "target.period_end",
            "target.value",
            "target.weights",
            "target.bad_below"
        ]
    );
    assert_eq!(
        target("2024-04-01", "1", vec![1; 367], "-0.1"),
        ["target.weights", "target.bad_below"]
    );
    assert_eq!(
        target("2024-04-01", "1", vec![1, 1_000_001], "0"),
        ["target.weights[1]"]
    );
}

#[test]
fn own_kpis_have_ids_like_built_in_ones_and_definitions_of_a_size() {
    let kpi = |status, successor: &str, length: usize| {
        let record = Record {
            id: "fast_wins".to_owned(),
            effective_at: None,
            source_version: 0,
            attributes: Default::default(),
            body: Body::KpiDefinition(Box::new(KpiDefinition {
                definition: "x".repeat(length),
                status,
                deprecated_for: (!successor.is_empty()).then(|| successor.to_owned()),
                ..KpiDefinition::default()
            })),
        };
        let violations = check(&record, &settings());
        violations.into_iter().map(|one| one.field).collect::<Vec<_>>()
    };
    assert_eq!(kpi(KpiStatus::Deprecated, "win_rate", 65_536), [""; 0]);
    assert_eq!(
        kpi(KpiStatus::Draft, "fast_wins", 65_537),
        [
            "kpi_definition.definition",
            "kpi_definition.deprecated_for",
            "kpi_definition.deprecated_for"
        ]
    );
    assert_eq!(
        kpi(KpiStatus::Deprecated, "Win rate", 0),
        ["kpi_definition.deprecated_for"]
    );
}
