//! What people said beside what the models said: commits, calls, and the categories that deals were put into.

use bellwether_contracts::forecasting::{CategoryOutcome, GetAccuracyResponse, PeopleBeside};
use serde_json::{Value, json};

use super::page::tends;
use crate::commands::forecast::words::figure;
use crate::output::{Page, Sheet, compact};

/// People for programs.
pub(super) fn json(all: &[PeopleBeside]) -> Value {
    let one = |one: &PeopleBeside| {
        json!({
            "person": one.person, "call": one.call, "model": one.model, "n": one.n,
            "person_wape": one.person_wape, "person_bias": one.person_bias,
            "model_wape": one.model_wape, "model_bias": one.model_bias,
            "both_wape": one.both_wape, "nearer": one.nearer, "farther": one.farther,
        })
    };
    all.iter().map(one).collect()
}

/// Categories for programs.
pub(super) fn categories_json(all: &[CategoryOutcome]) -> Value {
    let one = |one: &CategoryOutcome| {
        json!({
            "category": one.category, "owner": one.owner, "horizon_days": one.horizon_days,
            "deals": one.deals, "won": one.won, "expected": one.expected,
            "amount": one.amount, "won_amount": one.won_amount, "expected_amount": one.expected_amount,
        })
    };
    all.iter().map(one).collect()
}

/// The parts of the page; nothing where nobody said anything.
pub(super) fn text(answer: &GetAccuracyResponse, page: &Page) -> Vec<String> {
    let mut parts = Vec::new();
    if !answer.categories.is_empty() {
        let sheet = categories(&answer.categories).render(page);
        parts.push(format!("what became of the deals that people called so\n{sheet}"));
    }
    if !answer.people.is_empty() {
        let sheet = people(&answer.people).render(page);
        parts.push(format!("people beside the models\n{sheet}"));
    }
    parts
}

fn categories(all: &[CategoryOutcome]) -> Sheet {
    let owners = all.iter().any(|one| one.owner.is_some());
    let mut columns = vec!["called"];
    columns.extend(owners.then_some("by"));
    columns.extend([
        ">within days",
        ">deals",
        ">won",
        ">the model expected",
        ">amount",
        ">came",
        ">the model expected it to be",
    ]);
    let mut sheet = Sheet::new(columns);
    let amount = |amount: f64| compact(&amount.round().to_string(), "count");
    for one in all {
        let called = if one.category.is_empty() {
            "(nothing)"
        } else {
            &one.category
        };
        let mut row = vec![called.into()];
        row.extend(owners.then(|| one.owner.clone().unwrap_or_default().into()));
        row.extend([
            one.horizon_days.to_string().into(),
            one.deals.to_string().into(),
            one.won.to_string().into(),
            figure(one.expected, "count").into(),
            amount(one.amount).into(),
            amount(one.won_amount).into(),
            amount(one.expected_amount).into(),
        ]);
        sheet.push(row);
    }
    sheet
}

fn people(all: &[PeopleBeside]) -> Sheet {
    let mut sheet = Sheet::new([
        "who",
        "said",
        ">compared",
        ">was off by",
        "tends to be",
        ">the model was off by",
        ">both together",
        "nearer",
    ]);
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| figure(share, "ratio"));
    for one in all {
        sheet.push(vec![
            one.person.clone().into(),
            format!("{} ({})", one.call, one.model).into(),
            one.n.to_string().into(),
            share(one.person_wape).into(),
            one.person_bias.map_or_else(|| "-".to_owned(), tends).into(),
            share(one.model_wape).into(),
            share(one.both_wape).into(),
            format!("{} of {} times", one.nearer, one.nearer + one.farther).into(),
        ]);
    }
    sheet
}
