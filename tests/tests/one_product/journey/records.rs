//! Records: shuffled, late, corrected, taken back, sent twice, refused, strange, and paged through.

use serde_json::{Value, json};

use super::company::{self, DEALS, TENANT};
use super::{Journey, RECORDS};

/// The company comes in: deals before the people and rates that they name, in no order, in several calls.
pub(super) fn arrive(journey: &Journey<'_>) {
    let deals: Vec<Value> = company::shuffled(DEALS).map(company::deal).collect();
    for part in deals.chunks(40) {
        journey.upsert("deals", TENANT, part);
    }
    let mut people = company::people();
    people.reverse();
    journey.upsert("people, latest first", TENANT, &people);
    journey.upsert("rates", TENANT, &company::rates());
    journey.upsert("others", TENANT, &company::others());
    journey.upsert("what is known", TENANT, &deals[..20]);
}

/// Corrections, reopened and moved deals, late versions, and records taken back.
pub(super) fn change(journey: &Journey<'_>) {
    let mut corrections = Vec::new();
    for number in (2..DEALS).step_by(7) {
        let mut deal = company::deal(number);
        if deal["opportunity"].get("amount").is_some() {
            deal["opportunity"]["amount"]["minor_units"] = json!(55_555 + number);
        }
        deal["source_version"] = json!(9_007_199_254_740_993_u64);
        corrections.push(deal);
    }
    journey.upsert("corrections", TENANT, &corrections);
    let mut moved = Vec::new();
    for number in [3, 9, 14, 20] {
        let mut deal = company::deal(number);
        deal["effective_at"] = json!(format!("{}T12:00:00.000001Z", company::day(400)));
        deal["opportunity"]["stage"] = json!("Offer");
        deal["opportunity"]["owner_id"] = json!("rep5");
        let fields = deal["opportunity"].as_object_mut().expect("an object");
        fields.remove("closed_at");
        fields.remove("loss_reason");
        fields.remove("stage_history");
        moved.push(deal);
    }
    journey.upsert("reopened and moved", TENANT, &moved);
    let mut late = company::deal(14);
    late["effective_at"] = json!("2023-11-01T00:00:00Z");
    late["opportunity"]["owner_id"] = json!("rep2");
    journey.upsert("a version from before", TENANT, &[late]);
    // Without an instant of its own a version holds from its arrival on.
    let mut now = company::deal(15);
    now.as_object_mut().expect("an object").remove("effective_at");
    now["opportunity"]["source"] = json!("as it arrives");
    journey.upsert("a version from now on", TENANT, &[now]);
    for (number, id) in ["D004", "D010", "D004", "nobody"].into_iter().enumerate() {
        let message = json!({"tenant": TENANT, "kind": "RECORD_KIND_OPPORTUNITY", "id": id, "request_id": format!("delete-{number}")});
        journey.write(
            &format!("delete {id}"),
            &format!("{RECORDS}/DeleteRecord"),
            &message,
        );
    }
    for id in ["D003", "D004", "D014", "D015", "nobody"] {
        get(journey, "RECORD_KIND_OPPORTUNITY", id);
    }
    journey.upsert(
        "a deal that was taken back comes again",
        TENANT,
        &[company::deal(10)],
    );
    get(journey, "RECORD_KIND_OPPORTUNITY", "D010");
    get(journey, "RECORD_KIND_REP", "rep1");
}

