//! Ramp time: KPI-RULES 5.2, worked by hand.

use bellwether_domain::record::{Body, Opportunity, Quota, QuotaHolder, QuotaTarget, Rep};
use bellwether_domain::{CivilDate, Currency, ErrorReason, Money, RecordKind};

use super::*;
use crate::tenant::TenantFacts;
use crate::tenant::tests::{Log, deal, hour, settings};

const QUARTERS: [&str; 6] = [
    "2017-01-01",
    "2017-04-01",
    "2017-07-01",
    "2017-10-01",
    "2018-01-01",
    "2018-04-01",
];

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// 100 dollars to win in a quarter.
fn quota(rep: &str, quarter: usize) -> Quota {
    Quota {
        holder: QuotaHolder::Rep(rep.to_owned()),
        period_start: day(QUARTERS[quarter]),
        period_end: day(QUARTERS[quarter + 1]),
        target: QuotaTarget::Amount(Money {
            minor: 10_000,
            currency: Currency::USD,
        }),
    }
}

/// Sellers from 1 January 2017 with 100 a quarter to win: ann wins 50, 80, 85; bob 200, 10, 90, 90; cy leaves on 31 May
/// without a win; dee wins 100 each quarter but has a quota for the second only; eve has none.
fn company() -> Log {
    let mut log = Log::default();
    let key = (hour(0), 0);
    log.settings(&settings("UTC", true));
    for (id, end) in [
        ("ann", None),
        ("bob", None),
        ("cy", Some("2017-05-31")),
        ("dee", None),
        ("eve", None),
    ] {
        let rep = Rep {
            start_date: Some(day("2017-01-01")),
            end_date: end.map(day),
            ..Rep::default()
        };
        log.record(id, key, Body::Rep(rep));
    }
    for rep in ["ann", "bob", "cy", "dee"] {
        for number in 0..QUARTERS.len() - 1 {
            if rep == "dee" && number != 1 {
                continue;
            }
            log.record(&format!("{rep} {number}"), key, Body::Quota(quota(rep, number)));
        }
    }
    let wins = [
        ("ann", vec![50, 80, 85, 10]),
        ("bob", vec![200, 10, 90, 90]),
        ("dee", vec![100, 100, 100, 100]),
        ("eve", vec![100, 100, 100, 100]),
    ];
    for (rep, majors) in wins {
        for (start, major) in QUARTERS.iter().zip(majors) {
            let won = Opportunity {
                owner_id: Some(rep.to_owned()),
                closed: Some(day(start).plus_days(20).to_string().parse().unwrap()),
                ..deal("Signed", major)
            };
            log.deal(&format!("{rep} {start}"), key, won);
        }
    }
    log
}

fn told(facts: &TenantFacts, kpi: &str, as_of: &str, by: &[&str]) -> Vec<String> {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let ask = Ask {
        as_of: Some(as_of.parse().unwrap()),
        group_by: by.iter().map(ToString::to_string).collect(),
        ..ranged(kpi, "2017-01-01", "2018-01-01")
    };
    let line = |row: &Row| {
        let names = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"));
        format!("{} {} {}", names.collect::<Vec<_>>().join("/"), text(row), row.n)
    };
    let answer = answer(facts, &CATALOGUE, &ask, now(), 1).unwrap();
    answer.rows.iter().map(line).collect()
}

#[test]
fn a_rep_has_ramped_at_the_end_of_the_first_of_two_reached_periods() {
    let facts = company().replay(company().changes.len());
    // ann: the second quarter and the third are reached: 1 July, 181 days. bob: the third and fourth: 1 October, 273.
    // cy left after 151 days, dee has no two, eve no quota.
    let by_rep = told(&facts, "ramp_time", "2018-02-01", &["owner"]);
    assert_eq!(
        by_rep,
        [
            "ann 5.94661190965092402 1",
            "bob 8.96919917864476386 1",
            "cy not_reached 1",
            "dee not_reached 1"
        ]
    );
    // Of four, one has ramped by 181 days and two by 273: half have.
    assert_eq!(
        told(&facts, "ramp_time", "2018-02-01", &[]),
        [" 8.96919917864476386 4"]
    );
    assert_eq!(told(&facts, "ramped_in_6_months", "2018-02-01", &[]), [" 0.25 4"]);
}

