//! Quotas of teams: a team's own where it has one, else the sum of those directly below it, never both; day by day.

use bellwether_domain::record::{Body, Opportunity, Quota, QuotaHolder, QuotaTarget, Rep, Team};
use bellwether_domain::{CivilDate, Currency, Money};

use super::*;
use crate::table::{Column, Table};
use crate::tenant::tests::{Log, deal, hour, settings};
use crate::tenant::{Attribute, TenantFacts};

fn rep(team: &str) -> Body {
    Body::Rep(Rep {
        name: String::new(),
        team_id: (!team.is_empty()).then(|| team.to_owned()),
        ..Rep::default()
    })
}

fn team(parent: &str) -> Body {
    Body::Team(Team {
        parent_id: (!parent.is_empty()).then(|| parent.to_owned()),
        ..Team::default()
    })
}

fn quota(holder: QuotaHolder, days: (&str, &str), major: i64) -> Body {
    let day = |text: &str| text.parse::<CivilDate>().unwrap();
    Body::Quota(Quota {
        holder,
        period_start: day(days.0),
        period_end: day(days.1),
        target: QuotaTarget::Amount(Money {
            minor: major * 100,
            currency: Currency::USD,
        }),
    })
}

fn of_rep(id: &str) -> QuotaHolder {
    QuotaHolder::Rep(id.to_owned())
}

fn of_team(id: &str) -> QuotaHolder {
    QuotaHolder::Team(id.to_owned())
}

const QUARTER: (&str, &str) = ("2017-01-01", "2017-04-01");

/// sales has west (ann, bob) and east (cy), and dee directly; eve is in no team.
fn company() -> Log {
    let mut log = Log::default();
    let key = (hour(0), 0);
    log.settings(&settings("UTC", true));
    for (id, parent) in [("sales", ""), ("west", "sales"), ("east", "sales")] {
        log.record(id, key, team(parent));
    }
    for (id, team) in [
        ("ann", "west"),
        ("bob", "west"),
        ("cy", "east"),
        ("dee", "sales"),
        ("eve", ""),
    ] {
        log.record(id, key, rep(team));
    }
    for (id, amount) in [
        ("ann", 90),
        ("bob", 180),
        ("cy", 360),
        ("dee", 720),
        ("eve", 1_440),
    ] {
        log.record(&format!("q {id}"), key, quota(of_rep(id), QUARTER, amount));
    }
    log
}

fn told(facts: &TenantFacts, ask: &Ask) -> Vec<String> {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let line = |row: &Row| {
        let names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        format!("{} {} {}", names.join("/"), text(row), row.n)
    };
    let answer = answer(facts, &CATALOGUE, ask, now(), 1).unwrap();
    answer.rows.iter().map(line).collect()
}

fn quarter() -> Ask {
    ranged("quota", "2017-01-01", "2017-04-01")
}

fn facts(log: &Log) -> TenantFacts {
    log.replay(log.changes.len())
}

#[test]
fn without_quotas_of_teams_those_of_reps_sum_up() {
    let facts = facts(&company());
    assert_eq!(told(&facts, &quarter()), [" 2790 5"]);
    assert_eq!(
        told(&facts, &by(quarter(), &["team"])),
        ["east 360 1", "sales 1350 4", "west 270 2", "null 1440 1"],
        "a team has what is below it"
    );
    assert_eq!(
        told(&facts, &by(quarter(), &["team.1"])),
        ["sales 1350 4", "null 1440 1"]
    );
    assert_eq!(
        told(&facts, &by(quarter(), &["team.2"])),
        ["east 360 1", "sales 720 1", "west 270 2", "null 1440 1"],
        "who is directly in a team above stays there, without those below"
    );
    assert_eq!(told(&facts, &by(quarter(), &["owner"])).len(), 5);
    let reps: Vec<String> = told(&facts, &by(quarter(), &["owner", "team"]));
    assert_eq!(reps[0], "ann/west 90 1");
}

#[test]
fn a_teams_own_quota_takes_the_place_of_those_below_it() {
    let mut log = company();
    log.record("q west", (hour(0), 0), quota(of_team("west"), QUARTER, 900));
    let facts = facts(&log);
    assert_eq!(
        told(&facts, &quarter()),
        [" 3420 4"],
        "900 in place of 90 and 180"
    );
    assert_eq!(
        told(&facts, &by(quarter(), &["team"])),
        ["east 360 1", "sales 1980 3", "west 900 1", "null 1440 1"]
    );
    assert_eq!(
        told(&facts, &by(quarter(), &["owner"])),
        ["ann 90 1", "bob 180 1", "cy 360 1", "dee 720 1", "eve 1440 1"],
        "what reps are to win is theirs"
    );
    assert_eq!(told(&facts, &filtered(quarter(), "team", "west")), [" 900 1"]);
    assert_eq!(
        told(&facts, &filtered(quarter(), "team_tree", "sales")),
        [" 1980 3"]
    );
    assert_eq!(
        told(&facts, &filtered(quarter(), "team_tree", "west")),
        [" 900 1"]
    );
    assert_eq!(told(&facts, &filtered(quarter(), "team_tree", "")), [" 1440 1"]);
    assert_eq!(
        told(&facts, &filtered(quarter(), "owner", "ann")),
        [" 90 1"],
        "a rep is asked for, not a team"
    );
    // To those who do not see all rows a team's quota is nobody's.
    let own = Ask {
        caller: Caller::Own("ann".to_owned()),
        ..quarter()
    };
    assert_eq!(told(&facts, &own), [" 90 1"]);
    assert_eq!(told(&facts, &by(own, &["team"])), ["west 90 1"]);
}

