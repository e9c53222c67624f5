//! Salesforce: history of few months and fields, snapshots of few rows, only the first change [S1][S3][S4].

use super::*;
use crate::waterfall::Bucket;

fn many(count: usize) -> Vec<Record> {
    let deal = |number: usize| {
        sample::deal(&format!("d{number}"))
            .created("2017-01-05")
            .amount("1")
            .record()
    };
    (0..count).map(deal).collect()
}

/// Its field history reaches back three to four months for a report.
#[test]
fn salesforce_what_stood_five_years_ago_is_still_told() {
    let old = sample::deal("a").owner("ann").created("2012-03-01").amount("500");
    let old = old.with(|deal| {
        let change = |at: &str, major: &str| bellwether_domain::record::AmountChange {
            at: sample::when(at),
            amount: Some(sample::usd(major)),
        };
        deal.amount_history = vec![change("2012-03-01", "100"), change("2012-06-01", "500")];
    });
    let facts = Company::of([old.record()]).facts();
    let value = |day| told(&facts, &as_of(asked(&["pipeline_value"]), day));
    assert_eq!(
        ["2012-02-28", "2012-04-01", "2012-06-01"].map(value),
        ["0", "100", "500"]
    );
}

/// It keeps the history of some eight fields: every other one is told as it is now.
#[test]
fn salesforce_every_field_has_a_past() {
    let deal = |version: u64, at: &str, change: fn(&mut bellwether_domain::record::Opportunity)| {
        let deal = sample::deal("a").created("2017-01-01").amount("100");
        deal.with(change).effective(at).version(version).record()
    };
    let facts = Company::of([
        deal(1, "2017-01-01T00:00:00Z", |deal| {
            deal.owner_id = Some("ann".to_owned());
            deal.expected_close = Some(sample::when("2017-02-01"));
        }),
        deal(2, "2017-03-01T00:00:00Z", |deal| {
            deal.owner_id = Some("bob".to_owned());
            deal.amount = Some(sample::usd("250"));
            deal.expected_close = Some(sample::when("2017-06-01"));
        }),
    ])
    .facts();
    let at =
        |kpi: &str, day: &str, dimension: &str| lines(&facts, &by(as_of(asked(&[kpi]), day), &[dimension]));
    assert_eq!(at("pipeline_value", "2017-02-10", "owner"), ["ann 100"]);
    assert_eq!(at("pipeline_value", "2017-03-10", "owner"), ["bob 250"]);
    let overdue = |day: &str| told(&facts, &as_of(asked(&["open_deals_overdue"]), day));
    assert_ne!(
        overdue("2017-02-10"),
        overdue("2017-03-10"),
        "the expected close of then"
    );
}

/// Its snapshots hold 2,000 rows.
#[test]
fn salesforce_a_snapshot_of_more_than_two_thousand_deals_is_whole() {
    let mut company = Company::of(many(2_500));
    let then = company.log.changes.len() as u64;
    company.tell((0..2_500).map(|number| {
        let deal = sample::deal(&format!("d{number}"))
            .created("2017-01-05")
            .lost("2017-01-20", "price");
        deal.amount("1").version(1).record()
    }));
    let facts = company.facts();
    let ask = as_of(asked(&["open_deals"]), "2017-01-31");
    assert_eq!(
        [told(&facts, &known(ask.clone(), then)), told(&facts, &ask)],
        ["2500", "0"]
    );
}

/// Pipeline Inspection shows no total at 2,000 records and more.
#[test]
fn salesforce_the_waterfall_of_more_than_two_thousand_deals_has_a_total() {
    let facts = Company::of(many(2_500)).facts();
    let ask = Ask {
        from: Some("2017-01-01".parse().unwrap()),
        to: Some("2017-02-01".parse().unwrap()),
        ..Ask::default()
    };
    let form = Form {
        due: false,
        restated: true,
    };
    let found = waterfall(&facts, catalogue(), &ask, form, now()).unwrap().total;
    assert_eq!(
        (found.steps[0].bucket, found.steps[0].n, found.end.n),
        (Bucket::Created, 2_500, 2_500)
    );
    assert_eq!(found.end.value.to_exact_string(), "250000");
}

/// A deal that is put off several times, by whole months or years.
fn pushed(moves: &[(&str, &str)]) -> Record {
    let deal = sample::deal("a").created("2017-01-01").amount("100");
    let deal = deal.with(|deal| {
        deal.expected_close = moves.last().map(|(_, to)| sample::when(to));
        let change = |(at, to): &(&str, &str)| bellwether_domain::record::CloseDateChange {
            at: sample::when(at),
            expected_close: Some(sample::when(to)),
        };
        deal.close_date_history = moves.iter().map(change).collect();
    });
    deal.record()
}

/// FieldChangeSnapshot knows only the first change of the close date.
#[test]
fn salesforce_every_push_counts_and_not_only_the_first() {
    let moves = [
        ("2017-01-01", "2017-01-20"),
        ("2017-01-10", "2017-02-20"),
        ("2017-02-10", "2017-03-20"),
        ("2017-03-10", "2017-04-20"),
    ];
    let facts = Company::of([pushed(&moves)]).facts();
    let months = cut(ranged("push_rate", "2017-02-01", "2017-04-01"), Grain::Month);
    assert_eq!(periods(&facts, &months), ["2017-02-01 1", "2017-03-01 1"]);
}

/// Pipeline Inspection looks six months ahead for what has moved out.
#[test]
fn salesforce_a_deal_that_is_put_off_by_years_is_pushed() {
    let moves = [("2017-01-01", "2017-02-20"), ("2017-02-10", "2020-02-20")];
    let facts = Company::of([pushed(&moves)]).facts();
    let ask = ranged("push_rate", "2017-02-01", "2017-03-01");
    assert_eq!(told(&facts, &ask), "1");
    let ask = Ask {
        kpis: Vec::new(),
        ..ask
    };
    let form = Form {
        due: true,
        restated: true,
    };
    let found = waterfall(&facts, catalogue(), &ask, form, now()).unwrap().total;
    assert_eq!(found.steps.len(), 1);
    assert_eq!(found.steps[0].bucket, Bucket::Pushed);
}
