//! The main property: a replay from nothing gives what the incremental path gave, with checkpoints and restarts at
//! any point, and what was known at any sequence number stays known.

mod commerce;
mod together;

use bellwether_contracts::sales;
use bellwether_contracts::sales::attribute_value::Value;
use bellwether_domain::CivilDate;
use bellwether_domain::record::{
    Account, Activity, ActivityOutcome, ActivityType, AmountChange, CloseDateChange, Direction,
    ForecastCategory, FxRate, Lead, LineItem, OwnerChange, Quota, QuotaHolder, QuotaTarget, Rep, Team,
};
use bellwether_domain::settings::{AttributeDeclaration, AttributeType, WorkingDay};
use proptest::prelude::*;

use super::*;
use crate::checkpoint;

const STAGES: [&str; 4] = ["Prospecting", "Engaging", "Signed", "Lost"];
const REPS: [&str; 3] = ["anna", "ben", "cleo"];

/// One change, as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    what: u8,
    id: u8,
    key: (i64, u64),
    pick: [u8; 6],
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    (0..54_u8, 0..5_u8, (0..40_i64, 0..3_u64), any::<[u8; 6]>()).prop_map(|(what, id, key, pick)| Step {
        what,
        id,
        key,
        pick,
    })
}

/// A day or an instant of early 2017.
fn when(pick: u8) -> When {
    let day = i64::from(pick % 40);
    if pick.is_multiple_of(3) {
        When::At(hour(day * 24 + 7))
    } else {
        When::Day(CivilDate::from_days(17_167 + i32::try_from(day).unwrap()))
    }
}

fn random_deal(pick: [u8; 6]) -> Opportunity {
    let [a, b, c, d, e, f] = pick;
    let name = |pick: u8, names: &[&str]| names[usize::from(pick) % names.len()].to_owned();
    let money = |pick: u8| {
        let currency = if pick.is_multiple_of(4) { "EUR" } else { "USD" };
        (!pick.is_multiple_of(5)).then(|| Money {
            minor: i64::from(pick),
            currency: currency.parse().unwrap(),
        })
    };
    let mut stage = name(a, &STAGES);
    let mut history: Vec<(When, String)> = [a, b, c, d]
        .map(|pick| (when(pick), name(pick / 7, &STAGES)))
        .into_iter()
        .take(usize::from(e) % 5)
        .collect();
    history.sort_by_key(|(at, _)| at.start_in(&Zone::utc()));
    if let Some((_, last)) = history.last() {
        stage.clone_from(last);
    }
    let closed = (f.is_multiple_of(2) && matches!(stage.as_str(), "Signed" | "Lost")).then(|| when(f / 2));
    Opportunity {
        stage,
        closed,
        created: (!c.is_multiple_of(8)).then(|| when(c / 8)),
        qualified: (d.is_multiple_of(5)).then(|| when(d)),
        owner_id: (!b.is_multiple_of(4)).then(|| name(b, &REPS)),
        account_id: (!b.is_multiple_of(3)).then(|| name(b / 3, &["acme", "globex"])),
        amount: money(d),
        pipeline: name(e, &["", "sales", "", "partners"]),
        loss_reason: (f.is_multiple_of(3)).then(|| name(f, &["price", "timing"])),
        source: (a.is_multiple_of(2)).then(|| name(a, &["web", "fair"])),
        stage_history: history
            .into_iter()
            .map(|(at, stage)| StageChange { at, stage })
            .collect(),
        amount_history: (0..d % 3)
            .map(|i| AmountChange {
                at: when(i * 20 + f % 20),
                amount: money(b.wrapping_add(i)),
            })
            .collect(),
        owner_history: (0..c % 3)
            .map(|i| OwnerChange {
                at: when(i * 20 + a % 20),
                owner_id: name(i, &REPS),
            })
            .collect(),
        lines: (0..f % 4)
            .map(|i| LineItem {
                product: name(i + a % 2, &["GTX", "MG", "GTK"]),
                product_family: None,
                units: "1.5".to_owned(),
                amount: money(i.wrapping_mul(e)),
            })
            .collect(),
        expected_close: (!e.is_multiple_of(3)).then(|| when(e)),
        forecast_category: [
            None,
            Some(ForecastCategory::Commit),
            Some(ForecastCategory::BestCase),
        ][usize::from(e) % 3],
        close_date_history: (0..b % 3)
            .map(|i| CloseDateChange {
                at: when(i * 20 + d % 20),
                expected_close: (!f.is_multiple_of(4)).then(|| when(f.wrapping_add(i))),
            })
            .collect(),
        list_amount: (!c.is_multiple_of(3))
            .then(|| money(d.wrapping_add(40)))
            .flatten(),
        discount: money(c).filter(|_| a.is_multiple_of(7)),
        term_months: e.is_multiple_of(2).then(|| u32::from(a)),
        contact_count: b.is_multiple_of(2).then(|| u32::from(c)),
        crm_probability: f.is_multiple_of(5).then(|| format!("0.{a}")),
        competitor: c.is_multiple_of(4).then(|| name(d, &["globex", "initech"])),
        credits: commerce::credits(a, b),
        ..Opportunity::default()
    }
}