#[test]
fn it_is_so_day_by_day_also_when_somebody_moves() {
    let mut log = company();
    // West has a quota of its own in March only: 31 of 90 days. 90 a day, where ann and bob have 3 together.
    log.record(
        "q west",
        (hour(0), 0),
        quota(of_team("west"), ("2017-03-01", "2017-04-01"), 2_790),
    );
    let west = filtered(quarter(), "team", "west");
    assert_eq!(told(&facts(&log), &west), [format!(" {} 3", 59 * 3 + 2_790)]);
    let months = cut(west, Grain::Month);
    let values = |log: &Log| -> Vec<String> {
        told(&facts(log), &months)
            .iter()
            .map(|line| line.split(' ').nth(1).unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(&log), ["93", "84", "2790"]);
    // From 2017-02-15 on bob is in the east.
    log.record("bob", (hour(45 * 24), 0), rep("east"));
    assert_eq!(values(&log), ["93", &(14 * 3 + 14).to_string(), "2790"]);
    let by_now = Ask {
        now: true,
        ..months.clone()
    };
    let first = told(&facts(&log), &by_now).remove(0);
    assert_eq!(first, " 31 1", "as if bob had always been in the east");
}

#[test]
fn attainment_and_coverage_stand_on_it_and_their_records_can_be_told() {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    let mut log = company();
    log.record("q west", (hour(0), 0), quota(of_team("west"), QUARTER, 900));
    let won = |owner: &str, major: i64| Opportunity {
        owner_id: Some(owner.to_owned()),
        closed: Some("2017-02-01".parse().unwrap()),
        ..deal("Signed", major)
    };
    log.deal("a", (hour(0), 0), won("ann", 450));
    log.deal("b", (hour(0), 0), won("cy", 90));
    let facts = facts(&log);
    let attained = |ask: Ask| {
        told(
            &facts,
            &Ask {
                kpis: vec!["quota_attainment".to_owned()],
                ..ask
            },
        )
    };
    assert_eq!(attained(filtered(quarter(), "team", "west")), [" 0.5 1"]);
    assert_eq!(
        attained(by(quarter(), &["team.1"]))[0],
        format!("sales {} 3", "0.272727272727272727")
    );
    assert_eq!(attained(filtered(quarter(), "owner", "ann")), [" 5 1"]);
    assert_eq!(
        attained(by(quarter(), &["team"])),
        ["east 0.25 1", "sales 0 1", "west 0.5 1", "null 0 1"],
        "sales stands for dee alone, on both sides"
    );
    assert_eq!(attained(filtered(quarter(), "team", "sales")), [" 0 1"]);
    let group = [Named::Name("sales".to_owned())];
    let ask = by(quarter(), &["team"]);
    let found = contributors(&facts, &CATALOGUE, &ask, &group, now(), 1)
        .unwrap()
        .unwrap();
    let ids: Vec<&str> = found.list.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["q west", "q dee", "q cy"]);
    let top = Ask {
        top: Some(Top {
            most: 1,
            ..Top::default()
        }),
        ..ask
    };
    assert_eq!(told(&facts, &top)[0], "sales 1980 3");
    assert_eq!(told(&facts, &top).len(), 2);
}

#[test]
fn a_team_without_a_record_is_shown_by_its_id() {
    let mut log = Log::default();
    log.record("q", (hour(0), 0), quota(of_team("north"), QUARTER, 90));
    assert_eq!(told(&facts(&log), &by(quarter(), &["team"])), ["north 90 1"]);
    assert_eq!(told(&facts(&log), &by(quarter(), &["team.1"])), ["north 90 1"]);
}

#[test]
fn more_groups_of_quotas_than_can_be_numbered_are_refused() {
    let mut fixture = Fixture::new(&[]);
    let amount = [
        (Column::Owner, "ann"),
        (Column::Currency, "USD"),
        (Column::Quota, "q"),
    ];
    fixture.row(Table::Quotas, ("2017-01-01", ""), &amount);
    for name in 0..7_000 {
        fixture.attribute_from(Attribute::Region, "ann", "2017-01-01", &format!("r{name}"));
    }
    let ask = by(
        ranged("quota", "1990-01-01", "2017-01-01"),
        &["team.1", "team.2", "team.3", "team.4"],
    );
    let error = refused(&fixture, &cut(ask, Grain::Day));
    assert!(error.message.contains("more combinations"), "{error}");
    assert_eq!(error.violations[0].field, "group_by");
}
