//! The demo keeps the rules of records, is the same each time, and looks like a company.

use std::collections::BTreeMap;

use bellwether_contracts::convert::{record_from_proto, settings_from_proto};
use bellwether_contracts::sales::Opportunity;
use bellwether_domain::{CivilDate, record::check};

use super::*;
use crate::demo::deals::is_closed;
use crate::demo::route;

fn day(text: &str) -> Day {
    text.parse::<CivilDate>().unwrap().days()
}

fn told(until: &str) -> World {
    World::tell(day("2023-11-01"), day(until), Zone::named(route::ZONE).unwrap())
}

fn deals(records: &[Record]) -> Vec<&Opportunity> {
    let deal = |record: &'_ Record| matches!(record.body, Some(record::Body::Opportunity(_)));
    let body = |record| match record {
        &Record {
            body: Some(record::Body::Opportunity(ref deal)),
            ..
        } => Some(deal),
        _ => None,
    };
    records
        .iter()
        .filter(|record| deal(record))
        .filter_map(body)
        .collect()
}

#[test]
fn every_record_keeps_the_rules() {
    let settings = settings_from_proto(&route::settings()).unwrap();
    let records = told("2026-11-21").records(day("2026-11-21"));
    for record in &records {
        let read = record_from_proto(record).unwrap();
        let violations = check(&read, &settings);
        assert!(violations.is_empty(), "{record:?}: {violations:?}");
    }
    let all = records.len();
    let mut seen = std::collections::HashSet::new();
    let twice = records.iter().find(|record| !seen.insert(version(record)));
    assert!(twice.is_none(), "two records share a name: {twice:?}");
    let kinds: std::collections::HashSet<_> = records.iter().map(|record| version(record).0).collect();
    assert_eq!(kinds.len(), 16, "every kind of record but the settings");
    assert!((20_000..80_000).contains(&all), "{all} records");
}

#[test]
fn the_same_day_gives_the_same_records_however_far_the_story_is_told() {
    let (short, long) = (told("2025-03-01"), told("2025-09-10"));
    let at = day("2025-03-01");
    assert_eq!(short.records(at), told("2025-03-01").records(at));
    assert_eq!(short.records(at), long.records(at));
}

#[test]
fn a_later_day_adds_and_changes_but_takes_nothing_back() {
    let world = told("2025-06-30");
    let (early, late) = (world.records(day("2025-05-31")), world.records(day("2025-06-30")));
    let late_versions: std::collections::HashSet<_> = late.iter().map(version).collect();
    assert!(
        early
            .iter()
            .all(|record| late_versions.contains(&version(record)))
    );
    let news = world.news(day("2025-05-31"), day("2025-06-30"));
    let mut merged: HashMap<_, Record> = early
        .into_iter()
        .map(|record| (version(&record), record))
        .collect();
    merged.extend(news.iter().map(|record| (version(record), record.clone())));
    assert!(late.iter().all(|record| merged[&version(record)] == *record));
    assert!(
        news.len() * 5 < late.len(),
        "{} of {} are news",
        news.len(),
        late.len()
    );
    assert!(world.news(day("2025-06-30"), day("2025-06-30")).is_empty());
}

#[test]
fn it_looks_like_a_company() {
    let world = told("2026-11-21");
    let until = day("2026-11-21");
    let records = world.records(until);
    let all = deals(&records);
    assert!((6_000..=9_000).contains(&all.len()), "{} deals", all.len());

    let of = |stage: &str| all.iter().filter(|deal| deal.stage == stage).count() as f64;
    let (won, lost, none) = (of("Won"), of("Lost"), of("No decision"));
    let rate = won / (won + lost + none);
    assert!((0.25..0.35).contains(&rate), "win rate {rate}");
    assert!(none > 0.1 * lost, "{none} no decisions, {lost} lost");

    let usd = |deal: &&&Opportunity| {
        deal.stage == "Won"
            && deal
                .amount
                .as_ref()
                .is_some_and(|amount| amount.currency_code == "USD")
    };
    let amounts: Vec<f64> = all
        .iter()
        .filter(usd)
        .filter_map(|deal| Some(deal.amount.as_ref()?.minor_units as f64 / 100.0))
        .collect();
    let mean = amounts.iter().sum::<f64>() / amounts.len() as f64;
    assert!((15_000.0..60_000.0).contains(&mean), "average deal {mean}");

    let open = all.iter().filter(|deal| !is_closed(&deal.stage)).count();
    assert!((200..1_500).contains(&open), "{open} open");
    let reopened = |deal: &&&Opportunity| {
        deal.stage_history
            .iter()
            .rev()
            .skip(1)
            .any(|entry| is_closed(&entry.stage))
    };
    assert!(all.iter().filter(reopened).count() > 50);
    assert!(all.iter().any(|deal| deal.owner_history.len() > 1));
    assert!(
        all.iter()
            .filter(|deal| deal.close_date_history.len() > 2)
            .count()
            > 500
    );
    assert!(all.iter().filter(|deal| deal.amount.is_none()).count() > 5);
    let currencies: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut count, deal| {
        *count
            .entry(
                deal.list_amount
                    .as_ref()
                    .map_or("", |amount| amount.currency_code.as_str()),
            )
            .or_default() += 1;
        count
    });
    assert!(
        currencies.len() == 3 && currencies.values().all(|count| *count > 100),
        "{currencies:?}"
    );
}

#[test]
fn cycles_grow_with_the_size_of_deals_and_quarters_end_busily() {
    let world = told("2026-11-21");
    let mut days: BTreeMap<super::super::company::Team, Vec<Day>> = BTreeMap::new();
    let (mut busy, mut wins) = (0, 0);
    for deal in &world.deals {
        let Some(won) = deal.won_on() else { continue };
        days.entry(deal.origin.seller.team(deal.origin.created.day))
            .or_default()
            .push(won - deal.origin.created.day);
        wins += 1;
        busy += usize::from(super::super::calendar::quarter(won).end.days() - won <= 14);
    }
    let medians: Vec<Day> = days
        .into_values()
        .map(|mut days| {
            days.sort_unstable();
            days[days.len() / 2]
        })
        .collect();
    assert!(medians.iter().all(|days| (20..=95).contains(days)), "{medians:?}");
    assert!(medians[0] > medians[1] && medians[1] > medians[2], "{medians:?}");
    // Two weeks are 15 % of a quarter.
    assert!(
        busy * 4 > wins,
        "{busy} of {wins} wins in the last two weeks of a quarter"
    );
}
