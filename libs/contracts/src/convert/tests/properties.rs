//! Random records of every kind, as messages, as bytes and as JSON, come back equal; random messages never panic.

use bellwether_domain::period::Grain;
use bellwether_domain::record::{
    Activity, ActivityOutcome, ActivityType, AttributeValue, Body, ComplianceCheck, Contract, Credit,
    Direction, Goal, KpiDefinition, KpiStatus, LineItem, MethodologyEvidence, MetricSample, Opportunity,
    Order, OrderType, Promotion, Record, ReviewCadence, Scorecard, ScorecardItem, Spend, SpendCategory,
    Subscription, Target, TargetShape, Thresholds,
};
use bellwether_domain::{CivilDate, Currency, Instant, Money, When};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

use crate::convert::{read_record, record_from_proto, record_to_proto};
use crate::json::{record_from_json, record_to_json};
use crate::sales;

fn text() -> impl Strategy<Value = String> {
    "[a-zé \"\\\\{}0-9]{1,8}"
}

fn decimal() -> impl Strategy<Value = String> {
    "-?[0-9]{1,12}(\\.[0-9]{1,6})?"
}

fn day() -> impl Strategy<Value = CivilDate> {
    (-719_162..=2_932_896).prop_map(CivilDate::from_days)
}

fn when() -> impl Strategy<Value = When> {
    let instant = (-62_135_596_800_000_000..=253_402_300_799_999_999_i64)
        .prop_map(|micros| When::At(Instant::from_micros(micros)));
    prop_oneof![day().prop_map(When::Day), instant]
}

fn money() -> impl Strategy<Value = Money> {
    let currency = prop::sample::select(vec!["USD", "EUR", "JPY", "BHD"]);
    (any::<i64>(), currency).prop_map(|(minor, code)| Money {
        minor,
        currency: Currency::from_code(code).unwrap(),
    })
}

fn line() -> impl Strategy<Value = LineItem> {
    (text(), option::of(text()), decimal(), option::of(money())).prop_map(
        |(product, product_family, units, amount)| LineItem {
            product,
            product_family,
            units,
            amount,
        },
    )
}

fn subscription() -> impl Strategy<Value = Body> {
    (text(), option::of(text()), money(), when(), option::of(when())).prop_map(
        |(account_id, product, mrr, started, ended)| {
            Body::Subscription(Subscription {
                account_id,
                product,
                mrr,
                started,
                ended,
            })
        },
    )
}

fn contract() -> impl Strategy<Value = Body> {
    let check = (text(), day(), option::of(day()));
    let check = check.prop_map(|(name, due, done)| ComplianceCheck { name, due, done });
    let ids = (option::of(text()), option::of(text()));
    let days = (option::of(when()), option::of(day()), option::of(day()));
    (
        ids,
        days,
        any::<bool>(),
        option::of(any::<u32>()),
        vec(check, 0..3),
    )
        .prop_map(|(ids, days, document_present, term_months, compliance_checks)| {
            Body::Contract(Contract {
                account_id: ids.0,
                opportunity_id: ids.1,
                signed: days.0,
                document_present,
                start_date: days.1,
                end_date: days.2,
                term_months,
                compliance_checks,
            })
        })
}

fn order() -> impl Strategy<Value = Body> {
    let types = prop::sample::select(vec![OrderType::Order, OrderType::Invoice, OrderType::CreditNote]);
    let ids = (option::of(text()), option::of(text()));
    (ids, when(), types, option::of(money()), vec(line(), 0..3)).prop_map(
        |(ids, at, order_type, revenue, lines)| {
            Body::Order(Order {
                account_id: ids.0,
                opportunity_id: ids.1,
                at,
                order_type,
                revenue,
                lines,
            })
        },
    )
}

fn spend() -> impl Strategy<Value = Body> {
    use SpendCategory::{Marketing, Other, SalesPayroll, Tools, Training};
    let category = prop::sample::select(vec![Marketing, SalesPayroll, Tools, Training, Other]);
    (
        category,
        option::of(text()),
        option::of(text()),
        money(),
        day(),
        day(),
    )
        .prop_map(
            |(category, channel, campaign, amount, period_start, period_end)| {
                Body::Spend(Spend {
                    category,
                    channel,
                    campaign,
                    amount,
                    period_start,
                    period_end,
                })
            },
        )
}

fn sample() -> impl Strategy<Value = Body> {
    (
        text(),
        btree_map(text(), text(), 0..4),
        when(),
        decimal(),
        decimal(),
    )
        .prop_map(|(name, dimensions, at, value, weight)| {
            Body::MetricSample(MetricSample {
                name,
                dimensions,
                at,
                value,
                weight,
            })
        })
}

fn kpi_definition() -> impl Strategy<Value = Body> {
    use ReviewCadence::{Monthly, Quarterly, Weekly};
    let status = prop::sample::select(vec![
        KpiStatus::Draft,
        KpiStatus::Certified,
        KpiStatus::Deprecated,
    ]);
    let cadence = prop::sample::select(vec![None, Some(Weekly), Some(Monthly), Some(Quarterly)]);
    let promotion = (
        option::of(text()),
        option::of(text()),
        option::of(day()),
        option::of(text()),
        cadence,
    );
    let promotion = promotion.prop_map(|(owner, target_id, deadline, action, cadence)| Promotion {
        owner: owner.clone(),
        target_id,
        deadline,
        action,
        benchmark: owner,
        cadence,
    });
    (text(), status, option::of(text()), option::of(promotion)).prop_map(
        |(definition, status, successor, promotion)| {
            Body::KpiDefinition(Box::new(KpiDefinition {
                definition,
                status,
                deprecated_for: successor.clone(),
                promotion,
                author: successor,
                note: None,
            }))
        },
    )
}

