//! Settings: declared, read at another replica, replaced by etag, refused by an old one.

use serde_json::{Value, json};

use super::company::TENANT;
use super::{FEED, Journey, TENANTS};

/// The settings of the company, with a currency, a zone and the start of its fiscal year.
fn settings(currency: &str, zone: &str, start_month: u32) -> Value {
    let stage = |name: &str, class: &str, qualified: bool| json!({"name": name, "class": format!("STAGE_CLASS_{class}"), "qualified": qualified});
    let stages = [
        stage("Talking", "OPEN", false),
        stage("Offer", "OPEN", true),
        stage("Won", "WON", false),
        stage("Lost", "LOST", false),
        stage("Silence", "NO_DECISION", false),
    ];
    json!({
        "currency": currency,
        "zone": zone,
        "fiscal_calendar": {"start_month": start_month, "pattern": "FISCAL_PATTERN_4_4_5"},
        "business_hours": [{"weekday": 1, "opens": "08:30", "closes": "17:00"}],
        "holidays": ["2024-12-25", "2024-05-01"],
        "pipelines": [
            {"id": "new", "stages": stages},
            {"id": "renewal", "stages": stages},
        ],
        "attributes": [
            {"kind": "opportunity", "name": "channel", "type": "ATTRIBUTE_TYPE_TEXT"},
            {"kind": "opportunity", "name": "score", "type": "ATTRIBUTE_TYPE_NUMBER"},
        ],
    })
}

fn get(journey: &Journey<'_>, question: &str) -> Value {
    journey.read(
        question,
        &format!("{TENANTS}/GetSettings"),
        &json!({ "tenant": TENANT }),
    )
}

fn update(journey: &Journey<'_>, question: &str, settings: &Value, etag: &Value, request_id: &str) -> Value {
    let message = json!({"tenant": TENANT, "settings": settings, "etag": etag, "request_id": request_id});
    journey.write(question, &format!("{TENANTS}/UpdateSettings"), &message)
}

/// A tenant is made by its settings; what one replica wrote, the other one replaces by etag.
pub(super) fn first(journey: &Journey<'_>) {
    journey.read(
        "an empty log",
        &format!("{FEED}/GetHead"),
        &json!({ "tenant": TENANT }),
    );
    get(journey, "settings of nobody");
    let dollars = settings("USD", "UTC", 1);
    let set = update(journey, "first settings", &dollars, &json!(""), "settings-1");
    get(journey, "settings, read elsewhere");
    update(journey, "the same once more", &dollars, &json!(""), "settings-1");
    update(
        journey,
        "another payload under the id",
        &settings("EUR", "UTC", 1),
        &json!(""),
        "settings-1",
    );
    update(journey, "what is known", &dollars, &set["etag"], "settings-2");
    let euros = settings("EUR", "Europe/Berlin", 1);
    let set = update(journey, "euros, by etag", &euros, &set["etag"], "settings-3");
    update(journey, "by an old etag", &dollars, &json!("1.1"), "settings-4");
    get(journey, "settings after an old etag");
    update(
        journey,
        "by the etag of the euros",
        &settings("EUR", "Europe/Berlin", 4),
        &set["etag"],
        "settings-5",
    );
    let mut wrong = settings("XXQ", "Mars/Base", 13);
    wrong["holidays"] = json!(["2024-02-30"]);
    wrong["business_hours"] = json!([{"weekday": 8, "opens": "25:00", "closes": "x"}]);
    wrong["pipelines"][1]["id"] = json!("new");
    update(journey, "everything wrong", &wrong, &json!(""), "settings-6");
}

/// Another zone, currency and fiscal year for records that are there.
pub(super) fn change(journey: &Journey<'_>) {
    let etag = get(journey, "settings before the change")["etag"].clone();
    let dollars = settings("USD", "America/New_York", 7);
    update(journey, "New York", &dollars, &etag, "settings-7");
    update(
        journey,
        "New York by the same etag",
        &settings("GBP", "UTC", 7),
        &etag,
        "settings-8",
    );
    get(journey, "settings after the change");
    for page_size in [0, 1, 2] {
        super::records::pages(
            journey,
            "tenants",
            &format!("{TENANTS}/ListTenants"),
            &json!({ "page_size": page_size }),
        );
    }
}
