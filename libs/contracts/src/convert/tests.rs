//! What goes through a conversion comes back equal; what is wrong is all named at once.

use bellwether_domain::settings::Settings;

use super::{read_record, record_from_proto, record_to_proto, settings_from_proto, settings_to_proto};
use crate::json::{record_from_json, settings_from_json};

mod properties;

const RECORDS: [&str; 16] = [
    r#"{"id":"a1","account":{"name":"Acme","industry":"retail","employees":12},"attributes":{"tier":{"text":"gold"}}}"#,
    r#"{"id":"r1","rep":{"name":"Ann","manager":"Bo","region":"West","start_date":"2020-02-29"}}"#,
    r#"{"id":"t1","team":{"name":"West","manager":"r1","parent_id":"t0"}}"#,
    r#"{"id":"l1","lead":{"source":"web","created_at":{"date":"2024-01-02"},"sql_at":{"instant":"2024-01-03T10:00:00Z"}}}"#,
    r#"{"id":"d1","effective_at":"2024-01-01T00:00:00Z","source_version":7,"opportunity":{"stage":"Won","type":"OPPORTUNITY_TYPE_NEW",
        "amount":{"minor_units":5,"currency_code":"EUR"},"lines":[{"product":"P","units":"2"}],"closed_at":{"date":"2024-02-01"},
        "amount_history":[{"at":{"date":"2024-01-01"},"amount":{"minor_units":4,"currency_code":"EUR"}}]}}"#,
    r#"{"id":"c1","activity":{"type":"ACTIVITY_TYPE_CALL","rep_id":"r1","at":{"instant":"2024-01-03T10:00:00.123456Z"},"completed":true}}"#,
    r#"{"id":"q1","quota":{"rep_id":"r1","period_start":"2024-01-01","period_end":"2024-04-01","count":"9"}}"#,
    r#"{"fx_rate":{"base_currency":"EUR","quote_currency":"USD","date":"2024-01-01","rate":"1.0832"}}"#,
    r#"{"id":"s1","subscription":{"account_id":"a1","mrr":{"minor_units":9900,"currency_code":"EUR"},"started_at":{"date":"2024-01-01"}}}"#,
    r#"{"id":"k1","contract":{"opportunity_id":"d1","document_present":true,"start_date":"2024-01-01","term_months":12,
        "compliance_checks":[{"name":"credit","due_date":"2024-01-31","done_date":"2024-01-15"}]}}"#,
    r#"{"id":"o1","order":{"account_id":"a1","type":"ORDER_TYPE_CREDIT_NOTE","at":{"instant":"2024-01-03T10:00:00Z"},
        "revenue":{"minor_units":5,"currency_code":"EUR"},"lines":[{"product":"P","units":"0.5"}]}}"#,
    r#"{"id":"m1","spend":{"category":"SPEND_CATEGORY_SALES_PAYROLL","amount":{"minor_units":5,"currency_code":"EUR"},
        "period_start":"2024-01-01","period_end":"2024-02-01"}}"#,
    r#"{"id":"n1","metric_sample":{"name":"traffic","dimensions":{"channel":"web"},"at":{"date":"2024-01-01"},"value":"-1.5"}}"#,
    r#"{"id":"fast_wins","kpi_definition":{"definition":"name: Fast wins","status":"KPI_STATUS_DEPRECATED","deprecated_for":"win_rate",
        "promotion":{"owner":"Ann","target_id":"t","deadline":"2024-12-31","action":"call","benchmark":"own","cadence":"REVIEW_CADENCE_WEEKLY"},
        "author":"Ann","note":"first"}}"#,
    r#"{"id":"g1","target":{"kpi":"bookings","holder":{"team":"West"},"period_start":"2024-01-01","period_end":"2025-01-01",
        "amount":{"minor_units":5,"currency_code":"EUR"},"shape":"TARGET_SHAPE_WEIGHTS","weights":[1,0,3],
        "owner":"Ann","warn_below":"0.95","bad_below":"0.8","hysteresis":"0.02","note":"x"}}"#,
    r#"{"id":"c1","scorecard":{"name":"Monday","items":[{"kpi":"win_rate","weight":2},{"kpi":"bookings"}],"filters":{"team":"West"},
        "period":"SCORECARD_PERIOD_FISCAL_QUARTER","owner":"Ann"}}"#,
];