fn random_lead(pick: [u8; 6]) -> Lead {
    let [a, b, c, d, e, f] = pick;
    let maybe = |pick: u8, of: u8| (!pick.is_multiple_of(of)).then(|| when(pick / of));
    let word = |pick: u8, words: [&str; 2]| {
        (!pick.is_multiple_of(3)).then(|| words[usize::from(pick) % 2].to_owned())
    };
    Lead {
        source: word(a, ["web", "fair"]),
        campaign: word(b, ["spring", "autumn"]),
        created: maybe(c, 8),
        mql_at: maybe(d, 3),
        sql_at: maybe(e, 2),
        converted_at: maybe(f, 2),
        disqualify_reason: word(f / 2, ["no budget", "no interest"]),
        converted_opportunity_id: (d % 4 == 1).then(|| "d1".to_owned()),
        owner_id: word(b / 3, ["anna", "ben"]),
        account_id: word(a / 3, ["acme", "globex"]),
        ..Lead::default()
    }
}

fn random_activity(pick: [u8; 6]) -> Activity {
    let [a, b, c, d, e, f] = pick;
    Activity {
        activity_type: [ActivityType::Call, ActivityType::Email, ActivityType::Demo][usize::from(a) % 3],
        rep_id: Some(REPS[usize::from(b) % 3].to_owned()),
        lead_id: (!c.is_multiple_of(4)).then(|| format!("l{}", c % 3)),
        opportunity_id: d.is_multiple_of(3).then(|| format!("d{}", d % 5)),
        account_id: None,
        at: when(e),
        duration_seconds: f.is_multiple_of(2).then_some(60),
        completed: !f.is_multiple_of(5),
        direction: [
            None,
            Some(Direction::Inbound),
            Some(Direction::Outbound),
            Some(Direction::Outbound),
        ][usize::from(d) % 4],
        automatic: a.is_multiple_of(7),
        outcome: b.is_multiple_of(2).then_some(ActivityOutcome::Connected),
        evidence: Vec::new(),
    }
}

fn random_quota(pick: [u8; 6]) -> Quota {
    let [a, b, c, ..] = pick;
    let start = CivilDate::from_days(17_167 + i32::from(a % 20));
    let holder = if b.is_multiple_of(3) {
        QuotaHolder::Team(["west", "east"][usize::from(b) % 2].to_owned())
    } else {
        QuotaHolder::Rep(REPS[usize::from(b) % 3].to_owned())
    };
    let target = if c.is_multiple_of(3) {
        QuotaTarget::Count(u64::from(c))
    } else {
        QuotaTarget::Amount(Money {
            minor: i64::from(c),
            currency: Currency::USD,
        })
    };
    Quota {
        holder,
        period_start: start,
        period_end: start.plus_days(1 + i32::from(c % 30)),
        target,
    }
}

fn random_settings(a: u8, b: u8) -> Settings {
    let holiday = CivilDate::from_days(17_167 + i32::from(b % 40));
    let mut settings = settings(
        ["UTC", "America/New_York", "Asia/Kathmandu"][usize::from(a) % 3],
        b.is_multiple_of(2),
    );
    settings.attributes = if b.is_multiple_of(3) {
        Vec::new()
    } else {
        declared()
    };
    settings.holidays = (!a.is_multiple_of(4)).then_some(holiday).into_iter().collect();
    if b.is_multiple_of(5) {
        settings.business_hours = vec![WorkingDay {
            weekday: 1 + a % 7,
            opens: 0,
            closes: 60 + u16::from(b),
        }];
    }
    settings
}

