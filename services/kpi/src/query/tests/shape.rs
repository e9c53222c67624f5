//! Dimensions beyond columns: levels of trees, tenure, declared fields; as at the event, or as of now.

mod declared;

use bellwether_contracts::convert::record_to_proto;
use bellwether_contracts::ingestion::change::Payload;
use bellwether_domain::exact::Exact;
use bellwether_domain::record::{Account, AttributeValue, Body, Opportunity, OwnerChange, Record, Rep, Team};
use bellwether_domain::settings::{AttributeDeclaration, AttributeType};

use super::*;
use crate::tenant::TenantFacts;
use crate::tenant::tests::{Log, deal, hour, settings};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn put(log: &mut Log, id: &str, day: i64, body: Body, fields: &[(&str, AttributeValue)]) {
    let record = Record {
        id: id.to_owned(),
        effective_at: Some(hour(day * 24)),
        source_version: 0,
        attributes: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        body,
    };
    let payload = Payload::Record(record_to_proto(&record));
    log.put(record.kind(), id, (hour(day * 24), 0), payload);
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::Text(value.to_owned())
}

fn number(value: &str) -> AttributeValue {
    AttributeValue::Number(value.to_owned())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn rep(team: &str, territory: &str) -> Body {
    Body::Rep(Rep {
        team_id: some(team),
        territory: some(territory),
        start_date: Some("2016-12-01".parse().unwrap()),
        ..Rep::default()
    })
}

fn team(parent: &str) -> Body {
    Body::Team(Team {
        parent_id: some(parent),
        ..Team::default()
    })
}

fn won(owner: &str, day: &str, major: i64) -> Body {
    Body::Opportunity(Box::new(Opportunity {
        owner_id: some(owner),
        account_id: some("acme"),
        closed: Some(day.parse().unwrap()),
        ..deal("Signed", major)
    }))
}

fn declared() -> Vec<AttributeDeclaration> {
    let of = |kind: &str, name: &str, attribute_type| AttributeDeclaration {
        kind: kind.to_owned(),
        name: name.to_owned(),
        attribute_type,
    };
    vec![
        of("account", "tier", AttributeType::Text),
        of("opportunity", "score", AttributeType::Number),
        of("account", "score", AttributeType::Number),
        of("rep", "since", AttributeType::Day),
    ]
}

/// west is below sales; ann is in west and goes to east, which stands alone, on 2017-03-01.
fn company() -> Log {
    let mut log = Log::default();
    let mut settings = settings("UTC", true);
    settings.attributes = declared();
    log.settings(&settings);
    for (id, parent) in [("sales", ""), ("west", "sales"), ("east", "")] {
        put(&mut log, id, 0, team(parent), &[]);
    }
    put(
        &mut log,
        "ann",
        0,
        rep("west", "EMEA/DACH/Tyrol"),
        &[("since", AttributeValue::Day("2016-12-01".parse().unwrap()))],
    );
    put(&mut log, "bob", 0, rep("sales", "EMEA / Nordics"), &[]);
    put(&mut log, "ann", 59, rep("east", "APAC"), &[]);
    let account = || Body::Account(Account::default());
    put(
        &mut log,
        "acme",
        0,
        account(),
        &[("tier", text("gold")), ("score", number("1"))],
    );
    put(&mut log, "acme", 59, account(), &[("tier", text("iron"))]);
    put(
        &mut log,
        "a",
        0,
        won("ann", "2017-02-01", 1),
        &[("score", number("9.50"))],
    );
    put(
        &mut log,
        "b",
        0,
        won("ann", "2017-03-15", 2),
        &[("score", number("10"))],
    );
    put(&mut log, "c", 0, won("bob", "2017-03-15", 4), &[]);
    log
}

fn facts(log: &Log) -> TenantFacts {
    log.replay(log.changes.len())
}

fn told(facts: &TenantFacts, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        format!("{} {}", names.join("/"), super::text(row))
    };
    let answer = answer(facts, &CATALOGUE, ask, now(), 1).unwrap();
    answer.rows.iter().map(line).collect()
}