#[test]
fn records_come_back_equal() {
    for text in RECORDS {
        let record = record_from_proto(&record_from_json(text).unwrap()).unwrap();
        assert_eq!(
            record_from_proto(&record_to_proto(&record)).unwrap(),
            record,
            "{text}"
        );
    }
}

#[test]
fn a_rate_without_id_is_named_by_pair_and_day() {
    let record = record_from_proto(&record_from_json(RECORDS[7]).unwrap()).unwrap();
    assert_eq!(record.id, "EUR/USD@2024-01-01");
}

#[test]
fn every_bad_field_is_named_at_once() {
    let text = r#"{"id":"d1","opportunity":{"stage":"Won","amount":{"minor_units":5,"currency_code":"XXQ"},
        "created_at":{"date":"2017-02-30"},"stage_history":[{"stage":""}]}}"#;
    let violations = record_from_proto(&record_from_json(text).unwrap()).unwrap_err();
    let fields: Vec<&str> = violations.iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "opportunity.amount.currency_code",
        "opportunity.created_at",
        "opportunity.stage_history[0].at",
        "opportunity.stage_history[0].stage",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn every_bad_field_of_the_kinds_after_the_deal_is_named_at_once() {
    let broken = |text: &str| {
        let (record, mut violations) = read_record(&record_from_json(text).unwrap());
        violations.extend(bellwether_domain::record::check(
            &record.unwrap(),
            &Settings::default(),
        ));
        violations.into_iter().map(|one| one.field).collect::<Vec<_>>()
    };
    let money = r#"{"minor_units":-5,"currency_code":"EUR"}"#;
    assert_eq!(
        broken(r#"{"id":"s","subscription":{"ended_at":{"date":"2024-02-30"}}}"#),
        [
            "subscription.account_id",
            "subscription.mrr",
            "subscription.started_at",
            "subscription.ended_at"
        ]
    );
    assert_eq!(
        broken(
            r#"{"id":"k","contract":{"start_date":"x","term_months":0,"compliance_checks":[{"name":"a","due_date":""}]}}"#
        ),
        [
            "contract.compliance_checks[0].due_date",
            "contract.start_date",
            "contract",
            "contract.term_months"
        ]
    );
    assert_eq!(
        broken(&format!(
            r#"{{"id":"o","order":{{"type":9,"revenue":{money},"lines":[{{"units":"x"}}]}}}}"#
        )),
        [
            "order.at",
            "order.type",
            "order",
            "order.revenue",
            "order.lines[0].product",
            "order.lines[0].units"
        ]
    );
    assert_eq!(
        broken(&format!(
            r#"{{"id":"p","spend":{{"amount":{money},"period_start":"2024-01-01"}}}}"#
        )),
        ["spend.category", "spend.period_end", "spend.amount"]
    );
    assert_eq!(
        broken(r#"{"id":"n","metric_sample":{"dimensions":{"A":"x","b":""}}}"#),
        [
            "metric_sample.at",
            "metric_sample.name",
            "metric_sample.dimensions.A",
            "metric_sample.value"
        ]
    );
    assert_eq!(
        broken(r#"{"id":"q","quota":{"amount":{"minor_units":-5,"currency_code":"EUR"}}}"#),
        [
            "quota.holder",
            "quota.period_start",
            "quota.period_end",
            "quota.amount"
        ]
    );
    assert_eq!(
        broken(r#"{"id":"c","activity":{"evidence":[{"score":4}]}}"#),
        [
            "activity.type",
            "activity.at",
            "activity",
            "activity.evidence[0].step",
            "activity.evidence[0].score"
        ]
    );
}

#[test]
fn every_bad_field_of_the_plan_is_named_at_once() {
    let broken = |text: &str| {
        let (record, mut violations) = read_record(&record_from_json(text).unwrap());
        violations.extend(bellwether_domain::record::check(
            &record.unwrap(),
            &Settings::default(),
        ));
        violations.into_iter().map(|one| one.field).collect::<Vec<_>>()
    };
    assert_eq!(
        broken(
            r#"{"id":"Fast","kpi_definition":{"status":9,"deprecated_for":"x","promotion":{"deadline":"soon","cadence":7}}}"#
        ),
        [
            "kpi_definition.status",
            "kpi_definition.promotion.cadence",
            "kpi_definition.promotion.deadline",
            "id",
            "kpi_definition.deprecated_for"
        ]
    );
    assert_eq!(
        broken(r#"{"id":"g","target":{"kpi":"Win rate","period_start":"x","weights":[1],"warn_below":"2"}}"#),
        [
            "target.period_start",
            "target.period_end",
            "target.goal",
            "target.weights",
            "target.kpi",
            "target.warn_below"
        ]
    );
    assert_eq!(
        broken(
            r#"{"id":"g","target":{"kpi":"a","period_start":"2024-01-02","period_end":"2024-01-01","value":"30 %",
            "shape":"TARGET_SHAPE_WEIGHTS","weights":[0],"warn_below":"0.5","bad_below":"0.6","holder":{"The team":"x"}}}"#
        ),
        [
            "target.holder.The team",
            "target.period_end",
            "target.value",
            "target.weights",
            "target.bad_below"
        ]
    );
    assert_eq!(
        broken(r#"{"id":"c","scorecard":{"period":99,"items":[{"kpi":"a"},{"kpi":"a","weight":5000},{}]}}"#),
        [
            "scorecard.period",
            "scorecard.name",
            "scorecard.items[1].kpi",
            "scorecard.items[1].weight",
            "scorecard.items[2].kpi"
        ]
    );
    assert_eq!(
        broken(r#"{"id":"c","scorecard":{"name":"x"}}"#),
        ["scorecard.items"]
    );
}

#[test]
fn settings_come_back_equal_and_empty_means_default() {
    assert_eq!(
        settings_from_proto(&Default::default()).unwrap(),
        Settings::default()
    );
    let text = r#"{"currency":"EUR","zone":"Europe/Berlin","fiscal_calendar":{"start_month":4,"pattern":"FISCAL_PATTERN_4_4_5"},
        "holidays":["2024-12-25"],"pipelines":[{"id":"p","stages":[{"name":"New","class":"STAGE_CLASS_OPEN","qualified":true}]}],
        "attributes":[{"kind":"account","name":"tier","type":"ATTRIBUTE_TYPE_TEXT"}]}"#;
    let settings = settings_from_proto(&settings_from_json(text).unwrap()).unwrap();
    assert_eq!(
        settings_from_proto(&settings_to_proto(&settings)).unwrap(),
        settings
    );
}

#[test]
fn bad_settings_are_all_named() {
    let text = r#"{"currency":"EURO","zone":"Europe/Berlinn","fiscal_calendar":{"start_month":13},
        "business_hours":[{"weekday":8,"opens":"9:00","closes":"17:00"}],"pipelines":[{"id":"p"}]}"#;
    let violations = settings_from_proto(&settings_from_json(text).unwrap()).unwrap_err();
    let fields: Vec<&str> = violations.iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "currency",
        "zone",
        "fiscal_calendar.start_month",
        "business_hours[0].weekday",
        "business_hours[0].opens",
        "pipelines[0].stages",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn what_can_be_read_beside_an_unreadable_field_is_read() {
    let text = r#"{"id":"d1","opportunity":{"stage":"Won","amount":{"minor_units":-5,"currency_code":"XXQ"},
        "closed_at":{"date":"2017-01-01"},"created_at":{"date":"2017-02-01"}}}"#;
    let (record, violations) = read_record(&record_from_json(text).unwrap());
    assert_eq!(violations.len(), 2, "{violations:?}");
    let broken = bellwether_domain::record::check(&record.unwrap(), &Settings::default());
    assert_eq!(broken[0].field, "opportunity.closed_at");
}