/// Accounts that stand for the same company become one; what a merge cannot do is refused.
pub(super) fn merge(journey: &Journey<'_>) {
    let account =
        |id: &str| json!({"id": id, "effective_at": "2024-01-01T00:00:00Z", "account": {"name": id}});
    journey.upsert(
        "doubles",
        "merges",
        &["Acme", "ACME", "Acme Inc", "Other"].map(account),
    );
    let cases = [
        ("two into one", json!(["ACME", "Acme Inc"]), "Acme"),
        ("the same again", json!(["ACME", "Acme Inc"]), "Acme"),
        ("into one that is gone", json!(["Other"]), "ACME"),
        ("the survivor too", json!(["Acme"]), "Other"),
        ("itself, twice, nobody", json!(["Other", "Other", ""]), "Other"),
        ("nobody", json!([]), ""),
    ];
    for (number, (what, losers, survivor)) in cases.into_iter().enumerate() {
        let message = json!({"tenant": "merges", "kind": "RECORD_KIND_ACCOUNT", "loser_ids": losers, "survivor_id": survivor, "request_id": format!("merge-{number}")});
        for _ in 0..2 {
            journey.write(
                &format!("merge {what}"),
                &format!("{RECORDS}/MergeRecords"),
                &message,
            );
        }
    }
    let message =
        json!({"tenant": "merges", "kind": "RECORD_KIND_REP", "loser_ids": ["a"], "survivor_id": "b"});
    journey.read("merge reps", &format!("{RECORDS}/MergeRecords"), &message);
    for id in ["Acme", "ACME", "Other"] {
        let message = json!({"tenant": "merges", "kind": "RECORD_KIND_ACCOUNT", "id": id});
        journey.read(&format!("get {id}"), &format!("{RECORDS}/GetRecord"), &message);
    }
    list(journey, "merges", "RECORD_KIND_ACCOUNT", 10);
}

fn get(journey: &Journey<'_>, kind: &str, id: &str) {
    let message = json!({"tenant": TENANT, "kind": kind, "id": id});
    journey.read(
        &format!("get {kind} {id}"),
        &format!("{RECORDS}/GetRecord"),
        &message,
    );
}

/// Ids and texts that a database might sort, cut or refuse in its own way.
pub(super) fn strange(journey: &Journey<'_>) {
    let long = "é".repeat(128);
    let ids = [
        "b",
        "B",
        "a",
        "Ä",
        "ä",
        "a-b",
        "a_b",
        "a b",
        "ab",
        " ",
        "%",
        "'; --",
        "\\",
        "\u{1F600}",
        "\u{FFFD}",
        "10",
        "9",
        "a\u{0}b",
        "\u{0}",
        &long,
    ];
    let accounts: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "effective_at": "2024-01-01T00:00:00Z", "account": {"name": format!("name of {id}"), "industry": id}}))
        .collect();
    journey.upsert("strange ids", "strange", &accounts);
    for page_size in [3, 7, 0] {
        list(journey, "strange", "RECORD_KIND_ACCOUNT", page_size);
    }
    for id in ids {
        let message = json!({"tenant": "strange", "kind": "RECORD_KIND_ACCOUNT", "id": id});
        journey.read(&format!("get {id:?}"), &format!("{RECORDS}/GetRecord"), &message);
    }
    let deals: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "opportunity": {"stage": "Won", "account_id": id, "source": id, "created_at": {"date": "2024-02-01"}, "closed_at": {"date": "2024-03-01"}, "amount": {"minor_units": i64::MAX / 1000, "currency_code": "USD"}}}))
        .collect();
    journey.upsert("strange deals", "strange", &deals);
    for (number, request_id) in ["a", "A", "a ", "\u{0}", "\u{1F600}", &long[..128]]
        .into_iter()
        .enumerate()
    {
        let records = json!([{"id": format!("by request {number}"), "account": {"name": "x"}}]);
        let message = json!({"tenant": "strange", "records": records, "request_id": request_id});
        journey.write(
            &format!("request id {request_id:?}"),
            &format!("{RECORDS}/UpsertRecords"),
            &message,
        );
    }
    for by in ["account", "source", "account_industry"] {
        let message = json!({"tenant": "strange", "kpis": ["bookings", "deals_won"], "group_by": [by], "as_of": {"date": "2024-12-31"}});
        journey.ask(&format!("strange by {by}"), &message);
    }
}