fn target() -> impl Strategy<Value = Body> {
    let goal = prop_oneof![decimal().prop_map(Goal::Value), money().prop_map(Goal::Amount)];
    let shape = prop_oneof![
        Just(TargetShape::Linear),
        Just(TargetShape::BusinessDays),
        Just(TargetShape::Seasonal),
        vec(any::<u32>(), 0..4).prop_map(TargetShape::Weights),
    ];
    let holder = btree_map(text(), text(), 0..3);
    (
        text(),
        holder,
        day(),
        day(),
        goal,
        shape,
        option::of(text()),
        decimal(),
    )
        .prop_map(
            |(kpi, holder, period_start, period_end, goal, shape, owner, share)| {
                let thresholds = Thresholds {
                    warn_below: share.clone(),
                    bad_below: share,
                    ..Thresholds::default()
                };
                Body::Target(Box::new(Target {
                    kpi,
                    holder,
                    period_start,
                    period_end,
                    goal,
                    shape,
                    owner: owner.clone(),
                    thresholds,
                    note: owner,
                }))
            },
        )
}

fn scorecard() -> impl Strategy<Value = Body> {
    let item = (text(), 1..u32::MAX).prop_map(|(kpi, weight)| ScorecardItem { kpi, weight });
    let period = prop::sample::select(Grain::ALL.to_vec());
    let filters = btree_map(text(), text(), 0..3);
    (text(), vec(item, 0..4), filters, period, option::of(text())).prop_map(
        |(name, items, filters, period, owner)| {
            Body::Scorecard(Scorecard {
                name,
                items,
                filters,
                period,
                owner: owner.clone(),
                note: owner,
            })
        },
    )
}

fn deal() -> impl Strategy<Value = Body> {
    let credit = (text(), decimal()).prop_map(|(rep_id, share)| Credit { rep_id, share });
    (
        text(),
        vec(line(), 0..3),
        vec(credit, 0..3),
        option::of(money()),
        option::of(money()),
    )
        .prop_map(|(stage, lines, credits, list_amount, discount)| {
            Body::Opportunity(Box::new(Opportunity {
                stage,
                lines,
                credits,
                list_amount,
                discount,
                ..Opportunity::default()
            }))
        })
}

fn activity() -> impl Strategy<Value = Body> {
    let evidence = (option::of(text()), text(), option::of(any::<u32>()));
    let evidence = evidence.prop_map(|(methodology, step, score)| MethodologyEvidence {
        methodology,
        step,
        score,
    });
    (
        option::of(text()),
        when(),
        any::<[bool; 3]>(),
        vec(evidence, 0..3),
    )
        .prop_map(|(rep_id, at, [completed, automatic, outbound], evidence)| {
            Body::Activity(Activity {
                activity_type: ActivityType::Demo,
                rep_id,
                lead_id: None,
                opportunity_id: None,
                account_id: None,
                at,
                duration_seconds: None,
                completed,
                direction: outbound.then_some(Direction::Outbound),
                automatic,
                outcome: Some(ActivityOutcome::Replied),
                evidence,
            })
        })
}

fn record() -> impl Strategy<Value = Record> {
    let attribute = prop_oneof![
        text().prop_map(AttributeValue::Text),
        decimal().prop_map(AttributeValue::Number),
        day().prop_map(AttributeValue::Day),
    ];
    let body = prop_oneof![
        subscription(),
        contract(),
        order(),
        spend(),
        sample(),
        deal(),
        activity(),
        kpi_definition(),
        target(),
        scorecard()
    ];
    (
        text(),
        any::<u64>(),
        btree_map("[a-z]{1,4}", attribute, 0..3),
        body,
    )
        .prop_map(|(id, source_version, attributes, body)| Record {
            id,
            effective_at: None,
            source_version,
            attributes,
            body,
        })
}

proptest! {
    #[test]
    fn a_record_comes_back_equal(record in record()) {
        let message = record_to_proto(&record);
        let bytes = sales::Record::decode(message.encode_to_vec().as_slice()).unwrap();
        prop_assert_eq!(&record_from_proto(&bytes).unwrap(), &record);
        let json = record_from_json(&record_to_json(&message).to_string()).unwrap();
        prop_assert_eq!(record_from_proto(&json).unwrap(), record);
    }

    #[test]
    fn any_message_is_read_or_refused(bytes in vec(any::<u8>(), 0..120), tag in 18_u8..26) {
        // With the tag of a body (18 to 25: two bytes) and a length in front, the bytes are a body of some kind.
        let framed = [&[tag << 3 | 2, 1, bytes.len() as u8], bytes.as_slice()].concat();
        for bytes in [bytes, framed] {
            if let Ok(message) = sales::Record::decode(bytes.as_slice()) {
                let (record, _) = read_record(&message);
                if let Some(record) = record {
                    let _ = bellwether_domain::record::check(&record, &Default::default());
                }
            }
        }
    }
}
