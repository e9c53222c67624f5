//! What is refused of what people say.

use super::*;

#[test]
fn what_cannot_be_is_named_field_by_field() {
    let mut wrong = Wrong::none();
    let odd = DealCall {
        chance: Some(f64::NAN),
        amount: Some(-1.0),
        expected_close: "2017-02-30".to_owned(),
        ..DealCall::default()
    };
    deal(&odd, &mut wrong);
    deal(
        &DealCall {
            deal: "d1".to_owned(),
            ..DealCall::default()
        },
        &mut wrong,
    );
    let odd = PeriodCall {
        period_start: "2026-10-01".to_owned(),
        period_end: "2026-10-01".to_owned(),
        member: "Ann".to_owned(),
        ..PeriodCall::default()
    };
    period(&odd, &mut wrong);
    signed(" ", "", "", &mut wrong);
    version("x", &mut wrong);
    let error = wrong.or(()).unwrap_err();
    let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "deal.deal",
        "deal.chance",
        "deal.amount",
        "deal.expected_close",
        "deal",
        "period.period_end",
        "period.dimension",
        "period.value",
        "author",
        "reason",
        "etag",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn an_id_says_what_is_called() {
    let mut wrong = Wrong::none();
    let called = PeriodCall {
        period_start: "2026-10-01".to_owned(),
        period_end: "2027-01-01".to_owned(),
        dimension: "owner".to_owned(),
        member: "Ann".to_owned(),
        value: Some(5.0),
        count: None,
    };
    let call = period(&called, &mut wrong).unwrap();
    assert!(wrong.or(()).is_ok());
    assert_eq!(id(&call), "period/2026-10-01/2027-01-01/owner/Ann");
}

#[test]
fn a_deal_is_called_what_records_call_it() {
    let called = |name: &str| {
        let mut wrong = Wrong::none();
        let message = DealCall {
            deal: "d1".to_owned(),
            category: name.to_owned(),
            ..DealCall::default()
        };
        let call = deal(&message, &mut wrong);
        wrong.or(()).map(|()| call)
    };
    for (name, known) in [
        ("commit", "commit"),
        ("Best case", "best_case"),
        ("OMITTED", "omitted"),
    ] {
        let Some(Call::Deal { category, .. }) = called(name).unwrap() else {
            panic!("{name} is a category");
        };
        assert_eq!(category.as_deref(), Some(known));
    }
    for name in ["nope", "closed", " ", "a\u{7}b"] {
        let error = called(name).unwrap_err();
        let told = error.violations[0].to_string();
        let known = "use one of omitted, pipeline, best_case, most_likely, commit";
        assert!(
            told.starts_with("deal.category: ") && told.ends_with(known),
            "{told}"
        );
        assert!(!told.contains(char::is_control));
    }
}

#[test]
fn an_open_deal_closes_today_or_later() {
    let today = CivilDate::from_ymd(2026, 11, 22).unwrap();
    let close = |days: i32| to_come(Some(today.plus_days(days).days()), today);
    assert!(to_come(None, today).is_ok() && close(0).is_ok() && close(30).is_ok());
    let told = close(-1).unwrap_err().violations[0].to_string();
    assert!(
        told.starts_with("deal.expected_close: 2026-11-21 is over"),
        "{told}"
    );
}

#[test]
fn names_and_reasons_stay_on_their_line() {
    for odd in ["An\nn", "\u{1b}[31mAnn", "Ann\0", "A\tnn"] {
        let mut wrong = Wrong::none();
        signed(odd, odd, "", &mut wrong);
        let error = wrong.or(()).unwrap_err();
        let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["author", "reason"], "{odd:?}");
    }
    let mut wrong = Wrong::none();
    let told = signed(" Ann Šťastná ", "signed – at last", "", &mut wrong);
    assert!(wrong.or(()).is_ok());
    assert_eq!(told.0, "Ann Šťastná");
}