/// Fields that records may have: of two kinds, of one, and of the owner.
pub(crate) fn declared() -> Vec<AttributeDeclaration> {
    let of = |kind: &str, name: &str, attribute_type| AttributeDeclaration {
        kind: kind.to_owned(),
        name: name.to_owned(),
        attribute_type,
    };
    vec![
        of("account", "tier", AttributeType::Text),
        of("opportunity", "tier", AttributeType::Text),
        of("lead", "score", AttributeType::Number),
        of("rep", "score", AttributeType::Number),
    ]
}

/// Gives the record that was just written some fields, or none.
fn attach(log: &mut Log, pick: [u8; 6]) {
    let [a, .., f] = pick;
    let Some(Payload::Record(record)) = log.changes.last_mut().and_then(|change| change.payload.as_mut())
    else {
        return;
    };
    let value = |value| sales::AttributeValue { value: Some(value) };
    if f % 4 == 1 {
        let tier = ["gold", "iron"][usize::from(a) % 2].to_owned();
        record
            .attributes
            .insert("tier".to_owned(), value(Value::Text(tier)));
    }
    if f % 3 == 1 {
        let score = ["10", "9.50", "9.5"][usize::from(a) % 3].to_owned();
        record
            .attributes
            .insert("score".to_owned(), value(Value::Number(score)));
    }
}

/// A version of an account, its merge or its end.
fn put_account(log: &mut Log, what: u8, id: u8, key: (Instant, u64), [a, b, ..]: [u8; 6]) {
    let some = |pick: u8, names: [&str; 2]| {
        (!pick.is_multiple_of(3)).then(|| names[usize::from(pick) % 2].to_owned())
    };
    match what {
        0 | 1 => log.record(
            ["acme", "globex", "initech"][usize::from(id) % 3],
            key,
            Body::Account(Account {
                name: ["One", ""][usize::from(a) % 2].to_owned(),
                parent_id: some(b, ["acme", "globex"]),
                industry: some(a / 2, ["retail", "mining"]),
                ..Account::default()
            }),
        ),
        2 => log.merge(
            RecordKind::Account,
            "globex",
            ["acme", "initech"][usize::from(a) % 2],
            key,
        ),
        _ => log.tombstone(RecordKind::Account, ["acme", "globex"][usize::from(a) % 2], key),
    }
}