/// The same request at another replica gets the first reply; the same id with another payload is refused.
pub(super) fn replay(journey: &Journey<'_>) {
    let method = format!("{RECORDS}/UpsertRecords");
    let good = json!({"id": "R1", "account": {"name": "Replayed"}});
    let bad = json!({"id": "", "opportunity": {"stage": ""}});
    let message = json!({"tenant": "replay", "records": [good, bad], "request_id": "once"});
    let first = journey.write("first", &method, &message);
    journey.upsert(
        "between",
        "replay",
        &[json!({"id": "R1", "effective_at": "2030-01-01T00:00:00Z", "account": {"name": "Changed"}})],
    );
    for _ in 0..3 {
        assert_eq!(
            journey.read("again", &method, &message),
            first,
            "another reply to the same request"
        );
    }
    let other = json!({"tenant": "replay", "records": [good], "request_id": "once"});
    journey.read("another payload", &method, &other);
    let delete = json!({"tenant": "replay", "kind": "RECORD_KIND_ACCOUNT", "id": "R1", "request_id": "gone"});
    for _ in 0..3 {
        journey.write("delete once", &format!("{RECORDS}/DeleteRecord"), &delete);
    }
    let delete = json!({"tenant": "replay", "kind": "RECORD_KIND_ACCOUNT", "id": "R1", "request_id": "once"});
    journey.read(
        "delete under the id of an upsert",
        &format!("{RECORDS}/DeleteRecord"),
        &delete,
    );
    // The same id is another request of another tenant.
    let elsewhere = json!({"tenant": "replay-2", "records": [good], "request_id": "once"});
    journey.write("the id at another tenant", &method, &elsewhere);
    let twice = json!({"id": "T", "account": {"name": "Twice"}});
    journey.upsert("twice in a call", "replay", &[twice.clone(), twice]);
    let whole =
        json!({"tenant": "replay", "records": [good, bad], "all_or_nothing": true, "request_id": "all"});
    journey.write("all or nothing", &method, &whole);
}

/// Lists go on at another replica, and stand still while records are written.
pub(super) fn page(journey: &Journey<'_>) {
    for kind in [
        "OPPORTUNITY",
        "REP",
        "TEAM",
        "ACCOUNT",
        "FX_RATE",
        "LEAD",
        "ACTIVITY",
        "QUOTA",
    ] {
        list(journey, TENANT, &format!("RECORD_KIND_{kind}"), 40);
    }
    list(journey, TENANT, "RECORD_KIND_OPPORTUNITY", 1000);
    let method = format!("{RECORDS}/ListRecords");
    let mut message = json!({"tenant": TENANT, "kind": "RECORD_KIND_REP", "page_size": 2});
    let first = journey.read("a page", &method, &message);
    journey.upsert(
        "a rep between two pages",
        TENANT,
        &[json!({"id": "rep3a", "rep": {"name": "Late"}})],
    );
    message["page_token"] = first["next_page_token"].clone();
    journey.read("the page after it", &method, &message);
    message["kind"] = json!("RECORD_KIND_TEAM");
    journey.read("the token with another question", &method, &message);
    message["page_token"] = json!("AAAA");
    journey.read("a token that is none", &method, &message);
    list(journey, TENANT, "RECORD_KIND_REP", 4);
}

fn list(journey: &Journey<'_>, tenant: &str, kind: &str, page_size: u32) {
    let message = json!({"tenant": tenant, "kind": kind, "page_size": page_size});
    pages(
        journey,
        &format!("list {kind} by {page_size}"),
        &format!("{RECORDS}/ListRecords"),
        &message,
    );
}

/// Every page of a list, each from the next replica.
pub(super) fn pages(journey: &Journey<'_>, question: &str, method: &str, message: &Value) {
    let mut message = message.clone();
    loop {
        let page = journey.read(question, method, &message);
        let Some(token) = page["next_page_token"].as_str() else {
            return;
        };
        message["page_token"] = json!(token);
    }
}
