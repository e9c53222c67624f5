//! Leads and the activities that answer them: whatever comes late, changes or goes, the lead knows.

use bellwether_domain::record::{
    Activity, ActivityType, Direction, Lead, Quota, QuotaHolder, QuotaTarget, Team,
};
use bellwether_domain::settings::WorkingDay;

use super::*;
use crate::table::NULL;

fn call(lead: &str, n: i64) -> Body {
    Body::Activity(Activity {
        activity_type: ActivityType::Call,
        rep_id: Some("anna".to_owned()),
        lead_id: Some(lead.to_owned()),
        opportunity_id: None,
        account_id: None,
        at: When::At(hour(n)),
        duration_seconds: None,
        completed: true,
        direction: Some(Direction::Outbound),
        automatic: false,
        outcome: None,
        evidence: Vec::new(),
    })
}

/// A lead created on 2017-01-02 at 08:00 UTC, a Monday.
fn lead() -> Body {
    Body::Lead(Lead {
        created: Some(When::At(hour(32))),
        ..Lead::default()
    })
}

/// Hours after 2017-01-01 at which a lead was answered, as known at `seq`; `None` = there is no such lead.
fn answered(facts: &TenantFacts, lead: &str, seq: u64) -> Option<i64> {
    value(facts, lead, Column::RespondedAt, seq).map(|at| match at {
        NULL => -1,
        at => (at - hour(0).as_micros()) / 3_600_000_000,
    })
}

fn value(facts: &TenantFacts, lead: &str, column: Column, seq: u64) -> Option<i64> {
    let code = facts.dictionary(Dict::Lead).code(lead)?;
    let mut found = None;
    facts.scan(Table::Leads, &[Column::Lead, column], None, seq, &mut |morsel| {
        let [Slice::Code(leads), Slice::I64(values)] = morsel.columns[..] else {
            unreachable!()
        };
        let known = |row: &usize| morsel.recorded.is_none_or(|known| known[*row]) && leads[*row] == code;
        for row in (0..morsel.rows).filter(known) {
            assert_eq!(found.replace(values[row]), None, "one row a lead");
        }
    });
    found
}

#[test]
fn late_changed_and_deleted_activities_tell_the_lead() {
    let mut log = Log::default();
    log.record("a1", (hour(0), 0), call("l", 40));
    log.record("l", (hour(0), 0), lead());
    log.record("a2", (hour(0), 0), call("l", 36));
    log.record("a3", (hour(0), 0), call("l", 99));
    log.record("a2", (hour(0), 1), call("l", 50));
    log.record("a1", (hour(0), 1), call("other", 40));
    log.tombstone(RecordKind::Activity, "a2", (hour(900), 0));
    log.record("other", (hour(0), 0), lead());
    log.tombstone(RecordKind::Lead, "l", (hour(900), 0));
    log.record("a3", (hour(0), 1), call("other", 33));
    let facts = log.replay(10);
    let known: Vec<_> = (1..=10).map(|seq| answered(&facts, "l", seq)).collect();
    assert_eq!(
        known,
        [
            None,
            Some(40),
            Some(36),
            Some(36),
            Some(40),
            Some(50),
            Some(99),
            Some(99),
            None,
            None
        ]
    );
    let known: Vec<_> = (7..=10).map(|seq| answered(&facts, "other", seq)).collect();
    assert_eq!(known, [None, Some(40), Some(40), Some(33)]);
    let day = |seq| facts.marks().table(Table::Leads, &(17_168..=17_168)) == facts.mark(seq);
    assert!(day(10), "an answer marks the day of the lead");
}