pub(crate) fn log_of(steps: &[Step]) -> Log {
    let mut log = Log::default();
    for Step { what, id, key, pick } in steps {
        let key = (hour(key.0 * 24), key.1);
        let [a, b, ..] = *pick;
        let rep = || REPS[usize::from(*id) % 3];
        let some = |pick: u8, names: [&str; 2]| {
            (!pick.is_multiple_of(3)).then(|| names[usize::from(pick) % 2].to_owned())
        };
        match what {
            0 => log.settings(&random_settings(a, b)),
            1 => log.tombstone(RecordKind::Rep, rep(), key),
            2 | 3 => log.record(
                rep(),
                key,
                Body::Rep(Rep {
                    name: ["Kim", "Lee", ""][usize::from(a) % 3].to_owned(),
                    manager: some(b, ["ben", "Nobody"]),
                    team_id: some(a, ["west", "east"]),
                    role: some(b / 2, ["hunter", "farmer"]),
                    sales_model: some(a / 2, ["inside", "field"]),
                    start_date: (!a.is_multiple_of(4)).then(|| when(a).day_in(&Zone::utc())),
                    end_date: b.is_multiple_of(4).then(|| when(b).day_in(&Zone::utc())),
                    ..Rep::default()
                }),
            ),
            4 => log.record(
                ["west", "east"][usize::from(*id) % 2],
                key,
                Body::Team(Team {
                    name: ["One", ""][usize::from(a) % 2].to_owned(),
                    parent_id: some(b, ["west", "north"]).filter(|_| id % 2 == 1),
                    manager: some(a, ["anna", "cleo"]),
                    region: some(a ^ b, ["R1", "R2"]),
                    territory: some(b / 4, ["EMEA/DACH", "EMEA / Nordics"]),
                }),
            ),
            5 if a.is_multiple_of(4) => log.tombstone(RecordKind::FxRate, &format!("rate {}", id % 3), key),
            5 => log.record(
                &format!("rate {}", id % 3),
                key,
                Body::FxRate(FxRate {
                    base: "EUR".parse().unwrap(),
                    quote: Currency::USD,
                    date: CivilDate::from_days(17_167 + i32::from(a % 8)),
                    rate: format!("1.{b}"),
                    budget: None,
                }),
            ),
            6 | 7 => log.tombstone(RecordKind::Opportunity, &format!("d{id}"), key),
            20..=23 => log.record(&format!("l{}", id % 3), key, Body::Lead(random_lead(*pick))),
            24..=28 => log.record(&format!("a{id}"), key, Body::Activity(random_activity(*pick))),
            29 | 30 => log.record(&format!("q{}", id % 2), key, Body::Quota(random_quota(*pick))),
            31 if a.is_multiple_of(2) => {
                let survivor = format!("l{}", (id + 1 + a % 2) % 3);
                log.merge(RecordKind::Lead, &format!("l{}", id % 3), &survivor, key);
            }
            31 => log.tombstone(RecordKind::Lead, &format!("l{}", id % 3), key),
            32 => log.tombstone(RecordKind::Activity, &format!("a{id}"), key),
            33 => log.tombstone(RecordKind::Quota, &format!("q{}", id % 2), key),
            34..=37 => put_account(&mut log, what - 34, *id, key, *pick),
            38..=53 => commerce::put(&mut log, what - 38, *id, key, *pick),
            _ => log.deal(&format!("d{id}"), key, random_deal(*pick)),
        }
        attach(&mut log, *pick);
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_from_nothing_is_the_incremental_path(
        steps in prop::collection::vec(step(), 1..80),
        restarts in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let log = log_of(&steps);
        let length = log.changes.len();
        let folder = tempfile::tempdir().unwrap();
        let restarts: Vec<usize> = restarts.iter().map(|index| index.index(length)).collect();
        let mut facts = TenantFacts::of_epoch(1);
        for (done, input) in log.inputs().iter().enumerate() {
            if restarts.contains(&done) {
                checkpoint::write(folder.path(), &facts).unwrap();
                facts = checkpoint::load(folder.path()).unwrap();
            }
            facts.apply(input).unwrap();
        }
        for seq in [0, length / 3, length / 2, length - 1, length] {
            let fresh = log.replay(seq);
            prop_assert_eq!(dump(&fresh, seq as u64), dump(&facts, seq as u64), "as known at {} of {}", seq, length);
        }
        let fresh = log.replay(length);
        for dict in Dict::ALL {
            prop_assert!(fresh.dictionary(dict).names().eq(facts.dictionary(dict).names()));
        }
        prop_assert_eq!(fresh.store.bytes() > 0, facts.store.bytes() > 0);
    }

    #[test]
    fn the_order_in_which_keyed_versions_arrive_does_not_matter(
        steps in prop::collection::vec(step(), 1..40).prop_shuffle(),
        order in any::<prop::sample::Index>(),
    ) {
        // Distinct keys, settings first, and creation stated: otherwise arrival itself says something.
        let mut versions: Vec<Step> = steps.into_iter().filter(|step| !matches!(step.what, 0 | 4 | 5)).collect();
        for (number, step) in versions.iter_mut().enumerate() {
            step.key.1 = number as u64;
            step.pick[2] |= 1;
        }
        let first = Step { what: 0, id: 0, key: (0, 0), pick: [1; 6] };
        let mut turned = versions.clone();
        turned.rotate_left(order.index(versions.len().max(1)));
        turned.reverse();
        let state = |versions: &[Step]| {
            let log = log_of(&[std::slice::from_ref(&first), versions].concat());
            let facts = log.replay(log.changes.len());
            // Codes depend on the order of first sight: compare by name.
            let mut lines: Vec<String> = dump(&facts, u64::MAX)
                .lines()
                .filter(|line| Table::ALL.iter().any(|table| line.starts_with(table.name())))
                .map(|line| line.split(' ').map(|part| match part.split_once(':') {
                    Some((head, name)) => format!("{}={name} ", head.split('=').next().unwrap_or_default()),
                    None => format!("{part} "),
                }).collect())
                .collect();
            lines.sort_unstable();
            lines
        };
        prop_assert_eq!(state(&versions), state(&turned));
    }
}
