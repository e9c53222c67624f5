//! What a receipt keeps, and for whom it is good.

use bellwether_contracts::kpi::Watermark;
use bellwether_contracts::types;
use bellwether_domain::{ErrorCode, ErrorReason};
use proptest::prelude::*;

use super::*;
use crate::answers::key::Asker;
use crate::catalogue::Catalogue;

const ANN: Asker<'_> = Asker {
    tenant: "acme",
    scope: "own of ann",
};

fn seal() -> Seal {
    Seal::new([7; 32])
}

fn receipt() -> Receipt {
    let value = KpiValue {
        kpi: "win_rate".to_owned(),
        value: Some("0.5".to_owned()),
        n: 2,
        as_of: Some(prost_types::Timestamp {
            seconds: 1_500_000_000,
            nanos: 0,
        }),
        watermark: Some(Watermark {
            position: Some(types::Position { epoch: 3, seq: 41 }),
            recorded_at: None,
        }),
        path: 2,
        path_reason: "kept".to_owned(),
        receipt: "an older one".to_owned(),
        ..KpiValue::default()
    };
    let question = QueryKpisRequest {
        group_by: vec!["owner".to_owned()],
        grain: 3,
        ..QueryKpisRequest::default()
    };
    Receipt::new(&question, &value, Derivation::new(None, 4))
}

#[test]
fn a_receipt_says_what_was_given_and_how_to_ask_again() {
    let token = seal().close(ANN, &receipt());
    let opened = seal().open(ANN, &token).unwrap();
    assert_eq!(opened, receipt());
    let claimed = opened.claimed();
    assert_eq!(
        (
            claimed.value.as_deref(),
            claimed.path,
            claimed.path_reason.as_str()
        ),
        (Some("0.5"), 0, "")
    );
    assert!(claimed.receipt.is_empty());
    assert_eq!(opened.position(), Position { epoch: 3, seq: 41 });
    let question = opened.question("acme");
    assert_eq!(
        (question.tenant.as_str(), question.kpis.as_slice()),
        ("acme", ["win_rate".to_owned()].as_slice())
    );
    assert_eq!(question.known_at.unwrap().at, Some(known_at::At::Seq(41)));
    assert_eq!((question.grain, question.group_by.len()), (3, 1));
}

#[test]
fn every_changed_byte_is_refused() {
    let token = seal().close(ANN, &receipt());
    let refused = |token: &str| {
        let error = seal().open(ANN, token).unwrap_err();
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::InvalidArgument, ErrorReason::InvalidField)
        );
        assert_eq!(error.violations[0].field, "receipt");
        error
    };
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        refused(&String::from_utf8(bytes).unwrap());
        refused(&token[..place]);
    }
    refused(&format!("{token}A"));
    let tampered = refused("x");
    for asker in [
        Asker {
            tenant: "globex",
            ..ANN
        },
        Asker { scope: "all", ..ANN },
        Asker {
            tenant: "acmeo",
            scope: "wn of ann",
        },
    ] {
        assert_eq!(seal().open(asker, &token).unwrap_err(), tampered);
    }
    assert_eq!(Seal::new([8; 32]).open(ANN, &token).unwrap_err(), tampered);
}

proptest! {
    #[test]
    fn no_other_token_is_taken(place in any::<prop::sample::Index>(), with in any::<u8>()) {
        let token = seal().close(ANN, &receipt());
        let mut bytes = token.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != with);
        bytes[place] = with;
        if let Ok(other) = String::from_utf8(bytes) {
            prop_assert!(seal().open(ANN, &other).is_err());
        }
    }
}

#[test]
fn what_values_are_made_by_is_told_apart() {
    let catalogue = Catalogue::built_in().unwrap();
    let by = |id: &str, settings| Derivation::new(catalogue.kpi(id).ok(), settings);
    let what = |one: &Derivation, other: &Derivation| -> Vec<String> {
        one.changes(other).into_iter().map(|change| change.what).collect()
    };
    let won = by("deals_won", 1);
    assert!(what(&won, &by("deals_won", 1)).is_empty());
    assert_eq!(what(&won, &by("deals_won", 2)), ["settings"]);
    // Of one version, but not the same.
    assert_eq!(what(&won, &by("bookings", 1)), ["definition"]);
    let gone = won.changes(&by("no_such_kpi", 1));
    assert_eq!((gone.len(), gone[0].now.as_str()), (1, "none"));
}