#[test]
fn activities_of_merged_leads_answer_the_survivor_until_the_merge_is_undone() {
    let mut log = Log::default();
    log.record("winner", (hour(0), 0), lead());
    log.record("loser", (hour(0), 0), lead());
    log.record("a1", (hour(0), 0), call("loser", 40));
    log.record("a2", (hour(0), 0), call("winner", 60));
    log.merge(RecordKind::Lead, "loser", "winner", (hour(200), 0));
    log.record("a3", (hour(0), 0), call("loser", 36));
    log.tombstone(RecordKind::Activity, "a3", (hour(300), 0));
    log.record("loser", (hour(400), 0), lead());
    let facts = log.replay(8);
    let known = |lead| (4..=8).map(|seq| answered(&facts, lead, seq)).collect::<Vec<_>>();
    assert_eq!(
        known("winner"),
        [Some(60), Some(40), Some(36), Some(40), Some(60)]
    );
    assert_eq!(known("loser"), [Some(40), None, None, None, Some(40)]);
}

#[test]
fn a_second_touch_leaves_the_lead_as_it_is() {
    let mut log = Log::default();
    log.record("l", (hour(0), 0), lead());
    log.record("a1", (hour(0), 0), call("l", 33));
    for number in 0..50 {
        log.record(&format!("more {number}"), (hour(0), 0), call("l", 34 + number));
    }
    let facts = log.replay(52);
    assert_eq!(
        facts.store.table(Table::Leads).1.len(),
        1,
        "only the unanswered state is gone"
    );
    assert_eq!(
        facts.marks().table(Table::Leads, &(17_168..=17_168)),
        facts.mark(2)
    );
}

#[test]
fn business_hours_holidays_and_zones_move_working_time_and_dated_answers() {
    let mut log = Log::default();
    log.record("l", (hour(0), 0), lead());
    log.record("a", (hour(0), 0), call("l", 36));
    let base = Settings::default();
    let always = |weekday| WorkingDay {
        weekday,
        opens: 0,
        closes: 24 * 60,
    };
    log.settings(&Settings {
        business_hours: (1..=7).map(always).collect(),
        ..base.clone()
    });
    log.settings(&Settings {
        holidays: vec!["2017-01-02".parse().unwrap()],
        ..base.clone()
    });
    log.settings(&Settings {
        zone: Zone::named("America/New_York").unwrap(),
        ..base.clone()
    });
    log.settings(&Settings {
        currency: "EUR".parse().unwrap(),
        zone: Zone::named("America/New_York").unwrap(),
        ..base
    });
    let facts = log.replay(6);
    let waited = |seq| {
        let at = |column| value(&facts, "l", column, seq).unwrap();
        (at(Column::RespondedBusiness) - at(Column::CreatedBusiness)) / 60_000_000
    };
    // From 08:00 to 12:00 UTC; the office opens at 09:00, in New York at 14:00 UTC.
    assert_eq!([2, 3, 4, 5, 6].map(waited), [180, 240, 0, 0, 0]);
    let touched = facts.marks().table(Table::Leads, &(17_168..=17_168));
    assert!(touched < facts.mark(6), "a currency moves none");
}

#[test]
fn quotas_of_teams_and_reps_name_their_holders() {
    let mut log = Log::default();
    let quota = |holder| {
        Body::Quota(Quota {
            holder,
            period_start: "2017-01-01".parse().unwrap(),
            period_end: "2017-04-01".parse().unwrap(),
            target: QuotaTarget::Count(5),
        })
    };
    log.record("q1", (hour(0), 0), quota(QuotaHolder::Team("west".to_owned())));
    log.record("q2", (hour(0), 0), quota(QuotaHolder::Rep("anna".to_owned())));
    let team = Team {
        name: "West".to_owned(),
        ..Team::default()
    };
    log.record("west", (hour(0), 0), Body::Team(team));
    let facts = log.replay(3);
    let dump = dump(&facts, 3);
    let lines: Vec<&str> = dump.lines().filter(|line| line.starts_with("quotas ")).collect();
    assert!(
        lines[0].contains("owner=0: team=1:west") && lines[1].contains("owner=1:anna team=0:"),
        "{lines:?}"
    );
    let names = |seq| facts.display_names(Dict::Team, seq)[1].to_string();
    assert_eq!((names(2), names(3)), ("west".to_owned(), "West".to_owned()));
}
