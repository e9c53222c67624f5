//! Reps, teams and accounts: what they are called, and what they inherit.

use bellwether_domain::record::{Account, Rep, Team};

use super::*;

/// Names and attributes as known at `seq`, as text; entities and codes that came later are left out.
pub(super) fn shown(facts: &TenantFacts, seq: u64) -> String {
    let mut lines = Vec::new();
    for attribute in [
        Attribute::Manager,
        Attribute::Team,
        Attribute::TeamLevel(1),
        Attribute::TeamLevel(2),
        Attribute::Region,
        Attribute::Territory,
        Attribute::AccountIndustry,
        Attribute::AccountRegion,
        Attribute::AccountSegment,
    ] {
        let array = facts.attribute(attribute, seq);
        let dict = attribute.entity();
        let words = facts.dictionary(Dict::Attribute);
        let names = facts.display_names(dict, seq);
        for (name, code) in names.iter().zip(0_u32..).skip(1) {
            let values = [-1, 5, 15, 25, 1000].map(|n| {
                let word = array.at(code, hour(n).as_micros());
                words.name(word).to_owned()
            });
            let id = facts.dictionary(dict).name(code);
            if values.iter().any(|value| !value.is_empty()) || **name != *id {
                lines.push(format!("{attribute:?} {name} {values:?}"));
            }
        }
    }
    for (dict, field) in [
        (Dict::Account, "tier"),
        (Dict::Deal, "tier"),
        (Dict::Lead, "score"),
        (Dict::Rep, "score"),
        (Dict::Sample, "region"),
    ] {
        let (array, words) = (facts.declared(dict, field, seq), facts.declared_values());
        for (id, code) in facts.dictionary(dict).names().zip(1_u32..) {
            let values = [-1, 5, 15, 25, 1000].map(|n| words.name(array.at(code, hour(n).as_micros())));
            if values.iter().any(|value| !value.is_empty()) {
                lines.push(format!("{dict:?} {field} {id} {values:?}"));
            }
        }
    }
    let tenures = facts.attribute(Attribute::Tenure, seq);
    for (id, code) in facts.dictionary(Dict::Rep).names().zip(1_u32..) {
        let bands = [0, 400, 9_000].map(|n| tenures.at(code, hour(n).as_micros()));
        if bands != [0; 3] {
            lines.push(format!("tenure {id} {bands:?}"));
        }
    }
    let owners = facts.owners(Dict::Deal, hour(500).as_micros(), seq).into_iter();
    for (id, owner) in facts.dictionary(Dict::Deal).names().zip(owners.skip(1)) {
        if owner != 0 {
            lines.push(format!("owner {id} {}", facts.dictionary(Dict::Rep).name(owner)));
        }
    }
    lines.join("\n")
}

fn rep(name: &str, manager: Option<&str>, team: Option<&str>) -> Body {
    Body::Rep(Rep {
        name: name.to_owned(),
        manager: manager.map(str::to_owned),
        team_id: team.map(str::to_owned),
        ..Rep::default()
    })
}

fn team(name: &str, parent: Option<&str>, region: Option<&str>) -> Body {
    Body::Team(Team {
        name: name.to_owned(),
        parent_id: parent.map(str::to_owned),
        region: region.map(str::to_owned),
        manager: Some("boss".to_owned()),
        ..Team::default()
    })
}

fn value(facts: &TenantFacts, attribute: Attribute, id: &str, n: i64, seq: u64) -> String {
    let code = facts.dictionary(attribute.entity()).code(id).unwrap();
    let word = facts.attribute(attribute, seq).at(code, hour(n).as_micros());
    facts.dictionary(Dict::Attribute).name(word).to_owned()
}

