//! Each rule, broken once; and a record that keeps them all.

use super::check;
use crate::record::{AmountChange, Body, LineItem, Opportunity, Record, StageChange};
use crate::settings::{Pipeline, Settings, Stage, StageClass};
use crate::{Currency, Instant, Money, When};

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
fn a_date_and_an_instant_of_the_same_day_are_in_order() {
    let at = When::At("2024-01-01T00:00:01Z".parse::<Instant>().unwrap());
    let created = broken(|deal| {
        deal.created = Some(at);
        deal.stage_history[0].at = at;
    });
    assert_eq!(created, [""; 0]);
}