fn year() -> Ask {
    ranged("bookings", "2017-01-01", "2018-01-01")
}

fn as_now(ask: Ask) -> Ask {
    Ask { now: true, ..ask }
}

#[test]
fn levels_are_those_of_the_event_or_of_now() {
    let facts = facts(&company());
    assert_eq!(told(&facts, &by(year(), &["team.1"])), ["east 2", "sales 5"]);
    assert_eq!(
        told(&facts, &by(year(), &["team.2"])),
        ["east 2", "sales 4", "west 1"]
    );
    assert_eq!(
        told(&facts, &as_now(by(year(), &["team.1"]))),
        ["east 3", "sales 4"]
    );
    assert_eq!(told(&facts, &by(year(), &["territory.1"])), ["APAC 2", "EMEA 5"]);
    assert_eq!(
        told(&facts, &by(year(), &["territory.2"])),
        ["APAC 2", "EMEA/DACH 1", "EMEA/Nordics 4"]
    );
    assert_eq!(
        told(&facts, &filtered(year(), "territory.2", "EMEA/DACH")),
        [" 1"]
    );
    assert_eq!(told(&facts, &filtered(year(), "team_tree", "sales")), [" 5"]);
    assert_eq!(told(&facts, &filtered(year(), "team_tree", "west")), [" 1"]);
    assert_eq!(
        told(&facts, &as_now(filtered(year(), "team_tree", "sales"))),
        [" 4"]
    );
    // As of a day before she moved, now was then.
    let then = as_of(as_now(by(year(), &["team.1"])), "2017-02-10");
    assert_eq!(told(&facts, &then), ["sales 1"]);
}

#[test]
fn the_owner_of_now_is_that_of_the_deal_also_when_it_is_closed() {
    let mut log = company();
    let handed = Body::Opportunity(Box::new(Opportunity {
        owner_id: some("bob"),
        owner_history: [("2017-01-01", "ann"), ("2017-06-01", "bob")]
            .map(|(at, owner)| OwnerChange {
                at: at.parse().unwrap(),
                owner_id: owner.to_owned(),
            })
            .to_vec(),
        account_id: some("acme"),
        closed: Some("2017-02-01".parse().unwrap()),
        ..deal("Signed", 1)
    }));
    put(&mut log, "a", 200, handed, &[]);
    let facts = facts(&log);
    for kpi in ["bookings", "deals_won"] {
        let ask = Ask {
            kpis: vec![kpi.to_owned()],
            ..by(year(), &["owner"])
        };
        let expected = |money: [&str; 2], count: [&str; 2]| {
            let found = if kpi == "bookings" { money } else { count };
            vec![format!("ann {}", found[0]), format!("bob {}", found[1])]
        };
        assert_eq!(told(&facts, &ask), expected(["3", "4"], ["2", "1"]));
        assert_eq!(
            told(&facts, &as_now(ask.clone())),
            expected(["2", "5"], ["1", "2"])
        );
        // Before it was handed over, now was then.
        let then = as_of(as_now(ask), "2017-05-01");
        assert_eq!(told(&facts, &then), expected(["3", "4"], ["2", "1"]));
    }
    // Whose rows a caller may see goes by the owner that is asked for.
    let own = |now| Ask {
        now,
        caller: Caller::Own("bob".to_owned()),
        ..by(year(), &["owner"])
    };
    assert_eq!(told(&facts, &own(false)), ["bob 4"]);
    assert_eq!(told(&facts, &own(true)), ["bob 5"]);
}

