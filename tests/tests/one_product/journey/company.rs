//! The company of the journey: people, accounts, rates and deals, made by arithmetic.

use bellwether_tests::oracle::dates;
use serde_json::{Value, json};

/// The tenant.
pub(super) const TENANT: &str = "acme";
/// How many deals there are.
pub(super) const DEALS: i32 = 150;

const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];
const SOURCES: [&str; 4] = ["referral", "Web", "web", "Ünïcode 漢字"];

/// A day of the company's time, from 2024-01-01 on.
pub(super) fn day(number: i32) -> String {
    dates::write(dates::day(2024, 1, 1) + number)
}

fn pick(names: &[&'static str], number: i32) -> &'static str {
    names[number as usize % names.len()]
}

/// A record that holds from the start of a day on.
fn dated(id: &str, kind: &str, body: Value, from: &str) -> Value {
    json!({"id": id, "effective_at": format!("{from}T00:00:00Z"), kind: body})
}

/// Teams, reps and accounts, each with a past.
pub(super) fn people() -> Vec<Value> {
    let mut out = vec![
        dated(
            "north",
            "team",
            json!({"name": "North", "region": "EMEA", "manager": "rep0"}),
            "2020-01-01",
        ),
        dated(
            "south",
            "team",
            json!({"name": "South", "region": "APAC", "parent_id": "north"}),
            "2020-01-01",
        ),
        dated(
            "south",
            "team",
            json!({"name": "South", "region": "LATAM"}),
            "2024-06-01",
        ),
    ];
    for rep in 0..6 {
        let team = if rep % 2 == 0 { "north" } else { "south" };
        let body =
            json!({"name": format!("Rep {rep}"), "team_id": team, "territory": format!("T{}", rep / 2)});
        out.push(dated(&format!("rep{rep}"), "rep", body, "2020-01-01"));
    }
    out.push(dated(
        "rep1",
        "rep",
        json!({"name": "Rep 1", "team_id": "north", "manager": "Cleo"}),
        "2024-05-15",
    ));
    for account in 0..8 {
        let body = json!({
            "name": format!("Account {account}"),
            "industry": pick(&["retail", "Software", "software"], account),
            "region": pick(&["DE", "FR"], account),
            "segment": if account < 3 { "enterprise" } else { "" },
            "employees": account * 100,
        });
        out.push(dated(&format!("acc{account}"), "account", body, "2020-01-01"));
    }
    out.push(dated(
        "acc2",
        "account",
        json!({"name": "Account 2", "industry": "mining"}),
        "2024-04-01",
    ));
    out
}

/// A rate of every pair that is needed for every fifth day, and budget rates.
pub(super) fn rates() -> Vec<Value> {
    let mut out = Vec::new();
    let pairs = [
        ("GBP", "EUR", 1170),
        ("USD", "EUR", 920),
        ("EUR", "USD", 1087),
        ("GBP", "USD", 1270),
    ];
    for (base, quote, thousandths) in pairs {
        let rate = |by: i32| format!("{}.{:03}7", (thousandths + by) / 1000, (thousandths + by) % 1000);
        for number in (-20..560).step_by(5) {
            let body = json!({"base_currency": base, "quote_currency": quote, "date": day(number), "rate": rate(number.rem_euclid(37))});
            out.push(json!({ "fx_rate": body }));
        }
        let body = json!({"base_currency": base, "quote_currency": quote, "date": "2024-01-01", "rate": rate(0), "budget": "2024"});
        out.push(json!({ "fx_rate": body }));
    }
    out
}

/// The deal of a number.
pub(super) fn deal(number: i32) -> Value {
    let money = |minor: i32| json!({"minor_units": minor, "currency_code": pick(&CURRENCIES, number)});
    let (created, closed) = (day(number * 2), day(number * 2 + 7 + number * 13 % 60));
    let stage = pick(&["Talking", "Offer", "Won", "Won", "Lost", "Silence"], number);
    let mut body = json!({
        "name": format!("Deal {number}"),
        "account_id": format!("acc{}", number % 9),
        "owner_id": format!("rep{}", number % 7),
        "pipeline": pick(&["new", "renewal", ""], number / 6),
        "source": pick(&SOURCES, number),
        "campaign": if number % 5 == 0 { "spring" } else { "" },
        "type": pick(&["OPPORTUNITY_TYPE_NEW", "OPPORTUNITY_TYPE_RENEWAL"], number),
        "stage": stage,
        "created_at": {"date": created},
        "lines": [
            {"product": "SEAT", "product_family": "licences", "units": format!("{}.5", number + 1)},
            {"product": "SETUP", "units": "1", "amount": money(number)},
        ],
    });
    if number % 10 != 9 {
        body["amount"] = money(100_000 + number * 1_237);
    }
    if number % 6 > 1 {
        body["closed_at"] = json!({ "date": closed });
    }
    if stage == "Lost" {
        body["loss_reason"] = json!(pick(&["price", "", "Price"], number));
    }
    if number % 11 == 1 && stage == "Won" {
        let past = json!([{"at": {"date": created}, "stage": "Talking"}, {"at": {"date": day(number * 2 + 3)}, "stage": "Offer"}, {"at": {"date": closed}, "stage": "Won"}]);
        body["stage_history"] = past;
    }
    json!({
        "id": format!("D{number:03}"),
        "effective_at": format!("{created}T08:00:00Z"),
        "attributes": {"channel": {"text": "direct"}, "score": {"number": format!("{number}.25")}},
        "opportunity": body,
    })
}

/// Leads, activities and quotas.
pub(super) fn others() -> Vec<Value> {
    let mut out = Vec::new();
    for number in 0..20 {
        let lead = json!({"source": "webinar", "created_at": {"instant": format!("{}T10:00:00Z", day(number))}, "mql_at": {"date": day(number + 2)}, "status": "open", "owner_id": "rep1"});
        out.push(json!({"id": format!("L{number}"), "lead": lead}));
        let call = json!({"type": "ACTIVITY_TYPE_CALL", "rep_id": "rep1", "lead_id": format!("L{number}"), "at": {"instant": format!("{}T11:30:00.25Z", day(number))}, "duration_seconds": number, "completed": true});
        out.push(json!({"id": format!("call/{number}"), "activity": call}));
    }
    let quota = json!({"rep_id": "rep0", "period_start": "2024-01-01", "period_end": "2024-04-01", "amount": {"minor_units": 5_000_000, "currency_code": "EUR"}});
    out.push(json!({"id": "quota rep0", "quota": quota}));
    let quota =
        json!({"team_id": "north", "period_start": "2024-01-01", "period_end": "2025-01-01", "count": 40});
    out.push(json!({"id": "quota north", "quota": quota}));
    out
}

/// The numbers below `count` in an order that has nothing to do with them.
pub(super) fn shuffled(count: i32) -> impl Iterator<Item = i32> {
    let step = (count / 2..)
        .find(|step| gcd(*step, count) == 1)
        .expect("one of them");
    (0..count).map(move |at| (at * step + 7) % count)
}

fn gcd(a: i32, b: i32) -> i32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
