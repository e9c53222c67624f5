//! Which account stands for which, as known at any change.

use bellwether_domain::record::Account;

use super::*;

fn account(log: &mut Log, id: &str, key: u64, parent: Option<&str>) {
    let body = Body::Account(Account {
        parent_id: parent.map(str::to_owned),
        ..Account::default()
    });
    log.record(id, (hour(0), key), body);
}

/// The account that stands for each of some, as known at a change.
fn tops(facts: &TenantFacts, parents: bool, seq: u64, of: &[&str]) -> Vec<String> {
    let accounts = facts.dictionary(Dict::Account);
    let fold = facts.customers(parents, seq);
    assert_eq!((fold.len(), fold[0]), (accounts.len(), 0));
    let top = |id: &&str| {
        accounts
            .name(fold[accounts.code(id).unwrap() as usize])
            .to_owned()
    };
    of.iter().map(top).collect()
}

#[test]
fn merges_and_parents_are_followed_to_the_end_as_they_were_known() {
    let mut log = Log::default();
    // A parent may come after its children, or never.
    account(&mut log, "east", 1, Some("bolt"));
    account(&mut log, "bolt", 1, Some("group"));
    account(&mut log, "old", 1, None);
    log.merge(RecordKind::Account, "old", "older", (hour(10), 2));
    log.merge(RecordKind::Account, "older", "east", (hour(11), 2));
    account(&mut log, "bolt", 3, None);
    account(&mut log, "old", 9, None);
    log.record("old", (hour(20), 9), Body::Account(Account::default()));
    let facts = log.replay(log.changes.len());
    let all = ["east", "bolt", "old"];
    assert_eq!(tops(&facts, true, 0, &all), ["east", "bolt", "old"]);
    assert_eq!(tops(&facts, true, 2, &all), ["group", "group", "old"]);
    assert_eq!(tops(&facts, false, 2, &all), all);
    assert_eq!(tops(&facts, true, 4, &all), ["group", "group", "older"]);
    assert_eq!(tops(&facts, false, 5, &all), ["east", "bolt", "east"]);
    assert_eq!(tops(&facts, true, 5, &all), ["group", "group", "group"]);
    assert_eq!(
        tops(&facts, true, 6, &all),
        ["bolt", "bolt", "bolt"],
        "bolt has none above it"
    );
    assert_eq!(
        tops(&facts, true, 8, &all),
        ["bolt", "bolt", "old"],
        "written again, it is there again"
    );
}

#[test]
fn accounts_above_each_other_are_one_customer() {
    let mut log = Log::default();
    account(&mut log, "c", 1, Some("b"));
    account(&mut log, "b", 1, Some("a"));
    account(&mut log, "a", 1, Some("b"));
    account(&mut log, "self", 1, Some("self"));
    let facts = log.replay(4);
    assert_eq!(
        tops(&facts, true, 4, &["a", "b", "c", "self"]),
        ["a", "a", "a", "self"]
    );
    let folder = tempfile::tempdir().unwrap();
    crate::checkpoint::write(folder.path(), &facts).unwrap();
    let loaded = crate::checkpoint::load(folder.path()).unwrap();
    assert_eq!(loaded.customers(true, 4), facts.customers(true, 4));
}