#[test]
fn tenure_is_told_in_bands_by_length() {
    let facts = facts(&company());
    assert_eq!(
        told(&facts, &by(year(), &["tenure"])),
        ["under 3 months 1", "3 to 6 months 6"]
    );
    assert_eq!(told(&facts, &as_now(by(year(), &["tenure"]))), ["over 2 years 7"]);
    assert_eq!(
        told(&facts, &filtered(year(), "tenure", "under 3 months")),
        [" 1"]
    );
    let edge = as_of(as_now(by(year(), &["tenure"])), "2017-05-31");
    assert_eq!(
        told(&facts, &edge),
        ["3 to 6 months 7"],
        "the last day of half a year"
    );
    let edge = as_of(as_now(by(year(), &["tenure"])), "2017-06-01");
    assert_eq!(told(&facts, &edge), ["6 to 12 months 7"]);
}

/// Every dimension of this room, asked for as at the event and as of now.
fn asks() -> Vec<Ask> {
    let dimensions = [
        "team.1",
        "team.2",
        "territory.1",
        "tenure",
        "attr.tier",
        "attr.score",
        "attr.since",
    ];
    let both = |dimension: &&str| [by(year(), &[dimension]), as_now(by(year(), &[dimension]))];
    dimensions.iter().flat_map(both).collect()
}

#[test]
fn their_records_sum_to_them() {
    let facts = facts(&company());
    for ask in asks() {
        let rows = answer(&facts, &CATALOGUE, &ask, now(), 1).unwrap().rows;
        let mut all = 0;
        for row in &rows {
            let found = contributors(&facts, &CATALOGUE, &ask, &named(row), now(), 1)
                .unwrap()
                .unwrap();
            let sum: Exact = found.list.iter().filter_map(|one| one.contribution.clone()).sum();
            assert_eq!(sum.to_exact_string(), super::text(row), "{:?}", ask.group_by);
            assert_eq!(
                cell(&facts, &CATALOGUE, &ask, &named(row), now(), 1)
                    .unwrap()
                    .unwrap()
                    .n,
                row.n
            );
            all += found.list.len();
        }
        assert_eq!(all, 3, "{:?}", ask.group_by);
    }
}

#[test]
fn changes_are_compared_and_split_by_them() {
    let facts = facts(&company());
    let march = |ask: Ask| Ask {
        from: Some("2017-03-01".parse().unwrap()),
        to: Some("2017-04-01".parse().unwrap()),
        ..ask
    };
    for ask in asks().into_iter().map(march) {
        let both = answer_both(&facts, &CATALOGUE, &ask, &Base::Previous, now(), 1).unwrap();
        let sum = |side: fn(&Pair) -> &Row| -> f64 {
            both.pairs
                .iter()
                .map(|pair| super::text(side(pair)).parse::<f64>().unwrap())
                .sum()
        };
        let sums = (sum(|pair| pair.base.as_ref().unwrap()), sum(|pair| &pair.now));
        assert_eq!(sums, (1.0, 6.0), "{:?}", ask.group_by);
        let chain = Chain {
            items: Items::Seen(0),
            value: Some(0),
            constant: false,
        };
        let found = levels(&facts, &CATALOGUE, (&ask, &Base::Previous), chain, now(), 1).unwrap();
        let total = |side: fn(&Group) -> &Vec<Exact>| -> Exact {
            found.groups.iter().map(|group| side(group)[1].clone()).sum()
        };
        let told = [total(|group| &group.before), total(|group| &group.after)];
        assert_eq!(
            told.map(|sum| sum.to_exact_string()),
            ["1", "6"],
            "{:?}",
            ask.group_by
        );
    }
    let top = Ask {
        top: Some(Top {
            most: 1,
            ..Top::default()
        }),
        ..march(asks().remove(0))
    };
    let chain = Chain {
        items: Items::Value(0),
        value: None,
        constant: false,
    };
    let error = levels(&facts, &CATALOGUE, (&top, &Base::Previous), chain, now(), 1).unwrap_err();
    assert_eq!(error.violations[0].field, "top");
}