#[test]
fn a_period_counts_once_it_is_over() {
    let facts = company().replay(company().changes.len());
    // On 30 September the third quarter is not over: nobody is known to have ramped; the day after, ann is.
    assert_eq!(
        told(&facts, "ramp_time", "2017-09-29", &["owner"])[0],
        "ann not_reached 1"
    );
    assert_eq!(
        told(&facts, "ramp_time", "2017-09-30", &["owner"])[0],
        "ann 5.94661190965092402 1"
    );
}

#[test]
fn a_win_that_is_taken_back_takes_the_ramp_back_but_not_what_was_known() {
    let mut log = company();
    let before = log.changes.len();
    log.tombstone(RecordKind::Opportunity, "ann 2017-04-01", (hour(90_000), 0));
    let facts = log.replay(log.changes.len());
    assert_eq!(
        told(&facts, "ramp_time", "2018-02-01", &["owner"])[0],
        "ann not_reached 1"
    );
    let earlier = log.replay(before);
    assert_eq!(
        told(&earlier, "ramp_time", "2018-02-01", &["owner"])[0],
        "ann 5.94661190965092402 1"
    );
}

#[test]
fn a_quota_that_is_not_over_needs_no_rate_and_keeps_its_rep() {
    let mut log = company();
    let target = QuotaTarget::Amount(Money {
        minor: 10_000,
        currency: "CHF".parse().unwrap(),
    });
    // Nobody has said what francs are worth.
    for rep in ["ann", "eve", "stranger"] {
        let francs = Quota {
            target,
            ..quota(rep, 4)
        };
        log.record(&format!("francs {rep}"), (hour(0), 0), Body::Quota(francs));
    }
    let facts = log.replay(log.changes.len());
    let by_rep = told(&facts, "ramp_time", "2018-02-01", &["owner"]);
    assert_eq!(by_rep[0], "ann 5.94661190965092402 1");
    assert_eq!(by_rep[4], "eve not_reached 1");
    assert_eq!(
        by_rep.len(),
        5,
        "who was never employed is none of them: {by_rep:?}"
    );
    // The quarter is over on 1 April: now it takes a rate.
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let ask = Ask {
        as_of: Some("2018-03-31".parse().unwrap()),
        ..ranged("ramp_time", "2017-01-01", "2018-01-01")
    };
    let refused = answer(&facts, &CATALOGUE, &ask, now(), 1).unwrap_err();
    assert_eq!(refused.reason, ErrorReason::MissingFxRate);
}

#[test]
fn a_quota_counts_as_it_stands_at_the_end_of_its_period() {
    let from = (hour(24 * 200), 0);
    let of = |rep, changed: &dyn Fn(&mut Quota)| {
        let mut log = company();
        let mut third = quota(rep, 2);
        changed(&mut third);
        log.record(&format!("{rep} 2"), from, Body::Quota(third));
        let facts = log.replay(log.changes.len());
        told(&facts, "ramp_time", "2018-02-01", &["owner"])
    };
    // From 20 July on the quota of the third quarter is a team's, a number of deals, bob's, or larger: ann, who reached
    // the second quarter too, has not ramped.
    let dollars = |minor| Money {
        minor,
        currency: Currency::USD,
    };
    let all: [&dyn Fn(&mut Quota); 4] = [
        &|quota| quota.holder = QuotaHolder::Team("west".to_owned()),
        &|quota| quota.target = QuotaTarget::Count(1),
        &|quota| quota.holder = QuotaHolder::Rep("bob".to_owned()),
        &|quota| quota.target = QuotaTarget::Amount(dollars(20_000)),
    ];
    for (number, changed) in all.into_iter().enumerate() {
        assert_eq!(of("ann", changed)[0], "ann not_reached 1", "{number}");
    }
    assert_eq!(
        of("ann", &|quota| quota.target =
            QuotaTarget::Amount(dollars(10_100)))[0],
        "ann 5.94661190965092402 1"
    );
}