#[test]
fn reps_inherit_from_their_team_and_its_parents_over_time() {
    let mut log = Log::default();
    log.record("anna", (hour(0), 0), rep("Anna", None, Some("west")));
    log.record("west", (hour(0), 0), team("West", Some("all"), None));
    log.record("all", (hour(0), 0), team("", Some("west"), Some("Old")));
    log.record("all", (hour(10), 0), team("", Some("west"), Some("New")));
    log.record(
        "anna",
        (hour(20), 0),
        rep("Anna Maria", Some("Somebody"), Some("west")),
    );
    log.record("boss", (hour(0), 0), rep("Big Boss", None, None));
    let facts = log.replay(6);
    let at = |attribute, n, seq| value(&facts, attribute, "anna", n, seq);
    assert_eq!(
        at(Attribute::Region, 5, 2),
        "",
        "two teams that are each other's parents say nothing"
    );
    assert_eq!(
        [5, 15, 25].map(|n| at(Attribute::Region, n, 6)),
        ["Old", "New", "New"]
    );
    assert_eq!(
        (at(Attribute::Region, 15, 3), at(Attribute::Region, -99, 6)),
        ("Old".into(), "Old".into())
    );
    assert_eq!(
        (at(Attribute::Manager, 5, 5), at(Attribute::Manager, 5, 6)),
        ("boss".into(), "Big Boss".into())
    );
    assert_eq!(at(Attribute::Manager, 25, 6), "Somebody");
    assert_eq!(
        (at(Attribute::Team, 5, 1), at(Attribute::Team, 5, 2)),
        ("west".into(), "West".into())
    );
    assert!(facts.attribute(Attribute::Team, 6).constant().is_some());
    assert!(facts.attribute(Attribute::Region, 6).constant().is_none());
}

#[test]
fn names_are_those_last_recorded_and_told_apart_by_id() {
    let mut log = Log::default();
    log.record("r1", (hour(0), 0), rep("Kim", None, None));
    log.record("r2", (hour(0), 0), rep("Kim", None, None));
    log.record("r3", (hour(0), 0), rep("", Some("r2"), None));
    log.record("r1", (hour(9), 0), rep("Kim Smith", None, None));
    log.tombstone(RecordKind::Rep, "r2", (hour(10), 0));
    let facts = log.replay(5);
    let names = |seq| {
        facts
            .display_names(Dict::Rep, seq)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(1), ["", "Kim", "r2", "r3"]);
    assert_eq!(names(3), ["", "Kim (r1)", "Kim (r2)", "r3"]);
    assert_eq!(names(4), ["", "Kim Smith", "Kim", "r3"]);
    assert_eq!(names(5), ["", "Kim Smith", "r2", "r3"]);
    let manager = |seq| value(&facts, Attribute::Manager, "r3", 0, seq);
    assert_eq!(
        (manager(3), manager(4), manager(5)),
        ("Kim (r2)".into(), "Kim".into(), "r2".into())
    );
}

#[test]
fn a_merged_account_is_shown_as_its_survivor() {
    let mut log = Log::default();
    let account = |name: &str, industry: &str| {
        Body::Account(Account {
            name: name.to_owned(),
            industry: Some(industry.to_owned()),
            ..Account::default()
        })
    };
    log.record("a", (hour(0), 0), account("Acme", "retail"));
    log.record("b", (hour(0), 0), account("Acme Inc", "trade"));
    log.merge(RecordKind::Account, "b", "a", (hour(50), 0));
    log.record("b", (hour(60), 0), account("Beta", "mining"));
    let facts = log.replay(4);
    let shown = |seq| {
        let names = facts.display_names(Dict::Account, seq);
        (
            names[1].to_string(),
            names[2].to_string(),
            value(&facts, Attribute::AccountIndustry, "b", 99, seq),
        )
    };
    let texts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        [shown(2), shown(3), shown(4)],
        [
            texts("Acme", "Acme Inc", "trade"),
            texts("Acme", "Acme", "retail"),
            texts("Acme", "Beta", "mining"),
        ]
    );
}

#[test]
fn accounts_carry_their_attributes_even_when_they_come_after_their_deals() {
    let mut log = Log::default();
    log.deal(
        "d",
        (hour(0), 0),
        Opportunity {
            account_id: Some("acme".to_owned()),
            ..deal("Engaging", 1)
        },
    );
    let account = Account {
        name: "Acme Inc".to_owned(),
        industry: Some("retail".to_owned()),
        ..Account::default()
    };
    log.record("acme", (hour(50), 0), Body::Account(account));
    let facts = log.replay(2);
    let industry = |seq| value(&facts, Attribute::AccountIndustry, "acme", 0, seq);
    assert_eq!((industry(1), industry(2)), (String::new(), "retail".into()));
    assert_eq!(&*facts.display_names(Dict::Account, 2)[1], "Acme Inc");
    assert_eq!(&*facts.display_names(Dict::Account, 1)[1], "acme");
}
